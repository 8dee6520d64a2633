"""The side of the grader where student code runs.

    fork server             `server.serve`: imports what is needed once; never runs student code
      supervisor            `server.Supervisor`: one per notebook; starts its process, and ends it
        notebook's process  `notebook.NotebookProcess`: confined; runs the cells
          fork              `notebook.Fork`: answers the calls of test cases

Nothing here knows a test, a right value or a score: all it gets is cells, names of functions and
arguments. `confine` takes a process's rights away before the first cell runs. Cells find what they
expect: `shell` is IPython's, `stand_in` answers to Otter's name, `pools` of threads outlive a fork.
`shortage` tells an error that a full machine causes from one of the student's own. `pure` tells
after which functions a fork is as good as new.
"""
