"""Which tasks on posed digits help each other: `python tests/tools/study_images.py` writes the tables of lesson 07.

By hand; pytest does not collect it. Five tables stand beside room 07a. What a table already holds is kept, so delete a
table, or some of its rows, to have them computed anew. All of it takes some hours of processor time.

- `07a_chosen.csv`: for each look (a main task, alone or beside a partner) and each width, the weight decay, rate,
  number of steps and weight of the partner with the smallest mean error of the main task over the choosing seeds.
- `07a_errors.csv`: the main task's error there, for each of the measured seeds. No choosing seed is measured.
- `07a_other_poses.csv`: the same errors, for digits that are turned half as far.
- `07a_view_chosen.csv`, `07a_view_errors.csv`: the same for Godwin's pair, the angle and the view, which has a menu of
  its own; the errors are those at each look's best width.

All looks choose by one rule. At each width a first menu is tried. Then, as long as the best setting has an untried
neighbour in decay, rate or weight of the partner, that is tried too, and a run whose last stop is best is made twice as
long: three rounds at most. Where the best width is an edge of those that a look has tried, it tries the next one
beyond, from 48 to 49,152 units. The view itself is not tried with more than 1,536, and nobody chooses 24.

A seed draws the poses, the training rows and the start. The networks are trained in NumPy: on one core that takes half
the time of the package's loop, which lesson 07 uses to compute one look anew, equal in every stored digit. They
choose in single precision, and are measured in double.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
from threadpoolctl import threadpool_limits
from study_table import add, known, say

TABLES = Path(__file__).parents[2] / "notebooks" / "deeper"
CHOOSING, MEASURED = range(100, 108), range(20)
ROWS, STOPS, ROUNDS, THREADS = 160, 10, 3, 2
COLUMNS = {"angle": 1, "shift": 1, "digit": 10, "odd": 1, "at_least_five": 1, "view": 64}
# By width: the first rate, and the longest run, which may stop at ten places equally far apart.
RATES = {24: 0.01, 48: 0.01, 96: 0.01, 384: 0.01, 1536: 0.003, 6144: 0.001, 12288: 0.0007, 24576: 0.0005}
RATES |= {49152: 0.00035}
POSED_STEPS = {24: 300, 48: 200, 96: 150, 384: 100, 1536: 60, 6144: 60, 12288: 60, 24576: 60, 49152: 60}
VIEWED_STEPS = {96: 400, 384: 250, 1536: 150, 6144: 100, 12288: 100}
LADDERS = {  # what a neighbour is
    "weight": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
    "decay": (0.0, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3),
    "pace": (1 / 27, 1 / 9, 1 / 3, 1.0, 3.0, 9.0, 27.0),
}

Look = tuple[str, str]  # a main task and its partner: "" for none, "shuffled shift" for a control
Network = tuple[tuple[str, float, bool], ...]  # of each task: its name, its weight, whether its labels are shuffled


class Job(NamedTuple):
    """A network that is trained once, for all looks and stops that ask for it."""

    network: Network
    decay: float
    rate: float
    steps: int  # from a stop to the next


class Setting(NamedTuple):
    """What a look chooses at one width; the length of its run beside it."""

    weight: float  # of the partner's loss
    decay: float
    pace: float  # the rate, as a multiple of the width's first one; a slower run has stops further apart


class Menu(NamedTuple):
    """What every look tries first."""

    widths: tuple[int, ...]
    steps: dict[int, int]  # by width, of those that may follow, too
    decays: tuple[float, ...]
    weights: tuple[float, ...]


POSED = Menu((96, 384, 1536), POSED_STEPS, (0.001, 0.003, 0.01), (1.0,))
VIEWED = Menu((384, 1536), VIEWED_STEPS, (0.001, 0.003), (1.0, 0.3, 0.1, 0.03))

FIVE = list(COLUMNS)[:5]
ALONE: list[Look] = [(task, "") for task in FIVE]
TWENTY = [*permutations(FIVE, 2)]
POSES = [("angle", ""), ("shift", ""), ("angle", "shift"), ("shift", "angle")]
POSES += [("angle", "shuffled shift"), ("shift", "shuffled angle")]
CONTROL = [("at_least_five", "shuffled digit")]  # of the largest gain of the twenty
VIEWS = [("angle", ""), ("view", ""), ("angle", "view"), ("view", "angle"), ("angle", "shuffled view")]
OF_FIVE = list(dict.fromkeys([*POSES, *ALONE, *TWENTY, *CONTROL]))
SMALL = 24  # units; a baseline of too few, which no other look may choose
TOO_DEAR = ["view"]  # main tasks that are not tried wider: 64 outputs and thousands of slow steps
# Measured here even where another width was chosen; all others are measured at their best width.
EVERYWHERE = {384: OF_FIVE, 96: OF_FIVE, 1536: OF_FIVE, SMALL: ALONE}


def train(X, Y, weight, decay, trunk, heads, rate, steps, stops):
    """Adam on the mean square over rows, summed over outputs times their weights, plus decay; the weights at each stop.

    A stop comes after every `steps` steps.
    """
    weights = [trunk.copy(), heads.copy()]
    means, squares = [[np.zeros_like(w) for w in weights] for _ in range(2)]
    path = []
    for k in range(1, stops * steps + 1):
        hidden = np.maximum(X @ weights[0], 0)
        back = 2 / len(X) * weight * (hidden @ weights[1] - Y)
        gradients = X.T @ ((back @ weights[1].T) * (hidden > 0)), hidden.T @ back
        step = rate * np.sqrt(1 - 0.999**k) / (1 - 0.9**k)
        for w, gradient, mean, square in zip(weights, gradients, means, squares, strict=True):
            gradient += 2 * decay * w
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            w -= step * mean / (np.sqrt(square) + 1e-7)
        if k % steps == 0:
            path.append([w.copy() for w in weights])
    return path


class Digits:
    """The posed digits of one seed, targets scaled so that each task's constant has the loss 1 on the training rows."""

    def __init__(self, seed: int, degrees: float = 40, dtype: type = float) -> None:
        images, targets = mtl.posed_digits(list(COLUMNS), seed=seed, degrees=degrees)
        self.seed, self.targets, self.dtype = seed, targets, dtype
        centred = images - images[:ROWS].mean(axis=0)
        self.X = np.hstack([centred, np.ones((len(images), 1))]).astype(dtype)
        self.mean = {task: y[:ROWS].mean(axis=0) for task, y in targets.items()}
        self.scale = {task: np.sqrt(y[:ROWS].var(axis=0).sum()) for task, y in targets.items()}
        self.order = np.random.default_rng([seed, 1]).permutation(ROWS)

    def training(self, task: str, shuffled: bool) -> np.ndarray:
        scaled = (self.targets[task][:ROWS] - self.mean[task]) / self.scale[task]
        return scaled[self.order] if shuffled else scaled

    def start(self, width: int, tasks: Iterable[str]) -> dict[str, np.ndarray]:
        """A task's head starts alike whoever is beside it."""
        heads = {task: (width, columns) for task, columns in COLUMNS.items()}
        start = mtl.random_start({"trunk": (self.X.shape[1], width)} | heads, self.seed)
        found = {"trunk": start["trunk"], "heads": np.hstack([start[task] for task in tasks])}
        return {name: w.astype(self.dtype) for name, w in found.items()}

    def error(self, task: str, weights: dict, rows: slice) -> float:
        """Share of wrong labels; for angle, shift and view the share of the variance that is left."""
        out = np.maximum(self.X[rows] @ weights["trunk"], 0) @ weights[task]
        out, truth = out * self.scale[task] + self.mean[task], self.targets[task][rows]
        if task == "digit":
            return np.mean(out.argmax(axis=1) != truth.argmax(axis=1))
        if task in ("odd", "at_least_five"):
            return np.mean((out > 0) != (truth > 0))
        return np.mean((out - truth) ** 2) / np.mean(truth.var(axis=0))


