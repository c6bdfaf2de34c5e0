"""Answers to lesson 03 that no check knows. A dictionary is the solution, with arguments or its result changed."""

import math
from fractions import Fraction

import numpy as np
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
    def values(k1, k2, w1, w2, rate):
        a = b = before = 0.0
        for _ in range(rounds):
            a = b - rate * k1 * (b - w1)
            before, b = b, a - rate * k2 * (a - w2)
            if abs(b - before) <= tolerance:
                break
        return [a, b]

    return values


def exact(k1, k2, w1, w2, rate):
    x, y, w1, w2 = (Fraction(value) for value in (rate * k1, rate * k2, w1, w2))
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


WRONG = {
    "round_change": [
        *[change(between=between) for between in (abs, lambda dot: min(dot, 0))],
        *[change(lambda a, b, part=part: part(a * b)) for part in (np.mean, lambda ab: ab[0, 0])],
        *[{"turns": turns} for turns in (sorted, lambda turns: [sum(turns)] * 2)],
        {"rate": lambda rate: 0.1},
        ({"result": sum}, "has shape ()"),
        (in_place, "changes `g1`"),
    ],
    "rest": [
        *map(settled, (3, 1000, 10_000)),
        settled(tolerance=1e-6),
        {"rate": lambda rate: 0.2},
        {"w1": abs},
        *[{"result": result} for result in (np.sort, abs)],
        ({"result": lambda result: result[1]}, "has shape ()"),
        ({"result": lambda result: result + 1e-5}, "look for rounding"),
    ],
    "tempered": [
        lambda sizes, temperature: np.sqrt(sizes) / np.sqrt(sizes).sum(),
        *[{"sizes": change} for change in (np.sort, lambda sizes: np.array([180, 20]))],
        *[{"temperature": change} for change in (lambda T: max(T, 1), round)],
        {"result": lambda result: np.round(result, 2)},
        ({"sizes": lambda sizes: sizes[:2]}, "has shape"),
    ],
    "turn": [
        one_by_one(lambda w, m, rate, loss: ((1 - loss) * (w - rate * m), m)),
        one_by_one(lambda w, m, rate, loss: (right_step(w, 0.9 * m, rate, loss)[0], m)),
        one_by_one(right_step, idle=lambda g, k: g is None and k > 0),
        one_by_one(right_step, idle=lambda g, k: g is None or k == 3),
        ({"result": lambda result: result[0]}, "expected is (2, "),
        ({"result": lambda result: result * (1 + 1e-10)}, "bit for bit"),
        ({"gradients": lambda gradients: [-g for g in gradients]}, "raised TypeError"),
    ],
}
RIGHT = {
    "round_change": [change(np.vdot), change(lambda a, b: math.fsum((a * b).flat))],
    "rest": [settled(), exact],
    "tempered": [
        lambda sizes, temperature: tf.nn.softmax(np.log(sizes) / temperature),
        lambda sizes, temperature: [1 / sum((m / n) ** (1 / temperature) for m in sizes) for n in sizes.tolist()],
    ],
    "turn": [one_by_one(right_step), by_object, lambda *given: tf.constant(by_object(*given))],
}
