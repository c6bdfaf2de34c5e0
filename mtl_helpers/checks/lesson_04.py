"""Answers to the exercises of lesson 04."""

from functools import partial

import numpy as np

from mtl_helpers.checks.core import Trial, exercise, slopes


@exercise("the trunk rests where the two pulls cancel, and a unit counts squared.")
def task_weight() -> Trial:
    """Exercise 1: the task weight that points a trunk of width 1 in a given direction."""

    def inputs(rng, case):
        phi = float(rng.uniform(10, 89))
        return phi * float(rng.uniform(0.05, 0.95)), phi, [0.1, 3, 1, 10, 0.5][case % 5]

    def pulls(a, b):
        return np.sin(2 * a) / np.sin(2 * b)

    def squares(a, b):
        return np.sin(a) ** 2 / np.sin(b) ** 2

    def expected(theta, phi, unit, *, ratio=pulls, power=2, angle=np.deg2rad):
        """A ratio of the angles to task 1 and to task 2, divided by a power of the unit."""
        return ratio(angle(theta), angle(phi - theta)) / unit**power

    cancel = "the trunk rests where the derivatives of the losses cancel"
    mistakes = {
        "the angles come in degrees, and `np.sin` wants radians": {"angle": float},
        "target 2's loss has grown with its unit, and its weight must make up for that": {"power": 0},
        "a squared loss grows with its unit's square; this divides by the unit once": {"power": 1},
        "a louder target needs a smaller weight; this multiplies by the unit's square": {"power": -2},
        "the tasks are swapped: task 2's weight grows as the trunk turns to it": {"ratio": lambda a, b: pulls(b, a)},
        "the derivative of a squared sine is the sine of twice the angle": {"ratio": lambda a, b: squares(a, b) ** 0.5},
        "this makes the two tasks' losses equal; " + cancel: {"ratio": lambda a, b: squares(b, a)},
        "this compares the losses; " + cancel: {"ratio": squares},
        "the angle to task 2 is phi - theta, not phi": {"ratio": lambda a, b: pulls(a, a + b)},
        "the trunk does not turn in proportion to the angles; " + cancel: {"ratio": np.divide},
    }
    return Trial(inputs, expected, mistakes, "half-way between the tasks, and in equal units, the weight must be 1")