def trained(digits: Digits, width: int, job: Job, stops: int) -> list[dict]:
    """Trunk and heads, by name, at each stop."""
    tasks = [task for task, *_ in job.network]
    Y = np.hstack([digits.training(task, shuffled) for task, _, shuffled in job.network]).astype(digits.dtype)
    weight = np.concatenate([np.full(COLUMNS[task], value, digits.dtype) for task, value, _ in job.network])
    start = digits.start(width, tasks)
    path = train(digits.X[:ROWS], Y, weight, job.decay, start["trunk"], start["heads"], job.rate, job.steps, stops)
    ends = np.cumsum([COLUMNS[task] for task in tasks])[:-1]
    return [{"trunk": trunk} | dict(zip(tasks, np.split(heads, ends, axis=1), strict=True)) for trunk, heads in path]


class Search:
    """The settings that the looks have tried at one width: the errors (choosing seeds, stops) of each."""

    def __init__(self, looks: list[Look], width: int, menu: Menu) -> None:
        self.width, self.menu, self.found = width, menu, {look: {} for look in looks}
        first = {look: menu.weights if look[1] else (1.0,) for look in looks}
        asked = {look: {Setting(w, d, 1.0): STOPS for w in first[look] for d in menu.decays} for look in looks}
        self._try(asked)
        for _ in range(ROUNDS):
            self._try({look: self._neighbours(look) for look in looks})

    def _try(self, asked: dict[Look, dict[Setting, int]]) -> None:
        jobs = {(look, setting): self.job(look, setting) for look in asked for setting in asked[look]}
        stops = {}
        for (look, setting), job in jobs.items():
            stops[job] = max(stops.get(job, 0), asked[look][setting])

        def errors_along(job: Job) -> dict[str, list[float]]:
            path, mains = trained(digits, self.width, job, stops[job]), {look[0] for look, _ in jobs}
            return {
                task: [digits.error(task, weights, slice(ROWS, ROWS + 600)) for weights in path]
                for task, *_ in job.network
                if task in mains
            }

        found = defaultdict(list)
        for seed in CHOOSING:
            digits = Digits(seed, dtype=np.float32)
            with threadpool_limits(1), ThreadPoolExecutor(THREADS) as pool:
                along = dict(zip(stops, pool.map(errors_along, stops), strict=True))
            for (look, setting), job in jobs.items():
                found[look, setting].append(along[job][look[0]][: asked[look][setting]])
        for (look, setting), errors in found.items():
            self.found[look][setting] = np.array(errors)
        say(f"width {self.width}: tried {len(jobs)} settings")

    def job(self, look: Look, setting: Setting) -> Job:
        """The rate and the steps from one stop to the next are written as the table has them."""
        rate = float(f"{RATES[self.width] * setting.pace:.3g}")
        steps = max(round(self.menu.steps[self.width] / STOPS / setting.pace), 1)
        return Job(network(look, setting.weight), setting.decay, rate, steps)

    def best(self, look: Look) -> tuple[float, Setting, int]:
        """The smallest mean error, its setting, and at which of the stops."""
        means = {setting: errors.mean(axis=0) for setting, errors in self.found[look].items()}
        setting = min(means, key=lambda setting: means[setting].min())
        return means[setting].min(), setting, int(means[setting].argmin()) + 1

    def _neighbours(self, look: Look) -> dict[Setting, int]:
        """Untried ones of the best setting, and itself for twice as long if its last stop is best."""
        _, best, stop = self.best(look)
        near = {}
        for name, values in LADDERS.items():
            if name != "weight" or (look[1] and len(self.menu.weights) > 1):
                here = values.index(getattr(best, name))
                for value in values[max(here - 1, 0) : here + 2]:
                    near[best._replace(**{name: value})] = STOPS
        near = {setting: stops for setting, stops in near.items() if setting not in self.found[look]}
        tried = self.found[look][best].shape[1]
        return near | ({best: 2 * tried} if stop == tried else {})

    def rows(self) -> Iterator[list]:
        for look in self.found:
            error, setting, stop = self.best(look)
            job = self.job(look, setting)
            yield [*look, self.width, setting.weight, setting.decay, job.rate, stop * job.steps, f"{error:.6f}"]


