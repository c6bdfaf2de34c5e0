"""Which wiring pays, at equal numbers of parameters: `python tests/tools/compare_architectures.py`, for lesson 10.

By hand; pytest does not collect it. It writes two tables beside room 10a. What a table already holds is kept, so delete
a table, or some of its rows, to have them computed anew. All of it takes about twelve minutes of processor time. With
wirings named behind it ("MMoE" "hard two layers") it does only these, so several of it can run side by side.

- `10a_chosen.csv`: for each case (a kind of data and a number of rows) and wiring, the limit on the number of
  parameters, rate, weight decay, weight decay of gates and number of steps with the smallest mean error over the
  choosing seeds.
- `10a_errors.csv`: the error at this setting for each of the measured seeds, none of which chose.

A seed draws the rows, the true functions and the start. Lesson 10 writes the wirings one by one, and room 10a computes
ten rows of the second table anew. Here all but the stitch and the branch are the same function: each task mixes the
experts that it may use.

All sides choose by one rule. Three seeds scan all decays at one rate; the best three settings go on to twelve seeds,
with two rates. If the best then stands at an edge of rate, decay or decay of gates, or of a limit that may be chosen,
that menu gets one entry more, and the best setting is tried with it; again while an edge is best, at most three times.
Last, gates that do best without decay are tried with a little, and a setting that does best at the last stop is trained
twice as long.
"""

import sys
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import product
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
import tensorflow as tf
from study_table import add, known, say

TABLES = Path(__file__).parents[2] / "notebooks" / "deeper"
SCANNING, CHOOSING, MEASURED = range(100, 103), range(100, 112), range(40)
INPUTS, NEW_ROWS, STOPS, AT_ONCE = 10, 500, 15, 20
RATES = (0.03, 0.09)  # the scan has the first
DECAYS = {100: (0.01, 0.02, 0.03, 0.05, 0.07, 0.1), 400: (0.003, 0.006, 0.01, 0.02, 0.03, 0.05)}  # by rows
GATE_DECAYS, LITTLE = (0.0, 0.03, 0.3, 3.0), 0.003
WIDER = {"limit": 2, "rate": 3, "decay": 1.5, "gate_decay": 10}  # from an edge to the next entry of the menu
LIMITS = {"flip": (264, 528)}  # on the number of parameters, gates and stitches included; otherwise 1,056, for all
CASES = (("half", 100), ("all", 100), ("flip", 400), ("none", 100), ("flip", 100))
STEPS = {100: 150, 400: 300}  # by rows; a run may stop at fifteen places equally far apart
# Experts that both tasks may use, and experts of each task alone. The stitch mixes those of both tasks.
WIRINGS = {"apart": (0, 1), "hard": (1, 0), "stitch": (0, 1), "MMoE": (2, 0), "PLE": (1, 1), "gated apart": (0, 2)}
# Two layers: both common, both of each task alone, or a common one that branches.
DEEPER = ("hard two layers", "apart two layers", "branch two layers")
CONTROLS = {  # beside the first five wirings and two layers
    ("half", 100): ("stitch shuffled",),
    ("all", 100): ("stitch shuffled",),
    ("flip", 100): ("gated apart",),
    ("flip", 400): ("gated apart", "hard two layers shuffled"),
}


