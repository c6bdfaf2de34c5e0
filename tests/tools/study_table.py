"""The table that a long study fills: it is kept row by row, so that a run that was stopped goes on where it was."""

import csv
import sys
from collections.abc import Iterable
from pathlib import Path


def say(text: object) -> None:
    print(text, file=sys.stderr, flush=True)


def known(path: Path, heading: str) -> list[dict]:
    """The rows of a table; one that is not there yet gets its heading."""
    if not path.exists():
        path.write_text(heading + "\n", encoding="utf-8")
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def add(path: Path, rows: Iterable[list]) -> None:
    lines = [",".join(map(str, row)) + "\n" for row in rows]
    with path.open("a", encoding="utf-8") as file:
        file.writelines(lines)
