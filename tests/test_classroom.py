"""The lines of teaching.md that grade, for a class of three on a lesson, and for a class of fifteen with mishaps."""

import csv
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import takewhile
from pathlib import Path

import hygiene
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="lines for teachers need a POSIX shell"),
    pytest.mark.skipif(
        importlib.util.find_spec("nbgrader") is None, reason="no nbgrader, which is for teachers: no class is graded"
    ),
]

ROOT = Path(__file__).parents[1]
SOLUTIONS = hygiene.SOLUTIONS
PAGE = (ROOT / "notebooks" / "teaching.md").read_text(encoding="utf-8")
GRADING = re.search(r"^## Grade a class\n(.*?)^## ", PAGE, flags=re.M | re.S)[1]
_, BLOCK = re.findall(r"^```\n(.*?)^```$", GRADING, flags=re.M | re.S)
LINES = BLOCK.splitlines()
GRADE = next(k for k, line in enumerate(LINES) if "grade.py" in line)
MISTAKE = "ddof=1", "ddof=0"  # in exercise `paired`


def run(lines: str, folder: Path, status: int = 0) -> str:
    """Run lines in one shell, as somebody who types them does; it stops at the first that fails. What they print."""
    programs = Path(sys.executable).parent
    surroundings = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    surroundings["PYTHONOPTIMIZE"] = "1"  # kills `assert`; points must not hang on that
    done = subprocess.run(
        f"set -e\n{lines}", shell=True, cwd=folder, env=surroundings, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == status, f"{lines}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def mark(cell: nbformat.NotebookNode) -> dict:
    return cell.metadata.get("nbgrader", {})


def points(cells: list) -> dict[str, int]:
    return {cell.id: mark(cell)["points"] for cell in cells if mark(cell).get("grade")}


def answers(cells: list) -> dict[str, str]:
    """The right answers by cell."""
    return {cell.id: cell.source for cell in cells if cell.cell_type == "code" and mark(cell).get("solution")}


def hand_out(folder: Path) -> Path:
    """The lines as far as the release, and what is handed out."""
    run("\n".join(LINES[:GRADE]), folder)
    (path,) = (folder / "class" / "release" / "lesson_00").iterdir()
    return path


def submit(student: str, notebook: nbformat.NotebookNode, folder: Path, file: str) -> None:
    path = folder / "class" / "submitted" / student / "lesson_00" / file
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


def grades(folder: Path) -> dict[str, dict[str, str]]:
    """The last lines, and what they leave in grades.csv, by student."""
    run("\n".join(LINES[GRADE + 1 :]), folder)
    with open(folder / "class" / "grades.csv", encoding="utf-8") as file:
        return {row["student_id"]: row for row in csv.DictReader(file)}


# A lesson -----------------------------------------------------------------------------------------


def test_class_of_three_gets_its_points(tmp_path):
    """Full marks, none, and all but one exercise."""
    shutil.copytree(ROOT / "notebooks" / "solutions", tmp_path / "notebooks" / "solutions")
    released = hand_out(tmp_path)
    cells = read(SOLUTIONS[0]).cells
    right, of_cells = answers(cells), points(cells)
    wrong = right["paired"].replace(*MISTAKE)
    assert wrong != right["paired"]
    for student, answered in {"perfect": right, "empty": {}, "partly": right | {"paired": wrong}}.items():
        notebook = read(released)
        for cell in notebook.cells:
            cell.source = answered.get(cell.id, cell.source)
        submit(student, notebook, tmp_path, released.name)
    run(LINES[GRADE], tmp_path)
    rows = grades(tmp_path)
    full = sum(of_cells.values())
    assert {name: float(row["score"]) for name, row in rows.items()} == {
        "perfect": full,
        "empty": 0,
        "partly": full - of_cells["paired-test"],
    }
    assert {float(row["max_score"]) for row in rows.values()} == {full}
    assert len(list((tmp_path / "class" / "feedback").rglob("*.html"))) == 3


def test_release_gives_nothing_away(tmp_path):
    """Solutions, analyses and hidden tests are cut out; statements, starters and visible tests stay."""
    shutil.copytree(ROOT / "notebooks" / "solutions", tmp_path / "source" / "all")
    run("nbgrader generate_assignment all", tmp_path)
    for path in SOLUTIONS:
        released = {cell.id: cell for cell in read(tmp_path / "release" / "all" / path.name).cells}
        for cell in read(path).cells:
            after, part = released[cell.id].source, mark(cell)
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


# Mishaps ------------------------------------------------------------------------------------------

FILE = "00_small.ipynb"
SECONDS = 8  # for one cell; each but the endless one needs next to nothing


def solution(name: str, body: str) -> nbformat.NotebookNode:
    source = f"def {name}(x):\n    ### BEGIN SOLUTION\n    {body}\n    ### END SOLUTION"
    return marked(name, source, grade=False, solution=True, locked=False)


def graded_by(name: str, visible: str, hidden: str, points: int) -> nbformat.NotebookNode:
    source = f"assert {visible}\n### BEGIN HIDDEN TESTS\nassert {hidden}\n### END HIDDEN TESTS"
    return marked(f"{name}-test", source, grade=True, solution=False, locked=True, points=points)


def marked(name: str, source: str, **parts) -> nbformat.NotebookNode:
    return new_code_cell(
        source, id=name, metadata={"nbgrader": {"grade_id": name, "schema_version": 3, "task": False, **parts}}
    )


def small_assignment() -> nbformat.NotebookNode:
    """Two exercises, and no TensorFlow to wait for."""
    cells = [
        new_markdown_cell("# Small", id="title"),
        solution("double", "return 2 * x"),
        graded_by("double", "double(2) == 4", "double(3) == 6", points=2),
        solution("square", "return x * x"),
        graded_by("square", "square(2) == 4", "square(3) == 9", points=3),
    ]
    return new_notebook(cells=cells, metadata=read(SOLUTIONS[0]).metadata)


def at(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    return next(cell for cell in notebook.cells if cell.id == name)


def answer(name: str, source: str) -> Callable:
    """A mishap: another answer to one exercise."""
    return lambda notebook: at(notebook, name).update(source=source)


def unanswered(notebook: nbformat.NotebookNode) -> None:
    for name in ("double", "square"):
        at(notebook, name).source = f"def {name}(x):\n    raise NotImplementedError()"


def delete(*names: str) -> Callable:
    return lambda notebook: [notebook.cells.remove(at(notebook, name)) for name in names]


def split(notebook: nbformat.NotebookNode) -> None:
    """As JupyterLab does it: both halves have the metadata."""
    whole = at(notebook, "double")
    first = nbformat.from_dict(whole | {"id": "double-first", "source": "two = 2"})
    whole.source = "def double(x):\n    return two * x"
    notebook.cells.insert(notebook.cells.index(whole), first)


def markdown(notebook: nbformat.NotebookNode) -> None:
    for name in ("double", "square-test"):
        code = at(notebook, name)
        text = new_markdown_cell(code.source, id=name, metadata=code.metadata)
        notebook.cells[notebook.cells.index(code)] = text


def foreign(notebook: nbformat.NotebookNode) -> None:
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"name": "ir", "display_name": "R", "language": "R"},
            "language_info": {"name": "R"},
            "colab": {"provenance": []},
        }
    )
    at(notebook, "double").metadata["vscode"] = {"languageId": "r"}


