"""Closed forms that the lessons compare their measurements with."""

import numpy as np

from mtl_helpers.arguments import finite_array, whole_number


def reduced_rank_regression(X: np.ndarray, Y: np.ndarray, rank: int) -> tuple[np.ndarray, float]:
    """The best linear map of at most a given rank, and its squared error.

    This is what a linear network with one shared layer of width `rank` can reach at best.

    Parameters
    ----------
    X : (rows, inputs).
    Y : (rows, tasks).
    rank : 1 or more.

    Returns
    -------
    W : (inputs, tasks), of rank `rank` or less.
    loss : sum of squares of Y - X W.

    Raises
    ------
    TypeError, ValueError : for arrays that are not finite matrices with equally many rows, or a rank below 1.

    Source: Izenman (1975), "Reduced-rank regression for the multivariate linear model".
    Lesson 02's room 02a derives it.
    """
    rank = whole_number("rank", rank, 1)
    X, Y = finite_array("X", X), finite_array("Y", Y)
    if X.ndim != 2 or Y.ndim != 2 or len(X) != len(Y) or 0 in X.shape + Y.shape:
        raise ValueError(f"X and Y must be matrices with equally many rows, got shapes {X.shape} and {Y.shape}.")
    B = np.linalg.lstsq(X, Y)[0]
    V = np.linalg.svd(X @ B, full_matrices=False)[2][:rank].T
    W = B @ V @ V.T
    return W, float(np.sum((Y - X @ W) ** 2))
