"""Which way to weigh losses is best on images: `python tests/tools/compare_loss_weights.py` writes the table.

By hand; pytest does not collect it. The table `08a_loss_weights.csv` stands beside room 08a. For each arena, rule and
memory of Adam's squares it holds the setting with the smallest mean error over 40 choosing seeds (20 in the second
arena), that error, and for each task the errors there of as many other seeds. What it holds is kept, so delete some of
its rows to have them computed anew. With arenas named behind the command it does only these.

There are two ways to search. On the coarse menu all rules get the same first grid of rates, weight decays and stops, a
rule with a dial at each of three settings of it (fixed weights at five). Where the best lies at an edge, of the dial
too, that axis grows by one value, six times in each direction at most; 0 is a natural end. So a rule with a dial tries
more. At even budgets each rule gets 128 runs, all with the same pairs of rate and decay; those of a rule with a dial
are spread over it, too. After 1,033 steps the best 32 go on, after 3,969 the best 8, which end after 15,246. All stops
on the way are candidates. A rule is added there that looks at no loss and prefers a task: the clock with a fixed dial.

The decay stands beside Adam (as in AdamW), so a factor on all losses leaves it alone. The rules are those of
`mtl_helpers.methods`, the networks are trained in NumPy: in single precision to choose, in double to measure. All of it
takes some hours of processor time.
"""

import csv
import itertools
import sys
import time
from collections.abc import Callable
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
from mtl_helpers import methods
from sklearn.datasets import load_digits
from study_search import Run, by_quarters, spread
from threadpoolctl import threadpool_limits

TABLE = Path(__file__).parents[2] / "notebooks" / "deeper" / "08a_loss_weights.csv"
EVEN = " at even budgets"
RATES, DECAYS, STOPS = (0.02, 0.04, 0.08, 0.16), (0.3, 1.0, 3.0), (50, 70, 100, 140, 200)
MEMORIES = 0.999, 0.99, 0.9  # what Adam keeps of its mean square in each step; 0.999 is usual
TIMES_WIDENED = 6
# At even budgets.
RATE_RANGE, DECAY_RANGE, EVEN_STOPS = (0.02, 1.0), (0.2, 5.0), [round(50 * 1.4**k) for k in range(18)]
RUNS, ENDS = 128, EVEN_STOPS[9::4]
# Arena: tasks, units in the trunk, rows that train; seeds that choose, and as many that are measured.
ARENAS = {
    "pose": (["angle", "shift"], 4, 100, 40),
    "two digits": (["first digit", "second number"], 4, 100, 20),
}
ARENAS |= {name + EVEN: arena for name, arena in ARENAS.items()}
CLASSES = ("first digit",)
# The settings of a rule's dial; the others have none.
DIALS = {
    "fixed with dial": (0.4, 0.6, 1.0, 1.6, 2.5),
    "UW": (0.03, 0.1, 0.3),
    "DWA": (0.3, 1.0, 3.0),
    "GradNorm": (0.0, 0.5, 1.5),
    "FAMO": (0.1, 1.0, 10.0),
    "STCH": (0.1, 0.3, 1.0),
}
DIAL_RANGES = {
    "fixed with dial": (0.25, 4.0),
    "clock with dial": (0.25, 4.0),
    "UW": (0.003, 3.0),
    "DWA": (0.03, 30.0),
    "GradNorm": (0.03, 3.0),
    "FAMO": (0.03, 30.0),
    "STCH": (0.03, 100.0),
}
RULES = (
    "1/variance",
    "sum",
    "common factor",
    "clock",
    "1/loss",
    "GLS",
    "RLW",
    "fixed with dial",
    "DWA",
    "STCH",
    "FAMO",
    "GradNorm",
    "UW",
)
LOOKS = {
    "pose": (MEMORIES, RULES),
    "two digits": (MEMORIES, ("1/variance", "sum", "common factor", "clock", "GLS", "fixed with dial", "UW")),
    "pose" + EVEN: (MEMORIES[:1], (*RULES, "clock with dial")),
    "two digits" + EVEN: (MEMORIES[:1], (*RULES, "clock with dial")),
}


