"""One traced training loop: the whole run is a single TensorFlow graph, so a step costs microseconds."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from mtl_helpers.arguments import check_one_type, finite_array, finite_number, replicas_agree, whole_number
from mtl_helpers.networks import as_tensor

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


class Adam(Optimiser):
    """Adam: -rate times the running mean of a weight's gradients, divided by the root of the mean of their squares.

    `start` gives zeros for both means, and `step` counts k from 1. Constants and place of epsilon are those of Keras.

    Source: Kingma and Ba (2015), "Adam: a method for stochastic optimization". Lesson 03 explains the rule, and
    lesson 04 writes it in NumPy.
    """


class GradientDescent(Optimiser):
    """Plain gradient descent: -rate times the gradient, with an empty memory.

    Lesson 01 writes it with its loop.
    """


adam = Adam(lambda w: (tf.zeros_like(w), tf.zeros_like(w)), _adam_step)

gradient_descent = GradientDescent(lambda w: (), lambda gradient, memory, k, rate: (-rate * gradient, ()))


class Run(NamedTuple):
    """What a training run leaves: the weights, and weights and loss on the way.

    weights : name to array, shaped as at the start.
    steps : (records + 1,), the numbers of steps after which the loss was recorded, from 0.
    losses : (records + 1,), with a replica axis (records + 1, replicas).
    path : records + 1 dictionaries, the weights after each of these numbers of steps; stopping early is choosing
        from it.
    """

    weights: Arrays
    steps: np.ndarray
    losses: np.ndarray
    path: list[Arrays]


def squared_error(prediction: tf.Tensor, target: tf.Tensor) -> tf.Tensor:
    """Mean over rows of the squared error, summed over a row's outputs.

    Parameters
    ----------
    prediction, target : floats (rows, outputs), or (replicas, rows, outputs).

    Returns
    -------
    Scalar; with a replica axis (replicas,). It is NaN where a number is, so that a run that diverges shows it.

    Raises
    ------
    TypeError, ValueError : for what is not floats, no rows, and when types, rows, outputs or replicas differ.
        TensorFlow would stretch (rows, 1) against (rows,) to a square table and train on that without a word.

    Lesson 02 shows why the mean is over rows.
    """
    prediction, target = as_tensor("prediction", prediction), as_tensor("target", target)
    check_one_type("prediction and target", prediction, target)
    one, other = tuple(prediction.shape), tuple(target.shape)
    if min(len(one), len(other)) < 2 or one[-2:] != other[-2:] or 0 in one or not replicas_agree(one, other):
        raise ValueError(f"prediction and target must agree in rows and outputs, and have some, got {one} and {other}.")
    return tf.reduce_mean(tf.reduce_sum(tf.square(prediction - target), axis=-1), axis=-1)


def training_loop(loss: Callable[..., tf.Tensor], optimiser: Optimiser = adam, xla: bool = True) -> Callable[..., Run]:
    """Turn a loss into a function that trains it, with the loop inside the graph.

    Parameters
    ----------
    loss : `loss(weights, *data, *each_step)` gives a scalar, or one loss for each replica, shape (replicas,).
        Replicas never mix: the loop follows the gradient of their sum.
    optimiser : `adam` or `gradient_descent`.
    xla : compile the loop. The first compilation takes a few tenths of a second, after which a
        step is several times faster; leave it off for short runs.

    Returns
    -------
    `train(weights, data=(), *, steps, rate, records=1, each_step=()) -> Run`. `weights` is a dictionary of
    float64 arrays, `data` a sequence of arrays handed to the loss. `rate` is one number, or one for each step.
    `each_step` holds arrays with a leading axis of steps: step k hands their row k to the loss, such as a batch,
    row numbers (whole numbers) or task weights. `records` is how many times beside the start loss and weights are
    recorded, at equal distances; the loss on what the last step was given. Calls with the same shapes share
    one trace, whatever the steps and the rate are as numbers. A weight that the loss does not depend on stays
    as it is, bit for bit.

    Raises
    ------
    TypeError, ValueError : for a loss that cannot be called or another optimiser. By `train`, for
        steps below 1, steps that do not divide into the records, negative rates, rates or arrays for each step
        that are not as many as the steps, and weights or data that are not finite float64 arrays or are masked;
        and while the loop is traced, for a loss that is no tensor, or neither one number nor one for each replica.

    Lesson 01 builds the loop.
    """
    if not callable(loss):
        raise TypeError(f"loss must be a function of the weights and the data, got {type(loss).__name__}.")
    run = _traced([loss], _checked_optimiser(optimiser), 1, xla)

    def train(
        weights: Mapping[str, np.ndarray],
        data: Sequence[np.ndarray] = (),
        *,
        steps: int,
        rate: float | np.ndarray,
        records: int = 1,
        each_step: Sequence[np.ndarray] = (),
    ) -> Run:
        found = run(weights, data, whole_number("steps", steps, 1), rate, records, each_step)
        return found._replace(losses=found.losses[:, 0])

    return train


def turns_loop(
    losses: Sequence[Callable[..., tf.Tensor]], optimiser: Optimiser = adam, memories: str = "one", xla: bool = True
) -> Callable[..., Run]:
    """Turn the losses of several tasks into a function that trains them in turns, one task at each step.

    A step moves the weights that its task's loss reaches. All others keep every bit, and so does what the
    optimiser remembers of them: their gradient is None, and None is skipped.

    Parameters
    ----------
    losses : one function for each task, as in `training_loop`.
    optimiser : `adam` or `gradient_descent`.
    memories : "one" is a single optimiser, built on all weights: each weight has one memory, and all steps count.
        "each" gives every task an optimiser of its own, so a weight that several tasks reach has several memories,
        and a task's optimiser counts its own turns.
    xla : as in `training_loop`.

    Returns
    -------
    `train(weights, data=(), *, turns, rate, records=1, each_step=()) -> Run`. `turns` holds the number of the task,
    from 1, that takes each step: shape (steps,), or (steps, replicas) where replicas differ in whose turn it is.
    The rest is as in `training_loop`; `Run.losses` has a task axis, (records + 1, tasks) or
    (records + 1, tasks, replicas).

    Raises
    ------
    TypeError, ValueError : as for `training_loop`; for losses that are no filled list of functions, other memories,
        and by `train` for turns that name no task or not as many replicas as the weights have.

    Godwin (2016) takes turns with memories "each". Lesson 03 writes the loop in Python, and its room 03b compares both.
    """
    if not isinstance(losses, Sequence) or not losses or not all(map(callable, losses)):
        raise TypeError(f"losses must be a list of functions, one for each task, got {losses!s:.60}.")
    if memories not in ("one", "each"):
        raise ValueError(f'memories must be "one" or "each", got {memories!r}.')
    run = _traced(list(losses), _checked_optimiser(optimiser), len(losses) if memories == "each" else 1, xla)

    def train(
        weights: Mapping[str, np.ndarray],
        data: Sequence[np.ndarray] = (),
        *,
        turns: np.ndarray,
        rate: float | np.ndarray,
        records: int = 1,
        each_step: Sequence[np.ndarray] = (),
    ) -> Run:
        turns = finite_array("turns", turns)
        if turns.dtype.kind not in "iu" or turns.ndim not in (1, 2) or not turns.size:
            raise TypeError(
                f"turns must be whole numbers, (steps,) or (steps, replicas), got {turns.dtype} {turns.shape}."
            )
        if turns.min() < 1 or turns.max() > len(losses):
            raise ValueError(f"turns must name tasks 1 to {len(losses)}, got {turns.min()} to {turns.max()}.")
        shapes = {name: np.shape(w) for name, w in _filled_mapping(weights).items()}
        if turns.ndim == 2 and any(shape[:1] != turns.shape[1:] for shape in shapes.values()):
            raise ValueError(f"turns of shape {turns.shape} need weights with as many replicas, got {shapes}.")
        return run(weights, data, len(turns), rate, records, each_step, turns)

    return train


def _checked_optimiser(optimiser: object) -> Optimiser:
    if not isinstance(optimiser, Optimiser):
        raise TypeError(f"optimiser must be adam or gradient_descent of this package, got {optimiser!r}.")
    return optimiser


def _traced(losses: list[Callable], optimiser: Optimiser, memories: int, xla: bool) -> Callable[..., Run]:
    """The loop of `training_loop` and `turns_loop`: without turns, the only loss takes every step."""

    def checked_loss(loss, weights, given):
        value = loss(weights, *given)
        if not tf.is_tensor(value):  # of a list, TensorFlow would make a tensor: a loss for each replica
            kind = type(value).__name__
            raise TypeError(f"loss must return a tensor, one number or one for each replica; it gave {kind}.")
        value = tf.convert_to_tensor(value)
        replicas = {w.shape[:1] for w in weights.values()}
        if value.shape.rank and replicas != {value.shape}:
            raise ValueError(f"loss must give one number, or one for each replica; it gave shape {tuple(value.shape)}.")
        return value

    @tf.function(jit_compile=xla, autograph=False)
    def advance(k, weights, memory, until, rate, data, each_step, turns):
        def given(k):
            return *data, *(tf.gather(array, tf.cast(k, tf.int32)) for array in each_step)

        def task_step(task, k, weights, memory):
            """Weights and this task's memory after its step, as if it were its turn everywhere."""
            now = tf.cast(k, tf.int32)
            rate_now = rate[now] if rate.shape.rank else rate
            with tf.GradientTape() as tape:
                tape.watch(weights)
                value = tf.reduce_sum(checked_loss(losses[task], weights, given(k)))
            new_weights, new_memory = dict(weights), dict(memory)
            for name, gradient in tape.gradient(value, weights).items():
                if gradient is not None:  # None: out of the loss's reach, so it stays
                    dense = tf.convert_to_tensor(gradient)  # that of `tf.gather` comes as slices
                    number = _against(turns[1][task, now], dense) if memories > 1 else k + 1
                    move, new_memory[name] = optimiser.step(dense, memory[name], number, rate_now)
                    new_weights[name] = weights[name] + move
            return new_weights, new_memory

        def step(k, weights, memory):
            memory = list(memory)
            for task in range(len(losses)):
                slot = task % memories
                old, new = (weights, memory[slot]), task_step(task, k, weights, memory[slot])
                if turns:  # every task computes its step; it is kept where it is this task's turn
                    new = _where(turns[0][tf.cast(k, tf.int32)] == task + 1, new, old)
                weights, memory[slot] = new
            return k + 1, weights, memory

        k, weights, memory = tf.while_loop(lambda k, *_: k < until, step, (k, weights, memory))
        last = given(tf.maximum(k - 1, 0))
        return k, weights, memory, tf.stack([checked_loss(loss, weights, last) for loss in losses])

    def run(weights, data, steps, rate, records, each_step, turns=None):
        records = whole_number("records", records, 1)
        if steps % records:
            raise ValueError(f"steps must be a multiple of records, got {steps} and {records}.")
        rate = _rates(rate, steps)
        weights = {name: _float64(f"weight {name!r}", w) for name, w in _filled_mapping(weights).items()}
        for name, arrays in {"data": data, "each_step": each_step}.items():
            if not isinstance(arrays, Sequence):
                raise TypeError(f"{name} must be a list of arrays, got {type(arrays).__name__}.")
        data = tuple(_float64(f"data array {number}", array) for number, array in enumerate(data))
        each_step = tuple(_each_step(number, array, steps) for number, array in enumerate(each_step))
        taken = () if turns is None else (tf.constant(turns, tf.int32), _own_counts(turns, len(losses)))
        memory = [{name: optimiser.start(w) for name, w in weights.items()} for _ in range(memories)]
        k, recorded_at, values, path = tf.constant(0.0, tf.float64), np.arange(records + 1) * (steps // records), [], []
        for until in recorded_at:
            inputs = k, weights, memory, tf.constant(until, tf.float64), rate, data, each_step, taken
            # Fetching the trace first, TensorFlow does not warn of retracing when several shapes are trained.
            k, weights, memory, value = advance.get_concrete_function(*inputs)(*inputs)
            values.append(value)
            path.append({name: w.numpy() for name, w in weights.items()})
        return Run(path[-1], recorded_at, np.array(values), path)

    return run


def _against(values: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """One value, or one for each replica, shaped to meet a weight or a part of an optimiser's memory of it."""
    return tf.reshape(values, values.shape + [1] * (weight.shape.rank - values.shape.rank))


def _where(chosen: tf.Tensor, new: object, old: object) -> object:
    """Weights and memory, new in the chosen replicas and old in the others, bit for bit."""
    return tf.nest.map_structure(lambda a, b: tf.where(_against(chosen, a), a, b), new, old)


def _own_counts(turns: np.ndarray, tasks: int) -> tf.Tensor:
    """How many turns each task has had, the present one included: (tasks, steps) or (tasks, steps, replicas)."""
    counts = np.stack([np.cumsum(turns == task + 1, axis=0) for task in range(tasks)])
    return tf.constant(np.maximum(counts, 1), tf.float64)  # before its first turn a task's step is not kept


def _rates(rate: object, steps: int) -> tf.Tensor:
    if np.ndim(rate) == 0:
        return tf.constant(finite_number("rate", rate, 0), tf.float64)
    rates = finite_array("rate", rate)
    if rates.shape != (steps,) or rates.min() < 0:
        raise ValueError(f"rate must be one number, or {steps} of at least 0, one for each step, got {rates.shape}.")
    return tf.constant(rates, tf.float64)


def _each_step(number: int, array: object, steps: int) -> tf.Tensor:
    name = f"each_step array {number}"
    array = finite_array(name, array)
    if array.shape[:1] != (steps,):
        raise ValueError(f"{name} must have one row for each of {steps} steps, got shape {array.shape}.")
    return tf.constant(array) if array.dtype.kind in "iu" else _float64(name, array)


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
