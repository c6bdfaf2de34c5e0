"""Compare gradient methods on posed digits: `python tests/tools/compare_gradient_methods.py` writes room 09a's tables.

By hand; pytest does not collect it. What a table already holds is kept, so delete a table, or some of its rows, to
have them computed anew. With arenas named behind the command it does only these. All of it takes about an hour of
processor time.

- `09a_chosen.csv`: for each arena and method the memory of Adam's squares, rate, weight decay and number of steps with
  the smallest mean error over the choosing seeds. Each method gets the same 64 runs, which differ in the first three.
  After 600 steps the best 16 go on to 2,400. All stops on the way are candidates.
- `09a_errors.csv`: the errors of the four tasks there, for each of the measured seeds. No choosing seed is measured.

A seed draws the poses, the training rows, the batches and the start. An error is the mean square on new rows, divided
by the variance. Lesson 09 computes one method anew, equal in every stored digit.
"""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
from mtl_helpers import methods
from threadpoolctl import threadpool_limits
from study_search import by_quarters, spread
from study_table import add, known, say

TABLES = Path(__file__).parents[2] / "notebooks" / "deeper"
TASKS = ["angle", "shift", "odd", "at_least_five"]
CHOOSING, MEASURED = range(100, 108), range(24)
ROWS, NEW, BATCH, EVERY = 160, 600, 16, 40
RUNS, ENDS = 64, [600, 2400]
RATES, DECAYS = (0.002, 0.064), (0.125, 2.0)
# What Adam keeps of its mean square in each step: 1 - 1/n looks back n steps. 0.999 is usual, and 0 breaks down.
LOOKS_BACK = 1.1, 1000.0
SETTING = "memory", "rate", "decay", "steps"
# Units of the trunk, and by what the second task's target is multiplied.
ARENAS = {"narrow": (4, 1.0), "other units": (4, 10.0)}


def triangles(J: np.ndarray) -> np.ndarray:
    """(seeds, tasks, tasks): shorter vectors with the same products, which are all that the rules look at."""
    return np.linalg.qr(J.mT, mode="r").mT


def each(rule: Callable, draws: bool = False, shift: int = 0) -> Callable:
    """From a rule for the task weights of one network, the steps of all: J (seeds, tasks, weights) to (seeds, weights).

    Parameters
    ----------
    rule : from the gradients J (tasks, weights) of one network to (tasks,).
    draws : whether the rule draws, and takes a generator as well.
    shift : with 1, a control: each network gets the weights that the rule finds for another network.
    """

    def steps(J, rngs):
        found = [rule(R, rng) if draws else rule(R) for R, rng in zip(triangles(J), rngs, strict=True)]
        return np.einsum("st,sti->si", np.roll(found, shift, axis=0), J)

    return steps


def unit_mgda(J: np.ndarray) -> np.ndarray:
    """MGDA of the unit gradients, which is free of units."""
    lengths = np.linalg.norm(J, axis=1, keepdims=True)
    return methods.mgda(J / lengths) / lengths[:, 0]


def unit_sum(J: np.ndarray) -> np.ndarray:
    """The sum of the unit gradients: the lengths alone are made equal, and no direction is looked at."""
    return 1 / np.linalg.norm(J, axis=1)


RULES = {
    "sum": each(lambda J: np.ones(len(J))),
    "unit sum": each(unit_sum),
    "MGDA": each(methods.mgda),
    "unit MGDA": each(unit_mgda),
    "DualProj": each(methods.dualproj),
    "UPGrad": each(methods.upgrad),
    "PCGrad": each(methods.pcgrad, draws=True),
    "CAGrad 0.5": each(partial(methods.cagrad, c=0.5)),
    "Nash": each(methods.nash),
    "ConFIG": each(methods.config),
    "Aligned": each(methods.aligned),
    "GradDrop": lambda J, rngs: np.array([methods.graddrop(*both) for both in zip(J, rngs, strict=True)]),
    "random weights": each(lambda J, rng: rng.dirichlet(np.ones(len(J))), draws=True),
    "UPGrad of another": each(methods.upgrad, shift=1),
    "Nash of another": each(methods.nash, shift=1),
    "weight 1/10": each(lambda J: np.array([1, 1 / 10, 1, 1])),
    "weight 1/30": each(lambda J: np.array([1, 1 / 30, 1, 1])),
    "1/variance": each(lambda J: np.array([1, 1 / 100, 1, 1])),
    "weight 1/300": each(lambda J: np.array([1, 1 / 300, 1, 1])),
}
OF_WEIGHTS = [name for name in RULES if name.startswith(("weight", "1/"))]
OF_UNITS = ["sum", *OF_WEIGHTS, "unit sum", "MGDA", "unit MGDA", "UPGrad", "PCGrad"]
OF_UNITS += ["Nash", "Nash of another", "ConFIG"]
COMPARED = {
    "narrow": [name for name in RULES if name not in ("Nash of another", *OF_WEIGHTS)],
    "other units": OF_UNITS,
}


