"""Plausible wrong answers to lesson 04's exercises, each with words of the sentence meant for it."""

import numpy as np
import tensorflow as tf


def sines(theta, phi):
    return np.sin(np.radians(2 * theta)), np.sin(np.radians(2 * (phi - theta)))


def forgets_the_unit(theta, phi, unit):
    one, two = sines(theta, phi)
    return one / two


def unit_once(theta, phi, unit):
    one, two = sines(theta, phi)
    return one / (unit * two)


def unit_upside_down(theta, phi, unit):
    one, two = sines(theta, phi)
    return one * unit**2 / two


def swapped(theta, phi, unit):
    one, two = sines(theta, phi)
    return two / one / unit**2


def degrees_into_sine(theta, phi, unit):
    return np.sin(2 * theta) / np.sin(2 * (phi - theta)) / unit**2


def equal_losses(theta, phi, unit):
    return (np.sin(np.radians(theta)) / np.sin(np.radians(phi - theta)) / unit) ** 2


def equal_shares(theta, phi, unit):
    return 1 / (np.sin(np.radians(phi - theta)) / np.sin(np.radians(theta)) * unit) ** 2


def multiplies_by_mask(predictions, targets):
    present = np.where(np.isnan(targets), 0.0, 1.0)
    return 2 * present * (predictions - targets) / present.sum(0)


def tape_with_where_on_the_squares(predictions, targets):
    present = ~np.isnan(targets)
    p = tf.Variable(predictions)
    with tf.GradientTape() as tape:
        squares = tf.where(present, (p - targets) ** 2, 0.0)
        loss = tf.reduce_sum(tf.reduce_sum(squares, axis=0) / present.sum(axis=0))
    return tape.gradient(loss, p)


def fills_with_zero(predictions, targets):
    return 2 / len(targets) * (predictions - np.where(np.isnan(targets), 0, targets))


def averages_over_rows(predictions, targets):
    return 2 * np.nan_to_num(predictions - targets) / len(targets)


def one_mean_for_all(predictions, targets):
    return 2 * np.nan_to_num(predictions - targets) / np.isfinite(targets).sum()


def nanmean_of_all(predictions, targets):
    p = tf.Variable(predictions)
    with tf.GradientTape() as tape:
        here = tf.math.is_finite(targets)
        loss = tf.reduce_mean(tf.square(tf.boolean_mask(p, here) - tf.boolean_mask(targets, here)))
    return tf.convert_to_tensor(tape.gradient(loss, p))


def zero_is_absent(predictions, targets):
    t = np.nan_to_num(targets)
    m = t != 0
    return 2 * m * (predictions - t) / np.maximum(m.sum(0), 1)


def complete_rows(predictions, targets):
    whole = np.isfinite(targets.sum(axis=1))
    gradient = np.zeros_like(predictions)
    gradient[whole] = 2 * (predictions - targets)[whole] / whole.sum()
    return gradient


def forgets_the_silent_task(predictions, targets):
    with np.errstate(all="ignore"):
        return 2 * np.nan_to_num(predictions - targets) / np.isfinite(targets).sum(axis=0)


def log_of_tape(total):
    def gradient(X, trunk, heads, Y):
        U = tf.Variable(trunk)
        with tf.GradientTape() as tape:
            loss = total(tf.square(X @ U @ heads - Y))
        return tape.gradient(loss, U)

    return gradient


def errors_and_losses(X, trunk, heads, Y):
    errors = X @ trunk @ heads - Y
    return errors, (errors**2).mean(axis=0)


def without_heads(X, trunk, heads, Y):
    errors, losses = errors_and_losses(X, trunk, heads, Y)
    return 2 / len(X) * X.T @ (errors / losses)


def on_the_heads(X, trunk, heads, Y):
    errors, losses = errors_and_losses(X, trunk, heads, Y)
    return 2 / len(X) * (X @ trunk).T @ (errors / losses)


def sum_over_mean(X, trunk, heads, Y):
    errors, losses = errors_and_losses(X, trunk, heads, Y)
    return 2 * X.T @ (errors / losses) @ heads.T


def unit_lengths(X, trunk, heads, Y):
    errors, _ = errors_and_losses(X, trunk, heads, Y)
    parts = [np.outer(X.T @ errors[:, k], heads[:, k]) for k in (0, 1)]
    return sum(part / np.linalg.norm(part) for part in parts)


def as_handed_over(start, targets, task_weights, rate, steps):
    w, mean, square = start, 0, 0
    with np.errstate(all="ignore"):
        for k in range(steps):
            for target, c in zip(targets, task_weights, strict=True):
                gradient = 2 * (w - target)
                mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
                correction = np.sqrt(1 - 0.999**k) / (1 - 0.9**k)
                w = w - c * rate * correction * mean / (np.sqrt(square) + 1e-7)
    return w


