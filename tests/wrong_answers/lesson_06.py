"""Plausible wrong answers to lesson 06's exercises, each with words of the sentence meant for it."""

import numpy as np


def price(p, n):
    return p / (n - p - 1)


def all_in_one_trunk(groups, d, n):
    T, r = sum(t for t, _ in groups), sum(r for _, r in groups)
    return (r * price(d, n) + (T - r) * price(r, n)) / (T * price(d, n))


def forgets_small_groups(groups, d, n):
    paid = [r * price(d, n) + (t - r) * price(r, n) for t, r in groups]
    return sum(paid) / sum(t * price(d, n) for t, _ in groups)


def counts_weights(groups, d, n):
    free = [t * d if t <= r else r * (d + t - r) for t, r in groups]
    return sum(free) / sum(t * d for t, _ in groups)


def averages_ratios(groups, d, n):
    ratios = [1 if t <= r else (r * price(d, n) + (t - r) * price(r, n)) / (t * price(d, n)) for t, r in groups]
    return sum(ratios) / len(ratios)


def on_heads(X, trunk, heads, Y):
    hidden = X @ trunk
    one, two = (hidden.T @ (hidden @ heads[:, k] - Y[:, k]) for k in (0, 1))
    return one @ two / np.linalg.norm(one) / np.linalg.norm(two)


def through_no_head(X, trunk, heads, Y):
    one, two = (X.T @ (X @ trunk @ heads[:, k] - Y[:, k]) for k in (0, 1))
    return one @ two / np.linalg.norm(one) / np.linalg.norm(two)


def trunk_gradients(X, trunk, heads, Y):
    return [np.outer(X.T @ (X @ trunk @ heads[:, k] - Y[:, k]), heads[:, k]) for k in (0, 1)]


def unit_by_unit(X, trunk, heads, Y):
    one, two = trunk_gradients(X, trunk, heads, Y)
    return np.mean(np.sum(one * two, axis=0) / np.linalg.norm(one, axis=0) / np.linalg.norm(two, axis=0))


def of_the_heads(X, trunk, heads, Y):
    one, two = heads.T
    return one @ two / np.linalg.norm(one) / np.linalg.norm(two)


def against(X, trunk, heads, Y):
    one, two = trunk_gradients(X, trunk, heads, Y)
    return -np.sum(one * two) / np.linalg.norm(one) / np.linalg.norm(two)


def own_stops(choosing, testing):
    return np.mean([testing[choosing[:, seed].argmin(), seed] for seed in range(choosing.shape[1])])


def quietest_stop(choosing, testing):
    rms = [np.linalg.norm(stop) / np.sqrt(len(stop)) for stop in choosing]
    return np.mean(testing[np.argmin(rms)])


WRONG = {
    "rows_to_break_even": [
        (lambda angle, d, noise: d + 1 + noise**2 * (d - 1) / (1 - np.cos(angle)), "wants radians"),
        (lambda angle, d, noise: d + 1 + noise * (d - 1) / (1 - np.cos(np.pi * angle / 180)), "variance of the noise"),
        (lambda angle, d, noise: noise**2 * (d - 1) / (1 - np.cos(np.radians(angle))), "still to be added"),
        (lambda angle, d, noise: d + noise**2 * (d - 1) / (1 - np.cos(np.radians(angle))), "n - d - 1"),
        (lambda angle, d, noise: d + 1 + noise**2 * d / (1 - np.cos(np.radians(angle))), "d - 1, not d"),
        (lambda angle, d, noise: 100.0, "solve for n"),
    ],
    "ratio_of_groups": [
        (all_in_one_trunk, "trunk of its own"),
        (forgets_small_groups, "its ratio is 1"),
        (counts_weights, "counts free weights"),
        (averages_ratios, "groups of more tasks weigh more"),
        (lambda groups, d, n: 1.0, "all others price(r)"),
    ],
    "trunk_cosine": [
        (on_heads, "gradients on the heads"),
        (through_no_head, "comes back through its head"),
        (unit_by_unit, "single long vector"),
        (of_the_heads, "cosine of the heads"),
        (against, "the sign is turned"),
        (lambda X, trunk, heads, Y: 1.0, "one matrix a task"),
    ],
    "honest_error": [
        (lambda choosing, testing: min(stop.mean() for stop in testing), "chosen on the test rows"),
        (lambda choosing, testing: np.mean([seed.min() for seed in testing.T]), "luckiest stop"),
        (own_stops, "one stop for all seeds"),
        (quietest_stop, "lowest mean square"),
        (lambda choosing, testing: testing[np.argsort(np.max(choosing, 1))[0]].mean(), "worst seed is best"),
        (lambda choosing, testing: testing[np.argmin(np.log(choosing).mean(1))].mean(), "average the choosing errors"),
        (lambda choosing, testing: min(stop.mean() for stop in choosing), "rows that chose"),
        (lambda choosing, testing: testing[-1].mean(), "last stop"),
        (lambda choosing, testing: np.mean(testing), "mean over all stops"),
    ],
}
