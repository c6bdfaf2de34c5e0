"""One traced training loop: the whole run is a single TensorFlow graph, so a step costs microseconds."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from mtl_helpers.arguments import (
    check_one_type,
    finite_array,
    finite_number,
    replicas_agree,
    unmasked,
    whole_number,
)

Arrays = dict[str, np.ndarray]


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


# Kingma and Ba (2015), with the constants and the place of epsilon that Keras has. Lesson 04 writes it by hand.
adam = Optimiser(lambda w: (tf.zeros_like(w), tf.zeros_like(w)), _adam_step)

gradient_descent = Optimiser(lambda w: (), lambda gradient, memory, k, rate: (-rate * gradient, ()))


class Run(NamedTuple):
    """What a training run leaves: the weights, and weights and loss on the way.

    weights : name to array, shaped as at the start.
    steps : (records,), the numbers of steps after which the loss was recorded, from 0.
    losses : (records,), with a replica axis (records, replicas).
    path : the weights after each of these numbers of steps; stopping early is choosing from it.
    """

    weights: Arrays
    steps: np.ndarray
    losses: np.ndarray
    path: list[Arrays]


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
    TypeError, ValueError : when types, rows, outputs or replicas differ. TensorFlow would stretch
        (rows, 1) against (rows,) to a square table and train on that without a word.

    Lesson 02 shows why the mean is over rows.
    """
    prediction = tf.convert_to_tensor(unmasked("prediction", prediction))
    target = tf.convert_to_tensor(unmasked("target", target))
    check_one_type("prediction and target", prediction, target)
    one, other = tuple(prediction.shape), tuple(target.shape)
    if min(len(one), len(other)) < 2 or one[-2:] != other[-2:] or not replicas_agree(one, other):
        raise ValueError(f"prediction and target must agree in rows and outputs, got shapes {one} and {other}.")
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
    beside the start loss and weights are recorded, at equal distances. Calls with the same shapes share
    one trace, whatever the steps and the rate. A weight that the loss does not depend on stays
    as it is, bit for bit.

    Raises
    ------
    TypeError, ValueError : for a loss that cannot be called or another optimiser. By `train`, for
        steps below 1, steps that do not divide into the records, a negative rate, and weights or
        data that are not finite float64 arrays or are masked; and while the loop is traced, for a
        loss that is no tensor, or neither one number nor one a replica.

    Lesson 01 builds the loop.
    """
    if not callable(loss):
        raise TypeError(f"loss must be a function of the weights and the data, got {type(loss).__name__}.")
    if not isinstance(optimiser, Optimiser):
        raise TypeError(f"optimiser must be adam or gradient_descent of this package, got {optimiser!r}.")

    def checked_loss(weights, data):
        value = loss(weights, *data)
        if not tf.is_tensor(value):  # of a list, TensorFlow would make a tensor: a loss for each replica
            raise TypeError(f"loss must return a tensor, one number or one a replica; it gave {type(value).__name__}.")
        value = tf.convert_to_tensor(value)
        replicas = {w.shape[:1] for w in weights.values()}
        if value.shape.rank and replicas != {value.shape}:
            raise ValueError(f"loss must give one number, or one a replica; it gave shape {tuple(value.shape)}.")
        return value

    @tf.function(jit_compile=xla, autograph=False)
    def advance(k, weights, memory, until, rate, data):
        def step(k, weights, memory):
            with tf.GradientTape() as tape:
                tape.watch(weights)
                value = tf.reduce_sum(checked_loss(weights, data))
            new_weights, new_memory = dict(weights), dict(memory)
            for name, gradient in tape.gradient(value, weights).items():
                if gradient is not None:  # None: out of the loss's reach, so it stays
                    dense = tf.convert_to_tensor(gradient)  # that of `tf.gather` comes as slices
                    move, new_memory[name] = optimiser.step(dense, memory[name], k + 1, rate)
                    new_weights[name] = weights[name] + move
            return k + 1, new_weights, new_memory

        k, weights, memory = tf.while_loop(lambda k, *_: k < until, step, (k, weights, memory))
        return k, weights, memory, checked_loss(weights, data)

    def train(
        weights: Mapping[str, np.ndarray], data: Sequence[np.ndarray] = (), *, steps: int, rate: float, records: int = 1
    ) -> Run:
        steps, records = whole_number("steps", steps, 1), whole_number("records", records, 1)
        if steps % records:
            raise ValueError(f"steps must be a multiple of records, got {steps} and {records}.")
        rate = tf.constant(finite_number("rate", rate, 0), tf.float64)
        weights = {name: _float64(f"weight {name!r}", w) for name, w in _filled_mapping(weights).items()}
        if not isinstance(data, Sequence):
            raise TypeError(f"data must be a list of arrays, got {type(data).__name__}.")
        data = tuple(_float64(f"data array {number}", array) for number, array in enumerate(data))
        memory = {name: optimiser.start(w) for name, w in weights.items()}
        k, recorded_at, losses, path = tf.constant(0.0, tf.float64), np.arange(records + 1) * (steps // records), [], []
        for until in recorded_at:
            inputs = k, weights, memory, tf.constant(until, tf.float64), rate, data
            # Fetching the trace first, TensorFlow does not warn of retracing when several shapes are trained.
            k, weights, memory, value = advance.get_concrete_function(*inputs)(*inputs)
            losses.append(value)
            path.append({name: w.numpy() for name, w in weights.items()})
        return Run(path[-1], recorded_at, np.array(losses), path)

    return train


def _filled_mapping(weights: object) -> Mapping:
    if not isinstance(weights, Mapping):
        raise TypeError(f"weights must be a dictionary of arrays, got {type(weights).__name__}.")
    if not weights:
        raise ValueError("weights must hold at least one array, got an empty dictionary.")
    return weights


def _float64(name: str, array: object) -> tf.Tensor:
    array = finite_array(name, array)
    if array.dtype != np.float64:
        raise TypeError(f"{name} must be a float64 array, got {array.dtype}.")
    return tf.constant(array)
