"""Compare soft sharing with its two ends, each at its best setting: `python tests/tools/compare_soft_sharing.py`.

Three pairs of tasks, and three ways to train two networks. Each way has its own width, weight decay, strength and
number of steps, chosen on 40 draws: the best of a small grid, then the best of its neighbours, as long as one of them
is better, up to the same greatest width and length for all. With what was chosen it meets 40 fresh draws, of data and
of starts. Controls are hard and soft sharing at their chosen settings, with the other task's training targets shuffled
over its rows.

Two tied trunks pay the weight decay twice, a shared trunk once. A ReLU unit can be scaled down in the trunk and up in
the heads, so only the product of both decays matters, and a factor of two on one is a factor of the square root of
two on both. Neighbours in decay are therefore that factor apart.

The table lies beside room 05b, which explains it; lesson 05 reads it and trains a row anew. It takes about six
minutes of processor time. By hand; pytest does not collect it.
"""

import csv
import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
import tensorflow as tf

TABLE = Path(__file__).parents[2] / "notebooks" / "deeper" / "05b_soft_sharing.csv"
CHOOSING, MEASURING, RATE = range(100, 140), range(40), 0.02
WIDTHS, DECAYS, STRENGTHS, STEPS = (8, 16), (0.02, 0.04), (0.004, 0.5), 400
MOST_WIDTH, MOST_STEPS = 256, 1600  # where the search stops, for all ways alike
WAYS = ("apart", "hard", "soft")
TASKS = {"same units": 0, "40 degrees": 40, "90 degrees": 90}  # pairs of tasks: the angle between their units
SIGNS = np.array([[1, 1, -1, -1], [1, -1, 1, -1.0]])[:, :, None]

Setting = tuple[int, float, float, int]  # width, decay, strength, steps


