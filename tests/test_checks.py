"""The checkers are checked: right answers pass in any form, starters do not, and each mistake gets its own sentence."""

import importlib
import inspect
import math
import re
import time
from collections import deque
from fractions import Fraction
from functools import cache
from pathlib import Path

import mtl_helpers as mtl  # first: it keeps TensorFlow quiet

import keras
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
    if hasattr(check, "trial")
}
ANSWERS = {
    path.stem[-2:]: importlib.import_module(f"wrong_answers.{path.stem}")
    for path in (ROOT / "tests" / "wrong_answers").glob("lesson_[0-9][0-9].py")
}


def each(of: object) -> list:
    """A parameter set for each answer that `of(number, name)` lists."""
    return [pytest.param(*key, one, id="-".join([*key, str(k)])) for key in CHECKS for k, one in enumerate(of(*key))]


def answers(kind: str, number: str) -> dict[str, list]:
    """`WRONG` or `RIGHT` of a lesson. What is missing there, `test_exercise_has_all_its_parts` says."""
    return getattr(ANSWERS.get(number), kind, {})


EVERY = pytest.mark.parametrize(("number", "name"), CHECKS, ids=["-".join(key) for key in CHECKS])
FIRST = CHECKS["01", "recorded"]  # for what is the same in all checks


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
    namespace = {"mtl": mtl, "np": np, "tf": tf, "keras": keras}
    exec(source, namespace)
    return namespace[name]


def judged(check: object, answer: object, status: str) -> str:
    """The sentence of a verdict, which has the form and the status that are expected."""
    verdict = check(answer)
    assert verdict.status == status, verdict
    assert bool(verdict) == (status == "right")
    assert re.fullmatch(r"(Right|Not yet|Not attempted yet): [^\n]{10,400}\.", verdict.says), verdict
    return verdict.says


ASKED = [
    (number, name)
    for number in sorted(path.name[:2] for path in NOTEBOOKS.glob("[0-9]*.ipynb"))
    for cell in cells("", number)
    for name in re.findall(r"^check\.(\w+)\(\1\)$", cell.source, flags=re.MULTILINE)
]


@pytest.mark.parametrize(("number", "name"), ASKED, ids=["-".join(key) for key in ASKED])
def test_exercise_has_all_its_parts(number, name):
    """Under the name that the lesson gives to `check`."""
    there = {
        f"a check in mtl_helpers/checks/lesson_{number}.py": (number, name) in CHECKS,
        "a solution": any(re.search(rf"(?m)^def {name}\(", cell.source) for cell in cells("solutions", number)),
        f"an entry in WRONG of tests/wrong_answers/lesson_{number}.py": name in answers("WRONG", number),
        f"an entry in RIGHT of tests/wrong_answers/lesson_{number}.py": name in answers("RIGHT", number),
    }
    missing = [part for part, found in there.items() if not found]
    assert not missing, f"{name} of lesson {number} lacks {', '.join(missing)}"


@EVERY
def test_solution_passes_and_stays_right(number, name):
    """A check leaves nothing behind: neither in the answer nor in NumPy's own generator."""
    check, solution = CHECKS[number, name], defined("solutions", number, name)
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    assert judged(check, solution, "right") == judged(check, solution, "right")
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


@EVERY
def test_starter_is_not_attempted(number, name):
    def cleared(*_):
        """As nbgrader hands it out."""
        raise NotImplementedError()

    for starter in (defined("", number, name), cleared, None, ...):
        judged(CHECKS[number, name], starter, "not attempted")


@EVERY
def test_solution_and_specification_have_the_starters_signature(number, name):
    starter, solution = defined("", number, name), defined("solutions", number, name)
    assert inspect.signature(starter) == inspect.signature(solution)
    assert inspect.getdoc(starter) == inspect.getdoc(solution)
    assert core.named(CHECKS[number, name].trial.expected) == core.named(starter)


@pytest.mark.parametrize(
    ("number", "name", "mistake"), each(lambda number, name: CHECKS[number, name].trial.mistakes.items())
)
def test_known_mistake_gets_its_own_sentence(number, name, mistake):
    """So no two mistakes coincide, and none is right."""
    (sentence, answer), check = mistake, CHECKS[number, name]
    assert judged(check, core.answered(check.trial.expected, answer), "wrong") == f"Not yet: {sentence}."


