"""Execute lessons and store what they print: `python tests/tools/refresh_notebooks.py [notebook ...]`.

Without names, every notebook is refreshed. Read the diff afterwards: the stored outputs are what
`pytest` compares with, so what you commit is what the course claims. A second refresh changes
nothing, byte for byte, except below cells that are exempt from the comparison.
"""

import atexit
import sys
import time
from pathlib import Path

import kernels
import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
WIDGET = "application/vnd.jupyter.widget-view+json"


def refresh(path: Path) -> tuple[float, float]:
    """Run a notebook from the top in a fresh kernel, store it, return the seconds and the GB of memory it took."""
    notebook, peak = nbformat.read(path, as_version=4), 0.0

    def measure(**cell) -> None:
        nonlocal peak
        peak = kernels.peak_memory(client.km)

    started = time.perf_counter()
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_manager_class=kernels.AsyncKernelManager,
        on_cell_executed=measure,
        kernel_name="python3",
        resources={"metadata": {"path": path.parent}},
        coalesce_streams=True,  # else a cell's text falls into pieces, cut where the clock ticked
        record_timing=False,
        store_widget_state=False,
    )
    client.execute()
    seconds = time.perf_counter() - started
    # What differs from machine to machine and says nothing to a reader: the executing Python's
    # version, and a slider's random number (its text and the picture it drives stay).
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)
    return seconds, peak


if __name__ == "__main__":
    kernels.isolate()
    atexit.register(kernels.clean_up)
    for path in map(Path, sys.argv[1:] or sorted(NOTEBOOKS.rglob("[0-9]*.ipynb"))):
        if ".ipynb_checkpoints" not in path.parts:
            print("{}: {:.1f} s, {:.2f} GB".format(path.name, *refresh(path)), flush=True)
