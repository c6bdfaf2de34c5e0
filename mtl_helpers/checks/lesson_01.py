"""Answers to the exercises of lesson 01."""

from functools import partial

import numpy as np

from mtl_helpers.checks.core import Trial, exercise, slopes


@exercise("each new Python number is a graph of its own, and each of its steps is recorded one after another.")
def recorded() -> Trial:
    """Exercise 1: how many operations does an unrolled loop record over several calls?"""

    def inputs(rng, case):
        outside, per_step = (int(number) for number in rng.integers([4, 15], [12, 30]))
        few, some, many = (int(steps) for steps in np.sort(rng.choice(np.arange(1, 90), size=3, replace=False)))
        calls = [
            [some, few, some, few, few, many],
            [many, some, many],
            [few],
            [some, 10, 20, 10],
            [few, few],
            [many, few],
        ]
        return outside + 10 * per_step, outside + 20 * per_step, calls[case % 6]

    def expected(at_10, at_20, calls):
        return sum(at_10 + (steps - 10) * (at_20 - at_10) / 10 for steps in dict.fromkeys(calls))

    def over(at_10, at_20, calls, some=set, outside=1.0, price=lambda at_10, at_20: (at_20 - at_10) / 10):
        """Some of the calls, with a share of what a graph holds beside its steps, and a price of one step."""
        return sum(outside * (2 * at_10 - at_20) + steps * price(at_10, at_20) for steps in some(calls))

    def changes(calls):
        return [steps for k, steps in enumerate(calls) if k == 0 or calls[k - 1] != steps]

    mistakes = {
        "each call is counted, but a number that was seen before finds its trace and records nothing": partial(
            over, some=list
        ),
        "the longest loop does not serve the shorter ones: each number is a graph of its own": {
            "calls": lambda calls: [max(calls)]
        },
        "10 and 20 steps are left out, but nothing is traced before the first call": {
            "calls": lambda c: {*c} - {10, 20}
        },
        "only the number used last is remembered; all traces are kept": partial(over, some=changes),
        "only the first call is counted; another Python number is traced anew": {"calls": lambda calls: calls[:1]},
        "a graph of twice the steps is not twice as large: some operations are there once a graph": (
            partial(over, outside=0.0, price=lambda at_10, _: at_10 / 10)
        ),
        "twenty steps do not tell the price of one: the operations outside the loop are in that count": (
            partial(over, outside=0.0, price=lambda _, at_20: at_20 / 20)
        ),
        "the steps are counted, and what each graph holds beside them is left out": partial(over, outside=0.0),
        "what a graph holds beside its steps is counted once, but each new number has it anew": (
            {"calls": lambda calls: [sum(set(calls))]}
        ),
        "at_10 holds ten steps already; a graph of no steps is smaller by those ten": (
            {"calls": lambda calls: [steps + 10 for steps in calls]}
        ),
        "the difference of the two counts is the price of ten steps, not of one": (
            partial(over, price=lambda at_10, at_20: at_20 - at_10)
        ),
    }
    look = "as a test, calls of [10] and of [10, 10] both record at_10, and calls of [10, 20] record at_10 + at_20"
    return Trial(inputs, expected, mistakes, look)