def network(look: Look, weight: float) -> Network:
    """What it is trained on. A pair of weight 1 is one network with two main tasks."""
    main, partner = look
    parts = [(main, 1.0, False)]
    if partner:
        parts.append((partner.removeprefix("shuffled "), weight, partner.startswith("shuffled ")))
    return tuple(sorted(parts))


def measure(seed: int, width: int, chosen: dict[Look, dict], degrees: float) -> Iterator[list]:
    """The main task's error of each look at its chosen setting."""
    digits = Digits(seed, degrees)

    def error(look: Look) -> float:
        row = chosen[look]
        job = Job(network(look, float(row["weight"])), float(row["decay"]), float(row["rate"]), int(row["steps"]))
        return digits.error(look[0], trained(digits, width, job, 1)[0], slice(ROWS, None))

    with threadpool_limits(1), ThreadPoolExecutor(THREADS) as pool:
        for look, found in zip(chosen, pool.map(error, chosen), strict=True):
            yield [*look, width, seed, f"{found:.4f}"]
    say(f"width {width}: measured seed {seed}")


def look_of(row: dict) -> Look:
    return row["main"], row["partner"]


def add_errors(path: Path, chosen: list[dict], degrees: float = 40) -> None:
    """Measure what the table lacks, width by width."""
    known_rows = known(path, "main,partner,width,seed,error")
    done = {(look_of(row), int(row["width"]), int(row["seed"])) for row in known_rows}
    for width in dict.fromkeys(int(row["width"]) for row in chosen):
        settings = {look_of(row): row for row in chosen if int(row["width"]) == width}
        for seed in MEASURED:
            missing = {look: row for look, row in settings.items() if (look, width, seed) not in done}
            if missing:
                add(path, measure(seed, width, missing, degrees))


