"""Train one network for two tasks: alone, on several workers of one machine, or on a cluster. The script is the same.

    python train_on_workers.py weights.npz [--steps 100] [--checkpoints FOLDER] [...]

The environment variable TF_CONFIG alone says which. Without it, the script runs alone. On a cluster, start it on each
machine with the list of all workers and that machine's place in the list, here for the first of two:

    TF_CONFIG='{"cluster": {"worker": ["10.0.0.1:12345", "10.0.0.2:12345"]}, "task": {"type": "worker", "index": 0}}'

FOLDER must then lie on a disk that all of them see. TensorFlow's workers trust whoever reaches their port, from any
address: keep the network to yourself. Exit codes: 0 finished, 3 this worker could not join the cluster (stderr says
why; most often its port was taken), anything else a failure, such as a partner that ended or did not answer for
`--patience` seconds.

Only workers are known here, no chief and no evaluator. Run so far on one machine, with one to three workers, on CPUs.

The data are made up in `make_data`; put your own there.
"""

import argparse
import faulthandler
import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

import keras
import numpy as np
import tensorflow as tf

keras.config.set_floatx("float64")

TASKS = ("first", "second")
NO_CLUSTER = 3  # exit code
BATCH = 40  # rows of a step, over all workers


def make_data():
    """Inputs, targets, and label weights: 1 where a row has a label for the task, 0 where it has none."""
    X = tf.random.stateless_normal((400, 16), [0, 0], dtype=tf.float64).numpy()
    Y = np.tanh(X @ tf.random.stateless_normal((16, 2), [0, 1], dtype=tf.float64).numpy())
    labelled = tf.random.stateless_uniform(Y.shape, [0, 2], dtype=tf.float64).numpy() < [0.9, 0.4]
    return X, Y, labelled.astype(float)


def place_in_cluster():
    """This worker's number and how many there are, from TF_CONFIG."""
    config = json.loads(os.environ.get("TF_CONFIG", "{}"))
    if not config:
        return 0, 1
    return config["task"]["index"], len(config["cluster"]["worker"])


def join_cluster(patience):
    """The strategy: TF_CONFIG says whether there are others to wait for."""
    if place_in_cluster()[1] == 1:
        return tf.distribute.get_strategy()
    wait_at_most(patience)
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except (tf.errors.OpError, RuntimeError) as error:
        print(error, file=sys.stderr, flush=True)
        os._exit(NO_CLUSTER)


def wait_at_most(seconds):
    """End the process with a traceback unless this is called again in time. TensorFlow itself waits for very long."""
    faulthandler.dump_traceback_later(seconds, exit=True)


def task_of(step):
    """Whose turn it is: a function of the step's number, so that all workers agree without talking."""
    return int(np.random.default_rng([1, step]).integers(len(TASKS)))


def rows_of(step, rows, worker, workers):
    """The rows of a step, and of these the ones for this worker."""
    chosen = np.random.default_rng([2, step]).permutation(rows)[:BATCH]
    return chosen[worker::workers]


def build(seed=0):
    """The two-task network and its optimiser, the same on every worker."""
    keras.utils.set_random_seed(seed)
    x = keras.Input((16,))
    hidden = keras.layers.Dense(12, "relu", name="trunk")(x)
    heads = {task: keras.layers.Dense(1, name=task)(hidden) for task in TASKS}
    model = keras.Model(x, heads)
    optimizer = keras.optimizers.Adam(0.01)
    optimizer.build(model.trainable_variables)
    return model, optimizer


def share_of_loss(outputs, y, labelled, tasks):
    """This worker's part of the loss: local sum over global count, so that the parts add up to the mean."""
    loss = 0.0
    for k in tasks:
        squares = labelled[:, k] * tf.square(outputs[TASKS[k]][:, 0] - y[:, k])
        count = tf.distribute.get_replica_context().all_reduce("sum", tf.reduce_sum(labelled[:, k]))
        loss += tf.math.divide_no_nan(tf.reduce_sum(squares), count)
    return loss


def make_step(strategy, model, optimizer, tasks, part):
    """One step for some of the tasks: every worker adds its share of the gradient."""
    names = ["trunk", *(TASKS[k] for k in tasks)]
    moving = [weight for name in names for weight in model.get_layer(name).trainable_variables]

    def on_worker(x, y, labelled):
        with tf.GradientTape() as tape:
            loss = part(model(x, training=True), y, labelled, tasks)
        gradients = tape.gradient(loss, moving)
        optimizer.apply_gradients(zip(gradients, moving))  # sums over the workers

    return tf.function(lambda *data: strategy.run(on_worker, args=data), autograph=False)


def train(strategy, options, part=share_of_loss):
    worker, workers = place_in_cluster()
    X, Y, labelled = make_data()
    if options.labels == "own":  # worker k knows the labels of task k alone
        labelled = labelled * [1.0 if workers == 1 else float(k == worker) for k in range(len(TASKS))]
    with strategy.scope():
        model, optimizer = build()
        done = tf.Variable(0, dtype=tf.int64, trainable=False)
    if options.schedule == "turns":
        steps = [make_step(strategy, model, optimizer, [k], part) for k in range(len(TASKS))]
    else:
        steps = [make_step(strategy, model, optimizer, range(len(TASKS)), part)] * len(TASKS)

    manager = None
    if options.checkpoints:
        checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer, done=done)
        if latest := tf.train.latest_checkpoint(options.checkpoints):
            checkpoint.restore(latest)
        # All workers take part in saving. Only the first one's files are read again.
        folder = options.checkpoints if worker == 0 else os.path.join(options.checkpoints, f"worker{worker}")
        manager = tf.train.CheckpointManager(checkpoint, folder, max_to_keep=2)

    first, took = int(done.numpy()), []
    for step in range(first, options.steps):
        if step == options.die_at and worker == workers - 1:
            os._exit(9)  # no farewell, as when the power fails
        if workers > 1:
            wait_at_most(options.patience)
        began = time.perf_counter()
        # With labels of its own, a worker works on all rows of the step; otherwise on its share of them.
        rows = rows_of(step, len(X), *((0, 1) if options.labels == "own" else (worker, workers)))
        steps[task_of(step)](*map(tf.constant, (X[rows], Y[rows], labelled[rows])))
        done.assign_add(1)
        took.append(time.perf_counter() - began)
        if manager and (step + 1) % options.every == 0:
            manager.save()
    faulthandler.cancel_dump_traceback_later()
    if worker == 0:
        weights = {weight.path: weight.numpy() for weight in model.trainable_variables}
        np.savez(options.out, first_step=first, step_seconds=np.min(took or [0]), **weights)
    return model


def read_options(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", help="where the first worker stores the weights, a file .npz")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--schedule", choices=["turns", "joint"], default="turns")
    parser.add_argument("--labels", choices=["all", "own"], default="all", help="own: worker k knows task k alone")
    parser.add_argument("--checkpoints", help="folder; training goes on from the latest one found there")
    parser.add_argument("--every", type=int, default=25, help="steps between two checkpoints")
    parser.add_argument("--patience", type=float, default=120, help="seconds to wait for the others, at each step")
    parser.add_argument("--die-at", type=int, help="a rehearsal: the last worker ends before this step")
    return parser.parse_args(arguments)


def main(arguments=None):
    options = read_options(arguments)
    train(join_cluster(options.patience), options)


if __name__ == "__main__":
    main()
