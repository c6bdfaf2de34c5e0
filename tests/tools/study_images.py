"""Which tasks on posed digits help each other: `python tests/tools/study_images.py` writes the tables of lesson 07.

By hand; pytest does not collect it. Three tables stand beside room 07a. What a table already holds is kept, so delete a
table, or some of its rows, to have them computed anew. All of it takes about MINUTES minutes of processor time.

- `07a_chosen.csv`: for each look (a main task, alone or beside a partner) and each width, the weight decay, number of
  steps and weight of the partner with the smallest mean error of the main task over the choosing seeds. For the looks
  at a view the search goes on after the grid: as long as the best setting has an untried neighbour, that is tried
  too, the next decay or weight on either side, and a run twice as long if the last stop was best.
- `07a_errors.csv`: the main task's error there, for each of the measured seeds. No choosing seed is measured.
- `07a_other_poses.csv`: the same errors, for digits that are turned half as far.

A seed draws the poses, the training rows and the start. The networks are trained in NumPy: on one core that takes half
the time of the package's loop, which lesson 07 uses to compute one look anew, equal in every stored digit.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import permutations
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
from threadpoolctl import threadpool_limits
from study_table import add, known, say

TABLES = Path(__file__).parents[2] / "notebooks" / "deeper"
CHOOSING, MEASURED = range(100, 103), range(20)
ROWS, STOPS, THREADS = 160, 10, 2
# By width: the length of a run, which may stop at ten places equally far apart, and the rate.
STEPS = {24: 300, 96: 150, 384: 100, 1536: 60}
RATES = {24: 0.01, 96: 0.01, 384: 0.01, 1536: 0.003}
# The menu has three decays. For the looks at a view it has two weights as well, and the search goes on from there to
# neighbours in these.
GRID, DECAYS = (0.001, 0.003, 0.01), (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
WEIGHTS, LENGTHS = (1.0, 0.1, 0.01, 0.001), (1, 2, 4, 8)
COLUMNS = {"angle": 1, "shift": 1, "digit": 10, "odd": 1, "at_least_five": 1, "view": 64}

Look = tuple[str, str]  # a main task and its partner: "" for none, "shuffled shift" for a control
Network = tuple[tuple[str, float, bool], ...]  # of each task: its name, its weight, whether its labels are shuffled
Job = tuple[Network, float, int]  # a network, its weight decay, and how many stops it runs to
Setting = tuple[float, float, int]  # the weight of the partner's loss, the decay, and the length of the run

FIVE = list(COLUMNS)[:5]
ALONE: list[Look] = [(task, "") for task in COLUMNS]
TWENTY = [*permutations(FIVE, 2)]
POSES = [("angle", ""), ("shift", ""), ("angle", "shift"), ("shift", "angle")]
POSES += [("angle", "shuffled shift"), ("shift", "shuffled angle")]
VIEWS = [("view", ""), ("angle", "view"), ("view", "angle"), ("angle", "shuffled view"), ("view", "shuffled angle")]
# The twenty looks and the pose pair in three trunks, the views in one. 24 units are a baseline of too few.
OF_FIVE = list(dict.fromkeys([*POSES, *ALONE[:5], *TWENTY]))
LOOKS = {24: ALONE, 96: OF_FIVE, 384: list(dict.fromkeys([*OF_FIVE, *VIEWS])), 1536: OF_FIVE}
# Measured here even where another width was chosen; all others are measured at their best width.
EVERYWHERE = {24: ALONE, 96: POSES, 384: LOOKS[384], 1536: POSES}


def train(X, Y, weight, decay, trunk, heads, width, stops):
    """Adam on the mean square over rows, summed over outputs times their weights, plus decay; weights at each stop."""
    weights = [trunk.copy(), heads.copy()]
    means, squares = [[np.zeros_like(w) for w in weights] for _ in range(2)]
    steps, path = STEPS[width] // STOPS, []
    for k in range(1, stops * steps + 1):
        hidden = np.maximum(X @ weights[0], 0)
        back = 2 / len(X) * weight * (hidden @ weights[1] - Y)
        gradients = X.T @ ((back @ weights[1].T) * (hidden > 0)), hidden.T @ back
        rate = RATES[width] * np.sqrt(1 - 0.999**k) / (1 - 0.9**k)
        for w, gradient, mean, square in zip(weights, gradients, means, squares, strict=True):
            gradient += 2 * decay * w
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            w -= rate * mean / (np.sqrt(square) + 1e-7)
        if k % steps == 0:
            path.append([w.copy() for w in weights])
    return path


class Digits:
    """The posed digits of one seed, targets scaled so that each task's constant has the loss 1 on the training rows."""

    def __init__(self, seed: int, degrees: float = 40) -> None:
        images, targets = mtl.posed_digits(list(COLUMNS), seed=seed, degrees=degrees)
        self.seed, self.targets = seed, targets
        centred = images - images[:ROWS].mean(axis=0)
        self.X = np.hstack([centred, np.ones((len(images), 1))])
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
        return {"trunk": start["trunk"], "heads": np.hstack([start[task] for task in tasks])}

    def error(self, task: str, weights: dict, rows: slice) -> float:
        """Share of wrong labels; for angle, shift and view the share of the variance that is left."""
        out = np.maximum(self.X[rows] @ weights["trunk"], 0) @ weights[task]
        out, truth = out * self.scale[task] + self.mean[task], self.targets[task][rows]
        if task == "digit":
            return np.mean(out.argmax(axis=1) != truth.argmax(axis=1))
        if task in ("odd", "at_least_five"):
            return np.mean((out > 0) != (truth > 0))
        return np.mean((out - truth) ** 2) / np.mean(truth.var(axis=0))


