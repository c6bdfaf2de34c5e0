"""Answers to the exercises of lesson 10."""

from collections.abc import Callable
from itertools import product

import numpy as np

from mtl_helpers.checks.core import Trial, exercise


@exercise("what the gates take is no longer there for units.")
def widest() -> Trial:
    """Exercise 1: the units of each expert that a limit on the number of weights leaves."""

    def inputs(rng, case):
        experts, tasks, d = [2, 4, 1, 3][case % 4], [3, 2, 5, 1][case % 3], int(rng.integers(5, 30))
        gates = tasks * d * experts if experts > 1 else 0
        each = d * experts + tasks
        spare = [0, each - 1, each // 2][case % 3]  # a limit that is met, one that is missed by one, and others
        return gates + each * int(rng.integers(1, 12)) * (case != 7) + spare, d, tasks, experts

    def expected(limit, inputs, tasks, experts):
        def weights(units):
            gates = tasks * inputs * experts if experts > 1 else 0
            return experts * inputs * units + tasks * units + gates

        return max(units for units in range(limit + 1) if units == 0 or weights(units) <= limit)

    def built(gates: Callable, each: Callable = lambda d, T, E: d * E + T, divide: Callable = lambda a, b: a // b):
        return lambda limit, d, T, E: max(divide(limit - gates(d, T, E), each(d, T, E)), 0)

    def of_all(d, T, E):
        return T * d * E * (E > 1)

    mistakes = {
        "the gates are not counted: each task has one, with a weight for each input and expert": built(
            lambda d, T, E: 0
        ),
        "a gate over a single expert is always 1; it needs no weights": built(lambda d, T, E: T * d * E),
        "one gate is counted; each task has its own": built(lambda d, T, E: d * E * (E > 1)),
        "a gate has a weight for each input and expert; yours has one for each expert": built(
            lambda d, T, E: T * E * (E > 1)
        ),
        "the heads are not counted: each task has one weight for each unit": built(of_all, lambda d, T, E: d * E),
        "a head reads the mixture, which is as wide as one expert; it has no weights for each expert": built(
            of_all, lambda d, T, E: (d + T) * E
        ),
        "only one expert is counted": built(of_all, lambda d, T, E: d + T),
        "these are the units of all experts together; return those of one": lambda limit, d, T, E: (
            E * expected(limit, d, T, E)
        ),
        "the number is rounded up, and the network passes the limit": built(of_all, divide=lambda a, b: -(-a // b)),
        "units are whole: round down": built(of_all, divide=lambda a, b: a / b),
    }
    look = "the limit less the gates, divided by what one unit in every expert costs, rounded down"
    return Trial(inputs, expected, mistakes, look)


@exercise("each task reads the experts through its own gate.")
def gated() -> Trial:
    """Exercise 2: the outputs of a multi-gate mixture of experts."""

    def inputs(rng, case):
        n, d = [7, 1, 4][case % 3], [3, 5, 2, 4][case % 4]
        tasks, experts, m = [2, 3, 1, 4][case % 4], [3, 2, 4, 1, 2][case % 5], [4, 3, 5][case % 3]
        shapes = (n, d), (experts, d, m), (tasks, d, experts), (tasks, m)
        return tuple(rng.normal(size=shape) for shape in shapes)

    def shares(x, gate):
        powers = np.exp(x @ gate)
        return powers / powers.sum()

    def expected(x, experts, gates, heads):
        out = np.zeros((len(x), len(heads)))
        for row, task in product(range(len(x)), range(len(heads))):
            for expert, share in zip(experts, shares(x[row], gates[task]), strict=True):
                out[row, task] += share * np.maximum(x[row] @ expert, 0) @ heads[task]
        return out

    def softmax(logits, axis=-1):
        powers = np.exp(logits)
        return powers / powers.sum(axis=axis, keepdims=True)

    def built(share: Callable = softmax, inner=lambda h: np.maximum(h, 0), outer=lambda h: h, own=lambda gates: gates):
        def outputs(x, experts, gates, heads):
            hidden = inner(np.einsum("nd,edm->enm", x, experts))
            weights = share(np.einsum("nd,tde->tne", x, own(gates)))
            return np.einsum("tnm,tm->nt", outer(np.einsum("tne,enm->tnm", weights, hidden)), heads)

        return outputs

    def hardest(logits):
        return np.eye(logits.shape[-1])[logits.argmax(axis=-1)]

    mistakes = {
        "the shares must add up to 1 over the experts of one row; yours do over the rows": built(
            lambda logits: softmax(logits, axis=1)
        ),
        "the shares must add up to 1 over the experts of one task; yours do over the tasks": built(
            lambda logits: softmax(logits, axis=0)
        ),
        "the softmax is missing: shares are positive and add up to 1": built(lambda logits: logits),
        "these are sigmoids, which do not add up to 1; take the softmax": built(
            lambda logits: 1 / (1 + np.exp(-logits))
        ),
        "this takes the expert with the largest share; mix them all": built(hardest),
        "the experts are mixed evenly; the gate says which share each gets": built(
            lambda logits: np.full(logits.shape, 1 / logits.shape[-1])
        ),
        "the shares are taken at the mean of the rows; each row has its own": built(
            lambda logits: softmax(logits.mean(axis=1, keepdims=True) + 0 * logits)
        ),
        "all tasks use the first gate; each has its own": built(own=lambda gates: gates[[0] * len(gates)]),
        "the ReLU is missing: an expert is ReLU(x times its weights)": built(inner=lambda h: h),
        "the ReLU comes after the mixture; each expert has its own": built(
            inner=lambda h: h, outer=lambda h: np.maximum(h, 0)
        ),
        "the result has one row for each task; tasks are its columns": lambda *given: expected(*given).T,
    }
    look = "for each task: softmax of x times its gate, the experts mixed by these shares, times its head"
    return Trial(inputs, expected, mistakes, look)


@exercise("every partition was looked at, and each task counted once.")
def best_groups() -> Trial:
    """Exercise 3: the position of the partition with the lowest validation error."""

    def inputs(rng, case):
        tasks = [4, 3, 5, 1, 2][case % 5]
        ways = [
            way
            for way in product(range(tasks), repeat=tasks)
            if all(way[first] == first <= k for k, first in enumerate(way))
        ]
        partitions = [[tuple(np.flatnonzero(np.equal(way, one))) for one in set(way)] for way in ways]
        related = ways[rng.integers(len(ways))]
        errors = {}
        for group in {group for partition in partitions for group in partition}:
            mixed = len({related[task] for task in group}) - 1
            errors[group] = rng.uniform(0.5, 1.5, size=len(group)) / len(group) ** rng.uniform(0, 0.8) + 0.4 * mixed
        return errors, [partitions[k] for k in rng.permutation(len(partitions))]

    def expected(errors, partitions):
        totals = [sum(error for group in partition for error in errors[group]) for partition in partitions]
        return totals.index(min(totals))

    def by(cost: Callable) -> Callable:
        return lambda errors, partitions: np.argmin([cost([errors[g] for g in p]) for p in partitions])

    def total(parts):
        return sum(map(np.sum, parts))

    def greedy(errors, partitions):
        left, taken = {task for group in partitions[0] for task in group}, set()
        while left:
            taken.add(min((g for g in errors if left.issuperset(g)), key=lambda g: np.mean(errors[g])))
            left -= {task for group in taken for task in group}
        return [set(partition) for partition in partitions].index(taken)

    def least(errors, partitions):
        return min(total([errors[group] for group in partition]) for partition in partitions)

    mistakes = {
        "this adds up the means of the groups, so a task in a large group counts less; add up all errors": by(
            lambda parts: sum(map(np.mean, parts))
        ),
        "this takes the mean of the groups' means; each task counts once": by(
            lambda parts: np.mean([np.mean(part) for part in parts])
        ),
        "only partitions into two groups are tried": by(lambda parts: total(parts) + 99 * abs(len(parts) - 2)),
        "this takes the highest error": by(lambda parts: -total(parts)),
        "this looks at the best group alone; the others count as well": by(lambda parts: min(map(np.mean, parts))),
        "this looks at the worst task alone; add up the errors of all": by(lambda parts: max(map(np.max, parts))),
        "this takes the best group first and then the best of the rest; try all partitions": greedy,
        "this is the lowest error; return the position of the partition that has it": least,
        "this counts from 1; positions start at 0": lambda *given: expected(*given) + 1,
    }
    look = "for each partition add up the errors of all tasks in all its groups; the position of the lowest sum"
    return Trial(inputs, expected, mistakes, look, cases=15)