@exercise("the root points where the squared error points, and only the length of the step differs.")
def gradient_of_root() -> Trial:
    """Exercise 2: the gradient of the root mean squared error."""

    def inputs(rng, case):
        rows, columns = [9, 3, 14, 2, 6, 5][case % 6], [3, 5, 1, 2, 4][case % 5]
        X, scale = rng.normal(size=(rows, columns)) * [1, 5][case % 2], [3, 0.1, 20][case % 3]
        return rng.normal(size=(columns, 1)), X, scale * rng.normal(size=(rows, 1))

    def root(W, X, Y):
        return np.mean((Y - X @ W) ** 2) ** 0.5

    def expected(W, X, Y):
        return slopes(lambda weights: root(weights, X, Y), W)

    def times(factor):
        """The right direction, times a factor of the root and of the number of rows."""
        return lambda W, X, Y: -X.T @ (Y - X @ W) * factor(root(W, X, Y), len(X))

    mistakes = {
        "this is the gradient of L; by the chain rule the root adds the factor 1/(2 √L)": times(lambda R, n: 2 / n),
        "twice too long: the derivative of √L is 1/(2 √L), and its 2 is missing": {"result": lambda right: 2 * right},
        "the sign is turned: a larger error Y - XW is mended by more XW, so the gradient is minus X'(Y - XW)": (
            {"result": np.negative}
        ),
        "the sum over the rows is not divided by their number": times(lambda R, n: 1 / R),
        "this is the gradient of the root of the sum; R is the root of the mean": times(lambda R, n: 1 / R / n**0.5),
        "the root is taken of the sum of squares; L, below the root, is their mean": times(lambda R, n: 1 / R / n**1.5),
        "divided by the number of weights; the mean is over the rows of X": (
            lambda W, X, Y: len(X) / len(W) * expected(W, X, Y)
        ),
        "multiplied by √L where the chain rule divides by it": times(lambda R, n: R / n),
        "divided by L; the chain rule divides by its root": times(lambda R, n: 1 / n / R**2),
        "each error is rooted before the mean; that is the mean absolute error, another loss": (
            lambda W, X, Y: -X.T @ np.sign(Y - X @ W) / len(X)
        ),
    }
    look = "a case to try by hand: for W = [[0]], X = [[1], [1]] and Y = [[3], [3]] it is -1"
    return Trial(inputs, expected, mistakes, look)


@exercise("the Hessian of a sum of losses is the sum of their Hessians, and its largest eigenvalue sets the limit.")
def largest_rate() -> Trial:
    """Exercise 3: the limit of the rate for the joint loss of two tasks that share their weights."""

    def inputs(rng, case):
        rows, d = rng.permutation([4, 9, 25])[:2], [3, 1, 5, 2][case % 4]
        return tuple(rng.normal(size=(n, d)) * rng.uniform(0.4, 1.5, size=d) + rng.normal() for n in rows)

    def steepest(*tasks, divide=len, which=-1):
        return np.linalg.eigvalsh(sum(2 / divide(X) * sum(np.outer(row, row) for row in X) for X in tasks))[which]

    def expected(X1, X2, *, divide=len, which=-1):
        return 2 / steepest(X1, X2, divide=divide, which=which)

    def each(combine):
        """From the largest curvatures of the two tasks, one by one."""
        return lambda X1, X2: combine(steepest(X1), steepest(X2))

    mistakes = {
        "this is the smaller of the two tasks' own limits; the joint loss is steeper": each(lambda a, b: 2 / max(a, b)),
        "this is the larger of the two tasks' own limits; the joint loss is steeper": each(lambda a, b: 2 / min(a, b)),
        "the mean of two limits is no limit; put the two losses together first": each(lambda a, b: 1 / a + 1 / b),
        "the largest eigenvalues are added as if both tasks were steepest in one direction; add the matrices": (
            each(lambda a, b: 2 / (a + b))
        ),
        "only the first task is heard; the joint loss has the second one too": each(lambda a, b: 2 / a),
        "this is the limit for one mean over all rows; the joint loss adds a mean for each task": (
            lambda X1, X2: 2 / steepest(np.vstack([X1, X2]))
        ),
        "this is twice the limit: the 2 of the Hessian is missing, or the losses are averaged and not added": (
            {"result": lambda limit: 2 * limit}
        ),
        "the number of rows is missing: each loss is a mean, so its Hessian divides by n": ({"divide": lambda X: 1}),
        "half of the limit: at 1/λ the steepest direction is done in one step, and up to 2/λ it shrinks": (
            {"result": lambda limit: limit / 2}
        ),
        "this is the smallest eigenvalue's limit; the steepest direction fails first, and its is the largest": (
            {"which": 0}
        ),
        "this is the largest eigenvalue; the rate must stay below 2 divided by it": steepest,
    }
    look = "write down the Hessian of the joint loss, then see the section on the rate"
    return Trial(inputs, expected, mistakes, look)


