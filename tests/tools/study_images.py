"""Which tasks on posed digits help each other: `python tests/tools/study_images.py` writes the tables of lesson 07.

By hand; pytest does not collect it. Three tables stand beside room 07a. What a table already holds is kept, so delete a
table, or some of its rows, to have them computed anew. All of it takes about ten minutes of processor time.

- `07a_chosen.csv`: for each look (a main task, alone or beside a partner) and each width, the weight decay, number of
  steps and weight of the partner with the smallest mean error of the main task over the choosing seeds.
- `07a_errors.csv`: the main task's error there, for each of the measured seeds. No choosing seed is measured.
- `07a_other_poses.csv`: the same errors, for digits that are turned half as far.

A seed draws the poses, the training rows and the start. The networks are trained in NumPy: on one core that takes half
the time of the package's loop, which lesson 07 uses to compute one look anew, equal in every stored digit.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
from threadpoolctl import threadpool_limits
from study_table import add, known, say

TABLES = Path(__file__).parents[2] / "notebooks" / "deeper"
CHOOSING, MEASURED = range(100, 103), range(20)
ROWS, STOPS, THREADS = 160, 10, 2
# By width: the longest run, which may stop at ten places equally far apart, and the rate.
STEPS = {384: 100, 24: 300, 96: 150, 1536: 60}
RATES = {384: 0.01, 24: 0.01, 96: 0.01, 1536: 0.003}
DECAYS = (0.001, 0.003, 0.01)
COLUMNS = {"angle": 1, "shift": 1, "digit": 10, "odd": 1, "at_least_five": 1, "view": 64}

Look = tuple[str, str]  # a main task and its partner: "" for none, "shuffled shift" for a control
Network = tuple[tuple[str, float, bool], ...]  # of each task: its name, its weight, whether its labels are shuffled
Job = tuple[Network, float]  # a network and its weight decay

FIVE = list(COLUMNS)[:5]
ALONE: list[Look] = [(task, "") for task in COLUMNS]
TWENTY = [*permutations(FIVE, 2)]
POSES = [("angle", ""), ("shift", ""), ("angle", "shift"), ("shift", "angle")]
POSES += [("angle", "shuffled shift"), ("shift", "shuffled angle")]
VIEWS = [("view", ""), ("angle", "view"), ("view", "angle"), ("angle", "shuffled view"), ("view", "shuffled angle")]
# The twenty looks and the pose pair in three trunks, the views in one. 24 units are a baseline of too few.
OF_FIVE = list(dict.fromkeys([*POSES, *ALONE[:5], *TWENTY]))
LOOKS = {384: list(dict.fromkeys([*OF_FIVE, *VIEWS])), 96: OF_FIVE, 1536: OF_FIVE, 24: ALONE}
# Measured here even where another width was chosen; all others are measured at their best width.
EVERYWHERE = {384: LOOKS[384], 96: POSES, 1536: POSES, 24: ALONE}


def train(X, Y, weight, decay, trunk, heads, width, stops):
    """Adam on the mean square over rows, summed over outputs times their weights, plus decay; weights at each stop."""
    weights = [trunk.copy(), heads.copy()]
    means, squares = [[np.zeros_like(w) for w in weights] for _ in range(2)]
    steps, path = STEPS[width] // STOPS, []
    for k in range(1, stops * steps + 1):
        hidden = np.maximum(X @ weights[0], 0)
        back = 2 / len(X) * weight * (hidden @ weights[1] - Y)
        gradients = X.T @ ((back @ weights[1].T) * (hidden > 0)), hidden.T @ back
        rate = RATES[width] * np.sqrt(1 - 0.999**k) / (1 - 0.9**k)
        for w, gradient, mean, square in zip(weights, gradients, means, squares, strict=True):
            gradient += 2 * decay * w
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            w -= rate * mean / (np.sqrt(square) + 1e-7)
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


def weights_of(look: Look) -> tuple[float, ...]:
    """What is tried as the weight of the partner's loss."""
    return (1.0, 0.1) if look[1].endswith("view") else (1.0,)


def trained(digits: Digits, width: int, stops: dict[Job, int]) -> dict[Job, list[dict]]:
    """Trunk and heads, by name, at each stop up to the last that a job needs."""
    with threadpool_limits(1), ThreadPoolExecutor(THREADS) as pool:
        paths = pool.map(lambda job: _trained(digits, width, *job, stops[job]), stops)
        return dict(zip(stops, paths, strict=True))


