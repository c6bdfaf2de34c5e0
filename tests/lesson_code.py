"""Take code out of a lesson, so that a test can compare it with the package, or run no more than it needs."""

import ast
import dis
import json
import linecache
from collections.abc import Sequence
from pathlib import Path
from types import CodeType

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


def needed_by(cell: int, sources: Sequence[str]) -> list[int]:
    """Which code cells must run, in this order, so that one of them can. The first, which imports, is among them.

    For each name that a cell looks up, the last cell above it that binds or changes that name is taken, and what
    this one needs in its turn. A lesson that binds a name anew below a function that looks it up is beyond that:
    who runs the cells compares what comes out with what is stored.
    """
    needs, binds = zip(*map(_names, sources[: cell + 1]), strict=True)
    found, open_ends = {0, cell}, [cell]
    while open_ends:
        here = open_ends.pop()
        for name in needs[here] - binds[0]:
            source = next((k for k in reversed(range(here)) if name in binds[k]), 0)
            if source not in found:
                found.add(source)
                open_ends.append(source)
    return sorted(found)


def _names(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell looks up before it binds them, and those that it binds or changes."""
    needs, binds = set(), set()
    code = compile(source, "cell", "exec")
    for step in dis.get_instructions(code):
        if step.opname == "LOAD_NAME" and step.argval not in binds:
            needs.add(step.argval)
        elif step.opname == "STORE_NAME":
            binds.add(step.argval)
    inner = [code]
    for part in inner:  # a function looks up its globals when it is called
        inner += [constant for constant in part.co_consts if isinstance(constant, CodeType)]
        needs |= {step.argval for step in dis.get_instructions(part) if step.opname == "LOAD_GLOBAL"} - binds
    for node in ast.walk(ast.parse(source)):  # x[0] = ..., x.y = ..., x.append(...)
        changed = node if isinstance(getattr(node, "ctx", None), ast.Store) else None
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            changed = node.value.func
        while isinstance(changed, ast.Subscript | ast.Attribute):
            changed = changed.value
            if isinstance(changed, ast.Name):
                binds.add(changed.id)
    return needs, binds