@exercise("an absent label has no say in any gradient, and a task with few labels keeps its full vote.")
def masked_gradient() -> Trial:
    """Exercise 2: the gradient of the masked joint loss, where absent labels are NaN."""

    def inputs(rng, case):
        rows, tasks = [9, 4, 12, 1, 7, 2][case % 6], [3, 1, 5, 2, 4][case % 5]
        predictions, targets = rng.normal(size=(2, rows, tasks))
        absent = rng.random((rows, tasks)) < rng.permutation([0.2, 0.5, 0.7, 0.0, 0.4])[:tasks]
        absent[-1] = False  # one row holds all labels
        targets[-1, : tasks // 2 + 1] = 0  # a zero is a label, too
        if case == 7:
            predictions[-1, -1] = np.nan  # the network has diverged, and that must show
        elif case % 3 == 2 and tasks > 1:
            absent[:, rng.integers(tasks)] = True
        return predictions, np.where(absent, np.nan, targets)

    def expected(predictions, targets):
        gradient = np.zeros(predictions.shape)
        for task in range(predictions.shape[1]):
            rows = [row for row in range(len(targets)) if not np.isnan(targets[row, task])]
            for row in rows:
                gradient[row, task] = 2 * (predictions[row, task] - targets[row, task]) / len(rows)
        return gradient

    def known(targets):
        return ~np.isnan(targets)

    def count(kept):
        return np.maximum(kept.sum(axis=0), 1)

    def masked(predictions, targets, kept=known, by=count, filled=np.array):
        """The gradient where labels are `kept`, divided by what `by` makes of those."""
        return np.where(kept(targets), 2 * (predictions - filled(targets)), 0) / by(kept(targets))

    def not_finite(silent):
        """Is there NaN at an absent label, in a task that has no label (`silent`) or that has some?"""
        return lambda result, _, targets: (
            result.shape == targets.shape
            and np.any(~np.isfinite(result) & np.isnan(targets) & (np.isnan(targets).all(axis=0) == silent))
        )

    mistakes = {
        "NaN was silenced, and with it a prediction that is NaN; clean the targets, and them alone": (
            {"result": np.nan_to_num}
        ),
        "a zero was filled in and trained on as if it were known; an absent label has gradient zero": {
            "targets": np.nan_to_num
        },
        "a label of zero is a label: ask for NaN, not for zero": partial(masked, kept=lambda t: np.nan_to_num(t) != 0),
        "this averages over absent labels: divide by the number of present ones, task by task": partial(masked, by=len),
        "all labels went into one mean, so a task with few has little to say; take one for each task": partial(
            masked, by=np.sum
        ),
        "the sum over the labels is not divided by their number": partial(masked, by=lambda kept: 1),
        "rows that lack a label were thrown away, and with them the labels that they do have": partial(
            masked, kept=lambda t: known(t) & known(t).all(axis=1, keepdims=True)
        ),
        "the task losses were averaged; the joint loss is their sum": partial(
            masked, by=lambda k: count(k) * k.shape[1]
        ),
        "half of it: the derivative of a square brings a factor of 2": {"result": lambda right: right / 2},
        "the sign is turned: a prediction that is too high must come down": {"result": np.negative},
    }
    signs = {
        "an absent label has left NaN behind, as zero times NaN is NaN; clean the targets first": not_finite(False),
        "a task without any label in the batch divides zero by zero; it must add nothing": not_finite(True),
    }
    look = "clean the targets first, and divide what is left in each column by the number of its labels"
    return Trial(inputs, expected, mistakes, look, signs)


@exercise("each task's gradient is divided by that task's own loss.")
def gradient_of_logs() -> Trial:
    """Exercise 3: the gradient of the sum of logarithms on a shared linear trunk."""

    def inputs(rng, case):
        n, d, r = [12, 3, 8, 5][case % 4], [4, 1, 3][case % 3], [3, 1, 2, 5][case % 4]
        X, trunk, heads, Y = (rng.normal(size=shape) for shape in ((n, d), (d, r), (r, 2), (n, 2)))
        return X, trunk, heads, Y * [[1, 4], [6, 0.5]][case % 2]

    def logs(X, trunk, heads, Y):
        return np.log(np.mean((X @ trunk @ heads - Y) ** 2, axis=0)).sum()

    def expected(X, trunk, heads, Y):
        return slopes(lambda weights: logs(X, weights, heads, Y), trunk)

    def times(X, trunk, heads, Y, weigh):
        """Both tasks' gradients on the trunk, times weights made of the losses."""
        errors = X @ trunk @ heads - Y
        return 2 / len(X) * X.T @ (errors * weigh(np.mean(errors**2, axis=0))) @ heads.T

    def without_heads(X, trunk, heads, Y):
        errors = X @ trunk @ heads - Y
        return 2 * X.T @ errors / np.sum(errors**2, axis=0)

    cancel = "the number of rows must cancel; here the mean's 1/n stands in the "
    mistakes = {
        "this is the gradient of L1 + L2; the logarithm divides each task's part by its loss": partial(
            times, weigh=np.ones_like
        ),
        "this is the logarithm of the sum; each task needs a logarithm of its own": partial(
            times, weigh=lambda L: 1 / L.sum()
        ),
        "both parts are divided by one mean over all entries (axis=0 is missing)": partial(
            times, weigh=lambda L: 1 / L.mean()
        ),
        "each part is divided by the other task's loss": partial(times, weigh=lambda L: 1 / L[::-1]),
        "each part is divided by the root of its loss; the derivative of log L is 1/L": partial(
            times, weigh=lambda L: L**-0.5
        ),
        "half of it: the derivative of a square brings a factor of 2": {"result": lambda right: right / 2},
        cancel + "loss alone": lambda X, *others: expected(X, *others) * len(X),
        cancel + "gradient alone": lambda X, *others: expected(X, *others) / len(X),
        "the sign is turned: this is the way down, and the gradient points up": {"result": np.negative},
        "the errors have not come back through the heads: each task's part is X' e_k times its head": without_heads,
        "this is the gradient on the heads; the question is about the trunk": (
            lambda X, trunk, heads, Y: trunk.T @ without_heads(X, trunk, heads, Y)
        ),
    }
    look = "it is the sum of g_k / L_k, where g_k is task k's own gradient on the trunk"
    return Trial(inputs, expected, mistakes, look)


@exercise("a joint step is one gradient, one update of the memory and one move, and Adam has met the task weights.")
def joint_adam() -> Trial:
    """Exercise 4: joint steps of one Adam on a weighted sum of squared distances."""

    def inputs(rng, case):
        tasks, size, steps = [2, 3, 1, 5, 4][case % 5], [3, 1, 2][case % 3], [7, 12, 2, 100][case % 4]
        weights = rng.permutation([0.2, 1.5, 6.0, 1.0, 0.5])[:tasks]
        start = rng.normal(size=size) + rng.choice([-4, 4], size=size)
        return start, rng.normal(size=(tasks, size)), weights, [0.05, 0.1, 0.02, 0.3][case % 4], steps

    def expected(start, targets, task_weights, rate, steps, *, turns="joined", weight="gradient", first=1, bare=False):
        """Turns are "joined", "in turn" or "own" (an Adam for each task); the task weight multiplies one of two."""
        w, mean, square = start, np.zeros(targets.shape), np.zeros(targets.shape)
        c, joined = task_weights[:, None], turns == "joined"
        for k in range(first, first + steps):
            correction = 1 if bare else np.sqrt(1 - 0.999**k) / (1 - 0.9**k)
            for task in range(1 if joined else len(targets)):
                owner, who = task if turns == "own" else 0, slice(None) if joined else [task]
                gradients = 2 * (w - targets) * (c if weight == "gradient" else 1)
                gradient = gradients[who].sum(axis=0)
                mean[owner] = 0.9 * mean[owner] + 0.1 * gradient
                square[owner] = 0.999 * square[owner] + 0.001 * gradient**2
                length = rate * (c[who].sum() if weight == "move" else 1)
                w = w - length * correction * mean[owner] / (np.sqrt(square[owner]) + 1e-7)
        return w

    moves = "each task still moves the weights on its own; a joint step adds up the gradients, then moves once"
    two = "two bugs are left: count the moves in a joint step, and ask whether Adam ever sees a task weight"
    adams = "each task has an Adam of its own here, and "
    mistakes = {
        "the first step divides zero by zero: the correction counts steps from 1": {"first": 0},
        "the task weights are ignored: they belong on the gradients, before Adam sees them": {"weight": "none"},
        "a task weight on the move only changes the rate; Adam must meet it in the gradient": {"weight": "move"},
        moves: {"turns": "in turn"},
        two: {"turns": "in turn", "weight": "move"},
        "the task weights have no effect, and " + moves: {"turns": "in turn", "weight": "none"},
        "one step is missing: range(1, steps) makes steps - 1 of them": {"steps": lambda steps: steps - 1},
        adams + "that divides its task weight out; feed one Adam the sum": {"turns": "own"},
        adams + "its task weight changes only that Adam's rate": {"turns": "own", "weight": "move"},
        "the correction is gone; without it the first steps have another length": {"bare": True},
        "the move goes uphill; a step is against the gradient": {"rate": np.negative},
    }
    look = "a step is one weighted sum of gradients, one update of the memory, one move"
    # A common factor of all gradients changes nothing but the share of the 1e-7.
    return Trial(inputs, expected, mistakes, look, tolerance=1e-5)
