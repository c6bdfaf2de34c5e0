"""Plausible wrong answers to lesson 03's exercises, each with words of the sentence meant for it."""

import numpy as np
import tensorflow as tf


def inner(one, other, names):
    return sum(np.vdot(one[name], other[name]) for name in names)


EVERYTHING = ("trunk", "head")


def changes(own, between, turns, rate):
    return [-rate * (turns[0] * own[0] + turns[1] * between), -rate * (turns[1] * own[1] + turns[0] * between)]


def uphill(g1, g2, turns, rate):
    own = inner(g1, g1, EVERYTHING), inner(g2, g2, EVERYTHING)
    return changes(own, inner(g1, g2, ["trunk"]), turns, -rate)


def trunk_only(g1, g2, turns, rate):
    own = inner(g1, g1, ["trunk"]), inner(g2, g2, ["trunk"])
    return changes(own, inner(g1, g2, ["trunk"]), turns, rate)


def all_weights_everywhere(g1, g2, turns, rate):
    one, two = (np.concatenate([tf.reshape(g[name], [-1]) for name in g]) for g in (g1, g2))
    return changes((one @ one, two @ two), one @ two, turns, rate)


def own_turns(g1, g2, turns, rate):
    return [-rate * turns[0] * inner(g1, g1, EVERYTHING), -rate * turns[1] * inner(g2, g2, EVERYTHING)]


def transfer_only(g1, g2, turns, rate):
    between = np.sum(g1["trunk"] * g2["trunk"])
    return np.array([turns[1], turns[0]]) * -rate * between


def without_rate(g1, g2, turns, rate):
    return np.array(right_change(g1, g2, turns, rate)) / rate


def right_change(g1, g2, turns, rate):
    return changes((inner(g1, g1, g1), inner(g2, g2, g2)), inner(g1, g2, ["trunk"]), turns, rate)


def lengths(g1, g2, turns, rate):
    own = [sum(np.linalg.norm(value) for value in g.values()) for g in (g1, g2)]
    return changes(own, inner(g1, g2, ["trunk"]), turns, rate)


def all_turns_for_transfer(g1, g2, turns, rate):
    own, between = (inner(g1, g1, g1), inner(g2, g2, g2)), inner(g1, g2, ["trunk"])
    return [-rate * sum(turns) * (square + between) for square in own]


def of_direction(g1, g2, turns, rate):
    between = inner(g1, g2, ["trunk"])
    between /= np.linalg.norm(g1["trunk"]) * np.linalg.norm(g2["trunk"])
    return changes((inner(g1, g1, g1), inner(g2, g2, g2)), between, turns, rate)


def settle(c1, c2, w1, w2, rate):
    matrix = np.array([[1, rate * c1 - 1], [rate * c2 - 1, 1]])
    return np.linalg.solve(matrix, [rate * c1 * w1, rate * c2 * w2])


def as_in_the_lesson(c1, c2, w1, w2, rate):
    middle, lean = (w1 + w2) / 2, rate * (w2 - w1) / (4 - 2 * rate)
    return [middle - lean, middle + lean]


def lean_about_the_minimum(c1, c2, w1, w2, rate):
    middle, lean = (c1 * w1 + c2 * w2) / (c1 + c2), rate * (w2 - w1) / (4 - 2 * rate)
    return [middle - lean, middle + lean]


def joint(c1, c2, w1, w2, rate):
    return np.full(2, np.average([w1, w2], weights=[c1, c2]))


def from_the_minima(c1, c2, w1, w2, rate):
    return [(1 - rate * c1) * w2 + rate * c1 * w1, (1 - rate * c2) * w1 + rate * c2 * w2]


def too_few_turns(c1, c2, w1, w2, rate, rounds=3):
    w = (w1 + w2) / 2
    for _ in range(rounds):
        a = w - rate * c1 * (w - w1)
        w = a - rate * c2 * (a - w2)
    return [a, w]


def power(sizes, exponent):
    return np.array(sizes) ** float(exponent)


def normal(values):
    return values / np.sum(values)


def shares_then_power(sizes, temperature):
    return (sizes / np.sum(sizes)) ** (1 / temperature)


def turn_with(idle, skip=lambda gradient: gradient is None):
    def turn(weights, momenta, gradients, rate, decay):
        new_weights, new_momenta = weights.copy(), momenta.copy()
        for k, gradient in enumerate(gradients):
            if skip(gradient):
                new_weights[k], new_momenta[k] = idle(weights[k], momenta[k], rate, decay)
            else:
                new_momenta[k] = 0.9 * momenta[k] + gradient
                new_weights[k] = weights[k] - rate * decay * weights[k] - rate * new_momenta[k]
        return new_weights, new_momenta

    return turn


def unrepaired(weights, momenta, gradients, rate, decay):
    gradients = np.array([0.0 if gradient is None else gradient for gradient in gradients])
    momenta = 0.9 * momenta + gradients
    return (1 - rate * decay) * weights - rate * momenta, momenta


def masked_weights_only(weights, momenta, gradients, rate, decay):
    new, momenta = unrepaired(weights, momenta, gradients, rate, decay)
    return np.where([gradient is None for gradient in gradients], weights, new), momenta


def masked_step_but_not_decay(weights, momenta, gradients, rate, decay):
    busy = np.array([gradient is not None for gradient in gradients])
    filled = np.array([gradient or 0.0 for gradient in gradients])
    momenta = np.where(busy, 0.9 * momenta + filled, momenta)
    return (1 - rate * decay) * weights - rate * momenta * busy, momenta


def no_decay_at_all(weights, momenta, gradients, rate, decay):
    return turn_with(lambda w, m, rate, decay: (w, m))(weights, momenta, gradients, rate, 0.0)


