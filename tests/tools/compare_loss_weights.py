"""Which way to weigh losses is best on images: `python tests/tools/compare_loss_weights.py` writes the table.

By hand; pytest does not collect it. The table `08a_loss_weights.csv` stands beside room 08a. For each arena and rule it
holds the setting with the smallest mean error over the choosing seeds, and the errors there of each measured seed. What
it holds is kept, so delete some of its rows to have them computed anew.

All rules get the same grid of rates, weight decays and stops. A rule with a dial gets the whole grid at each setting of
its dial. Where the best lies at an edge of the rates or decays, these are widened; no decay is a natural end. The decay
stands beside Adam (as in AdamW), so a factor on all losses leaves it alone. The rules are those of
`mtl_helpers.methods`, the networks are trained in NumPy.

The table holds the poses, in about a minute and a half of processor time. With `"two digits"` behind the command, the
rules without a dial are added for a second arena, with cross-entropy; no lesson reads it yet.
"""

import csv
import sys
import time
from collections.abc import Callable
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
from mtl_helpers import methods
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

TABLE = Path(__file__).parents[2] / "notebooks" / "deeper" / "08a_loss_weights.csv"
CHOOSING, MEASURED = range(100, 110), range(40)
RATES, DECAYS, STOPS = (0.005, 0.01, 0.02, 0.04), (0.0, 0.3, 1.0), 10
# Arena: tasks, units in the trunk, rows that train, steps of the longest run.
ARENAS = {
    "pose": (["angle", "shift"], 4, 100, 200),
    "two digits": (["first digit", "second digit"], 8, 100, 240),
}
CLASSES = ("first digit", "second digit")
# The settings of a rule's dial; the others have none.
DIALS = {
    "fixed with dial": (0.3, 1.0, 3.0),
    "UW": (0.01, 0.03, 0.1),
    "DWA": (0.3, 1.0, 3.0),
    "GradNorm": (0.0, 0.5, 1.5),
    "FAMO": (0.01, 0.1, 1.0),
    "STCH": (0.1, 0.3, 1.0),
}
WITHOUT_DIAL = "1/variance", "sum", "common factor", "1/loss", "GLS", "RLW"
RULES = *WITHOUT_DIAL, *DIALS  # all of them race on the poses; the digits, which take longer, see those without a dial

Setting = tuple[float, float, float]  # dial, rate, decay


