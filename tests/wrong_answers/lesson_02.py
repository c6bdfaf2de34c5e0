"""Plausible wrong answers to lesson 02's exercises, each with words of the sentence meant for it."""

import numpy as np
import tensorflow as tf


def looks_one_step_back(sources, loss, weights, stops):
    return [name in sources[loss] for name in weights]


def ancestors(sources, name, stops=()):
    """All names behind a name, itself included."""
    found = [name]
    for name in found:
        if name not in stops:
            found += [source for source in sources.get(name, []) if source not in found]
    return found


def forgets_stops(sources, loss, weights, stops):
    return np.isin(weights, ancestors(sources, loss))


def cuts_all_behind_a_stop(sources, loss, weights, stops):
    shut = [name for stop in stops for name in ancestors(sources, stop)]
    return [name in ancestors(sources, loss) and name not in shut for name in weights]


def stops_too_late(sources, loss, weights, stops):
    found = ancestors(sources, loss, stops)
    found += [source for stop in stops if stop in found for source in sources[stop]]
    return [name in found for name in weights]


def as_if_without_direction(sources, loss, weights, stops):
    found, before = {loss}, set()
    while found != before:
        before = set(found)
        for name, its_sources in sources.items():
            if name in stops:
                continue
            if name in found or any(source in found for source in its_sources):
                found |= {name, *its_sources}
    return [name in found for name in weights]


def goes_to_the_first(sources, loss, weights, stops):
    if loss not in sources or loss in stops:
        return [name == loss for name in weights]
    return goes_to_the_first(sources, sources[loss][0], weights, stops)


def uses_the_whole_graph(sources, loss, weights, stops):
    used = {source for name, its in sources.items() if name not in stops for source in its}
    return [name in used for name in weights]


def says_which_get_none(sources, loss, weights, stops):
    found = ancestors(sources, loss, stops)
    return [name not in found for name in weights]


def names_them(sources, loss, weights, stops):
    return [name for name in weights if name in ancestors(sources, loss, stops)]


def sorts_the_answers(sources, loss, weights, stops):
    found = ancestors(sources, loss, stops)
    return [name in found for name in sorted(weights)]


def shared_size(d, h, outputs):
    return d * h + h * sum(outputs)


def as_if_two_tasks(d, h, outputs):
    return shared_size(d, h, outputs) / (2 * d + sum(outputs))


def as_if_equal_tasks(d, h, outputs):
    tasks, o = len(outputs), outputs[0]
    return h * (d + tasks * o) / (tasks * (d + o))


def with_biases(d, h, outputs):
    heads = sum(h * o + o for o in outputs)
    return (d * h + h + heads - sum(outputs)) / sum(d + 1 + o for o in outputs)


def widens_the_shared_one(d, h, outputs):
    return sum(d * h + h * o for o in outputs) / (d + sum(outputs))


def ratio_only(d, h, outputs):
    return shared_size(d, h, outputs) / sum(d * h + h * o for o in outputs)


def streams(X, targets, trunk, heads, back=None, mask=True, factor=2, out_mask=False):
    hidden = tf.nn.relu(X @ trunk)
    found = []
    for k in (0, 1):
        out = hidden @ heads[k]
        error = factor * (out - targets[k]) / len(X)
        if out_mask:
            error = tf.where(out > 0, error, 0)
        to_hidden = error @ tf.transpose(heads[k if back is None else back[k]])
        found.append(tf.transpose(X) @ (tf.where(hidden > 0, to_hidden, 0) if mask else to_hidden))
    return tf.stack(found)


def by_tape(X, targets, trunk, heads, loss, network=None):
    trunk = tf.Variable(trunk)
    found = []
    for k in (0, 1):
        with tf.GradientTape() as tape:
            value = loss((network or tf.nn.relu)(X @ trunk) @ heads[k] - targets[k])
        found.append(tape.gradient(value, trunk))
    return found


def joint_by_tape(X, targets, trunk, heads):
    return sum(by_tape(X, targets, trunk, heads, lambda error: tf.reduce_sum(error**2) / len(error)))


def mean_of_squares(error):
    return tf.reduce_mean(tf.square(error))


def times_hidden(X, targets, trunk, heads):
    hidden = np.maximum(X @ trunk, 0)
    return [2 / len(X) * X.T @ ((hidden @ B - Y) @ B.T * hidden) for B, Y in zip(heads, targets, strict=True)]


def on_the_heads(X, targets, trunk, heads):
    hidden = np.maximum(X @ trunk, 0)
    return [2 / len(X) * hidden.T @ (hidden @ B - Y) for B, Y in zip(heads, targets, strict=True)]


def least_squares(X, Y):
    return np.linalg.pinv(X) @ Y


def cut(matrix, r):
    U, values, Vt = np.linalg.svd(matrix, full_matrices=False)
    values[r:] = 0
    return U * values @ Vt


def plain_best(X, Y, r):
    return least_squares(X, cut(X @ least_squares(X, Y), r))


def cuts_the_weights(X, Y, c, r):
    return cut(least_squares(X, Y * np.sqrt(c)), r) / np.sqrt(c)


def cuts_the_targets(X, Y, c, r):
    return least_squares(X, cut(Y * np.sqrt(c), r)) / np.sqrt(c)


