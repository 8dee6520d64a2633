"""The helpers behind the homework notebooks: plots, checks of the environment, feedback.

Reading this package is welcome. It holds no answers: every formula that a question asks for
is yours to write.
"""

from .environment import doctor

__all__ = ["doctor"]
