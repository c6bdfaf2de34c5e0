"""Answers to lesson 12 that no check knows. A dictionary is the solution, with arguments or its result changed."""

import numpy as np


def shares(divide):
    def answer(squares, labelled, workers):
        worker = np.arange(len(squares)) % workers
        sums = np.bincount(worker, squares * labelled, minlength=workers)
        return divide(sums, labelled, worker)

    return answer


def fastest(start_up_counts, fewest=1):
    def answer(steps, alone, talk, start_up, most):
        times = {1: steps * alone}
        for n in range(2, most + 1):
            times[n] = start_up_counts * start_up + steps * (alone / n + talk * (n - 1))
        return min((n for n in times if n >= fewest), key=times.get)

    return answer


WRONG = {
    "worker_shares": [
        shares(lambda sums, labelled, worker: sums / (labelled.sum() + 1)),
        shares(lambda sums, labelled, worker: sums[::-1] / max(labelled.sum(), 1)),
        {"squares": lambda squares: np.sqrt(squares)},
        ({"result": lambda parts: np.round(parts, 5)}, "look for rounding"),
    ],
    "task_at": [
        {"turns": lambda turns: turns[::-1]},
        {"step": lambda step: step // 2},
        lambda step, turns: np.argmax(turns),
        lambda step, turns: sum(step % sum(turns) >= length for length in turns),
    ],
    "best_workers": [
        fastest(2),
        fastest(1, fewest=2),
        {"steps": lambda steps: steps // 2},
        lambda s, a, t, u, most: most,
    ],
}
RIGHT = {
    "worker_shares": [shares(lambda sums, labelled, worker: sums / max(labelled.sum(), 1))],
    "task_at": [
        lambda step, turns: np.repeat(range(len(turns)), turns)[step % sum(turns)],
        lambda step, turns: int(sum(step % sum(turns) >= end for end in np.cumsum(turns))),
    ],
    "best_workers": [fastest(1)],
}
