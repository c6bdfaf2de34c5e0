"""Answers to the exercises of lesson 06."""

import numpy as np

from mtl_helpers.checks.core import Trial, exercise


@exercise("the border moves with rows per input, and with the square of the noise.")
def rows_to_break_even() -> Trial:
    """Exercise 1: the border, solved for the rows."""

    def inputs(rng, case):
        angle, noise = [float(rng.uniform(3, 80)), 90.0][case == 5], float(rng.uniform(0.2, 3))
        return angle, [20, 2, 7, 40][case % 4], noise

    def expected(angle, d, noise, *, used=1, less=1, power=2, gap=lambda phi: 1 - np.cos(phi)):
        return d + used + noise**power * (d - less) / gap(np.deg2rad(angle))

    mistakes = {
        "the angle comes in degrees, and `np.cos` wants radians": {"angle": np.rad2deg},
        "what enters is the variance of the noise, its standard deviation squared": {"power": 1},
        "sin²(φ/2) is half of 1 - cos φ, and the saving of a task has the half as well: both go": {
            "gap": lambda phi: np.sin(phi / 2) ** 2
        },
        "this solves for n - d, and the formula holds n - d - 1": {"used": 0},
        "the saving is the price of d inputs less that of one: d - 1, not d": {"less": 0},
        "this is n - d - 1; the rows that the fit itself uses up are still to be added": lambda angle, d, noise: (
            expected(angle, d, noise) - d - 1
        ),
    }
    look = "set the two sides of the break-even formula equal and solve for n"
    return Trial(inputs, expected, mistakes, look)


@exercise("in each group some tasks pay for its trunk, and all others for a head of their own.")
def ratio_of_groups() -> Trial:
    """Exercise 2: the price list, for groups of tasks with a trunk each."""

    def inputs(rng, case):
        d, several = int(rng.integers(8, 25)), [[6, 2], [6, 2], [9, 1]]
        groups = (
            [[9, 2], [5, 1], [2, 3]],
            several,
            [[8, 3]],
            [[1, 1], [4, 4], [3, 8], [10, 1]],
            [[2, 1], [7, 5]],
            [[2, 3]],
        )
        return groups[case % 6], d, int(rng.integers(2 * d, 5 * d))

    def price(p, n):
        return p / (n - p - 1)

    def apart(groups, d, n):
        return sum(tasks for tasks, _ in groups) * price(d, n)

    def expected(groups, d, n):
        paid = [price(d if task < rank else rank, n) for tasks, rank in groups for task in range(tasks)]
        return sum(paid) / apart(groups, d, n)

    def one_trunk(groups, d, n):
        return expected([[sum(tasks for tasks, _ in groups), sum(min(group) for group in groups)]], d, n)

    def uncapped(groups, d, n):
        paid = [rank * price(d, n) + (tasks - rank) * price(rank, n) for tasks, rank in groups]
        return sum(paid) / apart(groups, d, n)

    def weights_counted(groups, d, n):
        weights = [min(group) * (d + group[0] - min(group)) for group in groups]
        return sum(weights) / (d * sum(tasks for tasks, _ in groups))

    mistakes = {
        "this is one trunk for everybody, as wide as all groups need together; each group has its own": one_trunk,
        "this is what all tasks pay when they share; divide it by what they pay apart": lambda groups, d, n: (
            expected(groups, d, n) * apart(groups, d, n)
        ),
        "a group with no more tasks than units saves nothing and loses nothing: its ratio is 1": uncapped,
        "this counts free weights; a head costs price(r), less than its share of price(d)": weights_counted,
        "groups of more tasks weigh more: add up what all tasks pay, then divide": lambda groups, d, n: np.mean(
            [expected([group], d, n) for group in groups]
        ),
        "this is what is saved; the ratio is what remains to pay": {"result": lambda ratio: 1 - ratio},
    }
    look = "in each group r tasks pay price(d), and all others price(r)"
    return Trial(inputs, expected, mistakes, look)


