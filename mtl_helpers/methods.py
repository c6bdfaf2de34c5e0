"""Gradient methods: from the gradients of several tasks, one step that all shared weights take.

Each function takes J (tasks, weights), whose rows are the gradients of the task losses by the shared weights, and
returns one weight w for each task: the step goes along -J' w. Only `graddrop` chooses in each coordinate and returns
the direction. Weights depend on inner products of gradients alone. They are computed from the small triangle of a QR
decomposition, not from the Gramian J J', whose condition number is the square of J's.

Where a method has no answer, it raises; none falls back on the sum without a word. Lesson 09 writes three of
them and tests what they promise.

The loss weightings at the end need no gradients: from the losses (..., tasks) they make task weights of that shape. The
gradient methods compute in NumPy; the weightings in TensorFlow, so that they run inside a traced loss, which is

    tf.reduce_sum(tf.stop_gradient(weights) * losses, axis=-1)

A weighting with a memory returns the new one as well; a memory starts as zeros. Lesson 08 writes and compares them.
"""

import numpy as np
import tensorflow as tf
from scipy.optimize import brentq, nnls

from mtl_helpers.arguments import finite_array, finite_number
from mtl_helpers.networks import as_tensor


def _triangle(J: np.ndarray) -> np.ndarray:
    """(tasks, tasks or fewer) with the inner products of the rows of J."""
    J = finite_array("J", J)
    if J.ndim != 2 or len(J) < 2 or not J.shape[1]:
        raise ValueError(f"J must have one row for each of at least two tasks, (tasks, weights), got shape {J.shape}.")
    return np.linalg.qr(J.T.astype(np.float64), mode="r").T


def _norms(R: np.ndarray, method: str) -> np.ndarray:
    """The lengths of the gradients, of which none may be zero."""
    norms = np.linalg.norm(R, axis=1)
    if not norms.all():
        raise ValueError(f"{method} needs gradients that are not zero, got a zero gradient in row {np.argmin(norms)}.")
    return norms


def _generator(rng: object) -> np.random.Generator:
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a generator, such as numpy.random.default_rng(0), got {type(rng).__name__}.")
    return rng


def mgda(J: np.ndarray) -> np.ndarray:
    """MGDA, the multiple-gradient descent algorithm: the shortest vector in the convex hull of the gradients.

    Parameters
    ----------
    J : (tasks, weights), two tasks or more.

    Returns
    -------
    (tasks,), none negative, adding up to 1. The step is zero exactly where no direction lowers all losses.

    Raises
    ------
    TypeError, ValueError : unless J is a finite matrix of at least two rows.

    Source: Désidéri (2012), "Multiple-gradient descent algorithm (MGDA) for multiobjective optimization"; Sener and
    Koltun (2018), "Multi-task learning as multi-objective optimization".
    Lesson 09 writes it; its room 09b shows why this is it.
    """
    return _shortest(_triangle(J))


def _shortest(R: np.ndarray) -> np.ndarray:
    # Least squares for R' x = 0 and sum x = 1, with x >= 0, minimises |R' x|^2 + (1 - sum x)^2. For x = t w, where the
    # weights w add up to 1, the best t leaves |R' w|^2 / (1 + |R' w|^2): least where R' w is shortest.
    size = np.abs(R).max() or 1.0
    x, _ = nnls(np.vstack([R.T / size, np.ones(len(R))]), np.append(np.zeros(R.shape[1]), 1.0))
    return x / x.sum()


