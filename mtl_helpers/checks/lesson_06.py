"""Answers to the exercises of lesson 06."""

from collections.abc import Callable

import numpy as np

from mtl_helpers.checks.core import Trial, exercise


@exercise("the border moves with rows per input, and with the square of the noise.")
def rows_to_break_even() -> Trial:
    """Exercise 1: the border, solved for the rows."""

    def inputs(rng, case):
        angle, noise = [float(rng.uniform(3, 80)), 90.0][case == 5], float(rng.uniform(0.2, 3))
        return angle, [20, 2, 7, 40][case % 4], noise

    def rows(angle, d, power, radians=True, extra=1):
        gap = 1 - np.cos(np.deg2rad(angle) if radians else angle)
        return d + extra + power * (d - 1) / gap

    def expected(angle, d, noise):
        return rows(angle, d, noise**2)

    mistakes = {
        "the angle comes in degrees, and `np.cos` wants radians": lambda angle, d, noise: rows(
            angle, d, noise**2, radians=False
        ),
        "what enters is the variance of the noise, its standard deviation squared": lambda angle, d, noise: rows(
            angle, d, noise
        ),
        "the bias of one task is the square of sin(φ/2), but 1 - cos φ is twice that": lambda angle, d, noise: (
            d + 1 + noise**2 * (d - 1) / np.sin(np.deg2rad(angle) / 2) ** 2
        ),
        "this is n - d - 1; the rows that the fit itself uses up are still to be added": lambda angle, d, noise: (
            rows(angle, d, noise**2) - d - 1
        ),
        "this solves for n - d, and the formula holds n - d - 1": lambda angle, d, noise: rows(
            angle, d, noise**2, extra=0
        ),
        "the saving is the price of d inputs less that of one: d - 1, not d": lambda angle, d, noise: (
            d + 1 + noise**2 * d / (1 - np.cos(np.deg2rad(angle)))
        ),
    }
    look = "set the two sides of the break-even formula equal and solve for n"
    return Trial(inputs, expected, mistakes, look)


@exercise("in each group some tasks pay for its trunk, and all others for a head of their own.")
def ratio_of_groups() -> Trial:
    """Exercise 2: the price list, for groups of tasks with a trunk each."""

    def inputs(rng, case):
        d = int(rng.integers(8, 25))
        groups = [
            [[9, 2], [5, 1], [2, 3]],
            [[6, 2], [6, 2], [9, 1]],
            [[8, 3]],
            [[1, 1], [4, 4], [3, 8], [10, 1]],
            [[2, 1], [7, 5]],
        ]
        return groups[case % 5], d, int(rng.integers(2 * d, 5 * d))

    def price(p, n):
        return p / (n - p - 1)

    def cost(tasks, rank, d, n):
        total = 0.0
        for task in range(int(tasks)):
            total += price(d, n) if task < rank else price(rank, n)
        return total

    def expected(groups, d, n):
        return sum(cost(tasks, rank, d, n) for tasks, rank in groups) / (
            sum(tasks for tasks, _ in groups) * price(d, n)
        )

    def one_trunk(groups, d, n):
        tasks, rank = (sum(group[k] for group in groups) for k in (0, 1))
        return cost(tasks, rank, d, n) / (tasks * price(d, n))

    def one_capped_trunk(groups, d, n):
        return one_trunk([[tasks, min(tasks, rank)] for tasks, rank in groups], d, n)

    def uncapped(groups, d, n):
        total = sum(rank * price(d, n) + (tasks - rank) * price(rank, n) for tasks, rank in groups)
        return total / (sum(tasks for tasks, _ in groups) * price(d, n))

    def weights_counted(groups, d, n):
        total = sum(min(rank, tasks) * (d + tasks - min(rank, tasks)) for tasks, rank in groups)
        return total / (d * sum(tasks for tasks, _ in groups))

    def mean_of_ratios(groups, d, n):
        return float(np.mean([cost(tasks, rank, d, n) / (tasks * price(d, n)) for tasks, rank in groups]))

    mistakes = {
        "this is one trunk wide enough for all groups; each group has a trunk of its own": one_trunk,
        "this is one trunk for everybody, as wide as all groups need together; each group has its own": (
            one_capped_trunk
        ),
        "this is what all tasks pay when they share; divide it by what they pay apart": lambda groups, d, n: sum(
            cost(tasks, rank, d, n) for tasks, rank in groups
        ),
        "a group with no more tasks than units saves nothing and loses nothing: its ratio is 1": uncapped,
        "this counts free weights; a head costs price(r), less than its share of price(d)": weights_counted,
        "groups of more tasks weigh more: add up what all tasks pay, then divide": mean_of_ratios,
        "this is what is saved; the ratio is what remains to pay": lambda groups, d, n: 1 - expected(groups, d, n),
    }
    look = "in each group r tasks pay price(d), and all others price(r)"
    return Trial(inputs, expected, mistakes, look)


