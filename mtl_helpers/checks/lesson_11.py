"""Answers to the exercises of lesson 11."""

import operator
from collections.abc import Callable

import numpy as np

from mtl_helpers.checks.core import Trial, exercise


@exercise("each set's draws are shared out over its own rows.")
def times_seen() -> Trial:
    """Exercise 1: how often a row is seen when data sets are drawn with a temperature."""

    def inputs(rng, case):
        sets = [3, 2, 5, 1, 4][case % 5]
        sizes = np.round(10 ** rng.uniform(0.5, 4, size=sets)).astype(int)
        if case % 4 == 3:
            sizes[-1] = sizes[0]
        temperature = [1.0, 5.0, 2.0, 0.5, 100.0, 3.7][case % 6]
        return sizes, temperature, int(rng.integers(1, 5000)), int(rng.integers(1, 100))

    def expected(sizes, temperature, steps, batch):
        powers = [float(size) ** (1 / temperature) for size in sizes]
        rows = [steps * batch * power / sum(powers) for power in powers]
        return [drawn / size for drawn, size in zip(rows, sizes, strict=True)]

    def built(power: Callable = lambda T: 1 / T, rows: Callable = operator.mul, each: Callable = lambda n: n):
        def times(sizes, temperature, steps, batch):
            p = sizes.astype(float) ** power(temperature)
            return p / p.sum() * rows(steps, batch) / each(sizes)

        return times

    mistakes = {
        "the temperature acts the wrong way round: raise the sizes to 1/T, not to T": built(power=lambda T: T),
        "the temperature has no effect here; this is the bag, in which all rows are seen alike": built(
            power=lambda T: 1
        ),
        "all sets are drawn alike here, whatever the temperature": built(power=lambda T: 0),
        "these are the rows drawn from each set; divide by the number of rows that the set has": built(
            each=lambda n: 1
        ),
        "divide by the set's own rows, not by those of all sets together": built(each=np.sum),
        "a step draws a whole batch of rows, not one": built(rows=lambda steps, batch: steps),
        "this is for one step; training takes many": built(rows=lambda steps, batch: batch),
        "these are the probabilities of the sets; how often is one row seen?": lambda n, T, steps, batch: (
            n ** (1 / T) / np.sum(n ** (1 / T))
        ),
        "the probabilities must add up to 1": lambda n, T, steps, batch: n ** (1 / T) * steps * batch / n,
    }
    look = "the probability of a set, times all rows that are drawn, divided by the set's rows"
    return Trial(inputs, expected, mistakes, look)


@exercise("training lasts as long as any task still improves.")
def epochs_run() -> Trial:
    """Exercise 2: the epoch after which no task has improved for some time."""

    def inputs(rng, case):
        tasks, epochs = [2, 3, 1, 4][case % 4], [40, 25, 60, 7, 1][case % 5]
        walks = rng.normal(size=(epochs, tasks)).cumsum(axis=0) - 0.02 * np.arange(epochs)[:, None]
        return np.round(0.3 * walks + rng.normal(scale=0.3, size=(epochs, tasks)), 1), [3, 1, 5, 2, 4, 6, 3][case % 7]

    def expected(val_losses, patience):
        return run(val_losses, patience)

    def run(
        losses: np.ndarray,
        patience: int,
        better: Callable = operator.lt,
        which: Callable = max,
        enough: Callable = operator.ge,
    ) -> int:
        least, at = [np.inf] * losses.shape[1], [0] * losses.shape[1]
        for epoch, row in enumerate(losses):
            for task, loss in enumerate(row):
                if better(loss, least[task]):
                    least[task], at[task] = loss, epoch
            if enough(epoch - which(at), patience):
                return epoch + 1
        return len(losses)

    def built(**changed: Callable) -> Callable:
        return lambda losses, patience: run(losses, patience, **changed)

    def since_the_last(losses, patience):
        quiet = np.zeros(losses.shape[1])
        for epoch in range(1, len(losses)):
            quiet = np.where(losses[epoch] < losses[epoch - 1], 0, quiet + 1)
            if quiet.min() >= patience:
                return epoch + 1
        return len(losses)

    def in_all(losses, patience):
        improves = losses[1:] < np.minimum.accumulate(losses, axis=0)[:-1]
        quiet = np.cumsum(~improves, axis=0).min(axis=1)
        return int(np.argmax(quiet >= patience)) + 2 if np.any(quiet >= patience) else len(losses)

    mistakes = {
        "training stops here as soon as one task has lost patience; wait until all have": built(which=min),
        "an equal loss is not a new lowest one": built(better=operator.le),
        "training stops an epoch too late: `patience` epochs without a new lowest loss are enough": built(
            enough=operator.gt
        ),
        "this watches the sum of the losses; watch each task": lambda losses, patience: run(
            losses.sum(axis=1, keepdims=True), patience
        ),
        "this watches the first task alone": lambda losses, patience: run(losses[:, :1], patience),
        "this is the number of the last epoch counted from 0; return how many are run": lambda losses, patience: (
            run(losses, patience) - 1
        ),
        "compare with the lowest loss so far, not with that of the epoch before": since_the_last,
        "this adds up all epochs without a new lowest loss; patience counts them anew after each": in_all,
        "nothing stops training here: this is the number of all epochs": lambda losses, patience: len(losses),
    }
    look = "after each epoch, see how long ago any task last had a new lowest loss"
    return Trial(inputs, expected, mistakes, look, cases=30)


