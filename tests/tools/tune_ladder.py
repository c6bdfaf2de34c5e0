"""Each side of lesson 00 at many settings: `python tests/tools/tune_ladder.py`. By hand; half an hour on an idle core.

What a table already holds is kept, so delete a table, or some of its rows, to have them computed anew.

- `00a_tuning.csv`: sixteen seeds that the lesson does not measure on choose each side's two decays, and see whether
  another width, rate, number of steps or optimiser, another number of labels or another weight of the companions'
  error, would have been better. A row for each run, with T1's right answers in a hundred new rows, mean over the
  seeds, after so many steps. Then, as long as the best run of a side has an untried neighbour in a decay (or, in plain
  gradient descent, in the rate), that is tried too: the same rule for all.
- `00a_measured.csv`: the best runs on the 32 seeds of the lesson: how many of its 128 new rows each seed answers right.

Room 00a reads both tables, and computes a row of each once more.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
import tensorflow as tf
from study_table import add, known, say

FOLDER = Path(__file__).parents[2] / "notebooks" / "deeper"
CHOOSING, MEASURED = range(100, 116), range(32)
STOPS = 200, 400, 800, 1600, 3200
SIDES = {  # side to the heads that learn
    "alone": (1, 0, 0, 0),
    "copies": (1, 1, 1, 1),
    "stranger": (1, 1, 0, 0),
    "with T2": (1, 1, 0, 0),
    "with T3": (1, 0, 1, 0),
    "with T4": (1, 0, 0, 1),
    "all": (1, 1, 1, 1),
    "shuffled": (1, 1, 1, 1),
}
GRID = (3e-5, 3e-4, 1e-3, 3e-3), (1e-3, 3e-3, 1e-2, 3e-2)  # decays of the trunk and of the heads
TRUNK_DECAYS = (0.0, 1e-5, *GRID[0], 1e-2, 3e-2, 1e-1, 3e-1)  # what a neighbour is; none is below zero
HEAD_DECAYS = (0.0, 1e-4, 3e-4, *GRID[1], 1e-1, 3e-1, 1.0, 3.0, 10.0)
RATES = (0.0625, 0.25, 1.0, 4.0, 8.0, 16.0, 32.0)
WEIGHED, WEIGHTS = ("stranger", "shuffled", "with T2", "all"), (30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.03, 0.01)
CHOSEN = {  # the best of the grid; other widths, rates and lengths are tried there
    "alone": (3e-5, 3e-2),
    "copies": (3e-5, 3e-2),
    "stranger": (3e-5, 3e-2),
    "with T2": (3e-5, 1e-2),
    "with T3": (1e-3, 1e-3),
    "with T4": (3e-4, 1e-2),
    "all": (1e-3, 3e-3),
    "shuffled": (3e-5, 3e-2),
}
X, TASKS = mtl.boolean_ladder()
TARGETS = np.hstack(list(TASKS.values()))


class Job(NamedTuple):
    """One row of the table: T1 has `labels`, each companion `others`, and its error counts `weight` times."""

    labels: int
    side: str
    trunk_decay: float
    head_decay: float
    steps: int
    others: int = 128
    optimiser: str = "adam"
    width: int = 20
    rate: float = 0.05
    weight: float = 1.0


SETTINGS = [name for name in Job._fields if name != "steps"]


def network(w, X):
    hidden = tf.tanh(X @ w["trunk"] + w["trunk_bias"])
    return tf.tanh(hidden @ w["heads"] + w["head_bias"])


def loss(w, X, Y, known, trunk_decay, head_decay):
    error = mtl.squared_error(known * network(w, X), known * Y)
    trunk_size, head_size = (tf.reduce_sum(w[name] ** 2, axis=[-2, -1]) for name in ("trunk", "heads"))
    return error + trunk_decay * trunk_size + head_decay * head_size


train = {name: mtl.training_loop(loss, getattr(mtl, name)) for name in ("adam", "gradient_descent")}


def rows_of(seeds: range) -> tuple[np.ndarray, np.ndarray]:
    """Training rows and new rows of each seed."""
    order = np.stack([np.random.default_rng(seed).permutation(256) for seed in seeds])
    return order[:, :128], order[:, 128:]


def targets_of(side: str, seeds: range) -> np.ndarray:
    train_rows = rows_of(seeds)[0]
    Y = TARGETS[train_rows].copy()
    if side == "copies":
        Y[..., 1:] = Y[..., :1]
    if side == "stranger":  # of T1's form, with another parity
        other = X[train_rows][..., 3:].prod(axis=-1) > 0
        Y[..., 1] = np.where((X[train_rows][..., 0] > 0) | other, 1.0, -1.0)
    if side == "shuffled":
        for seed, rows in zip(seeds, Y, strict=True):
            rows[:, 1:] = np.random.default_rng([seed, 1]).permuted(rows[:, 1:], axis=0)
    return Y


def known_to(side: str, labels: int, others: int, weight: float) -> np.ndarray:
    """Where a head learns from a row, the root of its weight; a copy of T1 learns from T1's rows."""
    known = np.tile(np.array(SIDES[side], float), (128, 1))
    known[labels:, 0] = 0
    known[labels if side == "copies" else others :, 1:] = 0
    known[:, 1:] *= np.sqrt(weight)  # it multiplies the error, which is squared
    return known


