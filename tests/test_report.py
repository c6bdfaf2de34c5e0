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
