"""Functions of a user's own, called with care: copies of the arguments, a limit on time, and what went wrong kept."""

from __future__ import annotations

import copy
import ctypes
import threading
import time
from collections.abc import Callable
from types import CodeType
from typing import Any

from induce.algebras.values import Undefined, function_of, has_function
from induce.terms.op import Op
from induce.terms.sort import Sort

__all__ = ["Guarded", "is_own"]

_TYPES = {"int": int, "bool": bool, "text": str}
KINDS = 100
"""Most different complaints kept of one function."""


class _TookTooLong(BaseException):
    """Raised inside a call that is over its time; nobody's ``except Exception`` holds it."""


class _Watchman:
    """One thread that interrupts calls which are over their time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.calls: dict[int, float] = {}
        self.fired: set[int] = set()
        self.thread: threading.Thread | None = None

    def begin(self, seconds: float) -> int:
        """Watch this thread from now on; the token to end it by."""
        token = threading.get_ident()
        with self.lock:
            self.fired.discard(token)
            self.calls[token] = time.monotonic() + seconds
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._watch, name="induce watchman", daemon=True)
                self.thread.start()
        return token

    def end(self, token: int) -> bool:
        """Stop watching; whether the call was over its time. An interruption that has not arrived yet is taken back."""
        with self.lock:
            self.calls.pop(token, None)
            late = token in self.fired
            self.fired.discard(token)
            if late:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(token), None)
        return late

    def _watch(self) -> None:
        idle = 0
        while idle < 200:
            time.sleep(0.005)
            with self.lock:
                idle = 0 if self.calls else idle + 1
                if idle >= 200:
                    self.thread = None
                    return
                now = time.monotonic()
                for token in [t for t, end in self.calls.items() if now > end]:
                    del self.calls[token]
                    self.fired.add(token)
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(token), ctypes.py_object(_TookTooLong))


_WATCHMAN = _Watchman()


class Guarded:
    """A function whose calls cannot loop for ever, change their arguments, or end a search by an error.

    Parameters
    ----------
    function : callable
    seconds : float
        A call that takes longer is interrupted, as soon as Python runs again; calls of C code are waited for.
    result : Sort, optional
        What it must give.

    Attributes
    ----------
    complaints : dict of str to int
        What went wrong, and how often; each such call has no value.
    barred : bool
        Whether the function took too long or changed its arguments, so that a search should leave it out.
    """

    def __init__(self, function: Callable[..., Any], seconds: float = 0.1, result: Sort | None = None) -> None:
        self.result = result
        self.__wrapped__ = function
        self.__name__ = getattr(function, "__name__", "function")
        self.seconds = seconds
        self.complaints: dict[str, int] = {}
        self.barred = False

    def _complain(self, text: str, bar: bool = False) -> None:
        if text in self.complaints or len(self.complaints) < KINDS:
            self.complaints[text] = self.complaints.get(text, 0) + 1
        self.barred = self.barred or bar

    def __call__(self, *values: Any) -> Any:
        given = copy.deepcopy(values)
        token = _WATCHMAN.begin(self.seconds)
        try:
            try:
                result = self.__wrapped__(*given)
            finally:
                if _WATCHMAN.end(token):  # the function may have held the interruption by a bare except
                    raise _TookTooLong
            result = _as(result, self.result)
        except _TookTooLong:
            self._complain(f"took more than {self.seconds:g} s", bar=True)
            raise Undefined(f"'{self.__name__}' took too long.") from None
        except Undefined:
            raise
        except (Exception, SystemExit) as error:  # sys.exit() in a function must not end the user's program
            self._complain(f"raised {type(error).__name__}: {error}")
            raise Undefined(f"'{self.__name__}' raised {type(error).__name__}: {error}.") from None
        if given != values:
            self._complain("changed its arguments", bar=True)
            raise Undefined(f"'{self.__name__}' changed its arguments.")
        return result

    def same(self, function: Callable[..., Any]) -> bool:
        """Whether this wraps the function, or one defined by the same code on the same values: a cell that was run again."""
        own = self.__wrapped__
        if own is function:
            return True
        one, other = getattr(own, "__code__", None), getattr(function, "__code__", None)
        if one is None or other is None or _bare(one) != _bare(other):
            return False
        names = getattr(one, "co_names", ())
        found = (getattr(own, "__globals__", {}), getattr(function, "__globals__", {}))
        if any(found[0].get(n, n) is not found[1].get(n, n) for n in names):
            return False
        return bool(_held(own) == _held(function))

    def forget(self, seconds: float) -> None:
        """Begin again: no complaints, not barred, and this limit on time."""
        self.seconds, self.barred = seconds, False
        self.complaints.clear()


def _as(value: Any, sort: Sort | None) -> Any:
    """The value as one of the sort, with numbers of NumPy as Python's; TypeError if it is of another one."""
    if sort is None:
        return value
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()
    if sort.name == "list" and type(value) is list:
        return [_as(v, sort.args[0]) for v in value]
    if type(value) is not _TYPES.get(sort.name):
        raise TypeError(f"it gave {value!r}, but its annotation says {sort}")
    return value


def is_own(op: Op) -> bool:
    """Whether the operator calls a function of a user's own, whatever its name means elsewhere."""
    return has_function(op) and isinstance(function_of(op), Guarded)


def _bare(code: CodeType) -> CodeType:
    """Code without where it stands in a file."""
    consts = tuple(_bare(c) if isinstance(c, CodeType) else c for c in code.co_consts)
    return code.replace(co_consts=consts, co_filename="", co_firstlineno=1, co_linetable=b"")


def _held(function: Callable[..., Any]) -> tuple[Any, ...]:
    """What a function holds beside its code: defaults and variables of functions around it."""
    cells = getattr(function, "__closure__", None) or ()
    return repr(getattr(function, "__defaults__", None)), tuple(repr(cell.cell_contents) for cell in cells)
