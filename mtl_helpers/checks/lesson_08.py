"""Answers to the exercises of lesson 08."""

from collections.abc import Callable

import numpy as np

from mtl_helpers.checks.core import Trial, exercise


@exercise("the best sigma is the root of the loss, and what is left is a sum of logarithms.")
def least_total() -> Trial:
    """Exercise 1: the smallest total that uncertainty weighting reaches at fixed losses, with the 1/2 of regression."""

    def inputs(rng, case):
        tasks = [3, 1, 2, 5][case % 4]
        return (rng.uniform(0.05, 2, size=tasks) * np.resize([0.01, 100, 1], tasks),)

    def expected(losses):
        return sum(0.5 + np.log(loss) / 2 for loss in losses)

    def at(sigma: Callable) -> Callable:
        return lambda losses: np.sum(losses / (2 * sigma(losses) ** 2) + np.log(sigma(losses)))

    mistakes = {
        "each task also keeps loss / (2 sigma^2) at its best sigma, and that is not 0": lambda losses: (
            np.sum(np.log(losses)) / 2
        ),
        "this is for exp(-s) loss + s; here a task has loss / (2 sigma^2) + ln sigma": lambda losses: np.sum(
            1 + np.log(losses)
        ),
        "at the best sigma its *square* is the loss": at(lambda losses: losses),
        "sigma was left at 1; the smallest total has the best sigma for each task": at(np.ones_like),
        "one sigma serves all tasks here; each has its own": at(
            lambda losses: np.full_like(losses, losses.mean() ** 0.5)
        ),
        "this is the mean over the tasks; the total is their sum": lambda losses: expected(losses) / len(losses),
        "these are the tasks one by one; the total is their sum": lambda losses: 0.5 + np.log(losses) / 2,
        "this is the best sigma of each task; return the total there": np.sqrt,
        "this is a sum of losses; put the best sigma into the total": np.sum,
        "a total may be negative; nothing stops it at 0": lambda losses: max(expected(losses), 0),
    }
    look = "set the derivative by sigma to 0, and put that sigma back into the total"
    return Trial(inputs, expected, mistakes, look)


@exercise("the slower task gets more, the weights add up to the number of tasks, and the first two epochs are equal.")
def dwa_weights() -> Trial:
    """Exercise 2: DWA's task weights for the next epoch, from the mean losses of the epochs so far."""

    def inputs(rng, case):
        epochs, tasks = [2, 4, 0, 3, 1, 7][case % 6], [3, 2, 5, 1, 4][case % 5]
        return rng.uniform(0.2, 2, size=(epochs, tasks)), float([2, 0.5, 1.3][case % 3])

    def expected(history, temperature):
        tasks = history.shape[1]
        ratios = [history[-1][k] / history[-2][k] if len(history) > 1 else 1 for k in range(tasks)]
        powers = [np.exp(ratio / temperature) for ratio in ratios]
        return [tasks * power / sum(powers) for power in powers]

    def built(
        ratio: Callable = lambda h: h[-1] / h[-2], scale: Callable = lambda r, t: r / t, total: Callable = len
    ) -> Callable:
        def weights(history, temperature):
            speeds = ratio(history) if len(history) > 1 else np.ones(history.shape[1])
            powers = np.exp(scale(speeds, temperature))
            return total(powers) * powers / powers.sum()

        return weights

    def no_start(answer: Callable) -> Callable:
        return lambda history, t: answer(history, t) if len(history) > 1 else np.zeros(history.shape[1])

    mistakes = {
        "the ratio is turned: it is the last loss divided by the one before": built(lambda h: h[-2] / h[-1]),
        "these weights add up to 1; they must add up to the number of tasks": built(total=lambda powers: 1),
        "the temperature is missing": built(scale=lambda r, t: r),
        "divide by the temperature instead of multiplying": built(scale=lambda r, t: r * t),
        "the sign is turned: the task whose loss fell least gets most": built(scale=lambda r, t: -r / t),
        "this takes the difference of two losses; DWA takes their ratio": built(lambda h: h[-1] - h[-2]),
        "this compares with the first epoch; DWA compares with the one before": built(lambda h: h[-1] / h[0]),
        "this uses the first two epochs; take the last two": built(lambda h: h[1] / h[0]),
        "this uses the last losses alone; DWA takes their ratio to those before": built(lambda h: h[-1]),
        "with fewer than two epochs, all weights are 1": no_start(built()),
        "the softmax is missing: the ratios are only scaled to add up": lambda history, t: (
            len(history[-1]) * history[-1] / history[-2] / np.sum(history[-1] / history[-2])
            if len(history) > 1
            else np.ones(history.shape[1])
        ),
    }
    look = "tasks times softmax((last loss / loss before) / temperature), and ones with fewer than two epochs"
    return Trial(inputs, expected, mistakes, look)


