"""Tasks as NumPy arrays: nothing is downloaded, and the same seed gives the same numbers.

The classification sets give their targets by task, as a dictionary; linear tasks give a matrix.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
from scipy.ndimage import map_coordinates

from mtl_helpers.arguments import finite_number, whole_number

DIGIT_TASKS = ("angle", "shift", "digit", "odd", "at_least_five", "view")
VIEW_DEGREES = 30  # how much further the image of the task "view" is turned


def _known_tasks(tasks: Sequence[str], known: Sequence[str]) -> list[str]:
    if isinstance(tasks, str) or not isinstance(tasks, Sequence):
        raise TypeError(f"tasks must be a list of names, such as [{known[0]!r}], got {tasks!r}.")
    for task in tasks:
        if task not in known:
            raise ValueError(f"There is no task {task!r}; the tasks are {', '.join(known)}.")
    if not tasks or len(set(tasks)) < len(tasks):
        raise ValueError(f"tasks must name at least one task and none twice, got {list(tasks)!r}.")
    return list(tasks)


def boolean_ladder() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """All 256 rows of eight bits, and four tasks that share one sub-feature.

    With P = parity of B2..B6 (true when an even number of them is -1): T1 = B1 or P,
    T2 = (not B1) or P, T3 = B1 and P, T4 = (not B1) and P.

    Returns
    -------
    X : (256, 8), the bits as -1 or +1.
    Y : for each task a (256, 1) array of -1 or +1.

    Source: after Caruana (1993), "Multitask learning: a knowledge-based source of inductive bias".
    Lesson 00 builds the tasks from their definition.
    """
    X = np.array(list(product([-1.0, 1.0], repeat=8)))
    b1, parity = X[:, :1] > 0, X[:, 1:6].prod(axis=1, keepdims=True) > 0
    truth = {"T1": b1 | parity, "T2": ~b1 | parity, "T3": b1 & parity, "T4": ~b1 & parity}
    return X, {task: np.where(yes, 1.0, -1.0) for task, yes in truth.items()}


def linear_tasks(n: int, d: int, angle: float, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two linear tasks whose true weight vectors have length 1 and stand at a chosen angle.

    Parameters
    ----------
    n, d : number of rows and of inputs, at least 1 and at least 2.
    angle : between the two weight vectors, in degrees, 0 to 180.
    noise : standard deviation of the noise on each target, at least 0.
    seed : of `np.random.default_rng`.

    Returns
    -------
    X : (n, d), independent standard normal inputs.
    Y : (n, 2), one column a task, Y = X W + noise.
    W : (d, 2), the true weights.

    Raises
    ------
    TypeError, ValueError : for a number outside the ranges above.

    Lesson 02's room 02a uses it first.
    """
    n, d = whole_number("n", n, 1), whole_number("d", d, 2)
    phi = np.deg2rad(finite_number("angle", angle, 0, 180))
    noise = finite_number("noise", noise, 0)
    rng = np.random.default_rng(whole_number("seed", seed, 0))
    plane, _ = np.linalg.qr(rng.normal(size=(d, 2)))
    W = plane @ np.array([[1.0, np.cos(phi)], [0.0, np.sin(phi)]])
    X = rng.normal(size=(n, d))
    return X, X @ W + noise * rng.normal(size=(n, 2)), W


def posed_digits(
    tasks: Sequence[str] = DIGIT_TASKS, seed: int = 0, degrees: float = 40
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Scikit-learn's 1,797 digit images, each rotated and shifted by a random amount, in random order.

    Parameters
    ----------
    tasks : names out of "angle" (anticlockwise, from -1 to 1 times `degrees`), "shift" (to the right,
        from -1 to 1 times 1.5 pixels), "digit" (ten columns, one of them 1), "odd",
        "at_least_five" (-1 or +1) and "view" (64 grey values: the same digit with the same shift,
        turned by 30 degrees more).
    seed : of the poses and of the order of the rows. Another seed poses every image anew.
    degrees : how far an image is turned at most, to either side.

    Returns
    -------
    X : (1797, 64), grey values from 0 to 1.
    Y : for each task a (1797, 1) array, for "digit" (1797, 10), for "view" (1797, 64).

    Raises
    ------
    TypeError, ValueError : for a name that is not a task, a seed that is not a whole number, degrees below 0.

    Source: scikit-learn's `load_digits` (Alpaydin and Kaynak, 1998), shipped with the library.
    Lesson 02 shows the images, lesson 07 the views.
    """
    from sklearn.datasets import load_digits  # here, since it takes a second and few lessons need it

    chosen = _known_tasks(tasks, DIGIT_TASKS)
    rng = np.random.default_rng(whole_number("seed", seed, 0))
    digits = load_digits()
    order = rng.permutation(len(digits.target))
    images, label = digits.images[order] / 16, digits.target[order]
    angle, shift = rng.uniform(-1, 1, size=(2, len(label), 1))
    turned, right = finite_number("degrees", degrees, 0) * angle[:, 0], 1.5 * shift[:, 0]
    Y = {
        "angle": angle,
        "shift": shift,
        "digit": np.eye(10)[label],
        "odd": np.where(label % 2 == 1, 1.0, -1.0)[:, None],
        "at_least_five": np.where(label >= 5, 1.0, -1.0)[:, None],
    }
    if "view" in chosen:
        Y["view"] = posed(images, turned + VIEW_DEGREES, right).reshape(len(label), -1)
    return posed(images, turned, right).reshape(len(label), -1), {task: Y[task] for task in chosen}


def posed(images: np.ndarray, degrees: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Images (n, height, width), each turned anticlockwise about its centre, then moved to the right.

    What leaves the frame is lost; `degrees` and `right` (pixels) hold one number an image.
    """
    phi, moved = np.deg2rad(degrees)[:, None, None], np.asarray(right)[:, None, None]
    centre = (np.array(images.shape[1:]) - 1) / 2
    # Where each pixel of the new image comes from in the old one, seen from the centre.
    down, across = (axis - middle for axis, middle in zip(np.indices(images.shape[1:]), centre, strict=True))
    row = np.cos(phi) * down + np.sin(phi) * (across - moved) + centre[0]
    column = -np.sin(phi) * down + np.cos(phi) * (across - moved) + centre[1]
    which = np.broadcast_to(np.arange(len(images))[:, None, None], row.shape)
    return map_coordinates(images, [which, row, column], order=1)
