"""Answers to the exercises of lesson 05."""

from collections.abc import Callable
from itertools import combinations, permutations

import numpy as np

from mtl_helpers.checks.core import Answer, Wrong, compare, exercise


@exercise("a common part is the distance penalty in other words, with a ridge penalty thrown in.")
def strength_and_ridge(answer: Answer) -> None:
    """Exercise 1: Evgeniou and Pontil's penalty, with the common part eliminated."""

    def inputs(rng: np.random.Generator) -> tuple:
        return float(rng.uniform(0.2, 3)), float(rng.uniform(0.2, 3)), int(rng.integers(2, 7))

    def expected(l1: float, l2: float, tasks: int) -> list:
        """Measure the penalty at two sets of weights, and solve for the two unknowns."""
        known, charged = [], []
        for seed in (0, 1):
            w = np.random.default_rng(seed).normal(size=tasks)
            w0 = np.linalg.solve([[l1 + l2]], [l1 * w.sum() / tasks])[0]  # where the derivative is zero
            charged.append(l1 / tasks * sum((w - w0) ** 2) + l2 * w0**2)
            pairs = sum((w[s] - w[t]) ** 2 for s in range(tasks) for t in range(s))
            known.append([pairs, sum(w**2)])
        return np.linalg.solve(known, charged)

    def right(l1: float, l2: float, tasks: int) -> np.ndarray:
        return np.array([l1**2 / (tasks**2 * (l1 + l2)), l1 * l2 / (tasks * (l1 + l2))])

    compare(
        answer,
        inputs,
        expected,
        {
            "these are the two numbers in the wrong order: strength first, then ridge": lambda *given: right(*given)[
                ::-1
            ],
            "this is the result for two tasks; `tasks` may be larger": lambda l1, l2, tasks: right(l1, l2, 2),
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
            "this counts each pair of tasks twice, once in either order": lambda *given: right(*given) * [0.5, 1],
            "the squared gaps of all pairs add up to `tasks` times the spread around the mean, so divide once more": (
                lambda l1, l2, tasks: right(l1, l2, tasks) * [tasks, 1]
            ),
            "the ridge is the price of each task's own squared length; T |m|^2 is a part of what all tasks pay": (
                lambda l1, l2, tasks: right(l1, l2, tasks) * [1, tasks]
            ),
        },
        "put the best common part back, and sort what remains into gaps and squared lengths",
    )


