"""Which tasks on posed digits help each other: `python tests/tools/study_images.py` writes the tables of lesson 07.

By hand; pytest does not collect it. Two tables stand beside room 07a. What a table already holds is kept, so delete a
table, or some of its rows, to have them computed anew. All of it takes about eight minutes of processor time.

- `07a_chosen.csv`: for each look (a main task, alone or beside a partner) and each width, the weight decay, number of
  steps and weight of the partner with the smallest mean error of the main task over the choosing seeds.
- `07a_errors.csv`: the main task's error there, for each of the measured seeds. No choosing seed is measured.

A seed draws the poses, the training rows and the start.
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import permutations
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
import tensorflow as tf

TABLES = Path(__file__).parents[2] / "notebooks" / "deeper"
CHOOSING, MEASURED = range(100, 103), range(20)
ROWS, STOPS, SIDE_BY_SIDE = 160, 10, 6
# By width: the longest run, which may stop at ten places equally far apart, and the rate.
STEPS = {384: 100, 24: 300, 96: 150, 1536: 50}
RATES = {384: 0.01, 24: 0.01, 96: 0.01, 1536: 0.003}
DECAYS = (0.001, 0.003, 0.01)
WEIGHTS = {"view": (1.0, 0.1)}  # what is tried as the weight of a partner's loss; 1 for all others
COLUMNS = {"angle": 1, "shift": 1, "digit": 10, "odd": 1, "at_least_five": 1, "view": 64}

Look = tuple[str, str]  # a main task and its partner: "" for none, "shuffled shift" for a control
Network = tuple[tuple[str, float, bool], ...]  # of each task: its name, its weight, whether its labels are shuffled
Job = tuple[Network, float]  # a network and its weight decay

FIVE = list(COLUMNS)[:5]
ALONE: list[Look] = [(task, "") for task in COLUMNS]
PAIRS = [*permutations(FIVE, 2), ("angle", "view"), ("view", "angle")]
POSES = [("angle", "shift"), ("shift", "angle"), ("angle", "shuffled shift"), ("shift", "shuffled angle")]
VIEWS = [("angle", "shuffled view"), ("view", "shuffled angle")]
# All looks at the width that is mostly chosen. Baselines of too few units, and the pose pair on both sides.
LOOKS = {384: ALONE + PAIRS + POSES[2:] + VIEWS, 24: ALONE, 96: ALONE[:2] + POSES, 1536: ALONE[:2] + POSES}


def loss(weights, X, Y, weight, decay):
    error = tf.nn.relu(X @ weights["trunk"]) @ weights["heads"] - Y
    by_column = tf.reduce_mean(tf.square(error), axis=-2)
    size = sum(tf.reduce_sum(tf.square(w), axis=[-2, -1]) for w in weights.values())
    return tf.reduce_sum(weight * by_column, axis=-1) + decay * size


train = mtl.training_loop(loss)


class Digits:
    """The posed digits of one seed, targets scaled so that each task's constant has the loss 1 on the training rows."""

    def __init__(self, seed: int) -> None:
        images, targets = mtl.posed_digits(list(COLUMNS), seed=seed)
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
    return WEIGHTS.get(look[1].removeprefix("shuffled "), (1.0,))


def trained(digits: Digits, width: int, stops: dict[Job, int]) -> dict[Job, list[dict]]:
    """Trunk and heads, by name, at each stop up to the last that a job needs.

    Networks train side by side: those with equally many stops, and those with a view's many outputs apart.
    """
    found = {}
    for with_view in (False, True):
        alike = [job for job in stops if any(task == "view" for task, *_ in job[0]) == with_view]
        alike.sort(key=stops.get)
        for k in range(0, len(alike), SIDE_BY_SIDE):
            jobs = alike[k : k + SIDE_BY_SIDE]
            found |= _trained_together(digits, width, jobs, stops[jobs[-1]])
    return found


