"""One style, the few kinds of plot the course uses, and `show`, which gives each picture a sentence.

A figure's background is always white and its text dark, so that it reads the same in a light and
in a dark JupyterLab. Colours never stand alone: a label, a marker or a dash says the same.
"""

import io
from collections.abc import Mapping

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

INK, PAPER, GRID = "#1f2328", "#ffffff", "#d5d9de"
# Petroff (2021), "Accessible color sequences for data visualization": his six colours, reordered
# so that the first three, which stand for tasks, differ most.
COLOURS = ("#5790fc", "#e42536", "#7a21dd", "#f89c20", "#964a8b", "#9c9ca1")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
SIZES = {"small": (5.0, 3.4), "wide": (9.0, 3.6), "tall": (9.0, 6.0)}
STYLE = {
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.prop_cycle": mpl.cycler(color=COLOURS, linestyle=DASHES),
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 2.0,
    "font.size": 11.0,
    "axes.titlesize": 12.0,
    "xtick.labelsize": 10.0,
    "ytick.labelsize": 10.0,
}
PIXELS_PER_INCH = 96


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two colours, from 1 (the same) to 21 (black on white)."""

    def luminance(colour: str) -> float:
        rgb = np.array(to_rgb(colour))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def text_colour(colour: str) -> str:
    """The colour, darkened until it can be read as text on white (contrast 4.5 : 1)."""
    rgb = np.array(to_rgb(colour))
    while contrast(mpl.colors.to_hex(rgb), PAPER) < 4.5:
        rgb = rgb * 0.97
    return mpl.colors.to_hex(rgb)


def new_figure(size: str = "wide", panels: int = 1) -> tuple[Figure, Axes | np.ndarray]:
    """A figure in the course's style with its axes side by side.

    Parameters
    ----------
    size : "small", "wide" or "tall".
    panels : how many axes.

    Returns
    -------
    The figure, and its axes: one, or an array of `panels`.

    Raises
    ------
    ValueError : for another size.
    """
    if size not in SIZES:
        raise ValueError(f"size must be one of {', '.join(SIZES)}, got {size!r}.")
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZES[size], layout="constrained")
        return figure, figure.subplots(1, panels)


def show(figure: Figure, says: str) -> None:
    """Display a figure with a sentence computed from the data it shows.

    The sentence is the picture's alternative text, and its text/plain form: the check skips
    pixels but compares that text, so a figure whose data change does not pass.

    Parameters
    ----------
    figure : is drawn and closed.
    says : what the picture shows, with its main numbers.

    Raises
    ------
    ValueError : for an empty sentence.
    """
    if not says.strip():
        raise ValueError("says must state what the figure shows, got an empty text.")
    full, picture = io.BytesIO(), io.BytesIO()
    figure.savefig(full, format="png", dpi=1.5 * PIXELS_PER_INCH)
    # 128 colours are enough for flat drawings and take a third of the bytes in the stored notebook.
    Image.open(full).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(picture, format="png", optimize=True)
    width, height = (int(PIXELS_PER_INCH * inches) for inches in figure.get_size_inches())
    plt.close(figure)
    display(
        {"text/plain": says, "image/png": picture.getvalue()},
        metadata={"image/png": {"width": width, "height": height, "alt": says}},
        raw=True,
    )


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
    ValueError : for fewer than two seeds.
    """
    values = np.asarray(values)
    if values.ndim == 0 or values.shape[axis] < 2:
        raise ValueError(f"A standard error needs at least two seeds, got an array of shape {values.shape}.")
    return values.mean(axis), values.std(axis, ddof=1) / np.sqrt(values.shape[axis])


def dots(ax: Axes, values: Mapping[str, np.ndarray], label: str, digits: int = 3) -> None:
    """One row a setting: a dot a seed, and the mean with its standard error written beside it.

    Parameters
    ----------
    ax : drawn on.
    values : setting to (seeds,) array.
    label : of the value axis.
    digits : decimals of the mean and its error.
    """
    for row, seeds in enumerate(values.values()):
        mean, error = mean_se(seeds)
        colour = COLOURS[row % len(COLOURS)]
        # A fixed pattern, not chance: the picture must not change from run to run.
        height = row + 0.2 * np.sin(2.4 * np.arange(len(seeds)))
        ax.plot(seeds, height, "o", color=colour, alpha=0.45, markersize=5, markeredgewidth=0)
        ax.errorbar(mean, row, xerr=error, fmt="D", color=INK, capsize=5, markersize=6)
        ax.annotate(
            f"{mean:.{digits}f} ± {error:.{digits}f}",
            (1, row),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
        )
    ax.set_yticks(range(len(values)), values)
    ax.set_ylim(len(values) - 0.5, -0.5)
    ax.set_xlabel(label)
    ax.grid(axis="y", visible=False)


def lines(ax: Axes, x: np.ndarray, curves: Mapping[str, np.ndarray]) -> None:
    """Curves labelled at their right end; over several seeds the mean and a band of its standard error.

    Parameters
    ----------
    ax : drawn on; set its scales and limits first, the labels are kept apart as it stands.
    x : (points,).
    curves : name to (points,) or (points, seeds).
    """
    ends = []
    for k, (name, y) in enumerate(curves.items()):
        colour, dash = COLOURS[k % len(COLOURS)], DASHES[k % len(DASHES)]
        y = np.asarray(y)
        if y.ndim == 2:
            y, error = mean_se(y)
            ax.fill_between(x, y - error, y + error, color=colour, alpha=0.25, linewidth=0)
        ax.plot(x, y, color=colour, linestyle=dash)
        ends.append((y[-1], name, text_colour(colour)))
    ax.margins(x=0.02)
    # Labels wanted at the height of their curve, pushed apart by a line of text where they touch.
    ends.sort(key=lambda end: end[0])
    heights = [ax.transAxes.inverted().transform(ax.transData.transform((x[-1], end[0])))[1] for end in ends]
    line = 15 / 72 / (ax.get_position().height * ax.figure.get_size_inches()[1])
    for k in range(1, len(heights)):
        heights[k] = max(heights[k], heights[k - 1] + line)
    for height, (_, name, colour) in zip(heights, ends, strict=True):
        ax.annotate(
            name,
            (1, height),
            xycoords="axes fraction",
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            weight="bold",
        )