def draw(seeds: Iterable[int], width: int, unit: float) -> tuple:
    """Inputs, scaled targets, row numbers of the batches and starts, with a leading axis of seeds."""
    X, Y, batches = [], [], []
    for seed in seeds:
        images, labels = mtl.posed_digits(TASKS, seed=seed)
        X.append(np.hstack([images - images[:ROWS].mean(axis=0), np.ones((len(images), 1))]))
        targets = np.hstack([labels[task] for task in TASKS])
        Y.append((targets - targets[:ROWS].mean(axis=0)) / targets[:ROWS].std(axis=0) * [1, unit, 1, 1])
        rng = np.random.default_rng([seed, 9])
        batches.append([rng.permutation(ROWS)[:BATCH] for _ in range(ENDS[-1])])
    start = mtl.random_start({"trunk": (65, width), "heads": (width, len(TASKS))}, seeds)
    return np.array(X), np.array(Y), np.array(batches), start


def train(drawn: tuple, rule: Callable, keep: float, rate: float, decay: float, steps: int, every: int) -> list[dict]:
    """Weights after each `every` steps of Adam: the trunk follows the rule, and each head the loss of its own task."""
    X, Y, batches, start = drawn
    weights, seed = {name: w.copy() for name, w in start.items()}, np.arange(len(X))[:, None]
    memory, path = {name: (0.0, 0.0) for name in weights}, []
    rngs = [np.random.default_rng([9, k]) for k in range(len(X))]
    for k in range(1, steps + 1):
        rows = batches[:, k - 1]
        x, y = X[seed, rows], Y[seed, rows]
        hidden = np.maximum(x @ weights["trunk"], 0)
        errors = 2 / x.shape[1] * (hidden @ weights["heads"] - y)
        streams = errors.mT[..., None] * weights["heads"].mT[:, :, None] * (hidden > 0)[:, None]
        J = x.mT[:, None] @ streams  # (seeds, tasks, inputs, units)
        d = rule(J.reshape(*J.shape[:2], -1), rngs)
        gradients = {"trunk": d.reshape(weights["trunk"].shape), "heads": hidden.mT @ errors}
        for name, gradient in gradients.items():
            move, memory[name] = _adam(gradient, memory[name], k, keep, rate)
            weights[name] = (1 - rate * decay) * weights[name] + move
        if k % every == 0:
            path.append(dict(weights))
    return path


def _adam(gradient: np.ndarray, memory: tuple, k: int, keep: float, rate: float) -> tuple:
    mean, square = 0.9 * memory[0] + 0.1 * gradient, keep * memory[1] + (1 - keep) * gradient**2
    return -rate * np.sqrt(1 - keep**k) / (1 - 0.9**k) * mean / (np.sqrt(square) + 1e-7), (mean, square)


def errors_of(drawn: tuple, weights: dict, rows: slice) -> np.ndarray:
    """(seeds, tasks): mean squares on new rows, divided by the variance."""
    X, Y = drawn[0][:, rows], drawn[1][:, rows]
    out = np.maximum(X @ weights["trunk"], 0) @ weights["heads"]
    return np.mean((out - Y) ** 2, axis=1) / Y.var(axis=1)


def choose(drawn: tuple, rule: Callable) -> list:
    """Memory, rate, decay and steps of the smallest mean error over seeds and tasks, and that error."""

    def errors_at(runs, end):
        found = {}
        for run in runs:
            path = train(drawn, rule, *run, end, EVERY)
            for k, weights in enumerate(path, 1):
                error = errors_of(drawn, weights, slice(ROWS, ROWS + NEW)).mean()
                found[run, k * EVERY] = float(np.nan_to_num(error, nan=np.inf))
        return found

    runs = [(round(1 - 1 / back, 4), rate, decay) for rate, decay, back in spread(RUNS, RATES, DECAYS, LOOKS_BACK)]
    found = by_quarters(runs, ENDS, errors_at)
    run, steps = best = min(found, key=found.get)
    return [*run, steps, f"{found[best]:.4f}"]


def main() -> None:
    """Add to the tables what they lack."""
    choices, measured = TABLES / "09a_chosen.csv", TABLES / "09a_errors.csv"
    heading = ",".join(["arena", "method", *SETTING, "error"])
    chosen = {(row["arena"], row["method"]): row for row in known(choices, heading)}
    done = {(row["arena"], row["method"]) for row in known(measured, "arena,method,seed," + ",".join(TASKS))}
    for arena in sys.argv[1:] or ARENAS:
        sizes = ARENAS[arena]
        rules = {name: RULES[name] for name in COMPARED[arena]}
        if missing := [name for name in rules if (arena, name) not in chosen]:
            drawn = draw(CHOOSING, *sizes)
            for name in missing:
                found = choose(drawn, rules[name])
                add(choices, [[arena, name, *found]])
                chosen[arena, name] = dict(zip(SETTING, found, strict=False))
                say(f"{arena}: chose for {name}")
        if missing := [name for name in rules if (arena, name) not in done]:
            drawn = draw(MEASURED, *sizes)
            for name in missing:
                *setting, steps = (float(chosen[arena, name][key]) for key in SETTING)
                (weights,) = train(drawn, rules[name], *setting, int(steps), int(steps))
                errors = errors_of(drawn, weights, slice(ROWS, None))
                add(measured, [[arena, name, seed, *(f"{e:.4f}" for e in row)] for seed, row in enumerate(errors)])
                say(f"{arena}: measured {name}")


if __name__ == "__main__":
    with threadpool_limits(1), np.errstate(all="ignore"):  # large rates may overflow, and are not chosen
        main()
