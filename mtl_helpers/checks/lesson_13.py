"""Answers to the exercises of lesson 13: what is wrong in a project, and the piece that puts it right.

An answer is the number of the fault in the lesson's list, followed by the repaired numbers. The diagnosis is judged
first, by `signs`.
"""

from collections.abc import Callable, Mapping
from functools import wraps

import numpy as np

from mtl_helpers.checks.core import Trial, answered, exercise

FAULTS = range(1, 13)
# Why a project does not have a fault; each project replaces what is not true of it.
AGAINST = {
    1: "the optimiser is made once, before the first step",
    2: "nothing here fills in zeros for a gradient that is missing",
    4: "no task weights are set in this code",
    5: "each head meets its own column of the targets",
    6: "no gradients are projected in this code",
    7: "nothing is chosen here: one setting runs, and it is reported",
    8: "no layer in this code stores a mean",
    9: "every mean here is over all rows at once",
    10: "every row here has its labels",
    12: "outputs and targets are both of shape (rows, 1)",
}


def project(
    fault: int,
    against: Mapping[int, str],
    inputs: Callable,
    repair: Callable,
    mistakes: Mapping[str, Callable | Mapping],
    look: str,
    tolerance: float = 1e-6,
) -> Trial:
    """The trial of one project: its fault, what speaks against the others, and the repair, as a `Trial` has them."""

    def diagnosed(function: Callable) -> Callable:
        @wraps(function)
        def answer(*given: object) -> list:
            return [fault, *np.ravel(function(*given))]

        return answer

    def first(result: np.ndarray) -> float:
        return result.flat[0] if result.size else 0

    number = "the first number that comes back must be that of a fault in the list, 1 to 12"
    signs = {number: lambda result, *_: first(result) not in FAULTS}
    for other, sentence in {**AGAINST, **against}.items():
        if other != fault:
            signs[f"it is not fault {other}, for {sentence}"] = lambda result, *_, k=other: first(result) == k
    wrong = {sentence: diagnosed(answered(repair, mistake)) for sentence, mistake in mistakes.items()}
    return Trial(inputs, diagnosed(repair), wrong, f"the diagnosis is right; {look}", signs, tolerance)


@exercise("a list without names is read in Keras's order, and not in yours.")
def keras_weights() -> Trial:
    """Project 1: task weights in the order in which Keras takes them."""
    against = {
        3: "`fit` trains all of `model.trainable_weights`, and both heads are among them",
        5: "with exchanged targets, the sum would be 20 times the size's error plus the age's, and it is not",
        9: "each batch has 20 rows with both labels, so the mean of the means is the mean",
        11: "the age's error falls to a small part of a constant's",
    }

    def inputs(rng, case):
        names = rng.permutation(["size", "age", "Bark", "age_2", "leaf", "Zone"])[: [3, 4, 2, 6, 1, 5][case % 6]]
        return names.tolist(), np.round(rng.uniform(0.1, 20, size=len(names)), 2).tolist()

    def repair(names, weights, *, key=None):
        return [weights[names.index(name)] for name in sorted(names, key=key)]

    def inverse(names, weights):
        return [weights[sorted(names).index(name)] for name in names]

    mistakes = {
        "this is the team's own order; Keras goes through the sorted names": lambda names, weights: weights,
        "this goes the wrong way: the weight of the first sorted name comes first": inverse,
        "capitals come first, as in Python's `sorted`": {"key": str.lower},
        "this sorts the weights; sort the names, and let each take its weight along": {"weights": sorted},
        "the names are sorted from the last to the first here": {"result": lambda result: result[::-1]},
    }
    return project(4, against, inputs, repair, mistakes, "which name comes first for Keras, and what does it weigh?")


@exercise("a layer has weights only once it has been called, and a list made before does not hold them.")
def heads_after() -> Trial:
    """Project 2: one step of gradient descent that moves both heads."""
    against = {
        2: "the age's head does not move at all",
        5: "exchanged targets would let both errors fall, and the age's is the same at every step",
        11: "the size's error falls at every line, with the same rate",
    }

    def inputs(rng, case):
        rows, units = [5, 9, 4, 12][case % 4], [3, 2, 4][case % 3]
        heads = rng.normal(size=(2, units))
        return rng.normal(size=(rows, units)), rng.normal(size=(rows, 2)), *heads, [0.1, 0.02, 0.5][case % 3]

    def repair(hidden, targets, size, age, rate, *, moves=(1, 1), columns=(0, 1), mean=True, factor=2):
        after = []
        for head, column, move in zip((size, age), columns, moves, strict=True):
            gap = hidden @ head - targets[:, column]
            gradient = factor * sum(g * row for g, row in zip(gap, hidden, strict=True))
            after.append(head - move * rate * gradient / (len(gap) if mean else 1))
        return np.array(after)

    def one_gap(hidden, targets, size, age, rate):
        gap = hidden @ (size + age) - targets.sum(axis=1)
        return np.array([size, age]) - rate * 2 * gap @ hidden / len(gap)

    mistakes = {
        "the age's head rests here, as in the project": {"moves": (1, 0)},
        "the size's head rests here": {"moves": (0, 1)},
        "each head is trained on the other task's targets": {"columns": (1, 0)},
        "these are the losses' sums over the rows; take means": {"mean": False},
        "this is half the step: the derivative of a square has a factor 2": {"factor": 1},
        "this goes uphill": {"factor": -2},
        "both heads follow the sum of the two errors; each follows its own": one_gap,
        "the size's head comes first, then the age's": {"result": lambda result: result[::-1]},
    }
    look = "each head moves by minus the rate times the gradient of its own loss"
    return project(3, against, inputs, repair, mistakes, look)


