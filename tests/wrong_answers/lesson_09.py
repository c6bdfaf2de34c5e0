"""Answers to lesson 09 that no check knows. A dictionary is the solution, with arguments or its result changed."""

import numpy as np
from mtl_helpers import methods
from scipy.optimize import nnls


def mean_of(project):
    return lambda J: sum(project(J, g) for g in J) / len(J)


def in_turns(order_of=lambda order: order, keep=lambda g: g):
    def step(J, orders):
        total = np.zeros(J.shape[1])
        for g, order in zip(J, orders, strict=True):
            for k in order_of(order):
                if g @ J[k] < 0:
                    g = keep(g - (g @ J[k]) / (J[k] @ J[k]) * J[k])
            total += g
        return total

    return step


def least_squares(J):
    """Differences of the cosines are zero, and the weights add up to 1."""
    products = J @ J.T / np.linalg.norm(J, axis=1, keepdims=True)
    return np.linalg.solve(np.vstack([products[1:] - products[0], np.ones(len(J))]), np.eye(len(J))[-1])


WRONG = {
    "upgrad": [
        mean_of(lambda J, g: g + J.T @ nnls(J.T, -g)[0] / 2),
        lambda J: methods.mgda(J) @ J,
        {"J": lambda J: J[::-1][:2]},
        {"J": lambda J: J / np.linalg.norm(J, axis=1, keepdims=True)},
        ({"result": lambda step: np.round(step, 5)}, "look for rounding"),
    ],
    "pcgrad_of_many": [
        in_turns(order_of=lambda order: order[:1]),
        in_turns(order_of=lambda order: order[::-1]),
        in_turns(keep=lambda g: 0.5 * g),
        {"J": lambda J: J / np.linalg.norm(J, axis=1, keepdims=True)},
        ({"result": lambda step: step[:1]}, "has shape"),
    ],
    "imtl_g": [
        methods.config,
        methods.mgda,
        {"J": lambda J: np.abs(J)},
        {"result": lambda c: -c},
        ({"result": lambda c: c[:, None]}, "has shape"),
    ],
}
RIGHT = {
    "upgrad": [
        lambda J: methods.upgrad(J) @ J,
        mean_of(lambda J, g: g + J.T @ nnls(J.T, -g)[0]),
    ],
    "pcgrad_of_many": [in_turns(), in_turns(order_of=tuple)],
    "imtl_g": [least_squares, methods.imtl_g, lambda J: list(methods.imtl_g(J))],
}
