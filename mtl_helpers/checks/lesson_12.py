"""Answers to the exercises of lesson 12."""

from collections.abc import Callable

import numpy as np

from mtl_helpers.checks.core import Trial, exercise


@exercise("each worker sends its part, and the parts add up to the mean over all labels.")
def worker_shares() -> Trial:
    """Exercise 1: what each worker contributes to a masked mean."""

    def inputs(rng, case):
        rows, workers = [9, 4, 13, 6, 1, 8][case % 6], [2, 3, 1, 4, 3][case % 5]
        labelled = (rng.random(rows) < [0.5, 0.8, 0.2][case % 3]).astype(float)
        if case == 3:
            labelled[:] = 0
        return rng.uniform(0, 3, size=rows), labelled, workers

    def expected(squares, labelled, workers):
        shares = [0.0] * workers
        for row, (square, label) in enumerate(zip(squares, labelled, strict=True)):
            shares[row % workers] += square * label / max(sum(labelled), 1)
        return shares

    def built(
        part: Callable = lambda worker, workers: slice(worker, None, workers),
        share: Callable = lambda s, m, total, all_rows, workers: (s * m).sum() / max(total, 1),
    ) -> Callable:
        def shares(s, m, workers):
            parts = [part(worker, workers) for worker in range(workers)]
            return [share(s[p], m[p], m.sum(), len(m), workers) for p in parts]

        return shares

    def blocks(s, m, workers):
        pairs = zip(np.array_split(s, workers), np.array_split(m, workers), strict=True)
        return [(a * b).sum() / max(m.sum(), 1) for a, b in pairs]

    mistakes = {
        "each share is a local mean; divide by the labels of all workers, and the parts add up to the mean": built(
            share=lambda s, m, total, rows, workers: (s * m).sum() / max(m.sum(), 1)
        ),
        "this is the mean of the workers' means; a label counts for more on a worker that has few of them": built(
            share=lambda s, m, total, rows, workers: (s * m).sum() / max(m.sum(), 1) / workers
        ),
        "this divides by the number of rows; divide by the number of labels": built(
            share=lambda s, m, total, rows, workers: (s * m).sum() / rows
        ),
        "rows without a label must not count": built(share=lambda s, m, total, rows, workers: s.sum() / max(total, 1)),
        "these are sums; divide each by the number of labels of all workers": built(
            share=lambda s, m, total, rows, workers: (s * m).sum()
        ),
        "worker k takes rows k, k + workers, and so on; these shares are of blocks of neighbouring rows": blocks,
        "this is the whole mean; return what each worker contributes": lambda s, m, workers: (
            (s * m).sum() / max(m.sum(), 1)
        ),
    }
    look = "the sum over the worker's own labelled rows, divided by the number of labels of all workers, at least 1"
    return Trial(inputs, expected, mistakes, look)


@exercise("a worker that starts at any step knows whose turn it is, and asks nobody.")
def task_at() -> Trial:
    """Exercise 2: the task of a step from the step's number, for turns of unequal length."""

    def inputs(rng, case):
        turns = [[3, 1, 2], [1, 1], [2, 5], [4], [1, 2, 1, 3], [2, 2, 1, 1, 2]][case % 6]
        return int(rng.integers(0, 40)) if case > 1 else case * sum(turns), turns

    def expected(step, turns):
        calendar = [task for task, length in enumerate(turns) for _ in range(length)]
        return calendar[step % len(calendar)]

    def ends(step, turns):
        return int(np.searchsorted(np.cumsum(turns), step))

    mistakes = {
        "every task gets turns of one step here; task k has `turns[k]` steps in a row": lambda s, t: s % len(t),
        "steps are counted from 0, and yours from 1": lambda s, t: expected(s - 1, t),
        "a turn ends one step too late: with turns 3, 1, 2 step 3 is the second task's": lambda s, t: ends(
            s % sum(t), t
        ),
        "after all turns the schedule begins anew; yours ends": lambda s, t: min(
            int(np.searchsorted(np.cumsum(t), s, side="right")), len(t) - 1
        ),
        "tasks are numbered from 0, and yours from 1": lambda s, t: expected(s, t) + 1,
    }
    look = "where does the step stand in one round of all turns, and in which turn does that fall?"
    return Trial(inputs, expected, mistakes, look, cases=24)


@exercise("more workers pay only while what they save exceeds what they say.")
def best_workers() -> Trial:
    """Exercise 3: how many workers finish first."""

    def inputs(rng, case):
        alone, talk = float(rng.uniform(0.2, 3)), float(rng.uniform(0.001, 0.4)) * [1, 0.2, 4][case % 3]
        steps = [200, 5000, 20, 1000][case % 4]
        return steps, alone, talk, float(rng.uniform(2, 60)) * [1, 10][case % 2], [8, 16, 3, 64, 2][case % 5]

    def seconds(n, steps, alone, talk, start_up):
        return steps * alone if n == 1 else start_up + steps * (alone / n + talk * (n - 1))

    def expected(steps, alone, talk, start_up, most):
        times = [seconds(n, steps, alone, talk, start_up) for n in range(1, most + 1)]
        return 1 + times.index(min(times))

    def built(time: Callable) -> Callable:
        def best(steps, alone, talk, start_up, most):
            n = np.arange(1, most + 1)
            return 1 + np.argmin(time(n, steps, alone, talk, start_up))

        return best

    mistakes = {
        "the start takes time on a cluster and not alone; count it where there is more than one worker": built(
            lambda n, s, a, t, u: s * (a / n + t * (n - 1))
        ),
        "the talking grows with the number of partners, which is one less than the workers": built(
            lambda n, s, a, t, u: (n > 1) * u + s * (a / n + t * (n > 1))
        ),
        "talking takes time at every step, not once": built(
            lambda n, s, a, t, u: (n > 1) * u + s * a / n + t * (n - 1)
        ),
        "the work of a step is divided among the workers": built(
            lambda n, s, a, t, u: (n > 1) * u + s * (a + t * (n - 1))
        ),
        "this ignores the talking": built(lambda n, s, a, t, u: (n > 1) * u + s * a / n),
        "return how many workers, not the seconds": lambda s, a, t, u, most: min(
            seconds(n, s, a, t, u) for n in range(1, most + 1)
        ),
        "this is the number less one: positions are counted from 0": lambda *given: expected(*given) - 1,
    }
    look = "compute the seconds for 1, 2, ... up to `most` workers, and return the number with the fewest"
    return Trial(inputs, expected, mistakes, look, cases=24)
