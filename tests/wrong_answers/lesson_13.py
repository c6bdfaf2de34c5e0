"""Answers to lesson 13 that no check knows. A dictionary is the solution, with arguments or its result changed."""

import keras
import numpy as np
import tensorflow as tf


def diagnosing(right):
    """Wrong diagnoses with the right repair, and answers that lack one of the two."""

    def as_fault(number):
        return {"result": lambda result: [number, *result[1:]]}

    wrong = [(as_fault(number), f"not fault {number}, for ") for number in range(1, 13) if number != right]
    wrong += [(as_fault(number), "of a fault in the list") for number in (0, 13, 2.5)]
    return [
        *wrong,
        ({"result": lambda result: result[:1]}, "shape"),
        ({"result": lambda result: []}, "of a fault in the list"),
    ]


def but(change):
    """The right diagnosis, and a repair changed in all its numbers."""
    return {"result": lambda result: [result[0], *change(result[1:])]}


def by_sgd(hidden, targets, size, age, rate, mean=tf.reduce_mean):
    heads = [keras.Variable(head[:, None]) for head in (size, age)]
    with tf.GradientTape() as tape:
        loss = sum(mean((tf.matmul(hidden, head) - targets[:, [k]]) ** 2) for k, head in enumerate(heads))
    keras.optimizers.SGD(rate).apply(tape.gradient(loss, heads), heads)
    return [3, *np.ravel(heads[0]), *np.ravel(heads[1])]


def by_keras(w, gradients, rate):
    """Beside another weight, so that the optimiser counts the steps at which this one rests."""
    weights = [keras.Variable(w), keras.Variable(0.0)]
    adam, path = keras.optimizers.Adam(rate), [2]
    adam.build(weights)
    for gradient in gradients:
        pairs = [(tf.constant(g), v) for g, v in zip((gradient, 1.0), weights, strict=True) if g is not None]
        adam.apply_gradients(pairs)
        path.append(float(weights[0]))
    return path


def mixed(a, b):
    """PCGrad by the inner products alone."""
    a, b = (np.hstack([part.ravel() for part in parts]) for parts in (a, b))
    conflict = min(a @ b, 0)
    return [6, *((1 - conflict / (a @ a)) * a + (1 - conflict / (b @ b)) * b)]


def weighted(rows, task, turns, means, variances, momentum, start=1.0):
    own = np.flatnonzero(turns == task)
    shares = (1 - momentum) * momentum ** np.arange(len(own))[::-1]
    variance = shares @ variances[own] + momentum ** len(own) * start
    return [8, *((rows - shares @ means[own]) / np.sqrt(variance + 0.001))]


def picked(validation, test, add=0):
    at = validation.argmin(axis=2)[:, :, None]
    chosen, told = (np.take_along_axis(errors, at, axis=2).mean(axis=(1, 2)) for errors in (validation, test))
    return 7, told[chosen.argsort()[add]]


WRONG = {
    "keras_weights": [*diagnosing(4), but(lambda values: np.roll(values, 1)), but(np.ones_like)],
    "heads_after": [
        *diagnosing(3),
        {"rate": lambda rate: rate / 10},
        {"hidden": lambda hidden: np.maximum(hidden, 0)},
        (lambda *given: by_sgd(*given, mean=tf.reduce_sum), "take means"),
    ],
    "head_path": [
        *diagnosing(2),
        {"gradients": lambda gradients: [g for g in gradients if g is not None] + [None] * gradients.count(None)},
        {"rate": lambda rate: -rate},
        (but(lambda path: path[-1:]), "shape"),
    ],
    "pcgrad": [*diagnosing(6), {"g": lambda g: [2 * part for part in g]}, but(np.abs), but(lambda step: step[::-1])],
    "normalised": [*diagnosing(8), lambda *given: weighted(*given, start=0.0), but(lambda values: values + 1)],
    "reported": [*diagnosing(7), lambda *given: picked(*given, add=1), but(np.sqrt)],
}
RIGHT = {
    "keras_weights": [lambda names, weights: (4, *[weights[k] for k in np.argsort(names)])],
    "heads_after": [by_sgd],
    "head_path": [by_keras],
    "pcgrad": [mixed],
    "normalised": [weighted],
    "reported": [picked],
}
