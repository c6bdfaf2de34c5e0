"""Numbers over seeds as text: means with their standard errors, and tables of them."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from mtl_helpers.arguments import finite_array, whole_number


def mean_se(values: np.ndarray, axis: int = -1) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard error over seeds.

    Parameters
    ----------
    values : (..., seeds), or with the seeds along another `axis`; at least two.
    axis : of the seeds, counted as NumPy does; the last one if not given.

    Returns
    -------
    Mean and standard error (sample standard deviation divided by the root of the number of seeds), two arrays of
    the shape of `values` without `axis`; for (seeds,) two numbers.

    Raises
    ------
    TypeError, ValueError : for values that are not finite numbers, an axis that they have not, or fewer than two seeds.
    """
    values = finite_array("values", values)
    if values.ndim and whole_number("axis", axis, -values.ndim) >= values.ndim:
        raise ValueError(f"axis must be one of an array of shape {values.shape}, got {axis}.")
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


def table(
    rows: Mapping[str, object], columns: Sequence[str] = (), *, title: str = "", against: str = "", digits: int = 3
) -> None:
    """Print named rows in columns: a number, a text, or mean ± standard error over seeds.

    Parameters
    ----------
    rows : name to value, or, with `columns`, name to one value for each column. A value is a text, a number, or
        an array with one number for each seed, at least two, of which mean ± standard error is printed.
    columns : their headings.
    title : stands above the names. Where a prediction is asked before the table, it must hold no number.
    against : the name of a row. Without `columns`, each other row then shows its paired difference to that row,
        and how many standard errors that is. Rows must hold the same seeds in the same order.
    digits : after the decimal point. Whole numbers are printed whole.

    Raises
    ------
    TypeError, ValueError : for rows that are no mapping, values of another kind, columns that are no list, a row that
        does not fill them, `against` that names no row or stands beside columns, and rows of different numbers of seeds
        there.
    """
    if not isinstance(rows, Mapping) or not rows:
        raise TypeError(f"rows must be a dictionary with at least one row, got {rows!s:.60}.")
    if isinstance(columns, str):
        raise TypeError(f"columns must be a list of headings, got the single text {columns!r}; write [{columns!r}].")
    if not np.iterable(columns):
        raise TypeError(f"columns must be a list of headings, got {columns!r}.")
    form, columns = f".{whole_number('digits', digits, 0)}f", list(columns)
    if against:
        lines, columns = _compared(rows, columns, against, form), ["mean ± se", f"minus {against}", "in se"]
    elif columns:
        for name, row in rows.items():
            if isinstance(row, str) or not np.iterable(row) or len(row) != len(columns):
                raise ValueError(f"Row {name!r} must hold {len(columns)} values, one for each column, got {row!s:.60}.")
        lines = {name: [_entry(name, value, form) for value in row] for name, row in rows.items()}
    else:
        lines = {name: [_entry(name, value, form)] for name, value in rows.items()}
        columns = ["mean ± se" if any("±" in line[0] for line in lines.values()) else ""]
    texts = [[str(name), *line] for name, line in lines.items()]
    if title or any(columns):
        texts.insert(0, [title, *columns])
    wide = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for name, *entries in texts:
        cells = [entry.rjust(w) for entry, w in zip(entries, wide[1:], strict=True)]
        print("  ".join([name.ljust(wide[0]), *cells]).rstrip())


def _entry(name: str, value: object, form: str) -> str:
    if isinstance(value, str):
        return value
    value = finite_array(f"Row {name!r}", value)
    if value.ndim:
        return plus_minus(value, form)
    return str(value) if value.dtype.kind in "biu" else f"{value:z{form}}"


def _compared(rows: Mapping, columns: list, against: str, form: str) -> dict[str, list[str]]:
    """Each row, its paired difference to one of them, and this difference in standard errors."""
    if columns:
        raise ValueError(f"against compares rows of one column, got the columns {columns}.")
    if against not in rows:
        raise ValueError(f"against must be the name of a row, got {against!r}; rows are {', '.join(map(str, rows))}.")
    values = {name: finite_array(f"Row {name!r}", row) for name, row in rows.items()}
    shapes = {name: row.shape for name, row in values.items()}
    if len(set(shapes.values())) > 1:
        raise ValueError(f"Rows that are compared must hold the same seeds, got arrays of shapes {shapes}.")
    lines = {}
    for name, row in values.items():
        gap = row - values[against]
        mean, error = mean_se(gap)
        beside = [plus_minus(gap, "+" + form), f"{mean / error:+z.1f}" if error else ""]
        lines[name] = [plus_minus(row, form), *(beside if name != against else ["", ""])]
    return lines
