"""Which settings lesson 13 trains with: `python tests/tools/tune_project.py` writes room 13a's table.

By hand; pytest does not collect it. A row of `13a_tried.csv` is one setting that a look has tried, with the number of
steps at which the look's loss is smallest on the validation rows of the choosing draws. What the table already holds is
kept, so delete it, or a look's rows, to have them computed anew. The data, the loss and the networks are the lesson's
own cells. All of it takes about half an hour of processor time.

All looks choose by one rule. First they try a grid, equal for all. Then, as long as the best setting has an untried
neighbour in width, rate or decay, that is tried, too. No run is longer than 100 steps: at the larger rates the printed
digits of a longer one would depend on the processor.
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))
import lesson_code  # noqa: E402
from study_table import add, known, say  # noqa: E402

TABLE = TESTS.parent / "notebooks" / "deeper" / "13a_tried.csv"
CELLS = ("set-up", "draw", "masks", "row-losses", "constants", "loss", "loop", "ways", "fit", "relative", "shuffled")
# The width ends where the client says, but for one look at what the client does not allow. A decay ends at 0.
WIDTHS, TOO_WIDE = (4, 8, 16, 48), (96,)
RATES = (0.0005, 0.0015, 0.004, 0.013, 0.04, 0.12, 0.36, 1.1)
DECAYS = (0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
FIRST = list(product(RATES[2:7], DECAYS[2:7]))  # at each width from 16 on
STEPS, EVERY = 100, 10
# By look: which way it trains, the tasks whose mean loss decides, and the widths.
LOOKS = {task: (task, [k], WIDTHS) for k, task in enumerate(("angle", "flag", "digit"))}
LOOKS |= {"all in one": ("all in one", [0, 1, 2], WIDTHS), "shuffled for the flag": ("shuffled", [1], WIDTHS)}
LOOKS |= {f"all in one for the {task}": ("all in one", [k], WIDTHS) for k, task in ((0, "angle"), (1, "flag"))}
LOOKS |= {"all in one of 96 units": ("all in one", [0, 1, 2], TOO_WIDE)}

Setting = tuple[float, float, float]  # width, rate, decay


def losses(lesson: dict, way: str, setting: Setting) -> np.ndarray:
    """(stops, tasks): the relative losses, means over the choosing draws."""
    path, where = lesson["fit"](way, lesson["choosing"], *setting, STEPS, STEPS // EVERY), lesson["choice"]
    return np.array([lesson["relative"](lesson["answers"](weights, where), where).mean(axis=0) for weights in path])


def neighbours(setting: Setting, widths: tuple[int, ...]) -> list[Setting]:
    near = []
    for k, axis in enumerate((widths, RATES, DECAYS)):
        place = axis.index(setting[k])
        near += [(*setting[:k], value, *setting[k + 1 :]) for value in axis[max(place - 1, 0) : place + 2]]
    return near


def search(lesson: dict, seen: dict, way: str, counted: list[int], widths: tuple[int, ...]) -> list[list]:
    """Width, rate, decay, steps and loss of each setting that the look tries; `seen` keeps what its way has trained."""
    new, best = [(width, *pair) for width in widths if width >= 16 for pair in FIRST], {}
    while new:
        for setting in new:
            if (way, setting) not in seen:
                seen[way, setting] = losses(lesson, way, setting)
            means = seen[way, setting][:, counted].mean(axis=1)
            best[setting] = means.min(), EVERY * (1 + int(means.argmin()))
        new = [near for near in neighbours(min(best, key=best.get), widths) if near not in best]
    return [[*setting, stop, f"{loss:.4f}"] for setting, (loss, stop) in best.items()]


def main() -> None:
    """Add to the table what it lacks."""
    done = {row["look"] for row in known(TABLE, "look,width,rate,decay,steps,loss")}
    lesson = lesson_code.run_cells("13_take_a_project_from_start_to_end", *CELLS)
    lesson["ways"]["shuffled"] = np.ones(3), lesson["shuffled"]
    seen = {}
    for look, given in LOOKS.items():
        if look not in done:
            rows = search(lesson, seen, *given)
            add(TABLE, [[look, *row] for row in rows])
            say(f"{look}: tried {len(rows)}, best {min(rows, key=lambda row: row[-1])}")


if __name__ == "__main__":
    main()
