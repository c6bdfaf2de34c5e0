"""Plausible wrong answers to lesson 05's exercises, each with words of the sentence meant for it."""

from itertools import combinations, permutations

import numpy as np


def as_in_the_lesson(l1, l2, tasks):
    return l1**2 / (4 * (l1 + l2)), l1 * l2 / (2 * (l1 + l2))


def common_part_is_the_mean(l1, l2, tasks):
    ridge = l2 / tasks
    return (l1 / tasks - ridge) / tasks, ridge


def gap_charged_twice(l1, l2, tasks):
    return l1 / tasks**2, l1 * l2 / (l1 + l2) / tasks


def deviations_not_averaged(l1, l2, tasks):
    ridge = l1 * l2 / (tasks * l1 + l2)
    return (l1 - ridge) / tasks, ridge


def ridge_of_all_tasks(l1, l2, tasks):
    return l1 / tasks * l1 / tasks / (l1 + l2), l1 * l2 / (l1 + l2)


def block_system(X, y, prices, sign=1, mean=True, both=True, draw=True, factor=1):
    T, d = len(X), X[0].shape[1]
    system, right = np.zeros((T, d, T, d)), np.zeros((T, d))
    for t in range(T):
        n = len(X[t]) if mean else 1
        system[t, :, t] += X[t].T @ X[t] / n
        right[t] = X[t].T @ y[t] / n
        for s in range(T):
            if s != t and (both or s > t):
                system[t, :, t] += sign * factor * prices[t, s] * np.eye(d)
                if draw:
                    system[t, :, s] -= sign * factor * prices[t, s] * np.eye(d)
    return np.linalg.solve(system.reshape(T * d, T * d), right.ravel()).reshape(T, d)


def apart(X, y, prices):
    return [np.linalg.lstsq(x, target)[0] for x, target in zip(X, y, strict=True)]


def pooled(X, y, prices):
    return [np.linalg.pinv(np.vstack(X)) @ np.hstack(y)] * len(X)


def one_strength(X, y, prices):
    return block_system(X, y, np.full_like(prices, prices[0, 1]))


def three_tasks_in_blocks(X, y, prices):
    (A1, A2, A3), d = [x.T @ x / len(x) for x in X[:3]], X[0].shape[1]
    one, two, three = (prices[s, t] * np.eye(d) for s, t in ((0, 1), (0, 2), (1, 2)))
    system = [[A1 + one + two, -one, -two], [-one, A2 + one + three, -three], [-two, -three, A3 + two + three]]
    right = [x.T @ target / len(x) for x, target in zip(X[:3], y[:3], strict=True)]
    return np.linalg.solve(np.block(system), np.concatenate(right)).reshape(3, d)


def spectrum(X, Y, change):
    U, s, V = np.linalg.svd(X.T @ Y, full_matrices=False)
    return U @ np.diag(change(s)) @ V


def no_width(X, Y, decay, width):
    return spectrum(X, Y, lambda s: np.clip(s - decay, 0, None))


def hard_threshold(X, Y, decay, width):
    return spectrum(X, Y, lambda s: s * (s > decay) * (np.arange(len(s)) < width))


def unclipped(X, Y, decay, width):
    return spectrum(X, Y, lambda s: (s - decay) * (np.arange(len(s)) < width))


def two_layers_two_prices(X, Y, decay, width):
    return spectrum(X, Y, lambda s: np.clip(s - 2 * decay, 0, None) * (np.arange(len(s)) < width))


def half_price(X, Y, decay, width):
    return spectrum(X, Y, lambda s: np.clip(s - decay / 2, 0, None) * (np.arange(len(s)) < width))


def never_more_than_three(X, Y, decay, width):
    return spectrum(X, Y, lambda s: np.clip(s - decay, 0, None) * (np.arange(len(s)) < min(width, 3)))


def ridge(X, Y, decay, width):
    return np.linalg.solve(X.T @ X + decay * np.eye(X.shape[1]), X.T @ Y)


def lasso(X, Y, decay, width):
    W = X.T @ Y
    return np.where(W > decay, W - decay, np.where(W < -decay, W + decay, 0))


def last_directions(X, Y, decay, width):
    return spectrum(X, Y, lambda s: np.clip(s - decay, 0, None) * (np.arange(len(s))[::-1] < width))


def cost(trunk, other):
    return ((trunk[:, :, None] - other[:, None, :]) ** 2).sum(axis=0)


def whole_orders(trunk, other):
    return min(permutations(range(trunk.shape[1])), key=lambda order: ((trunk[:, list(order)] - other) ** 2).sum())


def take_turns(trunk, other):
    table, order = cost(trunk, other), []
    for k in range(len(table)):
        order.append(int(table[:, k].argmin()))
        table[order[-1]] = np.inf
    return order