def two_digits(seed: int, rows: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """One digit at the top left, one at the bottom right of 12 x 12 pixels; where they meet, the brighter pixel.

    Then 2 x 2 pixels become one. The tasks: which digit the first is, and the second as a number from 0 to 9.
    The first `rows` images are made of other digits than the 1,000 that follow.
    """
    digits, rng = load_digits(), np.random.default_rng([seed, 8])
    order = rng.permutation(len(digits.target))
    one, two = np.hstack([rng.choice(order[:900], (2, rows)), rng.choice(order[900:], (2, 1000))])
    canvas = np.zeros((len(one), 12, 12))
    canvas[:, :8, :8] = digits.images[one] / 16
    canvas[:, 4:, 4:] = np.maximum(canvas[:, 4:, 4:], digits.images[two] / 16)
    labels = {"first digit": np.eye(10)[digits.target[one]], "second number": digits.target[two, None].astype(float)}
    pooled = canvas.reshape(-1, 6, 2, 6, 2).mean(axis=(2, 4))
    return pooled.reshape(len(one), -1), labels


class Arena:
    """The data of one arena for several seeds, each with poses, training rows and a start of its own."""

    def __init__(self, name: str, seeds: range, dtype: type = float) -> None:
        self.tasks, self.width, self.rows, _ = ARENAS[name]
        drawn = [self._draw(seed) for seed in seeds]
        images = np.stack([X for X, _ in drawn])
        images -= images[:, : self.rows].mean(axis=1, keepdims=True)
        self.X = np.concatenate([images, np.ones((*images.shape[:2], 1))], axis=2)
        labels = [np.stack([Y[task] for _, Y in drawn]) for task in self.tasks]
        self.columns, end = [], 0
        for k, y in enumerate(labels):
            if self.tasks[k] not in CLASSES:
                y -= y[:, : self.rows].mean(axis=1, keepdims=True)
            self.columns.append(slice(end, end := end + y.shape[2]))
        self.Y = np.concatenate(labels, axis=2)
        heads = {f"head{k}": (self.width, y.shape[2]) for k, y in enumerate(labels)}
        start = mtl.random_start({"trunk": (self.X.shape[2], self.width)} | heads, seeds)
        self.start = [start["trunk"], np.concatenate([start[head] for head in heads], axis=2)]
        self.constant = np.stack([self._constant(y[:, : self.rows]) for y in labels], axis=-1)[:, None]
        self.X, self.Y, self.constant = (a.astype(dtype) for a in (self.X, self.Y, self.constant))
        self.start = [w.astype(dtype) for w in self.start]

    def _draw(self, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        return two_digits(seed, self.rows) if "first digit" in self.tasks else mtl.posed_digits(self.tasks, seed=seed)

    def _constant(self, y: np.ndarray) -> np.ndarray:
        """The loss of the best constant: the variance, or the entropy of the shares."""
        if y.shape[2] == 1:
            return y.var(axis=(1, 2))
        shares = np.maximum(y.mean(axis=1), 1e-12)
        return -np.sum(shares * np.log(shares), axis=1)

    def losses(self, out: np.ndarray, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The losses (seeds, settings, tasks) and their gradient by the outputs (seeds, settings, rows, columns)."""
        Y = Y[:, None]
        losses, back = [], np.empty_like(out)
        for task, columns in zip(self.tasks, self.columns, strict=True):
            if task in CLASSES:
                logits = out[..., columns] - out[..., columns].max(axis=-1, keepdims=True)
                logs = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
                losses.append(-np.sum(Y[..., columns] * logs, axis=-1).mean(axis=-1))
                back[..., columns] = (np.exp(logs) - Y[..., columns]) / out.shape[-2]
            else:
                miss = out[..., columns] - Y[..., columns]
                losses.append(np.mean(miss[..., 0] ** 2, axis=-1))
                back[..., columns] = 2 * miss / out.shape[-2]
        return np.stack(losses, axis=-1), back

    def forward(self, trunk: np.ndarray, heads: np.ndarray, rows: slice) -> tuple[np.ndarray, np.ndarray]:
        """Hidden units (seeds, rows, settings, width) and outputs (seeds, settings, rows, columns)."""
        seeds, _, settings, width = trunk.shape
        hidden = np.maximum(self.X[:, rows] @ trunk.reshape(seeds, -1, settings * width), 0)
        hidden = hidden.reshape(seeds, -1, settings, width)
        return hidden, hidden.swapaxes(1, 2) @ heads

    def errors(self, trunk: np.ndarray, heads: np.ndarray, rows: int) -> np.ndarray:
        """(seeds, settings, tasks) on rows that train nothing: the share of the variance left, or of wrong labels."""
        fresh, found = slice(self.rows, self.rows + rows), []
        out, truth = self.forward(trunk, heads, fresh)[1], self.Y[:, None, fresh]
        for task, columns in zip(self.tasks, self.columns, strict=True):
            if task in CLASSES:
                wrong = out[..., columns].argmax(axis=-1) != truth[..., columns].argmax(axis=-1)
                found.append(wrong.mean(axis=-1))
            else:
                miss = out[..., columns] - truth[..., columns]
                found.append(np.mean(miss**2, axis=(-2, -1)) / truth[..., columns].var(axis=(-2, -1)))
        return np.stack(found, axis=-1)


def weigh(
    rule: str, dial: np.ndarray, losses: np.ndarray, arena: Arena, memory: np.ndarray, norms: Callable, rng, k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Task weights by a rule of this name in step k, and its new memory."""
    scale, tasks = 1 / arena.constant, losses.shape[-1]
    if rule == "sum":
        return np.ones_like(losses), memory
    if rule == "1/variance":
        return scale, memory
    if rule.endswith("with dial"):  # the first half of the tasks against the second
        lean = scale * dial ** np.repeat([1, -1], tasks // 2)
        return lean * (1 + k / 10) if rule == "clock with dial" else lean, memory
    if rule == "common factor":  # moves all tasks together: the balance stays that of 1/variance
        return scale * tasks / np.sum(scale * losses, axis=-1, keepdims=True), memory
    if rule == "clock":  # grows with the step number, and looks at nothing
        return scale * (1 + k / 10), memory
    if rule == "1/loss":
        return methods.inverse_loss(losses).numpy(), memory
    if rule == "GLS":
        return methods.geometric_mean(losses).numpy(), memory
    if rule == "RLW":
        return methods.rlw(rng.normal(size=losses.shape)).numpy(), memory
    if rule == "STCH":
        return scale * methods.stch(scale * losses, dial).numpy(), memory
    if rule == "UW":
        found = methods.uncertainty(losses, memory[:1], dial)
    elif rule == "DWA":
        found = methods.dwa(losses, memory, dial)
    elif rule == "GradNorm":
        found = methods.gradnorm(losses, norms(), memory, dial, 0.02)
    else:
        found = methods.famo(losses, memory, dial)
    return found[0].numpy(), found[1].numpy()


def finite(values: np.ndarray) -> np.ndarray:
    """Above 0 and finite, as rules ask for: some losses reach 0, and large rates diverge."""
    return np.nan_to_num(np.clip(values, 1e-9, 1e9), nan=1e9)


def train(
    arena: Arena, rule: str, memory_of_squares: float, runs: list[Run], stops: list[int]
) -> list[list[np.ndarray]]:
    """Adam for several runs at once; trunk and heads at each stop, as `Arena.forward` takes them."""
    train_rows, keep, tasks = slice(arena.rows), memory_of_squares, len(arena.tasks)
    X, Y = arena.X[:, train_rows], arena.Y[:, train_rows]
    seeds, settings, back_X = len(X), len(runs), X.swapaxes(1, 2)
    owner = np.repeat(range(tasks), [c.stop - c.start for c in arena.columns])
    weights = [np.repeat(arena.start[0][:, :, None], settings, axis=2), np.repeat(arena.start[1][:, None], settings, 1)]
    means, squares = [[np.zeros_like(w) for w in weights] for _ in range(2)]
    memory, rng, path = np.zeros((2, seeds, settings, tasks), X.dtype), np.random.default_rng(8), []
    dials, rates, decays = np.array(runs, X.dtype).T
    shapes = (1, 1, settings, 1), (1, settings, 1, 1)
    for k in range(1, max(stops) + 1):
        hidden, out = arena.forward(*weights, train_rows)
        losses, back = arena.losses(out, Y)

        def on_trunk(back, hidden=hidden):
            down = (back @ weights[1].swapaxes(2, 3)).swapaxes(1, 2) * (hidden > 0)
            return (back_X @ down.reshape(seeds, arena.rows, -1)).reshape(weights[0].shape)

        def norms(back=back, on_trunk=on_trunk):
            each = [on_trunk(back * (owner == task)) for task in range(tasks)]
            return finite(np.stack([np.sqrt(np.sum(g**2, axis=(1, 3))) for g in each], axis=-1))

        c, memory = weigh(rule, dials[:, None], finite(losses), arena, memory, norms, rng, k)
        back *= c[:, :, None, owner]
        gradients = on_trunk(back), hidden.transpose(0, 2, 3, 1) @ back
        correction = np.sqrt(1 - keep**k) / (1 - 0.9**k)
        for w, gradient, mean, square, shape in zip(weights, gradients, means, squares, shapes, strict=True):
            mean += 0.1 * (gradient - mean)
            square += (1 - keep) * (gradient * gradient - square)
            w *= 1 - (rates * decays).reshape(shape)
            w -= (rates * correction).reshape(shape) * mean / (np.sqrt(square) + 1e-7)
            w *= np.abs(w) > 1e-15  # weights that only decay: arithmetic with the smallest numbers is slow
        if k in stops:
            path.append([w.copy() for w in weights])
    return path


class Search:
    """Mean errors over the choosing seeds, for every run and stop that was tried."""

    def __init__(self, arena: Arena, rule: str, memory_of_squares: float) -> None:
        self.arena, self.rule, self.memory, self.found = arena, rule, memory_of_squares, {}

    def best(self) -> tuple[Run, int]:
        return min(self.found, key=self.found.get)

    def _try(self, runs: list[Run], stops: list[int], together: int = 16) -> None:
        """Train the runs that lack the last stop, and note every stop on the way."""
        missing = [run for run in runs if (run, max(stops)) not in self.found]
        for k in range(0, len(missing), together):
            some = missing[k : k + together]
            path = train(self.arena, self.rule, self.memory, some, stops)
            for stop, weights in zip(sorted(stops), path, strict=True):
                errors = self.arena.errors(*weights, rows=600).mean(axis=(0, 2))
                for run, error in zip(some, errors, strict=True):
                    self.found[run, stop] = float(np.nan_to_num(error, nan=np.inf))


class CoarseMenu(Search):
    """A grid that grows where its best lies at an edge."""

    def __init__(self, *given) -> None:
        super().__init__(*given)
        dial = DIALS.get(self.rule, (1.0,))
        self.axes = [list(axis) for axis in (dial, RATES, DECAYS, STOPS)]
        self.factors = [dial[-1] / dial[-2] if len(dial) > 1 else 1, 2, 3, 1.4]
        self.grown = np.zeros((4, 2), int)
        self._try(list(itertools.product(*self.axes[:3])), self.axes[3])
        while self._widened():
            self._try(list(itertools.product(*self.axes[:3])), self.axes[3])

    def _widened(self) -> bool:
        """Put one more value beyond each edge at which the best lies."""
        grew, (run, stop) = False, self.best()
        for axis, value, factor, grown in zip(self.axes, (*run, stop), self.factors, self.grown, strict=True):
            for side, edge, beyond in ((0, min(axis), value / factor), (1, max(axis), value * factor)):
                if len(axis) > 1 and value == edge != 0 and grown[side] < TIMES_WIDENED:
                    axis.append(round(beyond) if axis is self.axes[3] else beyond)
                    grown[side] += 1
                    grew = True
        return grew


class EvenBudget(Search):
    """As many runs for each rule, spread over rate, decay and, where there is one, dial."""

    def __init__(self, *given) -> None:
        super().__init__(*given)
        runs = spread(RUNS, RATE_RANGE, DECAY_RANGE, DIAL_RANGES.get(self.rule, (1.0, 1.0)))
        by_quarters([(dial, rate, decay) for rate, decay, dial in runs], ENDS, self._errors_at)

    def _errors_at(self, runs: list[Run], end: int) -> dict[tuple[Run, int], float]:
        self._try(runs, [stop for stop in EVEN_STOPS if stop <= end])
        return self.found


def main() -> None:
    """Add to the table what it lacks."""
    if not TABLE.exists():
        TABLE.write_text("arena,rule,memory,dial,rate,decay,steps,tried,chosen,task,errors\n", encoding="utf-8")
    with TABLE.open(encoding="utf-8") as file:
        done = {(row["arena"], row["rule"], float(row["memory"])) for row in csv.DictReader(file)}
    for name in sys.argv[1:] or ARENAS:
        wanted = itertools.product(*LOOKS[name])
        missing = [(rule, memory) for memory, rule in wanted if (name, rule, memory) not in done]
        if missing:
            seeds = ARENAS[name][3]
            choosing, measured = Arena(name, range(100, 100 + seeds), np.float32), Arena(name, range(seeds))
        for rule, memory in missing:
            search = (EvenBudget if name.endswith(EVEN) else CoarseMenu)(choosing, rule, memory)
            (dial, rate, decay), stop = best = search.best()
            path = train(measured, rule, memory, [best[0]], [stop])
            setting = f"{memory:g},{dial:.3g},{rate:g},{decay:.3g},{stop},{len(search.found)},{search.found[best]:.5f}"
            with TABLE.open("a", encoding="utf-8") as file:
                for task, errors in zip(measured.tasks, measured.errors(*path[-1], rows=2000)[:, 0].T, strict=True):
                    file.write(f"{name},{rule},{setting},{task},{' '.join(f'{e:.4f}' for e in errors)}\n")
            print(f"{name}, {rule}: {setting}, {time.process_time():.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    with threadpool_limits(1), np.errstate(all="ignore"):  # the largest rates may overflow, and are not chosen
        main()
