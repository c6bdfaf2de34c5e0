"""The networks against NumPy, with and without a replica axis."""

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
import pytest
import tensorflow as tf

# rows, inputs, hidden units, outputs of each task
SIZES = [(1, 1, 1, (1, 1)), (5, 3, 4, (2, 6)), (7, 2, 8, (1, 3, 2)), (4, 6, 5, (2,))]


def hard_shapes(inputs, hidden, outputs):
    heads = {f"head{task}": (hidden, size) for task, size in enumerate(outputs, start=1)}
    return {"trunk": (inputs, hidden), **heads}


def apart_shapes(inputs, hidden, outputs):
    trunks = {f"trunk{task}": (inputs, hidden) for task in range(1, len(outputs) + 1)}
    return trunks | hard_shapes(inputs, hidden, outputs)


def draw(shapes, seed, *lead):
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=(*lead, *shape)) for name, shape in shapes.items()}


# The start ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seeds", [[0], range(4), (7, 3, 7), np.arange(2)])
def test_replica_is_the_single_network_of_its_seed(seeds):
    shapes = hard_shapes(5, 3, (2, 1)) | {"bias": (1, 3)}
    together = mtl.random_start(shapes, seeds)
    for k, seed in enumerate(seeds):
        alone = mtl.random_start(shapes, seed)
        assert list(alone) == list(shapes)
        for name, shape in shapes.items():
            assert alone[name].shape == shape
            np.testing.assert_array_equal(together[name][k], alone[name])


@pytest.mark.parametrize(("inputs", "outputs"), [(10, 20), (64, 64), (3, 1)])
def test_start_fills_its_limits_evenly(inputs, outputs):
    limit = np.sqrt(6 / (inputs + outputs))
    weight = mtl.random_start({"w": (inputs, outputs)}, range(300))["w"] / limit
    assert weight.dtype == np.float64
    assert -1 <= weight.min() < -0.98
    assert 0.98 < weight.max() <= 1
    np.testing.assert_allclose([weight.mean(), weight.var()], [0, 1 / 3], atol=5 / np.sqrt(weight.size))


def test_biases_start_at_zero_and_change_no_other_weight():
    with_bias = mtl.random_start({"a": (2, 3), "bias": (1, 3), "b": (3, 2)}, 0)
    without = mtl.random_start({"a": (2, 3), "b": (3, 2)}, 0)
    np.testing.assert_array_equal(with_bias["bias"], np.zeros((1, 3)))
    np.testing.assert_array_equal(with_bias["b"], without["b"])


# The networks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "inputs", "hidden", "outputs"), SIZES)
def test_hard_sharing_agrees_with_numpy(rows, inputs, hidden, outputs):
    weights = draw(hard_shapes(inputs, hidden, outputs), seed=rows)
    x = np.random.default_rng(1).normal(size=(rows, inputs))
    found = mtl.hard_sharing(weights, x, tasks=len(outputs))
    trunk = np.maximum(x @ weights["trunk"], 0)
    assert len(found) == len(outputs)
    for task, out in enumerate(found, start=1):
        np.testing.assert_allclose(out, trunk @ weights[f"head{task}"], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("rows", "inputs", "hidden", "outputs"), SIZES)
def test_apart_agrees_with_numpy(rows, inputs, hidden, outputs):
    weights = draw(apart_shapes(inputs, hidden, outputs), seed=rows)
    x = np.random.default_rng(2).normal(size=(rows, inputs))
    found = mtl.apart(weights, x, tasks=len(outputs))
    assert len(found) == len(outputs)
    for task, out in enumerate(found, start=1):
        expected = np.maximum(x @ weights[f"trunk{task}"], 0) @ weights[f"head{task}"]
        np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("own_data", [False, True], ids=["shared data", "data a replica"])
@pytest.mark.parametrize(("network", "shapes"), [(mtl.hard_sharing, hard_shapes), (mtl.apart, apart_shapes)])
def test_replica_axis_equals_a_loop_over_replicas(network, shapes, own_data):
    replicas = 3
    weights = draw(shapes(4, 6, (2, 5)), 0, replicas)
    x = np.random.default_rng(3).normal(size=(replicas, 7, 4) if own_data else (7, 4))
    together = network(weights, x)
    for k in range(replicas):
        alone = network({name: w[k] for name, w in weights.items()}, x[k] if own_data else x)
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_allclose(one[k], other, rtol=1e-12, atol=1e-12)


def test_tied_trunks_equal_hard_sharing():
    weights = draw(hard_shapes(4, 6, (2, 5)), seed=0)
    tied = weights | {"trunk1": weights["trunk"], "trunk2": weights["trunk"]}
    x = np.random.default_rng(4).normal(size=(3, 4))
    for one, other in zip(mtl.hard_sharing(weights, x), mtl.apart(tied, x), strict=True):
        np.testing.assert_array_equal(one, other)


def test_networks_take_variables_and_tensors():
    arrays = draw(hard_shapes(4, 6, (2, 5)), seed=0)
    x = np.ones((3, 4))
    for kind in (tf.Variable, tf.constant):
        for one, other in zip(
            mtl.hard_sharing({name: kind(w) for name, w in arrays.items()}, tf.constant(x)),
            mtl.hard_sharing(arrays, x),
            strict=True,
        ):
            np.testing.assert_array_equal(one, other)


# Soft sharing's penalty -----------------------------------------------------------------------------------


@pytest.mark.parametrize("lead", [(), (1,), (4,)])
def test_soft_penalty_is_the_squared_distance(lead):
    weights = draw({"trunk1": (3, 5), "trunk2": (3, 5)}, 0, *lead)
    expected = ((weights["trunk1"] - weights["trunk2"]) ** 2).sum(axis=(-2, -1))
    assert mtl.soft_penalty(weights).shape == lead
    np.testing.assert_allclose(mtl.soft_penalty(weights), expected, rtol=1e-12)
    swapped = {"trunk1": weights["trunk2"], "trunk2": weights["trunk1"]}
    np.testing.assert_allclose(mtl.soft_penalty(swapped), expected, rtol=1e-12)
    tied = {"trunk1": weights["trunk1"], "trunk2": weights["trunk1"]}
    np.testing.assert_array_equal(mtl.soft_penalty(tied), np.zeros(lead))