@cache
def draw(data: str, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows that train and noise-free new rows; two tasks of variance 1, the training targets with noise 0.5."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows + NEW_ROWS, INPUTS))
    units, heads = np.maximum(X @ directions(rng), 0), rng.normal(size=(4, 2))
    if data == "flip":
        first = units @ heads[:, 0]
        Y = np.stack([first, np.sign(X[:, 0]) * first], axis=1)
    else:
        common, others = {"none": 0, "half": 2, "all": 4}[data], np.maximum(X @ directions(rng), 0)
        others[:, :common] = units[:, :common]
        Y = np.stack([units @ heads[:, 0], others @ heads[:, 1]], axis=1)
    Y /= Y.std(axis=0)
    Y[:rows] += 0.5 * rng.normal(size=(rows, 2))
    return X, Y


def directions(rng: np.random.Generator) -> np.ndarray:
    """Of four ReLU units, each of length 1."""
    found = rng.normal(size=(INPUTS, 4))
    return found / np.linalg.norm(found, axis=0)


def shapes(wiring: str, limit: int) -> dict[str, tuple[int, int]]:
    """Of the widest network of this wiring within the limit."""
    width = 1
    while parameters(_shapes(wiring, width + 1)) <= limit:
        width += 1
    return _shapes(wiring, width)


def parameters(found: dict[str, tuple[int, int]]) -> int:
    return sum(rows * columns for rows, columns in found.values())


def _shapes(wiring: str, width: int) -> dict[str, tuple[int, int]]:
    one_layer = wiring.removesuffix(" two layers")
    shared, own = (1, 0) if one_layer == "branch" else WIRINGS[one_layer]
    experts = [f"shared{e}" for e in range(shared)]
    experts += [f"own{task}{e}" for task in (1, 2) for e in range(own)]
    found = {name: (INPUTS, width) for name in experts}
    if wiring == "branch two layers":
        found |= {f"branch{task}": (width, width) for task in (1, 2)}
    elif wiring.endswith("two layers"):
        found |= {f"then {name}": (width, width) for name in experts}
    found |= {f"head{task}": (width, 1) for task in (1, 2)}
    if shared + own > 1:
        found |= {f"gate{task}": (INPUTS, shared + own) for task in (1, 2)}
    return found | ({"stitch": (2, 2)} if wiring == "stitch" else {})


def start(wiring: str, limit: int, seeds: Iterable[int]) -> dict[str, np.ndarray]:
    """Random experts and heads. A gate starts even, a stitch near the identity."""
    weights = mtl.random_start(shapes(wiring, limit), list(seeds))
    for name, w in weights.items():
        if name.startswith("gate"):
            w[:] = 0
        elif name == "stitch":
            w[:] = [[0.9, 0.1], [0.1, 0.9]]
    return weights


def outputs(weights: dict, x: tf.Tensor) -> tf.Tensor:
    """(rows, 2), one column for each task."""
    hidden = {name: tf.nn.relu(x @ w) for name, w in weights.items() if name.startswith(("shared", "own"))}
    hidden |= {name: tf.nn.relu(h @ weights[f"then {name}"]) for name, h in hidden.items() if f"then {name}" in weights}
    columns = []
    for task in (1, 2):
        mine = [h for name, h in hidden.items() if name.startswith(("shared", f"own{task}"))]
        if "stitch" in weights:
            row = weights["stitch"][..., task - 1 : task, :]
            mixed = row[..., :1] * hidden["own10"] + row[..., 1:] * hidden["own20"]
        elif f"branch{task}" in weights:
            mixed = tf.nn.relu(mine[0] @ weights[f"branch{task}"])
        elif len(mine) == 1:
            mixed = mine[0]
        else:
            shares = tf.nn.softmax(x @ weights[f"gate{task}"])
            mixed = tf.add_n([shares[..., e : e + 1] * h for e, h in enumerate(mine)])
        columns.append(mixed @ weights[f"head{task}"])
    return tf.concat(columns, axis=-1)


def loss(weights: dict, x: tf.Tensor, y: tf.Tensor, decay: tf.Tensor, gate_decay: tf.Tensor) -> tf.Tensor:
    """Squared error of both tasks, and weight decay. A stitch has none."""
    found = mtl.squared_error(outputs(weights, x), y)
    for name, w in weights.items():
        if name != "stitch":
            found += (gate_decay if name.startswith("gate") else decay) * tf.reduce_sum(w**2, axis=[-2, -1])
    return found


train = mtl.training_loop(loss)


def errors(
    case: tuple, wiring: str, limit: int, rate: float, decays: list[tuple], seeds: range, longer: int = 1
) -> np.ndarray:
    """Mean error of both tasks on new rows: (decays, seeds, stops). A shuffled partner trains, and is not counted.

    A decay is a pair: of experts and heads, and of gates. A run may be several times longer.
    """
    counted = np.eye(2) if wiring.endswith("shuffled") else np.ones((1, 2))  # shuffled: a network for each main task
    jobs = list(product(decays, seeds, counted))
    found = []
    for first in range(0, len(jobs), AT_ONCE):
        some = jobs[first : first + AT_ONCE]
        padded = some + some[:1] * (AT_ONCE - len(some))  # always as many, so that nothing is compiled twice
        found.extend(train_some(case, wiring.removesuffix(" shuffled"), limit, rate, padded, longer)[: len(some)])
    return np.reshape(found, (len(decays), len(seeds), len(counted), STOPS)).sum(axis=2) / 2


def train_some(case: tuple, wiring: str, limit: int, rate: float, jobs: list[tuple], longer: int) -> np.ndarray:
    """Errors of the tasks that count, added: (jobs, stops). A job: decays, seed, which tasks count."""
    data, rows = case
    X, Y = (np.stack(part) for part in zip(*[draw(data, rows, seed) for _, seed, _ in jobs], strict=True))
    for k, (_, seed, counts) in enumerate(jobs):
        for task in np.flatnonzero(counts == 0):
            Y[k, :rows, task] = np.random.default_rng([seed, rows]).permutation(Y[k, :rows, task])
    weights = start(wiring, limit, [seed for _, seed, _ in jobs])
    decay, gate_decay = np.array([decays for decays, _, _ in jobs]).T.copy()
    inputs = [X[:, :rows], Y[:, :rows], decay, gate_decay]
    run = train(weights, inputs, steps=longer * STEPS[rows], rate=rate, records=STOPS)
    later = np.stack([outputs(w, X[:, rows:]).numpy() for w in run.path[1:]])
    squares = ((later - Y[:, rows:]) ** 2).mean(axis=2)  # (stops, jobs, tasks)
    return np.einsum("sjt,jt->js", squares, np.array([counts for _, _, counts in jobs]))


def choose(case: tuple, wiring: str) -> list:
    """The setting with the smallest mean error over the choosing seeds, and that error."""
    rows, limits = case[1], LIMITS.get(case[0], (1056,))
    menus = {"limit": list(limits), "rate": list(RATES), "decay": list(DECAYS[rows]), "gate_decay": [0.0]}
    has_gates = "gate1" in shapes(wiring.removesuffix(" shuffled"), limits[0])
    if has_gates:
        menus["gate_decay"] = list(GATE_DECAYS)
    decays, scanned, tried = list(product(menus["decay"], menus["gate_decay"])), [], {}
    for limit in limits:
        means = errors(case, wiring, limit, RATES[0], decays, SCANNING).mean(axis=1)
        scanned += [(error, limit, pair) for error, pair in zip(means.min(axis=1), decays, strict=True)]

    def attempt(limit: int, rate: float, decays: list[tuple], longer: int = 1) -> None:
        found = errors(case, wiring, limit, rate, decays, CHOOSING, longer).mean(axis=1)
        for pair, means in zip(decays, found, strict=True):
            best = means.min(), int(means.argmin() + 1) * longer * STEPS[rows] // STOPS
            tried[limit, rate, *pair] = min(best, tried.get((limit, rate, *pair), best))

    for limit, rate in product(limits, RATES):
        kept = [pair for _, at, pair in sorted(scanned)[:3] if at == limit]
        if kept:
            attempt(limit, rate, kept)
    for _ in range(3):
        dials = min(tried, key=tried.get)
        for k, wider in enumerate(beyond(menus, dials)):
            for value in wider:
                limit, rate, *pair = *dials[:k], value, *dials[k + 1 :]
                attempt(limit, rate, [tuple(pair)])
    limit, rate, decay, gate_decay = min(tried, key=tried.get)
    if has_gates and gate_decay == 0:
        attempt(limit, rate, [(decay, LITTLE)])
    limit, rate, *pair = min(tried, key=tried.get)
    if tried[limit, rate, *pair][1] == STEPS[rows]:
        attempt(limit, rate, [tuple(pair)], longer=2)
    best = min(tried, key=tried.get)
    error, steps = tried[best]
    return [*case, wiring, *best, steps, f"{error:.4f}"]


def beyond(menus: dict[str, list], dials: list[float]) -> list[list]:
    """For each dial that stands at an edge of its menu the next value, which joins the menu."""
    found = []
    for (name, menu), value in zip(menus.items(), dials, strict=True):
        further = []
        if value == max(menu) > 0 and len(menu) > 1:
            further.append(type(value)(f"{value * WIDER[name]:.4g}"))
        if value == min(menu) > 0 and len(menu) > 1:
            further.append(type(value)(f"{value / WIDER[name]:.4g}"))
        menu.extend(further)
        found.append(further)
    return found


def measure(row: dict) -> Iterator[list]:
    """The errors of the measured seeds at a setting that was chosen."""
    case, wiring, limit = (row["data"], int(row["rows"])), row["wiring"], int(row["limit"])
    decays = [(float(row["decay"]), float(row["gate_decay"]))]
    steps, length = int(row["steps"]), STEPS[case[1]]
    longer = 1 if steps <= length else 2
    found = errors(case, wiring, limit, float(row["rate"]), decays, MEASURED, longer)[0]
    stop = steps * STOPS // (longer * length) - 1
    for seed, error in zip(MEASURED, found[:, stop], strict=True):
        yield [*case, wiring, limit, seed, f"{error:.3f}"]


def main() -> None:
    """Add to the tables what they lack."""
    choices, measured = TABLES / "10a_chosen.csv", TABLES / "10a_errors.csv"
    heading = "data,rows,wiring,limit,rate,decay,gate_decay,steps,error"
    known(choices, heading), known(measured, "data,rows,wiring,limit,seed,error")
    looks = [(case, wiring) for case in CASES for wiring in (*list(WIRINGS)[:-1], *DEEPER)]
    looks += [(case, wiring) for case in CASES for wiring in CONTROLS.get(case, ())]
    for case, wiring in looks:
        if wiring in (sys.argv[1:] or [wiring]):
            look = (case[0], str(case[1]), wiring)
            if not rows_of(known(choices, heading), look):
                add(choices, [choose(case, wiring)])
                say(f"chose for {look}")
            if not rows_of(known(measured, ""), look):
                add(measured, measure(rows_of(known(choices, heading), look)[0]))
                say(f"measured {look}")


def rows_of(table: list[dict], look: tuple) -> list[dict]:
    return [row for row in table if (row["data"], row["rows"], row["wiring"]) == look]


if __name__ == "__main__":
    main()
