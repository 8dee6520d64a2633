"""Grade a whole class: ``python -m autograder.grade SUBMISSION... [--out DIR]``.

The way of a submission through this package:

- ``__main__`` is the command line, `progress` its line that says how far it is;
- `submissions` finds submissions in folders, zip files and Gradescope's exports;
- `contents` has ``grader.files`` read one, and says what its result depends on;
- `run` says what is graded, what is kept, and what is done when something dies;
- `executors` gets submissions graded on this machine, `cluster` on a Dask cluster;
- `processes` runs the graders for both: each is the program ``grader.many``;
- `record` is what is kept of a graded submission, `store` the output folder;
- `tally` counts over all records, `tables` writes them, `page` draws what was counted;
- `compare` says whose score changed since an earlier run.

This process reads bytes and JSON only. The tests, the limits and the grader's code all come out of
``homework.zip``, so that scores are those of a Gradescope upload of it.
"""


class UsageError(Exception):
    """The command line asks for something impossible; the text says what, in one line."""


class CannotGrade(Exception):
    """No submission can be graded; the text says why, in one line."""