@exercise("a maximum when mu is small, and finite whatever mu is.")
def smooth_maximum() -> Trial:
    """Exercise 3: smooth Chebyshev's loss, also where the exponentials alone would overflow."""

    def inputs(rng, case):
        tasks = [3, 2, 1, 5][case % 4]
        losses, c = rng.uniform(0.1, 3, size=(2, tasks))
        if case % 5 == 4:
            losses[:] = losses[0]
        return losses * [1, 1, 200][case % 3], c, float([0.5, 0.02, 2.0, 0.001, 30][case % 5])

    def expected(losses, c, mu):
        parts = [weight * loss for weight, loss in zip(c, losses, strict=True)]
        worst = max(parts)
        return worst + mu * np.log(sum(np.exp((part - worst) / mu) for part in parts))

    def of(parts: Callable, over: Callable = np.sum, factor: Callable = lambda mu: mu) -> Callable:
        def smooth(losses, c, mu):
            x = parts(losses, c) / mu
            return factor(mu) * (x.max() + np.log(over(np.exp(x - x.max()))))

        return smooth

    def product(losses, c):
        return losses * c

    def bare(losses, c, mu):
        return mu * np.log(np.sum(np.exp(c * losses / mu)))

    def outside(losses, c, mu):
        x = losses / mu
        return mu * (x.max() + np.log(np.sum(c * np.exp(x - x.max()))))

    def weights(losses, c, mu):
        x = np.exp((c * losses - np.max(c * losses)) / mu)
        return x / x.sum()

    mistakes = {
        "this overflows: take the largest c L out of the exponentials, and add it back outside": bare,
        "this is the largest c L; it is not smooth yet": lambda losses, c, mu: np.max(c * losses),
        "this takes the mean of the exponentials; take their sum": of(product, np.mean),
        "the factor mu in front of the logarithm is missing": of(product, factor=lambda mu: 1),
        "the task weights are missing": of(lambda losses, c: losses),
        "the task weights stand outside of the exponentials; they multiply the losses": outside,
        "the largest c L was taken out and not added back": lambda losses, c, mu: (
            expected(losses, c, mu) - np.max(c * losses)
        ),
        "the sign is turned: this is a smooth minimum": lambda losses, c, mu: -expected(-losses, c, mu),
        "these are the weights of the gradient; return the loss": weights,
        "this is the weighted sum": lambda losses, c, mu: np.sum(c * losses),
    }
    look = "mu ln sum exp(c L / mu), with the largest c L taken out of the exponentials"
    return Trial(inputs, expected, mistakes, look)


@exercise("each rule at the rate that its choosing seeds prefer, and then seed by seed.")
def gap_at_own_best() -> Trial:
    """Exercise 4: two rules at their own best rates, and the mean and standard error of the paired difference."""

    def inputs(rng, case):
        rates, chosen_on, measured_on = [3, 5, 4][case % 3], [6, 3, 8, 5][case % 4], [7, 4, 5, 9, 6][case % 5]

        def drawn(seeds):
            curves = 0.1 * rng.permuted(np.tile(np.arange(rates), (2, 1)), axis=1)
            return curves[:, :, None] + 0.3 * rng.random(seeds) + 0.3 * rng.random((2, rates, seeds))

        return drawn(chosen_on), drawn(measured_on)

    def expected(choosing, measured):
        taken = []
        for rule in (0, 1):
            means = [np.mean(errors) for errors in choosing[rule]]
            taken.append(measured[rule][means.index(min(means))])
        gaps = [second - first for first, second in zip(*taken, strict=True)]
        mean = sum(gaps) / len(gaps)
        return [mean, np.sqrt(sum((gap - mean) ** 2 for gap in gaps) / (len(gaps) - 1) / len(gaps))]

    def best(errors: np.ndarray) -> np.ndarray:
        return errors.mean(axis=-1).argmin(axis=-1)

    def at(rates: Callable, error: Callable = lambda one, two: np.std(two - one, ddof=1) / np.sqrt(len(one))):
        def gap(choosing, measured):
            one, two = measured[[0, 1], rates(choosing, measured)]
            return np.mean(two - one), error(one, two)

        return gap

    def own(choosing, measured):
        return best(choosing)

    def each_seed(choosing, measured):
        gaps = np.diff(measured.min(axis=1), axis=0)[0]
        return gaps.mean(), gaps.std(ddof=1) / np.sqrt(len(gaps))

    mistakes = {
        "the rates were chosen on the seeds that measure": at(lambda choosing, measured: best(measured)),
        "both rules got the best rate of the first; each takes its own": at(lambda c, m: best(c[[0, 0]])),
        "both rules got the best rate of the second; each takes its own": at(lambda c, m: best(c[[1, 1]])),
        "both rules got the rate that is best on their mean; each takes its own": at(
            lambda c, m: best(np.tile(c.mean(axis=0), (2, 1, 1)))
        ),
        "the rate with the *largest* error was taken": at(lambda c, m: best(-c)),
        "each seed took its own best rate; a rule has one rate, chosen on other seeds": each_seed,
        "this is the gap on the choosing seeds, which flatters both; report the measured ones": lambda c, m: expected(
            c, c
        ),
        "the sign is turned: second rule minus first": lambda c, m: np.multiply(expected(c, m), [-1, 1]),
        "the errors of a seed belong together: take the differences first, and then their standard error": at(
            own, lambda one, two: np.hypot(np.std(one, ddof=1), np.std(two, ddof=1)) / np.sqrt(len(one))
        ),
        "this is the standard deviation; divide it by the root of the number of seeds": at(
            own, lambda one, two: np.std(two - one, ddof=1)
        ),
        "one seed is spent on the mean: ddof=1": at(own, lambda one, two: np.std(two - one) / np.sqrt(len(one))),
    }
    look = "argmin of the mean over the choosing seeds for each rule, then the paired differences on the measured ones"
    return Trial(inputs, expected, mistakes, look)