@exercise("each pair pulls both of its tasks, and a task feels only the pairs that it belongs to.")
def fit_softly(answer: Answer) -> None:
    """Exercise 2: the soft fit of several tasks, with a price for each pair."""

    def inputs(rng: np.random.Generator) -> tuple:
        tasks = int(rng.integers(2, 5))
        X = [rng.normal(size=(int(n), 4)) for n in rng.permutation([6, 9, 11, 14])[:tasks]]
        y = [rng.normal(size=len(rows)) for rows in X]
        prices = np.triu(rng.uniform(0.2, 2, size=(tasks, tasks)), 1)
        return X, y, prices + prices.T

    def expected(X: list, y: list, prices: np.ndarray) -> np.ndarray:
        """One least-squares problem: a row for each row of data, and one for each gap between two weights."""
        T, d, rows, targets = len(X), X[0].shape[1], [], []
        for t in range(T):
            for x, target in zip(X[t], y[t], strict=True):
                rows.append(np.kron(np.eye(T)[t], x) / np.sqrt(len(X[t])))
                targets.append(target / np.sqrt(len(X[t])))
            for s in range(t):
                for axis in np.eye(d):
                    rows.append(np.sqrt(prices[s, t]) * np.kron(np.eye(T)[s] - np.eye(T)[t], axis))
                    targets.append(0.0)
        return np.linalg.lstsq(np.array(rows), np.array(targets))[0].reshape(T, d)

    def solved(X: list, y: list, pull: np.ndarray, rows: Callable = len) -> np.ndarray:
        """The tasks' own systems, each divided by `rows` of its inputs, and `pull` between them."""
        T, d = len(X), X[0].shape[1]
        system, right = np.kron(pull, np.eye(d)), np.zeros(T * d)
        for t in range(T):
            own, size = slice(t * d, t * d + d), rows(X[t])
            system[own, own] += X[t].T @ X[t] / size
            right[own] = X[t].T @ y[t] / size
        return np.linalg.solve(system, right).reshape(T, d)

    def laplacian(prices: np.ndarray) -> np.ndarray:
        return np.diag(prices.sum(axis=1)) - prices

    def changed(change: Callable) -> Callable:
        return lambda X, y, prices: solved(X, y, laplacian(change(prices)))

    def pooled_rows(X: list, y: list, prices: np.ndarray) -> np.ndarray:
        return np.tile(np.linalg.lstsq(np.concatenate(X), np.concatenate(y))[0], (len(X), 1))

    def pooled_means(X: list, y: list, prices: np.ndarray) -> np.ndarray:
        A = sum(x.T @ x / len(x) for x in X)
        b = sum(x.T @ target / len(x) for x, target in zip(X, y, strict=True))
        return np.tile(np.linalg.solve(A, b), (len(X), 1))

    one_way = "each pair pulls both of its tasks; here only one of the two moves towards the other"
    one_vector = "this is one weight vector for all tasks, the far end of the dial, whatever the prices"
    compare(
        answer,
        inputs,
        expected,
        {
            "the penalty has the wrong sign: these tasks push each other away": changed(np.negative),
            "the errors are summed over the rows; each task's error is a mean, else large tasks hardly feel a pull": (
                lambda X, y, prices: solved(X, y, laplacian(prices), lambda x: 1)
            ),
            "each task's error is the mean over its own rows; here all are divided by the rows of all tasks": (
                lambda X, y, prices: solved(X, y, laplacian(prices), lambda x: sum(map(len, X)))
            ),
            "each task's error is the mean over its own rows; here all are divided by the rows of the first": (
                lambda X, y, prices: solved(X, y, laplacian(prices), lambda x: len(X[0]))
            ),
            "the block beside the diagonal is minus the price; with plus, a task is drawn to the other's opposite": (
                lambda X, y, prices: solved(X, y, np.diag(prices.sum(axis=1)) + prices)
            ),
            "the weights stand in columns; a row for each task is asked for": lambda *given: expected(*given).T,
            "these are fits apart: no price has an effect": changed(lambda prices: 0 * prices),
            "the pull is twice too strong: a pair is charged once, though `prices` lists it twice": changed(
                lambda prices: 2 * prices
            ),
            "the pull is half of what it should be: error and penalty both bring a factor 2, and they cancel": changed(
                lambda prices: prices / 2
            ),
            one_way: changed(np.triu),
            one_way + ", the later one towards the earlier": changed(np.tril),
            "this pulls all weights to zero; what draws task t to task s, `prices[t, s]` times w_s, is missing": (
                lambda X, y, prices: solved(X, y, np.diag(prices.sum(axis=1)))
            ),
            "this uses one price for all pairs; each pair has a price of its own": changed(
                lambda prices: prices[0, 1] * (1 - np.eye(len(prices)))
            ),
            one_vector: pooled_rows,
            one_vector + ", with each task's rows counted alike": pooled_means,
        },
        "set half the gradient for task t to zero: A_t w_t - b_t + sum over s of prices[t, s] (w_t - w_s)",
    )


