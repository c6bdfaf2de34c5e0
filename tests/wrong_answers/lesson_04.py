"""Answers to lesson 04 that no check knows. A dictionary is the solution, with arguments or its result changed."""

import cmath
import math

import keras
import numpy as np
import tensorflow as tf
from wrong_answers.tapes import by_tape


def weight(of, radians=np.deg2rad):
    return lambda theta, phi, unit: of(radians(theta)) / of(radians(phi - theta)) / unit**2


def masked(count):
    def gradient(predictions, targets):
        here = ~np.isnan(targets)
        return np.where(here, 2 * (predictions - np.where(here, targets, 0)), 0) / count(here)

    return gradient


def masked_loss(clean):
    def loss(p, targets):
        here = tf.math.is_finite(targets)
        squares = tf.where(here, (p - (tf.where(here, targets, 0) if clean else targets)) ** 2, 0)
        present = tf.reduce_sum(tf.cast(here, tf.float64), axis=0)
        return tf.reduce_sum(tf.reduce_sum(squares, axis=0) / tf.maximum(present, 1))

    return loss


def on_trunk(loss):
    return by_tape(lambda X, U, heads, Y: loss(tf.reduce_mean((X @ U @ heads - Y) ** 2, axis=0)), of=1)


def adam(one=0.9, two=0.999, small=1e-7, slope=np.array):
    def ends(start, targets, task_weights, rate, steps):
        w, mean, square = np.array(start), 0.0, 0.0
        for k in range(1, steps + 1):
            g = slope(2 * (task_weights[:, None] * (w - targets)).sum(axis=0))
            mean, square = one * mean + (1 - one) * g, two * square + (1 - two) * g**2
            w = w - rate * (1 - two**k) ** 0.5 / (1 - one**k) * mean / (square**0.5 + small)
        return w

    return ends


def by_keras(start, targets, task_weights, rate, steps):
    w, optimiser = keras.Variable(start, dtype="float64"), keras.optimizers.Adam(rate)
    for _ in range(steps):
        optimiser.apply([2 * tf.reduce_sum(task_weights[:, None] * (w - targets), axis=0)], [w])
    return w


WRONG = {
    "task_weight": [
        *(weight(of) for of in (np.tan, lambda a: np.tan(2 * a), lambda a: abs(np.sin(4 * a)))),
        weight(lambda a: np.sin(2 * a), radians=lambda degrees: degrees * 3.14 / 180),
        {"result": lambda c: min(c, 1.0)},
    ],
    "masked_gradient": [
        masked(lambda here: np.maximum(here.sum(axis=1, keepdims=True), 1)),
        lambda p, t: 2 * (p - np.nan_to_num(t)) / np.maximum(np.isfinite(t).sum(axis=0), 1),
        {"targets": abs},
        {"predictions": np.round},
        *[({change: np.nan_to_num}, "NaN was silenced, and with it") for change in ("result", "predictions")],
        (by_tape(masked_loss(clean=False), of=0), "zero times NaN is NaN"),
        (masked(lambda here: here.sum(axis=0)), "divides zero by zero"),
        ({"targets": lambda targets: targets[:, :2]}, "raised ValueError"),
    ],
    "gradient_of_logs": [
        on_trunk(tf.reduce_prod),
        on_trunk(lambda L: tf.reduce_sum(tf.math.log1p(L))),
        on_trunk(lambda L: tf.math.log(L[0]) - tf.math.log(L[1])),
        {"heads": abs},
        ({"result": np.transpose}, "has shape"),
    ],
    "joint_adam": [
        *(adam(two=0.99), adam(small=1e-3), adam(slope=np.sign)),
        {"task_weights": lambda c: c**2},
        {"task_weights": np.sort},
        {"steps": lambda steps: steps + 1},
    ],
}
RIGHT = {
    "task_weight": [weight(lambda a: cmath.exp(2j * a).imag + 0j, radians=math.radians)],
    "masked_gradient": [
        by_tape(masked_loss(clean=True), of=0),
        lambda p, t: 2 * (p - np.ma.masked_invalid(t)).filled(0) / np.isfinite(t).sum(axis=0).clip(1),
    ],
    "gradient_of_logs": [on_trunk(lambda L: tf.math.log(tf.reduce_prod(L)))],
    "joint_adam": [adam(), by_keras, {"task_weights": lambda c: c / c.sum()}],
}
