"""Gradient methods meet their definitions, on generated gradients of every kind; where none exists, they say so."""

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet  # noqa: F401

import inspect
from functools import partial

import numpy as np
import pytest
import scipy.linalg
from mtl_helpers import methods
from test_weightings import RULES

METHODS = {
    "mgda": methods.mgda,
    "dualproj": methods.dualproj,
    "upgrad": methods.upgrad,
    "pcgrad": lambda J: methods.pcgrad(J, np.random.default_rng(5)),
    "cagrad": partial(methods.cagrad, c=0.5),
    "nash": methods.nash,
    "config": methods.config,
    "imtl_g": methods.imtl_g,
    "aligned": methods.aligned,
}
BY_CHANCE = {"graddrop", "rlw"}  # a direction and weights that are drawn: each has a test of its own
EACH = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


def drawn(kind: str, tasks: int, rng: np.random.Generator) -> np.ndarray:
    J = rng.normal(size=(tasks, int(rng.integers(10, 40))))
    if kind == "conflicting":  # without most of the mean, cosines are negative
        J -= 0.9 * J.mean(axis=0)
    if kind == "near-dependent":
        J[-1] = -J[:-1].sum(axis=0) + 1e-3 * rng.normal(size=J.shape[1])
    if kind == "norms over six decades":
        J *= 10.0 ** rng.uniform(-3, 3, size=(tasks, 1))
    return J


KINDS = ["normal", "conflicting", "near-dependent", "norms over six decades"]
GRADIENTS = {
    f"{kind}, {tasks}": drawn(kind, tasks, np.random.default_rng([tasks, k]))
    for k, kind in enumerate(KINDS)
    for tasks in range(2, 9)
}
OVER_ALL = pytest.mark.parametrize("J", GRADIENTS.values(), ids=GRADIENTS)


def step_of(method, J):
    return J.T @ method(J)


def assert_same_step(one, other, tolerance=1e-6):
    np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * np.linalg.norm(other))


def check_projection(J, w, of, tolerance=1e-9):
    """J'w is the point of the dual cone nearest to `of`: what was added is a mixture of active gradients."""
    norms, step = np.linalg.norm(J, axis=1), J.T @ w
    size = norms * max(np.linalg.norm(step), np.linalg.norm(J.T @ of))
    added = (w - of) * norms
    assert (J @ step >= -tolerance * size).all()
    assert (added >= 0).all()
    assert (np.minimum(added / max(added.max(), 1e-300), (J @ step) / size) < 1e-7).all()


def test_every_public_function_is_tried():
    own = inspect.getmembers(methods, lambda one: getattr(one, "__module__", "") == methods.__name__)
    assert sorted(name for name, _ in own if not name.startswith("_")) == sorted([*METHODS, *RULES, *BY_CHANCE])


# Definitions --------------------------------------------------------------------------------------------------


@OVER_ALL
def test_mgda_is_the_shortest_vector_of_the_hull(J):
    """So its product with each gradient is at least its own square, and equal where the weight is positive."""
    w = methods.mgda(J)
    assert w.min() >= 0
    assert w.sum() == pytest.approx(1)
    step, size = J.T @ w, np.linalg.norm(J, axis=1)
    more = (J @ step - step @ step) / (size * size.min())  # the hull's shortest is no longer than the shortest row
    assert more.min() > -1e-7
    assert np.minimum(more, w).max() < 1e-7


@OVER_ALL
def test_dualproj_projects_the_mean_and_upgrad_each_gradient(J):
    T = len(J)
    check_projection(J, methods.dualproj(J), np.full(T, 1 / T))
    for one in np.eye(T):
        check_projection(J, methods._projected(methods._triangle(J), one), one)
    parts = [methods._projected(methods._triangle(J), one) for one in np.eye(T)]
    assert_same_step(J.T @ methods.upgrad(J), J.T @ np.mean(parts, axis=0))