def two_digits(seed: int, rows: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """One digit at the top left, one at the bottom right of 12 x 12 pixels; where they meet, the brighter pixel.

    The first `rows` images are made of other digits than the 1,000 that follow.
    """
    digits, rng = load_digits(), np.random.default_rng([seed, 8])
    order = rng.permutation(len(digits.target))
    one, two = np.hstack([rng.choice(order[:900], (2, rows)), rng.choice(order[900:], (2, 1000))])
    canvas = np.zeros((len(one), 12, 12))
    canvas[:, :8, :8] = digits.images[one] / 16
    canvas[:, 4:, 4:] = np.maximum(canvas[:, 4:, 4:], digits.images[two] / 16)
    labels = np.eye(10)[digits.target]
    return canvas.reshape(len(one), -1), {"first digit": labels[one], "second digit": labels[two]}


class Arena:
    """The data of one arena for several seeds, each with poses, training rows and a start of its own."""

    def __init__(self, name: str, seeds: range) -> None:
        self.tasks, self.width, self.rows, steps = ARENAS[name]
        self.every = steps // STOPS
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
        self.constant = np.stack([self._constant(y[:, : self.rows]) for y in labels], axis=-1)

    def _draw(self, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        return two_digits(seed, self.rows) if "first digit" in self.tasks else mtl.posed_digits(self.tasks, seed=seed)

    def _constant(self, y: np.ndarray) -> np.ndarray:
        """The loss of the best constant: the variance, or the entropy of the shares."""
        if y.shape[2] == 1:
            return y.var(axis=(1, 2))
        shares = np.maximum(y.mean(axis=1), 1e-12)
        return -np.sum(shares * np.log(shares), axis=1)

    def losses(self, out: np.ndarray, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The losses (..., tasks) and their gradient by the outputs, on any rows."""
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

    def errors(self, trunk: np.ndarray, heads: np.ndarray, rows: int) -> np.ndarray:
        """(settings, seeds, tasks) on rows that train nothing: the share of the variance left, or of wrong labels."""
        fresh, found = slice(self.rows, self.rows + rows), []
        out, truth = np.maximum(self.X[:, fresh] @ trunk, 0) @ heads, self.Y[:, fresh]
        for task, columns in zip(self.tasks, self.columns, strict=True):
            if task in CLASSES:
                wrong = out[..., columns].argmax(axis=-1) != truth[..., columns].argmax(axis=-1)
                found.append(wrong.mean(axis=-1))
            else:
                miss = out[..., columns] - truth[..., columns]
                found.append(np.mean(miss**2, axis=(-2, -1)) / truth[..., columns].var(axis=(-2, -1)))
        return np.stack(found, axis=-1)


def weigh(
    rule: str, dial: float, losses: np.ndarray, arena: Arena, memory: np.ndarray, norms: Callable, draw: Callable
) -> tuple[np.ndarray, np.ndarray]:
    """Task weights by a rule of this name, and its new memory."""
    scale, tasks = 1 / arena.constant, losses.shape[-1]
    if rule == "sum":
        return np.ones_like(losses), memory
    if rule == "1/variance":
        return scale, memory
    if rule == "fixed with dial":  # the first half of the tasks against the second
        return scale * dial ** np.repeat([1, -1], tasks // 2), memory
    if rule == "common factor":  # moves all tasks together: the balance stays that of 1/variance
        return scale * tasks / np.sum(scale * losses, axis=-1, keepdims=True), memory
    if rule == "1/loss":
        return methods.inverse_loss(losses).numpy(), memory
    if rule == "GLS":
        return methods.geometric_mean(losses).numpy(), memory
    if rule == "RLW":
        return methods.rlw(draw(size=losses.shape)).numpy(), memory
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


def train(arena: Arena, rule: str, dial: float, rates: np.ndarray, decays: np.ndarray, stops: int):
    """Adam for several rates and decays at once; the weights at each stop, (settings, seeds, in, out)."""
    X, Y = arena.X[:, : arena.rows], arena.Y[:, : arena.rows]
    back_X, owner = X.swapaxes(-2, -1), np.repeat(range(len(arena.tasks)), [c.stop - c.start for c in arena.columns])
    weights = [np.repeat(w[None], len(rates), axis=0) for w in arena.start]
    means, squares = [[np.zeros_like(w) for w in weights] for _ in range(2)]
    memory = np.zeros((2, len(rates), len(X), len(arena.tasks)))
    rates, decays, rng, path = rates[:, None, None, None], decays[:, None, None, None], np.random.default_rng(8), []
    for k in range(1, stops * arena.every + 1):
        hidden = np.maximum(X @ weights[0], 0)
        losses, back = arena.losses(hidden @ weights[1], Y)

        def on_trunk(back, hidden=hidden):
            return back_X @ ((back @ weights[1].swapaxes(-2, -1)) * (hidden > 0))

        def norms(back=back, on_trunk=on_trunk):
            each = [on_trunk(back * (owner == task)) for task in range(len(arena.tasks))]
            return np.stack([np.sqrt(np.sum(g**2, axis=(-2, -1))) for g in each], axis=-1)

        c, memory = weigh(rule, dial, np.maximum(losses, 1e-9), arena, memory, norms, rng.normal)  # some reach 0
        back *= c[..., None, owner]
        gradients = on_trunk(back), hidden.swapaxes(-2, -1) @ back
        now = rates * np.sqrt(1 - 0.999**k) / (1 - 0.9**k)
        for w, gradient, mean, square in zip(weights, gradients, means, squares, strict=True):
            mean += 0.1 * (gradient - mean)
            square += 0.001 * (gradient * gradient - square)
            w -= now * mean / (np.sqrt(square) + 1e-7) + rates * decays * w
        if k % arena.every == 0:
            path.append([w.copy() for w in weights])
    return path


class Grid:
    """Mean errors over the choosing seeds at each stop, for every setting that was tried."""

    def __init__(self, arena: Arena, rule: str) -> None:
        self.arena, self.rule, self.found = arena, rule, {}
        self.axes = [list(DIALS.get(rule, (1.0,))), list(RATES), list(DECAYS)]
        self._fill()
        while self._widened():
            self._fill()

    def _fill(self) -> None:
        for dial in self.axes[0]:
            pairs = [(r, d) for r in self.axes[1] for d in self.axes[2] if (dial, r, d) not in self.found]
            if pairs:
                path = train(self.arena, self.rule, dial, *np.array(pairs).T, STOPS)
                errors = np.array([self.arena.errors(*weights, rows=600).mean(axis=(1, 2)) for weights in path])
                for pair, by_stop in zip(pairs, errors.T, strict=True):
                    self.found[dial, *pair] = np.nan_to_num(by_stop, nan=np.inf)

    def best(self) -> Setting:
        return min(self.found, key=lambda setting: self.found[setting].min())

    def _widened(self) -> bool:
        """Put one more rate or decay beyond each edge at which the best lies; three times in each direction at most."""
        grew = False
        for axis, value, start, factor in zip(self.axes[1:], self.best()[1:], (RATES, DECAYS), (2, 3), strict=True):
            if value == max(axis) < max(start) * factor**3 * 0.99:
                axis.append(value * factor)
                grew = True
            elif value == min(axis) > min(start) / factor**3 * 1.01:
                axis.append(value / factor)
                grew = True
        return grew


def main() -> None:
    """Add to the table the arenas that it lacks."""
    if not TABLE.exists():
        TABLE.write_text("arena,rule,dial,rate,decay,steps,tried,seed,errors\n", encoding="utf-8")
    with TABLE.open(encoding="utf-8") as file:
        done = {(row["arena"], row["rule"]) for row in csv.DictReader(file)}
    for name in sys.argv[1:] or ["pose"]:
        rules = RULES if name == "pose" else WITHOUT_DIAL
        missing = [rule for rule in rules if (name, rule) not in done]
        choosing, measured = (Arena(name, seeds) for seeds in (CHOOSING, MEASURED)) if missing else (None, None)
        for rule in missing:
            grid = Grid(choosing, rule)
            dial, rate, decay = grid.best()
            stop = int(grid.found[dial, rate, decay].argmin()) + 1
            path = train(measured, rule, dial, np.array([rate]), np.array([decay]), stop)
            setting = f"{dial:g},{rate:g},{decay:g},{stop * measured.every},{len(grid.found)}"
            with TABLE.open("a", encoding="utf-8") as file:
                for seed, errors in zip(MEASURED, measured.errors(*path[-1], rows=2000)[0], strict=True):
                    file.write(f"{name},{rule},{setting},{seed},{' '.join(f'{e:.4f}' for e in errors)}\n")
            print(f"{name}, {rule}: {setting}, {time.process_time():.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
