"""What a whole number, a finite array and so on are: the one place where arguments are checked.

Each check returns what it accepts, or raises with one sentence that names what was given and what was expected.
"""

import numbers

import numpy as np


def whole_number(name: str, value: object, at_least: int) -> int:
    """Return `value` if it is a whole number of `at_least` or more, else raise."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be a whole number, got {value!r}.")
    if value < at_least:
        raise ValueError(f"{name} must be at least {at_least}, got {value}.")
    return int(value)


def finite_number(name: str, value: object, low: float, high: float = np.inf, *, above: bool = False) -> float:
    """Return `value` if it is a finite number in [low, high], and `above` low if asked for, else raise."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, got {value!r}.")
    if not np.isfinite(value) or not low <= value <= high or (above and value == low):
        least = f"finite and {'above' if above else 'at least'} {low:g}"
        expected = f"from {low:g} to {high:g}" if np.isfinite(high) else least
        raise ValueError(f"{name} must be {expected}, got {value:g}.")
    return float(value)


def unmasked(name: str, values: object) -> object:
    """Return `values` unless a mask hides some of them, else raise: NumPy and TensorFlow would drop the mask."""
    parts = values if isinstance(values, list | tuple) else [values]
    masked = sum(np.ma.count_masked(part) for part in parts if isinstance(part, np.ma.MaskedArray))
    if masked:
        raise TypeError(f"{name} must be an array without masked entries, got {masked} masked.")
    return values


def finite_array(name: str, values: object, low: float = -np.inf, *, above: bool = False) -> np.ndarray:
    """Return `values` as an array of finite numbers, none masked, of at least `low` or `above` it, else raise."""
    unmasked(name, values)
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must be an array of numbers, got rows of different lengths.") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must be an array of numbers, got {array.dtype}.")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must hold finite numbers, got NaN or infinity.")
    if low > -np.inf and (array <= low if above else array < low).any():
        raise ValueError(f"{name} must be {'above' if above else 'at least'} {low:g}, got {array.min():g}.")
    return array


def check_one_type(what: str, one: object, other: object) -> None:
    """Raise unless two arrays, tensors or variables hold floats of one type.

    TensorFlow converts nothing, and rounds the mean of whole numbers.
    """
    types = [array.dtype.name for array in (one, other)]
    if types[0] != types[1] or "float" not in types[0]:
        raise TypeError(f"{what} must be floats of one type, got {types[0]} and {types[1]}.")


def replicas_agree(one: tuple, other: tuple) -> bool:
    """True for two shapes when one has no replica axis, or both have equally many replicas."""
    return len(one) < 3 or len(other) < 3 or one[:-2] == other[:-2]