def network(look: Look, weight: float) -> Network:
    """What it is trained on. A pair of weight 1 is one network with two main tasks."""
    main, partner = look
    parts = [(main, 1.0, False)]
    if partner:
        parts.append((partner.removeprefix("shuffled "), weight, partner.startswith("shuffled ")))
    return tuple(sorted(parts))


def at_a_view(look: Look) -> bool:
    return "view" in "".join(look)


def weights_of(look: Look) -> tuple[float, ...]:
    """What may be tried as the weight of the partner's loss: others than 1 in the looks at a view."""
    return WEIGHTS if look[1] and at_a_view(look) else WEIGHTS[:1]


def in_threads(function: Callable, jobs: Iterable[Job]) -> dict[Job, object]:
    jobs = list(dict.fromkeys(jobs))
    with threadpool_limits(1), ThreadPoolExecutor(THREADS) as pool:
        return dict(zip(jobs, pool.map(lambda job: function(*job), jobs), strict=True))


def trained(digits: Digits, width: int, parts: Network, decay: float, stops: int) -> list[dict]:
    """Trunk and heads, by name, at each stop."""
    tasks = [task for task, *_ in parts]
    Y = np.hstack([digits.training(task, shuffled) for task, _, shuffled in parts])
    weight = np.concatenate([np.full(COLUMNS[task], value) for task, value, _ in parts])
    start = digits.start(width, tasks)
    path = train(digits.X[:ROWS], Y, weight, decay, start["trunk"], start["heads"], width, stops)
    ends = np.cumsum([COLUMNS[task] for task in tasks])[:-1]
    return [{"trunk": trunk} | dict(zip(tasks, np.split(heads, ends, axis=1), strict=True)) for trunk, heads in path]


