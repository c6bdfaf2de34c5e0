"""Loss weightings meet their definitions and the rules of lesson 08; what they cannot weigh, they refuse."""

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet  # noqa: F401

from functools import partial

import numpy as np
import pytest
import tensorflow as tf
from lesson_code import run_cells
from mtl_helpers import methods

RNG = np.random.default_rng(8)
LOSSES = RNG.uniform(0.1, 3, size=(7, 4, 3))  # steps, replicas, tasks
NORMS = RNG.uniform(0.1, 3, size=LOSSES.shape)
# Each as a function of losses, norms and memory, with as many slots as its memory has.
RULES = {
    "inverse_loss": (lambda L, n, m: (methods.inverse_loss(L), m), 1),
    "geometric_mean": (lambda L, n, m: (methods.geometric_mean(L), m), 1),
    "uncertainty": (lambda L, n, m: methods.uncertainty(L, m, 0.1), 1),
    "dwa": (lambda L, n, m: methods.dwa(L, m), 2),
    "gradnorm": (lambda L, n, m: methods.gradnorm(L, n, m, 1.5, 0.02), 2),
    "famo": (lambda L, n, m: methods.famo(L, m, 0.1), 2),
    "stch": (lambda L, n, m: (methods.stch(L, 0.3), m), 1),
}
EACH = pytest.mark.parametrize(("rule", "slots"), RULES.values(), ids=RULES)


def weights_over(rule, slots, losses=LOSSES, norms=NORMS):
    """The weights of each step."""
    memory, found = tf.zeros((slots, *losses.shape[1:]), tf.float64), []
    for L, n in zip(losses, norms, strict=True):
        c, memory = rule(tf.constant(L), tf.constant(n), memory)
        found.append(c.numpy())
    return np.array(found)


@EACH
def test_a_permutation_of_the_tasks_permutes_the_weights(rule, slots):
    order = [2, 0, 1]
    changed = weights_over(rule, slots, LOSSES[..., order], NORMS[..., order])
    np.testing.assert_allclose(changed, weights_over(rule, slots)[..., order], rtol=1e-12)


@EACH
def test_replicas_never_mix(rule, slots):
    alone = weights_over(rule, slots, LOSSES[:, :1], NORMS[:, :1])
    np.testing.assert_allclose(alone, weights_over(rule, slots)[:, :1], rtol=1e-12)


@EACH
def test_a_trace_gives_the_same_weights(rule, slots):
    traced = tf.function(rule, jit_compile=True)
    np.testing.assert_allclose(weights_over(traced, slots), weights_over(rule, slots), rtol=1e-9)


@pytest.mark.parametrize("name", ["inverse_loss", "famo"])
def test_a_unit_cancels(name):
    """Weight times loss is the same up to a factor that all tasks have in common."""
    shares = []
    for scale in (1.0, np.array([1.0, 100.0, 0.01])):
        weighted = weights_over(*RULES[name], LOSSES * scale) * scale
        shares.append(weighted / weighted.sum(axis=-1, keepdims=True))
    np.testing.assert_allclose(*shares, rtol=1e-9)


def test_gradnorm_settles_where_the_weighted_norms_are_equal():
    rule = partial(methods.gradnorm, alpha=0.0, rate=0.01)
    losses, norms = (np.repeat(values[:1, :1], 300, axis=0) for values in (LOSSES, NORMS))
    weighted = weights_over(lambda L, n, m: rule(L, n, m), 2, losses, norms)[-1] * norms[-1]
    np.testing.assert_allclose(weighted / weighted.mean(), 1, rtol=0.1)


@pytest.mark.parametrize(
    ("rule", "total"),
    [
        (methods.inverse_loss, lambda L: tf.reduce_sum(tf.math.log(L))),
        (methods.geometric_mean, lambda L: tf.reduce_sum(tf.reduce_prod(L, axis=-1) ** (1 / 3))),
        (partial(methods.stch, mu=0.3), lambda L: tf.reduce_sum(0.3 * tf.reduce_logsumexp(L / 0.3, axis=-1))),
        (partial(methods.stch, mu=2.0, ideal=0.1), lambda L: tf.reduce_sum(2 * tf.reduce_logsumexp((L - 0.1) / 2, -1))),
    ],
    ids=["sum of logarithms", "geometric mean", "smooth maximum", "smooth maximum above an ideal"],
)
def test_weights_are_the_gradient_of_their_total(rule, total):
    losses = tf.constant(LOSSES[0])
    with tf.GradientTape() as tape:
        tape.watch(losses)
        value = total(losses)
    np.testing.assert_allclose(rule(losses), tape.gradient(value, losses), rtol=1e-12)


def test_uncertainty_settles_at_the_inverse_loss():
    still = np.repeat(LOSSES[:1], 300, axis=0)
    np.testing.assert_allclose(weights_over(*RULES["uncertainty"], still, still)[-1], 1 / LOSSES[0], rtol=1e-6)


def test_dwa_of_steady_losses_and_rlw_on_average_are_the_sum():
    steady = 0.9 ** np.arange(7)[:, None, None] * LOSSES[:1]
    np.testing.assert_allclose(weights_over(*RULES["dwa"], steady), 1, rtol=1e-12)
    draws = methods.rlw(tf.constant(RNG.normal(size=(100_000, 3)))).numpy()
    np.testing.assert_allclose(draws.sum(axis=1), 3)
    np.testing.assert_allclose(draws.mean(axis=0), 1, atol=0.01)