@exercise("a task's error reaches the trunk through its own head.")
def trunk_gradients() -> Trial:
    """Exercise 3: two tasks' gradients on a shared linear trunk."""

    def inputs(rng, case):
        n, d, r = [12, 3, 1, 8][case % 4], [4, 1, 3][case % 3], [3, 2, 1, 5, 4][case % 5]
        return tuple(rng.normal(size=shape) for shape in ((n, d), (d, r), (r, 2), (n, 2)))

    def expected(X, trunk, heads, Y):
        return [
            sum(np.outer(x, v) * 2 * (x @ trunk @ v - y) for x, y in zip(X, target, strict=True)) / len(X)
            for v, target in zip(heads.T, Y.T, strict=True)
        ]

    def built(
        error: Callable = lambda out, Y: out - Y,
        through: Callable = lambda heads: heads,
        factor: Callable = lambda n: 2 / n,
    ) -> Callable:
        def gradients(X, trunk, heads, Y):
            back = factor(len(X)) * X.T @ error(X @ trunk @ heads, Y)
            return [np.outer(back[:, k], through(heads)[:, k]) for k in (0, 1)]

        return gradients

    def of_heads(X, trunk, heads, Y):
        return (2 / len(X) * (X @ trunk).T @ (X @ trunk @ heads - Y)).T

    def without_heads(X, trunk, heads, Y):
        return (2 / len(X) * X.T @ (X @ trunk @ heads - Y)).T

    def cosine(*given):
        one, two = expected(*given)
        return np.sum(one * two) / np.sqrt(np.sum(one**2) * np.sum(two**2))

    mistakes = {
        "these are the gradients on the heads; the question is about the trunk, which both share": of_heads,
        "these are the gradients on the heads, side by side; the question is about the trunk": lambda *given: (
            of_heads(*given).T
        ),
        "a task's error comes back through its head; multiply it by the head's weights": without_heads,
        "a task's error comes back through its head, one outer product a task": lambda *given: without_heads(*given).T,
        "a task's error goes back through its own head, and yours goes through the other task's": built(
            through=lambda heads: heads[:, ::-1]
        ),
        "the two gradients are in the wrong order: task 1 comes first": lambda *given: expected(*given)[::-1],
        "this is the sum of the two gradients; return both, one behind the other": lambda *given: sum(expected(*given)),
        "this is the cosine of the two gradients; hand over both, and take it from them": cosine,
        "the error of a task is its prediction minus its target, and here the prediction is missing": built(
            error=lambda out, Y: -Y
        ),
        "the error of a task is its prediction minus its target, and here the target is missing": built(
            error=lambda out, Y: out
        ),
        "the sign is turned: the error is prediction minus target": built(error=lambda out, Y: Y - out),
        "the mean over the rows is missing: divide by their number": built(factor=lambda n: 2),
        "the factor 2 from the square is missing": built(factor=lambda n: 1 / n),
    }
    look = "the gradient on the trunk is 2/n X' (error of the task) (its head)', one matrix a task"
    return Trial(inputs, expected, mistakes, look)


@exercise("the test rows have chosen nothing, so their error means what it says.")
def honest_error() -> Trial:
    """Exercise 4: one stop for all seeds, chosen on the choosing rows, and the test error there."""

    def inputs(rng, case):
        stops, seeds = [5, 3, 8, 2, 6][case % 5], [20, 7, 4, 12, 1, 15, 3][case % 7]
        choosing, testing = 0.5 + 0.1 * rng.normal(size=(2, stops, 1)) + 0.15 * rng.normal(size=(2, stops, seeds))
        if case % 2:  # an unsteady stop, at which a mean square looks worse than it is
            choosing[rng.integers(stops)] += np.resize([0.35, -0.35], seeds)
        else:  # one bad seed, which a median does not see
            choosing[rng.integers(stops), rng.integers(seeds)] += 2
        return np.abs(choosing), np.abs(testing)

    def expected(choosing, testing):
        means = [sum(stop) / len(stop) for stop in choosing]
        chosen = means.index(min(means))
        return sum(testing[chosen]) / len(testing[chosen])

    mistakes = {
        "the stop was chosen on the test rows, and the error there is too good to be true": lambda c, t: t.mean(
            axis=1
        ).min(),
        "each seed got its own luckiest stop on the test rows": lambda c, t: t.min(axis=0).mean(),
        "each seed chooses a stop of its own; the rule is one stop for all seeds": lambda c, t: t[
            c.argmin(axis=0), np.arange(c.shape[1])
        ].mean(),
        "this takes the lowest median; the rule takes the lowest mean, in which a bad seed counts": lambda c, t: t[
            np.median(c, axis=1).argmin()
        ].mean(),
        "this takes the lowest mean square, in which large errors count for more; the rule takes the lowest mean": (
            lambda c, t: t[(c**2).mean(axis=1).argmin()].mean()
        ),
        "this takes the stop whose worst seed is best; the rule takes the lowest mean": lambda c, t: t[
            c.max(axis=1).argmin()
        ].mean(),
        "this is the error on the rows that chose; report the one on the test rows": lambda c, t: c.mean(axis=1).min(),
        "the test rows had a say in the choice; choose on the choosing rows alone": lambda c, t: t[
            (c + t).mean(axis=1).argmin()
        ].mean(),
        "this is the mean error on choosing and test rows; report that on the test rows": lambda c, t: (
            (c + t)[c.mean(axis=1).argmin()].mean() / 2
        ),
        "each seed has one vote for a stop; average the choosing errors over the seeds instead": lambda c, t: t[
            np.bincount(c.argmin(axis=0), minlength=len(c)).argmax()
        ].mean(),
        "this goes no further than the first stop at which the error rises; look at all stops": lambda c, t: t[
            np.append(np.diff(c.mean(axis=1)) > 0, True).argmax()
        ].mean(),
        "nothing was chosen here: this is the error at the first stop": lambda c, t: t[0].mean(),
        "nothing was chosen here: this is the error at the last stop": lambda c, t: t[-1].mean(),
        "nothing was chosen here: this is the mean over all stops": lambda c, t: t.mean(),
    }
    look = "average the choosing errors over the seeds, take the lowest, and report the test error there"
    return Trial(inputs, expected, mistakes, look)
