"""Train four times on the same workers: as the script does, on labels of its own, with a mistake, and until one ends.

For the second, worker k knows the labels of task k alone, and missing labels have weight 0. For the third, each worker
leaves out the head that it has no labels for. In the fourth, the last worker ends before a step, if one is given. One
launch is enough for all, and a launch is what takes time.

    python train_on_own_labels.py FOLDER [--die-at STEP]

Lesson 12 starts it on two workers and compares. It is a rehearsal of a mistake: copy `train_on_workers.py`, not this.
"""

import os
import sys

import train_on_workers as script
from train_on_workers import TASKS, tf


def heads_left_out(outputs, y, labelled, tasks):
    """The mistake: a worker that has no labels for a task does not let its head take part."""
    worker, workers = script.place_in_cluster()
    loss = 0.0
    for k in tasks:
        if workers == 1 or k == worker:
            squares = labelled[:, k] * tf.square(outputs[TASKS[k]][:, 0] - y[:, k])
            loss += tf.reduce_sum(squares) / tf.maximum(tf.reduce_sum(labelled[:, k]), 1.0)
    return loss


def main(folder, *die_at):
    worker, _ = script.place_in_cluster()
    own = ["--schedule", "joint", "--labels", "own"]
    two = script.read_options([os.path.join(folder, "two.npz")])
    masked = script.read_options([os.path.join(folder, "masked.npz"), *own])
    left_out = script.read_options([os.path.join(folder, "left_out.npz"), *own])
    strategy = script.join_cluster(masked.patience)
    script.train(strategy, two)
    script.train(strategy, masked)
    model = script.train(strategy, left_out, heads_left_out)
    copy = {weight.path: weight.numpy() for weight in model.trainable_variables}
    script.np.savez(os.path.join(folder, f"left_out_{worker}.npz"), **copy)
    if die_at:
        saving = ["--checkpoints", os.path.join(folder, "saved")]
        script.train(strategy, script.read_options([os.path.join(folder, "killed.npz"), *saving, *die_at]))


if __name__ == "__main__":
    main(*sys.argv[1:])
