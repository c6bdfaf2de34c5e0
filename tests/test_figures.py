"""Figures can be read: sizes, colours, labels that neither overlap nor leave the picture, and the sentence."""

import io

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation, Text
from mtl_helpers import figures
from mtl_helpers.figures import COLOURS, DASHES, INK, PAPER, SIZES, STYLE, contrast, kept_apart, text_colour
from PIL import Image

# Colours ------------------------------------------------------------------------------------------------------


def test_contrast_agrees_with_known_values():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)  # WCAG's well-known lightest grey
    assert contrast(COLOURS[0], COLOURS[0]) == 1
    assert contrast(COLOURS[0], PAPER) == contrast(PAPER, COLOURS[0])


@pytest.mark.parametrize("colour", [INK, *map(text_colour, COLOURS)])
def test_text_can_be_read_on_white(colour):
    assert contrast(colour, PAPER) >= 4.5


@pytest.mark.parametrize("colour", COLOURS)
def test_lines_can_be_seen_on_white(colour):
    assert contrast(colour, PAPER) >= 2


def test_colours_never_stand_alone():
    assert len({*COLOURS}) == len({*DASHES}) == len(COLOURS)


def test_style_holds_for_what_a_lesson_draws_itself():
    fig, ax = mtl.new_figure()
    (line,) = ax.plot([0, 1])
    texts = [ax.set_title("t"), ax.set_xlabel("x"), ax.text(0, 0, "inside"), *ax.get_xticklabels()]
    assert line.get_linewidth() >= 2
    assert min(text.get_fontsize() for text in texts) >= 10
    assert {text.get_color() for text in texts} == {INK}
    assert fig.get_facecolor() == mpl.colors.to_rgba(PAPER)
    assert STYLE.items() <= mpl.rcParams.items()


def test_log_scale_has_no_small_exponents():
    fig, ax = mtl.new_figure()
    ax.set(yscale="log", ylim=(0.001, 1000))
    fig.draw_without_rendering()
    labels = [ax.yaxis.get_major_formatter()(10.0**power) for power in range(-3, 4)]
    assert "0.01" in labels[1]
    assert not any("^" in label for label in labels)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("panels", [1, 3])
def test_new_figure_has_its_size_and_panels(size, panels):
    fig, axes = mtl.new_figure(size, panels)
    assert tuple(fig.get_size_inches()) == SIZES[size]
    assert len(fig.axes) == np.size(axes) == panels


# Labels kept apart --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_kept_apart_keeps_gap_order_and_bounds(seed):
    rng = np.random.default_rng(seed)
    wanted = np.sort(rng.uniform(0, 10, size=6))
    found = kept_apart(wanted, 1, low=0, high=10)
    assert np.diff(found).min() > 1 - 1e-12
    assert found.min() >= 0
    assert found.max() <= 10
    # No other heights that keep to the rules lie nearer.
    for _ in range(200):
        other = found + rng.normal(scale=rng.choice([0.01, 0.3]), size=6)
        if np.diff(other).min() >= 1 and other.min() >= 0 and other.max() <= 10:
            assert np.sum((other - wanted) ** 2) >= np.sum((found - wanted) ** 2) - 1e-9


@pytest.mark.parametrize("wanted", [[0.0], [0, 1, 2.5], [-3, 7]])
def test_kept_apart_leaves_alone_what_is_far_enough(wanted):
    np.testing.assert_allclose(kept_apart(wanted, 1), wanted)


# The plots ----------------------------------------------------------------------------------------------------

X = np.arange(1, 101)
FALLING = 1 / X
CURVES = {
    "equal ends": {name: FALLING * k for k, name in enumerate(["alone", "hard sharing", "soft sharing", "shuffled"])},
    "all the same": dict.fromkeys(["one", "two", "three", "four"], FALLING),
    "at the top": {name: 2 - FALLING for name in ("gap", "gain", "joy", "pay")},
    "far apart": {"low": 0 * X, "middle": 0 * X + 0.5, "high": 0 * X + 1.0},
    "over seeds": {name: FALLING[:, None] * np.linspace(1, 2, 20) for name in ("alone", "together")},
    "long names": {"four tasks, targets shuffled over rows": FALLING, "four tasks as they are": 2 * FALLING},
    "ends at zero": {"reaches zero": 1 - X / 100, "stays": 0 * X + 1.0},
}


def check_labels(fig, labels):
    """No label meets another, a tick, a title or another panel, and none leaves the picture."""
    fig.dpi = 144
    fig.draw_without_rendering()
    renderer = FigureCanvasAgg(fig).get_renderer()
    extents = [Text.get_window_extent(label, renderer) for label in labels]  # without the line that leads to it
    others = [ax.bbox for ax in fig.axes]
    for ax in fig.axes:
        texts = [ax.title, ax.xaxis.label, ax.yaxis.label, *ax.get_xticklabels(), *ax.get_yticklabels()]
        others += [text.get_window_extent(renderer) for text in texts if text.get_text()]
    for k, extent in enumerate(extents):
        assert extent.x0 >= 0
        assert extent.y0 >= 0
        assert extent.x1 <= fig.bbox.x1
        assert extent.y1 <= fig.bbox.y1
        assert not any(extent.overlaps(other) for other in (*extents[:k], *others))


def annotations(ax):
    return [text for text in ax.texts if isinstance(text, Annotation)]


