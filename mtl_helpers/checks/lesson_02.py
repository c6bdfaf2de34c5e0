"""Answers to the exercises of lesson 02."""

from collections.abc import Callable

import numpy as np

from mtl_helpers.checks.core import Trial, exercise


@exercise("a loss reaches what stands behind it on an open path, and nothing else.")
def reached() -> Trial:
    """Exercise 1: which weights does a loss reach, in a graph with operations that stop the gradient?"""

    def inputs(rng, case):
        """A random graph: an operation has earlier operations and weights as sources, and a weight several users."""
        size = [10, 3, 6, 12, 1, 8][case % 6]
        names = [f"op{k}" for k in rng.permutation(size)]
        weights = [f"w{k}" for k in rng.permutation(2 + size // 2)]
        sources = {}
        for k, name in enumerate(names):
            earlier = rng.choice(names[max(0, k - 3) : k] or ["X"], size=min(max(k, 1), 1 + case % 2), replace=False)
            sources[name] = [
                str(n) for n in rng.permutation([*earlier, *rng.choice(weights, size=int(rng.integers(3)))])
            ]
        if case % 3 == 0:
            sources["metric"] = [names[-1], weights[0]]  # computed from the loss
        stops = [str(name) for name in rng.permutation(names)[: [2, 1, 0, 3][case % 4]]]
        return {str(name): sources[name] for name in rng.permutation(list(sources))}, names[-1], weights, stops

    def expected(sources, loss, weights, stops):
        found = {loss}
        for _ in sources:  # as many rounds as the longest path could need
            passing = [name for name in found if name in sources and name not in stops]
            found.update(source for name in passing for source in sources[name])
        return [weight in found for weight in weights]

    def behind(sources, name):
        return {name}.union(*(behind(sources, source) for source in sources.get(name, [])))

    def one_step(sources, loss, weights, _):
        return [weight in sources[loss] for weight in weights]

    def through_stops(sources, loss, weights, _):
        return [weight in behind(sources, loss) for weight in weights]

    def without_all_behind_stops(sources, loss, weights, stops):
        shut = set().union(*(behind(sources, stop) for stop in stops))
        return [weight in behind(sources, loss) - shut for weight in weights]

    def one_step_late(sources, loss, weights, stops):
        def walk(name):
            if name in stops:
                return set(sources[name])
            return {name}.union(*(walk(source) for source in sources.get(name, [])))

        return [weight in walk(loss) for weight in weights]

    def first_source(sources, loss, weights, stops):
        found = [loss]
        while found[-1] in sources and found[-1] not in stops:
            found.append(sources[found[-1]][0])
        return [weight in found for weight in weights]

    def one_user(sources, loss, weights, stops):
        user = {source: name for name, before in sources.items() for source in before}

        def walk(name):
            return name == loss or (user.get(name) not in [None, *stops] and walk(user[name]))

        return [walk(weight) for weight in weights]

    def of_the_graph(sources, loss, weights, stops):
        used = {source for name, before in sources.items() if name not in stops for source in before}
        return [weight in used for weight in weights]

    def both_ways(sources, loss, weights, stops):
        found = {loss}
        for _ in sources:
            for name, before in sources.items():
                if name not in stops and not found.isdisjoint([name, *before]):
                    found.update([name, *before])
        return [weight in found for weight in weights]

    mistakes = {
        "only what the loss is computed from directly is found; go on to the sources of its sources": one_step,
        "an operation in `stops` hands values forward and no gradient back, and yours passes it": through_stops,
        "a stop shuts one path and not what stands behind it; another path may still reach those weights": (
            without_all_behind_stops
        ),
        "a weight or an operation may be used in several places; follow all of them": one_user,
        "the gradient ends at a stop itself; the sources of the stop are one step too far": one_step_late,
        "the gradient runs from an operation to its sources and never forward again, into other operations": both_ways,
        "an operation has several sources, and the gradient goes to each of them": first_source,
        "every weight of the graph is counted; ask which of them stand behind this loss": of_the_graph,
        "turned round: True belongs to the weights that the loss reaches": lambda *given: (
            [not found for found in expected(*given)]
        ),
    }
    look = "one True or False for each of `weights`: start at the loss and walk to the sources, unless at a stop"
    return Trial(inputs, expected, mistakes, look)


@exercise("at this width a gain of the shared network is not bought with more weights.")
def equal_width() -> Trial:
    """Exercise 2: the width at which separate networks have as many weights as the shared one."""

    def inputs(rng, case):
        d, m = (int(size) for size in rng.integers([1, 2], [70, 90]))
        outputs = [[7, 2, 11], [3], [1, 1], [20, 4, 4, 9], [5, 6, 7, 8, 1], [2, 13]]
        return d, m, outputs[case % 6]

    def expected(d, m, outputs):
        shared = d * m + sum(m * o for o in outputs)
        per_unit = sum(d + o for o in outputs)  # what one more unit costs in each of the separate networks
        return shared / per_unit

    def width(shared: Callable, per_unit: Callable) -> Callable:
        return lambda d, m, outputs: shared(d, m, outputs) / per_unit(d, outputs)

    def all_weights(d, m, outputs):
        return m * (d + sum(outputs))

    def per_unit(d, outputs):
        return len(outputs) * d + sum(outputs)

    mistakes = {
        "half the width fits two tasks with small heads, and there may be more; count trunk and heads": (
            lambda d, m, outputs: m / 2
        ),
        "this divides the width by the number of tasks; that saves trunk and head alike, but the shared network "
        "has all the heads": lambda d, m, outputs: m / len(outputs),
        "this is the width of the shared network; the separate ones have a trunk each, so they are narrower": (
            lambda d, m, outputs: m
        ),
        "this is the ratio of the numbers of weights; the width is asked for": lambda d, m, outputs: (
            all_weights(d, 1, outputs) / per_unit(d, outputs)
        ),
        "turned round: this shared network is as large as separate ones of width m": lambda d, m, outputs: (
            m * per_unit(d, outputs) / (d + sum(outputs))
        ),
        "the number of tasks is the length of `outputs`, not always 2": width(
            all_weights, lambda d, outputs: 2 * d + sum(outputs)
        ),
        "the tasks' outputs differ in number; add up the heads one by one": width(
            lambda d, m, outputs: m * (d + len(outputs) * outputs[0]),
            lambda d, outputs: len(outputs) * (d + outputs[0]),
        ),
        "the heads are missing from the separate networks; each has one": width(
            all_weights, lambda d, outputs: len(outputs) * d
        ),
        "the heads of the shared network are missing": width(lambda d, m, _: d * m, per_unit),
        "biases are counted, and these networks have none": lambda d, m, outputs: (
            m * (d + 1 + sum(outputs)) / (len(outputs) * (d + 1) + sum(outputs))
        ),
        "this is the number of weights of the shared network; at which width do the others have as many?": all_weights,
        "the width is rounded down; hand it over as it comes out": lambda *given: np.floor(expected(*given)),
        "the width is rounded; hand it over as it comes out": lambda *given: np.round(expected(*given)),
    }
    look = "write down both numbers of weights, set them equal and solve for the width of the separate networks"
    return Trial(inputs, expected, mistakes, look)


@exercise("an error comes back through the head of its task and the open ReLUs, and each task sends its own.")
def trunk_streams() -> Trial:
    """Exercise 3: each task's gradient on the shared trunk of a ReLU network."""

    def inputs(rng, case):
        n, d, m, o = [7, 1, 5, 9][case % 4], [4, 2, 3][case % 3], [5, 1, 4, 2, 6][case % 5], [3, 1, 2, 4, 1][case % 5]
        trunk = [1, 4][case % 5 == 2] * rng.normal(size=(d, m)) + [0, 0.7][case % 2]
        return (
            rng.normal(size=(n, d)) + [0, 1, -1][case % 3],
            rng.normal(size=(2, n, o)),
            trunk,
            rng.normal(size=(2, m, o)),
        )

    def losses(X, targets, trunk, heads):
        errors = np.maximum(X @ trunk, 0)[..., None, :, :] @ heads - targets
        return np.sum(errors**2, axis=(-2, -1)) / len(X)

    def expected(X, targets, trunk, heads):
        moves = 1e-4 * np.eye(trunk.size).reshape(-1, *trunk.shape)  # each moves one weight
        up, down = (losses(X, targets, trunk + step, heads) for step in (moves, -moves))
        return ((up - down) / 2e-4).T.reshape(2, *trunk.shape)

    def route(
        mask: Callable = lambda hidden: hidden > 0,
        error_mask: Callable = lambda out: 1.0,
        factor: Callable = lambda n, o: 2 / n,
        through: Callable = lambda heads: heads,
    ) -> Callable:
        """The formula, with a choice for each of its parts."""

        def streams(X, targets, trunk, heads):
            before, found = X @ trunk, []
            for Y, head, back in zip(targets, heads, through(heads), strict=True):
                out = np.maximum(before, 0) @ head
                error = (out - Y) * error_mask(out) * factor(*Y.shape)
                found.append(X.T @ (error @ back.T * mask(before)))
            return found

        return streams

    def joint(*given):
        return np.sum(route()(*given), axis=0)

    def open_ones(out):
        return out > 0

    def all_ones(before):
        return np.ones_like(before)

    def without_relu(X, targets, trunk, heads):
        pairs = zip(heads, targets, strict=True)
        return [2 / len(X) * X.T @ (X @ trunk @ head - Y) @ head.T for head, Y in pairs]

    mistakes = {
        "this is the retelling's formula unchanged; here the outputs have no ReLU, and the loss is a mean over rows "
        "without the half": route(error_mask=open_ones, factor=lambda n, o: 1),
        "the outputs have no ReLU here, and the mean over rows has no half before it: all errors pass, times 2/n": (
            route(error_mask=open_ones, factor=lambda n, o: 1 / n)
        ),
        "the ReLU is missing on the way back: only the units with [H > 0] let the error through": route(all_ones),
        "the ReLU is missing on both ways; this is the gradient of a linear network": without_relu,
        "the mask is that of the outputs, which are linear here; the trunk's ReLU is the one that shuts": route(
            all_ones, open_ones
        ),
        "this is the retelling's network with a ReLU on the outputs; here they are linear, and all errors pass": (
            route(error_mask=open_ones)
        ),
        "a task's error goes back through its own head, and yours goes through the other task's": route(
            through=lambda heads: heads[::-1]
        ),
        "the two streams are in the wrong order: task 1 comes first": lambda *given: route()(*given)[::-1],
        "these are no streams but their sum, twice; each task's gradient is its own": lambda *given: (
            [joint(*given), joint(*given)]
        ),
        "this is the sum of the streams; return both, one behind the other": joint,
        "the mean over the rows is missing: divide by their number": route(factor=lambda n, o: 2),
        "this is the gradient of half the sum of squares; the loss is a mean over rows, without the half": route(
            factor=lambda n, o: 1
        ),
        "the factor 2 from the square is missing": route(factor=lambda n, o: 1 / n),
        "divided by rows times outputs; the loss is a mean over the rows of a sum over outputs": route(
            factor=lambda n, o: 2 / (n * o)
        ),
        "the sign is turned: the error is prediction minus target": route(factor=lambda n, o: -2 / n),
        "the slope of an open ReLU is 1, whatever its value; multiply by [H > 0] and not by H": route(
            lambda before: np.maximum(before, 0)
        ),
    }
    look = "change the lesson's formula step by step"
    return Trial(inputs, expected, mistakes, look)