def running_momentum(weights, momenta, gradients, rate, decay):
    weights, kept, momentum = weights.copy(), momenta.copy(), momenta[0]
    for k, gradient in enumerate(gradients):
        if gradient is None:
            continue
        momentum = momentum * 0.9 + gradient
        kept[k] = momentum
        weights[k] = weights[k] * (1 - rate * decay) - rate * momentum
    return weights, kept


def in_place(weights, momenta, gradients, rate, decay):
    for k, gradient in enumerate(gradients):
        if gradient is not None:
            momenta[k] = 0.9 * momenta[k] + gradient
            weights[k] -= rate * decay * weights[k] + rate * momenta[k]
    return weights, momenta


def none_forgotten(weights, momenta, gradients, rate, decay):
    momenta = [0.9 * momentum + gradient for momentum, gradient in zip(momenta, gradients, strict=True)]
    return (1 - rate * decay) * weights - rate * np.array(momenta), momenta


def almost_idle(weights, momenta, gradients, rate, decay):
    return turn_with(lambda w, m, rate, decay: (w * (1 - 1e-10), m))(weights, momenta, gradients, rate, decay)


def trunk_twice(weights, momenta, gradients, rate, decay):
    step = turn_with(lambda w, m, rate, decay: (w, m))
    weights, momenta = step(weights, momenta, gradients, rate, decay)
    return step(weights, momenta, [gradients[0], *[None] * (len(weights) - 1)], rate, decay)


WRONG = {
    "round_change": [
        (uphill, "the sign is turned"),
        (trunk_only, "only the trunk is counted"),
        (all_weights_everywhere, "leaves the other's head alone"),
        (own_turns, "only a task's own turns"),
        (transfer_only, "only the other task's turns"),
        (without_rate, "the rate is missing"),
        (lambda g1, g2, turns, rate: right_change(g1, g2, turns[::-1], rate), "turns[0] are steps for task 1"),
        (lambda g1, g2, turns, rate: right_change(g1, g2, (1, 1), rate), "one turn each"),
        (lambda g1, g2, turns, rate: np.divide(right_change(g1, g2, turns, rate), sum(turns)), "the change a turn"),
        (lengths, "what counts is its square"),
        (of_direction, "the cosine tells"),
        (lambda g1, g2, turns, rate: right_change(g1, g2, turns, rate)[::-1], "comes first here"),
        (all_turns_for_transfer, "multiply entry by entry"),
        (lambda g1, g2, turns, rate: right_change(g1, g2, turns, rate)[1], "has shape ()"),
    ],
    "rest": [
        (lambda *given: np.flip(settle(*given)), "have changed places: a, after"),
        (as_in_the_lesson, "equal curvatures"),
        (lean_about_the_minimum, "the lean does not"),
        (joint, "the minimum of the sum"),
        (lambda *given: [np.mean(settle(*given))] * 2, "the average of a and b"),
        (from_the_minima, "never arrives there"),
        (lambda c1, c2, w1, w2, rate: settle(c2, c1, w1, w2, rate), "c1 and c2 have changed places"),
        (lambda c1, c2, w1, w2, rate: settle(2 * c1, 2 * c2, w1, w2, rate), "twice the rate"),
        (lambda c1, c2, w1, w2, rate: [w1, w2], "these are the two minima"),
        (too_few_turns, "until w settles"),
        (lambda *given: too_few_turns(*given, rounds=40), "until w settles"),
        (lambda *given: settle(*given)[1], "has shape ()"),
    ],
    "tempered": [
        (lambda sizes, temperature: normal(power(sizes, temperature)), "is turned around"),
        (lambda sizes, temperature: power(sizes, 1 / temperature), "divide by their sum"),
        (shares_then_power, "once more is needed"),
        (lambda sizes, temperature: tf.nn.softmax(np.array(sizes) / temperature), "a softmax of the sizes"),
        (lambda sizes, temperature: tf.nn.softmax(normal(sizes) / temperature), "a softmax of the shares"),
        (lambda sizes, temperature: normal(sizes / temperature), "no effect"),
        (lambda sizes, temperature: np.ones(len(sizes)) / len(sizes), "whatever its size"),
        (lambda sizes, temperature: normal(power(sizes, -1 / temperature)), "small tasks get more"),
        (lambda sizes, temperature: power(sizes / max(sizes), 1 / temperature), "not by the sum"),
        (lambda sizes, temperature: normal(np.sqrt(sizes)), "16/17"),
        (lambda sizes, temperature: np.array([180, 20]) ** (1 / temperature), "16/17"),
    ],
    "turn": [
        (unrepaired, "None is still taken for zero"),
        (masked_weights_only, "its momentum fades; both"),
        (masked_step_but_not_decay, "weight decay still shrinks it"),
        (turn_with(lambda w, m, rate, decay: (w, 0)), "set to zero"),
        (turn_with(lambda w, m, rate, decay: (w - rate * decay * w, 0)), "loses its momentum"),
        (turn_with(lambda w, m, rate, decay: (w - rate * m, m)), "still moves the weight"),
        (turn_with(lambda w, m, rate, decay: (w, m), skip=lambda gradient: not gradient), "only None means idle"),
        (running_momentum, "each has its own"),
        (no_decay_at_all, "must decay as before"),
        (in_place, "copy the array"),
        (none_forgotten, "raised TypeError"),
        (trunk_twice, "zero is no None"),
        (lambda *given: np.transpose(turn_with(lambda w, m, rate, decay: (w, m))(*given)), "one for each weight"),
        (lambda weights, momenta, *_: (weights, momenta), "nothing changes at all"),
        (lambda *given: turn_with(lambda w, m, rate, decay: (w, m))(*given)[0], "expected is (2, "),
        (almost_idle, "bit for bit"),
    ],
}
