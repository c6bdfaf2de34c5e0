"""Answers to lesson 00 that no check knows. A dictionary is the solution, with arguments or its result changed."""

import statistics

import mtl_helpers as mtl
import numpy as np
from sklearn.linear_model import LinearRegression, Ridge


def read(predict):
    """Reads signs off by `predict(fitted hidden, fitted signs, tested hidden)`."""

    def probe(hidden, signs, rows):
        others = np.setdiff1d(np.arange(len(signs)), rows)
        return np.mean(np.sign(predict(hidden[rows], signs[rows], hidden[others])) == signs[others])

    return probe


def by_distance(X, y, new):
    return y[np.linalg.norm(new[:, None] - X, axis=2).argmin(axis=1)]


WRONG = {
    "shows_hidden": [
        lambda rule: True,
        lambda rule: rule(True, True) == rule(False, False),
        (lambda rule: [rule(True, True), rule(True, False)], "one True or False"),
        ({"result": lambda yes: "yes" if yes else "no"}, "numbers are expected"),
    ],
    "paired": [
        lambda a, b: [np.mean(a - b), np.std(a - b, ddof=1) / np.sqrt(40)],
        lambda a, b: [np.median(a - b), np.std(a - b, ddof=1) / np.sqrt(len(a))],
        lambda a, b: [np.mean(a - b), np.std(a, ddof=1) / np.sqrt(len(a))],
        ({"result": lambda result: result[0]}, "has shape ()"),
    ],
    "probe": [
        read(by_distance),
        read(lambda X, y, new: Ridge(1e-2).fit(X, y).predict(new)),
        {"hidden": lambda hidden: hidden[:, :5]},
        {"result": lambda share: max(share, 1 - share)},
    ],
}
RIGHT = {
    "shows_hidden": [
        lambda rule: np.ptp(rule(np.array([True, True]), np.array([False, True])).astype(int)),
        lambda rule: len({rule(B1=True, P=P) for P in (False, True)}) == 2,
    ],
    "paired": [lambda a, b: mtl.mean_se(a - b), lambda a, b: (np.mean(a - b), statistics.stdev(a - b) / len(a) ** 0.5)],
    "probe": [
        read(lambda X, y, new: LinearRegression().fit(X, y).predict(new)),
        read(lambda X, y, new: (new - X.mean(0)) @ np.linalg.pinv(X - X.mean(0)) @ y + y.mean()),
    ],
}