def choices(path: Path, looks: list[Look], menu: Menu) -> list[dict]:
    """The table of chosen settings, after adding what it lacks; more widths, until no best one is an edge."""
    heading = "main,partner,width,weight,decay,rate,steps,error"
    asked = {width: looks for width in menu.widths} | ({SMALL: ALONE} if SMALL in menu.steps else {})
    while asked:
        for width, some in asked.items():
            done = {look_of(row) for row in known(path, heading) if int(row["width"]) == width}
            if missing := [look for look in some if look not in done]:
                add(path, Search(missing, width, menu).rows())
        asked = beyond_edges(known(path, heading), menu)
    return known(path, heading)


def beyond_edges(chosen: list[dict], menu: Menu) -> dict[int, list[Look]]:
    """By width, the looks whose best width has it for a neighbour, and that have not tried it."""
    done, widths, asked = {(look_of(row), int(row["width"])) for row in chosen}, sorted(menu.steps), defaultdict(list)
    for row in best_of(chosen):
        look, k = look_of(row), widths.index(int(row["width"]))
        for near in (widths[max(k - 1, 0)], widths[min(k + 1, len(widths) - 1)]):
            if (look, near) not in done and near != SMALL and (near < max(menu.widths) or look[0] not in TOO_DEAR):
                asked[near].append(look)
    return asked


def best_of(chosen: list[dict]) -> list[dict]:
    """For each look the row of its best width; of two equal ones the narrower."""
    best = {}
    for row in sorted(chosen, key=lambda row: int(row["width"])):
        look = look_of(row)
        if int(row["width"]) != SMALL and (look not in best or float(row["error"]) < float(best[look]["error"])):
            best[look] = row
    return [best[look] for look in dict.fromkeys(map(look_of, chosen)) if look in best]


def main() -> None:
    """Add to the tables what they lack."""
    chosen = choices(TABLES / "07a_chosen.csv", OF_FIVE, POSED)
    best = best_of(chosen)
    asked = [row for row in chosen if look_of(row) in EVERYWHERE.get(int(row["width"]), ()) or row in best]
    add_errors(TABLES / "07a_errors.csv", asked)
    again = [row for row in chosen if row["width"] == "384" and look_of(row) in POSES]
    add_errors(TABLES / "07a_other_poses.csv", again, degrees=20)
    chosen = choices(TABLES / "07a_view_chosen.csv", VIEWS, VIEWED)
    add_errors(TABLES / "07a_view_errors.csv", best_of(chosen))


if __name__ == "__main__":
    main()
