"""Take code out of a lesson, so that a test can compare it with the package."""

import linecache
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def run_cells(lesson: str, *ids: str) -> dict[str, object]:
    """Execute the named cells of a lesson in the order given, in a fresh namespace, and return it.

    `lesson` is a file name without its ending. Raises KeyError for a cell that the lesson does not have.
    """
    notebook = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4)
    sources = {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "code"}
    namespace: dict[str, object] = {"__name__": lesson}
    for cell_id in ids:
        source, place = sources[cell_id], f"<{lesson}, {cell_id}>"
        # TensorFlow reads the source of a function that it traces, and looks for it here.
        linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
        exec(compile(source, place, "exec"), namespace)
    return namespace
