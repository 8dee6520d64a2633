"""Grade a whole class: ``python -m autograder.grade SUBMISSION... [--out DIR]``.

- `submissions` finds submissions in folders, zip files and Gradescope's exports;
- `workers` grades them in processes of its own, each of which runs `worker`;
- `cluster` grades them on a Dask cluster instead;
- `record` is what is kept of a graded submission;
- `store` is the output folder: results, resuming, tables;
- `compare` says whose score changed since an earlier run, `page` draws the HTML page;
- ``__main__`` is the command line.

The parent process reads bytes and JSON only. The tests, the limits, `lab` and the grader's own
code all come out of ``homework.zip``, so that scores are those of a Gradescope upload of it.
"""


class UsageError(Exception):
    """The command line asks for something impossible; the text says what, in one line."""
