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


_limit_output()
del _limit_output
