"""Grade a whole class: ``python -m autograder.grade [SUBMISSION...] [--out DIR]``.

The way of a submission through this package:

- ``__main__`` is the command line, `progress` its line that says how far it is;
- `submissions` finds submissions: `entries` is what lies in folders and zip files, `platforms`
  knows how learning platforms name what they export;
- `choice` says which of them are meant, and which ones an earlier run knows;
- `run` has ``grader.files`` read each, says what has to be graded, and what is done when something
  dies;
- `executors` gets submissions graded on this machine, `cluster` on a Dask cluster;
- `processes` runs the graders for both: each is the program ``grader.many`` of a `homework_zip`;
- `results` is the output folder: what is kept of each submission;
- `tally` counts over all records, `tables` writes them, `page` draws what was counted;
- `scores` reads and keeps what people gave for written answers, `desk` draws the page on which they
  do so;
- `gradebook` writes a line for each student; `roster` says whose a submission is, `due` how late;
- `sheets` reads and writes tables as spreadsheets have them;
- `compare` says whose score changed since an earlier run.

This process reads bytes and JSON only. The tests, the limits and the grader's code all come out of
``homework.zip``, so that scores are those of a Gradescope upload of it.
"""

# The file by which a folder of results is known.
RUN = "run.json"


class UsageError(Exception):
    """The command line asks for something impossible; the text says what, in one line."""


class CannotGrade(Exception):
    """No submission can be graded; the text says why, in one line."""
