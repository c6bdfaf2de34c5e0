"""Answers to lesson 01 that no check knows. A dictionary is the solution, with arguments or its result changed."""

from fractions import Fraction

import numpy as np
import scipy.optimize
import tensorflow as tf
from sklearn.linear_model import LinearRegression, Ridge
from wrong_answers.tapes import by_tape


def line(at_10, at_20, steps):
    return at_10 + (at_20 - at_10) * (steps - 10) / 10


def of_error(loss):
    return by_tape(lambda W, X, Y: loss(Y - X @ W), of=0)


def by_difference(move):
    return lambda W, X, Y: scipy.optimize.approx_fprime(
        W.ravel(), lambda w: np.sqrt(np.mean((Y - X @ w[:, None]) ** 2)), move
    )[:, None]


def hessian(X1, X2):
    return 2 * (X1.T @ X1 / len(X1) + X2.T @ X2 / len(X2))


def excess(fit=lambda X, Y: np.linalg.pinv(X) @ Y, error=lambda e: np.mean(e**2)):
    def difference(X, Y, true_weights, rows):
        W, X, Y = fit(X[:rows], Y[:rows]).reshape(-1, 1), X[rows:], Y[rows:]
        return error(Y - X @ W) - error(Y - X @ true_weights)

    return difference


WRONG = {
    "recorded": [
        lambda at_10, at_20, calls: at_10,
        lambda at_10, at_20, calls: len(set(calls)) * at_10,
        lambda at_10, at_20, calls: sum(at_10 * (at_20 / at_10) ** (steps / 10 - 1) for steps in set(calls)),
        {"calls": lambda calls: [max(steps, 10) for steps in calls]},
        {"calls": lambda calls: [steps + 1 for steps in calls]},
        {"calls": lambda calls: calls[:4]},
        (lambda at_10, at_20, calls: [line(at_10, at_20, steps) for steps in calls], "has shape (6,)"),
    ],
    "gradient_of_root": [
        of_error(lambda e: tf.reduce_mean(tf.abs(e) ** 1.5)),
        {"W": lambda W: 0 * W},
        {"result": abs},
        {"result": lambda result: result / np.linalg.norm(result)},
        (of_error(lambda e: tf.norm(e.numpy())), "a tape gives None"),
        (by_difference(1e-6), "a finite difference"),
        ({"result": np.ravel}, "has shape (3,)"),
        (lambda W, X, Y: X @ (Y - X @ W), "raised ValueError"),
    ],
    "largest_rate": [
        lambda X1, X2: 2 / np.linalg.norm(hessian(X1, X2)),
        lambda X1, X2: 2 / np.abs(hessian(X1, X2)).sum(axis=0).max(),
        {"X1": lambda X: X - X.mean(axis=0), "X2": lambda X: X - X.mean(axis=0)},
        {"X1": lambda X: X[:, :3], "X2": lambda X: X[:, :3]},
        {"X1": abs, "X2": abs},
        (lambda X1, X2: 2 / np.linalg.eigvalsh((X1 + X2).T @ (X1 + X2))[-1], "raised ValueError"),
        (lambda X1, X2: 2 / np.linalg.eigvalsh(hessian(X1, X2)), "has shape"),
    ],
    "excess_error": [
        lambda X, Y, true_weights, rows: 0.5**2 * X.shape[1] / (rows - X.shape[1] - 1),
        excess(lambda X, Y: Ridge(1e-2, fit_intercept=False).fit(X, Y).coef_),
        excess(lambda X, Y: LinearRegression().fit(X, Y).coef_),
        excess(error=lambda e: np.median(e**2)),
        excess(error=lambda e: np.sum(e**2) / (len(e) - 1)),
        {"result": lambda result: max(result, 0)},
        {"rows": lambda rows: rows - 1},
        {"X": lambda X: X[:30], "Y": lambda Y: Y[:30]},
    ],
}
RIGHT = {
    "recorded": [
        lambda at_10, at_20, calls: sum(Fraction(at_20 - at_10, 10) * (n - 10) + at_10 for n in dict.fromkeys(calls)),
        lambda at_10, at_20, calls: np.polyval(np.polyfit([10, 20], [at_10, at_20], 1), np.unique(calls)).sum(),
        lambda at_10, at_20, calls: sum({n: line(at_10, at_20, n) for n in calls}.values()),
    ],
    "gradient_of_root": [
        of_error(lambda e: tf.sqrt(tf.reduce_mean(tf.square(e)))),
        lambda *given: (by_difference(1e-5)(*given) + by_difference(-1e-5)(*given)) / 2,
    ],
    "largest_rate": [
        lambda X1, X2: 2 / np.linalg.eigvals(hessian(X1, X2).astype(complex)).max(),
        lambda X1, X2: np.linalg.norm(np.vstack([X1 / len(X1) ** 0.5, X2 / len(X2) ** 0.5]), 2) ** -2,
    ],
    "excess_error": [excess(), excess(lambda X, Y: LinearRegression(fit_intercept=False).fit(X, Y).coef_)],
}