def cuts_unweighted(X, Y, c, r):
    return cut(least_squares(X, Y), r)


def keeps_the_last(X, Y, c, r):
    W = least_squares(X, Y * np.sqrt(c))
    V = np.linalg.eigh(W.T @ X.T @ X @ W)[1][:, :r]  # eigh sorts upwards
    return W @ V @ V.T / np.sqrt(c)


def projects_unscaled(X, Y, c, r):
    W = least_squares(X, Y)
    V = np.linalg.svd(X @ W * np.sqrt(c))[2][:r].T
    return W @ V @ V.T


WRONG = {
    "reached": [
        (looks_one_step_back, "go on to the sources of its sources"),
        (forgets_stops, "hands values forward and no gradient back"),
        (cuts_all_behind_a_stop, "another path may still reach"),
        (stops_too_late, "one step too far"),
        (as_if_without_direction, "never forward again"),
        (goes_to_the_first, "has several sources"),
        (uses_the_whole_graph, "every weight of the graph is counted"),
        (says_which_get_none, "turned round"),
        (names_them, "names came back"),
        (lambda *given: set(names_them(*given)), "names came back"),
        (sorts_the_answers, "start at the loss"),
        (lambda sources, loss, weights, stops: [True] * len(weights), "start at the loss"),
        (lambda sources, loss, weights, stops: [False] * len(weights), "start at the loss"),
    ],
    "equal_width": [
        (lambda d, h, outputs: h / len(outputs), "has all the heads"),
        (lambda d, h, outputs: h, "they are narrower"),
        (ratio_only, "ratio of the numbers of weights"),
        (widens_the_shared_one, "turned round"),
        (as_if_two_tasks, "not always 2"),
        (as_if_equal_tasks, "add up the heads one by one"),
        (with_biases, "biases are counted"),
        (shared_size, "this is the number of weights"),
        (lambda d, h, outputs: d * h / sum(d + o for o in outputs), "heads of the shared network are missing"),
        (lambda d, h, outputs: shared_size(d, h, outputs) / (len(outputs) * d), "missing from the separate networks"),
        (lambda d, h, outputs: shared_size(d, h, outputs) // sum(d + o for o in outputs), "rounded down"),
        (lambda d, h, outputs: round(shared_size(d, h, outputs) / sum(d + o for o in outputs)), "is rounded"),
        (lambda d, h, outputs: 32.49, "set them equal"),
    ],
    "trunk_streams": [
        (lambda *given: streams(*given, mask=False), "only the units with [H > 0]"),
        (lambda *given: streams(*given, mask=False, out_mask=True), "the trunk's ReLU is the one that shuts"),
        (lambda *given: streams(*given, out_mask=True), "the tutorial's network"),
        (lambda *given: streams(*given, back=(1, 0)), "the other task's"),
        (lambda *given: streams(*given, factor=1), "the factor 2"),
        (lambda *given: streams(*given, factor=-2), "the sign is turned"),
        (lambda *given: streams(*given)[::-1], "in the wrong order"),
        (lambda *given: by_tape(*given, tf.nn.l2_loss), "half the sum of squares"),
        (lambda *given: by_tape(*given, mean_of_squares), "divided by rows times outputs"),
        (lambda *given: by_tape(*given, lambda error: tf.reduce_sum(error**2)), "the mean over the rows is missing"),
        (
            lambda *given: by_tape(*given, lambda error: tf.reduce_sum(error**2) / len(error), tf.identity),
            "gradient of a linear network",
        ),
        (lambda *given: by_tape(*given, lambda error: tf.reduce_sum(error**2) / 7), "step by step"),
        (joint_by_tape, "this is the sum of the streams"),
        (lambda *given: [joint_by_tape(*given)] * 2, "each task's gradient is its own"),
        (times_hidden, "not by H"),
        (on_the_heads, "has shape"),
        (lambda X, targets, trunk, heads: np.zeros((2, *trunk.shape)), "step by step"),
    ],
    "best_of_width": [
        (lambda X, Y, c, r: plain_best(X, Y, r), "the task weights are ignored"),
        (lambda X, Y, c, r: plain_best(X, Y * c, r) / c, "take its root"),
        (lambda X, Y, c, r: plain_best(X, Y * c, r), "the scaling is not turned back"),
        (lambda X, Y, c, r: plain_best(X, Y * np.sqrt(c), r), "turn the scaling back"),
        (lambda X, Y, c, r: plain_best(X, Y * c**0.5, r) * c**0.5, "divide by it"),
        (lambda X, Y, c, r: plain_best(X, Y * c**0.5, r) / c, "turned back by the weight itself"),
        (lambda X, Y, c, r: plain_best(X, Y / c**0.5, r) * c**0.5, "must make its task larger"),
        (lambda X, Y, c, r: plain_best(X, Y, r) * c**0.5, "before the directions are chosen"),
        (cuts_the_weights, "cut the fitted values"),
        (cuts_unweighted, "in place of the fitted values"),
        (cuts_the_targets, "noise and all"),
        (keeps_the_last, "keep the r largest"),
        (projects_unscaled, "the fit that they project is not scaled"),
        (lambda X, Y, c, r: least_squares(X, Y), "of full rank"),
        (lambda X, Y, c, r: np.zeros((X.shape[1], Y.shape[1])), "with all weights 1"),
    ],
}
