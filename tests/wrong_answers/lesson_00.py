"""Answers to lesson 00 that no check knows. A dictionary is the solution, with arguments or its result changed."""

import statistics

import mtl_helpers as mtl
import numpy as np
from sklearn.linear_model import LinearRegression, Ridge


def companions(change):
    """A change of the columns behind the first."""
    return lambda targets, rng: np.concatenate([targets[:, :1], change(targets[:, 1:], rng)], axis=1)


def in_place(targets, rng):
    for column in targets.T[1:]:
        rng.shuffle(column)
    return targets


def in_halves(columns, rng):
    half = len(columns) // 2
    return np.concatenate([rng.permuted(part, axis=0) for part in (columns[:half], columns[half:])])


def rolled(columns, rng):
    places = 1 + rng.permutation(len(columns) - 1)[: columns.shape[1], None]
    return np.take_along_axis(columns, (places + np.arange(len(columns))).T % len(columns), axis=0)


def read(predict):
    """Reads signs off by `predict(fitted hidden, fitted signs, tested hidden)`."""

    def probe(hidden, signs, rows):
        others = np.setdiff1d(np.arange(len(signs)), rows)
        return np.mean(np.sign(predict(hidden[rows], signs[rows], hidden[others])) == signs[others])

    return probe


def by_means(X, y, new):
    ups, downs = (np.linalg.norm(new - X[y == sign].mean(axis=0), axis=1) for sign in (1, -1))
    return downs - ups


WRONG = {
    "shows_hidden": [
        lambda rule: True,
        lambda rule: rule(True, True) == rule(False, False),
        (lambda rule: [rule(True, True), rule(True, False)], "one True or False"),
        ({"result": lambda yes: "yes" if yes else "no"}, "numbers are expected"),
    ],
    "shuffled": [
        (lambda targets, rng: rng.permutation(targets), "T1 itself was shuffled"),
        (lambda targets, rng: rng.permuted(targets, axis=1), "from one task to another"),
        (lambda targets, rng: targets, "nothing was shuffled"),
        (lambda targets, rng: rng.choice(targets, size=len(targets)), "only moves them"),
        ({"result": lambda result: result[:, 1:]}, "another shape"),
        (companions(lambda columns, rng: rng.permutation(columns)), "columns moved together"),
        (companions(lambda columns, rng: np.vstack([rng.permuted(columns[:9], axis=0), columns[9:]])), "many rows"),
        (companions(lambda columns, rng: np.hstack([rng.permutation(columns[:, :1]), columns[:, 1:]])), "kept its"),
        (companions(lambda columns, rng: np.random.default_rng().permuted(columns, axis=0)), "two results"),
        (companions(lambda columns, rng: np.sort(columns, axis=0)), "another generator"),
        (companions(in_halves), "within their own part"),
        (companions(rolled), "moved along together"),
        ({"rng": lambda rng: np.random.default_rng(0)}, "another generator"),
        (in_place, "changes `targets`"),
    ],
    "paired": [
        lambda a, b: [np.mean(a - b), np.std(a - b, ddof=1) / np.sqrt(20)],
        lambda a, b: [np.median(a - b), np.std(a - b, ddof=1) / np.sqrt(len(a))],
        lambda a, b: [np.mean(a - b), np.std(a, ddof=1) / np.sqrt(len(a))],
        ({"result": lambda result: result[0]}, "has shape ()"),
        ({"result": lambda result: np.round(result, 5)}, "look for rounding"),
    ],
    "probe": [
        read(by_means),
        read(lambda X, y, new: y[np.linalg.norm(new[:, None] - X, axis=2).argmin(axis=1)]),
        read(lambda X, y, new: Ridge(1e-2).fit(X, y).predict(new)),
        {"hidden": lambda hidden: hidden[:, :5]},
    ],
}
RIGHT = {
    "shows_hidden": [
        lambda rule: np.ptp(rule(np.array([True, True]), np.array([False, True])).astype(int)),
        lambda rule: len({rule(B1=True, P=P) for P in (False, True)}) == 2,
    ],
    "shuffled": [
        lambda targets, rng: np.column_stack([targets[:, 0], *map(rng.permutation, targets.T[1:])]),
        companions(lambda columns, rng: np.take_along_axis(columns, rng.random(columns.shape).argsort(axis=0), axis=0)),
    ],
    "paired": [
        lambda a, b: mtl.mean_se(a - b),
        lambda a, b: (statistics.mean(a - b), statistics.stdev(a - b) / len(a) ** 0.5),
    ],
    "probe": [
        read(lambda X, y, new: LinearRegression().fit(X, y).predict(new)),
        read(lambda X, y, new: (new - X.mean(0)) @ np.linalg.pinv(X - X.mean(0)) @ y + y.mean()),
    ],
}
