"""Figures that answer to sliders."""

import html
from collections.abc import Callable, Iterable

import ipywidgets as widgets
import numpy as np
from IPython.display import display
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from mtl_helpers.arguments import finite_array
from mtl_helpers.figures import PIXELS_PER_INCH, SHARPNESS, new_figure, with_sentence


def live(draw: Callable[..., str], /, panels: int = 1, **controls: tuple[Iterable[float], float]) -> None:
    """Display a wide figure under sliders, and draw it anew at each move.

    The picture at the start is stored with its sentence, as by `show`. Where the cell runs, the
    sentence also stands under the sliders. A button goes back to the start.

    Parameters
    ----------
    draw : `draw(axes, **values)` draws on clean axes (one, or an array of `panels`), given one value a
        control, and returns the picture's sentence. The axes keep the place that they need at the
        start, and ticks and legend are drawn anew only when limits, labels, titles or the legend's words
        change: both save most of the time.
    panels : how many axes.
    controls : name to (values, start): what a slider steps through, and where it stands at first.
        An underscore in the name is a space in the slider's label.

    Raises
    ------
    TypeError, ValueError : for no function, no control, a control that is no pair, a start that is not
        among the values, values that are not finite, or a draw that returns no text or an empty one.
    """
    if not callable(draw):
        raise TypeError(f"draw must be a function of axes and the controls' values, got {type(draw).__name__}.")
    if not controls:
        raise ValueError("A live figure needs at least one control, got none.")
    sliders = {name: _slider(name, control) for name, control in controls.items()}
    figure, axes = new_figure("wide", panels)
    figure.set_dpi(SHARPNESS * PIXELS_PER_INCH)
    canvas, kept = FigureCanvasAgg(figure), {"frame": None, "pixels": None}

    def picture(small: bool = False) -> tuple[dict, dict]:
        for ax in figure.axes:
            _wipe(ax)
        says = draw(axes, **{name: slider.value for name, slider in sliders.items()})
        if not isinstance(says, str):
            raise TypeError(f"draw must return a sentence, got {type(says).__name__}.")
        moving = [artist for ax in figure.axes for artist in sorted(_contents(ax), key=Artist.get_zorder)]
        frame = [(ax.axis(), ax.get_title(), ax.get_xlabel(), ax.get_ylabel(), *_legend(ax)) for ax in figure.axes]
        if frame != kept["frame"]:
            for artist in moving:
                artist.set_animated(True)  # matplotlib's word for: not with the axes
            canvas.draw()
            kept.update(frame=frame, pixels=canvas.copy_from_bbox(figure.bbox))
        canvas.restore_region(kept["pixels"])
        for artist in moving:
            figure.draw_artist(artist)
        return with_sentence(figure, Image.fromarray(np.array(canvas.buffer_rgba())), says, small)

    def redraw(_: object) -> None:
        data, options = picture()
        sentence.value = html.escape(data["text/plain"])
        handle.update(data, **options)

    def back(_: object) -> None:
        for name, slider in sliders.items():
            slider.value = controls[name][1]

    data, options = picture(small=True)
    figure.set_layout_engine("none")
    button, sentence = widgets.Button(description="Back to the start"), widgets.HTML(html.escape(data["text/plain"]))
    button.on_click(back)
    for slider in sliders.values():
        slider.observe(redraw, "value")
    display(_Controls([*sliders.values(), button, sentence]))
    handle = display(data, **options, display_id=True)


class _Controls(widgets.VBox):
    """Sliders above each other. On a page where nothing runs, their text stands in their place."""

    def __repr__(self) -> str:
        return f"Sliders: {', '.join(child.description for child in self.children[:-2])}. Run this cell to move them."


def _contents(ax: Axes) -> list[Artist]:
    return [*ax.lines, *ax.patches, *ax.collections, *ax.images, *ax.texts]


def _legend(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()] if ax.get_legend() else []


def _wipe(ax: Axes) -> None:
    """Remove what was drawn and keep the ticks: `clear` makes them anew, which takes half of the time of a drawing."""
    for artist in _contents(ax):
        artist.remove()
    ax.set_prop_cycle(None)
    ax.relim()
    ax.autoscale()


def _slider(name: str, control: object) -> widgets.SelectionSlider:
    if not isinstance(control, tuple) or len(control) != 2 or not isinstance(control[0], Iterable):
        raise TypeError(f"Control {name!r} must be a pair (values, start), got {control!r}.")
    values = finite_array(f"control {name!r}", [*control[0]]).tolist()
    if control[1] not in values:
        raise ValueError(f"Control {name!r} must start at one of its values, got {control[1]}.")
    return widgets.SelectionSlider(
        options=[(f"{value:.4g}", value) for value in values],
        value=control[1],
        description=name.replace("_", " "),
        style={"description_width": "10em"},
        layout={"width": "36em"},
    )
