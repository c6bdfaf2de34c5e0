"""How an answer is tried: twice, on fresh and uneven inputs, beside a slow specification, in bounded time."""

import copy
import ctypes
import inspect
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial, wraps
from itertools import islice
from unittest import mock

import numpy as np

SECONDS = 3  # of processor time for one call, however busy the machine is
PATIENCE = 30  # seconds by the clock for one call, which may sleep or wait


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a check found: `status` is "right", "wrong" or "not attempted", `says` one sentence.

    A verdict is true when the answer is right, and displays as its sentence.
    """

    status: str
    says: str

    def __bool__(self) -> bool:
        return self.status == "right"

    def __repr__(self) -> str:
        return self.says


@dataclass(frozen=True)
class Trial:
    """What an answer is asked, and how right and wrong ones reply.

    Parameters
    ----------
    inputs : draws the arguments of one call, from a generator and the number of the case.
    expected : the specification: slow, obvious, with the exercise's names of the arguments. It returns None where
        several results are right, and `signs` alone judge.
    mistakes : sentence to wrong answer, as `answered` takes it. Where all results agree with a wrong answer's, its
        sentence is given.
    look : where to look, said when no mistake is recognised.
    signs : sentence to a property, of a result and its arguments, that no right answer has in any case.
    tolerance : relative, and absolute.
    cases : how many calls.
    """

    inputs: Callable[[np.random.Generator, int], tuple]
    expected: Callable
    mistakes: Mapping[str, Callable | Mapping]
    look: str
    signs: Mapping[str, Callable] = field(default_factory=dict)
    tolerance: float = 1e-6
    cases: int = 12


def answered(right: Callable, answer: object) -> object:
    """An answer as mistakes and tests write it: itself or, of a dictionary, the right one with something changed.

    It holds functions of arguments, by their names, one of what comes out, as "result", and values of the right one's
    keyword-only parameters, which choose between right and wrong ways.
    """
    if not isinstance(answer, Mapping):
        return answer
    names = named(right)
    choices = {name: choice for name, choice in answer.items() if name not in [*names, "result"]}

    def changed(*arguments: object) -> object:
        given = [answer.get(name, lambda same: same)(value) for name, value in zip(names, arguments, strict=True)]
        return answer.get("result", lambda same: same)(np.asarray(right(*given, **choices)))

    return changed


def named(function: Callable) -> list[str]:
    """The names of a function's arguments, without those that can be given by keyword only."""
    parameters = inspect.signature(function).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is not parameter.KEYWORD_ONLY]


def slopes(function: Callable, at: np.ndarray) -> np.ndarray:
    """The derivative of a number, or of each in an array, with respect to each entry of `at`, by finite differences."""
    moves = 1e-5 * np.eye(at.size).reshape(-1, *at.shape)
    found = np.array([function(at + move) - function(at - move) for move in moves]) / 2e-5
    return found.T.reshape(*found.shape[1:], *at.shape)


class Wrong(Exception):
    """Carries the sentence that explains what is wrong with an answer."""


class NotAttempted(Exception):
    """The answer is still the starter."""


class Stop(BaseException):
    """Sent into an answer that takes too long. No Exception, so that `except Exception` does not swallow it."""

    def __init__(self) -> None:
        """Runs in the answer's thread: its next line raises once more, so that a bare `except:` is left as well."""
        frames = [frame for frame, _ in traceback.walk_stack(sys._getframe(1))]
        called = [frame.f_code is Answer.__call__.__code__ for frame in frames]
        for frame in frames[: called.index(True) if True in called else 0]:
            frame.f_trace = _stop_at_line
            sys.settrace(lambda *_: None)


def _stop_at_line(frame: object, event: str, _: object) -> Callable:
    if event == "line":
        raise Stop
    return _stop_at_line


