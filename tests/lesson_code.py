"""Take code out of a lesson, so that a test can compare it with the package."""

import json
import linecache
from pathlib import Path

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"


def run_cells(lesson: str, *ids: str) -> dict[str, object]:
    """Execute the named cells of a lesson in the order given, in a fresh namespace, and return it.

    `lesson` is a file name without its ending. Raises KeyError for a cell that the lesson does not have.
    """
    notebook = json.loads((NOTEBOOKS / f"{lesson}.ipynb").read_text(encoding="utf-8"))
    sources = {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"}
    namespace: dict[str, object] = {"__name__": lesson}
    for cell_id in ids:
        source, place = sources[cell_id], f"<{lesson}, {cell_id}>"
        # TensorFlow reads the source of a function that it traces, and looks for it here.
        linecache.cache[place] = (len(source), None, source.splitlines(keepends=True), place)
        exec(compile(source, place, "exec"), namespace)
    return namespace