@pytest.mark.parametrize(
    ("case", "size", "scale"),
    [
        *((case, "wide", "linear") for case in CURVES),
        *((case, "wide", "log") for case in ("equal ends", "ends at zero")),
        ("at the top", "tall", "linear"),
    ],
)
def test_labels_of_lines_stay_apart(case, size, scale):
    fig, ax = mtl.new_figure(size)
    ax.set_yscale(scale)
    mtl.lines(ax, X, CURVES[case])
    ax.set(title="A title that comes later", xlabel="step", ylabel="loss")  # squeezes the axes a little
    labels = annotations(ax)
    check_labels(fig, labels)
    # From the bottom up they stand in the order of the curves' ends.
    ends = {name: np.mean(curve[-1]) for name, curve in CURVES[case].items()}
    bottom_up = sorted(labels, key=lambda label: Text.get_window_extent(label).y0)
    heights = [ends[label.get_text()] for label in bottom_up]
    assert heights == sorted(heights)


def test_each_curve_leads_to_its_name_in_its_own_stroke():
    _, ax = mtl.new_figure()
    mtl.lines(ax, X, CURVES["equal ends"])
    strokes = {line.get_linestyle(): line.get_color() for line in ax.lines}
    names = {label.arrow_patch.get_linestyle(): label.get_text() for label in annotations(ax)}
    assert set(names) == set(strokes)
    assert [names[stroke] for stroke in strokes] == list(CURVES["equal ends"])


def test_labels_of_two_panels_stay_apart():
    fig, axes = mtl.new_figure("wide", panels=2)
    for ax, case in zip(axes, ("equal ends", "long names"), strict=True):
        mtl.lines(ax, X, CURVES[case])
        ax.set(title=case, xlabel="step", ylabel="loss")
    check_labels(fig, [label for ax in axes for label in annotations(ax)])


def test_label_stands_at_the_end_of_its_curve():
    fig, ax = mtl.new_figure()
    mtl.lines(ax, X, CURVES["far apart"])
    fig.draw_without_rendering()
    for label in annotations(ax)[1:]:  # the lowest keeps away from the ticks
        wanted = ax.transData.transform((100, CURVES["far apart"][label.get_text()][-1]))[1]
        box = label.get_window_extent()
        assert box.y0 < wanted < box.y1
        assert label.get_position()[1] == pytest.approx(0, abs=1e-9)


def test_lines_show_the_mean_and_its_error():
    _, ax = mtl.new_figure()
    values = CURVES["over seeds"]
    mtl.lines(ax, X, values)
    for line, band, curve in zip(ax.lines, ax.collections, values.values(), strict=True):
        mean, error = mtl.mean_se(curve)
        np.testing.assert_allclose(line.get_ydata(), mean)
        edge = band.get_paths()[0].vertices
        assert edge[:, 1].min() == pytest.approx((mean - error).min())
        assert edge[:, 1].max() == pytest.approx((mean + error).max())
    assert len({(line.get_color(), line.get_linestyle()) for line in ax.lines}) == len(values)


ROWS = {
    "two": {"alone": np.linspace(0, 1, 20), "with T2": np.linspace(2, 3, 20)},
    "seven, long names": {f"{k} tasks, targets shuffled over the rows": np.arange(5.0) + k for k in range(7)},
    "no spread": {"a": np.ones(3), "b": np.ones(3)},
    "wide apart": {"a": np.array([1e-9, 2e-9]), "b": np.array([1e3, 2e3])},
}


@pytest.mark.parametrize(("case", "size"), [*((case, "wide") for case in ROWS), ("seven, long names", "tall")])
def test_labels_of_dots_stay_apart(case, size):
    fig, ax = mtl.new_figure(size)
    mtl.dots(ax, ROWS[case], "test error", digits=2)
    check_labels(fig, annotations(ax))


def test_dots_show_every_seed_the_mean_and_its_error():
    _, ax = mtl.new_figure()
    values = ROWS["two"]
    mtl.dots(ax, values, "accuracy", digits=2)
    points = [line.get_xdata() for line in ax.lines if line.get_marker() == "o"]
    for found, seeds in zip(points, values.values(), strict=True):
        np.testing.assert_array_equal(found, seeds)
    expected = [mtl.plus_minus(seeds, ".2f") for seeds in values.values()]
    assert [label.get_text() for label in annotations(ax)] == expected
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(values)
    assert ax.get_xlabel() == "accuracy"


# Showing ------------------------------------------------------------------------------------------------------


@pytest.fixture
def shown(monkeypatch):
    """What `show` hands to the notebook."""
    calls = []
    monkeypatch.setattr(figures, "display", lambda data, **options: calls.append((data, options)))
    return calls


@pytest.mark.parametrize("size", SIZES)
def test_show_gives_picture_sentence_and_alternative_text(shown, size):
    fig, ax = mtl.new_figure(size)
    mtl.lines(ax, X, CURVES["equal ends"])
    says = "The loss falls from 1 to 0.01."
    assert mtl.show(fig, says=says) is None  # nothing that a cell would print
    ((data, options),) = shown
    assert data["text/plain"] == says
    assert options["raw"]
    metadata = options["metadata"]["image/png"]
    assert metadata["alt"] == says
    width, height = SIZES[size]
    assert (metadata["width"], metadata["height"]) == (round(96 * width), round(96 * height))
    picture = Image.open(io.BytesIO(data["image/png"])).convert("RGB")
    assert picture.size == (int(144 * width), int(144 * height))
    assert picture.getpixel((0, 0)) == (255, 255, 255)
    assert len(picture.getcolors()) > 20  # not blank
    assert len(data["image/png"]) < 60_000


def test_show_does_not_change_from_run_to_run(shown):
    for _ in range(2):
        fig, ax = mtl.new_figure()
        mtl.dots(ax, ROWS["two"], "error")
        mtl.show(fig, says="Two rows.")
    assert shown[0] == shown[1]