@exercise("a zero is a gradient for Adam, and None is none.")
def head_path() -> Trial:
    """Project 3: a weight of a head under Adam, which rests while another task has its turn."""
    against = {
        1: "the optimiser is made once; a new one would remember nothing, and the head would stay",
        3: "the second head moves, so its weights have been handed over",
        10: "the second task's labels play no part in the first task's turns",
        11: "a smaller rate makes the moves smaller, and not zero",
    }

    def inputs(rng, case):
        steps = [9, 14, 6, 11][case % 4]
        rests = rng.random(steps) < [0.5, 0.3, 0.7][case % 3]
        if case == 1:
            rests[:3] = True
        draws = rng.normal(size=steps) + 1
        gradients = [None if rest else float(draw) for rest, draw in zip(rests, draws, strict=True)]
        return float(rng.normal()), gradients, [0.1, 0.01, 0.3][case % 3]

    def repair(w, gradients, rate, *, fill=None, fade=(1, 1), own_count=False, corrected=True):
        mean, square, turns, path = 0, 0, 0, []
        for step, gradient in enumerate(gradients, start=1):
            gradient = fill if gradient is None else gradient
            if gradient is None:
                mean, square = fade[0] * mean, fade[1] * square
            else:
                turns += 1
                mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
                k = turns if own_count else step
                correction = np.sqrt(1 - 0.999**k) / (1 - 0.9**k) if corrected else 1
                w = w - rate * correction * mean / (np.sqrt(square) + 1e-7)
            path.append(w)
        return path

    def plain(w, gradients, rate):
        return w - rate * np.cumsum([gradient or 0 for gradient in gradients])

    mistakes = {
        "zeros for None: the weight moves on in the other task's turns": {"fill": 0.0},
        "the counter counts all steps, also those at which the weight rests": {"own_count": True},
        "the memories stay as they are at rest; yours fade": {"fade": (0.9, 0.999)},
        "the memories stay as they are at rest; yours are emptied": {"fade": (0, 0)},
        "`correction` is missing, which makes up for the start at zero": {"corrected": False},
        "this is gradient descent; Adam divides a running mean by the root of another": plain,
    }
    look = "where a gradient is None, weight and memories stay; elsewhere they follow lesson 04's `adam`"
    return project(2, against, inputs, repair, mistakes, look, tolerance=1e-5)  # Keras rounds 0.999 to 32 bits


@exercise("gradients conflict as a whole, and what one layer says does not decide.")
def pcgrad() -> Trial:
    """Project 4: PCGrad of two tasks, on the gradients of the whole trunk."""
    against = {
        1: "no optimiser runs here, and the step is wrong already",
        3: "no optimiser is handed any weights here; all four arrays of the trunk have a gradient",
        11: "no step is taken here, so no rate plays a part",
    }

    def inputs(rng, case):
        shapes = [[(3, 2), (2,)], [(2,), (1, 4), (3,)], [(5,)], [(2, 2), (2,), (2, 1), (1,)]][case % 4]
        tilt = [0.4, -0.5, 0.1, -0.1, -1.0][case % 5]
        g = [rng.normal(size=shape) for shape in shapes]
        return g, [tilt * part + rng.normal(size=part.shape) for part in g]

    def whole(parts):
        return np.concatenate([np.ravel(part) for part in parts])

    def repair(g, h, *, cuts=(1, 1), always=False, own=False):
        a, b = whole(g), whole(h)
        product = a @ b if always else min(a @ b, 0)
        along_b, along_a = product / (a @ a if own else b @ b), product / (b @ b if own else a @ a)
        return a - cuts[0] * along_b * b + b - cuts[1] * along_a * a

    mistakes = {
        "each array is projected by itself here, as in the project": lambda g, h: whole(
            [repair([a], [b]) for a, b in zip(g, h, strict=True)]
        ),
        "this projects although nothing conflicts: do so only where the product is negative": {"always": True},
        "this is the plain sum; where gradients conflict, each gives up its part along the other": {"cuts": (0, 0)},
        "the first gradient is never projected": {"cuts": (0, 1)},
        "the second gradient stays as it is here; cut it along the first as it was given": {"cuts": (1, 0)},
        "divide by the squared length of the other gradient, along which you cut": {"own": True},
        "this is the mean of the two; return the sum": {"result": lambda result: result / 2},
        "the step is the gradient, not minus it": {"result": np.negative},
    }
    return project(6, against, inputs, repair, mistakes, "make one long vector of each gradient first")


