"""The grader: all that ships in ``homework.zip``, and nothing else.

The trusted process, from an uploaded file to ``results.json``:

- `files` reads untrusted files, `upload` makes notebooks of them;
- `homework` reads what staff sent: Otter's test files, `limits`, files that notebooks need;
- `grading` says what is done in which order; `sessions` runs cells and opens test cases in the
  `processes` of the sandbox; `proxies` are the student's functions as tests see them;
- `written` finds the answers that people grade;
- `report` says what a student reads, `facts` why a test case failed, as data.

It is started by `start` as one of two programs: `gradescope.submission` grades one upload in
Gradescope's container, `many` one submission after the other for a class.

The other side, where student code runs, is `sandbox`. `messages` lists what the two say to each
other, `protocol` how that travels. The trusted process never imports, unpickles or executes
anything that a student sent.
"""
