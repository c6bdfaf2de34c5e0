"""Answers to the exercises of lesson 05."""

from functools import partial
from itertools import permutations

import numpy as np

from mtl_helpers.checks.core import Trial, exercise


@exercise("a common part is the distance penalty in other words, with a ridge penalty thrown in.")
def strength_and_ridge() -> Trial:
    """Exercise 1: Evgeniou and Pontil's penalty, with the common part eliminated."""

    def inputs(rng, case):
        l1, l2 = (float(price) for price in rng.uniform(0.2, 3, size=2))
        return l1, [l2, l1, 0.0][case % 3 if case % 2 else 0], [2, 5, 3, 9, 4][case % 5]

    def expected(l1, l2, tasks):
        """Measure the penalty at two sets of weights, and solve for the two unknowns."""
        known, charged = [], []
        for seed in (0, 1):
            w = np.random.default_rng(seed).normal(size=tasks)
            w0 = np.linalg.solve([[l1 + l2]], [l1 * w.sum() / tasks])[0]  # where the derivative is zero
            charged.append(l1 / tasks * sum((w - w0) ** 2) + l2 * w0**2)
            pairs = sum((w[s] - w[t]) ** 2 for s in range(tasks) for t in range(s))
            known.append([pairs, sum(w**2)])
        return np.linalg.solve(known, charged)

    def right(l1, l2, tasks):
        return np.array([l1**2 / (tasks**2 * (l1 + l2)), l1 * l2 / (tasks * (l1 + l2))])

    mistakes = {
        "these are the two numbers in the wrong order: strength first, then ridge": {"result": np.flip},
        "this is the result for two tasks; `tasks` may be larger": {"tasks": lambda tasks: 2},
        "the best common part is not the mean of the weights but a share of it, since it is charged as well": (
            lambda l1, l2, tasks: [(l1 - l2) / tasks**2, l2 / tasks]
        ),
        "a ridge penalty charges for the gaps too; the strength is what is left to charge for them": (
            lambda l1, l2, tasks: [l1 / tasks**2, right(l1, l2, tasks)[1]]
        ),
        "this leaves the common part at zero; hold the weights still and minimise over it": (
            lambda l1, l2, tasks: [0, l1 / tasks]
        ),
        "each deviation is charged l1 / tasks, not l1": lambda l1, l2, tasks: right(tasks * l1, l2, tasks),
        "this counts each pair of tasks twice, once in either order": {"result": lambda both: both * [0.5, 1]},
        "the squared gaps of all pairs add up to `tasks` times the spread around the mean, so divide once more": (
            lambda l1, l2, tasks: right(l1, l2, tasks) * [tasks, 1]
        ),
        "the ridge is the price of each task's own squared length; T |m|^2 is a part of what all tasks pay": (
            lambda l1, l2, tasks: right(l1, l2, tasks) * [1, tasks]
        ),
    }
    look = "put the best common part back, and sort what remains into gaps and squared lengths"
    return Trial(inputs, expected, mistakes, look)


@exercise("each pair pulls both of its tasks, by a price of its own.")
def fit_softly() -> Trial:
    """Exercise 2: the soft fit of several tasks, with a price for each pair."""

    def inputs(rng, case):
        tasks, d = [3, 2, 4, 1, 5][case % 5], [4, 1, 2, 3][case % 4]
        X = [rng.normal(size=(int(n), d)) + rng.normal() for n in rng.permutation([6, 9, 11, 14, 30])[:tasks]]
        y = [rng.normal(size=len(rows)) for rows in X]
        prices = np.triu(rng.uniform(0.2, 2, size=(tasks, tasks)) * rng.choice([1, 1, 0], size=(tasks, tasks)), 1)
        return X, y, prices + prices.T

    def expected(X, y, prices):
        """One least-squares problem: a row for each row of data, and one for each gap between two weights."""
        T, d = len(X), X[0].shape[1]
        rows = [np.kron(np.eye(T)[t], X[t]) / np.sqrt(len(X[t])) for t in range(T)]
        gaps = [
            np.sqrt(prices[s, t]) * np.kron(np.eye(T)[s] - np.eye(T)[t], np.eye(d)) for t in range(T) for s in range(t)
        ]
        targets = [y[t] / np.sqrt(len(X[t])) for t in range(T)] + [np.zeros(d)] * len(gaps)
        return np.linalg.lstsq(np.concatenate(rows + gaps), np.concatenate(targets))[0].reshape(T, d)

    def solved(X, y, prices, change=np.array, beside=-1, rows=len):
        """The tasks' own systems, each divided by `rows` of its inputs, and a pull with a sign off the diagonal."""
        T, d, prices = len(X), X[0].shape[1], change(prices)
        pull, right = np.diag(prices.sum(axis=1)) + beside * prices, np.zeros(T * d)
        system = np.kron(pull, np.eye(d))
        for t in range(T):
            own, size = slice(t * d, t * d + d), rows(X[t])
            system[own, own] += X[t].T @ X[t] / size
            right[own] = X[t].T @ y[t] / size
        return np.linalg.solve(system, right).reshape(T, d)

    def pooled_rows(X, y, prices):
        return np.tile(np.linalg.lstsq(np.concatenate(X), np.concatenate(y))[0], (len(X), 1))

    def pooled_means(X, y, prices):
        A = sum(x.T @ x / len(x) for x in X)
        b = sum(x.T @ target / len(x) for x, target in zip(X, y, strict=True))
        return np.tile(np.linalg.solve(A, b), (len(X), 1))

    one_way = "each pair pulls both of its tasks; here only one of the two moves towards the other"
    one_vector = "this is one weight vector for all tasks, the far end of the dial, whatever the prices"
    mistakes = {
        "the penalty has the wrong sign: these tasks push each other away": partial(solved, change=np.negative),
        "the errors are summed over the rows; each task's error is a mean, else large tasks hardly feel a pull": (
            partial(solved, rows=lambda x: 1)
        ),
        "the block beside the diagonal is minus the price; with plus, a task is drawn to the other's opposite": (
            partial(solved, beside=1)
        ),
        "the weights stand in columns; a row for each task is asked for": {"result": np.transpose},
        "these are fits apart: no price has an effect": {"prices": np.zeros_like},
        "the pull is twice too strong: a pair is charged once, though `prices` lists it twice": {
            "prices": lambda prices: 2 * prices
        },
        "the pull is half of what it should be: error and penalty both bring a factor 2, and they cancel": {
            "prices": lambda prices: prices / 2
        },
        one_way: partial(solved, change=np.triu),
        one_way + ", the later one towards the earlier": partial(solved, change=np.tril),
        "this pulls all weights to zero; what draws task t to task s, `prices[t, s]` times w_s, is missing": (
            partial(solved, beside=0)
        ),
        "this uses one price for all pairs; each pair has a price of its own": {
            "prices": lambda prices: prices[0, min(1, len(prices) - 1)] * (1 - np.eye(len(prices)))
        },
        one_vector: pooled_rows,
        one_vector + ", with each task's rows counted alike": pooled_means,
    }
    look = "set half the gradient for task t to zero: A_t w_t - b_t + sum over s of prices[t, s] (w_t - w_s)"
    return Trial(inputs, expected, mistakes, look)


