"""One style, the few kinds of plot the course uses, and `show`, which gives each picture a sentence.

A figure's background is always white and its text dark, so that it reads the same in a light and
in a dark JupyterLab. Colours never stand alone: a label, a marker or a dash says the same.
"""

import io
from collections.abc import Mapping, Sequence

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image
from scipy.optimize import isotonic_regression

from mtl_helpers.arguments import finite_array, whole_number
from mtl_helpers.report import mean_se, plus_minus

INK, PAPER, GRID = "#1f2328", "#ffffff", "#d5d9de"
# Petroff (2021), "Accessible color sequences for data visualization": his six colours, reordered
# so that the first three, which stand for tasks, differ most.
COLOURS = ("#5790fc", "#e42536", "#7a21dd", "#f89c20", "#964a8b", "#9c9ca1")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
SIZES = {"wide": (9.0, 3.6), "tall": (9.0, 6.0)}
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
    "axes.formatter.min_exponent": 4,  # 0.01 on a log scale, not a 10 with an exponent of 7 points
}
PIXELS_PER_INCH, SHARPNESS = 96, 1.5
LINE_OF_TEXT = 15  # points, with some room: a title set later squeezes the axes
_RIGHT_OF_AXES = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}

# For the session, not for one figure: matplotlib asks for a line's width when the line is drawn. From matplotlib's
# defaults, since a user's matplotlibrc may cut figures to their contents or have LaTeX set their text.
mpl.rcdefaults()
mpl.rcParams.update(STYLE)


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
    size : "wide" or "tall".
    panels : how many axes.

    Returns
    -------
    The figure, and its axes: one, or an array of `panels`.

    Raises
    ------
    TypeError, ValueError : for another size, or fewer than one panel.
    """
    if size not in list(SIZES):
        raise ValueError(f"size must be one of {', '.join(SIZES)}, got {size!r}.")
    figure = Figure(figsize=SIZES[size], layout="constrained")
    return figure, figure.subplots(1, whole_number("panels", panels, 1))


def show(figure: Figure, says: str) -> None:
    """Display a figure with a sentence computed from the data it shows.

    The sentence is the picture's alternative text (on exported pages; JupyterLab 4 ignores it), and
    its text/plain form: the check skips pixels but compares that text, so a figure whose data change
    does not pass.

    Parameters
    ----------
    figure : is drawn and closed.
    says : what the picture shows, with its main numbers.

    Raises
    ------
    TypeError, ValueError : for anything but a figure, or a sentence that is no text or empty.
    """
    if not isinstance(figure, Figure):
        raise TypeError(f"show expects a figure, got {type(figure).__name__}.")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=SHARPNESS * PIXELS_PER_INCH)
    plt.close(figure)
    data, options = with_sentence(figure, Image.open(picture), says, small=True)
    display(data, **options)


def with_sentence(figure: Figure, picture: Image.Image, says: str, small: bool) -> tuple[dict, dict]:
    """What `display` takes: the picture with its sentence, and options with the sentence once more."""
    if not isinstance(says, str):
        raise TypeError(f"says must be a text, got {type(says).__name__}.")
    if not says.strip():
        raise ValueError("says must state what the figure shows, got an empty text.")
    png, picture = io.BytesIO(), picture.convert("RGB")
    if small:
        # 128 colours are enough for flat drawings and take a third of the bytes in the stored notebook.
        picture.quantize(128, dither=Image.Dither.NONE).save(png, format="png", optimize=True)
    else:
        # In haste, and small enough to travel fast.
        fast = {"method": Image.Quantize.FASTOCTREE, "dither": Image.Dither.NONE}
        picture.quantize(128, **fast).save(png, format="png", compress_level=1)
    width, height = (round(PIXELS_PER_INCH * inches) for inches in figure.get_size_inches())
    metadata = {"image/png": {"width": width, "height": height, "alt": says}}
    return {"text/plain": says, "image/png": png.getvalue()}, {"metadata": metadata, "raw": True}


def kept_apart(wanted: Sequence[float], gap: float, low: float = -np.inf, high: float = np.inf) -> np.ndarray:
    """Heights in the order given, `gap` or more apart, as near (least squares) as can be to those wanted."""
    room = gap * np.arange(len(wanted))
    return np.clip(isotonic_regression(np.asarray(wanted) - room).x, low, high - room[-1]) + room


def _check_drawing(ax: object, values: object) -> None:
    if not isinstance(ax, Axes):
        raise TypeError(f"ax must be one of a figure's axes, got {type(ax).__name__}.")
    if not isinstance(values, Mapping):
        raise TypeError(f"What to plot must be a dictionary, name to array, got {type(values).__name__}.")
    if not values:
        raise ValueError("What to plot must hold at least one array, got an empty dictionary.")


def dots(ax: Axes, values: Mapping[str, np.ndarray], label: str, digits: int = 3) -> None:
    """One row a setting: a dot a seed, and the mean with its standard error written beside it.

    Parameters
    ----------
    ax : drawn on.
    values : setting to (seeds,) array, at least two seeds.
    label : of the value axis.
    digits : decimals of the mean and its error.

    Raises
    ------
    TypeError, ValueError : for an empty dictionary, fewer than two seeds, or values that are not finite.
    """
    _check_drawing(ax, values)
    digits = whole_number("digits", digits, 0)
    for row, (name, seeds) in enumerate(values.items()):
        seeds = finite_array(f"setting {name!r}", seeds)
        text, (mean, error) = plus_minus(seeds, f".{digits}f"), mean_se(seeds)
        colour = COLOURS[row % len(COLOURS)]
        # A fixed pattern, not chance: the picture must not change from run to run.
        height = row + 0.2 * np.sin(2.4 * np.arange(len(seeds)))
        ax.plot(seeds, height, "o", color=colour, alpha=0.45, markersize=5, markeredgewidth=0)
        ax.errorbar(mean, row, xerr=error, fmt="D", color=INK, capsize=5, markersize=6)
        ax.annotate(text, (1, row), va="center", **_RIGHT_OF_AXES, xytext=(6, 0))
    ax.set_yticks(range(len(values)), values)
    ax.set_ylim(len(values) - 0.5, -0.5)
    ax.set_xlabel(label)
    ax.grid(axis="y", visible=False)


def lines(ax: Axes, x: np.ndarray, curves: Mapping[str, np.ndarray]) -> None:
    """Curves labelled at their right end; over several seeds the mean and a band of its standard error.

    Parameters
    ----------
    ax : drawn on; set its scales, limits and titles first, since the labels are kept apart as it stands.
    x : (points,).
    curves : name to (points,) or (points, seeds).

    Raises
    ------
    TypeError, ValueError : for an empty dictionary, no points, a curve of another length than x, or numbers that are
        not finite.
    """
    _check_drawing(ax, curves)
    x, ends = finite_array("x", x), []
    if not x.size:
        raise ValueError("x must hold at least one point, got none.")
    for k, (name, y) in enumerate(curves.items()):
        colour, dash = COLOURS[k % len(COLOURS)], DASHES[k % len(DASHES)]
        y = finite_array(f"curve {name!r}", y)
        if x.ndim != 1 or y.ndim not in (1, 2) or len(y) != len(x):
            raise ValueError(f"Curve {name!r} must have a point for each x, got shapes {y.shape} and {x.shape}.")
        if y.ndim == 2:
            y, error = mean_se(y)
            ax.fill_between(x, y - error, y + error, color=colour, alpha=0.25, linewidth=0)
        ax.plot(x, y, color=colour, linestyle=dash)
        ends.append((y[-1], name, colour, dash))
    ax.margins(x=0.02)
    _label_ends(ax, sorted(ends, key=lambda end: end[:2]))


def _label_ends(ax: Axes, ends: list[tuple]) -> None:
    """Write names right of the axes, from the lowest up, no two on one line; each curve goes on to its name."""
    ax.figure.draw_without_rendering()  # only now are the limits and the axes' place in the figure known
    points = 72 / ax.figure.dpi
    bottom, top = sorted(ax.get_ylim())
    heights = np.clip([height for height, *_ in ends], bottom, top)  # on a log scale, 0 is infinitely low
    at = points * np.array([ax.get_yaxis_transform().transform((1, height))[1] for height in heights])
    low, high = points * ax.bbox.y0 + LINE_OF_TEXT / 2, points * ax.bbox.y1
    lifts = kept_apart(at, LINE_OF_TEXT, low, high) - at
    for height, lift, (_, name, colour, dash) in zip(heights, lifts, ends, strict=True):
        way = {"arrowstyle": "-", "color": colour, "linestyle": dash, "linewidth": 2, "relpos": (0, 0.5), "shrinkA": 2}
        text = {"va": "center", "color": text_colour(colour), "weight": "bold", "xytext": (30, lift), "arrowprops": way}
        ax.annotate(name, (1, height), **text, **_RIGHT_OF_AXES)
