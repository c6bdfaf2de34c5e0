"""Which settings lesson 02 trains with: `python tests/tools/tune_two_tasks.py` writes the table of room 02b.

By hand; pytest does not collect it. At every setting it trains one network for angle and shift, and one for each alone.
A row of the table holds a network, a task and a setting, with the number of steps at which the mean error on the
validation rows is lowest. Lesson 02 takes the lowest row of each network and task, also where it lies at an edge of the
grid. The seeds are five, and none of them is a seed of the lesson.
"""

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import csv
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import numpy as np
import tensorflow as tf

TABLE = Path(__file__).parents[2] / "notebooks" / "deeper" / "02b_settings.csv"
COLUMNS = ["network", "task", "width", "decay", "rate", "steps", "error"]
SEEDS, TASKS = range(5), ("angle", "shift")
WIDTHS, DECAYS, RATES = (32, 128, 512, 1024), (0.0, 0.003, 0.01), (0.003, 0.01, 0.03)
STEPS, RECORDS = 300, 15


def loss(weights: dict, decay: tf.Tensor, X: tf.Tensor, *targets: tf.Tensor) -> tf.Tensor:
    """Errors of the tasks, and the decay times the sum of all squared weights."""
    errors = task_errors(weights, X, *targets)
    return sum(errors) + decay * sum(tf.reduce_sum(w**2, axis=(-2, -1)) for w in weights.values())


def task_errors(weights: dict, X: np.ndarray, *targets: np.ndarray) -> list[tf.Tensor]:
    outputs = mtl.hard_sharing(weights, X, tasks=len(targets))
    return [mtl.squared_error(out, Y) for out, Y in zip(outputs, targets, strict=True)]


def data() -> list[np.ndarray]:
    """Images, angles and shifts; the first axis holds the seeds."""
    draws = [mtl.posed_digits(TASKS, seed=seed) for seed in SEEDS]
    return [np.stack([X for X, _ in draws]), *(np.stack([Y[task] for _, Y in draws]) for task in TASKS)]


def best_steps(train: Callable, tasks: tuple, parts: list[np.ndarray], setting: list) -> Iterator[dict]:
    """For each task its best number of steps at one setting, and the error there."""
    width, decay, rate = setting
    shapes = {"trunk": (64, width)} | {f"head{k}": (width, 1) for k in range(1, len(tasks) + 1)}
    training, validation = ([part[:, rows] for part in parts] for rows in (slice(0, 100), slice(100, 600)))
    start, data = mtl.random_start(shapes, SEEDS), [np.array(decay), *training]
    run = train(start, data, steps=STEPS, rate=rate, records=RECORDS)
    means = np.array([np.mean(task_errors(weights, *validation), axis=1) for weights in run.path])
    for task, curve in zip(tasks, means.T, strict=True):
        best = curve.argmin()
        yield {"task": task, "steps": run.steps[best], "error": f"{curve[best]:.6f}"}


def main() -> None:
    images, *targets = data()
    looks = [("shared", TASKS, [images, *targets])]
    looks += [("alone", (task,), [images, Y]) for task, Y in zip(TASKS, targets, strict=True)]
    train = mtl.training_loop(loss)
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        for *setting, (network, tasks, parts) in product(WIDTHS, DECAYS, RATES, looks):
            names = dict(zip(COLUMNS[2:5], setting, strict=True))
            for row in best_steps(train, tasks, parts, setting):
                table.writerow({"network": network} | names | row)
            file.flush()
    print(f"{time.process_time() / 60:.0f} minutes of processor time")


if __name__ == "__main__":
    main()
