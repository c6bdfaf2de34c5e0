"""Answers to the exercises of lesson 03."""

from collections.abc import Callable

import numpy as np

from mtl_helpers.checks.core import Trial, exercise


@exercise("a task pays on the trunk alone for the other's turns, and its own turns pay back on trunk and head.")
def round_change() -> Trial:
    """Exercise 1: what a round of turns does to both losses, to first order."""

    def inputs(rng, case):
        d, h, o = [3, 1, 4, 2][case % 4], [2, 5, 1][case % 3], [1, 3][case % 2]
        g1, g2 = ({"trunk": rng.normal(size=(d, h)), "head": rng.normal(size=(h, o))} for _ in range(2))
        turns = [[2, 7], [1, 1], [5, 2], [0, 3], [9, 1], [4, 0]][case % 6]
        return g1, g2, turns, float(rng.uniform(0.01, 0.2))

    def dot(one, other):
        return sum(float(a) * float(b) for a, b in zip(one.ravel(), other.ravel(), strict=True))

    def expected(g1, g2, turns, rate):
        changes = [0.0, 0.0]
        for task, own, other in ((0, g1, g2), (1, g2, g1)):
            for _ in range(turns[task]):
                changes[task] -= rate * (dot(own["trunk"], own["trunk"]) + dot(own["head"], own["head"]))
                changes[1 - task] -= rate * dot(own["trunk"], other["trunk"])
        return changes

    def built(
        own: tuple = ("trunk", "head"),
        cross: tuple = ("trunk",),
        measure: Callable = dot,
        square: Callable = lambda values: dot(values, values),
    ) -> Callable:
        """The changes, with a choice of the weights that count in own turns and in the other's."""

        def changes(g1, g2, turns, rate):
            between = sum(measure(g1[name], g2[name]) for name in cross)
            squares = [sum(square(g[name]) for name in own) for g in (g1, g2)]
            return -rate * np.array([turns[k] * squares[k] + turns[1 - k] * between for k in (0, 1)])

        return changes

    def with_turns(change: Callable) -> Callable:
        return lambda g1, g2, turns, rate: expected(g1, g2, change(turns), rate)

    def cosine(one, other):
        return dot(one, other) / (dot(one, one) * dot(other, other)) ** 0.5

    mistakes = {
        "the sign is turned: descent goes against the gradient, so a step lowers its own loss": lambda *given: (
            -np.array(expected(*given))
        ),
        "only the trunk is counted; a task's own turns move its own head as well": built(own=("trunk",)),
        "own turns count the length of a gradient; what counts is its square, the gradient times itself": (
            built(square=lambda values: dot(values, values) ** 0.5)
        ),
        "the two heads are multiplied with each other, but a step for one task leaves the other's head alone": (
            built(cross=("trunk", "head"))
        ),
        "only a task's own turns are counted; the other's turns move the trunk, and so this loss": built(cross=()),
        "only the other task's turns are counted; each task's own turns lower its loss too": built(own=()),
        "the rate is missing: a step is the rate times the gradient": lambda g1, g2, turns, rate: expected(
            g1, g2, turns, 1.0
        ),
        "each task's turns are counted for the other: turns[0] are steps for task 1": with_turns(
            lambda turns: turns[::-1]
        ),
        "this is a round of one turn each; multiply by how many turns each task takes": with_turns(
            lambda turns: [1, 1]
        ),
        "this is the change a turn; add up the whole round": lambda g1, g2, turns, rate: (
            np.array(expected(g1, g2, turns, rate)) / sum(turns)
        ),
        "the cosine tells the direction only; the change is the dot product, lengths included": built(measure=cosine),
        "the loss of task 2 comes first here; [of L1, of L2] is asked for": lambda *given: expected(*given)[::-1],
    }
    look = "g1·g2 is one number: multiply entry by entry and add everything up; then ask which weights a turn moves"
    return Trial(inputs, expected, mistakes, look)