@exercise("what is stored fits a task when only this task has written it.")
def normalised() -> Trial:
    """Project 5: what a normalised unit gives in use, with a stored mean and variance for each task."""
    against = {
        2: "where a gradient is missing, the weight is left out of the step",
        3: "both errors in training become small, and the same weights are in use",
        5: "both lines are computed from the same targets, and only `training` differs",
        11: "the errors in training are small, so training has settled",
    }

    def inputs(rng, case):
        steps, tasks = [8, 15, 5, 11][case % 4], [2, 3][case % 2]
        turns = rng.permutation(np.arange(steps) % tasks)
        means = rng.normal(size=steps) + np.array([2.0, -1.0, 5.0])[turns]
        momentum = [0.9, 0.5, 0.8][case % 3]
        return rng.normal(size=[3, 2, 4][case % 3]), case % tasks, turns, means, rng.uniform(0.5, 4, steps), momentum

    def repair(rows, task, turns, means, variances, momentum, *, writes=np.equal, new=0, epsilon=0.001, power=0.5):
        mean, variance = 0.0, 1.0
        for turn, batch_mean, batch_variance in zip(turns, means, variances, strict=True):
            if writes(turn, task):
                mean = momentum * mean + (new or 1 - momentum) * batch_mean
                variance = momentum * variance + (new or 1 - momentum) * batch_variance
        return (rows - mean) / (variance + epsilon) ** power

    def last(rows, task, turns, means, variances, momentum):
        k = np.flatnonzero(turns == task)[-1]
        return (rows - means[k]) / np.sqrt(variances[k] + 0.001)

    def plain(rows, task, turns, means, variances, momentum):
        return (rows - means[turns == task].mean()) / np.sqrt(variances[turns == task].mean() + 0.001)

    mistakes = {
        "all tasks write into one mean and one variance, as in the project": {"writes": lambda turn, task: True},
        "these are the other tasks' turns": {"writes": np.not_equal},
        "momentum belongs to what is stored, and 1 - momentum to the new batch": {
            "momentum": lambda momentum: 1 - momentum
        },
        "the new batch counts with 1 - momentum, not in full": {"new": 1},
        "add 0.001 to the variance before you take the root": {"epsilon": 0},
        "divide by the root of the variance": {"power": 1},
        "in use the task's last batch does not stand for all its turns": last,
        "this is the plain mean over the task's turns; what is stored forgets": plain,
        "these are the rows' own mean and variance; in use the stored ones count": lambda rows, *_: (
            (rows - rows.mean()) / np.sqrt(rows.var() + 0.001)
        ),
    }
    return project(8, against, inputs, repair, mistakes, "follow the task's own turns, from mean 0 and variance 1")


@exercise("rows that chose are too kind to what they chose.")
def reported() -> Trial:
    """Project 6: the test error of what the validation rows choose."""
    against = {
        1: "no optimiser runs here: least squares fits the heads",
        3: "least squares fits the whole head",
        5: "there is one column of targets, for one task",
        11: "least squares has no learning rate",
        12: "predictions and targets are both of shape (rows,)",
    }

    def inputs(rng, case):
        shape = [(3, 4, 6), (5, 2, 9), (2, 3, 4), (6, 3, 5)][case % 4]
        validation = np.round(rng.uniform(0.5, 1.5, size=shape), 1) + rng.uniform(0, 0.3, size=(*shape[:2], 1))
        return validation, rng.uniform(0.5, 1.5, size=shape)

    def repair(validation, test, *, epoch=0, trunk=0, told=1, over=np.mean, latest=False):
        errors, best, report = (validation, test), np.inf, np.nan
        for setting in range(len(test)):
            stops = []
            for run in errors[epoch][setting]:
                stops.append(max(k for k, e in enumerate(run) if e == min(run)) if latest else np.argmin(run))
            seeds = range(len(stops))
            chosen, reports = ([errors[by][setting][s][stops[s]] for s in seeds] for by in (trunk, told))
            if over(chosen) < best:
                best, report = over(chosen), np.mean(reports)
        return report

    def one_epoch(validation, test):
        means = validation.mean(axis=1)
        setting, epoch = np.unravel_index(np.argmin(means), means.shape)
        return test[setting, :, epoch].mean()

    def last_epoch(validation, test):
        return test[np.argmin(validation[:, :, -1].mean(axis=1)), :, -1].mean()

    mistakes = {
        "the test rows choose here, as in the project": {"epoch": 1, "trunk": 1},
        "the test rows choose the epochs": {"epoch": 1},
        "the test rows choose the trunk": {"trunk": 1},
        "this is the validation error, of rows that have chosen; report the test error": {"told": 0},
        "a trunk is as good as the mean over its seeds, not as its luckiest seed": {"over": min},
        "each run stops at its own best epoch; yours all stop at one": one_epoch,
        "each run stops at its best epoch, not at its last": last_epoch,
        "of equal epochs the first counts": {"latest": True},
    }
    return project(7, against, inputs, repair, mistakes, "let `validation` choose epochs and trunk, and `test` report")
