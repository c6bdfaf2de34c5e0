"""What a lesson writes by hand and what the package does give the same numbers, on data the lesson has not seen."""

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import hygiene
import numpy as np
import pytest
import tensorflow as tf
from lesson_code import needed_by, run_cells


def test_cells_run_in_the_order_given_and_nothing_else_does():
    lesson = run_cells("02_build_a_two_task_network", "set-up", "hard-sharing")
    assert callable(lesson["hard_sharing"])
    assert "streams" not in lesson
    with pytest.raises(KeyError, match="no-such-cell"):
        run_cells("02_build_a_two_task_network", "no-such-cell")


def test_no_more_cells_run_than_are_needed():
    cells = [
        "import numpy as np",
        "x = [1]\ny = 2",
        "x.append(y)",
        "y = 0",
        "def f(z):\n    return np.sum(x) + z",
        "f(y)",
    ]
    assert needed_by(5, cells) == [0, 1, 2, 3, 4, 5]
    assert needed_by(4, cells) == [0, 1, 2, 4]
    assert needed_by(3, cells) == [0, 3]
    assert needed_by(2, ["1", "a = {}", "[a for a in range(3)]"]) == [0, 2]


def test_boolean_ladder_is_that_of_lesson_00():
    lesson = run_cells("00_meet_two_tasks", "set-up", "build-ladder")
    X, Y = mtl.boolean_ladder()
    np.testing.assert_array_equal(X, lesson["X"])
    np.testing.assert_array_equal(np.hstack(list(Y.values())), lesson["targets"])
    assert list(Y) == list(lesson["rules"])


def test_settings_of_lesson_00_are_the_best_of_its_study():
    path = hygiene.NOTEBOOKS / "deeper" / "00a_tuning.csv"
    runs = np.genfromtxt(path, delimiter=",", names=True, dtype=None, encoding="utf-8")
    runs = runs[(runs["labels"] == 40) & (runs["others"] == 128) & (runs["weight"] == 1)]
    runs = runs[(runs["optimiser"] == "adam") & (runs["width"] == 20) & (runs["rate"] == 0.05)]
    for side, decays in run_cells("00_meet_two_tasks", "set-up", "chosen")["chosen"].items():
        of_side = runs[runs["side"] == side]
        best = of_side[np.argmax(of_side["after_800"])]
        assert decays == (best["trunk_decay"], best["head_decay"]), side


@pytest.fixture(scope="module")
def loop_of_lesson_01():
    ids = ("set-up", "draw", "learnable-data", "one-step", "loop-in-python", "loop-in-the-graph")
    return run_cells("01_trace_a_linear_transform", *ids)["descend"]


@pytest.fixture(scope="module")
def loop_of_package():
    def loss(weights, X, Y):
        return mtl.squared_error(X @ weights["W"], Y)

    return mtl.training_loop(loss, mtl.gradient_descent, xla=False)


@pytest.mark.parametrize(("steps", "rate"), [(1, 0.1), (40, 0.05), (100, 0.2)])
def test_training_loop_is_that_of_lesson_01(loop_of_lesson_01, loop_of_package, steps, rate):
    rng = np.random.default_rng(steps)
    X, Y, W = (rng.normal(size=shape) for shape in ((50, 4), (50, 1), (4, 1)))
    by_hand = loop_of_lesson_01(*map(tf.constant, (W, X, Y, steps)), tf.constant(rate, tf.float64))
    package = loop_of_package({"W": W}, [X, Y], steps=steps, rate=rate).weights["W"]
    np.testing.assert_allclose(package, by_hand, rtol=0, atol=1e-12)


def test_adam_is_that_of_lesson_04():
    by_hand = run_cells("04_train_tasks_jointly", "set-up", "adam-by-hand")["adam"]
    memory = own_memory = (np.zeros(4), np.zeros(4))
    for k, gradient in enumerate(np.random.default_rng(0).normal(size=(5, 4)), start=1):
        own_move, own_memory = by_hand(gradient, own_memory, k, 0.01)
        move, memory = mtl.adam.step(gradient, memory, np.float64(k), 0.01)
        np.testing.assert_allclose(move, own_move, rtol=1e-12, atol=0)


