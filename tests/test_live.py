"""Live figures: sliders, the picture at the start, and the pictures that follow."""

import io
import sys

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import pytest
from PIL import Image

LIVE = sys.modules["mtl_helpers.live"]  # the package's name for it means the function


class Updates(list):
    """Stands for the display handle: what later pictures say."""

    def update(self, data, **options):
        self.append(data["text/plain"])
        assert options["metadata"]["image/png"]["alt"] == data["text/plain"]


@pytest.fixture
def on_screen(monkeypatch):
    """The box of controls, the first picture, and what follows it, of a live line."""
    calls, updates = [], Updates()

    def display(data, **options):
        calls.append((data, options))
        return updates

    def draw(ax, slope, start_at):
        assert not ax.lines  # clean
        ax.plot([0, 1], [start_at, start_at + slope])
        return f"From {start_at} with slope {slope}."

    monkeypatch.setattr(LIVE, "display", display)
    assert mtl.live(draw, slope=([0, 0.5, 1], 0.5), start_at=(range(3), 2)) is None
    (box, _), (first, options) = calls
    return box, (first, options), updates


def test_live_figure_starts_with_picture_sentence_and_labelled_sliders(on_screen):
    box, (first, options), updates = on_screen
    assert first["text/plain"] == options["metadata"]["image/png"]["alt"] == "From 2 with slope 0.5."
    assert Image.open(io.BytesIO(first["image/png"])).size == (1296, 518)
    assert [slider.description for slider in box.children[:2]] == ["slope", "start at"]
    assert box._repr_mimebundle_()["text/plain"] == "Sliders: slope, start at. Run this cell to move them."
    assert updates == []


def test_live_figure_is_drawn_anew_at_each_move_and_goes_back(on_screen):
    box, _, updates = on_screen
    slope, start_at, button, sentence = box.children
    assert sentence.value == "From 2 with slope 0.5."
    slope.index = 2
    start_at.index = 0
    assert updates == ["From 2 with slope 1.0.", "From 0 with slope 1.0."]
    assert sentence.value == "From 0 with slope 1.0."
    button.click()
    assert updates[-1] == sentence.value == "From 2 with slope 0.5."


def pictures_there_and_back(monkeypatch, draw):
    pictures, boxes = [], []
    monkeypatch.setattr(Updates, "update", lambda self, data, **_: pictures.append(data["image/png"]))
    monkeypatch.setattr(LIVE, "display", lambda data, **_: boxes.append(data) or Updates())
    mtl.live(draw, height=([1, 2, 3], 1))
    for index in (1, 2, 1):
        boxes[0].children[0].index = index
    return pictures


def test_live_pictures_differ_and_repeat(monkeypatch):
    one, other, again = pictures_there_and_back(
        monkeypatch, lambda ax, height: ax.set(ylim=(0, 4)) and ax.plot([0, 1], [0, height]) and "A line."
    )
    assert one == again != other


@pytest.mark.parametrize("name", ["title", "xlabel", "ylabel", "xlim", "ylim"])
def test_live_frame_is_drawn_anew_when_it_changes(monkeypatch, name):
    def draw(ax, height):
        ax.set(**{name: (0, height) if name.endswith("lim") else f"up to {height}"})
        return "No line: all that changes is the frame."

    one, other, again = pictures_there_and_back(monkeypatch, draw)
    assert one == again != other


def test_live_legend_says_what_was_drawn_last(monkeypatch):
    def draw(ax, height):
        ax.plot([0, 1], [0, 1], label=f"up to {height}")
        ax.legend()
        return "One line: all that changes is the legend."

    one, other, again = pictures_there_and_back(monkeypatch, draw)
    assert one == again != other