@exercise("decay drops the weak directions and shortens all others, and a narrow trunk drops some more.")
def decayed_fit(answer: Answer) -> None:
    """Exercise 3: what weight decay leaves of the product, for a trunk of a given width."""

    def inputs(rng: np.random.Generator) -> tuple:
        X, left, right = (np.linalg.qr(rng.normal(size=shape))[0] for shape in ((12, 5), (5, 4), (4, 4)))
        values = np.array([4.0, 3, 2, 1]) + rng.uniform(-0.3, 0.3, size=4)
        noise = rng.normal(size=(12, 4))
        Y = X @ (left * values @ right) + noise - X @ (X.T @ noise)
        decay = rng.choice([0.5, 1.5]) + rng.uniform(-0.15, 0.15)  # the higher one drops the last direction
        return X, Y, float(decay), int(rng.choice([2, 4]))

    def of_values(change: Callable) -> Callable:
        def fit(X: np.ndarray, Y: np.ndarray, decay: float, width: int) -> np.ndarray:
            left, values, right = np.linalg.svd(X.T @ Y, full_matrices=False)
            kept = [change(value, k, decay, width) for k, value in enumerate(values)]
            return sum(s * np.outer(u, v) for s, u, v in zip(kept, left.T, right, strict=True))

        return fit

    def price(factor: float) -> Callable:
        return of_values(lambda s, k, decay, width: max(s - factor * decay, 0) if k < width else 0)

    def by_entry(X: np.ndarray, Y: np.ndarray, decay: float, width: int) -> np.ndarray:
        fitted = X.T @ Y
        return np.sign(fitted) * np.maximum(np.abs(fitted) - decay, 0)

    right = price(1)
    compare(
        answer,
        inputs,
        right,
        {
            "a trunk of `width` units holds no more than `width` directions": of_values(
                lambda s, k, decay, width: max(s - decay, 0)
            ),
            "weak directions are dropped, and the strong ones lose the price as well": of_values(
                lambda s, k, decay, width: s if s > decay and k < width else 0
            ),
            "a singular value that cannot pay the price becomes zero, not negative": of_values(
                lambda s, k, decay, width: s - decay if k < width else 0
            ),
            "the price is too high: the error changes by 2 (s - value), the cheapest pair costs 2 `decay` s": price(2),
            "the price is too low: the error changes by 2 (s - value), the cheapest pair costs 2 `decay` s": price(0.5),
            "this decays the product; decaying two layers subtracts from the singular values": of_values(
                lambda s, k, decay, width: s / (1 + decay) if k < width else 0
            ),
            "this decays the product, and no direction is left out": of_values(
                lambda s, k, decay, width: s / (1 + decay)
            ),
            "the decay has no effect; this is the least-squares fit of that width": price(0),
            "neither decay nor width has an effect; this is the least-squares fit": of_values(
                lambda s, k, decay, width: s
            ),
            "the weakest directions were kept; a narrow trunk keeps the strongest": of_values(
                lambda s, k, decay, width: max(s - decay, 0) if k >= 4 - width else 0
            ),
            "entry by entry, this drops single weights; weight decay drops directions that tasks have in common": (
                by_entry
            ),
            "these are the predictions; the product of trunk and head is asked for": lambda X, *rest: (
                X @ right(X, *rest)
            ),
        },
        "change the singular values of X'Y alone, and put the three factors together again",
    )