@pytest.mark.parametrize("tasks", [1, 2, 3])
@pytest.mark.parametrize("seeds", [0, range(3)], ids=["one network", "replicas"])
def test_hard_sharing_is_that_of_lesson_02(tasks, seeds):
    lesson = run_cells("02_build_a_two_task_network", "set-up", "hard-sharing")
    shapes = {"trunk": (4, 7)} | {f"head{task}": (7, 2) for task in range(1, tasks + 1)}
    start = mtl.random_start(shapes, seeds)
    x = np.random.default_rng(tasks).normal(size=(6, 4))
    both = (lesson["hard_sharing"], mtl.hard_sharing)
    for by_hand, package in zip(*(network(start, x, tasks) for network in both), strict=True):
        np.testing.assert_allclose(package, by_hand, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("rows", "inputs", "tasks", "rank"), [(20, 5, 3, 1), (20, 5, 4, 2), (9, 3, 6, 3)])
def test_reduced_rank_regression_is_that_of_room_02a(rows, inputs, tasks, rank):
    room = run_cells("deeper/02a_solve_a_linear_network", "set-up", "reduced-rank-regression")
    rng = np.random.default_rng(rows + rank)
    X, Y = rng.normal(size=(rows, inputs)), rng.normal(size=(rows, tasks))
    by_hand, package = (f(X, Y, rank) for f in (room["reduced_rank_regression"], mtl.reduced_rank_regression))
    np.testing.assert_allclose(package[0], by_hand[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(package[1], by_hand[1], rtol=1e-12)


@pytest.mark.parametrize("penalty", [0, 9])
def test_shared_fit_of_lesson_06_is_reduced_rank_regression(penalty):
    """A penalty acts like extra rows, with targets of zero."""
    by_hand = run_cells("06_predict_when_sharing_helps", "set-up", "two-fits")["apart_and_shared"]
    rng = np.random.default_rng(6)
    X, Y = rng.normal(size=(30, 5)), rng.normal(size=(30, 4))
    apart, shared = by_hand(X.T @ X, X.T @ Y, 2, penalty)
    X_more, Y_more = np.vstack([X, penalty**0.5 * np.eye(5)]), np.vstack([Y, np.zeros((5, 4))])
    np.testing.assert_allclose(apart, np.linalg.lstsq(X_more, Y_more)[0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(shared, mtl.reduced_rank_regression(X_more, Y_more, 2)[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("tasks", [2, 3, 5])
def test_gradient_methods_of_lesson_09_are_those_of_the_package(tasks):
    lesson = run_cells("09_reconcile_gradients", "set-up", "with-nnls", "dualproj-of-many")
    J = np.random.default_rng(tasks).normal(size=(tasks, 7))
    np.testing.assert_allclose(lesson["mgda_of_many"](J), mtl.methods.mgda(J), rtol=0, atol=1e-9)
    np.testing.assert_allclose(lesson["dualproj_of_many"](J), mtl.methods.dualproj(J), rtol=0, atol=1e-9)


def test_rules_for_two_tasks_of_lesson_09_are_those_of_the_package():
    ids = ("set-up", "rules", "more-rules", "all-rules", "step")
    lesson = run_cells("09_reconcile_gradients", *ids)
    package = {"PCGrad": lambda J: mtl.methods.pcgrad(J, np.random.default_rng(0)), "MGDA": mtl.methods.mgda}
    package |= {"sum": lambda J: np.ones(2), "unit gradients": mtl.methods.nash}
    for seed in range(20):
        J = np.random.default_rng(seed).normal(size=(2, 5))
        J = (J - 0.5 * J.mean(axis=0)) * [[1], [1 + seed]]
        for name, rule in lesson["rules"].items():
            found, wanted = lesson["step"](rule, *J).numpy(), J.T @ package[name](J)
            if name == "unit gradients":  # Nash has its direction
                found, wanted = found / np.linalg.norm(found), wanted / np.linalg.norm(wanted)
            np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-9, err_msg=name)
