"""The pages for newcomers, teachers and maintainers: what they point at is there, and what they tell can be done."""

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet  # noqa: F401

import hygiene
import nbformat
import pytest
from sklearn import datasets

ROOT = Path(__file__).parents[1]
NAMES = [
    "README.md",
    "mtl_helpers/README.md",
    "notebooks/claims.md",
    "notebooks/project.md",
    "notebooks/solutions/discussion.md",
    "notebooks/teaching.md",
    "tests/README.md",
]
PAGES = {name: (ROOT / name).read_text(encoding="utf-8") for name in NAMES}
EACH = pytest.mark.parametrize("name", NAMES)
TEACHING, PROJECT = PAGES["notebooks/teaching.md"], PAGES["notebooks/project.md"]
LESSONS = {path.name[:2]: hygiene.read(path) for path in hygiene.LESSONS}


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table that has this cell in its head, row by row."""
    lines = iter(page.splitlines())
    next(line for line in lines if line.startswith("|") and f"| {heading} |" in line)
    next(lines)
    table = []
    while (line := next(lines, "")).startswith("|"):
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def places(page: str) -> set[str]:
    """Where a link into a page may lead: its headings, as code hosts write them."""
    titles = [title for _, title in hygiene.headings(page)]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@EACH
def test_links_lead_somewhere(name):
    for link in re.findall(r"\]\(([^)\s]+)\)", hygiene.without_code(PAGES[name])):
        path, _, place = link.partition("#")
        if not re.match(r"https?://", link):
            assert (ROOT / name).parent.joinpath(path).exists(), link
            page = os.path.relpath((ROOT / name).parent / path, ROOT) if path else name
            assert not place or place in places(PAGES[Path(page).as_posix()]), link


@EACH
def test_names_in_code_are_there(name):
    """Files and folders that a page names as such, except those that the reader is to make."""
    for code in re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGES[name], flags=re.DOTALL)):
        if re.fullmatch(r"[\w./-]+\.(?:py|md|toml|txt|yml|ipynb|png)|(?:notebooks|tests)/\w+|\.ci/run", code):
            made = re.search(r"NN|runtime\.txt", code)
            folders = [ROOT, (ROOT / name).parent, ROOT / "mtl_helpers"]
            assert made or any((folder / code).exists() for folder in folders), code


@EACH
def test_pages_keep_british_spelling(name):
    assert hygiene.american(hygiene.without_code(PAGES[name])) == []


# A term -------------------------------------------------------------------------------------------


def test_plan_of_a_term_is_that_of_the_lessons():
    """Each lesson once, in order, with its minutes, and each exercise once: in class or at home."""
    plan = rows(TEACHING, "before class")
    planned = [re.match(r"\[(\d\d)\]", row[1])[1] for row in plan]
    assert planned == list(LESSONS), f"the plan in teaching.md has {planned}, the lessons are {[*LESSONS]}"
    weeks = [int(row[0]) for row in plan]
    assert weeks == sorted(weeks), f"weeks out of order: {weeks}"
    for (_, _, before, in_class, here, home, question), (number, lesson) in zip(plan, LESSONS.items(), strict=True):
        assert int(before) == hygiene.minutes(lesson), f"{number}: before class {hygiene.minutes(lesson)}, not {before}"
        exercises = hygiene.section(lesson, "Exercises")
        times = {k: int(time) for k, time in re.findall(r"^### (\d)\..*?(\d+) min", exercises, flags=re.MULTILINE)}
        here, home = re.findall(r"\d", here), re.findall(r"\d", home)
        assert sorted(here + home) == sorted(times), f"{number}: each of the exercises {', '.join(times)} once"
        asked = 30 + sum(map(times.get, here))
        assert int(in_class) == asked, f"{number}: in class {asked}, not {in_class}"
        assert question.endswith("?"), f"{number}: no question to discuss"


def test_each_question_of_the_plan_has_its_discussion():
    page = PAGES["notebooks/solutions/discussion.md"]
    assert re.findall(r"^- \*\*(\d\d)\.\*\*", page, flags=re.MULTILINE) == list(LESSONS)


def test_hours_of_a_term_are_those_of_its_plan():
    plan = rows(TEACHING, "before class")
    before, in_class = (sum(int(row[k]) for row in plan) for k in (2, 3))
    twice = sum(int(row[2]) for row in plan if row[1][1:3] in {"03", "06", "08", "09", "10"})
    exercises = sum(
        int(time)
        for lesson in LESSONS.values()
        for time in re.findall(r"^### \d\..*?(\d+) min", hygiene.section(lesson, "Exercises"), flags=re.MULTILINE)
    )
    home = exercises - (in_class - 30 * len(plan))
    told = re.search(
        r"that is (\d+) hours before class .*?\((\d+)\s+with the predictions\), (\d+) in class and (\d+)",
        TEACHING,
        re.S,
    )
    minutes = before, 1.5 * before + 0.5 * twice, in_class, home
    assert [int(hours) for hours in told.groups()] == [round(time / 60) for time in minutes]


def test_points_of_the_assignments_are_those_that_are_stated():
    cells = [hygiene.read(path).cells for path in hygiene.SOLUTIONS]
    points = [sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in lesson) for lesson in cells]
    assert f"{min(points)} to {max(points)} for a lesson and {sum(points)} for all" in TEACHING, points


def test_each_room_is_offered_once():
    offered = re.findall(r"\]\(deeper/(\S+?)\)", " ".join(row[1] for row in rows(TEACHING, "gets")))
    rooms = [path.name for path in hygiene.DEEPER]
    missing, more = [*(Counter(rooms) - Counter(offered))], [*(Counter(offered) - Counter(rooms))]
    assert [missing, more] == [[], []], f"table of rooms in teaching.md: {missing} missing, {more} too often"


@pytest.mark.skipif(os.name == "nt", reason="lines for teachers need a POSIX shell")
def test_copies_have_no_results(tmp_path):
    """The command, for a lesson, a room and a solution: the copies lose what was printed, and nothing else."""
    section = re.search(r"^## Copies without outputs\n(.*?)^## ", TEACHING, flags=re.M | re.S)[1]
    (command,) = re.findall(r"^```\n(.*?)^```$", section, flags=re.M | re.S)
    chosen = hygiene.LESSONS[0], hygiene.DEEPER[0], hygiene.SOLUTIONS[0]
    for path in chosen:
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    surroundings = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(command, shell=True, cwd=tmp_path, env=surroundings, check=True, capture_output=True)
    copies = tmp_path / "class" / "lessons"
    assert not (copies / "solutions").exists()
    for path in chosen[:2]:
        copied = nbformat.read(copies / path.relative_to(hygiene.NOTEBOOKS), as_version=4).cells
        for cell, before in zip(copied, hygiene.read(path).cells, strict=True):
            assert (cell.id, cell.source) == (before.id, before.source)
            assert not cell.get("outputs") and not cell.get("execution_count")  # noqa: PT018
        assert hygiene.read(path) == hygiene.read(tmp_path / path.relative_to(ROOT))


# The project --------------------------------------------------------------------------------------


def test_points_of_the_rubric_add_up():
    *points, (_, total) = rows(PROJECT, "points")
    assert sum(int(row[-1]) for row in points) == int(total.strip("*")) == 100


def test_data_of_the_project_have_the_sizes_that_are_stated():
    for name, size, columns in re.findall(r"`(load_\w+)`: (\d+) rows, (\d+) measures", PROJECT):
        assert getattr(datasets, name)().data.shape == (int(size), int(columns)), name
    assert len(datasets.load_digits().data) == int(re.search(r"([\d,]+) images", PROJECT)[1].replace(",", ""))
    assert len(datasets.load_linnerud().data) == int(re.search(r"`load_linnerud`, with (\d+) rows", PROJECT)[1])