def exercise(right: str) -> Callable[[Callable[[], Trial]], Callable[[object], Verdict]]:
    """Turn a function that sets up a `Trial` into a check of answers, which keeps it as its `trial`.

    Parameters
    ----------
    right : what the right answer showed, in one sentence that gives no later question away.
    """

    def decorate(set_up: Callable[[], Trial]) -> Callable[[object], Verdict]:
        trial = set_up()

        @wraps(set_up)
        def check(answer: object) -> Verdict:
            if answer is None or answer is ...:
                return Verdict("not attempted", "Not attempted yet: fill in the starter, run its cell, then this one.")
            return _in_bounded_time(Answer(answer, trial), right)

        check.trial = trial
        return check

    return decorate


class Answer:
    """A learner's function, called with copies of the arguments; what goes wrong is explained."""

    def __init__(self, function: object, trial: Trial) -> None:
        self.function, self.trial = function, trial
        self.names = named(trial.expected)
        self.clock, self.began = time.process_time, (time.process_time(), time.monotonic())

    def __call__(self, arguments: tuple) -> np.ndarray:
        """What the function returns, as an array of float64, whatever kind of numbers it is made of."""
        given = copy.deepcopy(arguments)
        self.began = self.clock(), time.monotonic()
        try:
            result = _listed(self.function(*given))
        except Exception as error:
            raise _explained(error, self.function, self.called(arguments)) from None
        for name, before, after in zip(self.names, arguments, given, strict=True):
            if not callable(before) and not isinstance(before, np.random.Generator):
                try:
                    np.testing.assert_equal(after, before)  # it looks into lists and dictionaries, too
                except Exception:
                    raise Wrong(f"the function changes `{name}`, which it was given; copy it first") from None
        if result is None or result is ...:
            raise NotAttempted if _untouched(self.function) else Wrong(_nothing(self.function))
        return _numbers(result, self)

    def called(self, arguments: tuple) -> str:
        """The arguments of a call, in words."""
        return ", ".join(f"{name} = {short(value)}" for name, value in zip(self.names, arguments, strict=True))

    def late(self) -> str:
        """Why to wait no longer for this call; empty while there is no reason."""
        computed, waited = self.clock() - self.began[0], time.monotonic() - self.began[1]
        if computed > SECONDS:
            return f"after {SECONDS} seconds of computing in one call; look for a loop that never ends"
        return f"after {PATIENCE} seconds of waiting for one call" if waited > PATIENCE else ""


def _in_bounded_time(answer: Answer, right: str) -> Verdict:
    """Judge in a thread, since an endless loop in the learner's own could be stopped by nobody.

    What holds the interpreter in one call into C, such as `sum(range(10**12))`, holds this thread and a signal, too:
    the check says nothing and cannot be interrupted. Restart the kernel, and run the cells above the exercise again.
    In all other calls into C the answer is left alone and the check says so.
    """
    verdicts = []

    def run() -> None:
        try:
            if hasattr(time, "pthread_getcpuclockid"):  # other threads and programs do not count; not on all systems
                answer.clock = partial(time.clock_gettime, time.pthread_getcpuclockid(threading.get_ident()))
                answer.began = answer.clock(), time.monotonic()
            with np.errstate(all="ignore"):
                _judge(answer)
            verdicts.append(Verdict("right", f"Right: {right}"))
        except NotAttempted:
            verdicts.append(Verdict("not attempted", "Not attempted yet: the starter returns nothing so far."))
        except Wrong as wrong:
            verdicts.append(Verdict("wrong", f"Not yet: {wrong}."))
        except BaseException as error:  # a check never raises: not even for an answer that leaves by `exit`
            verdicts.append(Verdict("wrong", f"Not yet: the answer ended in {type(error).__name__}."))

    thread = threading.Thread(target=run, daemon=True)
    # Nobody can be asked here, and warnings are no answer.
    with mock.patch("builtins.input", side_effect=EOFError), warnings.catch_warnings(action="ignore"):
        thread.start()
        late = ""
        while thread.is_alive() and not late:
            thread.join(0.02)
            with suppress(OSError):  # no clock of a thread that has just ended
                late = answer.late()
    if verdicts:
        return verdicts[0]
    for _ in range(100):
        if not thread.is_alive():
            return Verdict("wrong", f"Not yet: stopped {late}.")
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Stop))
        thread.join(0.01)
    return Verdict("wrong", f"Not yet: given up {late}; it cannot be stopped and goes on until you restart the kernel.")


