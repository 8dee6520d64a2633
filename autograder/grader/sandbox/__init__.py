"""The side of the grader where student code runs.

    fork server     `server.main`: imports what is needed once; never runs student code
      keeper        `server.Keeper`: one per notebook; starts sessions and ends them for good
        session     `session.Session`: confined; runs the notebook's cells
          case      `session.Case`: a fork of the session; answers the calls of one test case

Nothing here knows a test, a right value or a score: all it gets is cells, names of functions and
arguments. `confine` takes a session's rights away before the first cell runs.
"""
