"""What the studies of rules and methods share: the same search with the same budget for each.

Runs are spread over their ranges at random, but evenly (Sobol), on logarithmic scales. All run for a while, the best
quarter goes on, and again. This is successive halving (Karnin, Koren and Somekh 2013; Jamieson and Talwalkar 2016), by
quarters.
"""

from collections.abc import Callable

from scipy.stats import qmc

Run = tuple[float, ...]


def spread(many: int, *ranges: tuple[float, float]) -> list[Run]:
    """`many` runs, a power of two, with a value from each range, of three digits: a table can hold what was run."""
    points = qmc.Sobol(len(ranges), seed=8).random(many)
    return [
        tuple(float(f"{low * (high / low) ** u:.3g}") for u, (low, high) in zip(point, ranges, strict=True))
        for point in points
    ]


def by_quarters(runs: list[Run], ends: list[int], errors_at: Callable) -> dict[tuple[Run, int], float]:
    """The error of each run at each stop that it reached; the best at an end go on to the next.

    errors_at : from runs and an end to {(run, stop): error} for all stops up to the end.
    """
    found = {}
    for end in ends:
        found |= errors_at(runs, end)
        runs = sorted(runs, key=lambda run, end=end: found[run, end])[: len(runs) // 4]
    return found
