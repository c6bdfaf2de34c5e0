"""Answers to lesson 07 that no check knows. A dictionary is the solution, with arguments or its result changed."""

import numpy as np
import tensorflow as tf
from wrong_answers.tapes import by_tape


def gains(over=np.mean, shrink=lambda gain: gain):
    return lambda shared, alone, higher: over(shrink(np.where(higher, 1, -1) * (shared / alone - 1)))


def taped(loss=lambda e: tf.reduce_mean(e**2)):
    return by_tape(lambda X, U, heads, Y: [loss((X @ U @ heads - Y)[:, k]) for k in (0, 1)], of=1)


def stop_by(choose):
    return lambda choosing, testing: testing[choose(choosing, testing)].mean()


WRONG = {
    "delta_m": [
        gains(shrink=lambda gain: np.maximum(gain, 0)),
        {"higher": lambda higher: [*reversed(higher)]},
        ({"result": lambda result: np.round(result, 5)}, "look for rounding"),
    ],
    "trunk_gradients": [
        taped(lambda e: tf.reduce_mean(tf.abs(e))),
        taped(lambda e: tf.reduce_sum(e**2) / 12),
        {"result": lambda both: both / np.linalg.norm(both)},
        ({"result": lambda both: both.swapaxes(1, 2)}, "has shape"),
    ],
    "honest_error": [
        stop_by(lambda c, t: (c**2).mean(axis=1).argmin()),
        stop_by(lambda c, t: (c.mean(axis=1) + c.std(axis=1)).argmin()),
        stop_by(lambda c, t: np.bincount(c.argmin(axis=0), minlength=len(c)).argmax()),
        {"choosing": lambda choosing: choosing[:, :4]},
        (lambda c, t: t[c.mean(axis=1).argmin()], "has shape"),
    ],
}
RIGHT = {
    "delta_m": [gains(), lambda s, a, up: 1 - np.mean(np.where(up, 2 - s / a, s / a))],
    "trunk_gradients": [taped(), lambda X, U, V, Y: 2 / len(X) * np.einsum("nd,nk,rk->kdr", X, X @ U @ V - Y, V)],
    "honest_error": [
        stop_by(lambda c, t: c.sum(axis=1).argsort()[0]),
        lambda c, t: min(zip(c.mean(axis=1), t.mean(axis=1), strict=True))[1],
    ],
}
