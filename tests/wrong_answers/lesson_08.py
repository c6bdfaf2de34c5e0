"""Answers to lesson 08 that no check knows. A dictionary is the solution, with arguments or its result changed."""

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
import tensorflow as tf
from scipy.special import logsumexp


def total(sigma, over=np.sum):
    return lambda losses: over(losses / (2 * sigma(losses) ** 2) + np.log(sigma(losses)))


def dwa(ratio, least=2):
    def weights(history, temperature):
        speeds = ratio(history) if len(history) >= least else np.ones(history.shape[1])
        return len(speeds) * np.array(tf.nn.softmax(speeds / temperature))

    return weights


def gap(typical=np.mean, least=np.argmin):
    def at_own_best(choosing, measured):
        one, two = (m[least(typical(c, axis=1))] for c, m in zip(choosing, measured, strict=True))
        return typical(two - one), np.std(two - one, ddof=1) / np.sqrt(len(one))

    return at_own_best


WRONG = {
    "least_total": [
        total(lambda losses: np.sqrt(np.maximum(losses, 0.1))),
        total(np.sqrt, over=np.max),
        {"losses": lambda losses: losses[:1]},
        (lambda losses: np.sum(0.5 + np.log10(losses) / 2), "expected is"),
    ],
    "dwa_weights": [
        dwa(lambda h: h[-1] / h.mean(axis=0)),
        dwa(lambda h: h[-1] / h[-2], least=3),
        dwa(lambda h: np.minimum(h[-1] / h[-2], 1)),
        {"result": lambda weights: weights[::-1]},
        (lambda history, t: dwa(lambda h: h[-1] / h[-2])(history, t).sum(), "has shape"),
    ],
    "smooth_maximum": [
        lambda losses, c, mu: logsumexp(losses * c / mu, b=c) * mu,
        lambda losses, c, mu: mu * np.log(np.sum(np.exp(np.minimum(c * losses / mu, 700)))),
        lambda losses, c, mu: np.linalg.norm(c * losses, 1 / mu),
        {"c": lambda c: c / np.sum(c)},
    ],
    "gap_at_own_best": [
        gap(typical=np.median),
        gap(least=lambda means: 0),
        {"choosing": lambda errors: errors[:, :, :1]},
        (lambda choosing, measured: gap()(choosing, measured)[0], "has shape"),
    ],
}
RIGHT = {
    "least_total": [total(np.sqrt), lambda losses: len(losses) / 2 + np.log(np.prod(losses)) / 2],
    "dwa_weights": [dwa(lambda h: h[-1] / h[-2]), dwa(lambda h: np.exp(np.diff(np.log(h[-2:]), axis=0)[0]))],
    "smooth_maximum": [
        lambda losses, c, mu: mu * logsumexp(c * losses / mu),
        lambda losses, c, mu: tf.reduce_logsumexp(tf.constant(c * losses / mu)) * mu,
    ],
    "gap_at_own_best": [
        gap(),
        lambda choosing, measured: mtl.mean_se(
            np.subtract(*[m[c.sum(axis=1).argmin()] for c, m in zip(choosing[::-1], measured[::-1], strict=True)])
        ),
    ],
}
