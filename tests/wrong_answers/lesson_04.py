"""Answers to lesson 04 that no check knows: wrong ones, some with words of their sentence, and unusual right ones."""

import cmath
import math

import keras
import numpy as np
import scipy.optimize
import tensorflow as tf


def weight(of, theta=np.deg2rad, power=2):
    return lambda a, phi, unit: of(theta(a)) / of(theta(phi - a)) / unit**power


def by_root(theta, phi, unit):
    def slope(log_c):
        return np.sin(np.deg2rad(2 * theta)) - np.exp(log_c) * unit**2 * np.sin(np.deg2rad(2 * (phi - theta)))

    return np.exp(scipy.optimize.brentq(slope, -20, 20, xtol=1e-12))


def masked(clean=lambda t, here: np.where(here, t, 0), count=lambda here: np.maximum(here.sum(axis=0), 1)):
    def gradient(predictions, targets):
        here = ~np.isnan(targets)
        return np.where(here, 2 * (predictions - clean(targets, here)), 0) / count(here)

    return gradient


def by_tape(loss):
    def gradient(predictions, targets):
        p, here = tf.Variable(predictions), tf.math.is_finite(targets)
        with tf.GradientTape() as tape:
            value = loss(p, targets, here)
        return tape.gradient(value, p)

    return gradient


def tape_of_squares(p, t, here, clean=True, mean=lambda squares, here: tf.math.divide_no_nan(squares, here)):
    squares = tf.where(here, (p - (tf.where(here, t, 0) if clean else t)) ** 2, 0)
    return tf.reduce_sum(mean(tf.reduce_sum(squares, axis=0), tf.reduce_sum(tf.cast(here, t.dtype), axis=0)))


def label_by_label(predictions, targets):
    gradient = np.zeros(predictions.shape)
    for k, column in enumerate(targets.T):
        rows = np.flatnonzero(column == column)
        gradient[rows, k] = 2 * (predictions[rows, k] - column[rows]) / max(len(rows), 1)
    return gradient


def on_trunk(loss):
    def gradient(X, trunk, heads, Y):
        U = tf.Variable(trunk)
        with tf.GradientTape() as tape:
            value = loss(tf.reduce_mean((X @ U @ heads - Y) ** 2, axis=0))
        return tape.gradient(value, U)

    return gradient


def by_columns(X, trunk, heads, Y):
    errors = (X @ trunk @ heads - Y).T
    return sum(2 * np.outer(X.T @ e, v) / (e @ e) for e, v in zip(errors, heads.T, strict=True))


def adam(decays=(0.9, 0.999), small=1e-7, slope=lambda g: g, steps=lambda steps: steps, power=0.5):
    def ends(start, targets, task_weights, rate, steps_asked):
        w, mean, square, (one, two) = np.array(start), 0.0, 0.0, decays
        for k in range(1, steps(steps_asked) + 1):
            g = slope(2 * (task_weights[:, None] * (w - targets)).sum(axis=0))
            mean, square = one * mean + (1 - one) * g, two * square + (1 - two) * g**2
            w = w - rate * (1 - two**k) ** power / (1 - one**k) * mean / (square**power + small)
        return w

    return ends


def by_keras(start, targets, task_weights, rate, steps):
    w, optimiser = keras.Variable(start, dtype="float64"), keras.optimizers.Adam(rate)
    for _ in range(steps):
        optimiser.apply([2 * tf.reduce_sum(task_weights[:, None] * (w - targets), axis=0)], [w])
    return w


def descent(start, targets, task_weights, rate, steps):
    for _ in range(steps):
        start = start - rate * 2 * task_weights @ (start - targets)
    return start


def remembering(start, targets, task_weights, rate, steps, memory={"mean": 0}):  # noqa: B006
    memory["mean"] = 0.9 * memory["mean"] + rate
    return adam()(start, targets, task_weights, rate, steps) + memory["mean"]


