"""The package as a whole: a quiet import, float64, complete names, imports that run one way."""

import ast
import gc
import inspect
import os
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import keras
import numpy as np
import pytest
import tensorflow as tf

PACKAGE = Path(mtl.__file__).parent
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")
TREES = {name: ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8")) for name in [*MODULES, "__init__"]}

FIRST_RUN = """
import os
import mtl_helpers as mtl
import numpy as np
import tensorflow as tf

def run(xla, size):
    train = mtl.training_loop(lambda weights: tf.reduce_sum(weights["w"] ** 2), xla=xla)
    return train({"w": np.ones(size)}, steps=3, rate=0.1)

print(run(xla=True, size=2).losses.shape)
for size in range(6):
    run(xla=False, size=size)  # TensorFlow warns of functions that are traced so often
os.write(2, b"still connected")
"""


def test_import_compilation_and_many_traces_write_nothing():
    run = subprocess.run([sys.executable, "-c", FIRST_RUN], capture_output=True, encoding="utf-8")
    assert (run.returncode, run.stdout, run.stderr) == (0, "(2,)\n", "still connected")


@pytest.mark.parametrize(
    ("name", "asked", "then"),
    [
        ("TF_NUM_INTRAOP_THREADS", None, "1"),
        ("TF_NUM_INTRAOP_THREADS", "4", "4"),
        ("XLA_FLAGS", None, "--xla_cpu_multi_thread_eigen=false"),
        ("XLA_FLAGS", "--xla_dump_to=x", "--xla_dump_to=x --xla_cpu_multi_thread_eigen=false"),
        ("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=true", "--xla_cpu_multi_thread_eigen=true"),
    ],
)
def test_one_thread_unless_the_user_asks_for_more(monkeypatch, name, asked, then):
    monkeypatch.delenv(name)  # the import has set it
    if asked:
        monkeypatch.setenv(name, asked)
    mtl._ask_for_one_thread()
    assert os.environ[name] == then


def test_garbage_collector_runs_and_leaves_tensorflow_alone():
    assert gc.isenabled()
    assert gc.get_freeze_count() > 100_000


def test_float64_is_the_float():
    assert keras.config.floatx() == "float64"
    assert keras.Variable("zeros", (1,)).dtype == "float64"
    X, Y = mtl.boolean_ladder()
    digits, tasks = mtl.posed_digits()
    start = mtl.random_start({"w": (2, 2), "b": (1, 2)}, 0)
    arrays = [X, digits, *Y.values(), *tasks.values(), *mtl.linear_tasks(3, 2, 10, 1, 0), *start.values()]
    assert {array.dtype for array in arrays} == {np.dtype(np.float64)}
    assert mtl.squared_error(X, X).dtype == tf.float64


def imported_from_package(tree):
    """Module to the names that are imported from it."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mtl_helpers."):
            found[node.module.split(".")[1]] = [alias.name for alias in node.names]
    return found


def test_all_holds_what_the_package_imports_and_nothing_else():
    imported = [name for names in imported_from_package(TREES["__init__"]).values() for name in names]
    assert mtl.__all__ == sorted([*imported, "methods"])


def test_every_module_is_imported():
    imported = {module for tree in TREES.values() for module in imported_from_package(tree)}
    assert sorted({*imported, "methods"}) == MODULES


def test_imports_run_one_way():
    edges = {name: set(imported_from_package(TREES[name])) for name in MODULES}
    order = list(TopologicalSorter(edges).static_order())  # raises CycleError when there is a circle
    assert order[0] == "arguments"
    assert all(needed in MODULES for needs in edges.values() for needed in needs)


@pytest.mark.parametrize("module", ["arguments", "data", "report", "theory"])
def test_numpy_modules_know_nothing_of_tensorflow(module):
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else alias.name).split(".")[0]
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert not imported & {"tensorflow", "keras"}


# Short names for the lessons; those of the gradient methods stay in their module: `mtl.methods.nash`.
PUBLIC = {name: getattr(mtl, name) for name in mtl.__all__ if name != "methods"}
PUBLIC |= {
    name: value
    for name, value in vars(mtl.methods).items()
    if inspect.isfunction(value) and value.__module__ == mtl.methods.__name__ and not name.startswith("_")
}


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_say_what_they_are(name):
    """Functions have type hints throughout; so has the docstring a first line that ends in a full stop."""
    value = PUBLIC[name]
    assert value.__doc__.splitlines()[0].endswith(".")
    if isinstance(value, type | mtl.training.Optimiser):
        return
    assert {*inspect.signature(value).parameters, "return"} == set(value.__annotations__)


# They draw and print, and teach nothing of their own.
PLUMBING = {"dots", "draw_graph", "draw_network", "lines", "listing", "live", "mean_se", "new_figure", "plus_minus"}
PLUMBING |= {"show", "table"}
TAUGHT = [name for name in PUBLIC if name not in PLUMBING | {"Run"}]


@pytest.mark.parametrize("name", TAUGHT)
def test_public_names_name_their_lesson(name):
    """Who meets a function in one lesson finds the lesson that explains its idea."""
    assert re.search(r"Lesson \d\d", PUBLIC[name].__doc__), f'{name}: the docstring names no lesson, as "Lesson 09"'