@OVER_ALL
@pytest.mark.parametrize("c", [0.1, 0.5, 0.99, 2.0])
def test_cagrad_is_best_within_reach(J, c):
    """The step is mean + reach * direction of a mixture, and the mixture holds only tasks that are helped least."""
    mean, step = J.mean(axis=0), step_of(partial(methods.cagrad, c=c), J)
    reach, added = c * np.linalg.norm(mean), step - mean
    assert np.linalg.norm(added) == pytest.approx(reach, rel=1e-6)
    w = methods.cagrad(J, c) - 1 / len(J)
    assert w.min() > -1e-12
    gains = J @ step
    assert w @ gains / w.sum() - gains.min() < 1e-6 * np.abs(gains).max()


@OVER_ALL
def test_nash_solves_its_equation(J):
    w = methods.nash(J)
    assert w.min() > 0
    rounding = 1e-15 * len(J) * np.max(w * np.linalg.norm(J, axis=1)) ** 2  # of a small sum of large weighted gradients
    np.testing.assert_allclose(w * (J @ (J.T @ w)), 1, rtol=1e-10 + rounding)


@OVER_ALL
def test_config_and_imtl_g_have_equal_cosines(J):
    units = J / np.linalg.norm(J, axis=1, keepdims=True)
    for method, length in ((methods.config, "projections"), (methods.imtl_g, "weights")):
        w = method(J)
        step = J.T @ w
        cosines = units @ step / np.linalg.norm(step)
        np.testing.assert_allclose(cosines, cosines[0], atol=1e-7)
        if length == "weights":
            assert w.sum() == pytest.approx(1)
        else:
            assert cosines[0] > 0
            assert np.linalg.norm(step) == pytest.approx(np.sum(J @ step) / np.linalg.norm(step))


@OVER_ALL
def test_aligned_is_the_mean_of_the_polar_factor(J):
    polar, _ = scipy.linalg.polar(J)  # the nearest matrix with orthogonal rows of length 1
    np.testing.assert_allclose(polar @ polar.T, np.eye(len(J)), atol=1e-10)
    assert_same_step(step_of(methods.aligned, J), np.linalg.norm(J, -2) * polar.mean(axis=0))


@OVER_ALL
def test_pcgrad_follows_its_loop_on_the_gradients_themselves(J):
    rng, total = np.random.default_rng(5), 0.0
    for task in range(len(J)):
        gradient = J[task].copy()
        for other in rng.permutation(len(J)):
            if other != task and gradient @ J[other] < 0:
                gradient -= gradient @ J[other] / (J[other] @ J[other]) * J[other]
        total += gradient
    assert_same_step(step_of(METHODS["pcgrad"], J), total)


def test_graddrop_has_the_mean_and_the_variance_that_are_stated():
    J, rng = GRADIENTS["conflicting, 4"], np.random.default_rng(0)
    plus, minus = np.maximum(J, 0).sum(axis=0), np.maximum(-J, 0).sum(axis=0)
    draws = np.array([methods.graddrop(J, rng) for _ in range(20_000)])
    assert ((draws == plus) | (draws == -minus)).all()
    error = np.sqrt(plus * minus / len(draws)) + 1e-12
    assert (np.abs(draws.mean(axis=0) - J.sum(axis=0)) < 5 * error).all()
    np.testing.assert_allclose(draws.var(axis=0), plus * minus, rtol=0.15, atol=1e-12)