def choose(looks: list[Look], width: int) -> Iterator[list]:
    """For each look the setting with the smallest mean error over the choosing seeds, and that error."""
    curves, tried = {}, {look: {} for look in looks}
    asked = {look: [(weight, decay, 1) for weight in weights_of(look)[:2] for decay in GRID] for look in looks}

    def job(look: Look, setting: Setting) -> Job:
        weight, decay, length = setting
        return network(look, weight), decay, STOPS * length

    def curve(parts: Network, decay: float, stops: int) -> dict[str, np.ndarray]:
        """Each task's mean error at every stop."""
        errors = defaultdict(list)
        for seed in CHOOSING:
            path = trained(choosing_digits(seed), width, parts, decay, stops)
            for task, *_ in parts:
                found = [choosing_digits(seed).error(task, w, slice(ROWS, ROWS + 600)) for w in path]
                errors[task].append(found)
        return {task: np.mean(found, axis=0) for task, found in errors.items()}

    while any(asked.values()):
        wanted = [job(look, setting) for look, settings in asked.items() for setting in settings]
        curves |= in_threads(curve, [one for one in wanted if one not in curves])
        say(f"width {width}: chose among {len(curves)} runs")
        for look, settings in asked.items():
            tried[look] |= {setting: curves[job(look, setting)][look[0]] for setting in settings}
            asked[look] = [setting for setting in neighbours(look, width, tried[look]) if setting not in tried[look]]
    for look, found in tried.items():
        weight, decay, _ = best = lowest(found)
        stop = int(found[best].argmin())
        yield [*look, width, weight, decay, STEPS[width] // STOPS * (stop + 1), f"{found[best][stop]:.4f}"]


@cache
def choosing_digits(seed: int) -> Digits:
    return Digits(seed)


def lowest(tried: dict[Setting, np.ndarray]) -> Setting:
    return min(tried, key=lambda setting: tried[setting].min())


def neighbours(look: Look, width: int, tried: dict[Setting, np.ndarray]) -> Iterator[Setting]:
    """What to try next to the best setting so far, where the search goes on."""
    if not at_a_view(look) or width == min(STEPS):
        return
    weight, decay, length = best = lowest(tried)
    for near in _beside(decay, DECAYS):
        yield weight, near, length
    for near in _beside(weight, weights_of(look)):
        yield near, decay, length
    if tried[best].argmin() == len(tried[best]) - 1 and length < LENGTHS[-1]:
        yield weight, decay, 2 * length


def _beside(value: float, values: tuple[float, ...]) -> tuple[float, ...]:
    here = values.index(value)
    return values[max(here - 1, 0) : here + 2]


def measure(seed: int, width: int, chosen: dict[Look, dict], degrees: float) -> Iterator[list]:
    """The main task's error of each look at its chosen setting."""
    digits = Digits(seed, degrees)
    jobs = {look: (network(look, float(row["weight"])), float(row["decay"])) for look, row in chosen.items()}
    stop = {look: int(row["steps"]) * STOPS // STEPS[width] for look, row in chosen.items()}
    last = {job: max(stop[look] for look in chosen if jobs[look] == job) for job in jobs.values()}
    paths = in_threads(partial(trained, digits, width), [(*job, stops) for job, stops in last.items()])
    for look in chosen:
        path = paths[*jobs[look], last[jobs[look]]]
        yield [*look, width, seed, f"{digits.error(look[0], path[stop[look] - 1], slice(ROWS, None)):.4f}"]
    say(f"width {width}: measured seed {seed}")


def look_of(row: dict) -> Look:
    return row["main"], row["partner"]


def add_errors(path: Path, chosen: list[dict], degrees: float) -> None:
    """Measure what the table lacks, width by width."""
    known_rows = known(path, "main,partner,width,seed,error")
    done = {(look_of(row), int(row["width"]), int(row["seed"])) for row in known_rows}
    for width in STEPS:
        settings = {look_of(row): row for row in chosen if int(row["width"]) == width}
        for seed in MEASURED:
            missing = {look: row for look, row in settings.items() if (look, width, seed) not in done}
            if missing:
                add(path, measure(seed, width, missing, degrees))


def main() -> None:
    """Add to the tables what they lack."""
    choices = TABLES / "07a_chosen.csv"
    heading = "main,partner,width,weight,decay,steps,error"
    for width, looks in LOOKS.items():
        done = {look_of(row) for row in known(choices, heading) if int(row["width"]) == width}
        if missing := [look for look in looks if look not in done]:
            add(choices, choose(missing, width))
    chosen = known(choices, heading)
    best = {}
    for row in chosen:
        look = look_of(row)
        if look not in best or float(row["error"]) <= float(best[look]["error"]):  # of two equal ones the wider
            best[look] = row
    asked = [r for r in chosen if look_of(r) in EVERYWHERE[int(r["width"])] or r is best[look_of(r)]]
    add_errors(TABLES / "07a_errors.csv", asked, degrees=40)
    again = [row for row in chosen if row["width"] == "384" and look_of(row) in [*POSES, *VIEWS]]
    add_errors(TABLES / "07a_other_poses.csv", again, degrees=20)
    say(f"{time.process_time() / 60:.0f} minutes of processor time")


if __name__ == "__main__":
    main()
