"""Bad input gets one sentence that says what was given and what was expected, before TensorFlow sees it."""

import re
import traceback
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
import pytest
import tensorflow as tf

NAN = float("nan")
X, Y = np.ones((6, 3)), np.ones((6, 2))
RAGGED = [[1.0, 2.0], [3.0]]
MASKED = np.ma.array(X, mask=np.eye(6, 3))
WEIGHTS = mtl.random_start({"trunk": (3, 4), "head1": (4, 1), "head2": (4, 2)}, 0)
REPLICAS = mtl.random_start({"trunk": (3, 4), "head1": (4, 1), "head2": (4, 2)}, range(2))
TRUNKS = {"trunk1": np.ones((3, 4)), "trunk2": np.ones((3, 4))}


def first_loss(weights, *data):
    return tf.reduce_sum(weights["trunk"])


train = mtl.training_loop(first_loss, xla=False)
in_turns = mtl.turns_loop([first_loss, first_loss], xla=False)


def run(weights=WEIGHTS, data=(), steps=1, rate=0.1, records=1, each_step=()):
    return train(weights, data, steps=steps, rate=rate, records=records, each_step=each_step)


def take_turns(weights=REPLICAS, turns=((1, 2), (2, 1)), rate=0.1, each_step=()):
    return in_turns(weights, turns=np.array(turns), rate=rate, each_step=each_step)


def train_on(loss):
    return mtl.training_loop(loss, xla=False)(WEIGHTS, [X], steps=1, rate=0.1)


@tf.function
def total(x):
    return tf.reduce_sum(tf.square(x, name="square"), name="total")


GRAPH = mtl.computation_graph(total.get_concrete_function(X))


def empty_graph():
    graph = GRAPH.copy()
    graph.clear()
    return graph


def figure():
    return mtl.new_figure()[0]


def ax():
    return mtl.new_figure()[1]


