"""Numbers over seeds as text: means with their standard errors."""

import re

import numpy as np

from mtl_helpers.arguments import finite_array


def mean_se(values: np.ndarray, axis: int = -1) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard error over seeds.

    Parameters
    ----------
    values : one per seed along `axis`, at least two.

    Returns
    -------
    Mean and standard error (sample standard deviation divided by the root of the number of seeds).

    Raises
    ------
    TypeError, ValueError : for values that are not finite numbers, or fewer than two seeds.
    """
    values = finite_array("values", values)
    if values.ndim == 0 or values.shape[axis] < 2:
        raise ValueError(f"A standard error needs at least two seeds, got an array of shape {values.shape}.")
    return values.mean(axis), values.std(axis, ddof=1) / np.sqrt(values.shape[axis])


def plus_minus(values: np.ndarray, form: str = ".3f") -> str:
    """Mean and standard error over seeds as text, such as "0.812 ± 0.004".

    Parameters
    ----------
    values : (seeds,), at least two.
    form : of the mean, as in an f-string: digits, and "+" to show its sign. Zero has no minus.

    Raises
    ------
    TypeError, ValueError : for values that are not finite numbers, fewer than two seeds, more than one
        number a seed, or another form.
    """
    if not re.fullmatch(r"[+]?[.][0-9]+f", str(form)):
        raise ValueError(f'form must be like ".3f" or "+.3f", got {form!r}.')
    mean, error = mean_se(values)
    if np.ndim(mean):
        raise ValueError(f"Each seed must have one number, got an array of shape {np.shape(values)}.")
    return f"{mean:{form.replace('.', 'z.')}} ± {error:{form.removeprefix('+')}}"
