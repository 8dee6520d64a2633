"""What a kernel in the browser runs first. It runs among the notebook's names, and leaves none."""


def _limit_output() -> None:
    """Stop a cell that prints without end, for it would freeze the tab."""
    from IPython.core.interactiveshell import InteractiveShell
    from pyodide_kernel.display import LiteStream

    most = 10_000  # pieces of text; a print makes two; a tab takes seconds for so many
    printed, write = 0, LiteStream.write

    def begin(*_: object) -> None:
        nonlocal printed
        printed = 0

    def limited(stream: LiteStream, text: str) -> None:
        nonlocal printed
        printed += 1
        if printed > most:
            raise RuntimeError(
                "This cell prints more than a tab can show, and was stopped. Is there a loop that "
                "never ends?"
            )
        write(stream, text)

    LiteStream.write = limited
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
