"""Execute lessons and store what they print: `python tests/refresh_notebooks.py [notebook ...]`.

Without names, every notebook is refreshed. Read the diff afterwards: the stored outputs are what
`pytest` compares with, so what you commit is what the course claims.
"""

import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


def refresh(path: Path) -> float:
    """Run a notebook from the top in a fresh kernel, store it, return the seconds it took."""
    notebook = nbformat.read(path, as_version=4)
    started = time.perf_counter()
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        coalesce_streams=True,
        resources={"metadata": {"path": path.parent}},
    ).execute()
    # The executing kernel writes its Python's version and, for sliders, the state of its widgets:
    # both differ from machine to machine and say nothing to a reader.
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": {"name": "python"}})
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)
    return time.perf_counter() - started


if __name__ == "__main__":
    for path in map(Path, sys.argv[1:] or sorted(NOTEBOOKS.rglob("[0-9]*.ipynb"))):
        print(f"{path.name}: {refresh(path):.1f} s", flush=True)
