"""Answers to the exercises of lesson 03."""

from functools import partial

import numpy as np
from scipy.special import softmax

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

    def built(g1, g2, turns, rate, own=("trunk", "head"), cross=("trunk",), power=1, cosine=0):
        """The changes, with a choice of the weights that count in own turns and in the other's."""
        lengths = [[dot(g[name], g[name]) for name in own] for g in (g1, g2)]
        between = sum(dot(g1[name], g2[name]) for name in cross)
        between /= (dot(g1["trunk"], g1["trunk"]) * dot(g2["trunk"], g2["trunk"])) ** (cosine / 2)
        return [-rate * (turns[k] * np.sum(np.power(lengths[k], power)) + turns[1 - k] * between) for k in (0, 1)]

    mistakes = {
        "the sign is turned: descent goes against the gradient, and lowers its own loss": {"result": np.negative},
        "only the trunk is counted; a task's own turns move its own head as well": partial(built, own=("trunk",)),
        "own turns count a gradient's length; what counts is its square": partial(built, power=0.5),
        "the heads are multiplied with each other; a step leaves the other's head alone": partial(
            built, cross=("trunk", "head")
        ),
        "only a task's own turns are counted; the other's turns move the trunk, too": partial(built, cross=()),
        "only the other task's turns are counted; each task's own turns lower its loss too": partial(built, own=()),
        "the rate is missing: a step is the rate times the gradient": {"rate": lambda rate: 1.0},
        "each task's turns are counted for the other: turns[0] are task 1's": {"turns": np.flip},
        "this is a round of one turn each; multiply by the turns of each task": {"turns": lambda turns: [1, 1]},
        "the cosine tells the direction only; the change is the dot product": partial(built, cosine=1),
        "the loss of task 2 comes first here; [of L1, of L2] is asked for": {"result": np.flip},
    }
    look = "g1·g2 is one number: multiply entry by entry and add everything up; then ask which weights a turn moves"
    return Trial(inputs, expected, mistakes, look)


