"""Answers to lesson 03 that no check knows. A dictionary is the solution, with arguments or its result changed."""

import math
from fractions import Fraction

import numpy as np
import scipy.special
import tensorflow as tf


def change(inner=lambda a, b: np.sum(a * b), between=lambda dot: dot):
    def changes(g1, g2, turns, rate):
        own, dot = [sum(inner(g[name], g[name]) for name in g) for g in (g1, g2)], inner(g1["trunk"], g2["trunk"])
        return [-rate * (turns[k] * own[k] + turns[1 - k] * between(dot)) for k in (0, 1)]

    return changes


def in_place(g1, g2, turns, rate):
    g1["trunk"] *= rate
    return change()(g1, g2, turns, 1)


def settled(rounds=10**5, tolerance=1e-13):
    def values(c1, c2, w1, w2, rate):
        b = 0.0
        for _ in range(rounds):
            before, a = b, b - rate * c1 * (b - w1)
            b = a - rate * c2 * (a - w2)
            if abs(b - before) <= tolerance:
                break
        return [a, b]

    return values


def exact(c1, c2, w1, w2, rate):
    x, y, w1, w2 = (Fraction(value) for value in (rate * c1, rate * c2, w1, w2))
    b = ((1 - y) * x * w1 + y * w2) / (x + y - x * y)
    return b - x * (b - w1), b


def one_by_one(step, idle=lambda g, k: g is None):
    def turn(weights, momenta, gradients, rate, decay):
        both = [
            (w, m) if idle(g, k) else step(w, 0.9 * m + (g or 0.0), rate, rate * decay)
            for k, (w, m, g) in enumerate(zip(weights, momenta, gradients, strict=True))
        ]
        return zip(*both, strict=True)

    return turn


def right_step(w, m, rate, loss):
    return (1 - loss) * w - rate * m, m


def by_object(weights, momenta, gradients, rate, decay):
    idle = np.equal(gradients, None)
    m = 0.9 * momenta + np.where(idle, 0.0, gradients)
    return np.where(idle, weights, (1 - rate * decay) * weights - rate * m), np.where(idle, momenta, m)


def by_index(weights, momenta, gradients, rate, decay):
    result = np.stack([weights, momenta])
    for k in [k for k, g in enumerate(gradients) if g is not None]:
        result[:, k] = right_step(result[0, k], 0.9 * result[1, k] + gradients[k], rate, rate * decay)
    return tf.constant(result)


def writing(weights, momenta, gradients, rate, decay):
    result = by_object(weights, momenta, gradients, rate, decay)
    gradients[:] = [g or 0.0 for g in gradients]
    return result


def keyed(weights, momenta, gradients, rate, decay):
    of = dict(zip(gradients, zip(weights, momenta, strict=True), strict=True))
    return by_object(*np.array([of[g] for g in gradients]).T, gradients, rate, decay)


WRONG = {
    "round_change": [
        change(between=abs),
        change(between=lambda dot: min(dot, 0)),
        change(lambda a, b: np.mean(a * b)),
        change(lambda a, b: (a * b)[0, 0]),
        {"turns": sorted},
        {"turns": lambda turns: [sum(turns)] * 2},
        {"rate": lambda rate: 0.1},
        ({"result": sum}, "has shape ()"),
        (in_place, "changes `g1`"),
    ],
    "rest": [
        settled(3),
        settled(1000),
        settled(10_000),
        settled(tolerance=1e-6),
        {"rate": lambda rate: 0.2},
        {"w1": abs},
        {"result": np.sort},
        {"result": abs},
        ({"result": lambda result: result[1]}, "has shape ()"),
    ],
    "tempered": [
        lambda sizes, temperature: np.sqrt(sizes) / np.sqrt(sizes).sum(),
        {"sizes": np.sort},
        {"sizes": lambda sizes: np.array([180, 20])},
        {"temperature": lambda T: max(T, 1)},
        {"temperature": round},
        {"result": lambda result: np.round(result, 2)},
        ({"sizes": lambda sizes: sizes[:2]}, "has shape"),
    ],
    "turn": [
        one_by_one(lambda w, m, rate, loss: ((1 - loss) * (w - rate * m), m)),
        one_by_one(lambda w, m, rate, loss: (right_step(w, 0.9 * m, rate, loss)[0], m)),
        one_by_one(right_step, idle=lambda g, k: g is None and k > 0),
        one_by_one(right_step, idle=lambda g, k: g is None or k == 3),
        keyed,
        ({"result": lambda result: result[0]}, "expected is (2, "),
        ({"result": lambda result: result * (1 + 1e-10)}, "bit for bit"),
        ({"gradients": lambda gradients: [-g for g in gradients]}, "raised TypeError"),
        (writing, "changes `gradients`"),
    ],
}
RIGHT = {
    "round_change": [change(np.vdot), change(lambda a, b: math.fsum((a * b).flat))],
    "rest": [settled(), exact],
    "tempered": [
        lambda sizes, temperature: scipy.special.softmax(np.log(sizes) / temperature),
        lambda sizes, temperature: [1 / sum((m / n) ** (1 / temperature) for m in sizes) for n in sizes.tolist()],
    ],
    "turn": [one_by_one(right_step), by_object, by_index],
}
