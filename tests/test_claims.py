"""The cells that notebooks/claims.md and lesson 13's table name are there, and are compared.

That a cell shows what is said of it, nothing tests: whoever changes one reads the other.
"""

import re

import hygiene
import pytest

CELLS = {
    path.name.split("_")[0]: {cell.id: cell for cell in hygiene.read(path).cells}
    for path in hygiene.LESSONS + hygiene.DEEPER
}
ROWS = re.findall(
    r"^\| ([CLF]\d+[^|]*?) \|([^|]*)\|[^|]*\|([^|]*)\|",
    (hygiene.NOTEBOOKS / "claims.md").read_text(encoding="utf-8"),
    flags=re.MULTILINE,
)


@pytest.mark.parametrize(
    ("claim", "places"), [(claim, places) for claim, _, places in ROWS], ids=[row[0] for row in ROWS]
)
def test_claim_is_shown_by_compared_cells(claim, places):
    number, found = "", 0
    for new_number, cell_id in re.findall(r"(?:(\d\d[a-z]?) )?`([a-z0-9-]+)`", places):
        number = new_number or number
        cell = CELLS[number][cell_id]
        assert cell.outputs, f"{claim}: cell {cell_id} of {number} prints nothing that a check could compare"
        assert hygiene.EXEMPT not in cell.metadata.get("tags", [])
        found += 1
    assert found, f"{claim}: no cell is named"


def test_table_is_complete():
    named = set(re.findall(r"[CLF]\d+", " ".join(claim for claim, *_ in ROWS)))
    assert named == {*(f"C{k}" for k in range(1, 20)), *(f"L{k}" for k in range(1, 6)), *(f"F{k}" for k in range(1, 7))}


def test_each_claim_names_its_text():
    assert {source.strip() for _, source, _ in ROWS} <= {"G", "R", "G, R"}


def test_path_of_lesson_13_names_compared_cells():
    (lesson,) = (path for path in hygiene.LESSONS if path.name.startswith("13_"))
    (table,) = (cell.source for cell in hygiene.read(lesson).cells if cell.id == "path")
    rows = [line.split(" | ")[-1] for line in table.splitlines() if re.match(r"\|(?! if |-)", line)]
    assert len(rows) >= 15
    for places in rows:
        named = re.findall(r"\[(\d\d[a-z]?) `([a-z0-9-]+)`\]\((?:deeper/)?(\w+)\.ipynb#cell-id=([a-z0-9-]+)\)", places)
        assert len(named) == places.count("`") // 2 > 0, places
        for number, cell_id, notebook, target in named:  # JupyterLab goes to the cell of this id
            assert notebook.startswith(f"{number}_"), places
            assert target == cell_id, places
            assert CELLS[number][cell_id].outputs, f"cell {cell_id} of {number} prints nothing"