def _projected(R: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Weights of the point nearest to R' w whose products with all gradients are at least 0."""
    norms = np.linalg.norm(R, axis=1)
    norms[norms == 0] = 1.0  # a zero gradient asks for nothing
    return w + nnls((R / norms[:, None]).T, -R.T @ w)[0] / norms


def dualproj(J: np.ndarray) -> np.ndarray:
    """The mean gradient, projected on the directions that harm no task: on the dual cone of the gradients.

    Parameters
    ----------
    J : (tasks, weights), two tasks or more.

    Returns
    -------
    (tasks,), none below 1/tasks. To first order, the step raises no loss.

    Raises
    ------
    TypeError, ValueError : unless J is a finite matrix of at least two rows.

    Source: Lopez-Paz and Ranzato (2017), "Gradient episodic memory for continual learning", which projects the gradient
    of a new task; Quinton and Rey (2024) take the mean.
    Lesson 09 writes it; its room 09b shows why this is it.
    """
    R = _triangle(J)
    return _projected(R, np.full(len(R), 1 / len(R)))


def upgrad(J: np.ndarray) -> np.ndarray:
    """UPGrad: the mean of the gradients after each has been projected on the dual cone of all.

    Parameters
    ----------
    J : (tasks, weights), two tasks or more.

    Returns
    -------
    (tasks,), none below 1/tasks. To first order, the step raises no loss.

    Raises
    ------
    TypeError, ValueError : unless J is a finite matrix of at least two rows.

    Source: Quinton and Rey (2024), "Jacobian descent for multi-objective optimization". Lesson 09 asks for it.
    """
    R = _triangle(J)
    return np.mean([_projected(R, one) for one in np.eye(len(R))], axis=0)


def pcgrad(J: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """PCGrad: each gradient loses, one after another, what of it points against another gradient; then their sum.

    Parameters
    ----------
    J : (tasks, weights), two tasks or more.
    rng : draws the order in which each gradient meets the others. With two tasks there is none to draw.

    Returns
    -------
    (tasks,), none below 1. With three tasks or more, the step may raise a loss.

    Raises
    ------
    TypeError, ValueError : unless J is a finite matrix of at least two rows, and rng a generator.

    Source: Yu et al. (2020), "Gradient surgery for multi-task learning".
    Lesson 09 writes it for two tasks, and asks for more.
    """
    R, rng = _triangle(J), _generator(rng)
    G, W = R @ R.T, np.eye(len(R))
    for task, w in enumerate(W):  # w is a view: each row holds one gradient, as a mixture of all
        for other in rng.permutation(len(R)):
            conflict = w @ G[:, other]
            if other != task and conflict < 0:
                w[other] -= conflict / G[other, other]
    return W.sum(axis=0)


def cagrad(J: np.ndarray, c: float) -> np.ndarray:
    """CAGrad, conflict-averse: near the mean gradient, the direction that is best for the task it helps least.

    Parameters
    ----------
    J : (tasks, weights), two tasks or more.
    c : the reach in lengths of the mean gradient, 0 or more. At 0 the mean itself is returned.

    Returns
    -------
    (tasks,), none negative. Where gradients can be mixed to zero, several directions may be best; this is the one
    nearest to the mean.

    Raises
    ------
    TypeError, ValueError : unless J is a finite matrix of at least two rows, and c a number of at least 0.

    Source: Liu et al. (2021), "Conflict-averse gradient descent for multi-task learning".
    Lesson 09 compares it; its room 09b writes it for two tasks.
    """
    R, c = _triangle(J), finite_number("c", c, 0)
    mean = np.full(len(R), 1 / len(R))
    R = R / (np.abs(R).max() or 1.0)
    reach = c * np.linalg.norm(mean @ R)
    if reach == 0:
        return mean

    def added(log_strength):
        """What the best direction adds to the mean: the shortest of strength * mean + hull, less the mean."""
        strength = np.exp(log_strength)
        return _shortest(R + strength * mean @ R) / strength

    def beyond(log_strength):
        return np.linalg.norm(added(log_strength) @ R) - reach

    high = np.log(np.linalg.norm(R, axis=1).max() / reach) + 1e-9  # nothing in the hull is longer
    low = high - 20
    if beyond(low) <= 0:
        # Gradients that can be mixed to zero: no direction helps all, and the nearest that harms none is in reach.
        return _projected(R, mean)
    return mean + added(brentq(beyond, low, high, xtol=1e-14))


def nash(J: np.ndarray) -> np.ndarray:
    """Nash-MTL: the weights w with G w = 1 / w, where G = J J'. Each task gets the same product of weight and gain.

    Parameters
    ----------
    J : (tasks, weights), two tasks or more, no row zero.

    Returns
    -------
    (tasks,), all positive. The direction is free of the losses' units, and the step has the length sqrt(tasks)
    throughout: near an optimum, only a falling rate makes it shorter.

    Raises
    ------
    TypeError, ValueError : unless J is a finite matrix of at least two rows; for a zero gradient, and for gradients
        that can be mixed to zero, where no weights solve the equation.

    Source: Navon et al. (2022), "Multi-task learning as a bargaining game". Lesson 09 tests what it promises.
    """
    R = _triangle(J)
    norms = _norms(R, "nash")
    U = R / norms[:, None]
    nearest = np.linalg.norm(U.T @ _shortest(U))
    if nearest < 1e-7:
        raise ValueError(
            f"nash needs gradients that no mixture with positive weights cancels, got one of {nearest:.1e}."
        )
    # The minimum of w' G w / 2 - sum log w, by Newton's method with the step that suits a self-concordant function.
    G, w, one = U @ U.T, np.ones(len(U)), np.eye(len(U))
    for _ in range(1000):
        slope = w * (G @ w) - 1  # in units of w, where the barrier has curvature 1
        move = np.linalg.solve(w[:, None] * G * w + one, -slope)
        decrement = np.sqrt(max(-slope @ move, 0.0))
        w = w * (1 + move / (1 + decrement))
        if decrement < 1e-12:
            break
    return w / norms


def _equal_cosines(R: np.ndarray, method: str) -> tuple[np.ndarray, np.ndarray]:
    """Weights of a direction whose product with each unit gradient is 1, and the lengths of the gradients."""
    norms = _norms(R, method)
    U = R / norms[:, None]
    inverse = np.linalg.pinv(U)
    if not np.allclose(U @ inverse.sum(axis=1), 1, rtol=0, atol=1e-7):
        raise ValueError(f"{method} needs gradients with which one direction has equal cosines; these have none.")
    return inverse.T @ inverse.sum(axis=1) / norms, norms


def config(J: np.ndarray) -> np.ndarray:
    """ConFIG: the direction with the same positive cosine to all gradients, as long as the sum of their projections.

    Parameters
    ----------
    J : (tasks, weights), two tasks or more, no row zero.

    Returns
    -------
    (tasks,), of any sign. The direction is free of the losses' units.

    Raises
    ------
    TypeError, ValueError : unless J is a finite matrix of at least two rows; for a zero gradient, and for gradients
        with which no direction has equal cosines.

    Source: Liu, Chu and Thuerey (2025), "ConFIG: towards conflict-free training of physics informed neural networks".
    Lesson 09 tests what it promises.
    """
    R = _triangle(J)
    w, norms = _equal_cosines(R, "config")
    step = R.T @ w  # its products with the unit gradients are 1, so its cosine with each is 1 / |step|
    return w * norms.sum() / (step @ step)


def imtl_g(J: np.ndarray) -> np.ndarray:
    """IMTL-G, impartial in gradients: the direction with equal cosines to all gradients, by weights that add up to 1.

    Parameters
    ----------
    J : (tasks, weights), two tasks or more, no row zero.

    Returns
    -------
    (tasks,), of any sign. With three tasks or more, the cosines may be negative: then the step raises all losses.

    Raises
    ------
    TypeError, ValueError : unless J is a finite matrix of at least two rows; for a zero gradient, gradients with which
        no direction has equal cosines, and where the weights of this direction add up to 0.

    Source: Liu et al. (2021), "Towards impartial multi-task learning". Lesson 09 asks for it.
    """
    w, _ = _equal_cosines(_triangle(J), "imtl_g")
    if abs(w.sum()) < 1e-9 * np.abs(w).sum():
        raise ValueError("imtl_g needs weights that can add up to 1; those of equal cosines add up to 0 here.")
    return w / w.sum()


def aligned(J: np.ndarray) -> np.ndarray:
    """Aligned-MTL: the mean of the nearest orthogonal gradients of one length, the smallest singular value of J.

    Parameters
    ----------
    J : (tasks, weights), two tasks or more, not all zero.

    Returns
    -------
    (tasks,). Singular values that are zero up to rounding are left out, so the weights jump where one becomes zero.

    Raises
    ------
    TypeError, ValueError : unless J is a finite matrix of at least two rows that is not all zero.

    Source: Senushkin et al. (2023), "Independent component alignment for multi-task learning".
    Lesson 09 tests what it promises.
    """
    U, s, _ = np.linalg.svd(_triangle(J), full_matrices=False)
    if not s[0]:
        raise ValueError("aligned needs a gradient that is not zero, got none.")
    kept = s > s[0] * len(U) * np.finfo(float).eps
    U, s = U[:, kept], s[kept]
    return s[-1] * (U / s) @ U.T.mean(axis=1)


def graddrop(J: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """GradDrop: in each coordinate either all positive or all negative entries, by chance in proportion to their sums.

    Parameters
    ----------
    J : (tasks, weights), two tasks or more.
    rng : draws the sign, for each coordinate apart.

    Returns
    -------
    (weights,): the direction itself. Its mean is the sum of the gradients; its variance in a coordinate is the product
    of the two sums.

    Raises
    ------
    TypeError, ValueError : unless J is a finite matrix of at least two rows, and rng a generator.

    Source: Chen et al. (2020), "Just pick a sign: optimizing deep multitask models with gradient sign dropout".
    Lesson 09 compares it; its room 09b tests mean and variance.
    """
    _triangle(J)
    J = np.asarray(J, dtype=np.float64)
    plus, minus = np.maximum(J, 0).sum(axis=0), np.maximum(-J, 0).sum(axis=0)
    return np.where(_generator(rng).uniform(size=len(plus)) * (plus + minus) < plus, plus, -minus)


# Loss weightings, for use inside a traced loss ----------------------------------------------------------------


def _tensor(name: str, values: object, tasks: object = None, low: float = -np.inf, above: bool = False) -> tf.Tensor:
    """A float tensor (..., tasks); what has values already must be finite, and at least `low` or `above` it."""
    values = as_tensor(name, values)
    if not values.dtype.is_floating or values.shape.rank in (None, 0) or (values.shape[-1] or 0) < 2:
        kind = f"{values.dtype.name} {values.shape}"
        raise ValueError(f"{name} must be floats of shape (..., tasks), two tasks or more, got {kind}.")
    if tasks is not None and values.shape[-1] != tasks:
        raise ValueError(f"{name} must have one number for each of {tasks} tasks, got shape {values.shape}.")
    _check_known(name, values, low, above)
    return values


def _check_known(name: str, values: tf.Tensor, low: float = -np.inf, above: bool = False) -> None:
    """Check the values of a tensor, if it has them already: while a function is traced, it has none."""
    if hasattr(values, "numpy"):
        finite_array(name, values.numpy(), low, above=above)


def _losses(losses: object) -> tf.Tensor:
    """Of a rule that divides by them, or takes their logarithm."""
    return _tensor("losses", losses, low=0, above=True)


def _dials(above: bool = False, **dials: object) -> None:
    """Check dials of at least 0, or above it: numbers, or arrays of them that try several at once."""
    for name, dial in dials.items():
        if tf.is_tensor(dial):
            _check_known(name, tf.convert_to_tensor(dial), 0, above)
        else:
            check = finite_array if isinstance(dial, np.ndarray) else finite_number
            check(name, dial, 0, above=above)


def _memory(memory: object, slots: int, losses: tf.Tensor) -> list[tf.Tensor]:
    """The parts of a memory (slots, ..., tasks)."""
    memory = _tensor("memory", memory)
    if memory.shape != (slots, *losses.shape):
        raise ValueError(f"memory must have shape {(slots, *losses.shape)}, zeros at the start, got {memory.shape}.")
    return tf.unstack(memory)


def inverse_loss(losses: tf.Tensor) -> tf.Tensor:
    """Task weights 1/loss: the gradient of the sum of logarithms.

    Parameters
    ----------
    losses : (..., tasks), positive, any units.

    Returns
    -------
    (..., tasks). Training rests where the product of the losses does.

    Raises
    ------
    TypeError, ValueError : here and in all weightings, for losses that are masked or no floats of shape (..., tasks),
        two tasks or more, and outside of a trace for NaN, infinity, and losses, norms or dials below what is asked.

    Lesson 08 derives it, and shows that uncertainty weighting, IMTL-L and GLS rest at the same places.
    """
    return 1 / _losses(losses)


def geometric_mean(losses: tf.Tensor) -> tf.Tensor:
    """GLS, the geometric loss strategy: the weights that the gradient of the geometric mean gives to the tasks.

    Parameters, errors : as for `inverse_loss`, from which it differs by a factor common to all tasks.

    Returns
    -------
    (..., tasks).

    Source: Chennupati et al. (2019), "MultiNet++: multi-stream feature aggregation and geometric loss strategy for
    multi-task learning". Lesson 08 compares.
    """
    losses = _losses(losses)
    return tf.exp(tf.reduce_mean(tf.math.log(losses), axis=-1, keepdims=True)) / (losses.shape[-1] * losses)


def uncertainty(losses: tf.Tensor, memory: tf.Tensor, rate: float) -> tuple[tf.Tensor, tf.Tensor]:
    """Uncertainty weighting: weights exp(-s), where s descends on exp(-s) loss + s towards log loss.

    Parameters
    ----------
    losses : (..., tasks), not negative.
    memory : (1, ..., tasks), the s of each task; zeros at the start.
    rate : of the descent of s, 0 or more.

    Returns
    -------
    Weights (..., tasks), and the new memory. With -s in the place of s this is IMTL-L.

    Source: Kendall, Gal and Cipolla (2018), "Multi-task learning using uncertainty to weigh losses for scene geometry
    and semantics", without the constant 1/2 of regression. Lesson 08 derives its fixed point.
    """
    losses = _tensor("losses", losses, low=0)
    _dials(rate=rate)
    (s,) = _memory(memory, 1, losses)
    return tf.exp(-s), (s - rate * (1 - tf.exp(-s) * losses))[None]


def dwa(losses: tf.Tensor, memory: tf.Tensor, temperature: float = 2.0) -> tuple[tf.Tensor, tf.Tensor]:
    """DWA, dynamic weight average: more weight for the task whose loss fell least, by softmax.

    Parameters
    ----------
    losses : (..., tasks), positive; the means of an epoch, or noise decides the ratios.
    memory : (2, ..., tasks), the losses of the two epochs before; zeros at the start.
    temperature : above 0; the higher, the nearer to equal weights.

    Returns
    -------
    Weights (..., tasks), which add up to the number of tasks, and the new memory.

    Source: Liu, Johns and Davison (2019), "End-to-end multi-task learning with attention". Lesson 08 compares.
    """
    losses = _losses(losses)
    _dials(temperature=temperature, above=True)
    last, before = _memory(memory, 2, losses)
    ratio = tf.where(before > 0, last / tf.where(before > 0, before, 1), 1)
    return losses.shape[-1] * tf.nn.softmax(ratio / temperature, axis=-1), tf.stack([losses, last])


def rlw(normals: tf.Tensor) -> tf.Tensor:
    """RLW, random loss weighting: softmax of standard normal numbers, which you draw anew for each step.

    Parameters
    ----------
    normals : (..., tasks), such as rows of an array that `training_loop` is handed for each step.

    Returns
    -------
    Weights (..., tasks), which add up to the number of tasks. Each has the mean 1: on average the step is the sum's.

    Source: Lin et al. (2022), "Reasonable effectiveness of random weighting". Lesson 08 compares.
    """
    normals = _tensor("normals", normals)
    return normals.shape[-1] * tf.nn.softmax(normals, axis=-1)


def gradnorm(
    losses: tf.Tensor, norms: tf.Tensor, memory: tf.Tensor, alpha: float, rate: float
) -> tuple[tf.Tensor, tf.Tensor]:
    """GradNorm: weights that descend until the weighted gradients have the lengths that the tasks' speeds ask for.

    Parameters
    ----------
    losses : (..., tasks), positive.
    norms : (..., tasks), the lengths of the tasks' gradients on the shared weights, without task weights; not all 0.
    memory : (2, ..., tasks), the weights and the first losses; zeros at the start.
    alpha : 0 asks for equal lengths; the higher, the longer the gradient of a task that lags behind.
    rate : of the weights' descent, 0 or more.

    Returns
    -------
    Weights (..., tasks), at least 0.0001 before they are made to add up to the number of tasks, and the new memory.

    Source: Chen et al. (2018), "GradNorm: gradient normalization for adaptive loss balancing in deep multitask
    networks", with steps that are free of units. Lesson 08 compares.
    """
    losses = _losses(losses)
    norms = _tensor("norms", norms, losses.shape[-1], low=0)
    _check_known("the mean of the norms", tf.reduce_mean(norms, axis=-1), 0, above=True)
    _dials(alpha=alpha, rate=rate)
    weights, first = _memory(memory, 2, losses)
    weights, first = (tf.where(kept > 0, kept, start) for kept, start in ((weights, 1.0), (first, losses)))

    def share(values):
        return values / tf.reduce_mean(values, axis=-1, keepdims=True)

    wanted = tf.reduce_mean(weights * norms, axis=-1, keepdims=True) * share(losses / first) ** alpha
    weights = tf.maximum(weights - rate * tf.sign(weights * norms - wanted) * share(norms), 1e-4)
    return share(weights), tf.stack([share(weights), first])


def famo(losses: tf.Tensor, memory: tf.Tensor, rate: float, decay: float = 1e-3) -> tuple[tf.Tensor, tf.Tensor]:
    """FAMO: weights in the proportions z/loss; z moves towards the tasks whose logarithm of the loss fell least.

    Parameters
    ----------
    losses : (..., tasks), positive.
    memory : (2, ..., tasks), the logits of z and the losses before the last step; zeros at the start.
    rate, decay : of the logits' descent, 0 or more.

    Returns
    -------
    Weights (..., tasks), which add up to 1, and the new memory.

    Source: Liu et al. (2023), "FAMO: fast adaptive multitask optimization", with plain descent on the logits.
    Lesson 08 compares.
    """
    losses = _losses(losses)
    _dials(rate=rate, decay=decay)
    logits, before = _memory(memory, 2, losses)
    fall = tf.where(before > 0, tf.math.log(tf.where(before > 0, before, 1) / losses), 0)
    z = tf.nn.softmax(logits, axis=-1)
    logits -= rate * (z * (fall - tf.reduce_sum(z * fall, axis=-1, keepdims=True)) + decay * logits)
    weights = tf.nn.softmax(logits, axis=-1) / losses
    return weights / tf.reduce_sum(weights, axis=-1, keepdims=True), tf.stack([logits, losses])


def stch(losses: tf.Tensor, mu: float, ideal: tf.Tensor | float = 0.0) -> tf.Tensor:
    """Smooth Chebyshev: the weights of the gradient of mu log sum exp((losses - ideal) / mu), a smooth maximum.

    Parameters
    ----------
    losses : (..., tasks), in units in which they can be compared: divide each by its constant's loss first.
    mu : above 0. For large mu the weights are equal, for small mu the worst task has all weight.
    ideal : what each loss would be at best: one number, or a float for each task, (tasks,) or (..., tasks).

    Returns
    -------
    Weights (..., tasks), which add up to 1.

    Source: Lin et al. (2024), "Smooth Tchebycheff scalarization for multi-objective optimization". Lesson 08 shows
    what it reaches.
    """
    losses = _tensor("losses", losses)
    _dials(mu=mu, above=True)
    ideal = as_tensor("ideal", ideal, losses.dtype)
    if not losses.shape[losses.shape.rank - (ideal.shape.rank or 0) :].is_compatible_with(ideal.shape):
        raise ValueError(f"ideal must be one number or fit the losses, {losses.shape}, got shape {ideal.shape}.")
    _check_known("ideal", ideal)
    return tf.nn.softmax((losses - ideal) / mu, axis=-1)
