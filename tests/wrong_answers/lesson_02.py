"""Answers to lesson 02 that no check knows: wrong ones, some with words of their sentence, and unusual right ones."""

from fractions import Fraction

import mtl_helpers as mtl
import networkx as nx
import numpy as np
import scipy.optimize
import tensorflow as tf


def behind(sources, loss, stops, depth=99):
    """All that the gradient of the loss reaches in some steps."""
    found = {loss}
    for _ in range(depth):
        found |= {source for name in found - set(stops) for source in sources.get(name, [])}
    return found


def asked(found):
    return lambda sources, loss, weights, stops: [w in found(sources, loss, stops) for w in weights]


def through_the_loss(sources, loss, stops):
    return behind(sources, loss, set(stops) - {loss})


def in_one_walk(sources, loss, stops):
    found = {loss}
    for name, before in sources.items():
        found |= set(before) if name in found and name not in stops else set()
    return found


def remembering(sources, loss, weights, stops, found=[]):  # noqa: B006
    found += behind(sources, loss, stops)
    return [w in found for w in weights]


def by_networkx(sources, loss, stops):
    graph = nx.DiGraph([(s, name) for name in sources if name not in stops for s in sources[name]])
    return nx.ancestors(graph, loss) if loss in graph else {loss}


def by_matrix(sources, loss, weights, stops):
    names = sorted({loss, *weights, *sources, *(s for before in sources.values() for s in before)})
    step = np.array([[s in sources.get(n, []) and n not in stops for s in names] for n in names])
    reach = np.linalg.matrix_power(np.eye(len(names)) + step, len(names))[names.index(loss)] > 0
    return reach[[names.index(w) for w in weights]]


def width(shared=lambda d, h, o: h * (d + sum(o)), each=lambda d, o: sum(d + k for k in o)):
    return lambda d, h, outputs: shared(d, h, outputs) / each(d, outputs)


def by_tape(loss=lambda e: tf.reduce_sum(e**2) / len(e), unit=tf.nn.relu):
    def streams(X, targets, trunk, heads):
        trunk = tf.Variable(trunk)
        with tf.GradientTape() as tape:
            losses = [loss(unit(X @ trunk) @ head - Y) for head, Y in zip(heads, targets, strict=True)]
            losses = tf.stack(losses)
        return tape.jacobian(losses, trunk)

    return streams


def by_einsum(X, targets, trunk, heads):
    hidden = np.maximum(np.einsum("nd,dh->nh", X, trunk), 0)
    errors = np.einsum("nh,kho->kno", hidden, heads) - targets
    return 2 / len(X) * np.einsum("nd,kno,kho,nh->kdh", X, errors, heads, hidden > 0)


def on_the_heads(X, targets, trunk, heads):
    hidden = np.maximum(X @ trunk, 0)
    return [2 / len(X) * hidden.T @ (hidden @ B - Y) for B, Y in zip(heads, targets, strict=True)]


def cut(matrix, r):
    U, values, Vt = np.linalg.svd(matrix, full_matrices=False)
    return U[:, :r] * values[:r] @ Vt[:r]


def best(X, Y, c, r, rank=lambda r: r, solve=np.linalg.pinv, scale=np.sqrt):
    return solve(X) @ cut(X @ solve(X) @ (Y * scale(c)), rank(r)) / scale(c)


def ridge(X):
    return np.linalg.solve(X.T @ X + 0.1 * np.eye(X.shape[1]), X.T)


def by_turns(X, Y, c, r, rounds=3):
    heads = np.random.default_rng(0).normal(size=(r, Y.shape[1]))
    for _ in range(rounds):
        trunk = np.linalg.pinv(X) @ (Y * c) @ heads.T @ np.linalg.pinv(heads * c @ heads.T)
        heads = np.linalg.pinv(X @ trunk) @ Y
    return trunk @ heads


