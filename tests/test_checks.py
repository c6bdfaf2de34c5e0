"""The checkers are checked: solutions pass, starters do not, and each plausible mistake gets its own sentence."""

import importlib
import inspect
import re
import time
from functools import cache
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import nbformat
import numpy as np
import pytest
import tensorflow as tf
from mtl_helpers.checks import core

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
NUMBERS = sorted(path.stem[-2:] for path in (ROOT / "mtl_helpers" / "checks").glob("lesson_[0-9][0-9].py"))
CHECKS = {
    (number, name): check
    for number in NUMBERS
    for name, check in vars(importlib.import_module(f"mtl_helpers.checks.lesson_{number}")).items()
    if hasattr(check, "__wrapped__") and not name.startswith("_")
}
WRONG = [
    pytest.param(number, name, answer, words, id=f"{number}-{name}-{k}")
    for number in NUMBERS
    for name, answers in importlib.import_module(f"wrong_answers.lesson_{number}").WRONG.items()
    for k, (answer, words) in enumerate(answers)
]
EVERY = pytest.mark.parametrize(("number", "name"), CHECKS, ids=["-".join(key) for key in CHECKS])


@cache
def cells(folder: str, number: str) -> list:
    (path,) = (NOTEBOOKS / folder).glob(f"{number}_*.ipynb")
    return nbformat.read(path, as_version=4).cells


def defined(folder: str, number: str, name: str) -> object:
    """A starter or a solution, from the one cell of a notebook that defines it. It stands on its own."""
    (source,) = (
        cell.source
        for cell in cells(folder, number)
        if cell.cell_type == "code" and re.search(rf"^def {name}\(", cell.source, flags=re.MULTILINE)
    )
    namespace = {"mtl": mtl, "np": np, "tf": tf}
    exec(source, namespace)
    return namespace[name]


def one_sentence(verdict: core.Verdict) -> bool:
    return bool(re.fullmatch(r"(Right|Not yet|Not attempted yet): [^\n]{10,300}\.", verdict.says))


@EVERY
def test_solution_passes(number, name):
    verdict = CHECKS[number, name](defined("solutions", number, name))
    assert verdict.status == "right", verdict
    assert verdict
    assert one_sentence(verdict), verdict


@EVERY
def test_starter_is_not_attempted(number, name):
    verdict = CHECKS[number, name](defined("", number, name))
    assert verdict.status == "not attempted", verdict
    assert not verdict
    assert one_sentence(verdict)


@EVERY
def test_solution_has_the_starters_signature(number, name):
    starter, solution = defined("", number, name), defined("solutions", number, name)
    assert inspect.signature(starter) == inspect.signature(solution)
    assert inspect.getdoc(starter) == inspect.getdoc(solution)


@EVERY
def test_at_least_three_mistakes_are_known(number, name):
    messages = {param.values[3] for param in WRONG if param.values[:2] == (number, name)}
    assert len(messages) >= 3


@pytest.mark.parametrize(("number", "name", "answer", "words"), WRONG)
def test_mistake_gets_the_sentence_meant_for_it(number, name, answer, words):
    started = time.perf_counter()
    verdict = CHECKS[number, name](answer)
    assert time.perf_counter() - started < 2
    assert verdict.status == "wrong", verdict
    assert words in verdict.says
    assert one_sentence(verdict), verdict


def raising(*_):
    raise RuntimeError("first line\nsecond line")


def endless(*_):
    while True:
        pass


GARBAGE = {
    "a text": "42",
    "a number": 42.0,
    "returns a text": lambda *_: "42",
    "returns a dictionary": lambda *_: {"answer": 42},
    "returns NaN": lambda *_: np.nan,
    "returns another shape": lambda *_: np.zeros((3, 1, 4, 1, 5)),
    "returns ragged lists": lambda *_: [[1.0], [1.0, 2.0]],
    "returns itself": lambda *_: test_starter_is_not_attempted,
    "raises": raising,
    "exits": lambda *_: exit(),
    "takes nothing": lambda: 0.0,
    "no instance": object,
}


@EVERY
@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_explained(number, name, garbage):
    verdict = CHECKS[number, name](garbage)
    assert verdict.status == "wrong", verdict
    assert one_sentence(verdict), verdict


@EVERY
@pytest.mark.parametrize("nothing", [None, ...])
def test_nothing_is_not_attempted(number, name, nothing):
    assert CHECKS[number, name](nothing).status == "not attempted"


@pytest.mark.parametrize(("number", "name"), [next(iter(CHECKS))])
def test_endless_loop_is_stopped(number, name):
    started = time.perf_counter()
    verdict = CHECKS[number, name](endless)
    assert time.perf_counter() - started < 2
    assert "stopped after" in verdict.says
    assert one_sentence(verdict)


@EVERY
def test_lists_and_tensors_are_as_good_as_arrays(number, name):
    solution = defined("solutions", number, name)
    for turn in (tf.constant, lambda result: np.asarray(result).tolist()):

        def turned(*arguments, turn=turn):
            result = solution(*arguments)
            return result if isinstance(result, dict | str) else turn(result)

        assert CHECKS[number, name](turned).status == "right"


@EVERY
def test_a_right_answer_stays_right(number, name):
    """A check leaves nothing behind: neither in the answer nor in NumPy's own generator."""
    solution = defined("solutions", number, name)
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    assert CHECKS[number, name](solution).says == CHECKS[number, name](solution).says
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_answer_that_writes_into_its_arguments_is_told_so():
    @core.exercise("so it is.")
    def doubled(answer):
        core.compare(answer, lambda rng: (rng.normal(size=3),), lambda x: 2 * x, {}, "double it")

    def careless(x):
        x *= 2
        return x

    assert "copy the array" in doubled(careless).says
    assert doubled(lambda x: 2 * x)


def test_raising_answer_is_quoted_by_its_first_line():
    verdict = next(iter(CHECKS.values()))(raising)
    assert verdict.says == "Not yet: the function raised RuntimeError (first line)."