# Each mishap with its points, of 2 for `double` and 3 for `square`, or None where it cannot be graded; and what is
# printed below the learner's line.
MISHAPS = {
    "perfect": (lambda notebook: None, 5, []),
    "empty": (unanswered, 0, []),
    "partly": (answer("square", "def square(x):\n    return 2 * x"), 2, []),
    # Both halves run, and the last carries the mark.
    "split cell": (split, 5, ["Cell with id 'double' exists multiple times!"]),
    # Whose work it is cannot be told from a file of another name: the teacher renames it.
    "renamed file": (
        lambda notebook: None,
        None,
        ["Skipping unknown notebook: class/submitted/renamed file/lesson_00/my answers.ipynb"],
    ),
    # The text is what the learner wrote for an answer: it becomes code again, and so does a test.
    "markdown": (
        markdown,
        5,
        [
            "Attribute 'cell_type' for cell double has changed! (should be: code, got: markdown)",
            "Attribute 'cell_type' for cell square-test has changed! (should be: code, got: markdown)",
        ],
    ),
    # The assignment says which kernel it runs on.
    "foreign kernel": (foreign, 5, []),
    "Zoë Ångström Müller": (answer("double", "def double(größe):\n    return 2 * größe  # naïve"), 5, []),
    # Stopped and failed; the rest counts.
    "endless loop": (
        answer("double", "while True:\n    pass"),
        3,
        [f"Timeout waiting for execute reply ({SECONDS}s).", "Interrupting kernel"],
    ),
    # Put back, as if it had never been deleted. An answer cannot be; its starter gets no points.
    "deleted cells": (
        delete("double", "square-test"),
        3,
        [
            "Cell 'double' was deleted, and is put back as it was handed out.",
            "Cell 'square-test' was deleted, and is put back as it was handed out.",
        ],
    ),
    "the lesson": (
        lambda notebook: [cell.metadata.clear() for cell in notebook.cells],
        0,
        ["It looks like the lesson, not the assignment that was handed out: it has no marked cell."],
    ),
    # Listed with 0 points all the same.
    "nothing": (None, None, ["No notebooks were matched by 'class/submitted/nothing/lesson_00'"]),
    # All that a cell computed before is gone with the kernel, so no point of it can be trusted.
    "killed kernel": (
        answer("square", "import os\nos.kill(os.getpid(), 9)"),
        None,
        ["Kernel died while waiting for execute reply.", "nbclient.exceptions.DeadKernelError: Kernel died"],
    ),
    # Costs its own exercise alone, as does an exit.
    "syntax error": (answer("double", "def double(x)\n    return 2 * x"), 3, []),
    "sys.exit": (answer("square", "import sys\nsys.exit()"), 2, []),
}


