"""Closed forms against slow independent ways to the same answer."""

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
import pytest

# rows, inputs, tasks, rank
SIZES = [(12, 5, 4, 1), (12, 5, 4, 2), (30, 3, 6, 2), (30, 8, 3, 3), (6, 6, 2, 1), (4, 7, 3, 1), (20, 4, 4, 9)]


def problem(rows, inputs, tasks):
    rng = np.random.default_rng(rows + 10 * inputs + 100 * tasks)
    return rng.normal(size=(rows, inputs)), rng.normal(size=(rows, tasks))


def alternating_least_squares(X, Y, rank, rounds=200):
    """The same minimum by brute force: best heads for a trunk, best trunk for the heads, and again."""
    trunk = np.random.default_rng(0).normal(size=(X.shape[1], rank))
    for _ in range(rounds):
        heads = np.linalg.lstsq(X @ trunk, Y)[0]
        trunk = np.linalg.lstsq(X, Y @ np.linalg.pinv(heads))[0]
    return trunk @ heads


@pytest.mark.parametrize(("rows", "inputs", "tasks", "rank"), SIZES[:4])
def test_agrees_with_alternating_least_squares(rows, inputs, tasks, rank):
    X, Y = problem(rows, inputs, tasks)
    W, loss = mtl.reduced_rank_regression(X, Y, rank)
    reference = alternating_least_squares(X, Y, rank)
    np.testing.assert_allclose(loss, np.sum((Y - X @ reference) ** 2), rtol=1e-10)
    np.testing.assert_allclose(W, reference, atol=1e-5)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_orthonormal_inputs_leave_a_truncated_svd(rank):
    X, Y = problem(15, 5, 4)
    X = np.linalg.qr(X)[0]
    U, s, Vt = np.linalg.svd(X.T @ Y, full_matrices=False)
    W, _ = mtl.reduced_rank_regression(X, Y, rank)
    np.testing.assert_allclose(W, U[:, :rank] * s[:rank] @ Vt[:rank], atol=1e-12)


@pytest.mark.parametrize(("rows", "inputs", "tasks", "rank"), SIZES)
def test_loss_is_that_of_least_squares_and_the_singular_values_left_out(rows, inputs, tasks, rank):
    X, Y = problem(rows, inputs, tasks)
    W, loss = mtl.reduced_rank_regression(X, Y, rank)
    B = np.linalg.lstsq(X, Y)[0]
    left_out = np.linalg.svd(X @ B, compute_uv=False)[rank:]
    np.testing.assert_allclose(loss, np.sum((Y - X @ B) ** 2) + np.sum(left_out**2), rtol=1e-10, atol=1e-20)
    np.testing.assert_allclose(loss, np.sum((Y - X @ W) ** 2), rtol=1e-12)
    assert np.linalg.matrix_rank(W) <= rank
    if rank >= min(inputs, tasks):
        np.testing.assert_allclose(W, B, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_no_other_map_of_that_rank_is_better(seed):
    X, Y = problem(12, 5, 4)
    W, loss = mtl.reduced_rank_regression(X, Y, 2)
    rng = np.random.default_rng(seed)
    U, s, Vt = np.linalg.svd(W)
    trunk, heads = U[:, :2] * s[:2], Vt[:2]
    for size in (1e-4, 1e-2, 1):
        near = (trunk + size * rng.normal(size=(5, 2))) @ (heads + size * rng.normal(size=(2, 4)))
        assert np.sum((Y - X @ near) ** 2) > loss


def test_whole_numbers_are_numbers_too():
    X, Y = np.array([[1, 0], [0, 1], [1, 1]]), np.array([[1], [2], [3]])
    W, loss = mtl.reduced_rank_regression(X, Y, 1)
    np.testing.assert_allclose(W, [[1], [2]], atol=1e-12)
    assert loss < 1e-24
