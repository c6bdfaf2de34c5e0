"""Answers to lesson 06 that no check knows. A dictionary is the solution, with arguments or its result changed."""

from fractions import Fraction

import numpy as np
import scipy.optimize
import tensorflow as tf


def rows(gap):
    return lambda angle, d, noise: d + 1 + noise**2 * (d - 1) / gap(np.radians(angle))


def by_root(angle, d, noise):
    return scipy.optimize.brentq(
        lambda n: noise**2 * (d - 1) - (n - d - 1) * (1 - np.cos(np.deg2rad(angle))), d + 1, 1e9, xtol=1e-9
    )


def ratio(shared):
    def of_groups(groups, d, n):
        paid = [shared(*group, lambda p: Fraction(p, n - p - 1), d) for group in groups]
        return sum(paid) / (sum(tasks for tasks, _ in groups) * Fraction(d, n - d - 1))

    return of_groups


def by_tape(loss=lambda e: tf.reduce_mean(e**2)):
    def gradients(X, trunk, heads, Y):
        U = tf.Variable(trunk)
        with tf.GradientTape(persistent=True) as tape:
            losses = [loss((X @ U @ heads - Y)[:, k]) for k in (0, 1)]
        return [tape.gradient(one, U) for one in losses]

    return gradients


def stop_by(choose):
    return lambda choosing, testing: testing[choose(choosing, testing)].mean()


WRONG = {
    "rows_to_break_even": [
        rows(np.sin),
        rows(lambda a: a**2 / 2),
        {"angle": lambda angle: angle / 2},
        {"d": lambda d: 20},
        {"result": np.ceil},
        ({"result": lambda n: np.round(n, 3)}, "look for rounding"),
    ],
    "ratio_of_groups": [
        ratio(lambda tasks, r, price, d: price(d) + (tasks - 1) * price(r)),
        ratio(lambda tasks, r, price, d: tasks * price(r)),
        {"groups": lambda groups: {tuple(group) for group in groups}},
        {"groups": lambda groups: groups[:2]},
        {"groups": lambda groups: [(tasks, 2) for tasks, _ in groups]},
        {"n": lambda n: n + 1},
        ({"result": lambda result: [result, result]}, "has shape"),
    ],
    "trunk_gradients": [
        by_tape(lambda e: tf.reduce_mean(tf.abs(e))),
        by_tape(tf.norm),
        by_tape(lambda e: tf.reduce_sum(e**2) / 12),
        by_tape(lambda e: tf.math.log(tf.reduce_mean(e**2))),
        {"result": abs},
        {"result": lambda both: both / np.linalg.norm(both)},
        {"heads": abs},
        ({"result": lambda both: both.swapaxes(1, 2)}, "has shape"),
    ],
    "honest_error": [
        stop_by(lambda c, t: np.log(c).mean(axis=1).argmin()),
        stop_by(lambda c, t: (c.mean(axis=1) + c.std(axis=1)).argmin()),
        stop_by(lambda c, t: np.minimum(c.mean(axis=1), t.mean(axis=1)).argmin()),
        stop_by(lambda c, t: np.sort(c, axis=1)[:, : max(c.shape[1] - 1, 1)].mean(axis=1).argmin()),
        {"choosing": lambda choosing: choosing[:, :4]},
        {"choosing": lambda choosing: choosing[:5]},
        (lambda c, t: t[c.mean(axis=1).argmin()], "has shape"),
    ],
}
RIGHT = {
    "rows_to_break_even": [by_root, rows(lambda a: 2 * np.sin(a / 2) ** 2)],
    "ratio_of_groups": [
        ratio(lambda tasks, r, price, d: sum(price(d if k < r else r) for k in range(tasks))),
        {"groups": lambda groups: [*map(tuple, groups)], "result": lambda ratio: Fraction(ratio.item())},
    ],
    "trunk_gradients": [
        by_tape(),
        lambda X, U, V, Y: 2 / len(X) * np.einsum("nd,nk,rk->kdr", X, X @ U @ V - Y, V),
    ],
    "honest_error": [
        stop_by(lambda c, t: c.sum(axis=1).argsort()[0]),
        lambda c, t: min(zip(c.mean(axis=1), t.mean(axis=1), strict=True))[1],
    ],
}
