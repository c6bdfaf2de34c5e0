"""Answers to the exercises of lesson 06."""

import numpy as np

from mtl_helpers.checks.core import Answer, compare, exercise


@exercise("the border moves with rows per input, and with the square of the noise.")
def rows_to_break_even(answer: Answer) -> None:
    """Exercise 1: the border, solved for the rows."""

    def inputs(rng: np.random.Generator) -> tuple:
        return float(rng.uniform(10, 80)), int(rng.integers(5, 40)), float(rng.uniform(0.3, 2.5))

    def rows(angle: float, d: float, power: float, radians: bool = True, extra: float = 1) -> float:
        gap = 1 - np.cos(np.deg2rad(angle) if radians else angle)
        return d + extra + power * (d - 1) / gap

    compare(
        answer,
        inputs,
        lambda angle, d, noise: rows(angle, d, noise**2),
        {
            "the angle comes in degrees, and `np.cos` wants radians": lambda angle, d, noise: rows(
                angle, d, noise**2, radians=False
            ),
            "what enters is the variance of the noise, its standard deviation squared": lambda angle, d, noise: rows(
                angle, d, noise
            ),
            "the bias of one task is the square of sin(φ/2), but 1 - cos φ is twice that": lambda angle, d, noise: (
                d + 1 + noise**2 * (d - 1) / np.sin(np.deg2rad(angle) / 2) ** 2
            ),
            "this is n - d - 1; the rows that the fit itself uses up are still to be added": lambda angle, d, noise: (
                rows(angle, d, noise**2) - d - 1
            ),
            "this solves for n - d, and the formula holds n - d - 1": lambda angle, d, noise: rows(
                angle, d, noise**2, extra=0
            ),
            "the saving is the price of d inputs less that of one: d - 1, not d": lambda angle, d, noise: (
                d + 1 + noise**2 * d / (1 - np.cos(np.deg2rad(angle)))
            ),
        },
        "set the two sides of the break-even formula equal and solve for n",
    )


@exercise(
    "a trunk for each group costs the sum of the groups' trunks, and each head is fitted on its own group's only."
)
def ratio_of_groups(answer: Answer) -> None:
    """Exercise 2: the price list, for groups of tasks with a trunk each."""

    def inputs(rng: np.random.Generator) -> tuple:
        d = int(rng.integers(12, 25))
        groups = [[int(rng.integers(4, 12)), int(rng.integers(1, 4))] for _ in range(2)]
        return [*groups, [2, 3]], d, int(rng.integers(2 * d, 5 * d))  # the last group has fewer tasks than units

    def price(p: float, n: float) -> float:
        return p / (n - p - 1)

    def cost(tasks: float, rank: float, d: float, n: float) -> float:
        total = 0.0
        for task in range(int(tasks)):
            total += price(d, n) if task < rank else price(rank, n)
        return total

    def ratio(groups: list, d: float, n: float) -> float:
        return sum(cost(tasks, rank, d, n) for tasks, rank in groups) / (
            sum(tasks for tasks, _ in groups) * price(d, n)
        )

    def one_trunk(groups: list, d: float, n: float) -> float:
        tasks, rank = (sum(group[k] for group in groups) for k in (0, 1))
        return cost(tasks, rank, d, n) / (tasks * price(d, n))

    def one_capped_trunk(groups: list, d: float, n: float) -> float:
        return one_trunk([[tasks, min(tasks, rank)] for tasks, rank in groups], d, n)

    def uncapped(groups: list, d: float, n: float) -> float:
        total = sum(rank * price(d, n) + (tasks - rank) * price(rank, n) for tasks, rank in groups)
        return total / (sum(tasks for tasks, _ in groups) * price(d, n))

    def weights_counted(groups: list, d: float, n: float) -> float:
        total = sum(min(rank, tasks) * (d + tasks - min(rank, tasks)) for tasks, rank in groups)
        return total / (d * sum(tasks for tasks, _ in groups))

    def mean_of_ratios(groups: list, d: float, n: float) -> float:
        return float(np.mean([cost(tasks, rank, d, n) / (tasks * price(d, n)) for tasks, rank in groups]))

    compare(
        answer,
        inputs,
        ratio,
        {
            "this is one trunk wide enough for all groups; each group has a trunk of its own": one_trunk,
            "this is one trunk for everybody, as wide as all groups need together; each group has its own": (
                one_capped_trunk
            ),
            "this is what all tasks pay when they share; divide it by what they pay apart": lambda groups, d, n: sum(
                cost(tasks, rank, d, n) for tasks, rank in groups
            ),
            "a group with no more tasks than units saves nothing and loses nothing: its ratio is 1": uncapped,
            "this counts free weights; a head costs price(r), less than its share of price(d)": weights_counted,
            "groups of more tasks weigh more: add up what all tasks pay, then divide": mean_of_ratios,
            "this is what is saved; the ratio is what remains to pay": lambda groups, d, n: 1 - ratio(groups, d, n),
        },
        "in each group r tasks pay price(d), and all others price(r)",
    )


