"""Answers to lesson 00 that no check knows: wrong ones, some with words of their sentence, and unusual right ones."""

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


def four_columns(targets, rng):
    result = targets.copy()
    for k in (1, 2, 3):
        result[:, k] = rng.permutation(targets[:, k])
    return result


def rolled(columns, rng):
    places = rng.permutation(np.arange(1, len(columns)))
    return np.array([np.roll(column, k) for column, k in zip(columns.T, places, strict=False)]).T.reshape(columns.shape)


def in_halves(columns, rng):
    half = len(columns) // 2
    return np.concatenate([rng.permuted(part, axis=0) for part in (columns[:half], columns[half:])])


def without_fit(read):
    """Reads signs off by `read(fitted hidden, fitted signs, tested hidden)`."""

    def probe(hidden, signs, rows):
        others = np.setdiff1d(np.arange(len(signs)), rows)
        return np.mean(read(hidden[rows], signs[rows], hidden[others]) == signs[others])

    return probe


def by_means(hidden, signs, tested):
    ups, downs = (np.linalg.norm(tested - hidden[signs == sign].mean(axis=0), axis=1) for sign in (1, -1))
    return np.where(ups < downs, 1, -1)


def nearest(hidden, signs, tested):
    return signs[np.linalg.norm(tested[:, None] - hidden, axis=2).argmin(axis=1)]


def least_squares(hidden, signs, tested, cut=lambda scores: 0, solve=np.linalg.pinv):
    table, new = (np.column_stack([np.ones(len(part)), part]) for part in (hidden, tested))
    return np.where(new @ (solve(table) @ signs) > cut(table @ (solve(table) @ signs)), 1, -1)


WRONG = {
    "shows_hidden": [
        lambda rule: True,
        lambda rule: 0,
        lambda rule: not rule(True, False),
        lambda rule: rule(True, True) == rule(False, False),
        (lambda rule: [rule(True, True), rule(True, False)], "one True or False"),
        (lambda rule: "yes" if rule(True, True) != rule(True, False) else "no", "numbers are expected"),
    ],
    "shuffled": [
        (lambda targets, rng: rng.permutation(targets), "T1 itself was shuffled"),
        (lambda targets, rng: rng.permuted(targets, axis=0), "T1 itself was shuffled"),
        (lambda targets, rng: rng.permuted(targets, axis=1), "from one task to another"),
        (lambda targets, rng: targets, "nothing was shuffled"),
        (lambda targets, rng: rng.choice(targets, size=len(targets)), "only moves them"),
        (lambda targets, rng: rng.permuted(targets, axis=0)[:, 1:], "another shape"),
        (companions(lambda columns, rng: rng.permutation(columns)), "columns moved together"),
        (
            companions(
                lambda columns, rng: np.hstack([rng.permutation(columns[:, :2]), rng.permuted(columns[:, 2:], axis=0)])
            ),
            "together",
        ),
        (companions(lambda columns, rng: np.vstack([rng.permuted(columns[:9], axis=0), columns[9:]])), "many rows"),
        (companions(lambda columns, rng: np.hstack([rng.permutation(columns[:, :1]), columns[:, 1:]])), "kept its"),
        (companions(lambda columns, rng: rng.permutation(columns.ravel()).reshape(columns.shape)), "to another"),
        (companions(lambda columns, rng: np.random.default_rng(0).permuted(columns, axis=0)), "another generator"),
        (companions(lambda columns, rng: np.random.default_rng().permuted(columns, axis=0)), "two results"),
        (companions(lambda columns, rng: np.sort(columns, axis=0)), "another generator"),
        (companions(lambda columns, rng: columns[::-1]), "columns moved together"),
        (companions(in_halves), "within their own part"),
        (companions(rolled), "moved along together"),
        (in_place, "changes `targets`"),
        (four_columns, "raised IndexError"),
    ],
    "paired": [
        lambda a, b: [np.mean(a - b), np.std(a - b, ddof=1) / np.sqrt(20)],
        lambda a, b: [np.median(a - b), np.std(a - b, ddof=1) / np.sqrt(len(a))],
        lambda a, b: [np.mean(a - b), 1.96 * np.std(a - b, ddof=1) / np.sqrt(len(a))],
        lambda a, b: [np.mean(a - b), np.std(a, ddof=1) / np.sqrt(len(a))],
        lambda a, b: [np.mean((a - b)[:20]), np.std((a - b)[:20], ddof=1) / np.sqrt(len(a[:20]))],
        lambda a, b: [np.mean(np.abs(a - b)), np.std(a - b, ddof=1) / np.sqrt(len(a))],
        (lambda a, b: np.mean(a - b), "has shape ()"),
        (lambda a, b: np.round(mtl.mean_se(a - b), 5), "look for rounding"),
    ],
    "probe": [
        without_fit(by_means),
        without_fit(nearest),
        without_fit(lambda *given: np.ones(len(given[2]))),
        without_fit(lambda *given: np.sign(Ridge(1e-2).fit(*given[:2]).predict(given[2]))),
        without_fit(lambda *given: least_squares(*given, cut=np.mean)),
        without_fit(lambda X, y, new: least_squares(X[:, :5], y, new[:, :5])),
        lambda *given: np.round(without_fit(least_squares)(*given), 2),
    ],
}
RIGHT = {
    "shows_hidden": [
        lambda rule: np.ptp(rule(np.array([True, True]), np.array([False, True])).astype(int)),
        lambda rule: abs(rule(1, 1) - rule(1, 0)),
        lambda rule: len({rule(B1=True, P=P) for P in (False, True)}) == 2,
    ],
    "shuffled": [
        lambda targets, rng: np.column_stack([targets[:, 0], *map(rng.permutation, targets.T[1:])]),
        companions(lambda columns, rng: np.take_along_axis(columns, rng.random(columns.shape).argsort(axis=0), axis=0)),
    ],
    "paired": [
        lambda a, b: mtl.mean_se(a - b),
        lambda a, b: (statistics.mean(a - b), statistics.stdev(a - b) / len(a) ** 0.5),
        lambda a, b: [np.mean(a) - np.mean(b), (np.cov(a, b).ravel() @ [1, -1, -1, 1] / len(a)) ** 0.5],
    ],
    "probe": [
        without_fit(least_squares),
        without_fit(lambda X, y, new: np.sign(LinearRegression().fit(X, y).predict(new))),
        without_fit(lambda X, y, new: np.sign((new - X.mean(0)) @ np.linalg.pinv(X - X.mean(0)) @ y + y.mean())),
    ],
}
