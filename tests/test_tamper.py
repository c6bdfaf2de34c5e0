"""The check bites: a copy of a lesson, tampered with in four ways, fails where it was touched and nowhere else."""

import ast
import copy
import os
import re
import subprocess
import sys
from pathlib import Path

import hygiene
import nbformat
import pytest

ROOT = Path(__file__).parents[1]
LESSON = hygiene.read(hygiene.NOTEBOOKS / "01_trace_a_linear_transform.ipynb")
CODE = hygiene.code_cells(LESSON)

# Makes all arrays that a cell uses larger by a tenth, in dictionaries too.
LARGER = """
def larger(value):
    if isinstance(value, dict):
        return {{key: larger(part) for key, part in value.items()}}
    return 1.1 * value if isinstance(value, np.ndarray) else value
globals().update({{name: larger(globals()[name]) for name in {names} if name in globals()}})
"""


def says(cell: dict) -> str:
    """The sentence of a cell's picture, if it has one."""
    return "".join(output["data"]["text/plain"] for output in cell["outputs"] if "image/png" in output.get("data", {}))


def prints(cell: dict) -> str:
    return "".join(output.get("text", "") for output in cell["outputs"])


def first(what: str, found: list[int]) -> int:
    assert found, f"The lesson holds no {what} to tamper with: choose another lesson."
    return found[0]


# Code cells, by their number: as nbval counts them.
NUMBER = first("printed number", [k for k, cell in enumerate(CODE) if re.search(hygiene.DECIMAL, prints(cell))])
LISTING = first("graph listing", [k for k, cell in enumerate(CODE) if says(cell).count("<-") > 1])
FIGURE = first("figure of data", [k for k, cell in enumerate(CODE) if re.search(hygiene.DECIMAL, says(cell))])
UNEXECUTED = first(
    "other cell with output", [k for k, c in enumerate(CODE) if prints(c) and k not in (NUMBER, LISTING)]
)


def change_number(cell: dict) -> None:
    output = next(output for output in cell["outputs"] if re.search(hygiene.DECIMAL, output.get("text", "")))
    end = re.search(hygiene.DECIMAL, output["text"]).end()
    last_digit = (int(output["text"][end - 1]) + 1) % 10
    output["text"] = f"{output['text'][: end - 1]}{last_digit}{output['text'][end:]}"


def remove_operation(cell: dict) -> None:
    data = next(output["data"] for output in cell["outputs"] if "image/png" in output.get("data", {}))
    lines = data["text/plain"].splitlines()
    lines.remove(next(line for line in lines if "<-" in line))
    data["text/plain"] = "\n".join(lines)


def change_plotted_data(cell: dict) -> None:
    used = {node.id for node in ast.walk(ast.parse(cell["source"])) if isinstance(node, ast.Name)}
    cell["source"] = LARGER.format(names=sorted(used)) + cell["source"]


def unexecute(cell: dict) -> None:
    cell.update(execution_count=None, outputs=[])


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> str:
    """What pytest, with this repository's configuration, says of the tampered copy. It ends with the figure."""
    lesson = copy.deepcopy(LESSON)
    code = hygiene.code_cells(lesson)
    change_number(code[NUMBER])
    remove_operation(code[LISTING])
    change_plotted_data(code[FIGURE])
    unexecute(code[UNEXECUTED])
    assert max(NUMBER, LISTING, UNEXECUTED) < FIGURE, (
        "What follows the changed data differs as well: choose another lesson."
    )
    lesson["cells"] = lesson["cells"][: lesson["cells"].index(code[FIGURE]) + 1]
    path = tmp_path_factory.mktemp("tampered") / "tampered.ipynb"
    nbformat.write(lesson, path)
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", path.parent]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    run = subprocess.run(
        [*command, "-n", "0", "-p", "no:cacheprovider", "--color", "no", path],
        capture_output=True,
        encoding="utf-8",
        env=environment,
    )
    return run.stdout + run.stderr


def failed(report: str) -> set[int]:
    return {int(number) for number in re.findall(r"^FAILED .*::Cell (\d+)", report, flags=re.MULTILINE)}


@pytest.mark.parametrize("cell", [NUMBER, LISTING, FIGURE], ids=["number", "listing", "figure"])
def test_tampered_cell_fails(report, cell):
    assert cell in failed(report), report
    assert f"Cell {cell}: Cell outputs differ" in report, report


def test_no_other_cell_fails(report):
    """Nor does the one without execution count: nbval has nothing to compare it with."""
    assert failed(report) == {NUMBER, LISTING, FIGURE}, report
    assert f"3 failed, {FIGURE - 2} passed" in report, report


def test_unexecuted_cell_breaks_a_rule():
    lesson = copy.deepcopy(LESSON)
    assert hygiene.was_executed_from_the_top(lesson) == []
    cell = hygiene.code_cells(lesson)[UNEXECUTED]
    unexecute(cell)
    (found,) = hygiene.was_executed_from_the_top(lesson)
    assert found.startswith(f"{cell['id']}: ")
