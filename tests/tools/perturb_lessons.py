"""Nudge the random inputs by a factor 1 + 1e-12: does a stored digit change?

Run by hand, `python tests/tools/perturb_lessons.py [notebook ...]`, since it executes every lesson once
more. Another processor, another number of threads or another library adds up in another order, and
that differs by about as much. A number that such a nudge changes is not a result but an accident:
print fewer digits of it, or train for fewer steps.

Nudged is what NumPy's `default_rng` draws by the methods named below, and the start of Keras's layers.
Not nudged is what TensorFlow draws itself (`tf.random`), and what other processes do: `heads-moved` of
lesson 12 compares their weights with a start in the lesson, bit by bit, and always differs.
"""

import atexit
import sys
from pathlib import Path

import kernels
import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NUDGE = """
import numpy as np


def nudged(draw):
    return lambda *arguments, **options: draw(*arguments, **options) * (1 + 1e-12)


class Nudged(np.random.Generator):
    pass


for name in ("normal", "standard_normal", "standard_t", "exponential", "random", "uniform"):
    setattr(Nudged, name, nudged(getattr(np.random.Generator, name)))


def default_rng(seed=None):
    return seed if isinstance(seed, np.random.Generator) else Nudged(np.random.PCG64(seed))


np.random.default_rng = default_rng

import mtl_helpers  # first: it keeps TensorFlow quiet
from keras.initializers import VarianceScaling  # GlorotUniform, with which Dense starts, is one

VarianceScaling.__call__ = nudged(VarianceScaling.__call__)
"""


def texts(cell: dict) -> list[str]:
    """What the check compares of a cell."""
    if "nbval-ignore-output" in cell.metadata.get("tags", []):
        return []
    return [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])]


def changed(path: Path) -> list[str]:
    """The ids of the cells whose text changes when the random inputs are nudged."""
    stored, notebook = (nbformat.read(path, as_version=4) for _ in range(2))
    notebook.cells.insert(0, nbformat.v4.new_code_cell(NUDGE))
    NotebookClient(
        notebook,
        timeout=600,
        kernel_manager_class=kernels.AsyncKernelManager,
        kernel_name="python3",
        resources={"metadata": {"path": path.parent}},
        coalesce_streams=True,
    ).execute()
    pairs = zip(stored.cells, notebook.cells[1:], strict=True)
    return [before.id for before, after in pairs if before.cell_type == "code" and texts(before) != texts(after)]


if __name__ == "__main__":
    kernels.isolate()
    atexit.register(kernels.clean_up)
    found = {}
    for path in map(Path, sys.argv[1:] or sorted(NOTEBOOKS.rglob("[0-9]*.ipynb"))):
        if ".ipynb_checkpoints" not in path.parts:
            found[path] = changed(path)
            print(f"{path.parent.name}/{path.name}: {', '.join(found[path]) or 'no stored digit changes'}", flush=True)
    sys.exit(any(found.values()))
