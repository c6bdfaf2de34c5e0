"""What README.md says of the lessons must be there, and what the package's README says of its functions."""

import base64
import inspect
import re
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import hygiene

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def reading_and_exercises(part: str) -> tuple[int, int]:
    """The minutes of all lessons whose rows are in this part of README."""
    rows = re.findall(r"^\| \[\d\d .*?\| (\d+) \+ (\d+) \|", part, flags=re.MULTILINE)
    return sum(int(reading) for reading, _ in rows), sum(int(exercises) for _, exercises in rows)


def hours(minutes: int) -> int:
    return round(minutes / 60)


def test_lesson_table_names_every_lesson():
    assert [path.name for path in hygiene.LESSONS if f"](notebooks/{path.name})" not in README] == []


def test_minutes_are_those_that_each_lesson_states():
    for path in hygiene.LESSONS:
        reading, exercises = re.findall(r"(\d+) minutes", hygiene.section(hygiene.read(path), "What you need"))[-2:]
        assert f"](notebooks/{path.name}) | {reading} + {exercises} |" in README, path.name


def test_minutes_of_a_part_are_those_of_its_lessons():
    for name, part in re.findall(r"^### (.+?)\n(.*?)(?=^##)", README, flags=re.MULTILINE | re.DOTALL):
        reading, exercises = reading_and_exercises(part)
        told = f"About {hours(reading + exercises)} hours: {reading} minutes of reading, {exercises} of exercises."
        assert not reading or told in part, f"{name}: {told}"


def test_hours_are_those_of_all_lessons():
    reading, exercises = reading_and_exercises(README)
    told = (
        f"About {hours(reading + exercises)} hours: {hours(reading)} for reading, {hours(exercises)} for the exercises."
    )
    assert told in README, told


def test_results_of_lessons_are_short():
    """A newcomer reads the table in a minute."""
    results = re.findall(r"^\| \[(\d\d) .*\| (.*?) \|$", README, flags=re.MULTILINE)
    assert [number for number, result in results if len(result.split()) > 40] == []


def test_picture_is_what_the_lesson_shows():
    (lesson,) = (path for path in hygiene.LESSONS if path.name.startswith("02_"))
    (shown,) = (cell for cell in hygiene.read(lesson).cells if cell.id == "draw-streams")
    stored = shown.outputs[0].data["image/png"]
    assert (ROOT / ".github" / "two-streams.png").read_bytes() == base64.b64decode(stored)


def public() -> dict[str, str]:
    """Every public name of the package, with the sentence that opens its docstring."""
    things = {name: getattr(mtl, name) for name in mtl.__all__ if not inspect.ismodule(getattr(mtl, name))}
    for place in filter(inspect.ismodule, map(mtl.__dict__.get, mtl.__all__)):
        own = inspect.getmembers(place, lambda one, home=place.__name__: getattr(one, "__module__", "") == home)
        things |= {f"{place.__name__.split('.')[-1]}.{name}": one for name, one in own if not name.startswith("_")}
    return {name: " ".join(inspect.getdoc(one).split("\n\n")[0].split()) for name, one in things.items()}


def test_package_readme_lists_every_function():
    listed = (ROOT / "mtl_helpers" / "README.md").read_text(encoding="utf-8").splitlines()
    listed = [line for line in listed if line.startswith("- `")]
    expected = [f"- `{name}`: {sentence}" for name, sentence in public().items()]
    assert {"missing": {*expected} - {*listed}, "stale": {*listed} - {*expected}} == {"missing": set(), "stale": set()}
    assert len(listed) == len(expected)
