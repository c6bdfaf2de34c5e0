"""Which tasks on posed digits help each other: `python tests/tools/study_images.py` writes the tables of lesson 07.

By hand; pytest does not collect it. Five tables stand beside room 07a. What a table already holds is kept, so delete a
table, or some of its rows, to have them computed anew. All of it takes about fifteen minutes of processor time.

- `07a_chosen.csv`: for each look (a main task, alone or beside a partner) and each width, the weight decay, number of
  steps and weight of the partner with the smallest mean error of the main task over the choosing seeds.
- `07a_errors.csv`: the main task's error there, for each of the measured seeds. No choosing seed is measured.
- `07a_other_poses.csv`: the same errors, for digits that are turned half as far.
- `07a_view_chosen.csv`, `07a_view_errors.csv`: the same for Godwin's pair, the angle and the view, which has a menu of
  its own; the errors are those at each look's best width.

A seed draws the poses, the training rows and the start. The networks are trained in NumPy: on one core that takes half
the time of the package's loop, which lesson 07 uses to compute one look anew, equal in every stored digit.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
from threadpoolctl import threadpool_limits
from study_table import add, known, say

TABLES = Path(__file__).parents[2] / "notebooks" / "deeper"
CHOOSING, MEASURED = range(100, 103), range(20)
ROWS, STOPS, THREADS = 160, 10, 2
RATES = {384: 0.01, 24: 0.01, 96: 0.01, 1536: 0.003}  # by width
COLUMNS = {"angle": 1, "shift": 1, "digit": 10, "odd": 1, "at_least_five": 1, "view": 64}

Look = tuple[str, str]  # a main task and its partner: "" for none, "shuffled shift" for a control
Network = tuple[tuple[str, float, bool], ...]  # of each task: its name, its weight, whether its labels are shuffled
Job = tuple[Network, float]  # a network and its weight decay


class Menu(NamedTuple):
    """What every look may choose from."""

    steps: dict[int, int]  # by width: the longest run, which may stop at ten places equally far apart
    decays: tuple[float, ...]
    weights: tuple[float, ...]  # of the partner's loss


POSED = Menu({384: 100, 24: 300, 96: 150, 1536: 60}, (0.001, 0.003, 0.01), (1.0,))
VIEWED = Menu({384: 250, 1536: 150}, (0.0015, 0.003), (1.0, 0.3, 0.1, 0.03))

FIVE = list(COLUMNS)[:5]
ALONE: list[Look] = [(task, "") for task in FIVE]
TWENTY = [*permutations(FIVE, 2)]
POSES = [("angle", ""), ("shift", ""), ("angle", "shift"), ("shift", "angle")]
POSES += [("angle", "shuffled shift"), ("shift", "shuffled angle")]
VIEWS = [("angle", ""), ("view", ""), ("angle", "view"), ("view", "angle")]
# 24 units are a baseline of too few.
OF_FIVE = list(dict.fromkeys([*POSES, *ALONE, *TWENTY]))
LOOKS = {384: OF_FIVE, 96: OF_FIVE, 1536: OF_FIVE, 24: ALONE}
# Measured here even where another width was chosen; all others are measured at their best width.
EVERYWHERE = {384: LOOKS[384], 96: POSES, 1536: POSES, 24: ALONE}


def train(X, Y, weight, decay, trunk, heads, rate, steps, stops):
    """Adam on the mean square over rows, summed over outputs times their weights, plus decay; the weights at each stop.

    A stop comes after every `steps` steps.
    """
    weights = [trunk.copy(), heads.copy()]
    means, squares = [[np.zeros_like(w) for w in weights] for _ in range(2)]
    path = []
    for k in range(1, stops * steps + 1):
        hidden = np.maximum(X @ weights[0], 0)
        back = 2 / len(X) * weight * (hidden @ weights[1] - Y)
        gradients = X.T @ ((back @ weights[1].T) * (hidden > 0)), hidden.T @ back
        step = rate * np.sqrt(1 - 0.999**k) / (1 - 0.9**k)
        for w, gradient, mean, square in zip(weights, gradients, means, squares, strict=True):
            gradient += 2 * decay * w
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            w -= step * mean / (np.sqrt(square) + 1e-7)
        if k % steps == 0:
            path.append([w.copy() for w in weights])
    return path


class Digits:
    """The posed digits of one seed, targets scaled so that each task's constant has the loss 1 on the training rows."""

    def __init__(self, seed: int, degrees: float = 40) -> None:
        images, targets = mtl.posed_digits(list(COLUMNS), seed=seed, degrees=degrees)
        self.seed, self.targets = seed, targets
        centred = images - images[:ROWS].mean(axis=0)
        self.X = np.hstack([centred, np.ones((len(images), 1))])
        self.mean = {task: y[:ROWS].mean(axis=0) for task, y in targets.items()}
        self.scale = {task: np.sqrt(y[:ROWS].var(axis=0).sum()) for task, y in targets.items()}
        self.order = np.random.default_rng([seed, 1]).permutation(ROWS)

    def training(self, task: str, shuffled: bool) -> np.ndarray:
        scaled = (self.targets[task][:ROWS] - self.mean[task]) / self.scale[task]
        return scaled[self.order] if shuffled else scaled

    def start(self, width: int, tasks: Iterable[str]) -> dict[str, np.ndarray]:
        """A task's head starts alike whoever is beside it."""
        heads = {task: (width, columns) for task, columns in COLUMNS.items()}
        start = mtl.random_start({"trunk": (self.X.shape[1], width)} | heads, self.seed)
        return {"trunk": start["trunk"], "heads": np.hstack([start[task] for task in tasks])}

    def error(self, task: str, weights: dict, rows: slice) -> float:
        """Share of wrong labels; for angle, shift and view the share of the variance that is left."""
        out = np.maximum(self.X[rows] @ weights["trunk"], 0) @ weights[task]
        out, truth = out * self.scale[task] + self.mean[task], self.targets[task][rows]
        if task == "digit":
            return np.mean(out.argmax(axis=1) != truth.argmax(axis=1))
        if task in ("odd", "at_least_five"):
            return np.mean((out > 0) != (truth > 0))
        return np.mean((out - truth) ** 2) / np.mean(truth.var(axis=0))


