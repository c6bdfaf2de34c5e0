"""The networks of the course, as plain functions of a dictionary of weights.

Every weight may carry a leading replica axis: `x @ W` with W of shape (replicas, in, out) runs all
replicas at once, and no code changes. Operations carry names, so that a drawn graph can be read.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from mtl_helpers.arguments import check_one_type, replicas_agree, unmasked, whole_number

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
    TypeError, ValueError : for a seed that is not a whole number, a shape that is not (in, out), or no shapes.

    Source: Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward
    neural networks". Lesson 02 shows what an all-positive start does instead.
    """
    if not isinstance(shapes, Mapping):
        raise TypeError(f"shapes must be a dictionary, name to (in, out), got {type(shapes).__name__}.")
    if not shapes:
        raise ValueError("shapes must name at least one weight, got none.")
    for name, shape in shapes.items():
        if not isinstance(shape, Sequence) or len(shape) != 2:
            raise ValueError(f"The shape of {name!r} must be (in, out), got {shape!r}.")
        for size in shape:
            whole_number(f"Each size of {name!r}", size, 1)
    if not np.ndim(seeds):
        return _single_start(shapes, seeds)
    if not len(seeds):
        raise ValueError("seeds must name at least one seed, got an empty list.")
    replicas = [_single_start(shapes, seed) for seed in seeds]
    return {name: np.stack([replica[name] for replica in replicas]) for name in shapes}


def _single_start(shapes: Mapping[str, tuple[int, int]], seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(whole_number("seed", seed, 0))
    start = {name: np.zeros(shape) for name, shape in shapes.items()}
    for weight in start.values():
        if len(weight) > 1:
            limit = np.sqrt(6 / sum(weight.shape))
            weight[:] = rng.uniform(-limit, limit, size=weight.shape)
    return start


def as_tensor(name: str, values: object, dtype: tf.DType | None = None) -> tf.Tensor:
    """`values` as a tensor, else raise: TensorFlow's own sentence names no argument, and it would drop a mask."""
    unmasked(name, values)
    try:
        return tf.convert_to_tensor(values, dtype)
    except (TypeError, ValueError):
        wanted, given = dtype.name if dtype else "numbers", getattr(values, "dtype", type(values))
        given = getattr(given, "name", type(values).__name__)
        raise TypeError(f"{name} must be an array of {wanted} in rows of one length, got {given}.") from None


def _weight(weights: Weights, name: str) -> tf.Tensor:
    if not isinstance(weights, Mapping):
        raise TypeError(f"weights must be a dictionary of arrays, got {type(weights).__name__}.")
    if name not in weights:
        raise ValueError(f"This network needs a weight {name!r}; given are {', '.join(weights) or 'none'}.")
    if not hasattr(weights[name], "dtype"):
        raise TypeError(f"The weight {name!r} must be an array or a variable, got {type(weights[name]).__name__}.")
    return unmasked(f"weight {name!r}", weights[name])


def _times(x: tf.Tensor, weights: Weights, name: str, label: str) -> tf.Tensor:
    matrix = _weight(weights, name)
    check_one_type(f"{name!r} and what it multiplies", matrix, x)
    one, other = tuple(x.shape), tuple(matrix.shape)
    if min(len(one), len(other)) < 2 or one[-1] != other[-2] or not replicas_agree(one, other):
        raise ValueError(f"{name!r} must have as many rows as what it multiplies has columns, got {other} after {one}.")
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
    One (rows, out) prediction for each task; with a replica axis (replicas, rows, out).

    Raises
    ------
    TypeError, ValueError : for a missing weight, or types or shapes that do not fit.

    Lesson 00 draws it.
    """
    x, outputs = as_tensor("x", x), []
    for task in range(1, whole_number("tasks", tasks, 1) + 1):
        hidden = tf.nn.relu(_times(x, weights, f"trunk{task}", f"hidden{task}"), name=f"relu{task}")
        outputs.append(_times(hidden, weights, f"head{task}", f"out{task}"))
    return outputs


def hard_sharing(weights: Weights, x: tf.Tensor, tasks: int = 2) -> list[tf.Tensor]:
    """Hard parameter sharing: one ReLU trunk for all tasks, one linear head for each task.

    Parameters
    ----------
    weights : "trunk" (in, hidden), "head1" (hidden, out1), "head2", and so on.
    x : (rows, in).
    tasks : how many.

    Returns
    -------
    One (rows, out) prediction for each task; with a replica axis (replicas, rows, out).

    Raises
    ------
    TypeError, ValueError : for a missing weight, or types or shapes that do not fit.

    Lesson 02 builds it by hand.
    """
    x = as_tensor("x", x)
    hidden = tf.nn.relu(_times(x, weights, "trunk", "hidden"), name="relu")
    tasks = whole_number("tasks", tasks, 1)
    return [_times(hidden, weights, f"head{task}", f"out{task}") for task in range(1, tasks + 1)]


def soft_penalty(weights: Weights) -> tf.Tensor:
    """Soft parameter sharing's extra loss: the squared distance between the two trunks.

    Parameters
    ----------
    weights : "trunk1" and "trunk2", of one shape.

    Returns
    -------
    Scalar; with a replica axis (replicas,). It is NaN where a weight is.

    Raises
    ------
    TypeError, ValueError : for a missing weight, or trunks that are not matrices of floats of one type and shape.

    Source: Duong et al. (2015), "Low resource dependency parsing". Lesson 05 derives the linear
    case and trains with it.
    """
    one, two = _weight(weights, "trunk1"), _weight(weights, "trunk2")
    check_one_type("The trunks", one, two)
    if one.shape != two.shape or len(one.shape) < 2:
        raise ValueError(f"The trunks must be matrices of one shape, got {tuple(one.shape)} and {tuple(two.shape)}.")
    gap = tf.square(tf.subtract(one, two, name="gap"), name="squared_gap")
    return tf.reduce_sum(gap, axis=[-2, -1], name="penalty")