def only_counts(start, targets, task_weights, rate, steps):
    w, mean, square = start, 0, 0
    for k in range(1, steps + 1):
        for target, c in zip(targets, task_weights, strict=True):
            gradient = 2 * (w - target)
            mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
            w = w - c * rate * np.sqrt(1 - 0.999**k) / (1 - 0.9**k) * mean / (np.sqrt(square) + 1e-7)
    return w


def still_in_turn(start, targets, task_weights, rate, steps):
    w, mean, square = start, 0, 0
    for k in range(1, steps + 1):
        for target, c in zip(targets, task_weights, strict=True):
            gradient = 2 * c * (w - target)
            mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
            w = w - rate * np.sqrt(1 - 0.999**k) / (1 - 0.9**k) * mean / (np.sqrt(square) + 1e-7)
    return w


def forgets_the_weights(start, targets, task_weights, rate, steps, factor=1):
    w, mean, square = start, 0, 0
    for k in range(1, steps + 1):
        gradient = sum(2 * (w - target) for target in targets)
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        w = w - factor * rate * np.sqrt(1 - 0.999**k) / (1 - 0.9**k) * mean / (np.sqrt(square) + 1e-7)
    return w


def weights_the_move(start, targets, task_weights, rate, steps):
    return forgets_the_weights(start, targets, task_weights, rate, steps, sum(task_weights))


def adam_for_each(start, targets, task_weights, rate, steps):
    w = np.array(start)
    memory = {task: (0, 0) for task in range(len(targets))}
    for k in range(1, steps + 1):
        step = 0
        for task, (mean, square) in memory.items():
            gradient = 2 * task_weights[task] * (w - targets[task])
            memory[task] = mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
            step = step + np.sqrt(1 - 0.999**k) / (1 - 0.9**k) * mean / (np.sqrt(square) + 1e-7)
        w = w - rate * step
    return w


def remembers_the_largest_square(start, targets, task_weights, rate, steps):
    w, mean, square, largest = start, 0, 0, 0
    for k in range(1, steps + 1):
        gradient = sum(2 * c * (w - target) for c, target in zip(task_weights, targets, strict=True))
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        largest = np.maximum(largest, square)
        w = w - rate * np.sqrt(1 - 0.999**k) / (1 - 0.9**k) * mean / (np.sqrt(largest) + 1e-7)
    return w


def plain_descent(start, targets, task_weights, rate, steps):
    w = start
    for _ in range(steps):
        w = w - rate * 2 * sum(c * (w - target) for c, target in zip(task_weights, targets, strict=True))
    return w


WRONG = {
    "task_weight": [
        (degrees_into_sine, "wants radians"),
        (forgets_the_unit, "has grown with its unit"),
        (unit_once, "its unit's square"),
        (unit_upside_down, "needs a smaller weight"),
        (swapped, "the tasks are swapped"),
        (equal_losses, "compares the losses"),
        (equal_shares, "compares the losses"),
        (lambda theta, phi, unit: theta / (phi - theta) / unit**2, "in proportion"),
        (lambda theta, phi, unit: 1 / unit**2, "must be 1"),
    ],
    "masked_gradient": [
        (multiplies_by_mask, "zero times NaN"),
        (tape_with_where_on_the_squares, "zero times NaN"),
        (fills_with_zero, "a zero was filled in"),
        (averages_over_rows, "averages over absent"),
        (one_mean_for_all, "one mean"),
        (nanmean_of_all, "one mean"),
        (zero_is_absent, "a label of zero is a label"),
        (complete_rows, "thrown away"),
        (forgets_the_silent_task, "divides zero by zero"),
        (lambda predictions, targets: np.zeros(predictions.shape), "clean the targets first"),
    ],
    "gradient_of_logs": [
        (log_of_tape(lambda squares: tf.reduce_sum(tf.reduce_mean(squares, axis=0))), "gradient of L1 + L2"),
        (log_of_tape(lambda squares: tf.math.log(tf.reduce_sum(squares))), "logarithm of the sum"),
        (log_of_tape(lambda squares: 2 * tf.reduce_sum(tf.sqrt(tf.reduce_mean(squares, axis=0)))), "the root"),
        (log_of_tape(lambda squares: -tf.reduce_sum(tf.math.log(tf.reduce_sum(squares, axis=0)))), "the sign"),
        (without_heads, "come back through the heads"),
        (on_the_heads, "gradient on the heads"),
        (sum_over_mean, "must cancel"),
        (unit_lengths, "brought to length 1"),
        (lambda X, trunk, heads, Y: np.ones(trunk.shape), "sum of g_k / L_k"),
    ],
    "joint_adam": [
        (as_handed_over, "counts steps from 1"),
        (only_counts, "two bugs are left"),
        (still_in_turn, "each task still moves"),
        (forgets_the_weights, "ignored"),
        (weights_the_move, "changes the rate"),
        (adam_for_each, "an Adam of its own"),
        (remembers_the_largest_square, "must fall with them"),
        (plain_descent, "one update of the memory"),
        (lambda start, targets, task_weights, rate, steps: targets[0], "one update of the memory"),
    ],
}
