"""Answers to the exercises of lesson 02."""

from functools import partial

import numpy as np

from mtl_helpers.checks.core import Trial, exercise, slopes


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

    def found(graph, start):
        """All names to which a walk along the graph comes, from an operation to what it lists."""
        names = {start}
        for _ in graph:  # as many rounds as the longest path could need
            names.update(source for name in names & graph.keys() for source in graph[name])
        return names

    def passing(sources, stops):
        return {name: before for name, before in sources.items() if name not in stops}

    def expected(sources, loss, weights, stops):
        return [weight in found(passing(sources, stops), loss) for weight in weights]

    def along(change):
        """The same walk along another graph, made of the sources, the stops and the loss."""
        return lambda sources, loss, weights, stops: (
            [weight in found(change(sources, stops, loss), loss) for weight in weights]
        )

    def without_all_behind_stops(sources, stops, _):
        shut = set().union(*(found(sources, stop) for stop in stops))
        return {name: [source for source in before if source not in shut] for name, before in sources.items()}

    def last_users(sources, stops, _):
        user = {source: name for name, before in sources.items() for source in before}
        return {name: [b for b in before if user[b] == name] for name, before in passing(sources, stops).items()}

    def both_ways(sources, stops, _):
        pairs = [(name, source) for name, before in passing(sources, stops).items() for source in before]
        pairs += [pair[::-1] for pair in pairs]
        return {name: [other for one, other in pairs if one == name] for name, _ in pairs}

    mistakes = {
        "only what the loss is computed from directly is found; go on to the sources of its sources": (
            along(lambda sources, _, loss: {loss: sources[loss]})
        ),
        "an operation in `stops` hands values forward and no gradient back, and yours passes it": {
            "stops": lambda stops: []
        },
        "a stop shuts one path and not what stands behind it; another path may still reach those weights": (
            along(without_all_behind_stops)
        ),
        "a weight or an operation may be used in several places; follow all of them": along(last_users),
        "the gradient ends at a stop itself; the sources of the stop are one step too far": along(
            lambda sources, stops, _: (
                sources | {stop: [source for source in sources[stop] if source not in sources] for stop in stops}
            )
        ),
        "the gradient runs from an operation to its sources and never forward again, into other operations": (
            along(both_ways)
        ),
        "an operation has several sources, and the gradient goes to each of them": (
            along(lambda sources, stops, _: {name: before[:1] for name, before in passing(sources, stops).items()})
        ),
        "every weight of the graph is counted; ask which of them stand behind this loss": along(
            lambda sources, stops, loss: {loss: [source for b in passing(sources, stops).values() for source in b]}
        ),
        "turned round: True belongs to the weights that the loss reaches": {"result": np.logical_not},
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

    def all_weights(d, m, outputs):
        return d * m + sum(m * o for o in outputs)

    def per_unit(d, outputs):
        return sum(d + o for o in outputs)  # what one more unit costs in each of the separate networks

    def expected(d, m, outputs, *, shared=all_weights, per_unit=per_unit):
        return shared(d, m, outputs) / per_unit(d, outputs)

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
        "the number of tasks is the length of `outputs`, not always 2": {"per_unit": lambda d, o: 2 * d + sum(o)},
        "the tasks' outputs differ in number; add up the heads one by one": {
            "outputs": lambda outputs: [outputs[0]] * len(outputs)
        },
        "the heads are missing from the separate networks; each has one": {"per_unit": lambda d, o: len(o) * d},
        "the heads of the shared network are missing": {"shared": lambda d, m, _: d * m},
        "biases are counted, and these networks have none": {"d": lambda d: d + 1},
        "this is the number of weights of the shared network; at which width do the others have as many?": all_weights,
        "the width is rounded down; hand it over as it comes out": {"result": np.floor},
        "the width is rounded; hand it over as it comes out": {"result": np.round},
    }
    look = "write down both numbers of weights, set them equal and solve for the width of the separate networks"
    return Trial(inputs, expected, mistakes, look)


