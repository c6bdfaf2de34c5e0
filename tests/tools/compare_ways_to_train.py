"""Train two tasks on posed digits in many ways and widths; write what room 04a shows.

Run by hand, `python tests/tools/compare_ways_to_train.py [study | study/width ...]`: half an hour on two idle cores
for the whole, and only the rows of what is named are replaced. Each way of training has, in each width, the rate and
the stop that suit it best on validation rows. Every seed draws its own poses and rows: 100 to train on, 200 to choose
with, the others to test.
"""

import csv
import sys
from itertools import product
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import numpy as np
import tensorflow as tf

TABLE = Path(__file__).parents[2] / "notebooks" / "deeper" / "04a_compare_ways_to_train.csv"
SEEDS, WIDTHS = range(20), (16, 32, 48, 96)
# Rates, steps and stops. Where the coarse grid chose its edge or was too coarse to tell, another stands.
COARSE, FINE = ((0.001, 0.004, 0.016, 0.064), 240, 12), ((0.004, 0.008, 0.016, 0.032, 0.064), 240, 24)
GRIDS = {("missing", width): FINE for width in WIDTHS}
GRIDS["kinds", 96] = (0.0005, 0.001, 0.004, 0.016), 480, 24
TRAINING, VALIDATION, TEST = slice(100), slice(100, 300), slice(300, None)
HEADINGS = ["study", "way", "width", "rate", "stop", "validation"]


def draw(seeds=SEEDS):
    """Images (seeds, rows, 64) and targets, by name (seeds, rows, outputs), with poses of their own in each seed."""
    draws = [mtl.posed_digits(["angle", "shift", "digit"], seed=seed) for seed in seeds]
    targets = {name: np.stack([Y[name] for _, Y in draws]) for name in draws[0][1]}
    return np.stack([X for X, _ in draws]), targets


def task_losses(weights, X, Y1, Y2, label_weights):
    """Each task's weighted loss: squared error, and for a target of several columns cross-entropy."""
    losses = []
    for task, (out, Y) in enumerate(zip(mtl.hard_sharing(weights, X), (Y1, Y2), strict=True)):
        if Y.shape[-1] == 1:
            each = tf.square(out - Y)[..., 0]
        else:
            each = tf.nn.softmax_cross_entropy_with_logits(Y, out)
        losses.append(tf.reduce_sum(label_weights[..., task] * each, axis=-1))
    return losses


def joint_loss(weights, *data):
    return tf.add_n(task_losses(weights, *data))


train_joint = mtl.training_loop(joint_loss)


def joint_path(start, data, rate, steps, stops):
    return train_joint(start, data, steps=steps, rate=rate, records=stops).path[1:]


def path_in_turns(memories):
    train = mtl.turns_loop(
        [lambda *given, task=task: task_losses(*given)[task] for task in range(2)], memories=memories
    )

    def path(start, data, rate, steps, stops):
        return train(start, data, turns=np.resize([1, 2], 2 * steps), rate=rate, records=stops).path[1:]

    return path


def relative_errors(weights, X, targets, rows):
    """Of each task, the loss on some rows divided by that of the constant prediction: (tasks, seeds)."""
    errors, hidden = [], np.maximum(X[:, rows] @ weights["trunk"], 0)
    for task, Y in enumerate(targets, start=1):
        out, seen = hidden @ weights[f"head{task}"], Y[:, TRAINING].mean(axis=1, keepdims=True)
        if Y.shape[-1] == 1:
            loss, constant = ((guess - Y[:, rows]) ** 2 for guess in (out, seen))
        else:
            loss, constant = (-Y[:, rows] * guess for guess in (log_softmax(out), np.log(seen)))
        errors.append(loss.sum(axis=-1).mean(axis=1) / constant.sum(axis=-1).mean(axis=1))
    return np.array(errors)


def log_softmax(out):
    out = out - out.max(axis=-1, keepdims=True)
    return out - np.log(np.exp(out).sum(axis=-1, keepdims=True))


def study_turns(X, targets):
    """Angle and shift, every label there: one step on the sum, turns with one Adam or two, and each task apart."""
    data, even = [targets["angle"], targets["shift"]], np.full((len(X), 100, 2), 1 / 100)
    yield "joint", joint_path, data, even, (1, 1)
    yield "in turns, one Adam", path_in_turns("one"), data, even, (1, 1)
    yield "in turns, two Adams", path_in_turns("each"), data, even, (1, 1)
    yield "angle alone", joint_path, data, even * [1, 0], (1, 0)
    yield "shift alone", joint_path, data, even * [0, 1], (0, 1)


