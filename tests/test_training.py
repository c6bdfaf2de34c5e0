"""The loop against NumPy and Keras, and the promises of its docstring."""

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import keras
import numpy as np
import pytest
import tensorflow as tf

SHAPES = {"trunk": (4, 6), "head1": (6, 2), "head2": (6, 3)}
DRAW = np.random.default_rng(0)
X, Y1, Y2 = (DRAW.normal(size=shape) for shape in ((5, 4), (5, 2), (5, 3)))
DATA = [X, Y1, Y2]
START = mtl.random_start(SHAPES, seeds=0)
RATE = 0.02


def joint_loss(weights, x, y1, y2):
    out1, out2 = mtl.hard_sharing(weights, x)
    return mtl.squared_error(out1, y1) + mtl.squared_error(out2, y2)


def first_loss(weights, x, y1):
    return mtl.squared_error(mtl.hard_sharing(weights, x, tasks=1)[0], y1)


def joint_gradients(weights):
    """By hand, in NumPy."""
    hidden = np.maximum(X @ weights["trunk"], 0)
    error1, error2 = (2 / len(X) * (hidden @ weights[head] - y) for head, y in (("head1", Y1), ("head2", Y2)))
    back = (error1 @ weights["head1"].T + error2 @ weights["head2"].T) * (hidden > 0)
    return {"trunk": X.T @ back, "head1": hidden.T @ error1, "head2": hidden.T @ error2}


def assert_same(found, expected, atol=1e-12):
    assert list(found) == list(expected)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=atol, err_msg=name)


# Traced once for the whole file. Without XLA, which takes longer to compile than these runs take.
train = mtl.training_loop(joint_loss, xla=False)
descend = mtl.training_loop(joint_loss, mtl.gradient_descent, xla=False)


# Squared error --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prediction", "target"),
    [((6, 2), (6, 2)), ((3, 6, 2), (6, 2)), ((6, 1), (3, 6, 1)), ((3, 6, 2), (3, 6, 2)), ((1, 1), (1, 1))],
)
def test_squared_error_agrees_with_numpy(prediction, target):
    p, t = (np.random.default_rng(seed).normal(size=shape) for seed, shape in enumerate((prediction, target)))
    expected = ((p - t) ** 2).sum(axis=-1).mean(axis=-1)
    np.testing.assert_allclose(mtl.squared_error(p, t), expected, rtol=1e-12)


# The optimisers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 2, 40])
def test_adam_agrees_with_numpy(steps):
    weights = {name: w.copy() for name, w in START.items()}
    means, squares = ({name: np.zeros_like(w) for name, w in START.items()} for _ in range(2))
    for k in range(1, steps + 1):
        for name, g in joint_gradients(weights).items():
            means[name] = 0.9 * means[name] + 0.1 * g
            squares[name] = 0.999 * squares[name] + 0.001 * g**2
            # The paper's epsilon acts on the corrected square; Keras's, without the correction, on the plain one.
            root = np.sqrt(squares[name] / (1 - 0.999**k)) + 1e-7 / np.sqrt(1 - 0.999**k)
            weights[name] = weights[name] - RATE * means[name] / (1 - 0.9**k) / root
    assert_same(train(START, DATA, steps=steps, rate=RATE).weights, weights)


def test_adam_agrees_with_keras():
    variables = {name: tf.Variable(w) for name, w in START.items()}
    # Keras sends a Python 0.999 through float32, whatever the type of the weights; NumPy's keeps its digits.
    optimiser = keras.optimizers.Adam(RATE, beta_1=np.float64(0.9), beta_2=np.float64(0.999))
    optimiser.build(list(variables.values()))
    for _ in range(40):
        gradients = joint_gradients({name: v.numpy() for name, v in variables.items()})
        optimiser.apply([tf.constant(gradients[name]) for name in variables])
    assert_same(train(START, DATA, steps=40, rate=RATE).weights, {name: v.numpy() for name, v in variables.items()})


