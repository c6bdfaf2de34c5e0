"""Answers to the exercises of lesson 00."""

import numpy as np

from mtl_helpers.checks.core import Trial, exercise


@exercise("a companion shows P where its answer changes with P.")
def shows_hidden() -> Trial:
    """Exercise 1: does a rule's answer depend on P on the rows where T1 hides it?"""

    def inputs(_, case):
        """All sixteen rules, so that no luck is involved: a rule is the four bits of a number."""

        def rule(B1, P):
            yes = case >> (2 * np.asarray(B1, int) + np.asarray(P, int)) & 1
            return yes.astype(bool) if np.ndim(yes) else bool(yes)

        places = [place for k, place in enumerate(["neither", "P alone", "B1 alone", "both"]) if case >> k & 1]
        rule.__name__ = f"(yes for {' or '.join(places) or 'nothing'})"
        return (rule,)

    def expected(rule):
        return rule(True, True) != rule(True, False)

    mistakes = {
        "these are the rows where T1 shows P; T1 hides it where B1 is true": lambda rule: (
            rule(False, True) != rule(False, False)
        ),
        "a rule that says no where P is yes shows P as well; ask whether the answer changes, not if it agrees": (
            lambda rule: rule(True, True) and not rule(True, False)
        ),
        "only the rows where T1 hides P count, and you look at all of them": lambda rule: (
            expected(rule) or rule(False, True) != rule(False, False)
        ),
        "a rule that says yes does not show P yet; its answer must change with P": lambda rule: (
            rule(True, True) or rule(True, False)
        ),
        "turned round: True belongs to the rules that show P": {"result": np.logical_not},
        "P is held and B1 changes; it must be the other way round": lambda rule: rule(True, True) != rule(False, True),
    }
    signs = {
        "one True or False for a rule is expected; compare its answers for P true and P false": (
            lambda result, rule: result.size != 1
        ),
    }
    look = "hold B1 at true, change P, and see whether the rule's answer changes"
    return Trial(inputs, expected, mistakes, look, signs, cases=16)


@exercise("seed by seed, the luck that both settings share drops out of the error bar.")
def paired() -> Trial:
    """Exercise 2: mean and standard error of a difference, seed by seed."""

    def inputs(rng, case):
        luck, *own = rng.normal(size=(3, [9, 2, 25, 3, 40, 14][case % 6]))
        better = rng.uniform(-0.1, 0.1)
        return 0.9 + better + 0.04 * luck + 0.01 * own[0], 0.86 + 0.04 * luck + 0.02 * own[1]

    def expected(values, others):
        n, mean = len(values), sum(values - others) / len(values)
        return [mean, (sum((values - others - mean) ** 2) / (n - 1) / n) ** 0.5]

    def with_error(error):
        return lambda values, others: [np.mean(values - others), error(values, others)]

    mistakes = {
        "this is the error bar of two independent groups; take the differences first": with_error(
            lambda a, b: np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a))
        ),
        "this is the spread of single seeds; the standard error divides it by the root of their number": with_error(
            lambda a, b: (a - b).std(ddof=1)
        ),
        "the spread of a sample divides by n - 1; NumPy needs `ddof=1`": with_error(
            lambda a, b: (a - b).std() / np.sqrt(len(a))
        ),
        "the error is divided by the number of seeds; divide by its root": with_error(
            lambda a, b: (a - b).std(ddof=1) / len(a)
        ),
        "the sign is turned: the first setting minus the second": lambda a, b: expected(b, a),
        "the sign of the mean is lost; the second setting may be the better one": {"result": abs},
        "the two numbers have changed places: first the mean, then its error": {"result": np.flip},
    }
    look = "take the difference seed by seed; then its mean, and its standard error"
    return Trial(inputs, expected, mistakes, look)


@exercise("a probe is fitted on some rows, and speaks about others.")
def probe() -> Trial:
    """Exercise 3: how well can signs be read off hidden values, on rows that the fit has not seen?"""

    def inputs(rng, case):
        n, units = int(rng.integers(50, 70)), [5, 1, 3, 6][case % 4]
        hidden = rng.normal(size=(n, units)) + rng.normal(size=units)
        score = hidden @ rng.normal(size=units) + rng.normal(size=n)
        signs = np.where(score > np.quantile(score, rng.choice([0.25, 0.7])), 1.0, -1.0)
        # A small unit still speaks in least squares; to a ridge it is silent.
        rows = rng.permutation(n)[: n // int(rng.integers(2, 4))]
        if case == 5:  # elsewhere all is turned round, and a probe does worse than a coin
            signs[np.setdiff1d(np.arange(n), rows)] *= -1
        return hidden * [1, 1e-3, 30][case % 3], signs, rows

    def expected(hidden, signs, rows, *, bias=1.0, fitted="rows", tested="others", threshold=0.0):
        every = np.arange(len(signs))
        of = {"rows": rows, "others": np.setdiff1d(every, rows), "all": every, "first": every[: len(rows)]}
        table = np.column_stack([hidden, np.full(len(hidden), bias)])
        weights = np.linalg.lstsq(table[of[fitted]], signs[of[fitted]])[0]
        right = [(table[row] @ weights > threshold) == (signs[row] > 0) for row in of[tested]]
        return sum(right) / len(right)

    mistakes = {
        "this is the accuracy on the rows of the fit; test on the other rows": {"tested": "rows"},
        "the fit has seen the test rows; fit on `rows` only": {"fitted": "all"},
        "this is the accuracy on all rows, those of the fit included": {"tested": "all"},
        "the fit is made on the other rows and tested on `rows`; turn them around": (
            {"fitted": "others", "tested": "rows"}
        ),
        "the fit takes the first rows of the table; `rows` says which ones": {"fitted": "first"},
        "the fit needs a constant; append a column of ones to the hidden values": {"bias": 0.0},
        "the answer is yes where the fit is above 0, not above 0.5: the signs are -1 and +1": {"threshold": 0.5},
        "this is the share of wrong signs; the share of right ones is asked for": {"result": lambda share: 1 - share},
    }
    look = "fit by least squares alone on `rows`, and count on the other rows how often the sign is right"
    return Trial(inputs, expected, mistakes, look)