def network(look: Look, weight: float) -> Network:
    """What it is trained on. A pair of weight 1 is one network with two main tasks."""
    main, partner = look
    parts = [(main, 1.0, False)]
    if partner:
        parts.append((partner.removeprefix("shuffled "), weight, partner.startswith("shuffled ")))
    return tuple(sorted(parts))


def trained(digits: Digits, width: int, steps: int, stops: dict[Job, int]) -> dict[Job, list[dict]]:
    """Trunk and heads, by name, at each stop up to the last that a job needs; a stop every `steps` steps."""
    with threadpool_limits(1), ThreadPoolExecutor(THREADS) as pool:
        paths = pool.map(lambda job: _trained(digits, width, steps, *job, stops[job]), stops)
        return dict(zip(stops, paths, strict=True))


def _trained(digits: Digits, width: int, steps: int, parts: Network, decay: float, stops: int) -> list[dict]:
    tasks = [task for task, *_ in parts]
    Y = np.hstack([digits.training(task, shuffled) for task, _, shuffled in parts])
    weight = np.concatenate([np.full(COLUMNS[task], value) for task, value, _ in parts])
    start = digits.start(width, tasks)
    trunk, heads = start["trunk"], start["heads"]
    path = train(digits.X[:ROWS], Y, weight, decay, trunk, heads, RATES[width], steps, stops)
    ends = np.cumsum([COLUMNS[task] for task in tasks])[:-1]
    return [{"trunk": trunk} | dict(zip(tasks, np.split(heads, ends, axis=1), strict=True)) for trunk, heads in path]


