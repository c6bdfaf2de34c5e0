"""Plausible wrong answers to lesson 01's exercises, each with words of the sentence meant for it."""

import numpy as np
import tensorflow as tf


def line(at_10, at_20, steps):
    slope = (at_20 - at_10) / 10
    return at_10 + slope * (steps - 10)


def counts_repeats(at_10, at_20, calls):
    return sum(line(at_10, at_20, steps) for steps in calls)


def in_proportion(at_10, at_20, calls):
    return sum(steps / 10 * at_10 for steps in set(calls))


def in_proportion_from_20(at_10, at_20, calls):
    return sum(round(steps * at_20 / 20, 9) for steps in dict.fromkeys(calls))


def steps_only(at_10, at_20, calls):
    return sum(line(at_10, at_20, steps) - line(at_10, at_20, 0) for steps in set(calls))


def one_growing_graph(at_10, at_20, calls):
    most = 0
    for steps in calls:
        most = max(most, steps)
    return line(at_10, at_20, most)


def arguments_once(at_10, at_20, calls):
    base, slope = 2 * at_10 - at_20, (at_20 - at_10) / 10
    return base + slope * sum(set(calls))


def slope_of_ten(at_10, at_20, calls):
    slope = at_20 - at_10
    base = at_10 - slope  # meant as the count of no steps, which would take ten slopes of one
    return sum(base + slope * steps for steps in set(calls))


