"""Which settings lesson 02 trains with: `python tests/tools/tune_two_tasks.py` writes the table of room 02b.

By hand; pytest does not collect it. At every setting it trains one network for angle and shift, and one for each alone.
A row of the table holds a network, a task and a setting, with the number of steps at which the mean error on the
validation rows is lowest. What the table already holds is kept: delete it, or some of its rows, to have them computed
anew. All of it takes about ten minutes of one processor.
"""

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import csv
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import numpy as np
import tensorflow as tf

TABLE = Path(__file__).parents[2] / "notebooks" / "deeper" / "02b_settings.csv"
COLUMNS = ["network", "task", "width", "decay", "rate", "steps", "error"]
SEEDS, TASKS = range(10), ("angle", "shift")
RATES = {32: (0.01, 0.03), 128: (0.003, 0.01, 0.03), 512: (0.003, 0.01)}  # by width; a wider trunk needs lower ones
DECAYS = (0.0, 0.003, 0.01)
EDGE = (1024, 0.0, 0.01)  # wider than the grid, where its best settings lie
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


def settings() -> Iterator[tuple[int, float, float]]:
    """Width, decay and rate."""
    for width, rates in RATES.items():
        yield from product([width], DECAYS, rates)
    yield EDGE


def best_steps(train: Callable, tasks: tuple, parts: list[np.ndarray], setting: tuple) -> Iterator[dict]:
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
    done = set()
    if TABLE.exists():
        with TABLE.open(encoding="utf-8") as file:
            done = {(row["network"], row["task"], *map(float, list(row.values())[2:5])) for row in csv.DictReader(file)}
    train = mtl.training_loop(loss)
    with TABLE.open("a", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if not done:
            table.writeheader()
        for setting, (network, tasks, parts) in product(settings(), looks):
            if (network, tasks[0], *setting) not in done:
                names = dict(zip(COLUMNS[2:5], setting, strict=True))
                for row in best_steps(train, tasks, parts, setting):
                    table.writerow({"network": network} | names | row)
                file.flush()


if __name__ == "__main__":
    main()
