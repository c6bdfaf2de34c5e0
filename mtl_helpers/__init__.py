"""The plumbing of the course: quiet TensorFlow, data, networks, one traced loop, theory, graphs and figures.

Import this package before TensorFlow. TensorFlow writes its start-up lines straight to file
descriptor 2; a notebook that stored them would differ from machine to machine. Both measures are
needed: the log level silences what comes later, the descriptor what comes during the import.

What is set on the machine it runs on changes nothing: Keras runs on TensorFlow with Keras's own defaults, whatever
the environment or a `keras.json` asks for, and Matplotlib keeps to itself what it has to say of folders and fonts.

TensorFlow and XLA share out each matrix product among threads, which costs the small steps of this course more than it
saves: a tenth to a third (`tests/tools/benchmark_training.py`, lesson 02). It also adds up in another order on each
number of cores. One thread is asked for. For large networks give the cores back before the import: set
TF_NUM_INTRAOP_THREADS to their number, and XLA_FLAGS to --xla_cpu_multi_thread_eigen=true. What you set stays.

TensorFlow also brings half a million objects that live as long as the process. They are kept from the
garbage collector, which would walk over them again and again: a lesson starts and ends sooner.
"""

import gc
import logging
import os
import sys


def _choose_tensorflow_for_keras() -> None:
    os.environ["KERAS_BACKEND"] = "tensorflow"  # comes before what keras.json says
    chosen = sys.modules["keras"].config.backend() if "keras" in sys.modules else "tensorflow"
    if chosen != "tensorflow":
        raise ImportError(f"Keras must run on TensorFlow, but was imported with {chosen!r}: import mtl_helpers first.")


def _ask_for_one_thread() -> None:
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    flag, asked = "--xla_cpu_multi_thread_eigen", os.environ.get("XLA_FLAGS", "")
    if flag not in asked:
        os.environ["XLA_FLAGS"] = f"{asked} {flag}=false".strip()


def _import_quietly() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        stderr = os.dup(2)
    except OSError:  # closed, as by `2>&-`; afterwards it leads nowhere, lest a file that is opened take its place
        stderr = null
    os.dup2(null, 2)
    log = logging.getLogger("matplotlib")  # tells of slow fonts and folders that it cannot write
    level, collects = log.level, gc.isenabled()
    log.setLevel(logging.ERROR)
    gc.disable()
    try:
        import matplotlib.pyplot  # noqa: F401
        import tensorflow  # noqa: F401

        gc.freeze()
    finally:
        log.setLevel(level)
        if collects:
            gc.enable()
        os.dup2(stderr, 2)
        for descriptor in {stderr, null} - {2}:  # 2 was free if it was closed, and `null` may have got it
            os.close(descriptor)


_choose_tensorflow_for_keras()
_ask_for_one_thread()
_import_quietly()

import keras  # noqa: E402

# Float32 runs differ from one processor to the next in the digits we print; float64 runs do not.
keras.config.set_floatx("float64")
# A user's keras.json may hold others.
keras.config.set_epsilon(1e-7)
keras.config.set_image_data_format("channels_last")

from mtl_helpers import methods  # noqa: E402
from mtl_helpers.data import boolean_ladder, linear_tasks, posed_digits  # noqa: E402
from mtl_helpers.figures import dots, lines, new_figure, show  # noqa: E402
from mtl_helpers.graphs import computation_graph, draw_graph, draw_network, listing, variables_reached  # noqa: E402
from mtl_helpers.live import live  # noqa: E402
from mtl_helpers.networks import apart, hard_sharing, random_start, soft_penalty  # noqa: E402
from mtl_helpers.report import mean_se, plus_minus, table  # noqa: E402
from mtl_helpers.theory import reduced_rank_regression  # noqa: E402
from mtl_helpers.training import (  # noqa: E402
    Run,
    adam,
    gradient_descent,
    squared_error,
    training_loop,
    turns_loop,
)

__all__ = [
    "Run",
    "adam",
    "apart",
    "boolean_ladder",
    "computation_graph",
    "dots",
    "draw_graph",
    "draw_network",
    "gradient_descent",
    "hard_sharing",
    "linear_tasks",
    "lines",
    "listing",
    "live",
    "mean_se",
    "methods",
    "new_figure",
    "plus_minus",
    "posed_digits",
    "random_start",
    "reduced_rank_regression",
    "show",
    "soft_penalty",
    "squared_error",
    "table",
    "training_loop",
    "turns_loop",
    "variables_reached",
]