def test_values_that_others_publish():
    """The matrix with which the reference library TorchJD documents its methods, to its four digits.

    There `dualproj` gives (0.5563, 1.1109, 1.1109), for a regulariser that ours has not: exact is (5, 10, 10) / 9.
    """
    J = np.array([[-4.0, 1, 1], [6, 1, 1]])
    steps = {
        "mgda": [0, 1, 1],
        "pcgrad": [0.5848, 3.8012, 3.8012],
        "upgrad": [0.2924, 1.9006, 1.9006],
        "dualproj": [0.5556, 1.1111, 1.1111],
        "imtl_g": [0.0767, 1, 1],
        "cagrad": [0.1835, 1.2041, 1.2041],
        "aligned": [0.2133, 0.9673, 0.9673],
        "config": [0.1588, 2.0706, 2.0706],
    }
    for name, step in steps.items():
        np.testing.assert_allclose(step_of(METHODS[name], J), step, atol=5.1e-5, err_msg=name)
    nash = step_of(methods.nash, J)
    np.testing.assert_allclose(nash / nash[1], [0.0767, 1, 1], atol=5.1e-5)


# Properties ---------------------------------------------------------------------------------------------------


@EACH
@OVER_ALL
def test_order_of_tasks_and_choice_of_axes_do_not_matter(method, J):
    order = np.random.default_rng(0).permutation(len(J))
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(J.shape[1],) * 2))
    step = step_of(method, J)
    assert_same_step(step_of(method, J @ rotation), step @ rotation)
    if method is not METHODS["pcgrad"] or len(J) == 2:  # of three and more, it draws the order
        assert_same_step(step_of(method, J[order]), step)


@EACH
@OVER_ALL
def test_step_grows_with_the_gradients(method, J):
    """All methods but Nash, whose step has one length."""
    power = 0 if method is methods.nash else 1
    assert_same_step(step_of(method, 100 * J), 100**power * step_of(method, J))


@OVER_ALL
def test_units_of_losses_change_no_direction_of_nash_config_and_imtl_g(J):
    scaled = J * np.geomspace(0.1, 20, len(J))[:, None]
    for method in (methods.nash, methods.config, methods.imtl_g):
        one, other = step_of(method, J), step_of(method, scaled)
        cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
        assert abs(cosine) == pytest.approx(1, abs=1e-9)
    assert np.linalg.norm(step_of(methods.nash, scaled)) == pytest.approx(len(J) ** 0.5)


@OVER_ALL
def test_what_harms_nobody(J):
    norms = np.linalg.norm(J, axis=1)
    for method in (methods.mgda, methods.dualproj, methods.upgrad, methods.nash, methods.config):
        w = method(J)
        rounding = 1e-13 * norms * (norms @ np.abs(w))
        assert (J @ (J.T @ w) > -rounding).all()


@EACH
def test_two_gradients_of_one_length_leave_nothing_but_the_sum(method):
    """Two tasks that change places change no step, so it points along the bisector: whatever the method."""
    for seed in range(20):
        J = np.random.default_rng(seed).normal(size=(2, 6))
        J /= np.linalg.norm(J, axis=1, keepdims=True)
        step, total = step_of(method, J), J.sum(axis=0)
        np.testing.assert_allclose(step / np.linalg.norm(step), total / np.linalg.norm(total), atol=1e-7)


@pytest.mark.parametrize("seed", range(20))
def test_identities_of_two_tasks(seed):
    J = np.random.default_rng(seed).normal(size=(2, 6)) * [[1], [3]]
    units = J / np.linalg.norm(J, axis=1, keepdims=True)
    assert_same_step(2 * step_of(methods.upgrad, J), step_of(METHODS["pcgrad"], J))
    for method in (methods.nash, methods.config, methods.imtl_g):
        step = step_of(method, J)
        np.testing.assert_allclose(
            step / np.linalg.norm(step), units.sum(axis=0) / np.linalg.norm(units.sum(axis=0)), atol=1e-7
        )


def test_cagrad_reaches_from_the_mean_to_mgda():
    J = GRADIENTS["conflicting, 5"]
    assert_same_step(step_of(partial(methods.cagrad, c=0), J), J.mean(axis=0))
    far, shortest = step_of(partial(methods.cagrad, c=1e6), J), step_of(methods.mgda, J)
    np.testing.assert_allclose(far / np.linalg.norm(far), shortest / np.linalg.norm(shortest), atol=1e-5)