@exercise("a running average leans to the batches that came last.")
def stored_mean() -> Trial:
    """Exercise 3: the mean that a shared BatchNormalization has stored after tasks took turns."""

    def inputs(rng, case):
        turns = rng.integers(2, size=[12, 7, 30, 1, 3][case % 5]).tolist()
        return rng.normal(size=2) + np.array([1.0, -2.0]), turns, [0.9, 0.5, 0.99, 0.2][case % 4]

    def expected(means, turns, momentum):
        stored = 0.0
        for task in turns:
            stored = momentum * stored + (1 - momentum) * means[task]
        return stored

    def corrected(means, turns, momentum):
        return expected(means, turns, momentum) / (1 - momentum ** len(turns))

    def from_first(means, turns, momentum):
        first = momentum ** len(turns) * means[turns[0]]
        return first + expected(means, turns, momentum)

    mistakes = {
        "momentum belongs to the old value, and 1 - momentum to the new batch": lambda means, turns, momentum: expected(
            means, turns, 1 - momentum
        ),
        "the new batch counts with 1 - momentum, not in full": lambda means, turns, momentum: (
            expected(means, turns, momentum) / (1 - momentum)
        ),
        "this starts at the first batch's mean; the layer starts at 0": from_first,
        "this corrects for the start at 0, as Adam does; the layer does not": corrected,
        "the two tasks are exchanged": lambda means, turns, momentum: expected(means[::-1], turns, momentum),
        "the turns are taken from the last to the first": lambda means, turns, momentum: expected(
            means, turns[::-1], momentum
        ),
        "this is the plain mean over the turns; a running average forgets": lambda means, turns, momentum: np.mean(
            means[np.array(turns)]
        ),
        "this is the mean of the two tasks; what is stored depends on the turns": lambda means, turns, momentum: (
            np.mean(means)
        ),
        "this is what the last turn adds; the turns before it count as well": lambda means, turns, momentum: (
            (1 - momentum) * means[turns[-1]]
        ),
    }
    look = "start at 0 and follow the turns one by one"
    return Trial(inputs, expected, mistakes, look)


@exercise("each task's loss is a mean over its own labels.")
def bag_losses() -> Trial:
    """Exercise 4: the two losses of one batch of a bag, by Keras's own losses."""

    def inputs(rng, case):
        rows = [7, 12, 5, 9][case % 4]
        targets = {"angle": rng.normal(size=(rows, 1)), "digit": rng.integers(10, size=(rows, 1)) * 1.0}
        outputs = {"angle": rng.normal(size=(rows, 1)), "digit": 2 * rng.normal(size=(rows, 10))}
        first = rng.permutation(rows) < [2, 3, 4][case % 3]
        size = rng.uniform(0.5, 2, size=rows) if case % 2 else np.ones(rows)
        return targets, outputs, {"angle": first * size, "digit": ~first * size}

    def of_each_row(targets, outputs):
        wrong = (targets["angle"] - outputs["angle"])[:, 0] ** 2
        logits, classes = outputs["digit"], targets["digit"][:, 0].astype(int)
        right = logits[np.arange(len(logits)), classes]
        return {"angle": wrong, "digit": np.log(np.exp(logits).sum(axis=1)) - right}

    def mean(loss, mask):
        return loss @ mask / mask.sum()

    def expected(targets, outputs, masks):
        losses = of_each_row(targets, outputs)
        return [mean(losses[task], masks[task]) for task in ("angle", "digit")]

    def built(one: Callable) -> Callable:
        def losses(targets, outputs, masks):
            rows = of_each_row(targets, outputs)
            return np.array([one(rows[task], masks[task]) for task in ("angle", "digit")])

        return losses

    def other_masks(targets, outputs, masks):
        return expected(targets, outputs, {"angle": masks["digit"], "digit": masks["angle"]})

    mistakes = {
        "Keras's default divides by all rows; divide by the sum of the label weights": built(
            lambda loss, mask: np.mean(loss * mask)
        ),
        "the label weights play no role here; a placeholder is no label": built(lambda loss, mask: np.mean(loss)),
        "these are sums over the labels; take means": built(operator.matmul),
        "divide by the sum of the label weights, not by the number of labels": built(
            lambda loss, mask: loss @ mask / np.sum(mask > 0)
        ),
        "a label counts as its label weight says, not only as there or missing": built(
            lambda loss, mask: mean(loss, mask > 0)
        ),
        "the masks of the two tasks are exchanged": other_masks,
        "the angle's loss comes first, then the digit's": {"result": lambda result: result[::-1]},
        "this is the sum of the two losses; keep them apart": {"result": np.sum},
    }
    look = "call each loss with targets, outputs and label weights, and look at its reduction and at `from_logits`"
    return Trial(inputs, expected, mistakes, look, cases=6)