def _trained_together(digits: Digits, width: int, jobs: list[Job], stops: int) -> dict[Job, list[dict]]:
    asked = {task for parts, _ in jobs for task, *_ in parts}
    tasks = [task for task in COLUMNS if task in asked]
    Y, weight = [], []
    for parts, _ in jobs:
        shuffled = {task for task, _, mixed in parts if mixed}
        weights = {task: value for task, value, _ in parts}
        Y.append(np.hstack([digits.training(task, task in shuffled) for task in tasks]))
        weight.append(np.concatenate([np.full(COLUMNS[task], weights.get(task, 0.0)) for task in tasks]))
    X, decay = np.stack([digits.X[:ROWS]] * len(jobs)), np.array([decay for _, decay in jobs])
    start = {name: np.stack([w] * len(jobs)) for name, w in digits.start(width, tasks).items()}
    data = [X, np.stack(Y), np.stack(weight), decay]
    path = train(start, data, steps=STEPS[width] // STOPS * stops, rate=RATES[width], records=stops).path[1:]
    ends = np.cumsum([COLUMNS[task] for task in tasks])[:-1]
    found = {}
    for k, job in enumerate(jobs):
        heads = [dict(zip(tasks, np.split(w["heads"][k], ends, axis=1), strict=True)) for w in path]
        found[job] = [{"trunk": w["trunk"][k]} | head for w, head in zip(path, heads, strict=True)]
    return found


def choose(looks: list[Look], width: int) -> Iterator[list]:
    """For each look the setting with the smallest mean error over the choosing seeds, and that error."""
    errors, rows = defaultdict(list), slice(ROWS, ROWS + 600)
    asked = [(look, weight, decay) for look in looks for weight in weights_of(look) for decay in DECAYS]
    for seed in CHOOSING:
        digits = Digits(seed)
        paths = trained(digits, width, {(network(*case[:2]), case[2]): STOPS for case in asked})
        for look, weight, decay in asked:
            path = paths[network(look, weight), decay]
            errors[look, weight, decay].append([digits.error(look[0], weights, rows) for weights in path])
        say(f"width {width}: chose at seed {seed}")
    for look in looks:
        mean = {case: np.mean(found, axis=0) for case, found in errors.items() if case[0] == look}
        best = min(mean, key=lambda case: mean[case].min())
        stop = int(mean[best].argmin())
        yield [*look, width, *best[1:], STEPS[width] // STOPS * (stop + 1), f"{mean[best][stop]:.4f}"]


def measure(seed: int, width: int, chosen: dict[Look, dict]) -> Iterator[list]:
    """The main task's error of each look at its chosen setting."""
    digits = Digits(seed)
    jobs = {look: (network(look, float(row["weight"])), float(row["decay"])) for look, row in chosen.items()}
    stop = {look: int(row["steps"]) * STOPS // STEPS[width] for look, row in chosen.items()}
    last = {job: max(stop[look] for look in chosen if jobs[look] == job) for job in jobs.values()}
    paths = trained(digits, width, last)
    for look in chosen:
        error = digits.error(look[0], paths[jobs[look]][stop[look] - 1], slice(ROWS, None))
        yield [*look, width, seed, f"{error:.4f}"]
    say(f"width {width}: measured seed {seed}")


def say(text: str) -> None:
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


def look_of(row: dict) -> Look:
    return row["main"], row["partner"]


def main() -> None:
    """Add to both tables what they lack, width by width."""
    choices, errors = TABLES / "07a_chosen.csv", TABLES / "07a_errors.csv"
    headings = "main,partner,width,weight,decay,steps,error", "main,partner,width,seed,error"
    for width in STEPS:
        done = {look_of(row) for row in known(choices, headings[0]) if int(row["width"]) == width}
        if missing := [look for look in LOOKS[width] if look not in done]:
            add(choices, choose(missing, width))
        chosen = {look_of(row): row for row in known(choices, headings[0]) if int(row["width"]) == width}
        done = {(look_of(r), int(r["seed"])) for r in known(errors, headings[1]) if int(r["width"]) == width}
        for seed in MEASURED:
            if missing := {look: row for look, row in chosen.items() if (look, seed) not in done}:
                add(errors, measure(seed, width, missing))


if __name__ == "__main__":
    main()
