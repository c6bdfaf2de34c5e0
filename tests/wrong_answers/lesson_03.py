"""Answers to lesson 03 that no check knows: wrong ones, some with words of their sentence, and unusual right ones."""

import math
from fractions import Fraction

import numpy as np
import scipy.special
import tensorflow as tf


def change(inner=lambda a, b: np.sum(a * b), turns=lambda turns: turns, between=lambda dot: dot, own=lambda dot: dot):
    def changes(g1, g2, all_turns, rate):
        squares = [own(sum(inner(g[name], g[name]) for name in g)) for g in (g1, g2)]
        one, two = turns(all_turns)
        dot = between(inner(g1["trunk"], g2["trunk"]))
        return [-rate * (one * squares[0] + two * dot), -rate * (two * squares[1] + one * dot)]

    return changes


def in_place(g1, g2, turns, rate):
    g1["trunk"] *= rate
    return change()(g1, g2, turns, 1)


def settled(rounds=10**5, tolerance=1e-13, start=0.0):
    def values(c1, c2, w1, w2, rate):
        b = start
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


def joined(c1, c2, w1, w2, rate):
    """Both turns are affine maps; the last entry of a vector stays 1."""
    one, two = (np.array([[1 - rate * c, rate * c * w], [0, 1]]) for c, w in ((c1, w1), (c2, w2)))
    ends = [np.linalg.matrix_power(last @ first, 10**6) for first, last in ((two, one), (one, two))]
    return [end[0, 1] for end in ends]


def shares(power):
    return lambda sizes, temperature: power(sizes, temperature) / np.sum(power(sizes, temperature))


def step(w, m, g, rate, decay):
    return (1 - rate * decay) * w - rate * (0.9 * m + g), 0.9 * m + g


def one_by_one(busy=step, idle=lambda g, k: g is None):
    def turn(weights, momenta, gradients, rate, decay):
        both = [
            (w, m) if idle(g, k) else busy(w, m, g or 0.0, rate, decay)
            for k, (w, m, g) in enumerate(zip(weights, momenta, gradients, strict=True))
        ]
        return [[w for w, _ in both], [m for _, m in both]]

    return turn


def by_object(weights, momenta, gradients, rate, decay):
    gradients = np.array(gradients, dtype=object)
    idle = gradients == np.array(None)
    new, m = step(weights, momenta, np.where(idle, 0.0, gradients), rate, decay)
    return np.where(idle, weights, new), np.where(idle, momenta, m)


def by_index(weights, momenta, gradients, rate, decay):
    result = np.stack([weights, momenta])
    for k in [k for k, g in enumerate(gradients) if g is not None]:
        result[:, k] = step(*result[:, k], gradients[k], rate, decay)
    return tf.constant(result)


def writing(weights, momenta, gradients, rate, decay):
    idle = [g is None for g in gradients]
    for k in np.flatnonzero(idle):
        gradients[k] = 0.0
    return np.where(idle, [weights, momenta], step(weights, momenta, np.array(gradients), rate, decay))


def keyed(weights, momenta, gradients, rate, decay):
    of = dict(zip(gradients, zip(weights, momenta, strict=True), strict=True))
    return one_by_one()(*np.array([of[g] for g in gradients]).T, gradients, rate, decay)


WRONG = {
    "round_change": [
        change(own=np.sqrt),
        change(between=abs),
        change(between=lambda dot: min(dot, 0)),
        change(turns=sorted),
        change(turns=lambda turns: [sum(turns)] * 2),
        change(turns=lambda turns: [turn > 0 for turn in turns]),
        change(inner=lambda a, b: np.mean(a * b)),
        change(inner=lambda a, b: (a * b)[0, 0]),
        change(inner=lambda a, b: np.sum(a) * np.sum(b)),
        (lambda *given: sum(change()(*given)), "has shape ()"),
        (in_place, "changes `g1`"),
    ],
    "rest": [
        settled(3),
        settled(40),
        settled(1000),
        settled(10_000),
        settled(tolerance=1e-6),
        lambda *given: sorted(settled()(*given)),
        lambda *given: np.abs(settled()(*given)),
        lambda c1, c2, w1, w2, rate: settled()(c1, c2, min(w1, w2), max(w1, w2), rate),
        lambda c1, c2, w1, w2, rate: settled()(c1, c2, w1, w2, 0.2),
        (lambda *given: settled()(*given)[1], "has shape ()"),
    ],
    "tempered": [
        shares(lambda sizes, temperature: np.sqrt(sizes)),
        shares(lambda sizes, temperature: sizes ** (1 / max(temperature, 1))),
        shares(lambda sizes, temperature: sizes ** (1.0 // temperature)),
        shares(lambda sizes, temperature: np.sort(sizes) ** (1 / temperature)),
        shares(lambda sizes, temperature: np.log(sizes) / temperature),
        lambda sizes, temperature: tf.nn.softmax(temperature * np.log(sizes / sizes.max()) ** 2),
        lambda sizes, temperature: np.round(shares(lambda n, T: n ** (1 / T))(sizes, temperature), 2),
        lambda sizes, temperature: (sizes / 200) ** (1 / temperature),
        lambda sizes, temperature: list({n: n for n in sizes}),
        lambda sizes, temperature: [1 / 3, 1 / 3, 1 / 3],
    ],
    "turn": [
        one_by_one(lambda w, m, g, rate, decay: (w - rate * (0.99 * m + g) - rate * decay * w, 0.99 * m + g)),
        one_by_one(lambda w, m, g, rate, decay: ((1 - rate * decay) * (w - rate * (0.9 * m + g)), 0.9 * m + g)),
        one_by_one(lambda w, m, g, rate, decay: step(w, m, 0.1 * g, rate, decay)),
        one_by_one(lambda w, m, g, rate, decay: (step(w, *step(w, m, g, rate, decay)[1:], g, rate, decay)[0], m)),
        one_by_one(idle=lambda g, k: g is None and k > 0),
        one_by_one(idle=lambda g, k: g is None or k == 3),
        keyed,
        (lambda *given: one_by_one()(*given)[0], "expected is (2, "),
        (lambda w, *rest: np.multiply(one_by_one()(w, *rest), 1 + 1e-10), "bit for bit"),
        (lambda w, m, g, rate, decay: step(w, m, np.array(g), rate, decay), "raised TypeError"),
        (writing, "changes `gradients`"),
    ],
}
RIGHT = {
    "round_change": [
        change(np.vdot),
        change(lambda a, b: math.fsum((a * b).flat)),
        change(lambda a, b: tf.tensordot(a, b, axes=2)),
        lambda *given: dict(zip("12", change()(*given), strict=True)).values(),
    ],
    "rest": [settled(), settled(start=100.0), exact, joined],
    "tempered": [
        lambda sizes, temperature: scipy.special.softmax(np.log(sizes) / temperature),
        lambda sizes, temperature: tf.nn.softmax(tf.math.log(tf.cast(sizes, tf.float64)) / temperature),
        lambda sizes, temperature: [1 / sum((m / n) ** (1 / temperature) for m in sizes) for n in sizes.tolist()],
    ],
    "turn": [one_by_one(), by_object, by_index, lambda *given: zip(*np.transpose(one_by_one()(*given)), strict=True)],
}