WRONG = {
    "task_weight": [
        lambda theta, phi, unit: 100.0,
        weight(lambda a: np.tan(2 * a)),
        weight(lambda a: np.cos(2 * a)),
        weight(lambda a: np.tan(a)),
        weight(lambda a: abs(np.sin(4 * a))),
        weight(lambda a: np.sin(2 * a), theta=lambda degrees: degrees * 3.14 / 180),
        weight(lambda a: np.sin(2 * a), power=4),
        weight(lambda a: np.sin(a) ** 3),
        lambda *given: min(weight(lambda a: np.sin(2 * a))(*given), 1.0),
    ],
    "masked_gradient": [
        lambda predictions, targets: np.zeros(predictions.shape),
        masked(count=lambda here: np.maximum(here.sum(axis=1, keepdims=True), 1)),
        masked(clean=lambda t, here: np.where(here, np.abs(t), 0)),
        masked(count=lambda here: here[:, :3].sum(axis=0).max()),
        masked(count=lambda here: here.sum(axis=0) + 1),
        (lambda p, t: np.nan_to_num(masked()(p, t)), "NaN was silenced at the end"),
        (lambda p, t: np.nan_to_num(2 * (p - t)) / np.maximum(np.isfinite(t).sum(axis=0), 1), "NaN was silenced"),
        (lambda p, t: np.isfinite(t) * masked(lambda t, here: t)(p, t) + 0 * t, "zero times NaN is NaN"),
        (by_tape(lambda *given: tape_of_squares(*given, clean=False)), "zero times NaN is NaN"),
        (masked(count=lambda here: here.sum(axis=0)), "divides zero by zero"),
        (lambda p, t: masked()(p, t)[:, ~np.isnan(t).all(axis=0)], "has shape"),
    ],
    "gradient_of_logs": [
        lambda X, trunk, heads, Y: np.ones(trunk.shape),
        on_trunk(lambda L: tf.reduce_sum(tf.math.log1p(L))),
        on_trunk(lambda L: tf.reduce_sum(tf.math.log(L + 1e-3))),
        on_trunk(lambda L: tf.reduce_sum(tf.math.log(L)) / np.log(2)),
        on_trunk(lambda L: tf.reduce_sum(tf.math.log(L)[:1])),
        on_trunk(lambda L: tf.math.log(L[0]) - tf.math.log(L[1])),
        on_trunk(lambda L: tf.reduce_prod(L)),
        on_trunk(lambda L: tf.reduce_logsumexp(L)),
        lambda X, *rest: by_columns(X, *rest) * len(X) / 12,
        (lambda *given: by_columns(*given).T, "has shape"),
    ],
    "joint_adam": [
        descent,
        lambda start, targets, task_weights, rate, steps: targets[0],
        lambda start, targets, c, rate, steps: c @ targets / c.sum(),
        lambda start, targets, c, rate, steps: adam()(start, targets, c**2, rate, steps),
        lambda start, targets, c, rate, steps: adam()(start, targets, np.sort(c), rate, steps),
        adam(decays=(0.0, 0.999)),
        adam(decays=(0.9, 0.99)),
        adam(small=1e-3),
        adam(power=1),
        adam(slope=np.sign),
        adam(slope=lambda g: np.clip(g, -1, 1)),
        adam(steps=lambda steps: min(steps, 50)),
        adam(steps=lambda steps: steps + 1),
        (remembering, "two results in two calls"),
    ],
}
RIGHT = {
    "task_weight": [
        by_root,
        weight(lambda a: np.sin(a) * np.cos(a)),
        weight(lambda a: cmath.exp(2j * a).imag + 0j, theta=math.radians),
    ],
    "masked_gradient": [
        masked(),
        by_tape(tape_of_squares),
        by_tape(lambda *given: tape_of_squares(*given, mean=tf.divide)),
        label_by_label,
        lambda p, t: 2 * (p - np.ma.masked_invalid(t)).filled(0) / np.isfinite(t).sum(axis=0).clip(1),
    ],
    "gradient_of_logs": [
        by_columns,
        on_trunk(lambda L: tf.reduce_sum(tf.math.log(L))),
        on_trunk(lambda L: tf.math.log(tf.reduce_prod(L))),
    ],
    "joint_adam": [adam(), by_keras, lambda start, targets, c, *rest: adam()(start, targets, c / c.sum(), *rest)],
}
