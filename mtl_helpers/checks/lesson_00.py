"""Answers to the exercises of lesson 00."""

import numpy as np

from mtl_helpers.checks.core import Answer, Wrong, compare, exercise


@exercise("the argument speaks for T2 and T3 and against T4; whether training agrees is another question.")
def shows_hidden(answer: Answer) -> None:
    """Exercise 1: does a rule's answer depend on P on the rows where T1 hides it?"""
    # All sixteen rules, so that no luck is involved: a rule is the four bits of a number.
    rules = [
        lambda B1, P, n=n: (n >> (2 * np.asarray(B1, int) + np.asarray(P, int)) & 1).astype(bool) for n in range(16)
    ]
    given = [answer.raw(rule) for rule in rules]
    if any(np.shape(value) != () for value in given):
        raise Wrong("one True or False for a rule is expected; compare its answers for P true and P false")
    said = np.array([bool(value) for value in given])

    def on_rows(condition: object) -> np.ndarray:
        return np.array([bool(condition(rule)) for rule in rules])

    if np.array_equal(said, on_rows(lambda rule: rule(True, True) != rule(True, False))):
        return
    mistakes = {
        "these are the rows where T1 shows P; T1 hides it where B1 is true": lambda rule: (
            rule(False, True) != rule(False, False)
        ),
        "a rule that says no where P is yes shows P as well; ask whether the answer changes, not whether it agrees": (
            lambda rule: rule(True, True) and not rule(True, False)
        ),
        "only the rows where T1 hides P count, and you look at all of them": lambda rule: (
            rule(True, True) != rule(True, False) or rule(False, True) != rule(False, False)
        ),
        "a rule that says yes does not show P yet; its answer must change with P": lambda rule: (
            rule(True, True) or rule(True, False)
        ),
    }
    for sentence, mistake in mistakes.items():
        if np.array_equal(said, on_rows(mistake)):
            raise Wrong(sentence)
    raise Wrong(
        "for some rules the answer is off; hold B1 at true, change P, and see whether the rule's answer changes"
    )


@exercise("the extra tasks keep their number of yes and lose their link to the input, and nothing else has changed.")
def shuffled(answer: Answer) -> None:
    """Exercise 2: the control. Column 0 stays; each other column is shuffled over the rows on its own."""
    rng = np.random.default_rng(2016)
    inputs = rng.permutation(256).reshape(64, 4).astype(float)  # all numbers differ, so that each can be followed
    result = answer(inputs, np.random.default_rng(0))
    if result.shape != inputs.shape:
        raise Wrong(f"the result has shape {result.shape}, expected is that of the targets, {inputs.shape}")
    if not np.array_equal(np.sort(result, axis=None), np.sort(inputs, axis=None)):
        raise Wrong("some numbers are lost or new; a shuffle only moves them")
    if not np.array_equal(np.sort(result, axis=0), np.sort(inputs, axis=0)):
        raise Wrong("numbers moved from one task to another; shuffle over the rows, axis 0, within each column")
    moved = (result != inputs).any(axis=0)
    if moved[0]:
        raise Wrong("T1 itself was shuffled; column 0 is the task that we measure and has to stay")
    if not moved.any():
        raise Wrong("nothing was shuffled")
    if not moved.all() and not moved[1:].all():
        raise Wrong("a companion kept its place; shuffle every column but the first")
    order = np.array([[np.flatnonzero(inputs[:, k] == value)[0] for value in result[:, k]] for k in (1, 2, 3)])
    if any(np.array_equal(order[one], order[other]) for one, other in ((0, 1), (0, 2), (1, 2))):
        raise Wrong("columns moved together, so the companions still belong to each other; give each its own order")
    here = np.arange(64)
    if np.mean(order == here, axis=1).max() > 0.25:
        raise Wrong("many rows kept their place; shuffle over all the rows")
    if any(len(set((rows - here) % 64)) < 10 for rows in order):
        raise Wrong("the rows are moved along together; draw a random order")
    if np.array_equal(answer(inputs, np.random.default_rng(1)), result):
        raise Wrong("another generator gives the same order; draw it from the `rng` that you are given")