@exercise("both values solve both equations at once, and the task that had the last turn has w on its side.")
def rest() -> Trial:
    """Exercise 2: where round robin rests between two quadratics."""

    def inputs(rng, case):
        low, high = float(rng.uniform(0.5, 1.5)), float(rng.uniform(2.5, 4))
        c1, c2 = [(low, high), (high, low), (low, low)][case % 3]
        w1, w2 = (float(w) for w in rng.normal(size=2) * [1, 5][case % 2])
        return c1, c2, w1, w2, [0.05, 0.2, 0.0005, 0.01, 0.1, 0.002][case % 6]

    def expected(c1, c2, w1, w2, rate):
        # The two equations, a - (1 - rate c1) b = rate c1 w1 and b - (1 - rate c2) a = rate c2 w2.
        return np.linalg.solve([[1, rate * c1 - 1], [rate * c2 - 1, 1]], [rate * c1 * w1, rate * c2 * w2])

    def minimum(c1, c2, w1, w2):
        return (c1 * w1 + c2 * w2) / (c1 + c2)

    def around(middle: Callable) -> Callable:
        """The lean of the lesson, which is that of equal curvatures, about a middle."""

        def values(c1, c2, w1, w2, rate):
            return middle(c1, c2, w1, w2) + rate / (2 * (2 - rate)) * (w2 - w1) * np.array([-1, 1])

        return values

    def one_round(c1, c2, w1, w2, rate):
        return [w2 - rate * c1 * (w2 - w1), w1 - rate * c2 * (w1 - w2)]

    mistakes = {
        "the two values have changed places: a, after a turn of task 1, comes first": lambda *given: expected(*given)[
            ::-1
        ],
        "this is the lesson's formula for equal curvatures; put c1 and c2 into the two equations": around(
            lambda c1, c2, w1, w2: (w1 + w2) / 2
        ),
        "the middle has the curvatures, the lean does not; solve the two equations together": around(minimum),
        "this is the minimum of the sum, where joint steps go; turns at a fixed rate jump around it": (
            lambda c1, c2, w1, w2, rate: [minimum(c1, c2, w1, w2)] * 2
        ),
        "this is the average of a and b, twice; w jumps between two values": lambda *given: (
            [sum(expected(*given)) / 2] * 2
        ),
        "each value starts from the other task's minimum, where w never is; a starts from b, b from a": one_round,
        "the curvature is squared: it comes into the gradient once, and the ½ takes the 2": (
            lambda c1, c2, w1, w2, rate: expected(c1**2, c2**2, w1, w2, rate)
        ),
        "this is for twice the rate: the ½ in the loss cancels the 2 of the derivative": (
            lambda c1, c2, w1, w2, rate: expected(c1, c2, w1, w2, 2 * rate)
        ),
        "this is for half the rate: the ½ in the loss cancels the 2 of the derivative": (
            lambda c1, c2, w1, w2, rate: expected(c1, c2, w1, w2, rate / 2)
        ),
        "c1 and c2 have changed places: c1 is the curvature of task 1": lambda c1, c2, w1, w2, rate: expected(
            c2, c1, w1, w2, rate
        ),
        "these are the two minima, but a step goes only the share rate times curvature of the way to one": (
            lambda c1, c2, w1, w2, rate: [w1, w2]
        ),
    }
    look = "solve the two equations; a loop must run until w settles, thousands of rounds at a small rate"
    return Trial(inputs, expected, mistakes, look)


@exercise("one number turns the sizes of any number of tasks into probabilities.")
def tempered() -> Trial:
    """Exercise 3: sampling with a temperature."""

    def inputs(rng, case):
        tasks = [3, 2, 5, 1, 4, 3][case % 6]
        sizes = rng.integers(3, [60, 6, 5000][case % 3], size=tasks)  # of few sizes some are equal
        return sizes, [float(rng.uniform(1.5, 5)), 2, 1, 0.6, 20][case % 5]

    def shares(values):
        return values / values.sum()

    def expected(sizes, temperature):
        parts = [float(size) ** (1 / temperature) for size in sizes]
        return [part / sum(parts) for part in parts]

    def softmax(scores):
        return shares(np.exp(scores - scores.max()))

    mistakes = {
        "the temperature is turned around: the power is 1/T, so that a large T evens the shares out": (
            lambda sizes, temperature: shares(sizes.astype(float) ** temperature)
        ),
        "these do not add up to 1; divide by their sum": lambda sizes, temperature: (
            sizes.astype(float) ** (1 / temperature)
        ),
        "these do not add up to 1: the shares are normalised before the power, and once more is needed after it": (
            lambda sizes, temperature: shares(sizes) ** (1 / temperature)
        ),
        "this is a softmax of the sizes; here a power of each size is asked for, not an exponential": (
            lambda sizes, temperature: softmax(sizes / temperature)
        ),
        "this is a softmax of the shares; here a power of each size is asked for, not an exponential": (
            lambda sizes, temperature: softmax(shares(sizes) / temperature)
        ),
        "the temperature has no effect: this is proportional sampling, T = 1": lambda sizes, _: shares(sizes),
        "every task gets the same, whatever its size; that is the limit of a large T": lambda sizes, _: np.full(
            len(sizes), 1 / len(sizes)
        ),
        "divided by the largest, not by the sum; probabilities add up to 1": lambda sizes, temperature: (
            (sizes / sizes.max()) ** (1 / temperature)
        ),
        "small tasks get more than large ones: the sign of the power is turned": lambda sizes, temperature: shares(
            sizes ** (-1 / temperature)
        ),
    }
    look = "for sizes 16 and 1 it is 16/17 and 1/17 at T = 1, and 4/5 and 1/5 at T = 2"
    return Trial(inputs, expected, mistakes, look)


