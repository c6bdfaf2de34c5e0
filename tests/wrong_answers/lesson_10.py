"""Answers to lesson 10 that no check knows. A dictionary is the solution, with arguments or its result changed."""

import numpy as np
import tensorflow as tf


def mixture(over=lambda logits: tf.nn.softmax(logits)):
    def outputs(x, experts, gates, heads):
        hidden = tf.nn.relu(x @ experts)  # (experts, rows, units)
        shares = over(x @ gates)  # (tasks, rows, experts)
        mixed = tf.einsum("tne,enm->tnm", shares, hidden)
        return tf.transpose(tf.reduce_sum(mixed * heads[:, None], axis=-1))

    return outputs


def picked(cost, pick=np.argmin):
    return lambda errors, partitions: pick([cost(np.concatenate([errors[g] for g in p])) for p in partitions])


WRONG = {
    "widest": [
        lambda limit, inputs, tasks, experts: limit // (inputs * experts + tasks) - tasks,
        {"inputs": lambda inputs: inputs + 1},  # biases
        {"result": lambda units: units + 1},
    ],
    "gated": [
        mixture(lambda logits: tf.nn.softmax(-logits)),
        mixture(lambda logits: tf.nn.softmax(2 * logits)),
        {"heads": lambda heads: heads[::-1]},
        ({"result": lambda out: out.ravel()}, "has shape"),
    ],
    "best_groups": [
        picked(np.median),
        picked(np.prod),
        picked(lambda errors: np.sum(errors**2)),
        {"partitions": lambda partitions: partitions[::-1]},
        ({"result": lambda k: np.eye(60)[k]}, "has shape"),
    ],
}
RIGHT = {
    "widest": [
        lambda limit, inputs, tasks, experts: max(
            0, (limit - (experts > 1) * tasks * inputs * experts) // (inputs * experts + tasks)
        ),
    ],
    "gated": [mixture(), mixture(lambda logits: tf.exp(logits - tf.reduce_logsumexp(logits, axis=-1, keepdims=True)))],
    "best_groups": [picked(np.sum), picked(np.mean), picked(lambda errors: -np.sum(errors), np.argmax)],
}
