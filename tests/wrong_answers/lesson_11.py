"""Answers to lesson 11 that no check knows. A dictionary is the solution, with arguments or its result changed."""

import keras
import numpy as np
import tensorflow as tf


def best_epochs(losses):
    """The epoch of each task's lowest loss up to each epoch, (epochs, tasks)."""
    least = np.minimum.accumulate(losses, axis=0)
    new = np.vstack([np.ones((1, losses.shape[1]), bool), least[1:] < least[:-1]])
    return np.maximum.accumulate(np.where(new, np.arange(len(losses))[:, None], 0), axis=0)


def ends(which, more=0):
    def run(losses, patience):
        quiet = np.arange(len(losses)) - which(best_epochs(losses), axis=1)
        return int(np.append(np.flatnonzero(quiet >= patience + more) + 1, len(losses))[0])

    return run


def powers(means, turns, momentum, from_end=1):
    ages = np.arange(len(turns))[::-1] + (1 - from_end)
    return np.sum((1 - momentum) * momentum**ages * means[np.array(turns)])


def by_keras(targets, outputs, masks, logits=True, reduction="mean_with_sample_weight"):
    digit = keras.losses.SparseCategoricalCrossentropy(from_logits=logits, reduction=reduction)
    losses = {"angle": keras.losses.MeanSquaredError(reduction=reduction), "digit": digit}
    return [losses[task](targets[task], outputs[task], masks[task]) for task in losses]


WRONG = {
    "times_seen": [
        {"sizes": lambda sizes: sizes[::-1]},
        {"temperature": lambda temperature: temperature + 1},
        {"result": lambda result: np.ceil(result)},
        ({"result": lambda result: np.round(result, 5)}, "look for rounding"),
        ({"result": np.sum}, "has shape"),
    ],
    "epochs_run": [
        ends(np.median),
        ends(np.max, more=-1),
        {"val_losses": lambda losses: -losses},
        {"val_losses": lambda losses: losses[:, :2]},
    ],
    "stored_mean": [
        lambda means, turns, momentum: powers(means, turns, momentum, from_end=0),
        {"turns": lambda turns: sorted(turns)},
        {"means": lambda means: means**2},
        {"momentum": lambda momentum: momentum**2},
    ],
    "bag_losses": [
        lambda targets, outputs, masks: by_keras(targets, outputs, masks, logits=False),
        (lambda *given: by_keras(*given, reduction="sum_over_batch_size"), "default divides by all rows"),
        {"result": np.sqrt},
    ],
}
RIGHT = {
    "times_seen": [
        lambda n, T, steps, batch: steps * batch * n ** (1 / T - 1) / np.sum(n ** (1 / T)),
        lambda n, T, steps, batch: tf.nn.softmax(np.log(n) / T) * steps * batch / n,
    ],
    "epochs_run": [ends(np.max), lambda losses, patience: np.array([ends(np.max)(losses, patience)])],
    "stored_mean": [powers, lambda means, turns, momentum: tf.constant(powers(means, turns, momentum))],
    "bag_losses": [by_keras, lambda *given: tf.stack(by_keras(*given))],
}
