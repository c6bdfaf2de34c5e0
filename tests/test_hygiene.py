"""Every lesson keeps every rule of hygiene.py, and every rule has been seen to bite. So has the package its own."""

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path

import hygiene
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
MODULES = sorted(path for path in (ROOT / "mtl_helpers").rglob("*.py") if "checks" not in path.parts)

read = cache(hygiene.read)


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        pytest.param(path, rule, id=f"{path.stem}-{rule.__name__}")
        for path in hygiene.LESSONS
        for rule in hygiene.RULES_OF_LESSONS
    ]
    + [
        pytest.param(path, rule, id=f"deeper-{path.stem}-{rule.__name__}")
        for path in hygiene.DEEPER
        for rule in hygiene.RULES_OF_ROOMS
    ],
)
def test_lesson_keeps_rule(path, rule):
    found = rule(read(path))
    assert not found, "\n".join([rule.__doc__, *found])


@pytest.mark.parametrize("rule", hygiene.RULES_OF_SOLUTIONS, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", hygiene.SOLUTIONS, ids=lambda path: path.stem)
def test_solution_keeps_rule(path, rule):
    assert rule(read(path)) == []


def test_lessons_are_found():
    assert hygiene.LESSONS[0].name == "00_meet_two_tasks.ipynb"
    assert [path.name for path in hygiene.SOLUTIONS] == [path.name for path in hygiene.LESSONS]


def test_weekly_run_computes_every_table_anew():
    """Each table beside a room is one script's, which the workflow names, and no script is forgotten."""
    workflow = (ROOT / ".github" / "workflows" / "check.yml").read_text(encoding="utf-8")
    scripts = dict(re.findall(r'tables: "(\w+)", script: (\w+\.py)', workflow))
    for table in (hygiene.NOTEBOOKS / "deeper").glob("*.csv"):
        assert sum(table.name.startswith(prefix) for prefix in scripts) == 1, table.name
    tools = (ROOT / "tests" / "tools").glob("*.py")
    assert {path.name for path in tools if re.search(r"\d\d[a-z]_\w*\.csv", path.read_text(encoding="utf-8"))} == set(
        scripts.values()
    )


def test_rooms_are_numbered_after_a_lesson_that_leads_there():
    """A room 03a belongs to lesson 03, which links to it where the question comes up."""
    for room in hygiene.DEEPER:
        assert re.match(r"\d\d[a-z]_", room.name), f"{room.name}: a room is called NNa_verb_object.ipynb"
        text = "".join(path.read_text(encoding="utf-8") for path in hygiene.LESSONS if path.name[:2] == room.name[:2])
        assert f"](deeper/{room.name})" in text, f"lesson {room.name[:2]} does not link to deeper/{room.name}"


def test_lessons_lead_to_one_another():
    """The map in lesson 00 links to every later lesson, and the section "Next" of each to the one behind it."""
    (plan,) = (cell.source for cell in read(hygiene.LESSONS[0]).cells if cell.id == "map")
    for before, lesson in pairwise(hygiene.LESSONS):
        link = f"]({lesson.name})"
        assert link in plan, f"the map in lesson 00 does not link to {lesson.name}"
        assert link in hygiene.section(read(before), "Next"), f"Next of {before.name} does not link to {lesson.name}"


# Each rule on a bad example -----------------------------------------------------------------------

OPENING = """# Halve a loss

**You will halve the loss of one small model and know why it halves.**

## What you'll do

Train. We use Python 3.11 to 3.13.

## What you'll be able to do

- halve a loss

## What you need

Lesson 00. Reading: 7 minutes. Exercises: 15 minutes."""

EXERCISE = """### {}. Compute (5 minutes)

<details><summary>Hint</summary>

Divide by `1234.56789`.

</details>"""

CLOSING = """## Further reading

- A. Author (2017), *Losses simply explained*, [arXiv:1706.05098](https://arxiv.org/abs/1706.05098).

## Next

[00](00_meet_two_tasks.ipynb)"""


def good_lesson() -> dict:
    """A small lesson that keeps all rules; each of its parts is there for the bad examples to break."""
    says = "The loss falls from 1 to 0.5 in 1797 steps."
    picture = new_output(
        "display_data", {"text/plain": says, "image/png": "iVBORw0KGgo="}, metadata={"image/png": {"alt": says}}
    )
    answer = new_output("execute_result", {"text/plain": "Not attempted yet: the starter returns nothing so far."})
    number = new_output("stream", name="stdout", text="loss 0.5000 1e-12 -0.05 on 12345 rows, version 2.21.0\n")
    cells = [
        new_markdown_cell(OPENING, id="title"),
        new_markdown_cell("We start with the imports.", id="set-up-why"),
        new_code_cell("import numpy as np\n" * 26, id="set-up"),
        new_markdown_cell("## Train\n\nThe loss halves, to 0.5.", id="train-why"),
        new_code_cell("print(loss)", id="train", outputs=[number]),
        new_markdown_cell("**Predict first.** The next cell draws it.", id="picture-why"),
        new_code_cell(
            "mtl.live(draw, rate=([1, 2], 1))",
            id="picture",
            outputs=[new_output("stream", name="stdout", text="Loss and steps:\n"), picture],
            metadata={"jupyter": {"outputs_hidden": True}},
        ),
        new_markdown_cell("It takes time.", id="time-why"),
        new_code_cell("print(seconds)", id="time", metadata={"tags": [hygiene.EXEMPT]}),
        new_code_cell("print(seconds < 10)", id="time-bound", outputs=[number]),
    ]
    for k in range(10):
        cells += [
            new_markdown_cell(f"### Step {k}\n\nOne more.", id=f"step-{k}-why"),
            new_code_cell("1", id=f"step-{k}"),
        ]
    cells += [
        new_markdown_cell("## Recap\n\n- halved\n\n## Common mistakes\n\n- none", id="recap"),
        new_markdown_cell("## Exercises\n\n" + "\n\n".join(map(EXERCISE.format, "123")), id="exercises"),
        *(new_code_cell(f"check.{name}({name})", id=f"check-{name}", outputs=[answer]) for name in "ab"),
        new_markdown_cell("And the last one.", id="last-why"),
        new_code_cell("check.c(c)", id="check-c", outputs=[answer]),
        new_markdown_cell(CLOSING, id="closing"),
    ]
    for count, cell in enumerate((cell for cell in cells if cell.cell_type == "code"), start=1):
        cell.execution_count = count
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def cell(lesson: dict, name: str) -> dict:
    return next(cell for cell in lesson.cells if cell.id == name)


def source(name: str, old: str, new: str) -> Callable:
    """Spoil a lesson: replace a text in one cell."""

    def spoil(lesson):
        assert old in cell(lesson, name).source
        cell(lesson, name).source = cell(lesson, name).source.replace(old, new)

    return spoil


def output(**parts) -> Callable:
    """Spoil a lesson: change what is stored below the cell "train"."""
    return lambda lesson: cell(lesson, "train").outputs[0].update(parts)


def picture(says: str, alt: str | None = None) -> Callable:
    """Spoil a lesson: change the sentence that goes with its picture."""

    def spoil(lesson):
        stored = cell(lesson, "picture").outputs[-1]
        stored.data["text/plain"], stored.metadata["image/png"]["alt"] = says, says if alt is None else alt

    return spoil


def tag(*names: str, tag: str = hygiene.EXEMPT) -> Callable:
    return lambda lesson: [cell(lesson, name).metadata.update(tags=[tag]) for name in names]


def move(name: str, behind: str) -> Callable:
    def spoil(lesson):
        moved = cell(lesson, name)
        lesson.cells.remove(moved)
        lesson.cells.insert(lesson.cells.index(cell(lesson, behind)) + 1, moved)

    return spoil


def add(*more: dict, behind: str) -> Callable:
    """Spoil a lesson: store more below a code cell, or put more cells behind it."""

    def spoil(lesson):
        where = cell(lesson, behind)
        if "output_type" in more[0]:
            where.outputs += more
        else:
            lesson.cells[lesson.cells.index(where) + 1 : 0] = more

    return spoil


def each(*spoils: Callable) -> Callable:
    return lambda lesson: [spoil(lesson) for spoil in spoils]


ERROR = new_output("error", ename="ValueError", evalue="bad", traceback=[])
WIDGET = new_output("display_data", {"application/vnd.jupyter.widget-view+json": {}})
BAD = [
    (hygiene.is_nbformat_4_5, lambda lesson: lesson.update(nbformat_minor=6)),
    (hygiene.is_nbformat_4_5, lambda lesson: lesson.metadata.kernelspec.update(name="my-kernel")),
    (hygiene.is_nbformat_4_5, lambda lesson: lesson.metadata.update(vscode={})),
    (hygiene.is_nbformat_4_5, lambda lesson: cell(lesson, "train").update(mood="good")),
    (hygiene.has_no_widget_state, lambda lesson: lesson.metadata.update(widgets={})),
    (hygiene.has_no_widget_state, add(WIDGET, behind="train")),
    (hygiene.is_at_most_500_kilobytes, output(text="loss\n" * 120_000)),
    (hygiene.has_readable_cell_ids, lambda lesson: cell(lesson, "train").update(id="time")),
    (hygiene.has_readable_cell_ids, lambda lesson: cell(lesson, "train").update(id="a1b2c3d4")),
    (hygiene.has_readable_cell_ids, lambda lesson: cell(lesson, "train").update(id="Train")),
    (hygiene.was_executed_from_the_top, lambda lesson: cell(lesson, "train").update(execution_count=None)),
    (hygiene.was_executed_from_the_top, lambda lesson: cell(lesson, "train").update(execution_count=7)),
    (hygiene.has_no_errors_or_warnings, output(name="stderr")),
    (hygiene.has_no_errors_or_warnings, add(ERROR, behind="train")),
    (hygiene.compares_its_outputs, source("train", "print", "# NBVAL_IGNORE_OUTPUT\nprint")),
    (hygiene.compares_its_outputs, tag("train", tag="nbval-skip")),
    (hygiene.compares_its_outputs, tag("train", tag="raises-exception")),
    (hygiene.compares_its_outputs, tag("train", "picture")),
    (hygiene.compares_its_outputs, lambda lesson: cell(lesson, "time-bound").outputs.clear()),
    (hygiene.describes_its_pictures, picture("<Figure size 640x480 with 1 Axes>")),
    (hygiene.describes_its_pictures, picture("0.5")),
    (hygiene.describes_its_pictures, picture("The loss falls from 1 to 0.5.", alt="")),
    (hygiene.names_no_machine, source("train", "loss", "'/home/ada/x'")),
    (hygiene.names_no_machine, source("train-why", "loss", "file in /srv/course/data")),
    (hygiene.names_no_machine, output(text=r"saved to C:\Users")),
    (hygiene.names_no_machine, output(text="http server on localhost")),
    (hygiene.prints_no_addresses, output(text="<object at 0x7f3a5c0d2e80>")),
    (hygiene.prints_at_most_four_digits, output(text="loss 0.50001")),
    (hygiene.prints_at_most_four_digits, output(text="[[1234.5e-3]]")),
    (hygiene.prints_at_most_four_digits, picture("The loss falls to 0.012345 in the end.")),
    (hygiene.prints_no_negative_zero, output(text="loss -0.000")),
    (hygiene.prints_no_negative_zero, output(text="[1. -0.]")),
    (hygiene.prints_no_negative_zero, output(text="-0.0e+00")),
    (hygiene.has_one_title_and_no_skipped_level, source("step-1-why", "### Step", "# Step")),
    (hygiene.has_one_title_and_no_skipped_level, source("step-1-why", "### Step", "##### Step")),
    (hygiene.opens_with_its_result, source("title", "**", "")),
    (hygiene.has_the_sections_in_order, source("recap", "## Common mistakes", "## Uncommon mistakes")),
    (hygiene.has_the_sections_in_order, source("title", "## What you'll do", "## What you do")),
    (hygiene.has_the_sections_in_order, source("step-1-why", "### Step 1", "## Recap")),
    (hygiene.has_the_sections_in_order, move("closing", behind="train")),
    (hygiene.says_how_long_it_takes, source("title", "Exercises: 15 minutes.", "")),
    (hygiene.has_folded_hints, each(source("exercises", "### 1.", "1."), source("check-a", "check.a(a)", "2"))),
    (hygiene.says_how_long_it_takes, source("title", "15 minutes", "25 minutes")),
    (hygiene.has_folded_hints, source("exercises", "(5 minutes)", "")),
    (hygiene.has_folded_hints, source("exercises", "</summary>\n\n", "</summary>\n")),
    (hygiene.has_folded_hints, source("exercises", "</details>", "")),
    (hygiene.has_folded_hints, source("exercises", "details>", "p>")),
    (hygiene.has_exercises_that_answer_back, source("check-a", "check.a(a)", "2")),
    (hygiene.has_exercises_that_answer_back, source("check-c", "check.c(c)", "check.c(b)")),
    (hygiene.has_exercises_that_answer_back, lambda lesson: cell(lesson, "check-b").outputs.clear()),
    (hygiene.has_a_live_figure, source("picture", "mtl.live(", "mtl.show(")),
    (hygiene.avoids_words_that_belittle, source("train-why", "The loss", "Of course the loss")),
    (hygiene.avoids_words_that_belittle, source("closing", "## Next", "## Next\n\nIt is just")),
    (hygiene.keeps_british_spelling, source("train-why", "The loss", "Its behavior is good. The loss")),
    (hygiene.keeps_british_spelling, source("train-why", "The loss", "We **normalize** it. The loss")),
    (hygiene.states_only_printed_numbers, source("train-why", "0.5", "0.51")),
    (hygiene.states_only_printed_numbers, source("exercises", "`1234.56789`", "1234.56789")),
    (hygiene.links_to_what_exists, source("closing", "00_meet", "99_forget")),
    (hygiene.links_to_what_exists, source("closing", "00_meet_two_tasks.ipynb", "../README.md")),
    (hygiene.keeps_code_cells_short, source("train", "print", "x = 1\n" * 25 + "print")),
    (hygiene.keeps_code_cells_short, each(*(source(f"step-{k}", "1", "x\n" * 6) for k in range(10)))),
    (hygiene.keeps_code_cells_short, each(*(source(f"step-{k}", "1", "x\n" * 16) for k in range(2)))),
    (hygiene.introduces_its_code, source("step-1-why", "\n\nOne more.", "")),
    (hygiene.introduces_its_code, each(*(move(f"step-{k}-why", behind="recap") for k in (1, 2, 3)))),
    (hygiene.keeps_code_lines_short, source("train", "loss", "x" * 100)),
    (hygiene.prints_lines_that_fit, output(text="x" * 74)),
    (hygiene.needs_no_room, source("title", "Lesson 00.", "The room deeper/00a.")),
    (hygiene.states_its_computed_minutes, source("title", "Reading: 7", "Reading: 6")),
    (hygiene.states_its_computed_minutes, source("train-why", "0.5.", "0.5." + " More." * 150)),
    (hygiene.is_a_short_walk, source("train-why", "0.5.", "0.5." + " More." * 2450)),
    (hygiene.is_a_short_walk, source("set-up", "import", "import os\n" * 6 + "import")),
    (hygiene.is_a_short_walk, source("train-why", "0.5.", "0.5.\n\n" + "|-|\n" * 60)),
    (hygiene.keeps_predictions_open, lambda lesson: cell(lesson, "picture").metadata.clear()),
    (hygiene.keeps_predictions_open, lambda lesson: cell(lesson, "picture").outputs.pop(0)),
    (
        hygiene.balances_text_and_code,
        add(*(new_markdown_cell("More.", id=f"more-{a}") for a in "abcdefghijkl"), behind="train"),
    ),
]


def test_good_lesson_keeps_all_rules():
    assert hygiene.complaints(good_lesson()) == []


@pytest.mark.parametrize(("rule", "spoil"), BAD, ids=lambda part: getattr(part, "__name__", None))
def test_rule_complains(rule, spoil):
    lesson = good_lesson()
    spoil(lesson)
    if rule != hygiene.states_its_computed_minutes:
        title = cell(lesson, "title")
        title.source = re.sub(r"Reading: \d+", f"Reading: {hygiene.minutes(lesson)}", title.source)
    assert {found.split(":")[0] for found in hygiene.complaints(lesson)} == {rule.__name__}


def test_every_rule_has_a_bad_example():
    assert {rule for rule, _ in BAD} == set(hygiene.RULES_OF_LESSONS)


def test_no_rule_is_left_out():
    takes_notebook = {"notebook": dict, "return": list[str]}
    rules = {f for f in vars(hygiene).values() if getattr(f, "__annotations__", None) == takes_notebook}
    assert rules - {hygiene.complaints} == {
        *hygiene.RULES_OF_LESSONS,
        *hygiene.RULES_OF_ROOMS,
        *hygiene.RULES_OF_SOLUTIONS,
    }


def test_room_leads_back_and_nowhere_else():
    lesson = f"../{hygiene.LESSONS[0].name}"

    def links_to(*targets: str) -> list[str]:
        text = " ".join(f"[there]({target})" for target in targets)
        return hygiene.room_links_to_what_exists(new_notebook(cells=[new_markdown_cell(text, id="end")]))

    assert links_to(lesson, "https://example.org") == []
    assert links_to() == ["no link leads back to a lesson"]
    assert links_to(lesson, "99a_forget.ipynb") == ["end: there is no 99a_forget.ipynb in deeper/"]
    assert links_to(lesson, "../../README.md") == ["end: there is no ../../README.md in deeper/"]


def test_analysis_without_a_question_is_found():
    answer = "<!-- BEGIN SOLUTION -->\nWhy? Because.\n<!-- END SOLUTION -->"
    cells = [
        new_markdown_cell(f"### Analysis\n\n{question}{answer}", id=name)
        for name, question in {"asked": "Why?\n\n", "unasked": ""}.items()
    ]
    found = hygiene.asks_what_its_analyses_answer(new_notebook(cells=cells))
    assert found == ["unasked: no question before the solution"]


def test_minutes_are_counted():
    """150 words, 10 lines, a prediction, a formula, a table of each kind and a picture: seven minutes, and no more."""
    text = (
        "**Predict first.** `code` $x y z$ [two words](01_a.ipynb) "
        + "word " * 146
        + "\n\n$$x = y$$\n\n| a |\n|---|\n| b |"
    )
    table = new_output("stream", text="a  b\n1  2\n3  4\n")
    after = [new_markdown_cell("## Exercises\n\n" + "word " * 999), new_code_cell("x\n" * 99)]
    seen = new_output("display_data", {"image/png": "", "text/plain": "A dot."})
    cells = [new_markdown_cell(text), new_code_cell("x\n\n" * 10, outputs=[table, seen]), *after]
    part = hygiene.before_exercises(new_notebook(cells=cells))
    assert (hygiene.words(part), hygiene.code_lines(part)) == (154, 10)
    assert hygiene.minutes(new_notebook(cells=cells)) == 7


# The package --------------------------------------------------------------------------------------


def lines_of_code(text: str) -> int:
    """Lines that hold code: blank lines, comments and docstrings do not count."""
    silent = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type not in silent]
    docstrings = {
        node.body[0].lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None
    }
    code = [token for token in tokens if not (token.type == tokenize.STRING and token.start[0] in docstrings)]
    return len({line for token in code for line in range(token.start[0], token.end[0] + 1)})