def _judge(answer: Answer) -> None:
    """Raise `Wrong` unless the answer agrees with the specification, and with itself."""
    trial = answer.trial
    if not callable(answer.function):
        raise Wrong(f"hand over the function itself; {short(answer.function)} is no function")
    cases = [trial.inputs(np.random.default_rng([2016, case]), case) for case in range(trial.cases)]
    results = [answer(given) for given in cases]
    again = [answer(given) for given in reversed(cases)]
    if not _agree(results, again[::-1], trial.tolerance):
        raise Wrong(
            "equal arguments gave two results in two calls; keep nothing between calls, and draw by chance only from a "
            "generator that you are given"
        )
    for sentence, shows in trial.signs.items():
        if any(shows(result, *given) for result, given in zip(results, cases, strict=True)):
            raise Wrong(sentence)
    if any(isinstance(argument, np.random.Generator) for argument in cases[0]):
        fresh = [tuple(_other(argument) for argument in given) for given in cases]
        if _agree(results, [answer(given) for given in fresh], trial.tolerance):
            raise Wrong("another generator gives the same result; draw from the one that you are given")
    wanted = [trial.expected(*copy.deepcopy(given)) for given in cases]
    if wanted[0] is None or _agree(results, wanted, trial.tolerance):
        return
    # Where NaN is expected, a mistake may look like anything.
    finite = [k for k, want in enumerate(wanted) if np.isfinite(np.asarray(want, dtype=float)).all()]
    for sentence, mistake in trial.mistakes.items():
        mistaken = answered(trial.expected, mistake)
        if _agree((results[k] for k in finite), (mistaken(*cases[k]) for k in finite), trial.tolerance):
            raise Wrong(sentence)
    if _agree(results, wanted, 1e-4):
        raise Wrong(
            "right to four digits and no further: look for rounding, float32, a finite difference or a small constant"
        )
    for result, want, given in zip(results, map(np.asarray, wanted), cases, strict=True):
        if result.shape != want.shape and not result.size == want.size == 1:
            raise Wrong(f"the result has shape {result.shape}, expected is {want.shape}; {trial.look}")
        if not np.isfinite(result).all() and np.isfinite(want).all():
            raise Wrong(f"the result holds NaN or infinity; {trial.look}")
        if not _agree([result], [want], trial.tolerance):
            raise Wrong(f"for {answer.called(given)} {_difference(result.reshape(want.shape), want)}; {trial.look}")


def _other(argument: object) -> object:
    return np.random.default_rng(7) if isinstance(argument, np.random.Generator) else argument


def _agree(results: Iterable, wanted: Iterable, tolerance: float) -> bool:
    """Does each result have the values and the shape that are wanted? A number may come in an array of its own."""
    for result, want in zip(results, wanted, strict=True):
        result, want = np.asarray(result, dtype=float), np.asarray(want, dtype=float)
        if result.shape != want.shape and not result.size == want.size == 1:
            return False
        if not np.allclose(result.ravel(), want.ravel(), rtol=tolerance, atol=tolerance, equal_nan=True):
            return False
    return True


def _listed(result: object) -> object:
    """What can only be walked through (a generator, `map`, the values of a dictionary) as a list, at all depths."""
    if isinstance(result, str | bytes | Mapping | Set | type) or hasattr(result, "__array__"):
        return result
    return [_listed(part) for part in islice(result, 10**5)] if isinstance(result, Iterable) else result


