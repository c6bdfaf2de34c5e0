"""One traced training loop: the whole run is a single TensorFlow graph, so a step costs microseconds."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from mtl_helpers.data import finite_number, whole_number

Weights = dict[str, np.ndarray]


class Optimiser(NamedTuple):
    """How one weight moves: `start(w)` gives its memory, `step(g, memory, k, rate)` (move, memory)."""

    start: Callable
    step: Callable


def _adam_step(gradient, memory, k, rate):
    mean, square = memory
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient * gradient
    correction = tf.sqrt(1 - 0.999**k) / (1 - 0.9**k)
    return -rate * correction * mean / (tf.sqrt(square) + 1e-7), (mean, square)


# Kingma and Ba (2015), with the constants and the place of epsilon that Keras has.
adam = Optimiser(lambda w: (tf.zeros_like(w), tf.zeros_like(w)), _adam_step)

gradient_descent = Optimiser(lambda w: (), lambda gradient, memory, k, rate: (-rate * gradient, ()))


class Run(NamedTuple):
    """What a training run leaves: the weights, and the loss on the way.

    weights : name to array, shaped as at the start.
    steps : (records,), the numbers of steps after which the loss was recorded, from 0.
    losses : (records,), with a replica axis (records, replicas).
    """

    weights: Weights
    steps: np.ndarray
    losses: np.ndarray


def squared_error(prediction: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Mean over rows of the squared error, summed over a row's outputs.

    Parameters
    ----------
    prediction, target : (rows, outputs), or (replicas, rows, outputs).

    Returns
    -------
    Scalar; with a replica axis (replicas,).

    Raises
    ------
    ValueError : when rows or outputs differ. TensorFlow would stretch (rows, 1) against (rows,)
        to a square table and train on that without a word.

    Lesson 02 shows why the mean is over rows.
    """
    prediction, target = tf.convert_to_tensor(prediction), tf.convert_to_tensor(target)
    if len(prediction.shape) < 2 or prediction.shape[-2:] != target.shape[-2:]:
        raise ValueError(
            f"prediction and target must agree in rows and outputs, got shapes {tuple(prediction.shape)} and {tuple(target.shape)}."
        )
    return tf.reduce_mean(tf.reduce_sum(tf.square(prediction - target), axis=-1), axis=-1)


def training_loop(loss: Callable[..., tf.Tensor], optimiser: Optimiser = adam, xla: bool = True) -> Callable[..., Run]:
    """Turn a loss into a function that trains it, with the loop inside the graph.

    Parameters
    ----------
    loss : `loss(weights, *data)` gives a scalar, or one loss a replica, shape (replicas,). Replicas
        never mix: the loop follows the gradient of their sum.
    optimiser : `adam` or `gradient_descent`.
    xla : compile the loop. The first compilation takes a few tenths of a second, after which a
        step is several times faster; leave it off for short runs.

    Returns
    -------
    `train(weights, data=(), *, steps, rate, records=1) -> Run`. `weights` is a dictionary of
    float64 arrays, `data` a sequence of arrays handed to the loss, `records` how many times
    beside the start the loss is recorded, at equal distances. Calls with the same shapes share
    one trace, whatever the steps and the rate. A weight that the loss does not depend on stays
    as it is, bit for bit.

    Raises
    ------
    TypeError, ValueError : by `train`, before anything is traced, for steps below 1, a negative rate,
        weights or data that are not finite float64 arrays, or steps that do not
        divide into the records.

    Lesson 01 builds the loop.
    """

    @tf.function(jit_compile=xla, autograph=False)
    def advance(weights, memory, k, until, rate, data):
        def body(k, weights, memory):
            with tf.GradientTape() as tape:
                tape.watch(weights)
                value = tf.reduce_sum(loss(weights, *data))
            gradients = tape.gradient(value, weights)
            new_weights, new_memory = dict(weights), dict(memory)
            for name, gradient in gradients.items():
                if gradient is not None:
                    move, new_memory[name] = optimiser.step(gradient, memory[name], k + 1, rate)
                    new_weights[name] = weights[name] + move
            return k + 1, new_weights, new_memory

        return tf.while_loop(lambda k, *_: k < until, body, (k, weights, memory))

    @tf.function(jit_compile=xla, autograph=False)
    def evaluate(weights, data):
        return loss(weights, *data)

    def train(
        weights: Mapping[str, np.ndarray], data: Sequence[np.ndarray] = (), *, steps: int, rate: float, records: int = 1
    ) -> Run:
        steps, records = whole_number("steps", steps, 1), whole_number("records", records, 1)
        if steps % records:
            raise ValueError(f"steps must be a multiple of records, got {steps} and {records}.")
        rate = finite_number("rate", rate, 0)
        weights = {name: _float64(f"weight {name!r}", w) for name, w in weights.items()}
        data = tuple(_float64(f"data array {k}", array) for k, array in enumerate(data))
        if not weights:
            raise ValueError("weights must hold at least one array, got an empty dictionary.")
        memory = {name: optimiser.start(w) for name, w in weights.items()}
        k, at = tf.constant(0.0, tf.float64), np.linspace(0, steps, records + 1)
        losses = [evaluate(weights, data)]
        for until in at[1:]:
            k, weights, memory = advance(weights, memory, k, tf.constant(until), tf.constant(rate, tf.float64), data)
            losses.append(evaluate(weights, data))
        return Run({name: w.numpy() for name, w in weights.items()}, at.astype(int), np.array(losses))

    return train


def _float64(name: str, array: object) -> tf.Tensor:
    array = np.asarray(array)
    if array.dtype != np.float64:
        raise TypeError(f"The {name} must be a float64 array, got {array.dtype}.")
    if not np.isfinite(array).all():
        raise ValueError(f"The {name} must hold finite numbers, got NaN or infinity.")
    return tf.constant(array)
