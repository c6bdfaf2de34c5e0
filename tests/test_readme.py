"""What README.md says of the lessons must be there."""

import base64
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CELLS = {
    path.name[:2]: {cell.id: cell for cell in nbformat.read(path, as_version=4).cells}
    for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")
}
CLAIM_ROWS = re.findall(r"^\| ([CLF]\d+[^|]*)\|[^|]*\|([^|]*)\|", README, flags=re.MULTILINE)


@pytest.mark.parametrize(("claim", "places"), CLAIM_ROWS, ids=[claim.strip() for claim, _ in CLAIM_ROWS])
def test_claim_table_points_at_compared_cells(claim, places):
    lesson, found = "", 0
    for number, cell_id in re.findall(r"(?:(\d\d) )?`([a-z0-9-]+)`", places):
        lesson = number or lesson
        cell = CELLS[lesson][cell_id]
        assert cell.outputs, f"{claim}: cell {cell_id} of lesson {lesson} prints nothing that a check could compare"
        assert "nbval-ignore-output" not in cell.metadata.get("tags", [])
        found += 1
    assert found, f"{claim}: no cell is named"


def test_claim_table_is_complete():
    named = set(re.findall(r"[CLF]\d+", " ".join(claim for claim, _ in CLAIM_ROWS)))
    assert named == {*(f"C{k}" for k in range(1, 20)), *(f"L{k}" for k in range(1, 6)), *(f"F{k}" for k in range(1, 7))}


def test_lesson_table_names_every_lesson():
    for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"):
        assert f"](notebooks/{path.name})" in README


def test_picture_is_what_the_lesson_shows():
    stored = CELLS["02"]["draw-streams"].outputs[0].data["image/png"]
    assert (ROOT / ".github" / "two-streams.png").read_bytes() == base64.b64decode(stored)