@exercise("a trunk has no order of its own, so two must stand in step before their distance says anything.")
def best_order() -> Trial:
    """Exercise 3: the order of one trunk's units that brings it closest to another trunk."""

    def squares(trunk, other):
        return np.sum((trunk[:, :, None] - other[:, None]) ** 2, axis=0)

    def expected(trunk, other, *, sign=1):
        cost, orders = sign * squares(trunk, other), np.array([*permutations(range(trunk.shape[1]))])
        return orders[cost[orders, np.arange(len(cost))].sum(axis=1).argmin()]

    def in_turn(trunk, other):
        order: list[int] = []
        for k in range(other.shape[1]):
            free = [j for j in range(trunk.shape[1]) if j not in order]
            order.append(min(free, key=lambda j: np.sum((trunk[:, j] - other[:, k]) ** 2)))
        return order

    def nearest_pair(trunk, other):
        cost, order = squares(trunk, other), [0] * trunk.shape[1]
        for _ in order:
            j, k = np.unravel_index(np.argmin(cost), cost.shape)
            order[k], cost[j], cost[:, k] = int(j), np.inf, np.inf
        return order

    def by_length(trunk, other):
        order = np.empty(trunk.shape[1])
        order[np.linalg.norm(other, axis=0).argsort()] = np.linalg.norm(trunk, axis=0).argsort()
        return order

    def unit_length(trunk):
        return trunk / np.linalg.norm(trunk, axis=0)

    taken_in_turn = "each unit takes the nearest one that is left, and the last must take what nobody wanted"

    def inputs(rng, case):
        d, units = [4, 2, 6, 3][case % 4], [5, 2, 6, 4, 1, 3][case % 6]
        if case == 11:  # seven units, whose best order comes late
            trunk = rng.normal(size=(4, 7))
            return trunk, trunk[:, ::-1] + 0.1 * rng.normal(size=(4, 7))
        lengths = rng.uniform(0.5, 3, size=units)
        trunk = rng.normal(size=(d, units)) * lengths
        if case % 3 == 2:  # each unit lies between two of the trunk's, and a little closer to the next
            return trunk, 0.45 * trunk + 0.55 * np.roll(trunk, -1, axis=1)
        return trunk, (trunk + rng.normal(size=(d, units)) * lengths[::-1])[:, rng.permutation(units)]

    mistakes = {
        "this is the inverse: the order for `other`, to bring it closest to `trunk`": {"result": np.argsort},
        "some units are used twice: an order holds each unit once": lambda *trunks: squares(*trunks).argmin(axis=0),
        taken_in_turn: in_turn,
        taken_in_turn + "; try whole orders": lambda trunk, other: np.argsort(in_turn(other, trunk)),
        "the closest pair goes first and what is left may fit badly; try whole orders": nearest_pair,
        "sorted by length, units that look alike need not meet; compare the units themselves": by_length,
        "angles alone forget how long the units are, and the penalty charges for that, too": (
            {"trunk": unit_length, "other": unit_length}
        ),
        "this is the farthest order, not the closest": {"sign": -1},
        "this leaves the units as they stand": lambda trunk, other: np.arange(trunk.shape[1]),
    }
    signs = {
        "this is the trunk in its new order; return the order itself, as the head needs it too": (
            lambda result, trunk, other: (
                result.shape == trunk.shape and np.allclose(result, trunk[:, expected(trunk, other)])
            )
        ),
    }
    look = "`trunk[:, order]` has to be as close to `other` as any order allows"
    return Trial(inputs, expected, mistakes, look, signs)
