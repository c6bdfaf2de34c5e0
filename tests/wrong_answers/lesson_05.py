"""Answers to lesson 05 that no check knows: wrong ones, some with words of their sentence, and unusual right ones."""

from fractions import Fraction
from itertools import islice, permutations

import numpy as np
import scipy.linalg
import scipy.optimize
import tensorflow as tf


def both(l1, l2, tasks, form=lambda strength, ridge: (strength, ridge)):
    return form(l1 * l1 / (l1 + l2) / tasks / tasks, l1 * l2 / (l1 + l2) / tasks)


def by_derivatives(l1, l2, tasks):
    """Second derivatives of the penalty without w0: entry (s, t) is -2 strength, and a row adds up to 2 ridge."""
    spread = l1 / tasks * np.eye(tasks) - np.full((tasks, tasks), l1**2 / tasks**2 / (l1 + l2))
    return [-spread[0, 1], spread[0].sum()]


def system(X, y, prices, change=lambda prices: prices, extra=0.0, rows=len):
    T, d = len(X), X[0].shape[1]
    blocks = [[-p * np.eye(d) for p in row] for row in change(np.array(prices))]
    for t, row in enumerate(change(np.array(prices))):
        blocks[t][t] = X[t].T @ X[t] / rows(X[t]) + (row.sum() + extra) * np.eye(d)
    right = np.concatenate([x.T @ target / rows(x) for x, target in zip(X, y, strict=True)])
    return np.linalg.solve(np.block(blocks), right).reshape(T, d)


def round_and_round(X, y, prices, rounds=3000):
    """Each task's fit in turn, with the others held still."""
    W = np.zeros((len(X), X[0].shape[1]))
    for _ in range(rounds):
        before = W.copy()
        for t, (x, target) in enumerate(zip(X, y, strict=True)):
            A = x.T @ x / len(x) + prices[t].sum() * np.eye(len(W[t]))
            W[t] = np.linalg.solve(A, x.T @ target / len(x) + prices[t] @ W)
        if np.abs(W - before).max() < 1e-13:
            break
    return W


def diagonal_in_place(X, y, prices):
    np.fill_diagonal(prices, -prices.sum(axis=1))
    return system(X, y, prices - np.diag(np.diag(prices)))


def centred_in_place(X, y, prices):
    for x in X:
        x -= x.mean(axis=0)
    return system(X, y, prices)


def values(change):
    def fit(X, Y, decay, width):
        U, s, V = scipy.linalg.svd(X.T @ Y, full_matrices=False)
        return U @ np.diag(change(s, decay, width)) @ V

    return fit


def cut(s, decay, width):
    return np.where(np.arange(len(s)) < width, np.clip(s - decay, 0, None), 0)


def by_eigenvectors(X, Y, decay, width):
    W = X.T @ Y
    squares, V = np.linalg.eigh(W.T @ W)
    s = np.sqrt(np.clip(squares, 1e-30, None))
    return W @ (V * (cut(s[::-1], decay, width)[::-1] / s)) @ V.T


def cost(trunk, other):
    return ((trunk[:, :, None] - other[:, None, :]) ** 2).sum(axis=0)


def first_orders(number):
    def order(trunk, other):
        orders = islice(permutations(range(trunk.shape[1])), number)
        return min(orders, key=lambda order: ((trunk[:, list(order)] - other) ** 2).sum())

    return order


def assigned(trunk, other, cost=cost):
    return scipy.optimize.linear_sum_assignment(cost(trunk, other).T)[1]


def unit_by_unit(trunk, other):
    """The best order of the units behind each set of used ones."""
    table, found = cost(trunk, other), {(): (0.0, [])}
    for k in range(len(table)):
        new = {}
        for used, (price, order) in found.items():
            for j in set(range(len(table))) - set(used):
                key = tuple(sorted([*used, j]))
                new[key] = min(new.get(key, (np.inf, [])), (price + table[j, k], [*order, j]))
        found = new
    return next(iter(found.values()))[1]