@exercise("what noise adds to the lengths, and not to the product, is taken off.")
def corrected_angle() -> Trial:
    """Exercise 3: the angle between two true weight vectors, from two fits on the same rows."""

    def inputs(rng, case):
        d, n = [5, 2, 9, 3][case % 4], [40, 25, 60][case % 3]
        truth, noise = rng.normal(size=(d, 2)), rng.uniform(0.2, 0.8, size=2) * [1, 1.5]
        if case % 5 == 4:  # so much alike, or opposite, that the cosine leaves its range
            truth[:, 1] = [1.3, -0.7][case % 2] * truth[:, 0]
        X = rng.normal(size=(n, d)) @ (np.eye(d) + 0.3 * rng.normal(size=(d, d))) + 0.5 * (case % 2)
        return X, X @ truth + noise * rng.normal(size=(n, 2))

    def diagonal(X):
        return np.trace(np.linalg.inv(X.T @ X))

    def expected(X, Y, *, added=diagonal, freedom=np.subtract, off=0):
        fits = np.linalg.solve(X.T @ X, X.T @ Y)
        noise = np.sum((Y - X @ fits) ** 2, axis=0) / freedom(*X.shape) * added(X)
        product = fits[:, 0] @ fits[:, 1] - off * np.sqrt(np.prod(noise))
        cosine = product / np.sqrt(np.prod(np.sum(fits**2, axis=0) - noise))
        return np.degrees(np.arccos(np.clip(cosine, -1, 1)))

    mistakes = {
        "this is the angle between the fits; noise has made both of them too long": {"added": lambda X: 0},
        "the noise is underestimated: divide the squared residuals by n - d, not by n": {"freedom": lambda n, d: n},
        "d/(n - d - 1) is the mean for normal inputs; take the diagonal sum for the rows that are there": {
            "added": lambda X: X.shape[1] / (len(X) - X.shape[1] - 1)
        },
        "the diagonal is that of the inverse of X'X, not one over the diagonal of X'X": {
            "added": lambda X: np.sum(1 / np.sum(X**2, axis=0))
        },
        "the product of the two fits is right on average; take nothing off it": {"off": 1},
        "the angle is asked in degrees": {"result": np.radians},
        "this is the cosine of the angle": {"result": lambda degrees: np.cos(np.radians(degrees))},
        "an angle above 90 degrees stays above 90: keep the sign of the product": {
            "result": lambda degrees: min(degrees, 180 - degrees)
        },
    }
    look = "take the noise off both squared lengths, then divide the product of the fits by the root of theirs"
    return Trial(inputs, expected, mistakes, look)


@exercise("bias is what the trunk cannot see, variance is what the tasks pay for it.")
def predicted_error() -> Trial:
    """Exercise 4: bias and variance of any tasks that share a trunk of a given width."""

    def inputs(rng, case):
        tasks, d = [3, 2, 6, 4, 1][case % 5], [8, 5, 12][case % 3]
        truth = rng.normal(size=(d, tasks)) * rng.uniform(0.3, 2, size=tasks)
        return truth, 1 + case % tasks, int(rng.integers(2 * d, 6 * d)), float(rng.uniform(0.3, 2))

    def listed(d, tasks, r, n):
        return r * d / (n - d - 1) + (tasks - r) * r / (n - r - 1)

    def squared(singular, r):
        return sum(singular[r:] ** 2)

    def expected(truth, width, n, noise, *, missed=squared, paid=listed, power=2, over=1):
        singular = np.sqrt(np.maximum(np.linalg.eigvalsh(truth.T @ truth)[::-1], 0))
        return (missed(singular, width) + noise**power * paid(*truth.shape, width, n)) / truth.shape[1] ** over

    mistakes = {
        "this is the variance alone; the trunk also misses what lies beyond its width": {"missed": lambda s, r: 0},
        "this is the bias alone; the tasks also pay for the trunk and for their heads": {"paid": lambda *_: 0},
        "this is the sum over the tasks; divide by their number": {"over": 0},
        "the bias is a sum of squares, and your singular values are not squared": {"missed": lambda s, r: sum(s[r:])},
        "all directions beyond the width are missed, and you took only the first": {
            "missed": lambda s, r: sum(s[r:][:1] ** 2)
        },
        "these singular values are kept by the trunk; the bias is what it misses": {
            "missed": lambda s, r: sum(s[:r] ** 2)
        },
        "the price list is in units of σ², the variance of the noise": {"power": 1},
        "this charges the heads at the trunk's rate; a head is a fit of r weights, and costs price(r)": {
            "paid": lambda d, tasks, r, n: r * (d + tasks - r) / (n - d - 1)
        },
    }
    look = "add the squared singular values beyond the width to σ² times the price list, and divide by the tasks"
    return Trial(inputs, expected, mistakes, look)
