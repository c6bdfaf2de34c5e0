"""README's lines for teachers, run with a class of three: full marks, none, and all but one exercise."""

import csv
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import hygiene
import nbformat
import pytest

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="README's lines for teachers need a POSIX shell"),
    pytest.mark.skipif(
        importlib.util.find_spec("nbgrader") is None, reason="no nbgrader, which is for teachers: no class is graded"
    ),
]

ROOT = Path(__file__).parents[1]
SOLUTIONS = hygiene.SOLUTIONS
TEACHERS = re.search(r"^## For teachers\n(.*?)^## ", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)[1]
_, BLOCK = re.findall(r"^```\n(.*?)^```$", TEACHERS, flags=re.M | re.S)
LINES = BLOCK.splitlines()
FILE = SOLUTIONS[0].name
MISTAKE = "ddof=1", "ddof=0"  # in exercise `paired`


def run(lines: str, folder: Path) -> None:
    """Run lines in one shell, as somebody who types them does; it stops at the first that fails."""
    programs = Path(sys.executable).parent
    surroundings = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    done = subprocess.run(
        f"set -e\n{lines}", shell=True, cwd=folder, env=surroundings, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, f"{lines}\n{done.stdout}\n{done.stderr}"


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def submit(student: str, folder: Path, answers: dict[str, str]) -> None:
    """A copy of what was handed out, with some cells filled in."""
    notebook = read(folder / "class" / "release" / "lesson_00" / FILE)
    for cell in notebook.cells:
        cell.source = answers.get(cell.id, cell.source)
    path = folder / "class" / "submitted" / student / "lesson_00" / FILE
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def grades(tmp_path_factory) -> dict[str, dict[str, str]]:
    """What README's lines leave in grades.csv, by student."""
    folder = tmp_path_factory.mktemp("classroom")
    shutil.copytree(ROOT / "notebooks" / "solutions", folder / "notebooks" / "solutions")
    handed_in = next(k for k, line in enumerate(LINES) if "autograde" in line)
    run("\n".join(LINES[:handed_in]), folder)
    cells = read(SOLUTIONS[0]).cells
    right = {c.id: c.source for c in cells if c.cell_type == "code" and c.metadata.get("nbgrader", {}).get("solution")}
    submit("perfect", folder, right)
    submit("empty", folder, {})
    submit("partly", folder, right | {"paired": right["paired"].replace(*MISTAKE)})
    run("\n".join(LINES[handed_in:]), folder)
    assert len(list((folder / "class" / "feedback").rglob("*.html"))) == 3
    with open(folder / "class" / "grades.csv", encoding="utf-8") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


def points(cells: list) -> dict[str, int]:
    return {c.id: c.metadata["nbgrader"]["points"] for c in cells if c.metadata.get("nbgrader", {}).get("grade")}


def test_class_of_three_gets_its_points(grades):
    of_cells = points(read(SOLUTIONS[0]).cells)
    full = sum(of_cells.values())
    assert {name: float(row["score"]) for name, row in grades.items()} == {
        "perfect": full,
        "empty": 0,
        "partly": full - of_cells["paired-test"],
    }
    assert {float(row["max_score"]) for row in grades.values()} == {full}


def test_release_gives_nothing_away(tmp_path):
    """Solutions, analyses and hidden tests are cut out; statements, starters and visible tests stay."""
    shutil.copytree(ROOT / "notebooks" / "solutions", tmp_path / "source" / "all")
    run("nbgrader generate_assignment all", tmp_path)
    for path in SOLUTIONS:
        released = {cell.id: cell for cell in read(tmp_path / "release" / "all" / path.name).cells}
        for cell in read(path).cells:
            after, part = released[cell.id].source, cell.metadata.get("nbgrader", {})
            assert "SOLUTION" not in after
            assert "HIDDEN" not in after
            if part.get("solution"):
                assert "raise NotImplementedError" in after or "YOUR ANSWER HERE" in after
            elif part.get("grade"):
                assert after.count("assert") == 1
                assert cell.source.count("assert") > 1
            else:
                assert after == cell.source
            assert released[cell.id].get("outputs", []) == []
