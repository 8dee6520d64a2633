"""What a kernel in the browser runs first. It runs among the notebook's names, and leaves none."""


def _limit_output() -> None:
    """Stop a cell that shows without end, for it would freeze the tab."""
    from collections.abc import Callable
    from typing import Any

    from IPython.core.interactiveshell import InteractiveShell
    from pyodide_kernel.display import LiteDisplayPublisher, LiteStream

    class TooMuchOutput(BaseException):
        pass

    # A print makes two pieces. A tab takes seconds to show so much.
    room = {"pieces": 4_000, "characters": 200_000, "displays": 200}
    left = dict(room)

    def use(what: str, amount: int) -> None:
        left[what] -= amount
        if left[what] < 0:
            raise TooMuchOutput(
                "This cell shows more than a tab can bear, and was stopped. Is there a loop that "
                "never ends, or one that prints in every round?"
            )

    def begin(*_: object) -> None:
        left.update(room)

    def limited(function: Callable[..., Any], measure: Callable[..., dict[str, int]]) -> Any:
        def call(self: object, *arguments: Any, **options: Any) -> Any:
            for what, amount in measure(*arguments).items():
                use(what, amount)
            return function(self, *arguments, **options)

        return call

    LiteStream.write = limited(
        LiteStream.write, lambda text: {"pieces": 1, "characters": len(text)}
    )
    LiteDisplayPublisher.publish = limited(LiteDisplayPublisher.publish, lambda *_: {"displays": 1})
    InteractiveShell.instance().events.register("pre_run_cell", begin)


def _raise_where_singular() -> None:
    """Have NumPy refuse a matrix without an inverse; what tells it so is not in a browser."""
    from collections.abc import Callable
    from functools import wraps
    from typing import Any

    import numpy as np

    def is_finite(values: Any) -> bool:
        return bool(np.all(np.isfinite(values)))

    def checked(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(a: Any, *others: Any) -> Any:
            result = function(a, *others)
            if all(map(is_finite, (a, *others))) and not is_finite(result):
                raise np.linalg.LinAlgError("Singular matrix")
            return result

        return call

    np.linalg.solve, np.linalg.inv = checked(np.linalg.solve), checked(np.linalg.inv)


if __name__ == "__main__":  # as in a notebook
    _limit_output()
    _raise_where_singular()
    del _limit_output, _raise_where_singular