@pytest.mark.parametrize("steps", [1, 30])
def test_gradient_descent_agrees_with_numpy(steps):
    weights = dict(START)
    for _ in range(steps):
        gradients = joint_gradients(weights)
        weights = {name: w - RATE * gradients[name] for name, w in weights.items()}
    assert_same(descend(START, DATA, steps=steps, rate=RATE).weights, weights)


def test_gradient_descent_reaches_least_squares():
    x, y = np.random.default_rng(1).normal(size=(30, 4)), np.random.default_rng(2).normal(size=(30, 1))
    fit = mtl.training_loop(lambda weights: mtl.squared_error(x @ weights["w"], y), mtl.gradient_descent, xla=False)
    found = fit({"w": np.zeros((4, 1))}, steps=1000, rate=0.2).weights["w"]
    np.testing.assert_allclose(found, np.linalg.lstsq(x, y)[0], atol=1e-12)


# Replicas -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own_data", [False, True], ids=["shared data", "data a replica"])
def test_replicas_do_not_mix(own_data):
    seeds = [3, 1, 4]
    data = [np.stack([array * (1 + k) for k in range(3)]) for array in DATA] if own_data else DATA
    together = train(mtl.random_start(SHAPES, seeds), data, steps=40, rate=RATE, records=2)
    assert together.losses.shape == (3, 3)
    for k, seed in enumerate(seeds):
        own = [array[k] for array in data] if own_data else DATA
        alone = train(mtl.random_start(SHAPES, seed), own, steps=40, rate=RATE, records=2)
        assert_same({name: w[k] for name, w in together.weights.items()}, alone.weights)
        np.testing.assert_allclose(together.losses[:, k], alone.losses, rtol=0, atol=1e-12)


# What a loss does not reach -------------------------------------------------------------------------------


@pytest.mark.parametrize("optimiser", [mtl.adam, mtl.gradient_descent], ids=["adam", "gradient descent"])
@pytest.mark.parametrize("blocked", [False, True], ids=["left out", "behind stop_gradient"])
def test_weights_out_of_reach_keep_every_bit(optimiser, blocked):
    def loss(weights, x, y1):
        still = tf.reduce_sum(tf.stop_gradient(weights["head2"])) if blocked else 0
        return first_loss(weights, x, y1) + still

    run = mtl.training_loop(loss, optimiser, xla=False)(START, [X, Y1], steps=5, rate=RATE)
    assert run.weights["head2"].tobytes() == START["head2"].tobytes()
    assert not np.allclose(run.weights["head1"], START["head1"])


def test_xla_agrees_with_tensorflow_and_keeps_every_bit_too():
    with_xla, without = (
        mtl.training_loop(first_loss, xla=xla)(START, [X, Y1], steps=60, rate=RATE, records=3) for xla in (True, False)
    )
    assert_same(with_xla.weights, without.weights)
    np.testing.assert_allclose(with_xla.losses, without.losses, rtol=0, atol=1e-12)
    assert with_xla.weights["head2"].tobytes() == START["head2"].tobytes()


def test_gathered_rows_move_and_others_stay():
    rows = mtl.training_loop(lambda weights: tf.reduce_sum(tf.gather(weights["w"], [2, 0, 2]) ** 2), xla=False)
    moved = rows({"w": np.ones((4, 1))}, steps=3, rate=RATE).weights["w"][:, 0] != 1
    assert moved.tolist() == [True, False, True, False]