# Function, then for each bad call: the call, the error, and parts of its message: what was expected, what given.
BAD = {
    mtl.linear_tasks: [
        (lambda: mtl.linear_tasks(0, 3, 10, 1, 0), ValueError, "n must be at least 1", "0"),
        (lambda: mtl.linear_tasks(5.0, 3, 10, 1, 0), TypeError, "n must be a whole number", "5.0"),
        (lambda: mtl.linear_tasks(True, 3, 10, 1, 0), TypeError, "n must be a whole number", "True"),
        (lambda: mtl.linear_tasks(5, 1, 10, 1, 0), ValueError, "d must be at least 2", "1"),
        (lambda: mtl.linear_tasks(5, 3, 180.1, 1, 0), ValueError, "angle must be from 0 to 180", "180.1"),
        (lambda: mtl.linear_tasks(5, 3, -1, 1, 0), ValueError, "angle must be from 0 to 180", "-1"),
        (lambda: mtl.linear_tasks(5, 3, NAN, 1, 0), ValueError, "angle must be from 0 to 180", "nan"),
        (lambda: mtl.linear_tasks(5, 3, "10", 1, 0), TypeError, "angle must be a number", "'10'"),
        (lambda: mtl.linear_tasks(5, 3, 10, -0.5, 0), ValueError, "noise must be finite and at least 0", "-0.5"),
        (lambda: mtl.linear_tasks(5, 3, 10, np.inf, 0), ValueError, "noise must be finite", "inf"),
        (lambda: mtl.linear_tasks(5, 3, 10, 1, -1), ValueError, "seed must be at least 0", "-1"),
        (lambda: mtl.linear_tasks(5, 3, 10, 1, None), TypeError, "seed must be a whole number", "None"),
    ],
    mtl.posed_digits: [
        (lambda: mtl.posed_digits(["camera"]), ValueError, "angle, shift, digit, odd, at_least_five", "'camera'"),
        (lambda: mtl.posed_digits("angle"), TypeError, "list of names", "'angle'"),
        (lambda: mtl.posed_digits(["angle"], seed=0.5), TypeError, "seed must be a whole number", "0.5"),
        (lambda: mtl.posed_digits(["angle"], degrees=-1), ValueError, "degrees must be finite and at least 0", "-1"),
    ],
    mtl.random_start: [
        (lambda: mtl.random_start({"w": (3,)}, 0), ValueError, "'w' must be (in, out)", "(3,)"),
        (lambda: mtl.random_start({"w": 3}, 0), ValueError, "'w' must be (in, out)", "3"),
        (lambda: mtl.random_start({"w": (3, 0)}, 0), ValueError, "'w' must be at least 1", "0"),
        (lambda: mtl.random_start({"w": (3, 2.5)}, 0), TypeError, "'w' must be a whole number", "2.5"),
        (lambda: mtl.random_start([(3, 2)], 0), TypeError, "dictionary", "list"),
        (lambda: mtl.random_start({"w": (3, 2)}, -1), ValueError, "seed must be at least 0", "-1"),
        (lambda: mtl.random_start({"w": (3, 2)}, None), TypeError, "seed must be a whole number", "None"),
        (lambda: mtl.random_start({"w": (3, 2)}, []), ValueError, "at least one seed", "empty"),
        (lambda: mtl.random_start({"w": (3, 2)}, [0, "1"]), TypeError, "seed must be a whole number", "'1'"),
        (lambda: mtl.random_start({}, 0), ValueError, "at least one weight", "none"),
    ],
    mtl.hard_sharing: [
        (lambda: mtl.hard_sharing(WEIGHTS, X, tasks=3), ValueError, "needs a weight 'head3'", "trunk, head1, head2"),
        (lambda: mtl.hard_sharing(WEIGHTS, MASKED), TypeError, "x must be an array without masked entries", "3 masked"),
        (lambda: mtl.hard_sharing({}, X), ValueError, "needs a weight 'trunk'", "none"),
        (lambda: mtl.hard_sharing([X], X), TypeError, "dictionary", "list"),
        (lambda: mtl.hard_sharing(WEIGHTS | {"trunk": [[1.0]]}, X), TypeError, "'trunk' must be an array", "list"),
        (lambda: mtl.hard_sharing(WEIGHTS | {"trunk": X[0]}, X), ValueError, "'trunk' must have as many rows", "(3,)"),
        (lambda: mtl.hard_sharing(WEIGHTS, Y), ValueError, "'trunk' must have as many rows", "(3, 4)", "(6, 2)"),
        (lambda: mtl.hard_sharing(WEIGHTS, X[0]), ValueError, "'trunk' must have as many rows", "(3,)"),
        (lambda: mtl.hard_sharing(REPLICAS, np.ones((5, 6, 3))), ValueError, "(2, 3, 4)", "(5, 6, 3)"),
        (lambda: mtl.hard_sharing(WEIGHTS, X.astype(np.float32)), TypeError, "of one type", "float64 and float32"),
        (lambda: mtl.hard_sharing(WEIGHTS, X, tasks=0), ValueError, "tasks must be at least 1", "0"),
        (lambda: mtl.hard_sharing(WEIGHTS, None), TypeError, "x must be an array of numbers", "NoneType"),
    ],
    mtl.apart: [
        (lambda: mtl.apart(TRUNKS, MASKED), TypeError, "x must be an array without masked entries", "3 masked"),
        (lambda: mtl.apart(TRUNKS, X), ValueError, "needs a weight 'head1'", "trunk1, trunk2"),
        (lambda: mtl.apart(WEIGHTS, X), ValueError, "needs a weight 'trunk1'", "trunk, head1, head2"),
        (lambda: mtl.apart(TRUNKS, Y), ValueError, "'trunk1' must have as many rows", "(3, 4)", "(6, 2)"),
        (lambda: mtl.apart(TRUNKS, X, tasks="2"), TypeError, "tasks must be a whole number", "'2'"),
        (lambda: mtl.apart(TRUNKS, RAGGED), TypeError, "x must be an array of numbers in rows of one length", "list"),
    ],
    mtl.soft_penalty: [
        (
            lambda: mtl.soft_penalty(TRUNKS | {"trunk2": MASKED}),
            TypeError,
            "weight 'trunk2' must be an array",
            "3 masked",
        ),
        (lambda: mtl.soft_penalty(WEIGHTS), ValueError, "needs a weight 'trunk1'", "trunk, head1, head2"),
        (lambda: mtl.soft_penalty(TRUNKS | {"trunk2": X}), ValueError, "one shape", "(3, 4) and (6, 3)"),
        (lambda: mtl.soft_penalty({"trunk1": X[0], "trunk2": X[0]}), ValueError, "matrices", "(3,)"),
        (lambda: mtl.soft_penalty(dict.fromkeys(TRUNKS)), TypeError, "'trunk1' must be an array", "NoneType"),
        (lambda: mtl.soft_penalty(dict.fromkeys(TRUNKS, X > 0)), TypeError, "floats of one type", "bool and bool"),
        (lambda: mtl.soft_penalty(dict.fromkeys(TRUNKS, X.astype(str))), TypeError, "floats of one type", "str"),
        (lambda: mtl.soft_penalty(dict.fromkeys(TRUNKS, RAGGED)), TypeError, "'trunk1' must be an array", "list"),
        (
            lambda: mtl.soft_penalty(TRUNKS | {"trunk2": np.ones((3, 4), int)}),
            TypeError,
            "one type",
            "float64 and int64",
        ),
    ],
    mtl.squared_error: [
        (lambda: mtl.squared_error(X, MASKED), TypeError, "target must be an array without masked entries", "3 masked"),
        (lambda: mtl.squared_error(X[:, :1], X[:, 0]), ValueError, "rows and outputs", "(6, 1) and (6,)"),
        (lambda: mtl.squared_error(X[:, 0], X[:, 0]), ValueError, "rows and outputs", "(6,) and (6,)"),
        (lambda: mtl.squared_error(X, X[:4]), ValueError, "rows and outputs", "(6, 3) and (4, 3)"),
        (lambda: mtl.squared_error(X, Y), ValueError, "rows and outputs", "(6, 3) and (6, 2)"),
        (lambda: mtl.squared_error(np.ones((2, 6, 1)), np.ones((3, 6, 1))), ValueError, "(2, 6, 1) and (3, 6, 1)"),
        (lambda: mtl.squared_error(X, X.astype(int)), TypeError, "one type", "float64 and int64"),
        (lambda: mtl.squared_error(None, X), TypeError, "prediction must be an array of numbers", "NoneType"),
        (lambda: mtl.squared_error(X, RAGGED), TypeError, "target must be an array of numbers in rows", "list"),
        (lambda: mtl.squared_error("a", "a"), TypeError, "floats of one type", "string and string"),
        (lambda: mtl.squared_error(X > 0, X > 0), TypeError, "floats of one type", "bool and bool"),
        (lambda: mtl.squared_error(X.astype(int), X.astype(int)), TypeError, "floats of one type", "int64 and int64"),
        (lambda: mtl.squared_error(X[:0], X[:0]), ValueError, "rows and outputs, and have some", "(0, 3) and (0, 3)"),
    ],
    mtl.training_loop: [
        (lambda: mtl.training_loop("loss"), TypeError, "loss must be a function", "str"),
        (lambda: mtl.training_loop(first_loss, "adam"), TypeError, "optimiser must be", "'adam'"),
        (lambda: run(steps=0), ValueError, "steps must be at least 1", "0"),
        (lambda: run(steps=2.0), TypeError, "steps must be a whole number", "2.0"),
        (lambda: run(records=0), ValueError, "records must be at least 1", "0"),
        (lambda: run(steps=10, records=3), ValueError, "steps must be a multiple of records", "10 and 3"),
        (lambda: run(rate=-0.1), ValueError, "rate must be finite and at least 0", "-0.1"),
        (lambda: run(rate=NAN), ValueError, "rate must be finite", "nan"),
        (lambda: run(rate="0.1"), TypeError, "rate must be a number", "'0.1'"),
        (lambda: run(rate=[0.1, -0.1], steps=2), ValueError, "rate must be one number, or 2 of at least 0", "(2,)"),
        (lambda: run(rate=[0.1, NAN], steps=2), ValueError, "rate must hold finite numbers", "NaN"),
        (lambda: run(each_step=X), TypeError, "each_step must be a list of arrays", "ndarray"),
        (lambda: run(each_step=[X]), ValueError, "each_step array 0 must have one row for each of 1 steps", "(6, 3)"),
        (lambda: run(each_step=[X[:1] > 0]), TypeError, "each_step array 0 must be a float64 array", "bool"),
        (lambda: run(weights={}), ValueError, "at least one array", "empty dictionary"),
        (lambda: run(weights=[X]), TypeError, "dictionary of arrays", "list"),
        (lambda: run(weights={"w": X.astype(np.float32)}), TypeError, "'w' must be a float64 array", "float32"),
        (lambda: run(weights={"w": X * NAN}), ValueError, "'w' must hold finite numbers", "NaN"),
        (lambda: run(weights={"w": "X"}), TypeError, "'w' must be an array of numbers", "U1"),
        (lambda: run(data=X), TypeError, "data must be a list of arrays", "ndarray"),
        (lambda: run(data=[X, X.astype(int)]), TypeError, "data array 1 must be a float64 array", "int64"),
        (lambda: run(data=[X * np.inf]), ValueError, "data array 0 must hold finite numbers", "infinity"),
        (lambda: run(weights={"w": MASKED}), TypeError, "'w' must be an array without masked entries", "3 masked"),
        (lambda: run(data=[X, MASKED]), TypeError, "data array 1 must be an array without masked entries", "3 masked"),
        (lambda: train_on(lambda w, x: {"loss": 1.0}), TypeError, "one for each replica", "gave dict"),
        (lambda: train_on(lambda w, x: [tf.reduce_sum(x)]), TypeError, "one for each replica", "gave list"),
        (lambda: train_on(lambda w, x: None), TypeError, "one for each replica", "gave NoneType"),
        (lambda: train_on(lambda w, x: x @ w["trunk"]), ValueError, "one for each replica", "(6, 4)"),
        (lambda: train_on(lambda w, x: mtl.squared_error(x @ w["trunk"], x)), ValueError, "(6, 4) and (6, 3)"),
    ],
    mtl.turns_loop: [
        (lambda: mtl.turns_loop(first_loss), TypeError, "losses must be a list of functions", "<function"),
        (lambda: mtl.turns_loop([]), TypeError, "losses must be a list of functions", "[]"),
        (lambda: mtl.turns_loop([first_loss, None]), TypeError, "losses must be a list of functions", "None"),
        (lambda: mtl.turns_loop([first_loss], "adam"), TypeError, "optimiser must be", "'adam'"),
        (lambda: mtl.turns_loop([first_loss], memories=2), ValueError, '"one" or "each"', "2"),
        (lambda: take_turns(turns=[1.0, 2.0]), TypeError, "turns must be whole numbers", "float64 (2,)"),
        (lambda: take_turns(turns=1), TypeError, "(steps,) or (steps, replicas)", "int64 ()"),
        (lambda: take_turns(turns=[0, 1]), ValueError, "turns must name tasks 1 to 2", "0 to 1"),
        (lambda: take_turns(turns=[3, 1]), ValueError, "turns must name tasks 1 to 2", "1 to 3"),
        (lambda: take_turns(turns=[[1], [2]]), ValueError, "as many replicas", "(2, 1)"),
        (lambda: take_turns(WEIGHTS), ValueError, "as many replicas", "(3, 4)"),
        (lambda: take_turns({}), ValueError, "at least one array", "empty dictionary"),
        (lambda: take_turns(rate=[0.1, 0.1, 0.1]), ValueError, "rate must be one number, or 2", "(3,)"),
        (lambda: take_turns(each_step=[X]), ValueError, "each_step array 0", "2 steps", "(6, 3)"),
    ],
    mtl.reduced_rank_regression: [
        (lambda: mtl.reduced_rank_regression(X, Y[:5], 1), ValueError, "equally many rows", "(6, 3) and (5, 2)"),
        (lambda: mtl.reduced_rank_regression(X, Y[:, 0], 1), ValueError, "matrices", "(6,)"),
        (lambda: mtl.reduced_rank_regression(X[:0], Y[:0], 1), ValueError, "matrices", "(0, 3) and (0, 2)"),
        (lambda: mtl.reduced_rank_regression(X * NAN, Y, 1), ValueError, "X must hold finite numbers", "NaN"),
        (lambda: mtl.reduced_rank_regression(X, [["a"]] * 6, 1), TypeError, "Y must be an array of numbers", "U1"),
        (
            lambda: mtl.reduced_rank_regression(MASKED, Y, 1),
            TypeError,
            "X must be an array without masked entries",
            "3",
        ),
        (lambda: mtl.reduced_rank_regression(X, Y, 0), ValueError, "rank must be at least 1", "0"),
        (lambda: mtl.reduced_rank_regression(X, Y, 1.5), TypeError, "rank must be a whole number", "1.5"),
    ],
    mtl.computation_graph: [
        (lambda: mtl.computation_graph(total), TypeError, "get_concrete_function", "got"),
        (lambda: mtl.computation_graph(None), TypeError, "traced function", "NoneType"),
    ],
    mtl.variables_reached: [
        (lambda: mtl.variables_reached(GRAPH, "loss"), ValueError, "one is expected", "0 nodes called 'loss'", "total"),
        (lambda: mtl.variables_reached(total, "total"), TypeError, "computation_graph", "got"),
    ],
    mtl.listing: [
        (lambda: mtl.listing("graph"), TypeError, "computation_graph", "str"),
        (lambda: mtl.listing(empty_graph()), ValueError, "at least one", "no operation"),
    ],
    mtl.draw_network: [
        (lambda: mtl.draw_network("hard", W=(3, 1)), TypeError, "function of the weights and X", "str"),
        (lambda: mtl.draw_network(lambda w, X: [X]), ValueError, "at least one weight", "none"),
        (lambda: mtl.draw_network(lambda w, X: X @ w["W"], W=(3, 1)), TypeError, "list of matrices", "Tensor"),
        (lambda: mtl.draw_network(lambda w, X: [X[0]], W=(3, 1)), TypeError, "list of matrices", "shape (3,)"),
        (lambda: mtl.draw_network(lambda w, X: [X @ w["W"]], W=3), ValueError, "(in, out)", "3"),
        (lambda: mtl.draw_network(lambda w, X: 4 * [X @ w["W"]], W=(3, 1)), ValueError, "Up to three losses", "4"),
    ],
    mtl.draw_graph: [
        (lambda: mtl.draw_graph(None), TypeError, "computation_graph", "NoneType"),
        (lambda: mtl.draw_graph(empty_graph()), ValueError, "at least one", "no operation"),
        (lambda: mtl.draw_graph(GRAPH, "total"), TypeError, "list of labels", "'total'"),
        (lambda: mtl.draw_graph(GRAPH, ["loss"]), ValueError, "one is expected", "0 nodes called 'loss'"),
        (lambda: mtl.draw_graph(GRAPH, ["total"] * 4), ValueError, "Up to three losses", "4"),
    ],
    mtl.new_figure: [
        (lambda: mtl.new_figure("large"), ValueError, "wide, tall", "'large'"),
        (lambda: mtl.new_figure(["wide"]), ValueError, "wide, tall", "['wide']"),
        (lambda: mtl.new_figure("wide", 0), ValueError, "panels must be at least 1", "0"),
    ],
    mtl.show: [
        (lambda: mtl.show(figure(), says=" "), ValueError, "what the figure shows", "empty"),
        (lambda: mtl.show(figure(), says=None), TypeError, "says must be a text", "NoneType"),
        (lambda: mtl.show(ax(), says="An axis."), TypeError, "figure", "Axes"),
    ],
    mtl.live: [
        (lambda: mtl.live("draw", rate=([1], 1)), TypeError, "draw must be a function", "str"),
        (lambda: mtl.live(total), ValueError, "at least one control", "none"),
        (lambda: mtl.live(total, rate=0.1), TypeError, "'rate' must be a pair (values, start)", "0.1"),
        (lambda: mtl.live(total, rate=(1, 2)), TypeError, "'rate' must be a pair (values, start)", "(1, 2)"),
        (lambda: mtl.live(total, rate=([1, 2], 3)), ValueError, "'rate' must start at one of its values", "3"),
        (lambda: mtl.live(total, rate=([1, NAN], 1)), ValueError, "'rate' must hold finite numbers", "NaN"),
        (lambda: mtl.live(lambda ax, rate: None, rate=([1], 1)), TypeError, "draw must return a sentence", "NoneType"),
        (lambda: mtl.live(lambda ax, rate: " ", rate=([1], 1)), ValueError, "what the figure shows", "empty"),
    ],
    mtl.mean_se: [
        (lambda: mtl.mean_se([1.0]), ValueError, "at least two seeds", "(1,)"),
        (lambda: mtl.mean_se(3.0), ValueError, "at least two seeds", "()"),
        (lambda: mtl.mean_se([1.0, NAN]), ValueError, "values must hold finite numbers", "NaN"),
        (lambda: mtl.mean_se(MASKED), TypeError, "values must be an array without masked entries", "3 masked"),
        (lambda: mtl.mean_se([*MASKED]), TypeError, "values must be an array without masked entries", "3 masked"),
        (lambda: mtl.mean_se(["a", "b"]), TypeError, "array of numbers", "U1"),
        (lambda: mtl.mean_se(RAGGED), ValueError, "values must be an array of numbers", "rows of different lengths"),
        (lambda: mtl.mean_se(None), TypeError, "values must be an array of numbers", "object"),
        (lambda: mtl.mean_se(X, axis=5), ValueError, "axis must be one of an array of shape (6, 3)", "5"),
        (lambda: mtl.mean_se(X, axis=-3), ValueError, "axis must be at least -2", "-3"),
        (lambda: mtl.mean_se(X, axis=None), TypeError, "axis must be a whole number", "None"),
    ],
    mtl.plus_minus: [
        (lambda: mtl.plus_minus([1.0]), ValueError, "at least two seeds", "(1,)"),
        (lambda: mtl.plus_minus(X), ValueError, "one number", "(6, 3)"),
        (lambda: mtl.plus_minus([1.0, NAN]), ValueError, "values must hold finite numbers", "NaN"),
        (lambda: mtl.plus_minus(X[0], 3), ValueError, '".3f"', "3"),
        (lambda: mtl.plus_minus(X[0], "%.3f"), ValueError, '".3f"', "'%.3f'"),
    ],
    mtl.table: [
        (lambda: mtl.table([1, 2]), TypeError, "rows must be a dictionary", "[1, 2]"),
        (lambda: mtl.table({}), TypeError, "at least one row", "{}"),
        (lambda: mtl.table({"a": 1}, "n"), TypeError, "a list of headings", "['n']"),
        (lambda: mtl.table({"a": 1}, None), TypeError, "columns must be a list of headings", "None"),
        (lambda: mtl.table({"a": [1, 2]}, ["n"]), ValueError, "'a' must hold 1 values", "[1, 2]"),
        (lambda: mtl.table({"a": 1}, ["n"]), ValueError, "'a' must hold 1 values", "got 1"),
        (lambda: mtl.table({"a": [1, NAN]}), ValueError, "'a' must hold finite numbers", "NaN"),
        (lambda: mtl.table({"a": None}), TypeError, "'a' must be an array of numbers", "object"),
        (lambda: mtl.table({"a": [1.0]}), ValueError, "at least two seeds", "(1,)"),
        (lambda: mtl.table({"a": X[0]}, against="b"), ValueError, "against must be the name of a row", "'b'"),
        (lambda: mtl.table({"a": [1]}, ["n"], against="a"), ValueError, "rows of one column", "['n']"),
        (lambda: mtl.table({"a": X[0], "b": X[0, :2]}, against="a"), ValueError, "the same seeds", "(2,)"),
        (lambda: mtl.table({"a": 1}, digits=-1), ValueError, "digits must be at least 0", "-1"),
    ],
    mtl.dots: [
        (lambda: mtl.dots(ax(), {}, "error"), ValueError, "at least one array", "empty"),
        (lambda: mtl.dots(ax(), [X], "error"), TypeError, "dictionary", "list"),
        (lambda: mtl.dots(figure(), {"a": X[0]}, "error"), TypeError, "axes", "Figure"),
        (lambda: mtl.dots(ax(), {"a": [1.0]}, "error"), ValueError, "at least two seeds", "(1,)"),
        (lambda: mtl.dots(ax(), {"a": X}, "error"), ValueError, "one number", "(6, 3)"),
        (lambda: mtl.dots(ax(), {"a": [1.0, NAN]}, "error"), ValueError, "finite", "NaN"),
        (
            lambda: mtl.dots(ax(), {"a": ["b", "c"]}, "error"),
            TypeError,
            "setting 'a' must be an array of numbers",
            "U1",
        ),
        (lambda: mtl.dots(ax(), {"a": X[0]}, "error", digits=-1), ValueError, "digits must be at least 0", "-1"),
    ],
    mtl.lines: [
        (lambda: mtl.lines(ax(), [1, 2], {}), ValueError, "at least one array", "empty"),
        (lambda: mtl.lines(ax(), [], {"a": []}), ValueError, "x must hold at least one point", "none"),
        (lambda: mtl.lines(ax(), [1, 2], {"a": [1, 2, 3]}), ValueError, "'a' must have a point for each x", "(3,)"),
        (lambda: mtl.lines(ax(), X, {"a": X}), ValueError, "a point for each x", "(6, 3) and (6, 3)"),
        (lambda: mtl.lines(ax(), [1, 2], {"a": [1, NAN]}), ValueError, "'a' must hold finite numbers", "NaN"),
        (lambda: mtl.lines(ax(), ["a", "b"], {"a": [1, 2]}), TypeError, "x must be an array of numbers", "U1"),
        (lambda: mtl.lines(ax(), range(6), {"a": MASKED}), TypeError, "curve 'a' must be an array without masked", "3"),
        (lambda: mtl.lines(figure(), [1, 2], {"a": [1, 2]}), TypeError, "axes", "Figure"),
    ],
}
# Nothing to call, or nothing to hand over.
VALUES = {"Run", "adam", "boolean_ladder", "gradient_descent"}


CALLS = [
    pytest.param(call, error, parts, id=function.__name__)
    for function, calls in BAD.items()
    for call, error, *parts in calls
]


@pytest.mark.parametrize(("call", "error", "parts"), CALLS)
def test_bad_input_is_explained(call, error, parts):
    with pytest.raises(error) as caught:
        call()
    message = str(caught.value)
    assert all(part in message for part in parts), message
    assert re.fullmatch(r"[^\n]{20,160}\.", message), message
    raised_in = Path(traceback.extract_tb(caught.value.__traceback__)[-1].filename)
    assert raised_in.parent == Path(mtl.__file__).parent


def test_every_public_function_is_tried():
    assert {function.__name__ for function in BAD} == set(mtl.__all__) - VALUES - {
        "methods"
    }  # test_methods.py has its own