@exercise("a trunk has no order of its own, so put two in step before you compare or average them.")
def best_order(answer: Answer) -> None:
    """Exercise 4: the order of one trunk's units that brings it closest to another trunk."""

    def squares(trunk: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.sum((trunk[:, :, None] - other[:, None]) ** 2, axis=0)

    def of_cost(cost: np.ndarray) -> list:
        orders = np.array(list(permutations(range(len(cost)))))
        return orders[cost[orders, np.arange(len(cost))].sum(axis=1).argmin()].tolist()

    def closest(trunk: np.ndarray, other: np.ndarray, farthest: bool = False) -> list:
        return of_cost(-squares(trunk, other) if farthest else squares(trunk, other))

    def in_turn(trunk: np.ndarray, other: np.ndarray) -> list:
        order: list[int] = []
        for k in range(other.shape[1]):
            free = [j for j in range(trunk.shape[1]) if j not in order]
            order.append(min(free, key=lambda j: np.sum((trunk[:, j] - other[:, k]) ** 2)))
        return order

    def nearest_pair(trunk: np.ndarray, other: np.ndarray) -> list:
        cost, order = squares(trunk, other), [0] * trunk.shape[1]
        for _ in order:
            j, k = np.unravel_index(np.argmin(cost), cost.shape)
            order[k], cost[j], cost[:, k] = int(j), np.inf, np.inf
        return order

    def by_length(trunk: np.ndarray, other: np.ndarray) -> np.ndarray:
        order = np.empty(trunk.shape[1])
        order[np.linalg.norm(other, axis=0).argsort()] = np.linalg.norm(trunk, axis=0).argsort()
        return order

    def by_distance(trunk: np.ndarray, other: np.ndarray) -> list:
        return of_cost(np.sqrt(squares(trunk, other)))

    def by_angle(trunk: np.ndarray, other: np.ndarray) -> list:
        return closest(*(array / np.linalg.norm(array, axis=0) for array in (trunk, other)))

    taken_in_turn = "each unit takes the nearest one that is left, and the last must take what nobody wanted"
    one_by_one = {
        "this is the inverse: the order for `other`, to bring it closest to `trunk`": lambda *trunks: np.argsort(
            closest(*trunks)
        ),
        "some units are used twice: an order holds each unit once": lambda *trunks: squares(*trunks).argmin(axis=0),
        taken_in_turn: in_turn,
        taken_in_turn + "; try whole orders": lambda trunk, other: np.argsort(in_turn(other, trunk)),
        "the closest pair goes first and what is left may fit badly; try whole orders": nearest_pair,
        "sorted by length, units that look alike need not meet; compare the units themselves": by_length,
        "sorted by length, `trunk` alone knows nothing of the other's order": lambda trunk, other: np.linalg.norm(
            trunk, axis=0
        ).argsort(),
        "angles alone forget how long the units are, and the penalty charges for that, too": by_angle,
        "this minimises the sum of the distances; the penalty charges their squares": by_distance,
        "this is the farthest order, not the closest": lambda *trunks: closest(*trunks, farthest=True),
        "this leaves the units as they stand": lambda trunk, other: np.arange(trunk.shape[1]),
    }

    def swapped(trunk: np.ndarray, other: np.ndarray) -> list:
        cost, order = squares(trunk, other), list(range(trunk.shape[1]))
        for _ in range(20):
            for k, m in combinations(range(len(order)), 2):
                i, j = order[k], order[m]
                if cost[i, m] + cost[j, k] < cost[i, k] + cost[j, m]:
                    order[k], order[m] = j, i
        return order

    def between_neighbours(rng: np.random.Generator) -> tuple:
        """Each unit of `other` lies between two units of `trunk`, and a little closer to the next."""
        trunk = rng.normal(size=(6, 5))
        return trunk, 0.45 * trunk + 0.55 * np.roll(trunk, -1, axis=1) + 0.02 * rng.normal(size=(6, 5))

    def inputs(rng: np.random.Generator) -> tuple:
        for _ in range(200):  # until each mistake shows
            lengths = rng.uniform(0.5, 3, size=5)
            trunk = rng.normal(size=(6, 5)) * lengths
            other = (trunk + rng.normal(size=(6, 5)) * lengths[::-1])[:, rng.permutation(5)]
            if not any(np.array_equal(closest(trunk, other), wrong(trunk, other)) for wrong in one_by_one.values()):
                break
        return trunk, other

    def judged(trunk: np.ndarray, other: np.ndarray) -> np.ndarray:
        order = answer(trunk, other)
        if order.shape == trunk.shape and np.allclose(order, trunk[:, closest(trunk, other)]):
            raise Wrong("this is the trunk in its new order; return the order itself, as the head needs it too")
        return order

    look = "`trunk[:, order]` has to be as close to `other` as any order allows"
    swaps = {"two units at a time were swapped, and that gets stuck where more must move; try whole orders": swapped}
    compare(judged, inputs, closest, one_by_one | swaps, look)
    compare(judged, between_neighbours, closest, swaps, look)
