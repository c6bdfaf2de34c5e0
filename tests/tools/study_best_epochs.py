"""Each task's own best epoch, for ten seeds: `python tests/tools/study_best_epochs.py` writes lesson 11's table.

By hand; pytest does not collect it. `11a_best_epochs.csv` is written anew as a whole, in about two minutes of processor
time. What runs are the lesson's own cells with another seed, which draws the poses, the start and the order of the
rows. The lesson recomputes the rows of seed 0, equal in every stored digit. Epochs count from 1.
"""

import json
from pathlib import Path

import numpy as np
from study_table import add, known

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
TABLE = NOTEBOOKS / "deeper" / "11a_best_epochs.csv"
BEFORE = ("set-up", "data", "model", "losses", "bag", "compiled")
AFTER = ("endless", "zipped", "best-of-each", "progress", "run-best")


def history(seed: int) -> dict[str, list[float]]:
    """What `fit` returns in the lesson, with another seed."""
    notebook = json.loads((NOTEBOOKS / "11_train_with_keras.ipynb").read_text(encoding="utf-8"))
    sources = {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}
    names: dict[str, object] = {}
    for cell in BEFORE:
        exec(sources[cell].replace("seed = 0", f"seed = {seed}"), names)
    # In the lesson networks have been compiled by now; and a shuffle also uses the seed that holds when it is made.
    names["compiled"]()
    for cell in AFTER:
        exec(sources[cell], names)
    return names["history"]


def main() -> None:
    TABLE.unlink(missing_ok=True)
    known(TABLE, "seed,task,epoch,least,at_best_sum")
    for seed in range(10):
        found = history(seed)
        best_sum = np.argmin(found["val_loss"])
        for task in ("angle", "digit"):
            curve = found[f"val_{task}_loss"]
            add(TABLE, [[seed, task, np.argmin(curve) + 1, f"{min(curve):.4f}", f"{curve[best_sum]:.4f}"]])


if __name__ == "__main__":
    main()
