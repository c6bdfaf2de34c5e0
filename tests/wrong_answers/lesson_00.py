"""Plausible wrong answers to lesson 00's exercises, each with words of the sentence meant for it."""

import numpy as np


def looks_where_p_is_shown(rule):
    return bool(rule(False, True)) != bool(rule(False, False))


def wants_agreement(rule):
    return bool(rule(True, True)) and not rule(True, False)


def looks_everywhere(rule):
    answers = [[bool(rule(B1, P)) for P in (False, True)] for B1 in (False, True)]
    return any(without != with_p for without, with_p in answers)


def wants_a_yes(rule):
    return any(rule(True, P) for P in (False, True))


def shuffles_rows(targets, rng):
    return rng.permutation(targets)


def shuffles_all_columns(targets, rng):
    return rng.permuted(targets, axis=0)


def keeps_companions_together(targets, rng):
    result = targets.copy()
    result[:, 1:] = targets[rng.permutation(len(targets)), 1:]
    return result


def shuffles_within_rows(targets, rng):
    return rng.permuted(targets, axis=1)


def forgets_the_generator(targets, rng):
    result = targets.copy()
    result[:, 1:] = np.random.default_rng(0).permuted(targets[:, 1:], axis=0)
    return result


def shuffles_one_companion(targets, rng):
    result = targets.copy()
    result[:, 1] = rng.permutation(targets[:, 1])
    return result


def rolls_the_columns(targets, rng):
    result = targets.copy()
    for k, places in enumerate(rng.choice(np.arange(1, len(targets)), size=3, replace=False), start=1):
        result[:, k] = np.roll(targets[:, k], places)
    return result


def shuffles_ten_rows(targets, rng):
    result = targets.copy()
    result[:10, 1:] = rng.permuted(targets[:10, 1:], axis=0)
    return result


def moves_two_together(targets, rng):
    result = targets.copy()
    result[:, 1:3] = rng.permutation(targets[:, 1:3])
    result[:, 3] = rng.permutation(targets[:, 3])
    return result


def as_strangers(values, others):
    errors = [np.std(v, ddof=1) / np.sqrt(len(v)) for v in (values, others)]
    return np.mean(values) - np.mean(others), np.hypot(*errors)


def standard_deviation(values, others):
    return np.mean(values - others), np.std(values - others, ddof=1)


def without_ddof(values, others):
    return np.mean(values - others), np.std(values - others) / len(values) ** 0.5


def turned(values, others):
    return np.mean(others - values), np.std(values - others, ddof=1) / len(values) ** 0.5


def _probe(hidden, signs, fitted, tested, level=0.0, constant=True):
    table = np.hstack([hidden, np.ones((len(hidden), 1))]) if constant else hidden
    weights = np.linalg.pinv(table[fitted]) @ signs[fitted]
    return float(np.mean(np.sign(table[tested] @ weights - level) == signs[tested]))


def others(signs, rows):
    return [row for row in range(len(signs)) if row not in rows]


WRONG = {
    "shows_hidden": [
        (looks_where_p_is_shown, "where T1 shows P"),
        (wants_agreement, "not whether it agrees"),
        (looks_everywhere, "look at all of them"),
        (wants_a_yes, "a rule that says yes does not show P"),
        (lambda rule: [rule(True, True), rule(True, False)], "one True or False"),
        (lambda rule: True, "for some rules the answer is off"),
    ],
    "shuffled": [
        (shuffles_rows, "T1 itself was shuffled"),
        (shuffles_all_columns, "T1 itself was shuffled"),
        (keeps_companions_together, "columns moved together"),
        (moves_two_together, "columns moved together"),
        (shuffles_ten_rows, "many rows kept their place"),
        (rolls_the_columns, "moved along together"),
        (shuffles_within_rows, "from one task to another"),
        (forgets_the_generator, "another generator gives the same order"),
        (shuffles_one_companion, "a companion kept its place"),
        (lambda targets, rng: targets, "nothing was shuffled"),
        (lambda targets, rng: rng.choice(targets, size=targets.shape[0]), "only moves them"),
    ],
    "paired": [
        (as_strangers, "two independent groups"),
        (standard_deviation, "spread of single seeds"),
        (without_ddof, "ddof=1"),
        (turned, "the sign is turned"),
        (lambda a, b: (np.mean(a - b), np.std(a - b, ddof=1) / 40**0.5), "the lesson has 40 seeds"),
        (lambda a, b: (np.mean(a - b), np.std(a - b, ddof=1) / 20**0.5), "seed by seed comparison"),
        (lambda values, others: np.mean(values - others), "has shape ()"),
    ],
    "probe": [
        (lambda hidden, signs, rows: _probe(hidden, signs, rows, rows), "on the rows of the fit"),
        (
            lambda hidden, signs, rows: _probe(hidden, signs, range(len(signs)), others(signs, rows)),
            "has seen the test rows",
        ),
        (lambda hidden, signs, rows: _probe(hidden, signs, rows, range(len(signs))), "on all rows"),
        (lambda hidden, signs, rows: _probe(hidden, signs, rows, others(signs, rows), constant=False), "a constant"),
        (lambda hidden, signs, rows: _probe(hidden, signs, rows, others(signs, rows), level=0.5), "not above 0.5"),
    ],
}
