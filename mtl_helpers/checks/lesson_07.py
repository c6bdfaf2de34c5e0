"""Answers to the exercises of lesson 07."""

import numpy as np

from mtl_helpers.checks.core import Trial, exercise


@exercise("each task counts once, in shares of its own baseline, and up is better for all.")
def delta_m() -> Trial:
    """Exercise 1: the mean relative gain over tasks, some measured by errors and some by scores."""

    def inputs(rng, case):
        tasks = [3, 1, 5, 2, 4][case % 5]
        shared, alone = rng.uniform(0.1, 1, size=(2, tasks)) * np.resize([1, 40, 0.2], tasks)
        return shared, alone, [bool((case + k) % 3) if case % 4 else bool(rng.integers(2)) for k in range(tasks)]

    def expected(shared, alone, higher, *, rise=lambda s, a: (s - a) / a, over=np.mean):
        return over([rise(s, a) if up else -rise(s, a) for s, a, up in zip(shared, alone, higher, strict=True)])

    mistakes = {
        "the sign is turned: a lower error and a higher score are gains": {"result": np.negative},
        "this takes every task for a score; where lower is better, a fall is the gain": {"higher": np.ones_like},
        "this takes every task for an error; where higher is better, a rise is the gain": {"higher": np.zeros_like},
        "divide by the baseline, the task alone, and not by what sharing reached": {"rise": lambda s, a: (s - a) / s},
        "these are differences; divide each by the task's own baseline": {"rise": np.subtract},
        "this is the sum over the tasks; take the mean": {"over": np.sum},
        "these are the gains task by task; take their mean": {"over": np.array},
        "this adds up all tasks before it divides, so the task with large numbers decides": lambda s, a, up: (
            np.sum((2 * np.array(up) - 1) * (s - a)) / np.sum(a)
        ),
        "this is a mean of ratios, in which no change counts 1": lambda s, a, up: np.mean(s / a),
    }
    look = "for each task the change in the good direction, divided by the task alone; then the mean"
    return Trial(inputs, expected, mistakes, look)


@exercise("a task's error reaches the trunk through its own head.")
def trunk_gradients() -> Trial:
    """Exercise 2: two tasks' gradients on a shared linear trunk."""

    def inputs(rng, case):
        n, d, r = [12, 3, 1, 8][case % 4], [4, 1, 3][case % 3], [3, 2, 1, 5, 4][case % 5]
        return tuple(rng.normal(size=shape) for shape in ((n, d), (d, r), (r, 2), (n, 2)))

    def without_heads(X, trunk, heads, Y):
        return (2 / len(X) * X.T @ (X @ trunk @ heads - Y)).T

    def expected(X, trunk, heads, Y, *, through=np.array):
        backs = without_heads(X, trunk, heads, Y)
        return [np.outer(back, head) for back, head in zip(backs, through(heads).T, strict=True)]

    def cosine(both):
        return np.sum(both[0] * both[1]) / np.prod(np.linalg.norm(both, axis=(1, 2)))

    mistakes = {
        "these are the gradients on the heads; the question is about the trunk, which both share": (
            lambda X, trunk, heads, Y: without_heads(X, trunk, heads, Y) @ trunk
        ),
        "a task's error comes back through its head; multiply it by the head's weights": without_heads,
        "a task's error goes back through its own head, and yours goes through the other task's": {
            "through": np.fliplr
        },
        "the two gradients are in the wrong order: task 1 comes first": {"result": lambda both: both[::-1]},
        "this is the cosine of the two gradients; hand over both, and take it from them": {"result": cosine},
        "the error of a task is its prediction minus its target; the target is missing": {"Y": np.zeros_like},
        "the sign is turned: the error is prediction minus target": {"result": np.negative},
        "the mean over the rows is missing: divide by their number": lambda X, *others: (
            expected(X, *others) * np.array(len(X))
        ),
        "the factor 2 from the square is missing": {"result": lambda both: both / 2},
    }
    look = "the gradient on the trunk is 2/n X' (error of the task) (its head)', one matrix for each task"
    return Trial(inputs, expected, mistakes, look)


@exercise("the test rows have chosen nothing, so their error means what it says.")
def honest_error() -> Trial:
    """Exercise 3: one stop for all seeds, chosen on the choosing rows, and the test error there."""

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

    def at(choose):
        return lambda choosing, testing: testing[choose(choosing, testing)].mean()

    mistakes = {
        "the stop was chosen on the test rows, and the error there is too good to be true": at(
            lambda c, t: t.mean(axis=1).argmin()
        ),
        "each seed got its own luckiest stop on the test rows": lambda c, t: t.min(axis=0).mean(),
        "each seed chooses a stop of its own; the rule is one stop for all seeds": at(
            lambda c, t: (c.argmin(axis=0), np.arange(c.shape[1]))
        ),
        "this takes the lowest median; the rule takes the lowest mean, in which a bad seed counts": at(
            lambda c, t: np.median(c, axis=1).argmin()
        ),
        "this is the error on the rows that chose; report the one on the test rows": lambda c, t: c.mean(axis=1).min(),
        "nothing was chosen here: this is the error at the last stop": at(lambda c, t: -1),
        "nothing was chosen here: this is the mean over all stops": lambda c, t: t.mean(),
    }
    look = "average the choosing errors over the seeds, take the lowest, and report the test error there"
    return Trial(inputs, expected, mistakes, look)