@pytest.mark.parametrize(("number", "name", "wrong"), each(lambda number, name: answers("WRONG", number).get(name, [])))
def test_other_wrong_answer_gets_a_true_sentence(number, name, wrong):
    """The words that are given with it; else where to look, and no mistake that it does not make."""
    check = CHECKS[number, name]
    answer, words = wrong if isinstance(wrong, tuple) else (wrong, check.trial.look)
    assert words in judged(check, core.answered(defined("solutions", number, name), answer), "wrong")


@pytest.mark.parametrize(("number", "name", "right"), each(lambda number, name: answers("RIGHT", number).get(name, [])))
def test_unusual_answer_is_right(number, name, right):
    judged(CHECKS[number, name], core.answered(defined("solutions", number, name), right), "right")


def numbers(result: object, change: object) -> object:
    """A list, or lists in it, of numbers that were changed one by one."""
    array = np.asarray(result, dtype=float)
    return np.array([change(x) for x in array.ravel()] + [None], dtype=object)[:-1].reshape(array.shape).tolist()


def walked(form: object) -> object:
    """The form of what has several parts; a number has none."""
    return lambda result: form(np.asarray(result)) if np.ndim(result) else result


FORMS = {
    "lists": lambda result: np.asarray(result).tolist(),
    "a tensor": tf.constant,
    "a variable": lambda result: tf.Variable(np.asarray(result)),
    "float32": lambda result: np.asarray(result, dtype=np.float32),
    "objects": lambda result: np.asarray(result, dtype=object),
    "complex, imaginary part zero": lambda result: np.asarray(result, dtype=complex),
    "fractions": lambda result: numbers(result, lambda x: Fraction(x) if np.isfinite(x) else x),
    "NumPy scalars": lambda result: numbers(result, np.float64),
    "a generator": walked(lambda result: (part for part in result)),
    "map": walked(lambda result: map(np.asarray, result)),
    "values of a dictionary": walked(lambda result: dict(enumerate(result)).values()),
    "a deque of tensors": walked(lambda result: deque(map(tf.constant, result))),
}


@EVERY
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_any_form_of_the_right_numbers_is_right(number, name, form):
    solution = defined("solutions", number, name)
    judged(CHECKS[number, name], lambda *arguments: form(solution(*arguments)), "right")


def write_into(parts):
    """Into the first thing that can be changed, at any depth."""
    for part in parts:
        if isinstance(part, np.ndarray):
            part.flat[0] += 1
            break
        parts += part.values() if isinstance(part, dict) else part if isinstance(part, list) else []
        if isinstance(part, list) and not isinstance(part[0], np.ndarray):
            part.append(part[0])
            break


# What becomes of a right result in a given call, whose arguments were given.
KINDS = {
    "end the function with `return`": lambda right, call, given: None,
    "equal arguments gave two results in two calls": lambda right, call, given: right + (call > 8),
    "gave two results in two calls": lambda right, call, given: right + np.random.default_rng().normal(),
    "asks for `input()`": lambda right, call, given: float(input("What is the answer?")),
    "NumPy is called inside a `tf.function`": lambda *_: tf.function(lambda x: np.sin(x) + x)(tf.constant(1.0)),
    "shape": lambda right, call, given: [*right.flat, right.flat[0]],
    "which it was given; copy it first": lambda right, call, given: write_into(given) or right,
}


def kinds(number: str, name: str) -> list:
    """All of them, where an argument can be written into; else all but the last."""
    arguments = CHECKS[number, name].trial.inputs(np.random.default_rng(0), 0)
    return list(KINDS.items())[: None if any(isinstance(a, np.ndarray | list | dict) for a in arguments) else -1]


@pytest.mark.parametrize(("number", "name", "kind"), each(kinds))
def test_mistake_of_any_exercise_gets_its_sentence(number, name, kind):
    (words, spoil), solution, calls = kind, defined("solutions", number, name), []

    def answer(*arguments):
        calls.append(arguments)
        return spoil(np.asarray(solution(*arguments), dtype=float), len(calls), list(arguments))

    words = "one True or False" if (name, words) == ("shows_hidden", "shape") else words
    assert words in judged(CHECKS[number, name], answer, "wrong")


