"""Numbers over seeds as text agree with their definitions."""

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
import pytest


@pytest.mark.parametrize(("shape", "axis"), [((20,), -1), ((5, 20), -1), ((20, 5), 0), ((2, 3, 4), 1)])
def test_mean_se_agrees_with_its_definition(shape, axis):
    values = np.random.default_rng(0).normal(size=shape)
    mean, error = mtl.mean_se(values, axis)
    n = shape[axis]
    np.testing.assert_allclose(mean, values.sum(axis) / n, rtol=1e-12)
    squares = ((values - np.expand_dims(mean, axis)) ** 2).sum(axis)
    np.testing.assert_allclose(error, np.sqrt(squares / (n - 1) / n), rtol=1e-12)


@pytest.mark.parametrize(
    ("values", "form", "text"),
    [
        ([1.0, 2.0, 3.0], ".3f", "2.000 ± 0.577"),
        ([1.0, 2.0, 3.0], "+.1f", "+2.0 ± 0.6"),
        ([-3.0, -2.0, -1.0], ".0f", "-2 ± 1"),
        ([-1e-9, -1e-9], ".2f", "0.00 ± 0.00"),
        ([-1e-9, -1e-9], "+.2f", "+0.00 ± 0.00"),
    ],
)
def test_plus_minus_writes_mean_and_error(values, form, text):
    assert mtl.plus_minus(values, form) == text


def test_table_shows_numbers_texts_and_means(capsys):
    mtl.table({"one": [3, 0.12345, "yes"], "the other": [12, -1e-9, [1.0, 2.0, 3.0]]}, ["n", "x", "?"], title="row")
    assert capsys.readouterr().out == (
        "row         n      x              ?\n"
        "one         3  0.123            yes\n"
        "the other  12  0.000  2.000 ± 0.577\n"
    )


def test_table_compares_with_one_of_its_rows(capsys):
    """The paired difference has a standard error of its own, far below that of either row."""
    base = np.array([0.1, 0.5, 0.9])
    mtl.table({"alone": base, "both": base + np.array([0.1, 0.2, 0.3]), "same": base}, against="alone", digits=2)
    assert capsys.readouterr().out == (
        "         mean ± se   minus alone  in se\n"
        "alone  0.50 ± 0.23\n"
        "both   0.70 ± 0.29  +0.20 ± 0.06   +3.5\n"
        "same   0.50 ± 0.23  +0.00 ± 0.00\n"
    )


def test_table_of_plain_values(capsys):
    mtl.table({"a": 1.0, "b": "none"}, digits=1)
    mtl.table({"a": [1.0, 2.0]}, title="over seeds", digits=1)
    assert capsys.readouterr().out == "a   1.0\nb  none\nover seeds  mean ± se\na           1.5 ± 0.5\n"
