"""The side of the grader that decides.

- `upload` reads what a student sent, as data;
- `homework` reads what staff sent: Otter's test files, limits, files that notebooks need;
- `client` is this side's end of the sandbox, `proxies` are the student's functions as tests
  see them;
- `grading` says what is done in which order, `report` what a student reads about it;
- `container` is what Gradescope starts.

Nothing here imports, unpickles or executes anything that a student sent.
"""