@exercise("seed by seed, the luck that both settings share drops out of the error bar.")
def paired(answer: Answer) -> None:
    """Exercise 3: mean and standard error of a difference, seed by seed."""

    def inputs(rng: np.random.Generator) -> tuple:
        luck, *own = rng.normal(size=(3, int(rng.integers(8, 30))))
        return 0.9 + 0.04 * luck + 0.01 * own[0], 0.86 + 0.04 * luck + 0.01 * own[1]

    def expected(values: np.ndarray, others: np.ndarray) -> list:
        differences = [one - other for one, other in zip(values, others, strict=True)]
        mean = sum(differences) / len(differences)
        variance = sum((difference - mean) ** 2 for difference in differences) / (len(differences) - 1)
        return [mean, (variance / len(differences)) ** 0.5]

    def with_error(error: object) -> object:
        return lambda values, others: [np.mean(values - others), error(values, others)]

    compare(
        answer,
        inputs,
        expected,
        {
            "this is the error bar of two independent groups; take the differences first": with_error(
                lambda a, b: np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a))
            ),
            "this is the spread of single seeds; the standard error divides it by the root of their number": with_error(
                lambda a, b: (a - b).std(ddof=1)
            ),
            "the spread of a sample divides by n - 1; NumPy needs `ddof=1`": with_error(
                lambda a, b: (a - b).std() / np.sqrt(len(a))
            ),
            "the lesson has 40 seeds, and other settings have other numbers; divide by the root of how many came": (
                with_error(lambda a, b: (a - b).std(ddof=1) / np.sqrt(40))
            ),
            "the sign is turned: the first setting minus the second": lambda a, b: (
                -np.mean(a - b),
                (a - b).std(ddof=1) / np.sqrt(len(a)),
            ),
        },
        "see the section on seed by seed comparison",
    )


@exercise("a probe is fitted on some rows, and speaks about others.")
def probe(answer: Answer) -> None:
    """Exercise 4: how well can signs be read off hidden values, on rows that the fit has not seen?"""

    def inputs(rng: np.random.Generator) -> tuple:
        n = int(rng.integers(50, 70))
        hidden = rng.normal(size=(n, 5))
        signs = np.where(hidden @ rng.normal(size=5) + 1.0 + 0.8 * rng.normal(size=n) > 0, 1.0, -1.0)
        return hidden, signs, rng.permutation(n)[: n // 2]

    def with_choices(bias: float, fitted: object, tested: object, threshold: float = 0.0) -> object:
        def read(hidden: np.ndarray, signs: np.ndarray, rows: np.ndarray) -> float:
            others = np.setdiff1d(np.arange(len(signs)), rows)
            table = np.column_stack([hidden, np.full(len(hidden), bias)])
            fit_rows, test_rows = fitted(rows, others), tested(rows, others)
            weights = np.linalg.lstsq(table[fit_rows], signs[fit_rows])[0]
            right = [(table[row] @ weights > threshold) == (signs[row] > 0) for row in test_rows]
            return sum(right) / len(right)

        return read

    def first(rows: np.ndarray, _: np.ndarray) -> np.ndarray:
        return rows

    def second(_: np.ndarray, others: np.ndarray) -> np.ndarray:
        return others

    def both(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
        return np.concatenate([rows, others])

    def of_truth(hidden: np.ndarray, signs: np.ndarray, rows: np.ndarray) -> float:
        others = np.setdiff1d(np.arange(len(signs)), rows)
        table = np.column_stack([hidden, np.ones(len(hidden))])
        return np.mean((table[others] @ np.linalg.lstsq(table[rows], signs[rows])[0] > 0) == signs[others])

    compare(
        answer,
        inputs,
        with_choices(1.0, first, second),
        {
            "this is the accuracy on the rows of the fit; test on the other rows": with_choices(1.0, first, first),
            "the fit has seen the test rows; fit on `rows` only": with_choices(1.0, both, second),
            "this is the accuracy on all rows, those of the fit included": with_choices(1.0, first, both),
            "the fit needs a constant; append a column of ones to the hidden values": with_choices(0.0, first, second),
            "the answer is yes where the fit is above 0, not above 0.5: the signs are -1 and +1": with_choices(
                1.0, first, second, threshold=0.5
            ),
            "True and False are compared with +1 and -1; compare signs with signs": of_truth,
        },
        "fit by least squares on `rows`, and count on the other rows how often the sign is right",
    )