WRONG = {
    "reached": [
        lambda sources, loss, weights, stops: [w in behind(sources, loss, stops) for w in sorted(weights)],
        lambda sources, loss, weights, stops: [True] * len(weights),
        lambda sources, loss, weights, stops: np.zeros(len(weights)),
        lambda sources, loss, weights, stops: [w in names for names in [[*sources]] for w in weights],
        lambda sources, loss, weights, stops: [w for w in weights if w in behind(sources, loss, stops)],
        lambda sources, loss, weights, stops: {w: w in behind(sources, loss, stops) for w in weights},
        asked(through_the_loss),
        asked(in_one_walk),
        asked(lambda sources, loss, stops: behind(sources, loss, stops, depth=3)),
        asked(lambda sources, loss, stops: behind(sources, loss, stops[:1])),
        asked(lambda sources, loss, stops: behind(sources, "op0", stops)),
        (remembering, "two results in two calls"),
    ],
    "equal_width": [
        lambda d, h, outputs: 32.49,
        lambda *given: np.ceil(width()(*given)),
        width(lambda d, h, o: h * (d + sum(set(o))), lambda d, o: len(o) * d + sum(set(o))),
        width(lambda d, h, o: h * (d + max(o))),
        width(lambda d, h, o: h * (d + len(o))),
        width(each=lambda d, o: len(set(o)) * d + sum(o)),
        (lambda *given: np.round(width()(*given), 4), "look for rounding"),
        (lambda d, h, outputs: [width()(d, h, [o]) for o in outputs], "has shape"),
    ],
    "trunk_streams": [
        lambda X, targets, trunk, heads: np.zeros((2, *trunk.shape)),
        by_tape(unit=tf.nn.leaky_relu),
        by_tape(unit=tf.tanh),
        by_tape(unit=tf.nn.relu6),
        by_tape(lambda e: tf.reduce_sum(e**2) / 7),
        by_tape(lambda e: tf.reduce_sum(e[:, :1] ** 2) / len(e)),
        by_tape(lambda e: tf.norm(e)),
        lambda *given: np.clip(by_einsum(*given), -1, 1),
        lambda *given: by_einsum(*given) / np.linalg.norm(by_einsum(*given), axis=(1, 2), keepdims=True),
        (on_the_heads, "has shape"),
        (lambda *given: by_einsum(*given).swapaxes(1, 2), "has shape"),
    ],
    "best_of_width": [
        lambda X, Y, c, r: np.zeros((X.shape[1], Y.shape[1])),
        lambda X, Y, c, r: best(X, Y, c, 2),
        lambda X, Y, c, r: best(X, Y, np.sort(c), r),
        lambda *given: best(*given, rank=lambda r: r + 1),
        lambda *given: best(*given, rank=lambda r: r - 1),
        lambda *given: best(*given, solve=np.transpose),
        lambda *given: best(*given, solve=ridge),
        lambda X, Y, c, r: best(X, Y - Y.mean(axis=0), c, r),
        by_turns,
    ],
}
RIGHT = {
    "reached": [
        asked(by_networkx),
        asked(behind),
        by_matrix,
        lambda *given: map(np.bool_, asked(behind)(*given)),
        lambda *given: dict(zip(given[2], asked(behind)(*given), strict=True)).values(),
    ],
    "equal_width": [
        lambda d, h, outputs: Fraction(h * (d + sum(outputs)), len(outputs) * d + sum(outputs)),
        lambda d, h, o: scipy.optimize.brentq(lambda w: sum(d * w + w * k for k in o) - h * (d + sum(o)), 0, 1e4),
        lambda d, h, o: np.roots([sum(o) + d * len(o), -h * (d + sum(o))]) + 0j,
    ],
    "trunk_streams": [
        by_tape(),
        by_einsum,
        lambda *given: (stream for stream in by_einsum(*given)),
    ],
    "best_of_width": [
        best,
        lambda *given: best(*given, scale=lambda c: np.sqrt(c / np.sum(c))),
        lambda X, Y, c, r: mtl.reduced_rank_regression(X, Y @ np.diag(c**0.5), r)[0] @ np.diag(c**-0.5),
    ],
}
