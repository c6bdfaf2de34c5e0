"""The tasks are what their docstrings say."""

from itertools import product

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
import pytest
from mtl_helpers.data import DIGIT_TASKS, posed
from sklearn.datasets import load_digits


# The Boolean ladder ---------------------------------------------------------------------------------------


def ladder_row(bits):
    """The four tasks of one row, from their definition, in plain Python."""
    b1, parity = bits[0] == 1, list(bits[1:6]).count(-1) % 2 == 0
    return {"T1": b1 or parity, "T2": not b1 or parity, "T3": b1 and parity, "T4": not b1 and parity}


def test_ladder_holds_every_row_once():
    X, _ = mtl.boolean_ladder()
    assert {tuple(row) for row in X} == set(product([-1, 1], repeat=8))
    assert X.shape == (256, 8)


def test_ladder_agrees_with_slow_definition():
    X, Y = mtl.boolean_ladder()
    assert list(Y) == ["T1", "T2", "T3", "T4"]
    for task in Y:
        assert Y[task].shape == (256, 1)
        assert Y[task][:, 0].tolist() == [1 if ladder_row(bits)[task] else -1 for bits in X]


# Linear tasks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("angle", [0, 0.01, 30, 45.5, 90, 179, 180])
@pytest.mark.parametrize(("d", "seed"), [(2, 0), (5, 1), (20, 2)])
def test_true_weights_have_length_one_and_stand_at_the_angle(angle, d, seed):
    _, _, W = mtl.linear_tasks(n=3, d=d, angle=angle, noise=1, seed=seed)
    one, two = W.T
    np.testing.assert_allclose(np.linalg.norm(W, axis=0), 1, rtol=1e-12)
    # Exact at small angles too, where the cosine is flat.
    measured = 2 * np.arctan2(np.linalg.norm(one - two), np.linalg.norm(one + two))
    np.testing.assert_allclose(np.rad2deg(measured), angle, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_targets_without_noise_are_exact(seed):
    X, Y, W = mtl.linear_tasks(n=7, d=4, angle=50, noise=0, seed=seed)
    assert (X.shape, Y.shape, W.shape) == ((7, 4), (7, 2), (4, 2))
    np.testing.assert_array_equal(Y, X @ W)


@pytest.mark.parametrize("noise", [0.5, 2])
def test_inputs_and_noise_have_the_spread_asked(noise):
    n = 20_000
    X, Y, W = mtl.linear_tasks(n=n, d=3, angle=70, noise=noise, seed=0)
    rest = (Y - X @ W) / noise
    both = np.hstack([X, rest])
    five_errors = 5 / np.sqrt(n)
    np.testing.assert_allclose(both.mean(axis=0), 0, atol=five_errors)
    np.testing.assert_allclose(np.cov(both.T), np.eye(5), atol=2 * five_errors)


def test_linear_tasks_repeat_with_their_seed():
    first, again, other = (mtl.linear_tasks(n=5, d=3, angle=10, noise=1, seed=seed) for seed in (4, 4, 5))
    for one, same, another in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one, same)
        assert not np.allclose(one, another)


# Posed digits ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits():
    return mtl.posed_digits(seed=0)


IMAGES = load_digits().images[:5] / 16


@pytest.mark.parametrize("image", IMAGES)
def test_no_pose_leaves_the_image(image):
    np.testing.assert_allclose(posed(image[None], np.array([0]), np.array([0]))[0], image, atol=1e-12)


@pytest.mark.parametrize("image", IMAGES)
def test_positive_angle_turns_anticlockwise(image):
    np.testing.assert_allclose(posed(image[None], np.array([90]), np.array([0]))[0], np.rot90(image), atol=1e-12)


@pytest.mark.parametrize("pixels", [1, 2, 3])
def test_positive_shift_moves_right(pixels):
    image = IMAGES[0]
    expected = np.zeros((8, 8))
    expected[:, pixels:] = image[:, :-pixels]
    np.testing.assert_allclose(posed(image[None], np.array([0]), np.array([pixels]))[0], expected, atol=1e-12)


def test_image_turns_first_and_moves_then():
    dot = np.zeros((9, 9))
    dot[4, 6] = 1  # two right of the centre; a quarter turn brings it two above, the shift one to the right
    expected = np.zeros((9, 9))
    expected[2, 5] = 1
    np.testing.assert_allclose(posed(dot[None], np.array([90]), np.array([1]))[0], expected, atol=1e-12)


def test_digits_have_the_shapes_and_ranges_of_the_docstring(digits):
    X, Y = digits
    assert X.shape == (1797, 64)
    assert X.min() >= 0
    assert X.max() <= 1
    columns = dict.fromkeys(DIGIT_TASKS, 1) | {"digit": 10, "view": 64}
    assert {task: y.shape[1] for task, y in Y.items()} == columns
    for task in ("angle", "shift"):
        assert -1 <= Y[task].min() < -0.99
        assert 0.99 < Y[task].max() <= 1


def test_labels_agree_with_each_other_and_with_scikit_learn(digits):
    _, Y = digits
    digit = Y["digit"].argmax(axis=1)
    np.testing.assert_array_equal(Y["digit"].sum(axis=1), 1)
    np.testing.assert_array_equal(Y["odd"][:, 0], [1 if d in (1, 3, 5, 7, 9) else -1 for d in digit])
    np.testing.assert_array_equal(Y["at_least_five"][:, 0], [1 if d in (5, 6, 7, 8, 9) else -1 for d in digit])
    np.testing.assert_array_equal(np.bincount(digit), np.bincount(load_digits().target))


def test_poses_tell_nothing_of_the_digit_or_of_each_other(digits):
    _, Y = digits
    columns = np.hstack([Y["angle"], Y["shift"], Y["digit"]])
    between = np.corrcoef(columns.T)[:2]
    between[[0, 1], [0, 1]] = 0
    assert np.abs(between).max() < 4 / np.sqrt(len(columns))


@pytest.mark.parametrize("degrees", [40, 20])
def test_view_is_the_same_digit_with_the_same_shift_turned_further(degrees):
    X, Y = mtl.posed_digits(seed=0, degrees=degrees)
    order = np.random.default_rng(0).permutation(1797)[:5]
    upright = load_digits().images[order] / 16
    right = 1.5 * Y["shift"][:5, 0]
    for turned_further, expected in ((0, X), (30, Y["view"])):
        images = posed(upright, degrees * Y["angle"][:5, 0] + turned_further, right)
        np.testing.assert_allclose(images.reshape(5, 64), expected[:5], atol=1e-12)


def test_shift_shows_in_the_images(digits):
    X, Y = digits
    images = X.reshape(-1, 8, 8)
    column = images.sum(axis=1) @ np.arange(8) / images.sum(axis=(1, 2))
    slope = np.polyfit(1.5 * Y["shift"][:, 0], column, deg=1)[0]
    assert 0.8 < slope < 1.1  # pixels a pixel; a little is lost at the rim


def test_digits_repeat_with_their_seed(digits):
    X, Y = digits
    again, _ = mtl.posed_digits(["odd"], seed=0)
    np.testing.assert_array_equal(again, X)
    other, other_tasks = mtl.posed_digits(["angle"], seed=1)
    assert not np.allclose(other, X)
    assert list(other_tasks) == ["angle"]
    assert not np.allclose(other_tasks["angle"], Y["angle"])