def study_kinds(X, targets):
    """Angle (squared error) beside digit (cross-entropy), with task weights relative to those of the rule."""
    data, even = [targets["angle"], targets["digit"]], np.full((len(X), 100, 2), 1 / 100)
    share = targets["digit"][:, TRAINING].mean(axis=1)
    entropy = -(share * np.log(share)).sum(axis=-1)
    variance = targets["angle"][:, TRAINING].var(axis=(1, 2))
    rule = even / np.stack([variance, entropy], axis=-1)[:, None]
    for times in (0.1, 0.3, 1, 3, 10):
        yield f"rule, digit x {times:g}", joint_path, data, rule * [1, times], (1, 1)
    yield "plain sum", joint_path, data, even, (1, 1)
    yield "plain sum, degrees", joint_path, data, even * [40**2, 1], (1, 1)
    yield "angle alone", joint_path, data, rule * [1, 0], (1, 0)
    yield "digit alone", joint_path, data, rule * [0, 1], (0, 1)


def study_missing(X, targets):
    """Angle for all 100 rows, shift for 20 of them."""
    angle, shift = targets["angle"], targets["shift"]
    present = np.ones((len(X), 100, 2))
    present[:, 20:, 1] = 0
    mask = present / present.sum(axis=1, keepdims=True)
    filled = shift.copy()
    filled[:, 20:100] = 0
    turned = angle.copy()
    for seed, rows in enumerate(turned):
        rows[TRAINING] = np.random.default_rng(seed).permutation(rows[TRAINING])
    yield "mask", joint_path, [angle, shift], mask, (1, 1)
    for times in (1, 3, 10):
        yield f"for the shift, x {times}", joint_path, [angle, shift], mask * [1, times], (0, 1)
    for times in (1, 10):
        yield f"shuffled angle, x {times}", joint_path, [turned, shift], mask * [1, times], (0, 1)
    yield "average over absent", joint_path, [angle, shift], present / 100, (1, 1)
    yield "complete rows only", joint_path, [angle, shift], present[..., [1, 1]] / 20, (1, 1)
    yield "fill with zeros", joint_path, [angle, filled], np.full(present.shape, 1 / 100), (1, 1)
    yield "angle alone", joint_path, [angle, shift], mask * [1, 0], (1, 0)
    yield "shift alone", joint_path, [angle, shift], mask * [0, 1], (0, 1)


STUDIES = {"turns": study_turns, "kinds": study_kinds, "missing": study_missing}


def is_wanted(study, width, name):
    """Two networks apart hold as many units as a joint one of twice their width, so two widths are there for that."""
    if width == 32:
        return name == "joint" or name.startswith(("for the shift", "shuffled angle"))
    return width != 48 or (study != "kinds" and name.endswith("alone"))


def best_of(study, way, width, X, targets, seeds=SEEDS):
    """One row of the table: the rate and stop chosen on validation rows, and the test errors there."""
    true = [targets[name] for name in (("angle", "digit") if study == "kinds" else ("angle", "shift"))]
    name, train, (Y1, Y2), label_weights, counts = way
    start = mtl.random_start({"trunk": (64, width), "head1": (width, 1), "head2": (width, Y2.shape[-1])}, seeds)
    data, trials = [X[:, TRAINING], Y1[:, TRAINING], Y2[:, TRAINING], label_weights], {}
    rates, steps, stops = GRIDS.get((study, width), COARSE)
    for rate in rates:
        for number, weights in enumerate(train(start, data, rate, steps, stops), start=1):
            error = counts @ relative_errors(weights, X, true, VALIDATION).mean(axis=1)
            trials[error, rate, number * steps // stops] = weights
    (error, rate, stop), weights = min(trials.items(), key=lambda trial: trial[0])
    test = relative_errors(weights, X, true, TEST)
    return [study, name, width, rate, stop, f"{error:.4f}", *(f"{e:.4f}" for e in test.ravel())]


def main(named):
    X, targets = draw()
    parts = [part for part in product(WIDTHS, STUDIES) if {part[1], f"{part[1]}/{part[0]}"} & set(named or STUDIES)]
    old = list(csv.reader(TABLE.open(encoding="utf-8")))[1:] if TABLE.exists() else []
    rows = [row for row in old if (int(row[2]), row[0]) not in parts]
    headings = HEADINGS + [f"task {task}, seed {seed}" for task, seed in product((1, 2), SEEDS)]
    for width, study in parts:
        for way in STUDIES[study](X, targets):
            if not is_wanted(study, width, way[0]):
                continue
            rows.append(best_of(study, way, width, X, targets))
            errors = np.array(rows[-1][6:], float).reshape(2, -1).mean(axis=1)
            print(*rows[-1][:6], *(f"{error:.3f}" for error in errors), flush=True)
    rows.sort(key=lambda row: (int(row[2]), list(STUDIES).index(row[0])))
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([headings, *rows])


if __name__ == "__main__":
    main(sys.argv[1:])