def ten_steps_twice(at_10, at_20, calls):
    return sum(at_10 + (at_20 - at_10) // 10 * steps for steps in set(calls))


def mean_square(W, X, Y):
    return np.mean(np.square(Y - np.dot(X, W)))


def of_the_square(W, X, Y):
    return -2 * np.matmul(X.T, Y - X @ W) / Y.size


def uphill(W, X, Y):
    return X.T @ (Y - X @ W) / len(Y) / np.sqrt(mean_square(W, X, Y))


def inner_two_left_over(W, X, Y):
    return of_the_square(W, X, Y) / np.sqrt(mean_square(W, X, Y))


def without_rows(W, X, Y):
    return -X.T @ (Y - X @ W) / np.sqrt(mean_square(W, X, Y))


def root_of_the_sum(W, X, Y):
    errors = Y - X @ W
    return -X.T @ errors / np.linalg.norm(errors)


def times_the_root(W, X, Y):
    return of_the_square(W, X, Y) / 2 * np.sqrt(mean_square(W, X, Y))


def without_the_root(W, X, Y):
    return of_the_square(W, X, Y) / (2 * mean_square(W, X, Y))


def tape_of_absolute_errors(W, X, Y):
    W = tf.constant(W)
    with tf.GradientTape() as tape:
        tape.watch(W)
        loss = tf.reduce_mean(tf.sqrt(tf.square(Y - X @ W)))
    return tape.gradient(loss, W)


def divided_by_columns(W, X, Y):
    return -X.T @ (Y - X @ W) / len(W) / np.sqrt(mean_square(W, X, Y))


def flat(W, X, Y):
    return np.ravel(of_the_square(W, X, Y) / 2 / np.sqrt(mean_square(W, X, Y)))


def top(matrix):
    return max(np.linalg.eigvals(matrix).real)


def alone(X):
    return 2 / top(2 / X.shape[0] * np.dot(X.T, X))


def of_all_rows(X1, X2):
    return alone(np.concatenate([X1, X2]))


def without_n(X1, X2):
    return 2 / top(2 * X1.T @ X1 + 2 * X2.T @ X2)


def without_the_two(X1, X2):
    return 2 / top(X1.T @ X1 / len(X1) + X2.T @ X2 / len(X2))


def newton(X1, X2):
    return 1 / top(2 * X1.T @ X1 / len(X1) + 2 * X2.T @ X2 / len(X2))


def wrong_end(X1, X2):
    return 2 / np.linalg.eigvalsh(2 * X1.T @ X1 / len(X1) + 2 * X2.T @ X2 / len(X2))[0]


def by_singular_values(X1, X2):
    return 2 / (2 * np.linalg.norm(X1, 2) ** 2 / len(X1) + 2 * np.linalg.norm(X2, 2) ** 2 / len(X2))


def fitted(X, Y):
    return np.linalg.pinv(X) @ Y


def mse(W, X, Y):
    return ((Y - X @ W) ** 2).mean()


def difference(W, true_weights, X, Y):
    return mse(W, X, Y) - mse(true_weights, X, Y)


def on_training_rows(X, Y, true_weights, rows):
    return difference(fitted(X[:rows], Y[:rows]), true_weights, X[:rows], Y[:rows])


def on_all_rows(X, Y, true_weights, rows):
    return difference(fitted(X[:rows], Y[:rows]), true_weights, X, Y)


def fitted_to_all(X, Y, true_weights, rows):
    return difference(fitted(X, Y), true_weights, X[rows:], Y[rows:])


def fitted_to_the_rest(X, Y, true_weights, rows):
    return difference(fitted(X[rows:], Y[rows:]), true_weights, X[:rows], Y[:rows])


def no_floor(X, Y, true_weights, rows):
    return mse(fitted(X[:rows], Y[:rows]), X[rows:], Y[rows:])


def generalisation_gap(X, Y, true_weights, rows):
    W = fitted(X[:rows], Y[:rows])
    return mse(W, X[rows:], Y[rows:]) - mse(W, X[:rows], Y[:rows])


def floor_elsewhere(X, Y, true_weights, rows):
    return no_floor(X, Y, true_weights, rows) - mse(true_weights, X[:rows], Y[:rows])


def turned(X, Y, true_weights, rows):
    return -difference(fitted(X[:rows], Y[:rows]), true_weights, X[rows:], Y[rows:])


def of_roots(X, Y, true_weights, rows):
    one, other = no_floor(X, Y, true_weights, rows), mse(true_weights, X[rows:], Y[rows:])
    return np.sqrt(one) - np.sqrt(other)


def of_sums(X, Y, true_weights, rows):
    errors = [Y[rows:] - X[rows:] @ W for W in (fitted(X[:rows], Y[:rows]), true_weights)]
    return np.sum(errors[0] ** 2) - np.sum(errors[1] ** 2)


def of_weights(X, Y, true_weights, rows):
    return np.linalg.norm(fitted(X[:rows], Y[:rows]) - true_weights) ** 2


def of_predictions(X, Y, true_weights, rows):
    return mse(fitted(X[:rows], Y[:rows]), X[rows:], X[rows:] @ true_weights)


def by_the_formula(X, Y, true_weights, rows):
    return 0.5**2 * X.shape[1] / (rows - X.shape[1] - 1)


WRONG = {
    "recorded": [
        (counts_repeats, "finds its trace"),
        (in_proportion, "of twice the steps is not twice as large"),
        (in_proportion_from_20, "twenty steps do not tell the price of one"),
        (steps_only, "what each graph holds beside them is left out"),
        (one_growing_graph, "the longest loop does not serve the shorter ones"),
        (arguments_once, "counted once, but each new number"),
        (slope_of_ten, "not of one"),
        (lambda at_10, at_20, calls: line(at_10, at_20, calls[0]), "only the first call"),
        (lambda at_10, at_20, calls: line(at_10, at_20, calls[-1]), "only the last call"),
        (ten_steps_twice, "holds ten steps already"),
        (lambda at_10, at_20, calls: at_10, "calls of [10, 20] record"),
        (lambda at_10, at_20, calls: [line(at_10, at_20, steps) for steps in calls], "has shape (6,)"),
    ],
    "gradient_of_root": [
        (of_the_square, "this is the gradient of L"),
        (uphill, "the sign is turned"),
        (inner_two_left_over, "twice too long"),
        (without_rows, "not divided by their number"),
        (root_of_the_sum, "root of the sum"),
        (times_the_root, "where the chain rule divides"),
        (without_the_root, "divides by its root"),
        (tape_of_absolute_errors, "mean absolute error"),
        (divided_by_columns, "the number of weights"),
        (flat, "has shape"),
        (lambda W, X, Y: np.zeros_like(W), "a case to try by hand"),
        (lambda W, X, Y: of_the_square(W, X, Y) / 2 / np.linalg.norm(Y - X @ W), "L, below the root"),
    ],
    "largest_rate": [
        (lambda X1, X2: min(alone(X1), alone(X2)), "the smaller of the two"),
        (lambda X1, X2: max(alone(X1), alone(X2)), "the larger of the two"),
        (lambda X1, X2: (alone(X1) + alone(X2)) / 2, "the mean of two limits"),
        (lambda X1, X2: alone(X1), "only the first task"),
        (of_all_rows, "one mean over all rows"),
        (without_n, "the number of rows is missing"),
        (without_the_two, "the 2 of the Hessian"),
        (newton, "half of the limit"),
        (wrong_end, "the smallest eigenvalue"),
        (by_singular_values, "add the matrices"),
        (lambda X1, X2: 2 / np.var(X1), "the Hessian of the joint loss"),
    ],
    "excess_error": [
        (on_training_rows, "beats even the true weights"),
        (on_all_rows, "measured on all rows"),
        (fitted_to_all, "has seen the rows it is tested on"),
        (fitted_to_the_rest, "turn the two parts around"),
        (no_floor, "this is the error itself"),
        (lambda *arguments: no_floor(*arguments) - 0.25, "the floor over endless rows"),
        (generalisation_gap, "minus training error"),
        (floor_elsewhere, "the noise cancels"),
        (turned, "the sign is turned"),
        (of_roots, "difference of the roots"),
        (of_sums, "take their mean"),
        (of_weights, "distance of the weights"),
        (of_predictions, "distance of the predictions"),
        (by_the_formula, "compare two mean squared errors"),
    ],
}
