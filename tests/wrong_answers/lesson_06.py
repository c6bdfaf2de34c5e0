"""Answers to lesson 06 that no check knows: wrong ones, some with words of their sentence, and unusual right ones."""

from fractions import Fraction

import numpy as np
import scipy.optimize
import tensorflow as tf


def rows(gap=lambda a: 1 - np.cos(np.radians(a)), noise=lambda s: s * s, change=lambda n: n):
    return lambda angle, d, sigma: change(d + 1 + noise(sigma) * (d - 1) / gap(angle))


def by_root(angle, d, sigma):
    def excess(n):
        return sigma**2 * (d - 1) - (n - d - 1) * (1 - np.cos(np.deg2rad(angle)))

    return scipy.optimize.brentq(excess, d + 1, 1e9, xtol=1e-9)


def price(p, n):
    return Fraction(p, n - p - 1)


def ratio(paid=lambda tasks, r, d, n: min(r, tasks) * price(d, n) + max(tasks - r, 0) * price(r, n), groups=list):
    def of_groups(given, d, n):
        asked = [tuple(group) for group in given]
        return sum(paid(*group, d, n) for group in groups(asked)) / (sum(t for t, _ in asked) * price(d, n))

    return of_groups


def small_groups_out(groups, d, n):
    return ratio()([group for group in groups if group[0] > group[1]] or groups, d, n)


def by_tape(loss=lambda e: tf.reduce_mean(e**2), change=lambda g: g):
    def gradients(X, trunk, heads, Y):
        U = tf.Variable(trunk)
        with tf.GradientTape() as tape:
            losses = tf.stack([loss((X @ U @ heads - Y)[:, k]) for k in (0, 1)])
        return change(tape.jacobian(losses, U))

    return gradients


def stop_by(choose):
    return lambda choosing, testing: testing[choose(choosing, testing)].mean()


WRONG = {
    "rows_to_break_even": [
        lambda angle, d, noise: 100.0,
        rows(noise=lambda s: s**3),
        rows(gap=lambda a: np.sin(np.radians(a))),
        rows(gap=lambda a: 1 - np.cos(np.radians(a / 2))),
        rows(gap=lambda a: np.radians(a) ** 2 / 2),
        rows(change=np.ceil),
        rows(change=lambda n: min(n, 1000)),
        (rows(change=lambda n: round(n, 3)), "look for rounding"),
        lambda angle, d, noise: rows()(angle, 20, noise),
    ],
    "ratio_of_groups": [
        lambda groups, d, n: 1.0,
        ratio(groups=set),
        ratio(groups=lambda groups: groups[:2]),
        ratio(groups=lambda groups: [(t, 2) for t, _ in groups]),
        ratio(lambda tasks, r, d, n: price(d, n) + (tasks - 1) * price(r, n)),
        ratio(lambda tasks, r, d, n: tasks * price(r, n)),
        ratio(lambda tasks, r, d, n: min(r, tasks) * Fraction(d, n) + max(tasks - r, 0) * Fraction(r, n)),
        ratio(lambda tasks, r, d, n: price(d, n) * min(r, tasks)),
        small_groups_out,
        (lambda groups, d, n: [ratio()([group], d, n) for group in groups], "has shape"),
    ],
    "trunk_gradients": [
        lambda X, trunk, heads, Y: np.ones((2, *trunk.shape)),
        by_tape(lambda e: tf.reduce_mean(tf.abs(e))),
        by_tape(lambda e: tf.norm(e)),
        by_tape(lambda e: tf.reduce_sum(e**2) / 12),
        by_tape(lambda e: tf.math.log(tf.reduce_mean(e**2))),
        by_tape(change=np.abs),
        by_tape(change=lambda g: g / tf.norm(g)),
        by_tape(change=lambda g: g / tf.norm(g, axis=(1, 2), keepdims=True)),
        lambda X, trunk, heads, Y: by_tape()(X, trunk, np.abs(heads), Y),
        (by_tape(change=lambda g: np.swapaxes(g, 1, 2)), "has shape"),
        (by_tape(change=lambda g: g[0]), "has shape"),
    ],
    "honest_error": [
        stop_by(lambda c, t: np.log(c).mean(axis=1).argmin()),
        stop_by(lambda c, t: c.mean(axis=1).argmax()),
        stop_by(lambda c, t: c[:, :4].mean(axis=1).argmin()),
        stop_by(lambda c, t: c[:5].mean(axis=1).argmin()),
        stop_by(lambda c, t: c.min(axis=1).argmin()),
        stop_by(lambda c, t: (c.mean(axis=1) + c.std(axis=1)).argmin()),
        stop_by(lambda c, t: np.minimum(c.mean(axis=1), t.mean(axis=1)).argmin()),
        stop_by(lambda c, t: np.sort(c, axis=1)[:, : max(c.shape[1] - 1, 1)].mean(axis=1).argmin()),
        lambda c, t: np.median(t[c.mean(axis=1).argmin()]),
        lambda c, t: t.mean(axis=1)[c.mean(axis=1).argmin()] - t.mean(axis=1).min(),
        (lambda c, t: t[c.mean(axis=1).argmin()], "has shape"),
        (lambda c, t: int(c.mean(axis=1).argmin()), "average the choosing errors"),
    ],
}
RIGHT = {
    "rows_to_break_even": [rows(), by_root, rows(gap=lambda a: 2 * np.sin(np.radians(a) / 2) ** 2)],
    "ratio_of_groups": [
        ratio(),
        ratio(lambda tasks, r, d, n: sum(price(d if k < r else r, n) for k in range(tasks))),
        lambda groups, d, n: ratio(lambda *given: ratio()([given[:2]], d, n) * given[0] * price(d, n))(groups, d, n),
    ],
    "trunk_gradients": [
        by_tape(),
        by_tape(change=list),
        lambda X, U, V, Y: 2 / len(X) * np.einsum("nd,nk,rk->kdr", X, X @ U @ V - Y, V),
    ],
    "honest_error": [
        stop_by(lambda c, t: c.sum(axis=1).argsort()[0]),
        lambda c, t: min(zip(c.mean(axis=1), t.mean(axis=1), strict=True))[1],
        lambda c, t: sum(t[min(range(len(c)), key=lambda k: sum(c[k]))].tolist()) / t.shape[1],
    ],
}
