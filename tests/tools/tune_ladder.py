"""Each side of lesson 00 at many settings: `python tests/tools/tune_ladder.py`. By hand; ten minutes on an idle core.

Sixteen seeds that the lesson does not measure on choose each side's two decays, and see whether another width, rate
or number of steps would have been better. The table goes to `notebooks/deeper/00a_tuning.csv`: a row for each run, with
T1's right answers in a hundred new rows, mean over the seeds, after so many steps. Room 00a reads it, and computes one
of its rows once more.
"""

import csv
from collections.abc import Iterator
from itertools import product
from pathlib import Path

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

Job = tuple[int, str, int, float, float, float, int]  # labels of T1, side, width, rate, two decays, steps


def network(w, X):
    hidden = tf.tanh(X @ w["trunk"] + w["trunk_bias"])
    return tf.tanh(hidden @ w["heads"] + w["head_bias"])


def loss(w, X, Y, known, trunk_decay, head_decay):
    error = mtl.squared_error(known * network(w, X), known * Y)
    trunk_size, head_size = (tf.reduce_sum(w[name] ** 2, axis=[-2, -1]) for name in ("trunk", "heads"))
    return error + trunk_decay * trunk_size + head_decay * head_size


train = mtl.training_loop(loss)


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


def known_to(side: str, labels: int) -> np.ndarray:
    """1 where a head learns from a row: T1, and its copies, from the first rows only."""
    known = np.tile(np.array(SIDES[side], float), (TRAIN.shape[1], 1))
    known[labels:, : 4 if side == "copies" else 1] = 0
    return known


def right_answers(job: Job) -> list[float]:
    """T1's right answers in a hundred new rows after each of the stops up to the job's steps."""
    labels, side, width, rate, trunk_decay, head_decay, steps = job
    shapes = {"trunk": (8, width), "trunk_bias": (1, width), "heads": (width, 4), "head_bias": (1, 4)}
    data = [X[TRAIN], targets_of(side), known_to(side, labels), np.array(trunk_decay), np.array(head_decay)]
    run = train(mtl.random_start(shapes, SEEDS), data, steps=steps, rate=rate, records=steps // STOPS[0])
    truth, found = TARGETS[TEST][..., 0] > 0, []
    for stop in STOPS:
        if stop <= steps:
            says_yes = network(run.path[stop // STOPS[0]], X[TEST]).numpy()[..., 0] > 0
            found.append(100 * np.mean(says_yes == truth))
    return found


def jobs() -> Iterator[Job]:
    """T1 with 40 labels, and with all 128: both decays, then both equal; then another width, rate and more steps."""
    for labels, side, trunk_decay, head_decay in product((40, 128), SIDES, *GRID):
        if (labels, side) != (128, "stranger"):
            yield labels, side, 20, 0.05, trunk_decay, head_decay, 800 if labels == 40 else 1600
    for side, head_decay in product(("alone", "copies", "stranger", "shuffled"), (3e-2, 1e-1)):
        yield 40, side, 20, 0.05, 1e-5, head_decay, 800  # beyond the grid: these sides are best at its corner
    yield 40, "with T3", 20, 0.05, 1e-3, 3e-4, 800
    for side, decay in product(SIDES, (1e-5, 3e-5, 1e-4, 3e-4)):
        if side != "stranger":
            yield 128, side, 20, 0.05, decay, decay, 1600
    for side, decays in CHOSEN.items():
        for width, rate in ((10, 0.05), (40, 0.05), (20, 0.015), (20, 0.15)):
            yield 40, side, width, rate, *decays, 800
        yield 40, side, 20, 0.05, *decays, 3200


if __name__ == "__main__":
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(
            ["labels", "side", "width", "rate", "trunk_decay", "head_decay", *(f"after_{stop}" for stop in STOPS)]
        )
        for job in jobs():
            found = right_answers(job)
            table.writerow([*job[:-1], *(f"{value:.2f}" for value in found), *[""] * (len(STOPS) - len(found))])
            print(*job, f"{found[-1]:.2f}", flush=True)
