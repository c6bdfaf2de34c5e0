"""Answers to lesson 02 that no check knows. A dictionary is the solution, with arguments or its result changed."""

from fractions import Fraction

import networkx as nx
import numpy as np
import scipy.optimize
import tensorflow as tf
from wrong_answers.tapes import by_tape


def walk(sources, loss, weights, stops, depth=99):
    found = {loss}
    for _ in range(depth):
        found |= {source for name in found - set(stops) for source in sources.get(name, [])}
    return [weight in found for weight in weights]


def in_one_round(sources, loss, weights, stops):
    found = {loss}
    for name, before in sources.items():
        found |= set(before) if name in found and name not in stops else set()
    return [weight in found for weight in weights]


def remembering(sources, loss, weights, stops, found=[]):  # noqa: B006
    found += [w for w, yes in zip(weights, walk(sources, loss, weights, stops), strict=True) if yes]
    return [weight in found for weight in weights]


def by_networkx(sources, loss, weights, stops):
    graph = nx.DiGraph([(source, name) for name in sources if name not in stops for source in sources[name]])
    return [weight in graph and loss in nx.descendants(graph, weight) for weight in weights]


def taped(loss=lambda e: tf.reduce_sum(e**2) / len(e), unit=tf.nn.relu):
    return by_tape(lambda X, Y, trunk, heads: [loss(unit(X @ trunk) @ heads[k] - Y[k]) for k in (0, 1)], of=2)


def by_einsum(X, targets, trunk, heads):
    hidden = np.maximum(X @ trunk, 0)
    errors = np.einsum("nh,kho->kno", hidden, heads) - targets
    return 2 / len(X) * np.einsum("nd,kno,kho,nh->kdh", X, errors, heads, hidden > 0)


WRONG = {
    "reached": [
        lambda sources, loss, weights, stops: [True] * len(weights),
        lambda sources, loss, weights, stops: np.zeros(len(weights)),
        lambda sources, loss, weights, stops: [weight for weight in weights if weight in sources[loss]],
        lambda *given: walk(*given, depth=3),
        in_one_round,
        {"weights": sorted},
        {"loss": lambda loss: "op0"},
        ({"weights": lambda weights: weights[:6]}, "has shape"),
        (remembering, "two results in two calls"),
    ],
    "equal_width": [
        {"outputs": lambda outputs: set(outputs)},
        {"outputs": lambda outputs: [max(outputs)] * len(outputs)},
        {"outputs": lambda outputs: outputs[:3]},
        {"result": np.ceil},
        ({"result": lambda width: np.round(width, 4)}, "look for rounding"),
        ({"result": lambda width: [width, width]}, "has shape"),
    ],
    "trunk_streams": [
        taped(unit=tf.nn.leaky_relu),
        taped(unit=tf.nn.relu6),
        taped(lambda e: tf.reduce_sum(e**2) / 7),
        taped(lambda e: tf.reduce_sum(e[:, :1] ** 2) / len(e)),
        taped(tf.norm),
        {"result": lambda streams: streams / np.linalg.norm(streams, axis=(1, 2), keepdims=True)},
        {"heads": abs},
        ({"result": lambda streams: streams.swapaxes(1, 2)}, "has shape"),
    ],
}
RIGHT = {
    "reached": [
        walk,
        by_networkx,
        {"result": lambda found: map(np.bool_, found)},
        {"weights": tuple, "stops": set, "result": lambda found: dict(enumerate(found)).values()},
    ],
    "equal_width": [
        lambda d, m, outputs: Fraction(m * (d + sum(outputs)), len(outputs) * d + sum(outputs)),
        lambda d, m, o: scipy.optimize.brentq(lambda w: sum(d * w + w * k for k in o) - m * (d + sum(o)), 0, 1e4),
    ],
    "trunk_streams": [taped(), by_einsum],
}