def _numbers(result: object, answer: Answer) -> np.ndarray:
    """A number, list, array or tensor as an array of float64."""
    try:
        array = np.asarray(result)
        if array.dtype.kind == "O" and array.size < 10**5:  # fractions, and what `np.where` makes of None
            if any(part is None for part in array.flat):
                raise Wrong(_nothing(answer.function))
            if not any(isinstance(part, str | bytes) for part in array.flat):
                array = np.array([complex(part) for part in array.flat]).reshape(array.shape)
        if array.dtype.kind == "c" and np.allclose(array.imag, 0, atol=1e-9, equal_nan=True):
            array = array.real
        if array.dtype.kind not in "biuf":
            raise TypeError
    except Wrong:
        raise
    except Exception:
        raise Wrong(f"numbers are expected, but {short(result)} came back; {answer.trial.look}") from None
    if array.size > 10**6:
        raise Wrong(f"the result has shape {array.shape}, much too large; {answer.trial.look}")
    return array.astype(np.float64)


def _explained(error: Exception, function: object, called: str) -> Exception:
    """What an exception of the answer's says about it."""
    if isinstance(error, NotImplementedError) and _untouched(function):
        return NotAttempted()
    if isinstance(error, EOFError):
        return Wrong("the function asks for `input()`, and nobody is there; its arguments hold all that it needs")
    lines = [line for line in str(error).splitlines() if line.strip()] or [""]
    if "symbolic tf.Tensor" in str(error):
        return Wrong("NumPy is called inside a `tf.function`, where tensors have no values yet; use TensorFlow there")
    # AutoGraph puts the message last, below a listing of the code.
    line = _one_line(lines[-1 if lines[0] == "in user code:" else 0]).removeprefix(f"{type(error).__name__}: ")
    return Wrong(f"the function raised {type(error).__name__} ({line[:120]}) for {called}")


def _nothing(function: object) -> str:
    """Why None came back."""
    if {"gradient", "jacobian"} & set(getattr(getattr(function, "__code__", None), "co_names", ())):
        return "None came back: a tape gives None for what it did not watch, and a function without `return` does, too"
    return "None came back; end the function with `return` and the result, on every way through it"


def _blank() -> None:
    """As a starter is handed out."""
    ...


def _cleared() -> None:
    """As nbgrader hands it out."""
    raise NotImplementedError()


def _untouched(function: object) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and code.co_code in (_blank.__code__.co_code, _cleared.__code__.co_code)


def _difference(result: np.ndarray, want: np.ndarray) -> str:
    """What came and what was expected: of larger arrays the entry that is farthest off."""
    what = "it gives"
    if result.size > 4:
        gap = np.where(np.isnan(result) & np.isnan(want), 0, np.abs(result - want))
        worst = np.unravel_index(np.argmax(gap), result.shape)  # NaN that is not expected counts as the largest
        what = f"entry [{', '.join(map(str, worst))}] of the result is"
        result, want = result[worst], want[worst]
    digits = next(digits for digits in (4, 6, 9, 17) if digits == 17 or short(result, digits) != short(want, digits))
    return f"{what} {short(result, digits)}, expected is {short(want, digits)}"


def _one_line(text: str) -> str:
    return " ".join(text.encode("utf-8", "backslashreplace").decode().split())


def short(value: object, digits: int = 4) -> str:
    """A value in a few characters: numbers with four digits, larger arrays by their shape."""
    if isinstance(value, np.ndarray | np.generic | float) and np.size(value) <= 4:
        numbers = np.asarray(value, dtype=float)
        layout = {"float": f"{{:.{digits}g}}".format}
        return _one_line(np.array2string(numbers, separator=", ", formatter=layout))
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if inspect.isfunction(value):
        return value.__name__
    if isinstance(value, np.random.Generator):
        return "a generator"
    try:
        text = _one_line(repr(value))
    except Exception:
        return f"a {type(value).__name__}"
    if len(text) > 40 and isinstance(value, list | tuple | dict):
        return f"a {type(value).__name__} of {len(value)}"
    return text if len(text) <= 40 else f"{type(value).__name__} {text[:30]}…"
