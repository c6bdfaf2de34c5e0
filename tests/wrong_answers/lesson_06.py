"""Answers to lesson 06 that no check knows. A dictionary is the solution, with arguments or its result changed."""

from fractions import Fraction

import numpy as np


def rows(gap):
    return lambda angle, d, noise: d + 1 + noise**2 * (d - 1) / gap(np.radians(angle))


def ratio(shared):
    def of_groups(groups, d, n):
        paid = [shared(*group, lambda p: Fraction(p, n - p - 1), d) for group in groups]
        return sum(paid) / (sum(tasks for tasks, _ in groups) * Fraction(d, n - d - 1))

    return of_groups


def angle(turn=lambda cosine: np.degrees(np.arccos(np.clip(cosine, -1, 1))), pool=lambda noise: noise, fold=1):
    def of_fits(X, Y):
        fits, residuals, *_ = np.linalg.lstsq(X, Y)
        noise = pool(residuals / (len(X) - X.shape[1])) * np.sum(np.linalg.pinv(X) ** 2)
        products = fits.T @ fits - fold * np.diag(noise)
        return turn(products[0, 1] / np.sqrt(products[0, 0] * products[1, 1]))

    return of_fits


def error(missed):
    def of_trunk(truth, width, n, noise):
        (d, tasks), heads = truth.shape, width / (n - width - 1)
        return (missed(truth, width) + noise**2 * (width * d / (n - d - 1) + (tasks - width) * heads)) / tasks

    return of_trunk


def projected(truth, width):
    U = np.linalg.svd(truth)[0][:, :width]
    return np.sum((truth - U @ U.T @ truth) ** 2)


WRONG = {
    "rows_to_break_even": [
        rows(np.sin),
        rows(lambda a: a**2 / 2),
        {"result": np.ceil},
        ({"result": lambda n: np.round(n, 3)}, "look for rounding"),
    ],
    "ratio_of_groups": [
        ratio(lambda tasks, r, price, d: price(d) + (tasks - 1) * price(r)),
        {"groups": lambda groups: {tuple(group) for group in groups}},
        {"groups": lambda groups: groups[:2]},
        {"n": lambda n: n + 1},
        {"result": lambda ratio: min(ratio, 0.9)},
    ],
    "corrected_angle": [
        angle(pool=lambda noise: np.full(2, noise.mean())),
        angle(fold=2),
        (angle(lambda cosine: np.degrees(np.arccos(cosine))), "NaN"),
        angle(lambda cosine: np.degrees(np.arccos(np.clip(cosine, 0, 1)))),
        {"X": lambda X: X - X.mean(axis=0)},
    ],
    "predicted_error": [
        error(lambda truth, r: np.sum(truth[:, r:] ** 2)),
        error(lambda truth, r: np.sum(np.sort(np.sum(truth**2, axis=0))[: truth.shape[1] - r])),
        {"width": lambda width: 1},
        {"truth": lambda truth: truth / np.linalg.norm(truth, axis=0)},
    ],
}
RIGHT = {
    "rows_to_break_even": [rows(lambda a: 2 * np.sin(a / 2) ** 2)],
    "ratio_of_groups": [
        ratio(lambda tasks, r, price, d: sum(price(d if k < r else r) for k in range(tasks))),
        {"groups": lambda groups: [*map(tuple, groups)], "result": lambda ratio: Fraction(ratio.item())},
    ],
    "corrected_angle": [angle(), {"Y": lambda Y: 3 * Y}, {"Y": lambda Y: Y[:, ::-1]}],
    "predicted_error": [error(projected), {"truth": lambda truth: truth[::-1]}],
}