class Hostile:
    """What it is asked for, it refuses by an exception that is none of `Exception`'s."""

    def __repr__(self) -> str:
        raise KeyboardInterrupt

    __str__ = __array__ = __iter__ = __bool__ = __float__ = __eq__ = __repr__
    __hash__ = None


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError


def raising(error: BaseException) -> object:
    def answer(*_):
        raise error

    return answer


itself: list = []
itself.append(itself)

GARBAGE = {
    "a text": "42",
    "a number": 42.0,
    "returns a text": lambda *_: "42",
    "returns a dictionary": lambda *_: {"answer": 42},
    "returns NaN": lambda *_: np.nan,
    "returns None in a list": lambda *_: [None, 1.0],
    "returns another shape": lambda *_: np.zeros((3, 1, 4, 1, 5)),
    "returns ragged lists": lambda *_: [[1.0], [1.0, 2.0]],
    "raises": raising(RuntimeError("first line\nsecond line")),
    "exits": lambda *_: exit(),
    "takes nothing": lambda: 0.0,
    "no instance": object,
}
HOSTILE = {
    "hostile": Hostile(),
    "returns something hostile": lambda *_: Hostile(),
    "returns a list of it": lambda *_: [Hostile()],
    "returns texts": lambda *_: ["4", None, "2"],
    "returns complex numbers": lambda *_: 1 + 2j,
    "returns a list that holds itself": lambda *_: itself,
    "returns an endless generator": lambda *_: iter(int, 1),
    "returns more than memory holds": lambda *_: np.broadcast_to(1.0, (10**6, 10**6)),
    "returns a function": lambda *_: judged,
    "returns half a letter": lambda *_: "\ud800",
    "raises half a letter": raising(ValueError("\ud800")),
    "raises what cannot be told": raising(Mute()),
    "raises the check's own": raising(core.Stop()),
    "is not implemented": raising(NotImplementedError("later")),
}


@EVERY
@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_explained(number, name, garbage):
    judged(CHECKS[number, name], garbage, "wrong")


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_nothing_makes_a_check_raise(hostile):
    judged(FIRST, hostile, "wrong").encode()


def endless(*_):
    while True:
        pass


def endless_and_deaf(*_):
    while True:
        try:
            [math.sqrt(k) for k in range(10_000)]
        except:  # noqa: E722
            pass


def asleep(*_):
    time.sleep(5)


@pytest.mark.parametrize(
    ("answer", "words"),
    [(endless, "stopped after"), (endless_and_deaf, "stopped after"), (asleep, "given up after 1 seconds of waiting")],
)
def test_what_does_not_end_is_stopped(monkeypatch, answer, words):
    monkeypatch.setattr(core, "SECONDS", 0.3)
    monkeypatch.setattr(core, "PATIENCE", 1)
    started = time.perf_counter()
    assert words in judged(FIRST, answer, "wrong")
    assert time.perf_counter() - started < 4


def test_waiting_for_a_busy_machine_is_no_endless_loop(monkeypatch):
    """Only the answer's own processor time counts."""
    monkeypatch.setattr(core, "SECONDS", 0.3)
    solution = defined("solutions", "01", "recorded")

    def slow(*arguments):
        time.sleep(0.4 if len(arguments[2]) == 1 else 0)
        return solution(*arguments)

    judged(FIRST, slow, "right")


def test_raising_answer_is_quoted_by_the_line_that_says_it_and_with_its_call():
    says = judged(FIRST, raising(RuntimeError("first line\nsecond line")), "wrong")
    assert says.startswith("Not yet: the function raised RuntimeError (first line) for at_10 = ")
    says = judged(FIRST, lambda *_: tf.function(lambda x: x + missing)(1.0), "wrong")  # noqa: F821
    assert "NameError (" in says
    assert "'missing'" in says


def test_what_came_and_what_was_expected_differ_to_the_eye():
    solution = defined("solutions", "03", "rest")
    says = judged(CHECKS["03", "rest"], lambda *given: np.add(solution(*given), 2e-4), "wrong")
    came, expected = re.search(r"it gives (\[.*?\]), expected is (\[.*?\]);", says).groups()
    assert came != expected
