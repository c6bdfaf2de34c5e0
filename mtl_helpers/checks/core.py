"""How an answer is tried: on fresh inputs, beside a slow and obvious specification, in bounded time."""

import copy
import ctypes
import inspect
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps

import numpy as np

SECONDS = 1.5
CASES = 4


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


class Wrong(Exception):
    """Carries the sentence that explains what is wrong with an answer."""


class NotAttempted(Exception):
    """The answer is still the starter."""


class Stop(BaseException):
    """Sent into an answer that takes too long. No Exception, so that `except Exception` does not swallow it."""


class Answer:
    """A learner's function, called with copies of the arguments; what goes wrong is explained."""

    def __init__(self, function: Callable) -> None:
        self.function = function

    def raw(self, *arguments: object) -> object:
        """What the function returns, as it is."""
        given = copy.deepcopy(arguments)
        try:
            result = self.function(*given)
        except NotImplementedError:
            raise NotAttempted from None
        except Exception as error:
            first_line = (str(error).splitlines() or [""])[0][:120]
            raise Wrong(f"the function raised {type(error).__name__} ({first_line})") from None
        if result is None or result is ...:
            raise NotAttempted
        for before, after in zip(arguments, given, strict=True):
            if isinstance(before, np.ndarray) and not np.array_equal(before, after, equal_nan=True):
                raise Wrong("the function changes an array that it was given; copy the array before you write to it")
        return result

    def __call__(self, *arguments: object) -> np.ndarray:
        """What the function returns, as an array of float64: lists, NumPy arrays and tensors alike."""
        return as_numbers(self.raw(*arguments))


def as_numbers(result: object) -> np.ndarray:
    """A number, list, array or tensor as an array of float64."""
    try:
        array = np.asarray(result)
        if array.dtype.kind not in "biuf":
            raise TypeError
        return array.astype(np.float64)
    except Exception:
        raise Wrong(f"numbers are expected, but {short(result)} came back") from None


def exercise(right: str) -> Callable[[Callable], Callable[[object], Verdict]]:
    """Turn `judge(answer)`, which raises `Wrong` or returns, into a check that gives a `Verdict`.

    Parameters
    ----------
    right : what the right answer showed, in one sentence.
    """

    def decorate(judge: Callable) -> Callable[[object], Verdict]:
        @wraps(judge)
        def check(answer: object) -> Verdict:
            if answer is None or answer is ...:
                return Verdict("not attempted", "Not attempted yet: fill in the starter, run its cell, then this one.")
            if not callable(answer):
                return Verdict("wrong", f"Not yet: hand over the function itself; {short(answer)} is no function.")
            return _judged(lambda: judge(Answer(answer)), right)

        return check

    return decorate


def _judged(trial: Callable[[], None], right: str) -> Verdict:
    verdicts = []

    def run() -> None:
        try:
            trial()
            verdicts.append(Verdict("right", f"Right: {right}"))
        except NotAttempted:
            verdicts.append(Verdict("not attempted", "Not attempted yet: the starter returns nothing so far."))
        except Wrong as wrong:
            verdicts.append(Verdict("wrong", f"Not yet: {wrong}."))
        except Stop:
            pass
        except BaseException as error:  # a check never raises: not even for an answer that leaves by `exit`
            verdicts.append(Verdict("wrong", f"Not yet: the answer ended in {type(error).__name__}."))

    # A thread, since an endless loop in the learner's own could be stopped by nobody.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(SECONDS)
    if thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Stop))
        return Verdict("wrong", f"Not yet: stopped after {SECONDS} seconds; look for a loop that never ends.")
    return verdicts[0]


def compare(
    answer: Answer,
    inputs: Callable[[np.random.Generator], tuple],
    expected: Callable,
    mistakes: Mapping[str, Callable],
    look: str,
    tolerance: float = 1e-6,
) -> None:
    """Raise `Wrong` unless the answer agrees with a specification on fresh inputs.

    Parameters
    ----------
    inputs : draws the arguments of one call.
    expected : the specification: slow, obvious, with the answer's arguments.
    mistakes : sentence to wrong answer. Where all results agree with a wrong answer's, its sentence is given.
    look : where to look, said when no mistake is recognised.
    tolerance : relative, and absolute.
    """
    arguments = [inputs(np.random.default_rng([2016, case])) for case in range(CASES)]
    results = [answer(*given) for given in arguments]
    wanted = [np.asarray(expected(*copy.deepcopy(given)), dtype=float) for given in arguments]
    # A number may come in an array of its own.
    results = [
        r.reshape(want.shape) if r.size == want.size == 1 else r for r, want in zip(results, wanted, strict=True)
    ]
    if _agree(results, wanted, tolerance):
        return
    for sentence, mistaken in mistakes.items():
        with np.errstate(all="ignore"):
            wrong = [np.asarray(mistaken(*copy.deepcopy(given)), dtype=float) for given in arguments]
        if _agree(results, wrong, tolerance):
            raise Wrong(sentence)
    if _agree(results, wanted, 1e-4):
        raise Wrong("right to four digits and no further; keep numbers in float64, and do not round them")
    for result, want, given in zip(results, wanted, arguments, strict=True):
        if result.shape != want.shape:
            raise Wrong(f"the result has shape {result.shape}, expected is {want.shape}; {look}")
        if not np.isfinite(result).all():
            raise Wrong(f"the result holds NaN or infinity; {look}")
        if not _agree([result], [want], tolerance):
            names = inspect.signature(expected).parameters
            called = ", ".join(f"{name} = {short(value)}" for name, value in zip(names, given, strict=False))
            raise Wrong(f"for {called} {_difference(result, want)}; {look}")


def _agree(results: list[np.ndarray], wanted: list[np.ndarray], tolerance: float) -> bool:
    return all(
        result.shape == want.shape and np.allclose(result, want, rtol=tolerance, atol=tolerance, equal_nan=True)
        for result, want in zip(results, wanted, strict=True)
    )


def _difference(result: np.ndarray, want: np.ndarray) -> str:
    """What came and what was expected: of larger arrays the entry that is farthest off."""
    if result.size <= 4:
        return f"it gives {short(result)}, expected is {short(want)}"
    worst = np.unravel_index(np.argmax(np.abs(result - want)), result.shape)
    place = ", ".join(str(index) for index in worst)
    return f"entry [{place}] of the result is {result[worst]:.4g}, expected is {want[worst]:.4g}"


def short(value: object) -> str:
    """A value in a few characters: numbers with four digits, larger arrays by their shape."""
    if isinstance(value, np.ndarray | np.generic | float) and np.size(value) <= 4:
        numbers = np.asarray(value, dtype=float)
        return np.array2string(numbers, separator=", ", formatter={"float": "{:.4g}".format}).replace("\n", "")
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    text = repr(value)
    return text if len(text) <= 40 else f"{type(value).__name__} {text[:30]}…"
