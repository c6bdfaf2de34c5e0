"""Shared normalisation of two tasks in turns: `python tests/tools/study_normalisation.py` writes lesson 11's table.

By hand; pytest does not collect it. `11a_normalisation.csv` stands beside room 11a and is written anew as a whole, in
about six minutes of processor time. A row is one network: the errors of both tasks on new rows, in shares of a
constant's, with the statistics that are named. Room 11a recomputes two rows, equal in every stored digit.

A seed draws the data, the start and the order of the rows. All networks of one way are trained in one compiled model,
which is put back to the next seed's start: compiling takes longer than training.
"""

import csv
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import mtl_helpers as mtl  # noqa: F401  first: it keeps TensorFlow quiet

import keras
import numpy as np
import tensorflow as tf

TABLE = Path(__file__).parents[2] / "notebooks" / "deeper" / "11a_normalisation.csv"
SEEDS, ROWS, BATCH, STEPS, TASKS = range(20), 512, 64, 400, ("one", "two")


class InTurns(keras.Model):
    """As in lesson 11: a batch is ((task number, inputs), labels) and trains that task's own path through the model."""

    def turn(self, task: str, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        path = keras.Model(self.input, self.output[task])
        with tf.GradientTape() as tape:
            loss = self.loss[task](y, path(x, training=True))
            total = loss + sum(path.losses)
        weights = path.trainable_variables
        self.optimizer.apply(tape.gradient(total, weights), weights)
        return loss

    def train_step(self, data: tuple) -> dict[str, tf.Tensor]:
        (number, x), y = data
        return {"last_loss": tf.switch_case(number, [partial(self.turn, task, x, y) for task in self.output_names])}


class WholeModel(InTurns):
    """The same with the whole model called: the other task's layers see the batch as well."""

    def turn(self, task: str, x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = self.loss[task](y, self(x, training=True)[task])
        pairs = zip(tape.gradient(loss, self.trainable_variables), self.trainable_variables, strict=True)
        self.optimizer.apply_gradients([(gradient, weight) for gradient, weight in pairs if gradient is not None])
        return loss


def two_sets(shift: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (2, rows, 8) and targets (2, rows, 1); the second task's inputs are shifted, its targets are not."""
    rng = np.random.default_rng(seed)
    X, w = rng.normal(size=(2, 2 * ROWS, 8)), rng.normal(size=(2, 8, 1)) / np.sqrt(8)
    Y = np.tanh(2 * X @ w)
    X[1] += shift
    return X, Y


def network(norm: str, seed: int, kind: type = InTurns, momentum: float = 0.9) -> keras.Model:
    keras.utils.set_random_seed(seed)
    x = keras.Input((8,))
    hidden = keras.layers.Dense(32, name="trunk")(x)
    make = {
        "none": keras.layers.Identity,
        "layer": keras.layers.LayerNormalization,
        "batch": partial(keras.layers.BatchNormalization, momentum=momentum),
    }
    norms = [make["batch"](), make["batch"]()] if norm == "own" else [make[norm]()] * 2
    out = {}
    for task, layer in zip(TASKS, norms, strict=True):
        out[task] = keras.layers.Dense(1, name=task)(keras.layers.ReLU()(layer(hidden)))
    model = kind(x, out)
    losses = {task: keras.losses.MeanSquaredError(reduction="mean_with_sample_weight") for task in TASKS}
    model.compile(keras.optimizers.Adam(0.01), loss=losses)
    model.optimizer.build(model.trainable_variables)
    return model


def rows_of(k: int, X: np.ndarray, Y: np.ndarray, seed: int) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices((X[k, :ROWS], Y[k, :ROWS])).shuffle(ROWS, seed=seed).repeat()


def in_turns(X: np.ndarray, Y: np.ndarray, seed: int) -> tf.data.Dataset:
    def numbered(k: int) -> tf.data.Dataset:
        return rows_of(k, X, Y, seed).batch(BATCH).map(lambda x, y: ((k, x), y))

    return tf.data.Dataset.choose_from_datasets([numbered(0), numbered(1)], tf.data.Dataset.range(2).repeat())


def mixed(X: np.ndarray, Y: np.ndarray, seed: int) -> tf.data.Dataset:
    """Half of each batch is of the first task. Zero weights mask the other task's labels."""

    def merged(one: tuple, two: tuple) -> tuple:
        x, y = tf.concat([one[0], two[0]], axis=0), tf.concat([one[1], two[1]], axis=0)
        first = tf.repeat(tf.constant([1.0, 0.0], y.dtype), BATCH // 2)
        return x, {"one": y, "two": y}, {"one": first, "two": 1 - first}

    return tf.data.Dataset.zip(*[rows_of(k, X, Y, seed).batch(BATCH // 2) for k in (0, 1)]).map(merged)


def errors(model: keras.Model, X: np.ndarray, Y: np.ndarray, training: bool = False) -> list[float]:
    new = slice(ROWS, None)
    outs = [model(X[k, new], training=training)[task] for k, task in enumerate(TASKS)]
    return [float(np.mean((out - y) ** 2) / y.var()) for out, y in zip(outs, Y[:, new], strict=True)]


OWN = {"own rows": (True, True), "own means": (True, False), "own variances": (False, True)}


def with_own_statistics(model: keras.Model, X: np.ndarray, Y: np.ndarray, mean: bool, variance: bool) -> list[float]:
    """Errors after the shared layer was given the mean, the variance or both of the task's own training rows."""
    (norm,) = (layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization))
    kept, found = norm.get_weights(), []
    for k in (0, 1):
        hidden = model.get_layer("trunk")(X[k, :ROWS]).numpy()
        own_mean, own_variance = hidden.mean(axis=0), hidden.var(axis=0)
        norm.set_weights([*kept[:2], own_mean if mean else kept[2], own_variance if variance else kept[3]])
        found.append(errors(model, X, Y)[k])
    norm.set_weights(kept)
    return found


# Name, normalisation, model, feed, momentum, shifts. "slow" has the momentum of Keras, "whole" calls the whole model.
WAYS = [
    ("shared", "batch", InTurns, in_turns, 0.9, (2.0, 1.0, 0.5, 0.0)),
    ("shared slow", "batch", InTurns, in_turns, 0.99, (2.0,)),
    ("shared mixed", "batch", keras.Model, mixed, 0.9, (2.0,)),
    ("own", "own", InTurns, in_turns, 0.9, (2.0,)),
    ("own whole", "own", WholeModel, in_turns, 0.9, (2.0,)),
    ("layer", "layer", InTurns, in_turns, 0.9, (2.0,)),
    ("none", "none", InTurns, in_turns, 0.9, (2.0,)),
]


def measured() -> Iterator[tuple]:
    for way, norm, kind, feed, momentum, shifts in WAYS:
        model = network(norm, 0, kind, momentum)
        fresh = [variable.numpy() for variable in model.optimizer.variables]
        for shift in shifts:
            for seed in SEEDS:
                model.set_weights(network(norm, seed, momentum=momentum).get_weights())
                for variable, value in zip(model.optimizer.variables, fresh, strict=True):
                    variable.assign(value)
                X, Y = two_sets(shift, seed)
                model.fit(feed(X, Y, seed), steps_per_epoch=STEPS, shuffle=False, verbose=0)
                yield way, shift, seed, "stored", *errors(model, X, Y)
                if norm in ("batch", "own"):
                    yield way, shift, seed, "batch", *errors(model, X, Y, training=True)
                if way == "shared":
                    for name, own in OWN.items():
                        yield way, shift, seed, name, *with_own_statistics(model, X, Y, *own)


def main() -> None:
    with TABLE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["way", "shift", "seed", "statistics", *TASKS])
        for *names, one, two in measured():
            writer.writerow([*names, f"{one:.4f}", f"{two:.4f}"])
            file.flush()


if __name__ == "__main__":
    main()