@exercise("the head decides how a task's error reaches the trunk, so heads can turn related tasks into opponents.")
def trunk_cosine(answer: Answer) -> None:
    """Exercise 3: the cosine between two tasks' gradients on a shared linear trunk."""

    def inputs(rng: np.random.Generator) -> tuple:
        return tuple(rng.normal(size=shape) for shape in ((12, 4), (4, 3), (3, 2), (12, 2)))

    def gradients(X: np.ndarray, trunk: np.ndarray, heads: np.ndarray, Y: np.ndarray) -> list:
        return [
            sum(np.outer(x, heads[:, k]) * 2 * (x @ trunk @ heads[:, k] - y[k]) for x, y in zip(X, Y, strict=True))
            for k in (0, 1)
        ]

    def cosine(one: np.ndarray, other: np.ndarray) -> float:
        return float(np.sum(one * other) / np.sqrt(np.sum(one**2) * np.sum(other**2)))

    def of_heads(X: np.ndarray, trunk: np.ndarray, heads: np.ndarray, Y: np.ndarray) -> float:
        errors = X @ trunk @ heads - Y
        return cosine(*((X @ trunk).T @ errors).T)

    def without_heads(X: np.ndarray, trunk: np.ndarray, heads: np.ndarray, Y: np.ndarray) -> float:
        return cosine(*(X.T @ (X @ trunk @ heads - Y)).T)

    def by_unit(X: np.ndarray, trunk: np.ndarray, heads: np.ndarray, Y: np.ndarray) -> float:
        pairs = zip(*(g.T for g in gradients(X, trunk, heads, Y)), strict=True)
        return float(np.mean([cosine(one, other) for one, other in pairs]))

    def dot(X: np.ndarray, trunk: np.ndarray, heads: np.ndarray, Y: np.ndarray) -> float:
        return float(np.sum(np.prod(gradients(X, trunk, heads, Y), axis=0)))

    undivided = "this is the dot product; divide it by the two lengths"
    compare(
        answer,
        inputs,
        lambda *given: cosine(*gradients(*given)),
        {
            "these are the gradients on the heads; the question is about the trunk, which both share": of_heads,
            "a task's error comes back through its head; multiply it by the head's weights": without_heads,
            "this is the mean of one cosine a unit; take the trunk as a single long vector": by_unit,
            "this is the cosine of the heads; inputs and errors have a say as well": lambda X, trunk, heads, Y: cosine(
                heads[:, 0], heads[:, 1]
            ),
            undivided: lambda X, *rest: dot(X, *rest) / len(X) ** 2,
            undivided + ", and any factor will drop out": lambda *given: dot(*given) / 4,
            undivided + ", and the factor 2 will drop out": dot,
            "the error of a task is its prediction minus its target, and here the prediction is missing": (
                lambda X, trunk, heads, Y: cosine(*(np.outer(X.T @ Y[:, k], heads[:, k]) for k in (0, 1)))
            ),
            "the sign is lost: a negative cosine tells that the tasks pull apart": lambda *given: abs(
                cosine(*gradients(*given))
            ),
            "the sign is turned: descent moves against both gradients, and the cosine stays": lambda *given: (
                -cosine(*gradients(*given))
            ),
        },
        "the gradient on the trunk is X' (error of the task) (its head)', one matrix a task",
    )


@exercise("the test rows have chosen nothing, so their error means what it says.")
def honest_error(answer: Answer) -> None:
    """Exercise 4: one stop for all seeds, chosen on the choosing rows, and the test error there."""

    def inputs(rng: np.random.Generator) -> tuple:
        curve = np.array([1.0, 0.6, 0.5, 0.55, 0.7])[:, None]
        choosing, testing = (curve + 0.15 * rng.normal(size=(5, 20)) for _ in range(2))
        choosing[2, rng.integers(20)] += 4  # one bad seed, which a median does not see
        # An unsteady stop: its mean is the lowest or not, its mean square never, its mean logarithm always.
        choosing[3] += np.resize([0.4, -0.4], 20) + rng.choice([-0.1, 0.1])
        return np.abs(choosing), testing

    def expected(choosing: np.ndarray, testing: np.ndarray) -> float:
        means = [sum(stop) / len(stop) for stop in choosing]
        chosen = means.index(min(means))
        return sum(testing[chosen]) / len(testing[chosen])

    compare(
        answer,
        inputs,
        expected,
        {
            "the stop was chosen on the test rows, and the error there is too good to be true": lambda c, t: t.mean(
                axis=1
            ).min(),
            "each seed got its own luckiest stop on the test rows": lambda c, t: t.min(axis=0).mean(),
            "each seed chooses a stop of its own; the rule is one stop for all seeds": lambda c, t: t[
                c.argmin(axis=0), np.arange(c.shape[1])
            ].mean(),
            "this takes the lowest median; the rule takes the lowest mean, in which a bad seed counts": lambda c, t: t[
                np.median(c, axis=1).argmin()
            ].mean(),
            "this takes the lowest mean square, in which large errors count for more; the rule takes the lowest mean": (
                lambda c, t: t[(c**2).mean(axis=1).argmin()].mean()
            ),
            "this takes the stop whose worst seed is best; the rule takes the lowest mean": lambda c, t: t[
                c.max(axis=1).argmin()
            ].mean(),
            "this is the error on the rows that chose; report the one on the test rows": lambda c, t: c.mean(
                axis=1
            ).min(),
            "nothing was chosen here: this is the error at the last stop": lambda c, t: t[-1].mean(),
            "nothing was chosen here: this is the mean over all stops": lambda c, t: t.mean(),
        },
        "average the choosing errors over the seeds, take the lowest, and report the test error there",
    )
