"""Which wiring pays, at equal numbers of parameters: `python tests/tools/compare_architectures.py`, for lesson 10.

By hand; pytest does not collect it. It writes two tables beside room 10a. What a table already holds is kept, so delete
a table, or some of its rows, to have them computed anew. All of it takes about nine minutes of processor time.

- `10a_chosen.csv`: for each case (a kind of data and a number of rows), wiring and limit on the number of parameters,
  the rate, weight decay (that of gates is 0 or the same) and number of steps with the smallest mean error over the
  choosing seeds.
- `10a_errors.csv`: the error at the limit that was best there, for each of the measured seeds, none of which chose.

A seed draws the rows, the true functions and the start. Lesson 10 writes the wirings one by one and computes one row
of the second table anew. Here all but one are the same function: each task mixes the experts that it may use.
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
import tensorflow as tf

TABLES = Path(__file__).parents[2] / "notebooks" / "deeper"
CHOOSING, MEASURED = range(100, 106), range(40)
INPUTS, NEW_ROWS, STOPS = 10, 500, 10
RATES = (0.01, 0.03)
DECAYS = {100: (0.01, 0.03, 0.1), 400: (0.003, 0.01, 0.03, 0.1)}  # by rows
LIMITS = {100: (264, 1056), 400: (264, 528)}  # on the number of parameters, gates and stitches included
CASES = (("flip", 400), ("flip", 100), ("half", 100), ("none", 100), ("all", 100))
STEPS = {100: 300, 400: 500}  # the longest run, by rows; it may stop at ten places equally far apart
# Experts that both tasks may use, and experts of each task alone. The stitch mixes those of both tasks.
WIRINGS = {"apart": (0, 1), "hard": (1, 0), "stitch": (0, 1), "MMoE": (2, 0), "PLE": (1, 1), "gated apart": (0, 2)}
DEEPER = ("apart two layers", "hard two layers")
CONTROLS = {  # beside the first five wirings
    ("flip", 400): ("gated apart", "MMoE shuffled", *DEEPER),
    ("flip", 100): ("gated apart", *DEEPER),
    ("half", 100): ("stitch shuffled",),
    ("all", 100): ("stitch shuffled",),
}


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
    shared, own = WIRINGS[wiring.removesuffix(" two layers")]
    experts = [f"shared{e}" for e in range(shared)]
    experts += [f"own{task}{e}" for task in (1, 2) for e in range(own)]
    found = {name: (INPUTS, width) for name in experts}
    if wiring.endswith("two layers"):
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


def errors(case: tuple, wiring: str, limit: int, seeds: range, decays: list[tuple], rate: float) -> np.ndarray:
    """Mean error of both tasks on new rows: (decays, seeds, stops). A shuffled partner trains, and is not counted.

    A decay is a pair: of experts and heads, and of gates.
    """
    data, rows = case
    X, Y = map(np.stack, zip(*[draw(data, rows, seed) for seed in seeds], strict=True))
    weights = start(wiring.removesuffix(" shuffled"), limit, seeds)
    counted = np.ones((len(X), 2))
    if wiring.endswith("shuffled"):  # one network for each main task
        X, Y, counted = np.concatenate([X, X]), np.concatenate([Y, Y]), np.repeat(np.eye(2), len(X), axis=0)
        weights = {name: np.concatenate([w, w]) for name, w in weights.items()}
        order = np.random.default_rng(rows).permutation(rows)
        for k, column in enumerate(counted.argmin(axis=1)):
            Y[k, :rows, column] = Y[k, order, column]
    times = len(decays)
    start_all = {name: np.concatenate([w] * times) for name, w in weights.items()}
    inputs, targets = (np.concatenate([a[:, :rows]] * times) for a in (X, Y))
    decay, gate_decay = np.repeat(np.array(decays, dtype=float), len(X), axis=0).T.copy()
    run = train(start_all, [inputs, targets, decay, gate_decay], steps=STEPS[rows], rate=rate, records=STOPS)
    new, truth = X[:, rows:], Y[:, rows:]
    found = []
    for w in run.path[1:]:
        parts = [{name: a[k * len(X) : (k + 1) * len(X)] for name, a in w.items()} for k in range(times)]
        squares = [((outputs(part, new).numpy() - truth) ** 2).mean(axis=1) for part in parts]
        found.append((np.array(squares) * counted).sum(axis=-1))
    found = np.stack(found, axis=-1).reshape(times, -1, len(seeds), STOPS)
    return found.sum(axis=1) / 2


def choose(case: tuple, wiring: str, limit: int) -> list:
    """The setting with the smallest mean error over the choosing seeds, and that error."""
    decays = [(decay, 0.0) for decay in DECAYS[case[1]]]
    if "gate1" in shapes(wiring.removesuffix(" shuffled"), limit):
        decays += [(decay, decay) for decay in DECAYS[case[1]]]
    best = [np.inf]
    for rate in RATES:
        found = errors(case, wiring, limit, CHOOSING, decays, rate).mean(axis=1)
        decay, stop = np.unravel_index(found.argmin(), found.shape)
        if found.min() < best[0]:
            best = [found.min(), rate, *decays[decay], STEPS[case[1]] // STOPS * (stop + 1)]
    return [*case, wiring, limit, *best[1:], f"{best[0]:.4f}"]


def measure(row: dict) -> Iterator[list]:
    """The errors of the measured seeds at a setting that was chosen."""
    case, wiring, limit = (row["data"], int(row["rows"])), row["wiring"], int(row["limit"])
    decays = [(float(row["decay"]), float(row["gate_decay"]))]
    found = errors(case, wiring, limit, MEASURED, decays, float(row["rate"]))[0]
    stop = int(row["steps"]) * STOPS // STEPS[case[1]] - 1
    for seed, error in zip(MEASURED, found[:, stop], strict=True):
        yield [*case, wiring, limit, seed, f"{error:.3f}"]


def say(text: object) -> None:
    print(text, file=sys.stderr, flush=True)


def known(path: Path, heading: str) -> list[dict]:
    """The rows of a table; one that is not there yet gets its heading."""
    if not path.exists():
        path.write_text(heading + "\n", encoding="utf-8")
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def add(path: Path, rows: Iterable[list]) -> None:
    lines = [",".join(map(str, row)) + "\n" for row in rows]
    with path.open("a", encoding="utf-8") as file:
        file.writelines(lines)
    say(lines[-1].strip())


def main() -> None:
    """Add to the tables what they lack."""
    choices, measured = TABLES / "10a_chosen.csv", TABLES / "10a_errors.csv"
    heading = "data,rows,wiring,limit,rate,decay,gate_decay,steps,error"
    keys = ("data", "rows", "wiring", "limit")
    done = {tuple(row[key] for key in keys) for row in known(choices, heading)}
    for case in CASES:
        asked = [*list(WIRINGS)[:-1], *CONTROLS.get(case, ())]
        for wiring in asked:
            for limit in (528,) if wiring == "MMoE shuffled" else LIMITS[case[1]]:
                if (case[0], str(case[1]), wiring, str(limit)) not in done:
                    add(choices, [choose(case, wiring, limit)])
    best = {}
    for row in known(choices, heading):
        look = tuple(row[key] for key in keys[:3])
        if look not in best or float(row["error"]) < float(best[look]["error"]):
            best[look] = row
    done = {tuple(row[key] for key in keys) for row in known(measured, "data,rows,wiring,limit,seed,error")}
    for row in best.values():
        if tuple(row[key] for key in keys) not in done:
            add(measured, measure(row))


if __name__ == "__main__":
    main()
