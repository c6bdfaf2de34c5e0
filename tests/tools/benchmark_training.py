"""What a training step costs: `python tests/tools/benchmark_training.py`. By hand; pytest does not collect it.

The step: ten rows, a ReLU trunk 10-20 and two linear heads 20-20, squared error, Adam on the sum of
both losses, all in float64. Every way of running it starts from the same weights and must end at
the same weights before it is timed. The ways take turns, so that a busy minute hurts all of them;
the table gives medians, and ratios to the loop over TensorFlow 1's session, as the article has it.

The limit, in one run on two shared cores (November 2026): a JAX scan of the same step, float64, took 18-20 µs for one
network, and 12 and 10-11 for each of 8 and 128 replicas; the package's loop 20, 14 and 17, and with one thread for XLA,
which the package asks for, 17, 13 and 13-16. What is left at many replicas is what the two make of `x @ W` with a
leading axis; we have not looked inside.
"""

import time
from collections.abc import Callable
from statistics import median

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import keras
import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1
RATE, REPEATS, CHECKED_STEPS = 0.001, 7, 50
SHAPES = {"trunk": (10, 20), "head1": (20, 20), "head2": (20, 20)}
# TensorFlow 1 and Keras both send a plain Python 0.999 through float32; NumPy's numbers keep their digits.
BETAS = np.array([0.9, 0.999])
START = mtl.random_start(SHAPES, 0)
DRAW = np.random.default_rng(1)
X, Y1, Y2 = (DRAW.normal(size=shape) for shape in ((10, 10), (10, 20), (10, 20)))

Weights = dict[str, np.ndarray]
Way = Callable[[int], Weights]  # trains for so many steps from START and returns the weights


def joint_loss(weights, x, y1, y2):
    out1, out2 = mtl.hard_sharing(weights, x)
    return mtl.squared_error(out1, y1) + mtl.squared_error(out2, y2)


def session_loop() -> Way:
    """The article's way: a session's `run` a step, data through `feed_dict`, the loss fetched."""
    with tf.Graph().as_default():
        x, y1, y2 = (tf1.placeholder(tf.float64, array.shape) for array in (X, Y1, Y2))
        weights = {name: tf1.Variable(w, name=name) for name, w in START.items()}
        loss = joint_loss(weights, x, y1, y2)
        train = tf1.train.AdamOptimizer(tf.constant(RATE, tf.float64), *BETAS, 1e-7).minimize(loss)
        reset, session = tf1.global_variables_initializer(), tf1.Session()

    def way(steps):
        session.run(reset)
        for _ in range(steps):
            session.run([train, loss], feed_dict={x: X, y1: Y1, y2: Y2})
        return session.run(weights)

    return way


def keras_step(wrap: Callable) -> Way:
    """A tape and Keras's Adam, one call from Python a step, eager or traced according to `wrap`."""
    variables = {name: tf.Variable(w) for name, w in START.items()}
    optimiser = keras.optimizers.Adam(RATE, *BETAS)
    optimiser.build(list(variables.values()))
    data = [tf.constant(array) for array in (X, Y1, Y2)]

    @wrap
    def step(*data):
        with tf.GradientTape() as tape:
            loss = joint_loss(variables, *data)
        optimiser.apply(tape.gradient(loss, list(variables.values())))
        return loss

    def way(steps):
        for name, variable in variables.items():
            variable.assign(START[name])
        for variable in optimiser.variables:
            if variable is not optimiser.learning_rate:
                variable.assign(tf.zeros_like(variable))
        for _ in range(steps):
            step(*data)
        return {name: variable.numpy() for name, variable in variables.items()}

    return way


def numpy_by_hand(steps: int) -> Weights:
    weights = {name: w.copy() for name, w in START.items()}
    means, squares = ({name: np.zeros_like(w) for name, w in START.items()} for _ in range(2))
    for k in range(1, steps + 1):
        hidden = np.maximum(X @ weights["trunk"], 0)
        error1, error2 = (2 / len(X) * (hidden @ weights[f"head{t}"] - y) for t, y in ((1, Y1), (2, Y2)))
        back = error1 @ weights["head1"].T + error2 @ weights["head2"].T
        gradients = {"trunk": X.T @ (back * (hidden > 0)), "head1": hidden.T @ error1, "head2": hidden.T @ error2}
        pace = RATE * (1 - 0.999**k) ** 0.5 / (1 - 0.9**k)
        for name, gradient in gradients.items():
            means[name] += 0.1 * (gradient - means[name])
            squares[name] += 0.001 * (gradient * gradient - squares[name])
            weights[name] -= pace * means[name] / (np.sqrt(squares[name]) + 1e-7)
    return weights


def package_loop(xla: bool, start: Weights = START) -> Way:
    train = mtl.training_loop(joint_loss, xla=xla)
    return lambda steps: train(start, [X, Y1, Y2], steps=steps, rate=RATE).weights


def seconds(way: Way, steps: int) -> float:
    started = time.perf_counter()
    way(steps)
    return time.perf_counter() - started


def main() -> None:
    session = "TensorFlow 1 session loop"
    ways = {  # each with the steps of one turn and its seeds
        session: (session_loop(), 600, 1),
        "eager tape, Keras Adam": (keras_step(lambda step: step), 30, 1),
        "traced step, called from Python": (keras_step(tf.function), 400, 1),
        "NumPy by hand": (numpy_by_hand, 3_000, 1),
        "package loop without XLA": (package_loop(xla=False), 3_000, 1),
        "package loop with XLA": (package_loop(xla=True), 10_000, 1),
    }
    for seeds in (1, 8, 32, 128):
        way = package_loop(xla=True, start=mtl.random_start(SHAPES, range(seeds)))
        ways[f"package loop with XLA, replicas: {seeds}"] = (way, 10_000 // seeds, seeds)
    first = {name: seconds(way, 1) for name, (way, _, _) in ways.items()}

    expected = numpy_by_hand(CHECKED_STEPS)
    for name, (way, _, _) in ways.items():
        for weight, ends in way(CHECKED_STEPS).items():
            first_seed = ends[0] if ends.ndim == 3 else ends
            np.testing.assert_allclose(first_seed, expected[weight], rtol=0, atol=1e-10, err_msg=f"{name}, {weight}")
    print(f"After {CHECKED_STEPS} steps all ways agree to 1e-10.\n")

    rounds = [{name: seconds(way, steps) for name, (way, steps, _) in ways.items()} for _ in range(REPEATS)]
    cost = {
        name: 1e6 * median(turns[name] for turns in rounds) / (steps * seeds)
        for name, (_, steps, seeds) in ways.items()
    }
    print(f"{'':36}{'µs/step/seed':>14}{'× faster':>10}{'first step, s':>15}")
    for name, each in cost.items():
        print(f"{name:36}{each:14.1f}{cost[session] / each:10.2f}{first[name]:15.2f}")


if __name__ == "__main__":
    main()