@exercise("against the same fresh rows the noise cancels, and what is left is the price of having few rows.")
def excess_error() -> Trial:
    """Exercise 4: by how much least squares errs more than the true weights, on rows it has not seen."""

    def inputs(rng, case):
        d, fresh = [5, 2, 1, 3][case % 4], [30, 4, 12][case % 3]  # on few fresh rows the fit may beat the truth
        X, weights = rng.normal(size=(d + 6 + fresh, d)) * [1, 3][case % 2], rng.normal(size=(d, 1))
        return X, X @ weights + [0.5, 1.5][case % 2] * rng.normal(size=(len(X), 1)), weights, d + 6

    def error(W, X, Y):
        return sum((y - x @ W).item() ** 2 for x, y in zip(X, Y, strict=True)) / len(X)

    def fit(X, Y):
        return np.linalg.lstsq(X, Y)[0]

    def expected(X, Y, true_weights, rows, *, fitted="first", tested="other", floor="other", combine=np.subtract):
        """There is a choice of the rows for the fit, for its error and for that of the true weights."""
        parts = {"first": (X[:rows], Y[:rows]), "other": (X[rows:], Y[rows:]), "all": (X, Y)}
        return combine(error(fit(*parts[fitted]), *parts[tested]), error(true_weights, *parts[floor]))

    def gap(X, Y, true_weights, rows):
        W = fit(X[:rows], Y[:rows])
        return error(W, X[rows:], Y[rows:]) - error(W, X[:rows], Y[:rows])

    def gap_of_weights(X, Y, true_weights, rows):
        return fit(X[:rows], Y[:rows]) - true_weights

    mistakes = {
        "measured on the rows of the fit, where least squares beats even the true weights; use the other rows": (
            {"tested": "first", "floor": "first"}
        ),
        "measured on all rows, those of the fit included; use the other rows only": {"tested": "all", "floor": "all"},
        "the fit has seen the rows it is tested on; fit on the first `rows` only": {"fitted": "all"},
        "the fit is made on the other rows and tested on the first": (
            {"fitted": "other", "tested": "first", "floor": "first"}
        ),
        "this is the error itself; its excess is above the error of the true weights": {
            "combine": lambda ours, _: ours
        },
        "σ² is the floor over endless rows; on the rows at hand it is the error of the true weights": (
            {"combine": lambda ours, _: ours - 0.5**2}
        ),
        "the floor is measured on the training rows; on the same fresh rows the noise cancels": {"floor": "first"},
        "this is fresh error minus training error; the floor is the error of the true weights": gap,
        "the sign is turned: the error of the fit minus that of the true weights": {"result": np.negative},
        "the sign is lost; on a few fresh rows the fit may be better": {"result": abs},
        "this is the difference of the roots; take that of the mean squared errors": (
            {"combine": lambda ours, best: ours**0.5 - best**0.5}
        ),
        "the squared errors are summed; take their mean over the fresh rows": (
            lambda X, Y, true_weights, rows: (len(X) - rows) * expected(X, Y, true_weights, rows)
        ),
        "this is the distance of the weights, the excess over endless rows; measure it on the fresh rows": (
            lambda *given: np.sum(gap_of_weights(*given) ** 2)
        ),
        "this is the distance of the predictions; it leaves out how they meet the noise of the fresh rows": (
            lambda X, Y, true_weights, rows: np.mean((X[rows:] @ gap_of_weights(X, Y, true_weights, rows)) ** 2)
        ),
    }
    look = "fit on the first `rows`, then compare two mean squared errors on all the rows behind them"
    return Trial(inputs, expected, mistakes, look)