@pytest.fixture(scope="module")
def mishaps(tmp_path_factory) -> tuple[str, dict[str, dict[str, str]]]:
    """What the grading line prints, and grades.csv."""
    folder = tmp_path_factory.mktemp("mishaps")
    solutions = folder / "notebooks" / "solutions"
    shutil.copytree(SOLUTIONS[0].parent, solutions, ignore=shutil.ignore_patterns("*.ipynb"))
    whole = small_assignment()
    nbformat.write(whole, solutions / FILE)
    released = hand_out(folder)
    for student, (mishap, _, _) in MISHAPS.items():
        if mishap is None:
            (folder / "class" / "submitted" / student).mkdir(parents=True)
            continue
        notebook = read(released)
        for cell in notebook.cells:
            cell.source = answers(whole.cells).get(cell.id, cell.source)
        mishap(notebook)
        submit(student, notebook, folder, "my answers.ipynb" if student == "renamed file" else FILE)
    (folder / "class" / "autograded" / "perfect" / "lesson_00").mkdir(parents=True)  # as an earlier run leaves it
    (default,) = re.findall(r"--seconds \d+", LINES[GRADE])
    printed = run(LINES[GRADE].replace(default, f"--seconds {SECONDS}"), folder, status=1)
    return printed.replace(f"{folder.resolve()}{os.sep}", ""), grades(folder)


def test_class_with_mishaps_gets_its_points(mishaps):
    _, rows = mishaps
    assert {name: float(row["score"]) for name, row in rows.items()} == {
        name: points or 0 for name, (_, points, _) in MISHAPS.items()
    }
    assert {float(row["max_score"]) for row in rows.values()} == {5}


@pytest.mark.parametrize("student", MISHAPS)
def test_each_learner_is_named_with_what_went_wrong(mishaps, student):
    printed, _ = mishaps
    _, points, words = MISHAPS[student]
    head = f"{student}: NOT GRADED" if points is None else f"{student}: {points} of 5"
    lines = printed.splitlines()
    below = lines[lines.index(head) + 1 :]
    assert [line.strip() for line in takewhile(lambda line: line.startswith(" "), below)] == words


@pytest.mark.parametrize(("folder", "says"), [("", "there is none"), ("submitted/Doe, Jane", "goes wrong: Doe, Jane.")])
def test_class_that_cannot_be_graded_gets_a_sentence(tmp_path, folder, says):
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    printed = run(f"python {SOLUTIONS[0].parent / 'grade.py'} lesson_00 2>&1", tmp_path, status=1)
    (line,) = printed.splitlines()
    assert says in line
