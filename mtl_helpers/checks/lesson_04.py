"""Answers to the exercises of lesson 04."""

from collections.abc import Callable

import numpy as np

from mtl_helpers.checks.core import Trial, exercise


@exercise("the trunk rests where the two pulls cancel, and a unit counts squared.")
def task_weight() -> Trial:
    """Exercise 1: the task weight that points a trunk of width 1 in a given direction."""

    def inputs(rng, case):
        phi = float(rng.uniform(10, 89))
        return phi * float(rng.uniform(0.05, 0.95)), phi, [0.1, 3, 1, 10, 0.5][case % 5]

    def ratio(theta, phi):
        one, other = np.deg2rad(theta), np.deg2rad(phi - theta)
        return np.sin(2 * one) / np.sin(2 * other)

    def singles(theta, phi):
        return np.sin(np.deg2rad(theta)) / np.sin(np.deg2rad(phi - theta))

    def expected(theta, phi, unit):
        return ratio(theta, phi) / unit**2

    mistakes = {
        "the angles come in degrees, and `np.sin` wants radians": lambda theta, phi, unit: (
            np.sin(2 * theta) / np.sin(2 * (phi - theta)) / unit**2
        ),
        "this is for weights on equal units: target 2's loss has grown with its unit, and its weight must make up "
        "for that": lambda theta, phi, unit: ratio(theta, phi),
        "a squared loss grows with its unit's square; this divides by the unit once": lambda theta, phi, unit: (
            ratio(theta, phi) / unit
        ),
        "a louder target needs a smaller weight; this multiplies by the unit's square": lambda theta, phi, unit: (
            ratio(theta, phi) * unit**2
        ),
        "the tasks are swapped: the weight of task 2 grows as the trunk turns away from task 1": (
            lambda theta, phi, unit: 1 / ratio(theta, phi) / unit**2
        ),
        "the losses are compared by their sines; the derivative of a squared sine is the sine of twice the angle": (
            lambda theta, phi, unit: singles(theta, phi) / unit**2
        ),
        "this makes the two tasks' losses equal; the trunk rests where their derivatives cancel": (
            lambda theta, phi, unit: singles(theta, phi) ** -2 / unit**2
        ),
        "this compares the losses; the trunk rests where their derivatives cancel": lambda theta, phi, unit: (
            singles(theta, phi) ** 2 / unit**2
        ),
        "the angle to task 2 is phi - theta, not phi": lambda theta, phi, unit: (
            np.sin(2 * np.deg2rad(theta)) / np.sin(2 * np.deg2rad(phi)) / unit**2
        ),
        "the trunk does not turn in proportion to the angles; set the derivative of the loss to zero": (
            lambda theta, phi, unit: theta / (phi - theta) / unit**2
        ),
    }
    look = "half-way between the tasks, and in equal units, the weight must be 1"
    return Trial(inputs, expected, mistakes, look)


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
            predictions[-1, 0] = np.nan  # the network has diverged, and that must show
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

    def errors(predictions, targets):
        return np.where(np.isnan(targets), 0, 2 * (predictions - targets))

    def filled(predictions, targets):
        return 2 * (predictions - np.nan_to_num(targets)) / len(targets)

    def nonzero(predictions, targets):
        given = np.nan_to_num(targets)
        return 2 * (given != 0) * (predictions - given) / np.maximum(np.sum(given != 0, axis=0), 1)

    def complete(predictions, targets):
        whole = ~np.isnan(targets).any(axis=1, keepdims=True)
        return np.where(whole, errors(predictions, targets), 0) / max(whole.sum(), 1)

    def labels(targets):
        return np.maximum(np.sum(~np.isnan(targets), axis=0), 1)

    def not_finite(silent):
        """Is there NaN at an absent label, in a task that has no label (`silent`) or that has some?"""
        return lambda result, _, targets: (
            result.shape == targets.shape
            and np.any(~np.isfinite(result) & np.isnan(targets) & (np.isnan(targets).all(axis=0) == silent))
        )

    mistakes = {
        "NaN was silenced at the end, and with it a prediction that is NaN; clean the targets, and them alone": (
            lambda p, t: np.nan_to_num(expected(p, t))
        ),
        "a zero was filled in and trained on as if it were known; an absent label has gradient zero": filled,
        "a zero was filled in and trained on, whatever it was divided by; mask the filled places as well": (
            lambda p, t: filled(p, t) * len(t) / labels(t)
        ),
        "a label of zero is a label: ask for NaN, not for zero": nonzero,
        "this averages over absent labels: divide by the number of present ones, task by task": lambda p, t: (
            errors(p, t) / len(t)
        ),
        "all labels went into one mean, so a task with few of them has little to say; take a mean for each task": (
            lambda p, t: errors(p, t) / np.isfinite(t).sum()
        ),
        "the sum over the labels is not divided by their number": errors,
        "rows that lack a label were thrown away, and with them the labels that they do have": complete,
        "the task losses were averaged; the joint loss is their sum": lambda p, t: (
            errors(p, t) / labels(t) / t.shape[1]
        ),
        "half of it: the derivative of a square brings a factor of 2": lambda p, t: errors(p, t) / labels(t) / 2,
        "the sign is turned: where the prediction is too high, the loss rises with it": lambda p, t: (
            -errors(p, t) / labels(t)
        ),
    }
    signs = {
        "zero times NaN is NaN: replace absent targets before anything is computed from them": not_finite(False),
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
        return np.log(np.mean((X @ trunk @ heads - Y) ** 2, axis=-2)).sum(axis=-1)

    def expected(X, trunk, heads, Y):
        moves = 1e-5 * np.eye(trunk.size).reshape(-1, *trunk.shape)  # each moves one weight
        up, down = (logs(X, trunk + step, heads, Y) for step in (moves, -moves))
        return ((up - down) / 2e-5).reshape(trunk.shape)

    def weighted(weigh: Callable) -> Callable:
        """Both tasks' gradients on the trunk, times weights made of losses, rows and the lengths of the gradients."""

        def gradient(X, trunk, heads, Y):
            errors = X @ trunk @ heads - Y
            parts = np.stack([2 / len(X) * np.outer(X.T @ errors[:, k], heads[:, k]) for k in (0, 1)])
            weights = weigh(np.mean(errors**2, axis=0), len(X), np.linalg.norm(parts, axis=(1, 2)))
            return np.tensordot(np.broadcast_to(weights, 2), parts, axes=1)

        return gradient

    def without_heads(X, trunk, heads, Y):
        errors = X @ trunk @ heads - Y
        return 2 * X.T @ errors / np.sum(errors**2, axis=0)

    def of_heads(X, trunk, heads, Y):
        return trunk.T @ without_heads(X, trunk, heads, Y)

    mistakes = {
        "this is the gradient of L1 + L2; the logarithm divides each task's part by that task's loss": weighted(
            lambda L, n, length: 1
        ),
        "this is the logarithm of the sum, which turns both parts alike; each task needs a logarithm of its own": (
            weighted(lambda L, n, length: 1 / L.sum())
        ),
        "both parts are divided by one mean over all entries; each task has a loss of its own (axis=0)": weighted(
            lambda L, n, length: 1 / L.mean()
        ),
        "each part is divided by the other task's loss": weighted(lambda L, n, length: 1 / L[::-1]),
        "each part is divided by the root of its loss; the derivative of log L is 1/L": weighted(
            lambda L, n, length: L**-0.5
        ),
        "half of it: the derivative of a square brings a factor of 2": weighted(lambda L, n, length: 0.5 / L),
        "the number of rows must cancel: the mean's 1/n stands in the gradient and in the loss, and here in one of "
        "them only": weighted(lambda L, n, length: n / L),
        "the number of rows must cancel: the gradient has the mean's 1/n, and the loss it is divided by has not": (
            weighted(lambda L, n, length: 1 / L / n)
        ),
        "each part is brought to length 1; the logarithm divides by the loss, not by the gradient's length": (
            weighted(lambda L, n, length: 1 / length)
        ),
        "the sign is turned: this is the way down, and the gradient points up": weighted(lambda L, n, length: -1 / L),
        "the errors have not come back through the heads: each task's part is X' e_k times its head": without_heads,
        "this is the gradient on the heads; the question is about the trunk": of_heads,
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

    def run(
        joined: bool = True,  # one move a step, for the sum of the gradients
        own: bool = False,  # a memory for each task
        at_once: bool = False,  # all tasks' gradients at the same weights
        weight: str = "gradient",  # what the task weight multiplies
        by_turn: bool = False,  # counts moves, not rounds
        first: int = 1,
        corrected: bool = True,
        falls: bool = True,  # the memory of squares may fall
        sign: int = -1,
    ) -> Callable:
        def ends(start, targets, task_weights, rate, steps: int):
            w, c, turns = start, task_weights, 1 if joined else len(targets)
            mean, square, root_of = (np.zeros(targets.shape) for _ in range(3))
            inside = c if weight == "gradient" else np.ones(len(c))
            outside = np.ones(len(c)) if weight != "move" else c.sum(keepdims=True) if joined else c
            for k in range(steps):
                before = w
                for task in range(turns):
                    slopes = 2 * inside[:, None] * ((before if at_once else w) - targets)
                    gradient = slopes.sum(axis=0) if joined else slopes[task]
                    memory = task if own else 0
                    mean[memory] = 0.9 * mean[memory] + 0.1 * gradient
                    square[memory] = 0.999 * square[memory] + 0.001 * gradient**2
                    root_of[memory] = square[memory] if falls else np.maximum(root_of[memory], square[memory])
                    count = first + (k * turns + task if by_turn else k)
                    correction = np.sqrt(1 - 0.999**count) / (1 - 0.9**count) if corrected else 1
                    step = rate * correction * mean[memory] / (np.sqrt(root_of[memory]) + 1e-7)
                    w = w + sign * outside[task] * step
            return w

        return ends

    def late(**choices: object) -> Callable:
        return lambda start, targets, task_weights, rate, steps: run(**choices)(
            start, targets, task_weights, rate, steps - 1
        )

    turns = "each task still moves the weights on its own; a joint step adds up the gradients, then moves once"
    adams = "each task has an Adam of its own here, which divides its task weight out; feed one Adam the sum"
    moves = "a task weight on the move only changes the rate; Adam must meet it in the gradient"
    two = "two bugs are left: count the moves in a joint step, and ask whether Adam ever sees a task weight"

    def expected(start, targets, task_weights, rate, steps):
        return run()(start, targets, task_weights, rate, steps)

    mistakes = {
        "the first step divides zero by zero: the correction counts steps from 1": run(first=0),
        "the task weights are ignored: they belong on the gradients, before Adam sees them": run(weight="none"),
        "one gradient, one move, but " + moves: run(weight="move"),
        turns: run(joined=False),
        turns + ", and counts one step": run(joined=False, by_turn=True),
        two: run(joined=False, weight="move"),
        two + " (the correction counts moves here, and steps are meant)": run(
            joined=False, weight="move", by_turn=True
        ),
        "one step is missing: range(1, steps) makes steps - 1 of them": late(),
        "one step is missing, since range(1, steps) makes steps - 1; " + two: late(joined=False, weight="move"),
        "the task weights have no effect, and " + turns: run(joined=False, weight="none"),
        adams: run(joined=False, own=True, at_once=True),
        adams + ", and the joint step is one move": run(joined=False, own=True),
        "each task has an Adam of its own here, and its task weight changes only that Adam's rate": run(
            joined=False, own=True, at_once=True, weight="move"
        ),
        "each task has an Adam of its own here, in turn, and its task weight changes only that Adam's rate": run(
            joined=False, own=True, weight="move"
        ),
        "the correction is gone; without it the first steps have another length": run(corrected=False),
        "the move goes uphill; a step is against the gradient": run(sign=1),
        "the memory of squares never falls here; near the targets gradients are small, and the memory must fall "
        "with them": run(falls=False),
    }
    look = "a step is one weighted sum of gradients, one update of the memory, one move"
    # A common factor of all gradients changes nothing but the share of the 1e-7.
    return Trial(inputs, expected, mistakes, look, tolerance=1e-5)
