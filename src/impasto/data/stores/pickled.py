"""Arrays, lists and texts from pickles, of which nothing is ever carried out.

A pickle is a program for a stack machine. This reads those of its words that build plain things; the only functions
that may be named are those with which NumPy writes an array and Python 2 its bytes, and what stands for them here are
functions of this file. Any other name, and any other word, is refused.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from impasto.errors import InputError

_PUSHED = frozenset((
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE", "BINUNICODE",
    "SHORT_BINUNICODE", "BINUNICODE8",
))  # fmt: skip
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
}
_NAMES = {
    "numpy.core.multiarray _reconstruct": "array",
    "numpy._core.multiarray _reconstruct": "array",
    "numpy ndarray": "ndarray",
    "numpy dtype": "dtype",
    "numpy.core.numeric _frombuffer": "frombuffer",
    "numpy._core.numeric _frombuffer": "frombuffer",
    "_codecs encode": "encode",
}


MOST = 1 << 30  # bytes
_NONSENSE = (
    ValueError, IndexError, KeyError, TypeError, AttributeError, EOFError, OSError, OverflowError, RecursionError,
)  # fmt: skip
"""What comes of words in an order that makes no sense."""


@dataclass
class _Function:
    name: str


@dataclass
class _Building:
    """An array or a dtype whose state is still to come."""

    kind: str
    text: str = ""
    array: Any = None


def plain(stream: BinaryIO, where: str) -> Any:
    """What a pickle holds: dicts, lists, texts (bytes), numbers and uint8 arrays. Raises InputError for all else."""
    try:
        return _Machine().run(io.BytesIO(stream.read(MOST)))  # which gives no more than there is, whatever is asked
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    except _NONSENSE as error:
        raise InputError(f"{where}: is truncated or damaged: get a whole copy") from error


class _Machine:
    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._marks: list[int] = []

    def run(self, stream: BinaryIO) -> Any:
        for code, value, _ in pickletools.genops(stream):
            if code.name == "STOP":
                return _finished(self._stack.pop())
            if code.name in _PUSHED:
                self._stack.append(value)
            elif code.name in _CONSTANTS:
                self._stack.append(_CONSTANTS[code.name]())
            elif code.name not in ("PROTO", "FRAME"):
                word = getattr(self, f"_{code.name.lower()}", None)
                if word is None:
                    raise InputError(f"is no plain data (it says {code.name}), and is not opened")
                word(value)
        raise EOFError

    def _below_mark(self) -> list[Any]:
        place = self._marks.pop()
        taken = self._stack[place:]
        del self._stack[place:]
        return taken

    def _mark(self, _: Any) -> None:
        self._marks.append(len(self._stack))

    def _put(self, number: int) -> None:
        self._memo[number] = self._stack[-1]

    _binput = _long_binput = _put

    def _memoize(self, _: Any) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _get(self, number: int) -> None:
        self._stack.append(self._memo[number])

    _binget = _long_binget = _get

    def _pop(self, _: Any) -> None:
        self._stack.pop()

    def _append(self, _: Any) -> None:
        value = self._stack.pop()
        self._stack[-1].append(value)

    def _appends(self, _: Any) -> None:
        values = self._below_mark()
        self._stack[-1].extend(values)

    def _setitem(self, _: Any) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._stack[-1][_text(key)] = value

    def _setitems(self, _: Any) -> None:
        values = self._below_mark()
        self._stack[-1].update((_text(key), value) for key, value in zip(values[::2], values[1::2], strict=True))

    def _list(self, _: Any) -> None:
        self._stack.append(self._below_mark())

    def _dict(self, _: Any) -> None:
        values = self._below_mark()
        self._stack.append({_text(key): value for key, value in zip(values[::2], values[1::2], strict=True)})

    def _tuple(self, _: Any) -> None:
        self._stack.append(tuple(self._below_mark()))

    def _of_last(self, count: int) -> None:
        values = tuple(self._stack[-count:])
        del self._stack[-count:]
        self._stack.append(values)

    def _tuple1(self, _: Any) -> None:
        self._of_last(1)

    def _tuple2(self, _: Any) -> None:
        self._of_last(2)

    def _tuple3(self, _: Any) -> None:
        self._of_last(3)

    def _global(self, name: str) -> None:
        if name not in _NAMES:
            raise InputError(f"asks for {name.replace(' ', '.')[:60]!r}, which no picture needs, and is not opened")
        self._stack.append(_Function(_NAMES[name]))

    def _stack_global(self, _: Any) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._global(f"{module} {name}")

    def _reduce(self, _: Any) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        name = function.name if isinstance(function, _Function) else ""
        if name == "encode":
            text, coding = arguments
            if coding != "latin1":
                raise ValueError(coding)
            self._stack.append(text.encode("latin-1"))
        elif name == "frombuffer":
            data, kind, shape, order = arguments
            self._stack.append(_array(data, kind, shape, order == "F"))
        elif name in ("array", "dtype"):
            self._stack.append(_Building(name, str(arguments[0]) if name == "dtype" else ""))
        else:
            raise InputError("is no plain data (it calls what is no function), and is not opened")

    def _build(self, _: Any) -> None:
        state, thing = self._stack.pop(), self._stack[-1]
        if not isinstance(thing, _Building):
            raise InputError("is no plain data (it changes what is no array), and is not opened")
        if thing.kind == "array":
            _, shape, kind, fortran, data = state
            thing.array = _array(data.encode("latin-1") if isinstance(data, str) else data, kind, shape, fortran)


def _array(data: bytes, kind: Any, shape: tuple[int, ...], fortran: bool) -> np.ndarray[Any, Any]:
    if not isinstance(kind, _Building) or kind.text not in ("u1", "|u1"):
        raise InputError("holds an array that is not of bytes")
    return np.frombuffer(data, np.uint8).reshape(shape, order="F" if fortran else "C")


def _text(key: Any) -> bytes:
    if not isinstance(key, (str, bytes)):
        raise ValueError(key)
    return key.encode("latin-1") if isinstance(key, str) else key


def _finished(value: Any) -> Any:
    """The value, with its arrays in the places of what they were built from."""
    if isinstance(value, _Building):
        return value.array
    if isinstance(value, dict):
        return {key: _finished(each) if isinstance(each, _Building) else each for key, each in value.items()}
    return value