@exercise("both values solve both equations at once, and the task that had the last turn has w on its side.")
def rest() -> Trial:
    """Exercise 2: where round robin rests between two quadratics."""

    def inputs(rng, case):
        low, high = float(rng.uniform(0.5, 1.5)), float(rng.uniform(2.5, 4))
        k1, k2 = [(low, high), (high, low), (low, low)][case % 3]
        w1, w2 = (float(w) for w in rng.normal(size=2) * [1, 5][case % 2])
        return k1, k2, w1, w2, [0.05, 0.2, 0.0005, 0.01, 0.1, 0.002][case % 6]

    def expected(k1, k2, w1, w2, rate):
        # The two equations, a - (1 - rate k1) b = rate k1 w1 and b - (1 - rate k2) a = rate k2 w2.
        return np.linalg.solve([[1, rate * k1 - 1], [rate * k2 - 1, 1]], [rate * k1 * w1, rate * k2 * w2])

    def minimum(k1, k2, w1, w2, rate=0.0):
        return np.array([1, 1]) * (k1 * w1 + k2 * w2) / (k1 + k2)

    def lean(k1, k2, w1, w2, rate):  # the lesson's, which is that of equal curvatures
        return rate / (2 * (2 - rate)) * (w2 - w1) * np.array([-1, 1])

    mistakes = {
        "the two values have changed places: a, after a turn of task 1, is first": {"result": np.flip},
        "this is the lesson's formula for equal curvatures; put k1 and k2 into both equations": (
            lambda k1, k2, w1, w2, rate: (w1 + w2) / 2 + lean(k1, k2, w1, w2, rate)
        ),
        "the middle has the curvatures, the lean does not; solve both equations together": (
            lambda *all: minimum(*all) + lean(*all)
        ),
        "this is the minimum of the sum; turns at a fixed rate jump around it": minimum,
        "each value starts from the other task's minimum, where w never is; a starts from b, b from a": (
            lambda k1, k2, w1, w2, rate: [w2 - rate * k1 * (w2 - w1), w1 - rate * k2 * (w1 - w2)]
        ),
        "this is for twice the rate: the ½ in the loss cancels the 2 of the derivative": {
            "rate": lambda rate: 2 * rate
        },
        "this is for half the rate: the ½ in the loss cancels the 2 of the derivative": {"rate": lambda rate: rate / 2},
        "k1 and k2 have changed places: k1 is the curvature of task 1": lambda k1, k2, *rest: expected(k2, k1, *rest),
        "these are the two minima; a step goes only a share of the way to one": lambda k1, k2, w1, w2, rate: [w1, w2],
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

    def expected(sizes, temperature):
        parts = [float(size) ** (1 / temperature) for size in sizes]
        return [part / sum(parts) for part in parts]

    mistakes = {
        "the temperature is turned around: the power is 1/T": {"temperature": lambda T: 1 / T},
        "these do not add up to 1; divide by their sum": lambda sizes, T: sizes ** (1 / T),
        "these do not add up to 1: divide by the sum after the power, not before": (
            lambda sizes, T: (sizes / sizes.sum()) ** (1 / T)
        ),
        "this is a softmax of the sizes; a power of each size is asked for": (lambda sizes, T: softmax(sizes / T)),
        "the temperature has no effect: this is proportional sampling, T = 1": {"temperature": lambda T: 1},
        "every task gets the same; that is the limit of a large T": {"temperature": lambda T: np.inf},
        "divided by the largest, not by the sum": {"result": lambda share: share / max(share)},
        "small tasks get more than large ones: the sign of the power is turned": {"temperature": lambda T: -T},
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

    def step(w, m, g, rate, loss):
        return (1 - loss) * w - rate * (0.9 * m + g), 0.9 * m + g

    def stay(w, m, rate, loss):
        return w, m

    def expected(weights, momenta, gradients, rate, decay, *, idle=stay, step=step, skip=(None,)):
        """Weight by weight, with a choice of what idle ones and others do; `loss` is rate times decay."""
        loss, parts = rate * decay, zip(weights, momenta, gradients, strict=True)
        return np.transpose([idle(w, m, rate, loss) if g in skip else step(w, m, g, rate, loss) for w, m, g in parts])

    def nearly_idle(result, weights, momenta, gradients, *_):
        given, idle = np.stack([weights, momenta]), [gradient is None for gradient in gradients]
        off = result.shape == given.shape and result[:, idle] - given[:, idle]
        return np.any(off) and np.all(np.abs(off) < 1e-6)

    mistakes = {
        "None is still taken for zero: an idle head does not stay as it was": {
            "idle": lambda w, m, rate, loss: step(w, m, 0.0, rate, loss)
        },
        "an idle weight stays, but its momentum fades; keep both": {"idle": lambda w, m, *_: (w, 0.9 * m)},
        "no momentum moves the idle head, but weight decay does": {"idle": lambda w, m, _, loss: (w - loss * w, m)},
        "the idle momentum is kept, and still moves the weight": {"idle": lambda w, m, rate, _: (w - rate * m, m)},
        "the idle momentum is set to zero; the task needs it in its next turn": {"idle": lambda w, *_: (w, 0.0)},
        "the idle head decays and loses its momentum": {"idle": lambda w, m, rate, loss: (w - loss * w, 0.0)},
        "a gradient of zero is skipped too, but only None means idle": {"skip": (None, 0)},
        "a weight with a turn must decay as before; the repair is for the idle ones": {
            "step": lambda w, m, g, rate, loss: step(w, m, g, rate, 0)
        },
        "the weights move by the old momentum; renew the momentum first": {
            "step": lambda w, m, g, rate, loss: ((1 - loss) * w - rate * m, 0.9 * m + g)
        },
        "the sign is turned: descent subtracts the momentum": {
            "step": lambda w, m, g, rate, loss: ((1 - loss) * w + rate * (0.9 * m + g), 0.9 * m + g)
        },
        "the decay has come into the momentum; it acts on the weight alone": {
            "step": lambda w, m, g, rate, loss: step(w, m, g + loss / rate * w, rate, 0)
        },
        "these are pairs, one for each weight; first all weights, then all momenta": {"result": np.transpose},
        "nothing changes at all; entries with a gradient take their step": lambda w, m, *_: [w, m],
    }
    signs = {"an idle entry is nearly what it was, and not bit for bit; hand it back untouched": nearly_idle}
    look = "idle entries come back as they were; zero is no None"
    return Trial(inputs, expected, mistakes, look, signs)