@exercise("who has no turn keeps weight and momentum, and a flat loss is still a turn.")
def turn() -> Trial:
    """Exercise 4: a step with momentum and weight decay that leaves idle weights alone."""

    def inputs(rng, case):
        some = round(float(rng.normal()), 3)
        patterns = [[some, None], [0.0, None, some], [some, some, 0.0], [None, some, None, -some, some], [None], [some]]
        gradients = [*patterns[case % 6], *[None, 0.0][: case % 3]]
        weights, momenta = rng.normal(size=(2, len(gradients))).astype(np.float32).astype(float)  # float32 will do
        return weights, momenta, gradients, float(rng.uniform(0.05, 0.3)), float(rng.uniform(0.1, 0.5))

    def built(
        idle: Callable = lambda w, m, rate, decay: (w, m),
        step: Callable = lambda w, m, g, rate, decay: ((1 - rate * decay) * w - rate * (0.9 * m + g), 0.9 * m + g),
        none: Callable = lambda gradient: gradient is None,
    ) -> Callable:
        """One turn, weight by weight, with a choice of what happens to the idle and to the others."""

        def result(weights, momenta, gradients, rate, decay):
            pairs = [
                idle(w, m, rate, decay) if none(g) else step(w, m, g, rate, decay)
                for w, m, g in zip(weights, momenta, gradients, strict=True)
            ]
            return np.transpose(pairs)

        return result

    def expected(weights, momenta, gradients, rate, decay):
        return built()(weights, momenta, gradients, rate, decay)

    def nearly_idle(result, weights, momenta, gradients, *_):
        given, idle = np.stack([weights, momenta]), [gradient is None for gradient in gradients]
        off = result.shape == given.shape and result[:, idle] - given[:, idle]
        return np.any(off) and np.all(np.abs(off) < 1e-6)

    def one_momentum(weights, momenta, gradients, rate, decay: float):
        new, momentum = np.stack([weights, momenta]), momenta[0]
        for k, gradient in enumerate(gradients):
            if gradient is not None:
                momentum = 0.9 * momentum + gradient
                new[:, k] = (1 - rate * decay) * weights[k] - rate * momentum, momentum
        return new

    mistakes = {
        "None is still taken for zero: an idle head does not stay as it was": built(
            idle=lambda w, m, rate, decay: ((1 - rate * decay) * w - rate * 0.9 * m, 0.9 * m)
        ),
        "an idle weight stays, but its momentum fades; both belong to the task that has no turn": built(
            idle=lambda w, m, rate, decay: (w, 0.9 * m)
        ),
        "no momentum moves the idle head, but weight decay still shrinks it": built(
            idle=lambda w, m, rate, decay: ((1 - rate * decay) * w, m)
        ),
        "the idle momentum is kept, and still moves the weight": built(
            idle=lambda w, m, rate, decay: (w - rate * m, m)
        ),
        "the idle momentum is set to zero; it would be missing when the task has its next turn": built(
            idle=lambda w, m, rate, decay: (w, 0.0)
        ),
        "the idle head decays and loses its momentum; leave both as they were": built(
            idle=lambda w, m, rate, decay: ((1 - rate * decay) * w, 0.0)
        ),
        "a gradient of zero is skipped too, but only None means idle": built(
            none=lambda gradient: gradient is None or gradient == 0
        ),
        "one momentum runs through all weights; each has its own": one_momentum,
        "a weight with a turn must decay as before; the repair is for the idle ones only": built(
            step=lambda w, m, g, rate, decay: (w - rate * (0.9 * m + g), 0.9 * m + g)
        ),
        "the weights move by the old momentum; renew the momentum first": built(
            step=lambda w, m, g, rate, decay: ((1 - rate * decay) * w - rate * m, 0.9 * m + g)
        ),
        "the momentum is not used: the weights follow this gradient alone": built(
            step=lambda w, m, g, rate, decay: ((1 - rate * decay) * w - rate * g, 0.9 * m + g)
        ),
        "the sign is turned: descent subtracts the momentum": built(
            step=lambda w, m, g, rate, decay: ((1 - rate * decay) * w + rate * (0.9 * m + g), 0.9 * m + g)
        ),
        "the decay has come into the momentum; in the code given it acts on the weight alone": built(
            step=lambda w, m, g, rate, decay: (
                w - rate * (0.9 * m + g + decay * w),
                0.9 * m + g + decay * w,
            )
        ),
        "these are pairs, one for each weight; hand back all the weights first, then all the momenta": (
            lambda *given: built()(*given).T
        ),
        "nothing changes at all; entries that have a gradient take their step": lambda weights, momenta, *_: np.stack(
            [weights, momenta]
        ),
    }
    signs = {"an idle entry is nearly what it was, and not bit for bit; hand it back untouched": nearly_idle}
    look = "idle entries come back as they were; zero is no None"
    return Trial(inputs, expected, mistakes, look, signs)