@exercise("an error comes back through the head of its task and the open ReLUs, and each task sends its own.")
def trunk_streams() -> Trial:
    """Exercise 3: each task's gradient on the shared trunk of a ReLU network."""

    def inputs(rng, case):
        n, d, m, o = [7, 1, 5, 9][case % 4], [4, 2, 3][case % 3], [5, 1, 4, 2, 6][case % 5], [3, 1, 2, 4, 1][case % 5]
        trunk = [1, 4][case % 5 == 2] * rng.normal(size=(d, m)) + [0, 0.7][case % 2]
        X, targets = rng.normal(size=(n, d)) + [0, 1, -1][case % 3], rng.normal(size=(2, n, o))
        return X, targets, trunk, rng.normal(size=(2, m, o))

    def losses(X, targets, trunk, heads):
        return np.sum((np.maximum(X @ trunk, 0) @ heads - targets) ** 2, axis=(1, 2)) / len(X)

    def expected(X, targets, trunk, heads):
        return slopes(lambda weights: losses(X, targets, weights, heads), trunk)

    def open_ones(values):
        return values > 0

    def relu(values):
        return np.maximum(values, 0)

    def route(
        X, Y, trunk, heads, unit=relu, mask=open_ones, error_mask=np.ones_like, over=lambda n, o: n, through=np.array
    ):
        """The formula, with a choice for each of its parts."""
        before, hidden = X @ trunk, unit(X @ trunk)
        errors = [(hidden @ head - Y) * error_mask(hidden @ head) for head, Y in zip(heads, Y, strict=True)]
        backs = [error @ head.T * mask(before) for error, head in zip(errors, through(heads), strict=True)]
        return [2 / over(*Y[0].shape) * X.T @ back for back in backs]

    mistakes = {
        "this is the retelling's formula unchanged; here the outputs have no ReLU, and the loss is a mean over rows "
        "without the half": partial(route, error_mask=open_ones, over=lambda n, o: 2),
        "the outputs have no ReLU here, and the mean over rows has no half before it: all errors pass, times 2/n": (
            partial(route, error_mask=open_ones, over=lambda n, o: 2 * n)
        ),
        "the ReLU is missing on the way back: only the units with [H > 0] let the error through": partial(
            route, mask=np.ones_like
        ),
        "the ReLU is missing on both ways; this is the gradient of a linear network": partial(
            route, unit=np.array, mask=np.ones_like
        ),
        "the mask is that of the outputs, which are linear here; the trunk's ReLU is the one that shuts": partial(
            route, mask=np.ones_like, error_mask=open_ones
        ),
        "this is the retelling's network with a ReLU on the outputs; here they are linear, and all errors pass": (
            partial(route, error_mask=open_ones)
        ),
        "a task's error goes back through its own head, and yours goes through the other task's": partial(
            route, through=lambda heads: heads[::-1]
        ),
        "the two streams are in the wrong order: task 1 comes first": {"result": lambda both: both[::-1]},
        "these are no streams but their sum, twice; each task's gradient is its own": {
            "result": lambda both: [sum(both), sum(both)]
        },
        "this is the sum of the streams; return both, one behind the other": {"result": sum},
        "the mean over the rows is missing: divide by their number": partial(route, over=lambda n, o: 1),
        "this is the gradient of half the sum of squares; the loss is a mean over rows, without the half": partial(
            route, over=lambda n, o: 2
        ),
        "the factor 2 from the square is missing": {"result": lambda both: both / 2},
        "divided by rows times outputs; the loss is a mean over the rows of a sum over outputs": partial(
            route, over=lambda n, o: n * o
        ),
        "the sign is turned: the error is prediction minus target": {"result": np.negative},
        "the slope of an open ReLU is 1, whatever its value; multiply by [H > 0] and not by H": partial(
            route, mask=relu
        ),
    }
    look = "change the lesson's formula step by step"
    return Trial(inputs, expected, mistakes, look)
