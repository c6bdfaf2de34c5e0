"""The networks of the course, as plain functions of a dictionary of weights.

Every weight may carry a leading replica axis: `x @ W` with W of shape (replicas, in, out) runs all
replicas at once, and no code changes. Operations carry names, so that a drawn graph can be read.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from mtl_helpers.data import whole_number

Weights = Mapping[str, tf.Tensor]


def random_start(shapes: Mapping[str, tuple[int, int]], seeds: int | Sequence[int]) -> dict[str, np.ndarray]:
    """Starting weights, drawn uniformly from +/- sqrt(6 / (in + out)); biases start at zero.

    Parameters
    ----------
    shapes : name to (in, out). A shape (1, out) is a bias.
    seeds : one seed, or one for each replica. Replica k is the same as the single network of seeds[k].

    Returns
    -------
    Name to array of shape (in, out), with a list of seeds (replicas, in, out).

    Raises
    ------
    TypeError, ValueError : for a seed that is not a whole number, or a shape that is not (in, out).

    Source: Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward
    neural networks". Lesson 02 shows what an all-positive start does instead.
    """
    for name, shape in shapes.items():
        if len(shape) != 2 or not all(isinstance(size, int) and size > 0 for size in shape):
            raise ValueError(f"The shape of {name!r} must be (in, out), two whole numbers of 1 or more, got {shape!r}.")
    if not np.ndim(seeds):
        rng = np.random.default_rng(whole_number("seed", seeds, 0))
        return {name: _glorot(rng, *shape) for name, shape in shapes.items()}
    if not len(seeds):
        raise ValueError("seeds must name at least one seed, got an empty list.")
    replicas = [random_start(shapes, seed) for seed in seeds]
    return {name: np.stack([replica[name] for replica in replicas]) for name in shapes}


def _glorot(rng: np.random.Generator, inputs: int, outputs: int) -> np.ndarray:
    if inputs == 1:
        return np.zeros((1, outputs))
    limit = np.sqrt(6 / (inputs + outputs))
    return rng.uniform(-limit, limit, size=(inputs, outputs))


def _weight(weights: Weights, name: str) -> tf.Tensor:
    if name not in weights:
        raise ValueError(f"This network needs a weight {name!r}; given are {', '.join(weights) or 'none'}.")
    return weights[name]


def _times(x: tf.Tensor, weights: Weights, name: str, label: str) -> tf.Tensor:
    matrix = _weight(weights, name)
    if x.shape[-1] != matrix.shape[-2]:
        raise ValueError(
            f"{name!r} has {matrix.shape[-2]} rows, but what it multiplies has {x.shape[-1]} columns; the two must agree."
        )
    return tf.matmul(x, matrix, name=label)


def apart(weights: Weights, x: tf.Tensor, tasks: int = 2) -> list[tf.Tensor]:
    """Single-task learning: each task has a trunk and a head of its own.

    Parameters
    ----------
    weights : "trunk1" (in, hidden), "head1" (hidden, out1), "trunk2", "head2", and so on.
    x : (rows, in).
    tasks : how many.

    Returns
    -------
    One (rows, out) prediction a task; with a replica axis (replicas, rows, out).

    Raises
    ------
    ValueError : for a missing weight, or shapes that do not fit.

    Lesson 00 draws it.
    """
    x = tf.convert_to_tensor(x)
    outputs = []
    for task in range(1, tasks + 1):
        hidden = tf.nn.relu(_times(x, weights, f"trunk{task}", f"hidden{task}"), name=f"relu{task}")
        outputs.append(_times(hidden, weights, f"head{task}", f"out{task}"))
    return outputs


def hard_sharing(weights: Weights, x: tf.Tensor, tasks: int = 2) -> list[tf.Tensor]:
    """Hard parameter sharing: one ReLU trunk for all tasks, one linear head a task.

    Parameters
    ----------
    weights : "trunk" (in, hidden), "head1" (hidden, out1), "head2", and so on.
    x : (rows, in).
    tasks : how many.

    Returns
    -------
    One (rows, out) prediction a task; with a replica axis (replicas, rows, out).

    Raises
    ------
    ValueError : for a missing weight, or shapes that do not fit.

    Lesson 02 builds it by hand.
    """
    x = tf.convert_to_tensor(x)
    hidden = tf.nn.relu(_times(x, weights, "trunk", "hidden"), name="relu")
    return [_times(hidden, weights, f"head{task}", f"out{task}") for task in range(1, tasks + 1)]


def soft_penalty(weights: Weights) -> tf.Tensor:
    """Soft parameter sharing's extra loss: the squared distance between the two trunks.

    Parameters
    ----------
    weights : "trunk1" and "trunk2", of one shape.

    Returns
    -------
    Scalar; with a replica axis (replicas,).

    Raises
    ------
    ValueError : for a missing weight, or trunks of different shape.

    Source: Duong et al. (2015), "Low resource dependency parsing". Lesson 05 derives it.
    """
    one, two = _weight(weights, "trunk1"), _weight(weights, "trunk2")
    if one.shape != two.shape:
        raise ValueError(f"The trunks must have one shape, got {tuple(one.shape)} and {tuple(two.shape)}.")
    gap = tf.square(tf.subtract(one, two, name="gap"), name="squared_gap")
    return tf.reduce_sum(gap, axis=[-2, -1], name="penalty")
