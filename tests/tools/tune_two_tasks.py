"""Which settings lesson 02 trains with, and what they bring: `python tests/tools/tune_two_tasks.py` writes both tables
of room 02b, in about 14 minutes of processor time. Rows that the first table already holds are kept.

By hand; pytest does not collect it. Two kinds of network: one for angle and shift (shared), one for each task alone. A
row of the first table holds a network, a task and a setting, with the number of steps at which the mean error on the
validation rows of five seeds is lowest. After the grid, as long as the lowest row of a network and task has an untried
neighbour in decay, rate or length, or another width up to 2,048 is untried at its decay, rate and length, that is tried
too.

The second table holds the test errors of twenty other seeds, each network and task at its lowest row. Two kinds of rows
are added: the shared network at its setting beside a partner whose training targets are shuffled, and the lone shift at
its lowest row among rates of at most 0.01. Neither these seeds nor the five are seeds of the rest of the lesson.
"""

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import csv
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import tensorflow as tf

FOLDER = Path(__file__).parents[2] / "notebooks" / "deeper"
COLUMNS = ["network", "task", "width", "decay", "rate", "steps", "error", "length"]
CHOOSING, MEASURING, TASKS = range(5), range(200, 220), ("angle", "shift")
WIDTHS, DECAYS, RATES = (32, 128, 512, 1024), (0.0, 0.003, 0.01), (0.003, 0.01, 0.03)
MORE_WIDTHS, MORE_DECAYS, MORE_RATES = (*WIDTHS, 2048), (*DECAYS, 0.03), (0.001, *RATES, 0.1)
LENGTHS = (300, 600, 1200)
LOOKS = list(product(("shared", "alone"), TASKS))


def loss(weights: dict, decay: tf.Tensor, X: tf.Tensor, *targets: tf.Tensor) -> tf.Tensor:
    """Errors of the tasks, and the decay times the sum of all squared weights."""
    errors = task_errors(weights, X, *targets)
    return sum(errors) + decay * sum(tf.reduce_sum(w**2, axis=(-2, -1)) for w in weights.values())


train = mtl.training_loop(loss)


def task_errors(weights: dict, X: np.ndarray, *targets: np.ndarray) -> list[tf.Tensor]:
    outputs = mtl.hard_sharing(weights, X, tasks=len(targets))
    return [mtl.squared_error(out, Y) for out, Y in zip(outputs, targets, strict=True)]


def drawn(network: str, task: str, seeds: range) -> list[np.ndarray]:
    """Images, and the targets of the tasks that are trained; the first axis holds the seeds."""
    draws = [mtl.posed_digits(TASKS, seed=seed) for seed in seeds]
    parts = [np.stack([X for X, _ in draws])]
    for name in (task,) if network.startswith("alone") else TASKS:
        targets = np.stack([Y[name] for _, Y in draws])
        if network == "shuffled" and name != task:
            for seed, known in zip(seeds, targets[:, :100], strict=True):
                known[:] = np.random.default_rng(seed).permutation(known)
        parts.append(targets)
    return parts


def run(parts: list[np.ndarray], seeds: range, width: int, decay: float, rate: float, steps: int, records: int):
    shapes = {"trunk": (64, width)} | {f"head{k}": (width, 1) for k in range(1, len(parts))}
    data = [np.array(decay), *(part[:, :100] for part in parts)]
    return train(mtl.random_start(shapes, seeds), data, steps=steps, rate=rate, records=records)


def choose(network: str, task: str, parts: list[np.ndarray], setting: tuple, length: int) -> list:
    """A row of the first table: the best number of steps at one setting."""
    trained = run(parts, CHOOSING, *setting, length, length // 20)
    new = [part[:, 100:600] for part in parts]
    place = 0 if network.startswith("alone") else TASKS.index(task)
    curve = [np.mean(task_errors(weights, *new)[place]) for weights in trained.path]
    best = int(np.argmin(curve))
    return [network, task, *setting, int(trained.steps[best]), f"{curve[best]:.6f}", length]


def neighbours(width: int, decay: float, rate: float, length: int) -> Iterator[tuple]:
    for other in MORE_WIDTHS:
        yield other, decay, rate, length
    for values, place in ((MORE_DECAYS, 1), (MORE_RATES, 2), (LENGTHS, 3)):
        setting = [width, decay, rate, length]
        here = values.index(setting[place])
        for value in values[max(here - 1, 0) : here + 2]:
            setting[place] = value
            yield tuple(setting)


def kept() -> dict[tuple, list]:
    """The rows of the first table, each under its network, task, setting and length."""
    path = FOLDER / "02b_settings.csv"
    lines = path.read_text(encoding="utf-8").splitlines()[1:] if path.exists() else []
    rows = []
    for network, task, width, decay, rate, steps, error, length in (line.split(",") for line in lines):
        rows.append([network, task, int(width), float(decay), float(rate), int(steps), error, int(length)])
    return {(*row[:5], row[7]): row for row in rows}


def tune(network: str, task: str, stored: dict[tuple, list]) -> list[list]:
    parts, found = drawn(network, task, CHOOSING), {}
    look_at = [(*setting, LENGTHS[0]) for setting in product(WIDTHS, DECAYS, RATES)]
    while look_at:
        for setting in look_at:
            row = stored.get((network, task, *setting))
            found[setting] = row or choose(network, task, parts, setting[:3], setting[3])
        best = min(found, key=lambda tried: float(found[tried][6]))
        look_at = [setting for setting in neighbours(*best) if setting not in found]
    return list(found.values())


def measure(network: str, task: str, width: int, decay: float, rate: float, steps: int) -> Iterator[str]:
    place = 0 if network.startswith("alone") else TASKS.index(task)
    for first in MEASURING[:: len(CHOOSING)]:  # in portions of five, which share the compiled loop
        seeds = range(first, first + len(CHOOSING))
        parts = drawn(network, task, seeds)
        weights = run(parts, seeds, width, decay, rate, steps, 1).weights
        errors = task_errors(weights, *(part[:, 600:1600] for part in parts))[place]
        yield from (f"{error:.4f}" for error in errors.numpy())


def store(name: str, rows: list[list]) -> None:
    with (FOLDER / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def lowest(rows: list[list]) -> list:
    return min(rows, key=lambda row: float(row[6]))


def main() -> None:
    settings, errors, stored = [COLUMNS], [["network", "task", *MEASURING]], kept()
    for network, task in LOOKS:
        rows = tune(network, task, stored)
        settings += rows
        measured = {network: lowest(rows)}
        if network == "shared":
            measured["shuffled"] = measured["shared"]
        elif task == "shift":
            measured["alone at a low rate"] = lowest([row for row in rows if row[4] <= 0.01])
        for name, row in measured.items():
            errors.append([name, task, *measure(name, task, *row[2:6])])
            print(name, *row[1:], f"{np.mean(np.array(errors[-1][2:], float)):.4f}", flush=True)
        store("02b_settings.csv", settings)
        store("02b_errors.csv", errors)
    print(f"{time.process_time() / 60:.0f} minutes of processor time")


if __name__ == "__main__":
    main()
