"""The plumbing of the course: quiet TensorFlow, data, networks, one traced loop, theory, graphs and figures.

Import this package before TensorFlow. TensorFlow writes its start-up lines straight to file
descriptor 2; a notebook that stored them would differ from machine to machine. Both measures are
needed: the log level silences what comes later, the descriptor what comes during the import.

TensorFlow also brings half a million objects that live as long as the process. They are kept from the
garbage collector, which would walk over them again and again: a lesson starts and ends sooner.
"""

import gc
import os


def _import_tensorflow_quietly() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    stderr, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    collects = gc.isenabled()
    gc.disable()
    try:
        import tensorflow  # noqa: F401

        gc.freeze()
    finally:
        if collects:
            gc.enable()
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(null)


_import_tensorflow_quietly()

import keras  # noqa: E402

# Float32 runs differ from one processor to the next in the digits we print; float64 runs do not.
keras.config.set_floatx("float64")

from mtl_helpers.data import boolean_ladder, linear_tasks, posed_digits  # noqa: E402
from mtl_helpers.figures import dots, lines, new_figure, show  # noqa: E402
from mtl_helpers.graphs import computation_graph, draw_graph, listing, variables_reached  # noqa: E402
from mtl_helpers.live import live  # noqa: E402
from mtl_helpers.networks import apart, hard_sharing, random_start, soft_penalty  # noqa: E402
from mtl_helpers.report import mean_se, plus_minus  # noqa: E402
from mtl_helpers.theory import reduced_rank_regression  # noqa: E402
from mtl_helpers.training import (  # noqa: E402
    Run,
    adam,
    gradient_descent,
    squared_error,
    training_loop,
)

__all__ = [
    "Run",
    "adam",
    "apart",
    "boolean_ladder",
    "computation_graph",
    "dots",
    "draw_graph",
    "gradient_descent",
    "hard_sharing",
    "linear_tasks",
    "lines",
    "listing",
    "live",
    "mean_se",
    "new_figure",
    "plus_minus",
    "posed_digits",
    "random_start",
    "reduced_rank_regression",
    "show",
    "soft_penalty",
    "squared_error",
    "training_loop",
    "variables_reached",
]
