"""Answers to lesson 01 that no check knows: wrong ones, some with words of their sentence, and unusual right ones."""

from fractions import Fraction

import numpy as np
import scipy.linalg
import tensorflow as tf
from sklearn.linear_model import LinearRegression, Ridge


def line(at_10, at_20, steps):
    return at_10 + (at_20 - at_10) * (steps - 10) / 10


def root(W, X, Y):
    return np.sqrt(np.mean((Y - X @ W) ** 2))


def by_tape(loss, watch=True):
    def gradient(W, X, Y):
        W = tf.constant(W)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            if watch:
                tape.watch(W)
            value = loss(Y - X @ W)
        return tape.gradient(value, W)

    return gradient


def by_differences(ahead, behind):
    def gradient(W, X, Y):
        moves = np.eye(len(W))[:, :, None]
        return [[(root(W + ahead * m, X, Y) - root(W - behind * m, X, Y)) / (ahead + behind)] for m in moves]

    return gradient


def hessian(X1, X2):
    return 2 * (X1.T @ X1 / len(X1) + X2.T @ X2 / len(X2))


def by_power(steps):
    def rate(X1, X2):
        vector = np.ones(X1.shape[1])
        for _ in range(steps):
            vector = hessian(X1, X2) @ vector
            vector /= np.linalg.norm(vector)
        return 2 / (vector @ hessian(X1, X2) @ vector)

    return rate


def excess(fit=lambda X, Y: np.linalg.pinv(X) @ Y, error=lambda e: np.mean(e**2), fresh=lambda rows: slice(rows, None)):
    def difference(X, Y, true_weights, rows):
        W, new = fit(X[:rows], Y[:rows]), fresh(rows)
        return error(Y[new] - X[new] @ W) - error(Y[new] - X[new] @ true_weights)

    return difference


def sklearn(model):
    return lambda X, Y: model.fit(X, Y).coef_.reshape(-1, 1)


WRONG = {
    "recorded": [
        lambda at_10, at_20, calls: at_10,
        lambda at_10, at_20, calls: at_10 + at_20,
        lambda at_10, at_20, calls: len(set(calls)) * at_10,
        lambda at_10, at_20, calls: line(at_10, at_20, min(calls)),
        lambda at_10, at_20, calls: np.mean([line(at_10, at_20, steps) for steps in set(calls)]),
        lambda at_10, at_20, calls: sum(at_10 * (at_20 / at_10) ** (steps / 10 - 1) for steps in set(calls)),
        lambda at_10, at_20, calls: sum(line(at_10, at_20, max(steps, 10)) for steps in set(calls)),
        (lambda at_10, at_20, calls: [line(at_10, at_20, steps) for steps in calls], "has shape (6,)"),
    ],
    "gradient_of_root": [
        lambda W, X, Y: np.zeros_like(W),
        by_tape(lambda e: tf.reduce_mean(tf.abs(e) ** 1.5)),
        lambda *given: (lambda g: g / np.linalg.norm(g))(by_differences(1e-5, 1e-5)(*given)),
        lambda *given: np.abs(by_differences(1e-5, 1e-5)(*given)),
        (by_tape(tf.norm, watch=False), "a tape gives None"),
        (by_differences(1e-6, 0), "a finite difference"),
        (lambda *given: np.ravel(by_differences(1e-5, 1e-5)(*given)), "has shape (3,)"),
        (lambda W, X, Y: X @ (Y - X @ W), "raised ValueError"),
    ],
    "largest_rate": [
        lambda X1, X2: 2 / np.var(X1),
        lambda X1, X2: 2 / np.linalg.norm(hessian(X1, X2)),
        lambda X1, X2: 2 / np.abs(hessian(X1, X2)).sum(axis=0).max(),
        lambda X1, X2: 2 / hessian(X1, X2).max(),
        lambda X1, X2: 2 * X1.shape[1] / np.trace(hessian(X1, X2)),
        lambda X1, X2: 2 / np.linalg.eigvalsh(hessian(X1 - X1.mean(axis=0), X2 - X2.mean(axis=0)))[-1],
        lambda X1, X2: 2 / np.linalg.eigvalsh(hessian(X1, X2)[:3, :3])[-1],
        lambda X1, X2: 2 / np.linalg.cond(hessian(X1, X2)),
        by_power(2),
        (lambda X1, X2: 2 / np.linalg.eigvalsh((X1 + X2).T @ (X1 + X2))[-1], "raised ValueError"),
        (lambda X1, X2: 2 / np.linalg.eigvalsh(hessian(X1, X2)), "has shape"),
    ],
    "excess_error": [
        lambda X, Y, true_weights, rows: 0.5**2 * X.shape[1] / (rows - X.shape[1] - 1),
        lambda *given: max(excess()(*given), 0),
        excess(fit=sklearn(Ridge(1e-2, fit_intercept=False))),
        excess(fit=sklearn(LinearRegression())),
        excess(fit=lambda X, Y: np.linalg.pinv(X[:-1]) @ Y[:-1]),
        excess(error=lambda e: np.median(e**2)),
        excess(error=lambda e: np.var(e)),
        excess(error=lambda e: np.sum(e**2) / (len(e) - 1)),
        excess(fresh=lambda rows: slice(rows, 2 * rows)),
        excess(fresh=lambda rows: slice(rows, -1)),
        (excess(error=lambda e: np.abs(e)), "has shape"),
    ],
}
RIGHT = {
    "recorded": [
        lambda at_10, at_20, calls: sum(Fraction(at_20 - at_10, 10) * (n - 10) + at_10 for n in dict.fromkeys(calls)),
        lambda at_10, at_20, calls: np.polyval(np.polyfit([10, 20], [at_10, at_20], 1), np.unique(calls)).sum(),
        lambda at_10, at_20, calls: sum({n: 2 * at_10 - at_20 + (at_20 - at_10) // 10 * n for n in calls}.values()),
    ],
    "gradient_of_root": [
        by_tape(lambda e: tf.sqrt(tf.reduce_mean(tf.square(e)))),
        by_differences(1e-5, 1e-5),
        lambda W, X, Y: np.einsum("ni,nj->ij", X, X @ W - Y) / np.linalg.norm(X @ W - Y) / np.sqrt(len(X)),
    ],
    "largest_rate": [
        lambda X1, X2: 2 / np.linalg.eigvals(hessian(X1, X2).astype(complex)).max(),
        lambda X1, X2: np.linalg.norm(np.vstack([X1 / len(X1) ** 0.5, X2 / len(X2) ** 0.5]), 2) ** -2,
        lambda X1, X2: 2 / scipy.linalg.eigh(hessian(X1, X2), eigvals_only=True).tolist().pop(),
        by_power(1000),
    ],
    "excess_error": [
        excess(fit=sklearn(LinearRegression(fit_intercept=False))),
        excess(fit=lambda X, Y: np.linalg.inv(X.T @ X) @ X.T @ Y),
        excess(fit=lambda X, Y: scipy.linalg.lstsq(X, Y)[0], error=lambda e: (e.T @ e).item() / len(e)),
    ],
}