def right_answers(job: Job, seeds: range) -> dict[int, np.ndarray]:
    """How many new rows each seed answers right for T1, after each of the stops up to the job's steps."""
    train_rows, new_rows = rows_of(seeds)
    shapes = {"trunk": (8, job.width), "trunk_bias": (1, job.width), "heads": (job.width, 4), "head_bias": (1, 4)}
    data = [X[train_rows], targets_of(job.side, seeds), known_to(job.side, job.labels, job.others, job.weight)]
    data += [np.array(job.trunk_decay), np.array(job.head_decay)]
    start, records = mtl.random_start(shapes, seeds), job.steps // STOPS[0]
    run = train[job.optimiser](start, data, steps=job.steps, rate=job.rate, records=records)
    truth, found = TARGETS[new_rows][..., 0] > 0, {}
    for stop in STOPS:
        if stop <= job.steps:
            says_yes = network(run.path[stop // STOPS[0]], X[new_rows]).numpy()[..., 0] > 0
            found[stop] = np.sum(says_yes == truth, axis=1)
    return found


def jobs() -> Iterator[Job]:
    yield from adam_jobs()
    yield from label_jobs()
    yield from descent_jobs()
    yield from weight_jobs()


def adam_jobs() -> Iterator[Job]:
    """T1 with 40 labels, and with all 128: both decays, then both equal; then another width, rate and more steps."""
    for labels, side, *decays in product((40, 128), SIDES, *GRID):
        if (labels, side) != (128, "stranger"):
            yield Job(labels, side, *decays, steps=800 if labels == 40 else 1600)
    for side, head_decay in product(("alone", "copies", "stranger", "shuffled"), (3e-2, 1e-1)):
        yield Job(40, side, 1e-5, head_decay, steps=800)  # beyond the grid: these sides are best at its corner
    beyond = ((1e-5, 0.3), (1e-5, 1.0), (1e-5, 3.0), (1e-2, 0.1), (1e-2, 0.3), (3e-2, 3e-2))
    for side, decays in product(("alone", "stranger", "shuffled"), beyond):
        yield Job(40, side, *decays, steps=800)
    for side, head_decay in product(("alone", "copies", "stranger", "shuffled"), (3e-2, 1e-1)):
        yield Job(40, side, 0.0, head_decay, steps=800)
    yield Job(40, "with T3", 1e-3, 3e-4, steps=800)
    for side, decay in product(SIDES, (1e-5, 3e-5, 1e-4, 3e-4)):
        if side != "stranger":
            yield Job(128, side, decay, decay, steps=1600)
    for side, decays in CHOSEN.items():
        for width, rate in ((10, 0.05), (40, 0.05), (20, 0.015), (20, 0.15)):
            yield Job(40, side, *decays, steps=800, width=width, rate=rate)
        yield Job(40, side, *decays, steps=3200)


def label_jobs() -> Iterator[Job]:
    """T1 with other numbers of labels; then its companions with labels in T1's rows only. Beyond the grid as needed."""
    grid = list(product(GRID[0][:3], GRID[1]))
    beyond = {
        (20, 128, "alone"): [(3e-3, 3e-2), (1e-3, 1e-1)],
        (20, 128, "all"): [(1e-5, 3e-2), (3e-5, 1e-1)],
        (80, 128, "alone"): [(1e-5, 3e-2), (3e-5, 1e-1), (1e-5, 1e-1)],
        (80, 128, "all"): [(3e-3, 1e-2), (3e-3, 3e-2)],
        (80, 80, "copies"): [(1e-5, 3e-3)],
        (80, 80, "all"): [],
        (40, 40, "all"): [],
    }
    for (labels, others, side), more in beyond.items():
        for decays in grid + more:
            yield Job(labels, side, *decays, steps=1600 if labels == 80 else 800, others=others)


def descent_jobs() -> Iterator[Job]:
    """Plain gradient descent: rate and both decays, and beyond the grid where its edge was best."""
    sides = ("alone", "copies", "with T3", "all", "shuffled")
    grid = list(product((1.0, 4.0), (1e-4, 1e-3), (3e-3, 1e-2)))
    weak = [(4.0, 1e-4, 3e-2), (4.0, 1e-5, 1e-2), *((rate, 1e-5, 3e-2) for rate in (4.0, 8.0, 16.0))]
    beyond = {
        "alone": weak,
        "copies": weak,
        "with T3": [(1.0, 1e-4, 3e-2)],
        "shuffled": [(4.0, 1e-4, 1e-1), (4.0, 1e-5, 3e-2)],
    }
    for side in sides:
        for rate, *decays in grid + beyond.get(side, []):
            yield Job(40, side, *decays, steps=1600, optimiser="gradient_descent", rate=rate)


def weight_jobs() -> Iterator[Job]:
    """Other weights of the companions' error: from the decays of a side, from those of the lonely one, and onwards."""
    for side, weight in product(WEIGHED, WEIGHTS):
        for decays in dict.fromkeys((CHOSEN[side], CHOSEN["alone"])):
            yield Job(40, side, *decays, steps=800, weight=weight)


def neighbours(job: Job) -> Iterator[Job]:
    ladders = {"trunk_decay": TRUNK_DECAYS, "head_decay": HEAD_DECAYS}
    if job.optimiser == "gradient_descent":
        ladders |= {"trunk_decay": (0.0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1), "rate": RATES}
    for name, values in ladders.items():
        here = values.index(getattr(job, name))
        for value in values[max(here - 1, 0) : here + 2]:
            yield job._replace(**{name: value})


def group(job: Job) -> Job:
    """What is compared: all that is not searched is equal."""
    rate = 0.0 if job.optimiser == "gradient_descent" else job.rate
    return job._replace(trunk_decay=0.0, head_decay=0.0, rate=rate)


def best_runs(tried: dict[Job, float]) -> dict[Job, Job]:
    """For each group, at the lesson's width and rate, its best run. A longer run is a group of its own."""
    best = {}
    for job, right in tried.items():
        usual = job.width == 20 and (job.rate == 0.05 or job.optimiser != "adam") and job.steps <= 1600
        if usual and (group(job) not in best or right > tried[best[group(job)]]):
            best[group(job)] = job
    return best


def measured_jobs(best: dict[Job, Job]) -> Iterator[Job]:
    """The runs of room 00a: other recipes, numbers of labels, company in the same rows, descent, and weights."""
    for side, one_decay in {"alone": 1e-4, "all": 1e-3}.items():
        yield Job(128, side, 0.0, 0.0, steps=200, width=40, rate=0.015)
        yield Job(128, side, one_decay, one_decay, steps=1600)
    wanted = [(labels, 128, side) for labels in (20, 40, 80, 128) for side in ("alone", "all")]
    wanted += [(40, 128, "copies"), (80, 80, "copies"), (40, 40, "all"), (80, 80, "all")]
    for labels, others, side in wanted:
        steps = 800 if labels <= 40 else 1600
        yield best[Job(labels, side, 0.0, 0.0, steps, others)]
    yield Job(40, "all", 3e-4, 3e-2, steps=800, others=40)  # almost as good on the choosing seeds
    for side in ("alone", "copies", "with T3", "all", "shuffled"):
        yield best[Job(40, side, 0.0, 0.0, 1600, optimiser="gradient_descent", rate=0.0)]
    for side, weight in product(WEIGHED, WEIGHTS):
        yield best[Job(40, side, 0.0, 0.0, 800, weight=weight)]


def key(row: dict, steps: str | int) -> Job:
    kinds = {name: kind for name, kind in Job.__annotations__.items() if name != "steps"}
    return Job(**{name: kind(row[name]) for name, kind in kinds.items()}, steps=int(steps))


def tune() -> dict[Job, float]:
    """Complete the first table; for each run its right answers at the end."""
    path, tried = FOLDER / "00a_tuning.csv", {}
    for row in known(path, ",".join([*SETTINGS, *(f"after_{stop}" for stop in STOPS)])):
        last = max(stop for stop in STOPS if row[f"after_{stop}"])
        tried[key(row, last)] = float(row[f"after_{last}"])
    look_at = list(jobs())
    while missing := [job for job in dict.fromkeys(look_at) if job not in tried]:
        for job in missing:
            found = {stop: 100 * np.mean(right) / 128 for stop, right in right_answers(job, CHOOSING).items()}
            values = [f"{found[stop]:.2f}" if stop in found else "" for stop in STOPS]
            add(path, [[*(getattr(job, name) for name in SETTINGS), *values]])
            tried[job] = round(found[job.steps], 2)
            say(f"{job} {tried[job]:.2f}")
        look_at = [near for best in best_runs(tried).values() for near in neighbours(best)]
    return tried


def measure(best: dict[Job, Job]) -> None:
    path = FOLDER / "00a_measured.csv"
    heading = ",".join([*SETTINGS, "steps", *map(str, MEASURED)])
    done = {key(row, row["steps"]) for row in known(path, heading)}
    for job in dict.fromkeys(measured_jobs(best)):
        if job not in done:
            right = right_answers(job, MEASURED)[job.steps]
            add(path, [[*(getattr(job, name) for name in SETTINGS), job.steps, *right]])


if __name__ == "__main__":
    measure(best_runs(tune()))