def test_lines_of_code_are_counted():
    assert (
        lines_of_code(
            '"""A\n\nmodule."""\n\n# a comment\nx = (\n    1  # one\n)\n\ndef f():\n    """Doc."""\n    return x\n'
        )
        == 5
    )


def test_package_stays_small():
    sizes = {path.name: lines_of_code(path.read_text(encoding="utf-8")) for path in MODULES}
    assert sum(sizes.values()) <= 1200, sizes


@pytest.mark.parametrize("arguments", [["check"], ["format", "--check"]], ids=" ".join)
def test_ruff_finds_nothing(arguments):
    ruff = [sys.executable, "-m", "ruff", *arguments, "--quiet", "mtl_helpers", "tests", "notebooks"]
    run = subprocess.run(ruff, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert not run.returncode, run.stdout + run.stderr


def test_readme_points_at_what_exists():
    text = hygiene.without_code((ROOT / "README.md").read_text(encoding="utf-8"))
    (lab,) = re.findall(
        r"^pip install .*&& jupyter lab (\S+)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"https?://|#", link)]
    assert [path for path in [lab, *links] if not (ROOT / path.split("#")[0]).exists()] == []


def test_requirements_pin_all_that_the_project_asks_for():
    """In the range that it asks for: learners' pins in one file, what teachers need beside them in another."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    files = [ROOT / "requirements.txt", hygiene.NOTEBOOKS / "solutions" / "requirements.txt"]
    learners, teachers = (
        {canonicalize_name(name): version for name, version in re.findall(r"(?m)^([\w.-]+)==([\w.]+)", text)}
        for text in (file.read_text(encoding="utf-8") for file in files)
    )
    asked_of_learners = [*map(Requirement, project["dependencies"] + extras["course"])]
    asked_of_teachers = [*map(Requirement, extras["classroom"])]
    for pins, asked in ((learners, asked_of_learners), (teachers, asked_of_teachers)):
        for one in asked:
            pin = pins.get(canonicalize_name(one.name))
            assert pin, f"{one.name} has no pin"
            assert pin in one.specifier, f"pinned is {one.name}=={pin}, pyproject.toml asks for {one}"
    assert learners.keys() & teachers.keys() == set()
