"""What README.md says of the lessons must be there."""

import base64
from pathlib import Path

import hygiene

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_lesson_table_names_every_lesson():
    assert [path.name for path in hygiene.LESSONS if f"](notebooks/{path.name})" not in README] == []


def test_picture_is_what_the_lesson_shows():
    (lesson,) = (path for path in hygiene.LESSONS if path.name.startswith("02_"))
    (shown,) = (cell for cell in hygiene.read(lesson).cells if cell.id == "draw-streams")
    stored = shown.outputs[0].data["image/png"]
    assert (ROOT / ".github" / "two-streams.png").read_bytes() == base64.b64decode(stored)