def _trained(digits: Digits, width: int, parts: Network, decay: float, stops: int) -> list[dict]:
    tasks = [task for task, *_ in parts]
    Y = np.hstack([digits.training(task, shuffled) for task, _, shuffled in parts])
    weight = np.concatenate([np.full(COLUMNS[task], value) for task, value, _ in parts])
    start = digits.start(width, tasks)
    path = train(digits.X[:ROWS], Y, weight, decay, start["trunk"], start["heads"], width, stops)
    ends = np.cumsum([COLUMNS[task] for task in tasks])[:-1]
    return [{"trunk": trunk} | dict(zip(tasks, np.split(heads, ends, axis=1), strict=True)) for trunk, heads in path]


def choose(looks: list[Look], width: int) -> Iterator[list]:
    """For each look the setting with the smallest mean error over the choosing seeds, and that error."""
    errors, rows = defaultdict(list), slice(ROWS, ROWS + 600)
    asked = [(look, weight, decay) for look in looks for weight in weights_of(look) for decay in DECAYS]
    for seed in CHOOSING:
        digits = Digits(seed)
        paths = trained(digits, width, {(network(look, weight), decay): STOPS for look, weight, decay in asked})
        for look, weight, decay in asked:
            path = paths[network(look, weight), decay]
            errors[look, weight, decay].append([digits.error(look[0], weights, rows) for weights in path])
        say(f"width {width}: chose at seed {seed}")
    for look in looks:
        mean = {case: np.mean(found, axis=0) for case, found in errors.items() if case[0] == look}
        best = min(mean, key=lambda case: mean[case].min())
        stop = int(mean[best].argmin())
        yield [*look, width, *best[1:], STEPS[width] // STOPS * (stop + 1), f"{mean[best][stop]:.4f}"]


def measure(seed: int, width: int, chosen: dict[Look, dict], degrees: float) -> Iterator[list]:
    """The main task's error of each look at its chosen setting."""
    digits = Digits(seed, degrees)
    jobs = {look: (network(look, float(row["weight"])), float(row["decay"])) for look, row in chosen.items()}
    stop = {look: int(row["steps"]) * STOPS // STEPS[width] for look, row in chosen.items()}
    last = {job: max(stop[look] for look in chosen if jobs[look] == job) for job in jobs.values()}
    paths = trained(digits, width, last)
    for look in chosen:
        error = digits.error(look[0], paths[jobs[look]][stop[look] - 1], slice(ROWS, None))
        yield [*look, width, seed, f"{error:.4f}"]
    say(f"width {width}: measured seed {seed}")


def look_of(row: dict) -> Look:
    return row["main"], row["partner"]


def add_errors(path: Path, chosen: list[dict], degrees: float) -> None:
    """Measure what the table lacks, width by width."""
    known_rows = known(path, "main,partner,width,seed,error")
    done = {(look_of(row), int(row["width"]), int(row["seed"])) for row in known_rows}
    for width in STEPS:
        settings = {look_of(row): row for row in chosen if int(row["width"]) == width}
        for seed in MEASURED:
            missing = {look: row for look, row in settings.items() if (look, width, seed) not in done}
            if missing:
                add(path, measure(seed, width, missing, degrees))


def main() -> None:
    """Add to the tables what they lack."""
    choices = TABLES / "07a_chosen.csv"
    heading = "main,partner,width,weight,decay,steps,error"
    for width, looks in LOOKS.items():
        done = {look_of(row) for row in known(choices, heading) if int(row["width"]) == width}
        if missing := [look for look in looks if look not in done]:
            add(choices, choose(missing, width))
    chosen = known(choices, heading)
    best = {}
    for row in chosen:
        look = look_of(row)
        if look not in best or float(row["error"]) <= float(best[look]["error"]):  # of two equal ones the wider
            best[look] = row
    asked = [r for r in chosen if look_of(r) in EVERYWHERE[int(r["width"])] or r is best[look_of(r)]]
    add_errors(TABLES / "07a_errors.csv", asked, degrees=40)
    again = [row for row in chosen if row["width"] == "384" and look_of(row) in [*POSES, *VIEWS]]
    add_errors(TABLES / "07a_other_poses.csv", again, degrees=20)


if __name__ == "__main__":
    main()