def draw(angle: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets of two tasks, each with four ReLU units in its rule; 60 rows are for training."""
    rng, phi = np.random.default_rng(seed), np.deg2rad(angle)
    one, other = np.split(np.linalg.qr(rng.normal(size=(10, 8)))[0], 2, axis=1)
    units = np.stack([one, np.cos(phi) * one + np.sin(phi) * other])
    X = rng.normal(size=(2, 660, 10))
    return X, np.maximum(X @ units, 0) @ SIGNS + 0.3 * rng.normal(size=(2, 660, 1))


def drawn(tasks: str, seeds: range) -> list[np.ndarray]:
    pairs = zip(*[draw(TASKS[tasks], seed) for seed in seeds], strict=True)
    return [np.stack(arrays, axis=1) for arrays in pairs]


def squares(*arrays):
    return sum(tf.reduce_sum(tf.square(array), axis=[-2, -1]) for array in arrays)


def soft_loss(weights, X1, y1, X2, y2, decay, strength):
    error = mtl.squared_error(mtl.apart(weights, X1)[0], y1) + mtl.squared_error(mtl.apart(weights, X2)[1], y2)
    return error + strength * mtl.soft_penalty(weights) + decay * squares(*weights.values())


def hard_loss(weights, X1, y1, X2, y2, decay):
    out1, out2 = mtl.hard_sharing(weights, X1)[0], mtl.hard_sharing(weights, X2)[1]
    return mtl.squared_error(out1, y1) + mtl.squared_error(out2, y2) + decay * squares(*weights.values())


train_soft, train_hard = mtl.training_loop(soft_loss), mtl.training_loop(hard_loss)


def errors(
    way: str, settings: list[Setting], seeds: range, X: np.ndarray, y: np.ndarray, train_y: np.ndarray
) -> np.ndarray:
    """Errors on new rows (2, settings, seeds, tasks), halfway and at the end, at settings of one width and length."""
    width, *_, steps = settings[0]
    which, seed = np.indices((len(settings), len(seeds))).reshape(2, -1)
    decay, strength = np.array([setting[1:3] for setting in settings])[which].T
    start = mtl.random_start({"trunk": (10, width), "head1": (width, 1), "head2": (width, 1)}, seeds)
    network, train, prices = mtl.hard_sharing, train_hard, [decay]
    if way != "hard":
        network, train, prices = mtl.apart, train_soft, [decay, strength]
        start |= {"trunk1": start["trunk"], "trunk2": start.pop("trunk")}
    X, y, train_y = X[:, seed], y[:, seed], train_y[:, seed]
    data = [X[0, :, :60], train_y[0, :, :60], X[1, :, :60], train_y[1, :, :60]]
    start = {name: weight[seed] for name, weight in start.items()}
    run = train(start, [*data, *prices], steps=steps, rate=RATE, records=2)
    outputs = [[network(weights, X[task, :, 60:])[task] for task in (0, 1)] for weights in run.path[1:]]
    found = [[mtl.squared_error(output[task], y[task, :, 60:]) for task in (0, 1)] for output in outputs]
    return np.moveaxis(np.array(found).reshape(2, 2, len(settings), len(seeds)), 1, -1)


def neighbours(width: int, decay: float, strength: float, steps: int) -> Iterator[Setting]:
    for other in (min(2 * width, MOST_WIDTH), max(width // 2, 2)):
        yield other, decay, strength, steps
    for factor in (np.sqrt(2), 1 / np.sqrt(2)):
        yield width, float(f"{factor * decay:.3g}"), strength, steps
    yield from ((width, decay, 5 * strength, steps), (width, decay, strength / 5, steps))
    yield width, decay, strength, min(2 * steps, MOST_STEPS)


def best(tasks: str, way: str) -> Setting:
    """The setting with the lowest mean error on the draws for choosing."""
    X, y = drawn(tasks, CHOOSING)
    strengths, found = STRENGTHS if way == "soft" else (0,), {}
    look_at = list(itertools.product(WIDTHS, DECAYS, strengths, [STEPS]))
    while look_at:
        for (_, steps), group in itertools.groupby(sorted(look_at, key=shape), key=shape):
            settings = list(group)
            means = np.nan_to_num(errors(way, settings, CHOOSING, X, y, y).mean(axis=(2, 3)), nan=np.inf)
            for record, of_record in zip((steps // 2, steps), means, strict=True):
                found |= {(*setting[:3], record): mean for setting, mean in zip(settings, of_record, strict=True)}
        chosen = min(found, key=found.get)
        look_at = [setting for setting in dict.fromkeys(neighbours(*chosen)) if setting not in found]
    return chosen


def shape(setting: Setting) -> tuple[int, int]:
    return setting[0], setting[3]


def shuffled(y: np.ndarray, task: int) -> np.ndarray:
    y = y.copy()
    for seed, targets in enumerate(y[task]):
        targets[:60] = np.random.default_rng(seed).permutation(targets[:60])
    return y


def measure(tasks: str, way: str, setting: Setting, shuffle: bool) -> np.ndarray:
    """Mean error of both tasks for each draw; as a control, that of each task beside the other one shuffled."""
    X, y = drawn(tasks, MEASURING)
    partners = [shuffled(y, 1), shuffled(y, 0)] if shuffle else [y, y]
    of_task1, of_task2 = (errors(way, [setting], MEASURING, X, y, train_y)[1, 0] for train_y in partners)
    return (of_task1[:, 0] + of_task2[:, 1]) / 2


if __name__ == "__main__":
    rows = [["tasks", "way", "width", "decay", "strength", "steps", *MEASURING]]
    for tasks, way in itertools.product(TASKS, WAYS):
        setting = best(tasks, way)
        for shuffle in (False, True) if way in ("hard", "soft") else (False,):
            name = f"{way} shuffled" if shuffle else way
            measured = measure(tasks, way, setting, shuffle)
            rows.append([tasks, name, *(f"{value:g}" for value in setting), *(f"{error:.4f}" for error in measured)])
            print(*rows[-1][:6], f"{measured.mean():.4f}", flush=True)
    # Beyond the greatest width: does hard sharing catch up between the ends?
    wide = (4 * MOST_WIDTH, 0.02, 0, 100)
    measured = measure("40 degrees", "hard", wide, shuffle=False)
    rows.append(
        ["40 degrees", "hard wider", *(f"{value:g}" for value in wide), *(f"{error:.4f}" for error in measured)]
    )
    with Path(sys.argv[1] if len(sys.argv) > 1 else TABLE).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