def own_units_take_turns(trunk, other):
    table, order = cost(trunk, other), np.zeros(trunk.shape[1], int)
    for j in range(len(table)):
        order[table[j].argmin()] = j
        table[:, table[j].argmin()] = np.inf
    return order


def closest_pair_first(trunk, other):
    table, order = cost(trunk, other), {}
    while len(order) < len(table):
        j, k = divmod(int(table.argmin()), len(table))
        order[k] = j
        table[j], table[:, k] = np.inf, np.inf
    return [order[k] for k in range(len(table))]


def swap_while_it_helps(trunk, other):
    order = list(range(trunk.shape[1]))
    distance, best = np.sum((trunk - other) ** 2), None
    while best != distance:
        best = distance
        for a, b in combinations(range(len(order)), 2):
            trial = list(order)
            trial[a], trial[b] = trial[b], trial[a]
            new = np.sum((trunk[:, trial] - other) ** 2)
            if new < distance:
                distance, order = new, trial
    return order


def sort_both(trunk, other):
    ranks = (other**2).sum(axis=0).argsort().argsort()
    return (trunk**2).sum(axis=0).argsort()[ranks]


WRONG = {
    "strength_and_ridge": [
        (as_in_the_lesson, "result for two tasks"),
        (common_part_is_the_mean, "a share of it"),
        (gap_charged_twice, "charges for the gaps too"),
        (deviations_not_averaged, "l1 / tasks, not l1"),
        (lambda l1, l2, tasks: (l1, l2), "sort what remains"),
        (ridge_of_all_tasks, "own squared length"),
        (lambda l1, l2, tasks: (l1 * l2 / (l1 + l2) / tasks, l1**2 / (l1 + l2) / tasks**2), "wrong order"),
        (lambda l1, l2, tasks: (l1**2 / (tasks * (l1 + l2)), l1 * l2 / (tasks * (l1 + l2))), "divide once more"),
        (lambda l1, l2, tasks: (0, l1 / tasks), "common part at zero"),
        (lambda l1, l2, tasks: (l1**2 / (l1 + l2) / tasks**2 / 2, l1 * l2 / (l1 + l2) / tasks), "pair of tasks twice"),
        (lambda l1, l2, tasks: l1**2 / (l1 + l2) / tasks**2, "shape"),
    ],
    "fit_softly": [
        (lambda X, y, prices: block_system(X, y, prices, sign=-1), "wrong sign"),
        (lambda X, y, prices: block_system(X, y, prices, mean=False), "summed over the rows"),
        (lambda X, y, prices: block_system(X, y, prices, both=False), "only one of the two"),
        (lambda X, y, prices: block_system(X, y, prices, draw=False), "pulls all weights to zero"),
        (lambda X, y, prices: block_system(X, y, prices, factor=2), "twice too strong"),
        (lambda X, y, prices: block_system(X, y, prices, factor=0.5), "half of what it should be"),
        (apart, "fits apart"),
        (pooled, "one weight vector"),
        (one_strength, "a price of its own"),
        (three_tasks_in_blocks, "expected 3, got 2"),
        (lambda X, y, prices: np.zeros((3, 3)), "half the gradient"),
        (lambda X, y, prices: block_system(X, y, prices).T, "stand in columns"),
    ],
    "decayed_fit": [
        (no_width, "no more than `width` directions"),
        (hard_threshold, "lose the price as well"),
        (unclipped, "not negative"),
        (two_layers_two_prices, "too high"),
        (half_price, "too low"),
        (never_more_than_three, "three factors"),
        (ridge, "no direction is left out"),
        (lasso, "entry by entry"),
        (last_directions, "weakest directions"),
        (lambda X, Y, decay, width: np.linalg.lstsq(X, Y)[0], "neither decay nor width"),
        (lambda X, Y, decay, width: np.zeros((5, 4)), "three factors"),
    ],
    "best_order": [
        (lambda trunk, other: whole_orders(other, trunk), "the inverse"),
        (lambda trunk, other: cost(trunk, other).argmin(axis=0), "used twice"),
        (take_turns, "what nobody wanted"),
        (own_units_take_turns, "what nobody wanted"),
        (closest_pair_first, "closest pair goes first"),
        (swap_while_it_helps, "two units at a time"),
        (sort_both, "sorted by length"),
        (lambda trunk, other: range(trunk.shape[1]), "as they stand"),
        (lambda trunk, other: trunk[:, list(whole_orders(trunk, other))], "the order itself"),
        (lambda trunk, other: -cost(trunk, other).argmin(axis=0), "as close to `other`"),
    ],
}
