"""Every error of the command line as one line that says what, where, and how to mend it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from cyclopts import CycloptsError
from cyclopts.exceptions import (
    CoercionError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from impasto.cli.output import one_line
from impasto.registry import METHODS

ALIKE = 0.7  # how alike two words must be for one to be meant by the other: from 0 to 1


def complaint(error: CycloptsError) -> str:
    """The line for an error in the words of the command line itself."""
    if isinstance(error, UnknownCommandError):
        return _unknown_command(error)
    if isinstance(error, UnknownOptionError):
        word = (error.token.keyword or error.token.value).partition("=")[0]
        names = [name for argument in error.argument_collection if argument.parse for name in argument.names]
        return f"unknown option {word}{_of_input(error, word) or near(word, names) or _see_help(error)}"
    if isinstance(error, MissingArgumentError) and error.argument is not None:
        name = error.keyword or error.argument.name
        if name.startswith("-") and (error.keyword or error.argument.index is None):
            return f"{name} needs a value{_see_help(error)}"
        return f"{name.lstrip('-').lower()} is missing: {error.argument.parameter.help or 'an input'}"
    if isinstance(error, RepeatArgumentError) and error.token.keyword:
        return f"{error.token.keyword} is given more than once"
    if isinstance(error, CoercionError) and error.argument is not None and error.token is not None:
        kind = {int: "a whole number", float: "a number", bool: "true or false"}.get(error.target_type or str, "valid")
        return f"{error.token.keyword or error.argument.name} must be {kind}, got {error.token.value!r}"
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        return f"{shlex.join(error.unused_tokens)}: more words than impasto {_path(error)} takes{_see_help(error)}"
    error.verbose = False
    return one_line(str(error)).rstrip(".")


def _of_input(error: CycloptsError, word: str) -> str:
    """How an input is given whose name was taken for an option, as in `--style painting.jpg`; "" for other words."""
    name = _path(error)
    wanted = re.sub("_(image|img|picture|path|file)$", "", word.strip("-").replace("-", "_"))
    method = METHODS[name].load() if name in METHODS else None
    item = next((each for each in method.inputs if each.name == wanted), None) if method else None
    if method is None or item is None:
        return ""
    if item.flag:
        with_it = [each.name.removeprefix(f"{item.flag}_").upper() for each in method.inputs if each.flag == item.flag]
        return f"; give it with --{item.flag.replace('_', '-')} {'='.join(with_it)}"
    from impasto.cli.command import usage

    return f"; the {item.name} is given by its place: {usage(method).removeprefix('Usage: ')}"


def with_samples(line: str) -> str:
    """The line; for a picture of the samples that is not there, with how to have it."""
    path, missing, _ = line.partition(": no such file")
    if not missing:
        return line
    from impasto.samples.starters import CLIP, starters

    name = Path(path).name
    written = name in (CLIP, *(f"{each}.png" for each in starters()))
    return f"{line}; impasto samples pictures writes pictures/{name}" if written else line


def near(word: str, known: Iterable[str]) -> str:
    """The end of a line about a mistyped word, or "" if nothing is like it."""
    found = get_close_matches(word, list(known), n=1, cutoff=ALIKE)
    return f"; did you mean {found[0]}?" if found else ""


def _unknown_command(error: UnknownCommandError) -> str:
    word = error.unused_tokens[0] if error.unused_tokens else ""
    path = _path(error).split()
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
    return f"; see {' '.join(filter(None, ('impasto', _path(error), '--help')))}"


def _path(error: CycloptsError) -> str:
    """The words of the command that was given, such as "style gatys"."""
    return " ".join(part for part in error.command_chain or () if part != "impasto")