def test_rules_are_those_of_lesson_08():
    cells = "set-up", "first-rules", "uncertainty", "softmax", "dwa", "famo"
    lesson = run_cells("08_weigh_losses", *cells)
    for name, ours in {
        "inverse_loss": "inverse_loss",
        "uncertainty": "uncertainty",
        "dwa": "dwa",
        "famo": "famo",
    }.items():
        rule, slots = RULES[ours]
        memory, found = np.zeros((2, 4, 2)), []
        for losses in LOSSES[..., :2]:
            c, memory = lesson[name](losses, None, memory)
            found.append(c)
        wanted = weights_over(rule, slots, LOSSES[..., :2], NORMS[..., :2])
        np.testing.assert_allclose(found, wanted, rtol=1e-12, err_msg=name)


@EACH
def test_bad_losses_are_named(rule, slots):
    memory = tf.zeros((slots, 2), tf.float64)
    for losses in ([0.5], [1, 2], [0.5, np.nan]):
        with pytest.raises(ValueError, match="losses must"):
            rule(tf.constant(losses), tf.constant([1.0, 1.0], tf.float64), memory)
    for losses in (np.ma.array([1.0, 2.0], mask=[0, 1]), [[1.0], [1.0, 2.0]], None):  # what a tensor cannot be
        with pytest.raises(TypeError, match="losses must be an array"):
            rule(losses, tf.constant([1.0, 1.0], tf.float64), memory)


ONE, TWO = (tf.zeros((slots, 2), tf.float64) for slots in (1, 2))
GOOD = tf.constant([0.5, 1.5], tf.float64)
BAD = [
    (lambda x: methods.inverse_loss(x - 0.5), GOOD, "losses must be above 0, got 0"),
    (lambda x: methods.uncertainty(x, ONE, 0.1), -GOOD, "losses must be at least 0, got -1.5"),
    (lambda x: methods.dwa(GOOD, x), ONE, r"memory must have shape \(2, 2\)"),
    (lambda x: methods.gradnorm(GOOD, x, TWO, 1.0, 0.1), tf.ones(3), "norms must have one number for each of 2 tasks"),
    (lambda x: methods.gradnorm(GOOD, x, TWO, 1.0, 0.1), 0 * GOOD, "the mean of the norms must be above 0, got 0"),
    (lambda x: methods.gradnorm(GOOD, x, TWO, 1.0, 0.1), -GOOD, "norms must be at least 0, got"),
    (lambda x: methods.gradnorm(GOOD, GOOD, TWO, x, 0.1), -1.5, "alpha must be finite and at least 0, got -1.5"),
    (lambda x: methods.gradnorm(GOOD, GOOD, TWO, 1.5, x), np.nan, "rate must be finite and at least 0, got nan"),
    (lambda x: methods.uncertainty(GOOD, ONE, x), np.nan, "rate must be finite and at least 0, got nan"),
    (lambda x: methods.famo(GOOD, TWO, x), np.inf, "rate must be finite and at least 0, got inf"),
    (lambda x: methods.famo(GOOD, TWO, 0.1, x), -0.1, "decay must be finite and at least 0, got -0.1"),
    (lambda x: methods.dwa(GOOD, TWO, x), 0, "temperature must be finite and above 0, got 0"),
    (lambda x: methods.dwa(GOOD, TWO, x), -2.0, "temperature must be finite and above 0, got -2"),
    (lambda x: methods.dwa(GOOD, TWO, x), np.array([2.0, 0.0]), "temperature must be above 0, got 0"),
    (lambda x: methods.stch(GOOD, x), 0, "mu must be finite and above 0, got 0"),
    (lambda x: methods.stch(GOOD, x), tf.constant(-1.0), "mu must be above 0, got -1"),
    (
        lambda x: methods.stch(GOOD, 0.3, x),
        np.ones((2, 1)),
        r"ideal must .* fit the losses, \(2,\), got shape \(2, 1\)",
    ),
    (lambda x: methods.stch(GOOD, 0.3, x), np.ones(3), r"ideal must .* fit the losses, \(2,\), got shape \(3,\)"),
    (lambda x: methods.stch(GOOD, 0.3, x), np.nan, "ideal must hold finite numbers"),
]


@pytest.mark.parametrize(("rule", "value", "words"), BAD)
def test_what_does_not_fit_is_named(rule, value, words):
    with pytest.raises(ValueError, match=f"^{words}[^\n]*\\.$"):
        rule(value)


@pytest.mark.parametrize("rate", ["0.1", None, True])
def test_what_is_no_number_is_named(rate):
    with pytest.raises(TypeError, match="rate must be a number"):
        methods.famo(GOOD, TWO, rate)


def test_an_ideal_of_another_type_is_named():
    with pytest.raises(TypeError, match=r"ideal must be an array of float64 .* got float32"):
        methods.stch(GOOD, 0.3, tf.ones(2))


def test_dials_may_be_tensors_and_arrays():
    """In a trace, a tensor has no value to check; an array tries several settings at once."""
    traced = tf.function(methods.stch)
    for mu in (0.3, tf.constant(0.3, tf.float64), tf.Variable(0.3, dtype=tf.float64)):
        for ideal in (0.1, [0.1, 0.1], tf.constant(0.1, tf.float64)):
            for rule in (methods.stch, traced):
                np.testing.assert_allclose(rule(GOOD, mu, ideal), methods.stch(GOOD - 0.1, 0.3), rtol=1e-12)
    both = methods.stch(tf.stack([GOOD, GOOD]), np.array([[0.3], [2.0]]))
    np.testing.assert_allclose(both, [methods.stch(GOOD, 0.3), methods.stch(GOOD, 2.0)], rtol=1e-12)
