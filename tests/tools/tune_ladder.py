"""Each side of lesson 00 at many settings: `python tests/tools/tune_ladder.py`. By hand; half an hour on an idle core.

Sixteen seeds that the lesson does not measure on choose each side's two decays, and see whether another width, rate,
number of steps or optimiser, or another number of labels, would have been better. The table goes to
`notebooks/deeper/00a_tuning.csv`: a row for each run, with T1's right answers in a hundred new rows, mean over the
seeds, after so many steps. Room 00a reads it, and computes one of its rows once more.
"""

import csv
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
import tensorflow as tf

TABLE = Path(__file__).parents[2] / "notebooks" / "deeper" / "00a_tuning.csv"
SEEDS = range(100, 116)
STOPS = (200, 400, 800, 1600, 3200)
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
ORDER = np.stack([np.random.default_rng(seed).permutation(256) for seed in SEEDS])
TRAIN, TEST = ORDER[:, :128], ORDER[:, 128:]


class Job(NamedTuple):
    """One row of the table: T1 has `labels`, each companion `others`."""

    labels: int
    side: str
    trunk_decay: float
    head_decay: float
    steps: int
    others: int = 128
    optimiser: str = "adam"
    width: int = 20
    rate: float = 0.05


def network(w, X):
    hidden = tf.tanh(X @ w["trunk"] + w["trunk_bias"])
    return tf.tanh(hidden @ w["heads"] + w["head_bias"])


def loss(w, X, Y, known, trunk_decay, head_decay):
    error = mtl.squared_error(known * network(w, X), known * Y)
    trunk_size, head_size = (tf.reduce_sum(w[name] ** 2, axis=[-2, -1]) for name in ("trunk", "heads"))
    return error + trunk_decay * trunk_size + head_decay * head_size


train = {name: mtl.training_loop(loss, getattr(mtl, name)) for name in ("adam", "gradient_descent")}


def targets_of(side: str) -> np.ndarray:
    Y = TARGETS[TRAIN].copy()
    if side == "copies":
        Y[..., 1:] = Y[..., :1]
    if side == "stranger":  # of T1's form, with another parity
        other = X[TRAIN][..., 3:].prod(axis=-1) > 0
        Y[..., 1] = np.where((X[TRAIN][..., 0] > 0) | other, 1.0, -1.0)
    if side == "shuffled":
        for seed, rows in zip(SEEDS, Y, strict=True):
            rows[:, 1:] = np.random.default_rng([seed, 1]).permuted(rows[:, 1:], axis=0)
    return Y


def known_to(side: str, labels: int, others: int) -> np.ndarray:
    """1 where a head learns from a row; a copy of T1 learns from T1's rows."""
    known = np.tile(np.array(SIDES[side], float), (TRAIN.shape[1], 1))
    known[labels:, 0] = 0
    known[labels if side == "copies" else others :, 1:] = 0
    return known


def right_answers(job: Job) -> list[float]:
    """T1's right answers in a hundred new rows after each of the stops up to the job's steps."""
    shapes = {"trunk": (8, job.width), "trunk_bias": (1, job.width), "heads": (job.width, 4), "head_bias": (1, 4)}
    data = [X[TRAIN], targets_of(job.side), known_to(job.side, job.labels, job.others)]
    data += [np.array(job.trunk_decay), np.array(job.head_decay)]
    start, records = mtl.random_start(shapes, SEEDS), job.steps // STOPS[0]
    run = train[job.optimiser](start, data, steps=job.steps, rate=job.rate, records=records)
    truth, found = TARGETS[TEST][..., 0] > 0, []
    for stop in STOPS:
        if stop <= job.steps:
            says_yes = network(run.path[stop // STOPS[0]], X[TEST]).numpy()[..., 0] > 0
            found.append(100 * np.mean(says_yes == truth))
    return found


def jobs() -> Iterator[Job]:
    yield from adam_jobs()
    yield from label_jobs()
    yield from descent_jobs()


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


if __name__ == "__main__":
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        columns = [name for name in Job._fields if name != "steps"]
        table.writerow([*columns, *(f"after_{stop}" for stop in STOPS)])
        for job in jobs():
            found = right_answers(job)
            row = [getattr(job, name) for name in columns] + [f"{value:.2f}" for value in found]
            table.writerow(row + [""] * (len(STOPS) - len(found)))
            print(*job, f"{found[-1]:.2f}", flush=True)