# Records --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("records", [1, 2, 3, 12])
def test_records_stand_where_they_should(records):
    run = train(START, DATA, steps=12, rate=RATE, records=records)
    assert run.steps.tolist() == [k * 12 // records for k in range(records + 1)]
    assert run.losses.shape == (records + 1,)
    np.testing.assert_allclose(run.losses[0], joint_loss(START, *DATA), rtol=1e-12)
    for steps, loss in zip(run.steps[1:], run.losses[1:], strict=True):
        shorter = train(START, DATA, steps=int(steps), rate=RATE)
        np.testing.assert_allclose(loss, shorter.losses[-1], rtol=1e-12)
        np.testing.assert_allclose(loss, joint_loss(shorter.weights, *DATA), rtol=1e-12)


def test_recording_does_not_disturb_the_run():
    one, many = (train(START, DATA, steps=40, rate=RATE, records=records) for records in (1, 40))
    assert_same(many.weights, one.weights, atol=0)


# Traces ---------------------------------------------------------------------------------------------------


def test_new_steps_rates_and_values_share_one_trace():
    calls = []

    def counted(weights, x, y1):
        calls.append("traced")
        return first_loss(weights, x, y1)

    counting = mtl.training_loop(counted, xla=False)
    counting(START, [X, Y1], steps=2, rate=0.1)
    once = len(calls)
    for steps, rate, records in ((5, 0.1, 1), (4, 0.3, 2), (6, 0, 3)):
        counting(mtl.random_start(SHAPES, steps), [X + rate, Y1], steps=steps, rate=rate, records=records)
    assert len(calls) == once
    counting(START, [X[:3], Y1[:3]], steps=2, rate=0.1)
    assert len(calls) == 2 * once


# The rest -------------------------------------------------------------------------------------------------


def test_runs_repeat_and_leave_their_input_alone():
    start, data = {name: w.copy() for name, w in START.items()}, [array.copy() for array in DATA]
    one, other = (train(start, data, steps=20, rate=RATE) for _ in range(2))
    assert_same(one.weights, other.weights, atol=0)
    assert_same(start, START, atol=0)
    for array, before in zip(data, DATA, strict=True):
        np.testing.assert_array_equal(array, before)


def test_run_gives_float64_arrays():
    run = train(START, DATA, steps=2, rate=RATE)
    assert {w.dtype for w in run.weights.values()} | {run.losses.dtype} == {np.dtype(np.float64)}
    assert {type(part) for part in (*run.weights.values(), run.steps, run.losses)} == {np.ndarray}


def test_diverging_run_comes_back_for_the_lesson_to_show():
    run = descend(START, DATA, steps=200, rate=10)
    assert not np.isfinite(run.losses[-1])


def test_path_leads_from_the_start_to_the_end():
    train = mtl.training_loop(lambda weights: tf.reduce_sum(weights["w"] ** 2))
    start = {"w": np.array([1.0, -2.0])}
    run = train(start, steps=20, rate=0.1, records=4)
    assert run.steps.tolist() == [0, 5, 10, 15, 20]
    assert np.array_equal(run.path[0]["w"], start["w"])
    assert np.array_equal(run.path[-1]["w"], run.weights["w"])
    assert np.array_equal(run.path[2]["w"], train(start, steps=10, rate=0.1).weights["w"])
    assert [np.sum(weights["w"] ** 2) for weights in run.path] == pytest.approx(run.losses)


# Batches and rates that change ----------------------------------------------------------------------------

ROWS = np.array([[0, 3], [4, 1], [2, 2]])


def on_rows(weights, x, y1, rows, factor):
    return factor * mtl.squared_error(tf.gather(x, rows) @ weights["w"], tf.gather(y1, rows))


@pytest.mark.parametrize("rate", [0.1, [0.3, 0.1, 0.02]], ids=["one rate", "a rate a step"])
def test_each_step_gets_its_row_and_its_rate(rate):
    fit, factors = mtl.training_loop(on_rows, mtl.gradient_descent, xla=False), np.array([1.0, 0.0, 3.0])
    run = fit({"w": np.ones((4, 2))}, [X, Y1], steps=3, rate=rate, records=3, each_step=[ROWS, factors])
    w, losses = np.ones((4, 2)), []
    for rows, factor, now in zip(ROWS, factors, np.broadcast_to(rate, 3), strict=True):
        error = X[rows] @ w - Y1[rows]
        w = w - now * factor * X[rows].T @ error
        losses.append(factor * np.mean(np.sum((X[rows] @ w - Y1[rows]) ** 2, axis=-1)))
    np.testing.assert_allclose(run.weights["w"], w, rtol=0, atol=1e-12)
    np.testing.assert_allclose(run.losses[1:], losses, rtol=0, atol=1e-12)  # on what the last step was given


# Turns ----------------------------------------------------------------------------------------------------

TURNS = np.random.default_rng(5).integers(1, 3, size=30)
LOSSES = [
    lambda weights, x, y1, y2: mtl.squared_error(mtl.hard_sharing(weights, x)[0], y1),
    lambda weights, x, y1, y2: mtl.squared_error(mtl.hard_sharing(weights, x)[1], y2),
]
in_turns = {memories: mtl.turns_loop(LOSSES, memories=memories, xla=False) for memories in ("one", "each")}


@pytest.mark.parametrize("memories", ["one", "each"])
def test_turns_agree_with_keras(memories):
    """One optimiser that is built on all variables, or one for each task; None is skipped."""
    variables = {name: tf.Variable(w) for name, w in START.items()}
    made = [keras.optimizers.Adam(RATE, np.float64(0.9), np.float64(0.999)) for _ in LOSSES]
    optimisers = made if memories == "each" else [made[0]] * 2
    for optimiser in made:
        optimiser.build(list(variables.values()))
    for turn in TURNS:
        with tf.GradientTape() as tape:
            loss = LOSSES[turn - 1](variables, *DATA)
        pairs = zip(tape.gradient(loss, list(variables.values())), variables.values(), strict=True)
        optimisers[turn - 1].apply_gradients([(g, v) for g, v in pairs if g is not None])
    found = in_turns[memories](START, DATA, turns=TURNS, rate=RATE)
    assert_same(found.weights, {name: v.numpy() for name, v in variables.items()})


@pytest.mark.parametrize("memories", ["one", "each"])
def test_a_turn_leaves_the_other_head_every_bit(memories):
    run = in_turns[memories](START, DATA, turns=TURNS, rate=RATE, records=30)
    assert run.losses.shape == (31, 2)
    for turn, old, new in zip(TURNS, run.path, run.path[1:], strict=False):
        changed = [name for name in START if old[name].tobytes() != new[name].tobytes()]
        assert changed == ["trunk", f"head{turn}"]


@pytest.mark.parametrize("optimiser", [mtl.adam, mtl.gradient_descent], ids=["adam", "gradient descent"])
@pytest.mark.parametrize("memories", ["one", "each"])
def test_replicas_take_turns_of_their_own(memories, optimiser):
    seeds, turns = [3, 1, 4], np.random.default_rng(6).integers(1, 3, size=(20, 3))
    rates = np.linspace(0.05, 0.01, 20)
    loop = mtl.turns_loop(LOSSES, optimiser, memories, xla=False)
    together = loop(mtl.random_start(SHAPES, seeds), DATA, turns=turns, rate=rates, records=2)
    assert together.losses.shape == (3, 2, 3)
    for k, seed in enumerate(seeds):
        alone = loop(mtl.random_start(SHAPES, seed), DATA, turns=turns[:, k], rate=rates, records=2)
        assert_same({name: w[k] for name, w in together.weights.items()}, alone.weights)
        np.testing.assert_allclose(together.losses[..., k], alone.losses, rtol=0, atol=1e-12)


def test_turns_of_one_task_are_a_training_loop():
    one = mtl.training_loop(LOSSES[0], xla=False)(START, DATA, steps=20, rate=RATE, records=2)
    for memories in ("one", "each"):
        turned = in_turns[memories](START, DATA, turns=np.ones(20, int), rate=RATE, records=2)
        assert_same(turned.weights, one.weights)
        np.testing.assert_allclose(turned.losses[:, 0], one.losses, rtol=0, atol=1e-12)


def test_turns_with_xla_agree_with_tensorflow():
    found = mtl.turns_loop(LOSSES, memories="each")(START, DATA, turns=TURNS, rate=RATE)
    assert_same(found.weights, in_turns["each"](START, DATA, turns=TURNS, rate=RATE).weights)