def choose(looks: list[Look], width: int, menu: Menu) -> Iterator[list]:
    """For each look the setting with the smallest mean error over the choosing seeds, and that error."""
    errors, rows = defaultdict(list), slice(ROWS, ROWS + 600)
    steps = menu.steps[width] // STOPS
    weights_of = {look: menu.weights if look[1] else (1.0,) for look in looks}
    asked = [(look, weight, decay) for look in looks for weight in weights_of[look] for decay in menu.decays]
    for seed in CHOOSING:
        digits = Digits(seed)
        paths = trained(digits, width, steps, {(network(look, weight), decay): STOPS for look, weight, decay in asked})
        for look, weight, decay in asked:
            path = paths[network(look, weight), decay]
            errors[look, weight, decay].append([digits.error(look[0], weights, rows) for weights in path])
        say(f"width {width}: chose at seed {seed}")
    for look in looks:
        mean = {case: np.mean(found, axis=0) for case, found in errors.items() if case[0] == look}
        best = min(mean, key=lambda case: mean[case].min())
        stop = int(mean[best].argmin())
        yield [*look, width, *best[1:], steps * (stop + 1), f"{mean[best][stop]:.4f}"]


def measure(seed: int, width: int, steps: int, chosen: dict[Look, dict], degrees: float) -> Iterator[list]:
    """The main task's error of each look at its chosen setting."""
    digits = Digits(seed, degrees)
    jobs = {look: (network(look, float(row["weight"])), float(row["decay"])) for look, row in chosen.items()}
    stop = {look: int(row["steps"]) // steps for look, row in chosen.items()}
    last = {job: max(stop[look] for look in chosen if jobs[look] == job) for job in jobs.values()}
    paths = trained(digits, width, steps, last)
    for look in chosen:
        error = digits.error(look[0], paths[jobs[look]][stop[look] - 1], slice(ROWS, None))
        yield [*look, width, seed, f"{error:.4f}"]
    say(f"width {width}: measured seed {seed}")


def look_of(row: dict) -> Look:
    return row["main"], row["partner"]


def add_errors(path: Path, chosen: list[dict], menu: Menu, degrees: float = 40) -> None:
    """Measure what the table lacks, width by width."""
    known_rows = known(path, "main,partner,width,seed,error")
    done = {(look_of(row), int(row["width"]), int(row["seed"])) for row in known_rows}
    for width, steps in menu.steps.items():
        settings = {look_of(row): row for row in chosen if int(row["width"]) == width}
        for seed in MEASURED:
            missing = {look: row for look, row in settings.items() if (look, width, seed) not in done}
            if missing:
                add(path, measure(seed, width, steps // STOPS, missing, degrees))


def choices(path: Path, looks: dict[int, list[Look]], menu: Menu) -> list[dict]:
    """The table of chosen settings, after adding what it lacks."""
    heading = "main,partner,width,weight,decay,steps,error"
    for width in looks:
        done = {look_of(row) for row in known(path, heading) if int(row["width"]) == width}
        if missing := [look for look in looks[width] if look not in done]:
            add(path, choose(missing, width, menu))
    return known(path, heading)


def best_of(chosen: list[dict]) -> list[dict]:
    """For each look the row of its best width."""
    best = {}
    for row in chosen:
        look = look_of(row)
        if look not in best or float(row["error"]) <= float(best[look]["error"]):  # of two equal ones the wider
            best[look] = row
    return list(best.values())


def main() -> None:
    """Add to the tables what they lack."""
    chosen = choices(TABLES / "07a_chosen.csv", LOOKS, POSED)
    best = best_of(chosen)
    asked = [row for row in chosen if look_of(row) in EVERYWHERE[int(row["width"])] or row in best]
    add_errors(TABLES / "07a_errors.csv", asked, POSED)
    again = [row for row in chosen if row["width"] == "384" and look_of(row) in POSES]
    add_errors(TABLES / "07a_other_poses.csv", again, POSED, degrees=20)
    chosen = choices(TABLES / "07a_view_chosen.csv", dict.fromkeys(VIEWED.steps, VIEWS), VIEWED)
    add_errors(TABLES / "07a_view_errors.csv", best_of(chosen), VIEWED)


if __name__ == "__main__":
    main()
