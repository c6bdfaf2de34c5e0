"""Answers to the exercises of lesson 00."""

from collections.abc import Callable

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

        places = ["neither", "P alone", "B1 alone", "B1 and P"]
        rule.__name__ = f"(yes for {' or '.join(p for k, p in enumerate(places) if case >> k & 1) or 'nothing'})"
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
        "turned round: True belongs to the rules that show P": lambda rule: not expected(rule),
        "P is held and B1 changes; it must be the other way round": lambda rule: rule(True, True) != rule(False, True),
    }
    signs = {
        "one True or False for a rule is expected; compare its answers for P true and P false": (
            lambda result, rule: result.size != 1
        ),
    }
    look = "hold B1 at true, change P, and see whether the rule's answer changes"
    return Trial(inputs, expected, mistakes, look, signs, cases=16)


@exercise("the extra tasks keep their number of yes and lose their link to the input, and nothing else has changed.")
def shuffled() -> Trial:
    """Exercise 2: the control. Column 0 stays; each other column is shuffled over the rows on its own."""

    def inputs(rng, case):
        shape = 40 + 3 * case, [4, 2, 5, 3, 1, 6][case % 6]
        if case % 3 == 2:
            return np.where(rng.normal(size=shape) > 0.5, 1.0, -1.0), rng  # as in the lesson
        numbers = rng.normal(size=shape).astype(np.float32)  # all differ, so that each can be followed
        return numbers.astype(float), rng

    def expected(targets, rng):
        return None

    def orders(result, targets):
        """From which row has each number come? One array a companion, where all numbers differ."""
        return [
            np.argsort(old)[np.searchsorted(np.sort(old), new)]
            for new, old in list(zip(result.T, targets.T, strict=True))[1:]
            if len(set(old)) == len(old)
        ]

    def any_order(shows):
        return lambda result, targets, _: any(
            shows(order, np.arange(len(order)), len(order)) for order in orders(result, targets)
        )

    def together(result, targets, _):
        found = [tuple(order) for order in orders(result, targets)]
        return len(set(found)) < len(found)

    signs = {
        "the result has another shape than the targets": lambda new, old, _: new.shape != old.shape,
        "some numbers are lost or new; a shuffle only moves them": lambda new, old, _: (
            not np.array_equal(np.sort(new, axis=None), np.sort(old, axis=None))
        ),
        "numbers moved from one task to another; shuffle over the rows, axis 0, within each column": (
            lambda new, old, _: not np.array_equal(np.sort(new, axis=0), np.sort(old, axis=0))
        ),
        "T1 itself was shuffled; column 0 is the task that we measure and has to stay": (
            lambda new, old, _: np.any(new[:, 0] != old[:, 0])
        ),
        "nothing was shuffled": lambda new, old, _: old.shape[1] > 1 and np.array_equal(new, old),
        "a companion kept its place; shuffle every column but the first": (
            lambda new, old, _: not np.all(np.any(new != old, axis=0)[1:])
        ),
        "columns moved together, so the companions still belong to each other; give each its own order": together,
        "many rows kept their place; shuffle over all the rows": any_order(
            lambda order, here, n: np.mean(order == here) > 0.25
        ),
        "the rows are moved along together; draw a random order": any_order(
            lambda order, here, n: len(set((order - here) % n)) < 10 or len(set((order + here) % n)) < 10
        ),
        "rows moved within their own part of the table only; shuffle over all the rows": any_order(
            lambda order, here, n: np.mean((order < n // 2) != (here < n // 2)) < 0.1
        ),
    }
    return Trial(inputs, expected, {}, "", signs)


@exercise("seed by seed, the luck that both settings share drops out of the error bar.")
def paired() -> Trial:
    """Exercise 3: mean and standard error of a difference, seed by seed."""

    def inputs(rng, case):
        luck, *own = rng.normal(size=(3, [9, 2, 25, 3, 40, 14][case % 6]))
        better = rng.uniform(-0.1, 0.1)
        return 0.9 + better + 0.04 * luck + 0.01 * own[0], 0.86 + 0.04 * luck + 0.02 * own[1]

    def expected(values, others):
        differences = [one - other for one, other in zip(values, others, strict=True)]
        mean = sum(differences) / len(differences)
        variance = sum((difference - mean) ** 2 for difference in differences) / (len(differences) - 1)
        return [mean, (variance / len(differences)) ** 0.5]

    def with_error(error: Callable) -> Callable:
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
        "the lesson has 40 seeds, and other settings have other numbers; divide by the root of how many came": (
            with_error(lambda a, b: (a - b).std(ddof=1) / np.sqrt(40))
        ),
        "the error is divided by the number of seeds; divide by its root": with_error(
            lambda a, b: (a - b).std(ddof=1) / len(a)
        ),
        "the sign is turned: the first setting minus the second": lambda a, b: [-1, 1] * np.array(expected(a, b)),
        "the sign of the mean is lost; the second setting may be the better one": lambda a, b: abs(
            np.array(expected(a, b))
        ),
        "the two numbers have changed places: first the mean, then its error": lambda a, b: expected(a, b)[::-1],
    }
    look = "see the section on seed by seed comparison"
    return Trial(inputs, expected, mistakes, look)


@exercise("a probe is fitted on some rows, and speaks about others.")
def probe() -> Trial:
    """Exercise 4: how well can signs be read off hidden values, on rows that the fit has not seen?"""

    def inputs(rng, case):
        n, units = int(rng.integers(50, 70)), [5, 1, 3, 6][case % 4]
        hidden = rng.normal(size=(n, units)) + rng.normal(size=units)
        score = hidden @ rng.normal(size=units) + rng.normal(size=n)
        signs = np.where(score > np.quantile(score, rng.choice([0.25, 0.7])), 1.0, -1.0)
        # A small unit still speaks in least squares; to a ridge it is silent.
        return hidden * [1, 1e-3, 30][case % 3], signs, rng.permutation(n)[: n // int(rng.integers(2, 4))]

    def with_choices(bias: float, fitted: str, tested: str, threshold: float = 0.0) -> Callable:
        def read(hidden, signs, rows):
            others = np.setdiff1d(np.arange(len(signs)), rows)
            of = {"rows": rows, "others": others, "all": np.arange(len(signs)), "first": np.arange(len(rows))}
            of["behind"] = np.arange(len(rows), len(signs))
            table = np.column_stack([hidden, np.full(len(hidden), bias)])
            weights = np.linalg.lstsq(table[of[fitted]], signs[of[fitted]])[0]
            right = [(table[row] @ weights > threshold) == (signs[row] > 0) for row in of[tested]]
            return sum(right) / len(right)

        return read

    right = with_choices(1.0, "rows", "others")

    def expected(hidden, signs, rows):
        return right(hidden, signs, rows)

    def of_truth(hidden, signs, rows):
        others = np.setdiff1d(np.arange(len(signs)), rows)
        table = np.column_stack([hidden, np.ones(len(hidden))])
        return np.mean((table[others] @ np.linalg.lstsq(table[rows], signs[rows])[0] > 0) == signs[others])

    mistakes = {
        "this is the accuracy on the rows of the fit; test on the other rows": with_choices(1.0, "rows", "rows"),
        "the fit has seen the test rows; fit on `rows` only": with_choices(1.0, "all", "others"),
        "this is the accuracy on all rows, those of the fit included": with_choices(1.0, "rows", "all"),
        "the fit is made on the other rows and tested on `rows`; turn them around": with_choices(1.0, "others", "rows"),
        "the fit takes the first rows of the table; `rows` says which ones": with_choices(1.0, "first", "behind"),
        "the fit needs a constant; append a column of ones to the hidden values": with_choices(0.0, "rows", "others"),
        "the answer is yes where the fit is above 0, not above 0.5: the signs are -1 and +1": with_choices(
            1.0, "rows", "others", threshold=0.5
        ),
        "True and False are compared with +1 and -1; compare signs with signs": of_truth,
        "this is the share of wrong signs; the share of right ones is asked for": lambda *given: 1 - right(*given),
    }
    look = "fit by least squares alone on `rows`, and count on the other rows how often the sign is right"
    return Trial(inputs, expected, mistakes, look)
