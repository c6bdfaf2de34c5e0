"""Answers to the exercises of lesson 09."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import nnls

from mtl_helpers.checks.core import Trial, exercise


def _gradients(rng: np.random.Generator, tasks: int, weights: int, kept: float) -> np.ndarray:
    """Random gradients of unlike lengths, of whose mean `kept` is left: with little of it, they conflict."""
    J = rng.normal(size=(tasks, weights))
    J -= (1 - kept) * J.mean(axis=0)
    return J * np.exp(rng.normal(size=(tasks, 1)))


def _projected(J: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    return gradient + J.T @ nnls(J.T, -gradient)[0]


@exercise("each gradient gives up what harms another, and no step of a mean of such directions harms anybody.")
def upgrad() -> Trial:
    """Exercise 1: the mean of the gradients, each projected on the directions that harm no task."""

    def inputs(rng, case):
        tasks, weights = [3, 2, 5, 4][case % 4], [6, 9, 7, 5, 12][case % 5]
        return (_gradients(rng, tasks, weights, kept=[0.2, 1.0, 0.4][case % 3]),)

    def expected(J):
        return sum(_projected(J, gradient) for gradient in J) / len(J)

    def each(project: Callable) -> Callable:
        return lambda J: np.mean([project(J, gradient) for gradient in J], axis=0)

    def pairwise(J, gradient):
        for other in J:
            gradient = gradient - min(gradient @ other, 0) / (other @ other) * other
        return gradient

    def onto_plane(J, gradient):
        conflicts = J[J @ gradient < 0]
        return gradient - conflicts.T @ np.linalg.pinv(conflicts.T) @ gradient if len(conflicts) else gradient

    def weights_of(J):
        return np.mean([one + nnls(J.T, -J.T @ one)[0] for one in np.eye(len(J))], axis=0)

    mistakes = {
        "this projects the mean gradient, which is DualProj; project each gradient, then take the mean": lambda J: (
            _projected(J, J.mean(axis=0))
        ),
        "this is the sum of the projections; take their mean": lambda J: len(J) * expected(J),
        "this is PCGrad's way, one other gradient after another; what the second takes away may harm the first": each(
            pairwise
        ),
        "this takes away all of a gradient along those it conflicts with; the nearest point that harms nobody may "
        "keep more": each(onto_plane),
        "these are the task weights; the step is J' times them": weights_of,
        "this is what is added to the gradients; add the gradients themselves": lambda J: expected(J) - J.mean(axis=0),
        "nothing was projected: this is the mean gradient": lambda J: J.mean(axis=0),
        "these are the projections one by one; take their mean": lambda J: [_projected(J, g) for g in J],
    }
    look = "for each gradient g the v of nnls(J', -g), and g + J'v; then the mean"
    return Trial(inputs, expected, mistakes, look)


@exercise("a gradient meets the others as they were, loses only what points against them, and keeps what it has lost.")
def pcgrad_of_many() -> Trial:
    """Exercise 2: PCGrad for any number of tasks, in given orders."""

    def inputs(rng, case):
        tasks, weights = [3, 4, 2, 5][case % 4], [5, 2, 7, 10, 3][case % 5]
        orders = [[int(k) for k in rng.permutation(tasks) if k != task] for task in range(tasks)]
        return _gradients(rng, tasks, weights, kept=[0.3, 1.0, 0.1][case % 3]), orders

    def built(
        conflict: Callable = lambda now, first, other: now @ other,
        part: Callable = lambda product: min(product, 0),
        size: Callable = lambda now, other: other @ other,
        over: Callable = lambda rows: np.sum(rows, axis=0),
    ) -> Callable:
        def step(J, orders):
            changed = []
            for first, order in zip(J, orders, strict=True):
                now = first.copy()
                for other in J[list(order)]:
                    now = now - part(conflict(now, first, other)) / size(now, other) * other
                changed.append(now)
            return over(np.array(changed))

        return step

    def in_place(J, orders):
        J = J.copy()
        for task, order in enumerate(orders):
            for other in order:
                J[task] -= min(J[task] @ J[other], 0) / max(J[other] @ J[other], 1e-300) * J[other]
        return J.sum(axis=0)

    expected = built()

    def step(J, orders):
        return expected(J, orders)

    mistakes = {
        "a gradient meets the others as they were at first; yours meets some that were already changed": in_place,
        "only conflicts are removed; where the product is positive, the gradient stays as it is": built(
            part=lambda product: product
        ),
        "this removes what agrees and keeps what conflicts; turn the comparison": built(
            part=lambda product: max(product, 0)
        ),
        "after the first change, ask the changed gradient whether it conflicts, not the one of the start": built(
            conflict=lambda now, first, other: first @ other
        ),
        "divide by the other gradient's square, along which you project, not by the changing gradient's own": built(
            size=lambda now, other: max(now @ now, 1e-300)
        ),
        "divide by the square of the other gradient's length, not by the length": built(
            size=lambda now, other: np.sqrt(other @ other)
        ),
        "this is the mean of the changed gradients; PCGrad takes their sum": built(over=lambda rows: rows.mean(axis=0)),
        "these are the changed gradients one by one; add them up": built(over=lambda rows: rows),
        "each gradient meets the others in its own given order; yours go by number": lambda J, orders: expected(
            J, [sorted(order) for order in orders]
        ),
        "nothing was changed: this is the sum of the gradients": lambda J, orders: J.sum(axis=0),
    }
    look = "for each gradient, one after another of its order: if the product is negative, remove that part; then add"
    return Trial(inputs, step, mistakes, look)


@exercise("equal cosines leave one line of directions, and weights that add up to 1 choose an end of it.")
def imtl_g() -> Trial:
    """Exercise 3: weights that add up to 1, of a direction with equal cosines to all gradients."""

    def inputs(rng, case):
        tasks = [3, 2, 4, 5][case % 4]
        J = _gradients(rng, tasks, tasks + [0, 3, 6][case % 3], kept=1.0)
        if case % 2:  # the last gradient is short and near a mixture of the others: some weights are negative
            J[-1] = 0.05 * J[-1] + rng.uniform(0.02, 0.05, size=tasks - 1) @ J[:-1]
        return (J,)

    def units_of(J):
        return J / np.linalg.norm(J, axis=1, keepdims=True)

    def unscaled(J):
        return np.linalg.solve(units_of(J) @ units_of(J).T, np.ones(len(J))) / np.linalg.norm(J, axis=1)

    def expected(J):
        return unscaled(J) / unscaled(J).sum()

    def of_units(J):
        return unscaled(J) * np.linalg.norm(J, axis=1)

    def scaled(weights: Callable, size: Callable = np.sum) -> Callable:
        return lambda J: weights(J) / size(weights(J))

    mistakes = {
        "this gives equal products with the gradients; equal cosines are equal products with the unit gradients": (
            scaled(lambda J: np.linalg.solve(J @ J.T, np.ones(len(J))))
        ),
        "these weights belong to the unit gradients; divide each by the length of its gradient": scaled(of_units),
        "these are the unit gradients' weights, not yet scaled; divide by the lengths, then by the sum": of_units,
        "the direction is right; scale the weights so that they add up to 1": unscaled,
        "divide by the sum of the weights, with their signs; your absolute values change it": scaled(
            unscaled, lambda c: np.abs(c).sum()
        ),
        "weights may be negative; yours are their absolute values": scaled(lambda J: np.abs(unscaled(J))),
        "this adds up the unit gradients; with three tasks or more, their sum has unequal cosines": scaled(
            lambda J: 1 / np.linalg.norm(J, axis=1)
        ),
        "this is the step; hand over the weights": lambda J: J.T @ expected(J),
    }
    look = "solve for weights of the unit gradients, divide by the lengths, and then by the sum"
    return Trial(inputs, expected, mistakes, look)