def test_imtl_g_may_climb_where_config_descends():
    J = np.array([[1, 0, 0], [-0.5, 0.9, 0], [0.025, 0.045, 0.005]])
    assert (J @ step_of(methods.imtl_g, J) < 0).all()
    assert (J @ step_of(methods.config, J) > 0).all()


# Where gradients can be mixed to zero, or are zero -----------------------------------------------------------------


def test_methods_stop_where_no_direction_helps_all():
    """Pareto-stationary: a mixture with positive weights is zero. For PCGrad, this holds for two tasks only."""
    J = np.random.default_rng(0).normal(size=(3, 6))
    J[2] = -(0.5 * J[0] + 0.7 * J[1])
    for method in (methods.mgda, methods.dualproj, methods.upgrad, partial(methods.cagrad, c=1.0)):
        assert np.linalg.norm(J @ step_of(method, J)) < 1e-7
    J = np.array([[1.0, 2], [-3, -6]])
    for name in ("mgda", "dualproj", "upgrad", "pcgrad"):
        assert np.linalg.norm(step_of(METHODS[name], J)) < 1e-7


def test_zero_gradients_where_a_method_has_an_answer():
    J = np.array([[0.0, 0, 0], [1, 2, 3], [3, 0, -1]])
    np.testing.assert_allclose(methods.mgda(J), [1, 0, 0])
    np.testing.assert_allclose(step_of(methods.dualproj, J), J.mean(axis=0))
    np.testing.assert_allclose(step_of(methods.upgrad, J), J.mean(axis=0))
    np.testing.assert_allclose(step_of(METHODS["pcgrad"], J), J.sum(axis=0))
    for name in ("mgda", "dualproj", "upgrad", "pcgrad", "cagrad"):
        np.testing.assert_array_equal(step_of(METHODS[name], np.zeros((3, 4))), np.zeros(4))


OPPOSITE, MIXED = np.array([[1.0, 2], [-2, -4]]), np.array([[1.0, 0], [0, 1], [-1, -1]])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        *[
            (partial(method, J), ValueError, f"at least two tasks, (tasks, weights), got shape {shape}")
            for method in METHODS.values()
            for J, shape in [(np.ones((1, 3)), "(1, 3)"), (np.ones(3), "(3,)"), (np.ones((2, 0)), "(2, 0)")]
        ],
        *[(partial(m, [[1, np.nan], [1, 1]]), ValueError, "J must hold finite numbers") for m in METHODS.values()],
        *[
            (partial(METHODS[name], [[1.0, 2], [0, 0]]), ValueError, f"{name} needs gradients that are not zero")
            for name in ("nash", "config", "imtl_g")
        ],
        (partial(methods.aligned, np.zeros((2, 3))), ValueError, "aligned needs a gradient that is not zero"),
        (partial(methods.nash, OPPOSITE), ValueError, "no mixture with positive weights cancels"),
        (partial(methods.nash, MIXED), ValueError, "no mixture with positive weights cancels"),
        (partial(methods.config, OPPOSITE), ValueError, "config needs gradients with which one direction has equal"),
        (partial(methods.imtl_g, MIXED), ValueError, "imtl_g needs gradients with which one direction has equal"),
        (partial(methods.pcgrad, MIXED, 0), TypeError, "rng must be a generator"),
        (partial(methods.graddrop, MIXED, None), TypeError, "rng must be a generator"),
        (partial(methods.graddrop, [1.0], np.random.default_rng(0)), ValueError, "at least two tasks"),
        (partial(methods.cagrad, MIXED, -0.5), ValueError, "c must be finite and at least 0"),
        (partial(methods.cagrad, MIXED, "0.5"), TypeError, "c must be a number"),
    ],
)
def test_what_has_no_answer_is_refused(call, error, words):
    with pytest.raises(error) as caught:
        call()
    assert words in str(caught.value)
