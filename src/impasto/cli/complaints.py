"""Every error of the command line as one line that says what, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from cyclopts import CycloptsError
from cyclopts.exceptions import (
    CoercionError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
)

from impasto.cli.output import one_line
from impasto.registry import METHODS

ALIKE = 0.7  # how alike two words must be for one to be meant by the other: from 0 to 1


def complaint(error: CycloptsError) -> str:
    """The line for an error in the words of the command line itself."""
    if isinstance(error, UnknownCommandError):
        return _unknown_command(error)
    if isinstance(error, UnknownOptionError):
        word = error.token.keyword or error.token.value
        names = [name for argument in error.argument_collection if argument.parse for name in argument.names]
        return f"unknown option {word}{near(word.partition('=')[0], names) or _see_help(error)}"
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        name = error.keyword or error.argument.name
        if name.startswith("-"):
            return f"{name} needs a value{_see_help(error)}"
        return f"{name.lower()} is missing: {error.argument.parameter.help or 'an input'}"
    if isinstance(error, RepeatArgumentError) and error.token.keyword:
        return f"{error.token.keyword} is given more than once"
    if isinstance(error, CoercionError) and error.argument is not None and error.token is not None:
        kind = {int: "a whole number", float: "a number", bool: "true or false"}.get(error.target_type or str, "valid")
        return f"{error.token.keyword or error.argument.name} must be {kind}, got {error.token.value!r}"
    error.verbose = False
    return one_line(str(error)).rstrip(".")


def near(word: str, known: Iterable[str]) -> str:
    """The end of a line about a mistyped word, or "" if nothing is like it."""
    found = get_close_matches(word, list(known), n=1, cutoff=ALIKE)
    return f"; did you mean {found[0]}?" if found else ""


def _unknown_command(error: UnknownCommandError) -> str:
    word = error.unused_tokens[0] if error.unused_tokens else ""
    path = [part for part in error.command_chain or () if part != "impasto"]
    known = _commands(error.app, path)
    whole = " ".join([*path, word])
    hint = near(word, known)
    if not hint:
        same = [name for name in METHODS if word in name.split()[1:]]
        hint = f"; did you mean impasto {same[0]}?" if same else f"; there are: {', '.join(known)}"
    return f"no command is called {whole!r}{hint}"


def _commands(app: Any, path: list[str]) -> list[str]:
    if app is None:
        return []
    if path and path[0] in app:
        app = app[path[0]]
    return [name for name in app if not name.startswith("-")]


def _see_help(error: CycloptsError) -> str:
    words = " ".join(part for part in error.command_chain or () if part != "impasto")
    return f"; see impasto {words} --help" if words else "; see impasto --help"