WRONG = {
    "strength_and_ridge": [
        lambda l1, l2, tasks: (l1, l2),
        lambda l1, l2, tasks: (l1 / tasks**2, l2 / tasks),
        lambda l1, l2, tasks: (l1 * l2 / (l1 + l2) / tasks, l1 * l2 / (l1 + l2) / tasks),
        lambda l1, l2, tasks: both(l1, l2, 3),
        lambda l1, l2, tasks: both(l2, l1, tasks),
        lambda l1, l2, tasks: both(min(l1, l2), max(l1, l2), tasks),
        lambda *given: both(*given, form=lambda strength, ridge: (2 * strength, ridge)),
        lambda *given: both(*given, form=lambda strength, ridge: (strength, strength + ridge)),
        (lambda *given: both(*given)[0], "has shape ()"),
        lambda l1, l2, tasks: both(round(l1), l2, tasks),
    ],
    "fit_softly": [
        lambda *given: system(*given, extra=0.1),
        lambda *given: system(*given, change=lambda p: p**2),
        lambda *given: system(*given, change=np.ceil),
        lambda *given: system(*given, change=lambda p: np.full_like(p, p.mean()) * (1 - np.eye(len(p)))),
        lambda *given: system(*given, change=lambda p: p / max(len(p) - 1, 1)),
        lambda *given: system(*given, rows=lambda x: len(x) - 1),
        lambda *given: round_and_round(*given, rounds=2),
        lambda X, y, prices: system([x - x.mean(axis=0) for x in X], y, prices),
        (lambda *given: system(*given)[:3], "has shape"),
        (lambda X, y, prices: system(X[:2], y[:2], prices[:2, :2]), "has shape"),
        (diagonal_in_place, "changes `prices`"),
        (centred_in_place, "changes `X`"),
    ],
    "decayed_fit": [
        lambda X, Y, decay, width: np.zeros((X.shape[1], Y.shape[1])),
        values(lambda s, decay, width: cut(s, decay, min(width, 3))),
        values(lambda s, decay, width: cut(s, decay, 2)),
        values(lambda s, decay, width: cut(s, decay**2, width)),
        values(lambda s, decay, width: cut(s, np.sqrt(decay), width)),
        values(lambda s, decay, width: s**2 / (s + decay) * (np.arange(len(s)) < width)),
        values(lambda s, decay, width: np.abs(s - decay) * (np.arange(len(s)) < width)),
        values(lambda s, decay, width: cut(s, decay, width) + 1e-3),
        (lambda *given: values(cut)(*given).T, "has shape"),
    ],
    "best_order": [
        first_orders(24),
        first_orders(1000),
        lambda *trunks: np.array(assigned(*trunks)) + 1,
        lambda *trunks: -cost(*trunks).argmin(axis=0),
        lambda *trunks: assigned(*trunks, cost=lambda t, o: np.abs(t[:, :, None] - o[:, None]).sum(axis=0)),
        lambda *trunks: assigned(*trunks, cost=lambda t, o: np.abs(t[:, :, None] - o[:, None]).max(axis=0)),
        lambda *trunks: assigned(*trunks, cost=lambda t, o: cost(t[:2], o[:2])),
        lambda *trunks: assigned(*trunks, cost=lambda t, o: -np.abs(t.T @ o)),
        (lambda trunk, other: trunk[:, assigned(trunk, other)], "the order itself"),
        (lambda *trunks: np.eye(trunks[0].shape[1])[assigned(*trunks)], "has shape"),
    ],
}
RIGHT = {
    "strength_and_ridge": [
        both,
        by_derivatives,
        lambda l1, l2, tasks: map(Fraction, both(l1, l2, tasks)),
        lambda l1, l2, tasks: both(Fraction(l1), Fraction(l2), tasks),
    ],
    "fit_softly": [system, round_and_round, lambda *given: [tf.constant(w) for w in system(*given)]],
    "decayed_fit": [values(cut), by_eigenvectors, lambda *given: values(cut)(*given) * (1 + 0j)],
    "best_order": [assigned, first_orders(None), unit_by_unit, lambda *trunks: (int(j) for j in assigned(*trunks))],
}
