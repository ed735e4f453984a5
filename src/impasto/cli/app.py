"""The whole command line: find the command, run it, and turn whatever goes wrong into one line and an exit status."""

from __future__ import annotations

import contextlib
import errno
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from cyclopts import App, CycloptsError

from impasto.cli.allocator import keep_freed_memory, share_the_cores
from impasto.cli.complaints import complaint, with_samples
from impasto.cli.lazy import put_off_heavy_imports
from impasto.cli.output import (
    DONE,
    OUTPUT_NAME,
    OWN_FAULT,
    READER_LEFT,
    STOPPED,
    STREAM,
    USAGE,
    answer,
    hear,
    lost_output,
    one_line,
    say,
)
from impasto.errors import InputError, refusal
from impasto.registry import METHODS

if TYPE_CHECKING:
    from impasto.cli.shared import Shared

UNNAMED = (errno.ENOSPC, errno.EDQUOT, errno.EBADF)
"""What standard output refuses print by, which names no file; files are written so that an error names them."""

GROUPS = {
    "texture": "Textures like an exemplar.",
    "vary": "Other versions of one picture.",
    "style": "A picture in the manner of another.",
    "reconstruct": "What a network knows of a picture.",
    "data": "Prepare sets of pictures.",
    "train": "Train a model on pictures.",
    "measure": "Measure pictures and networks.",
    "experiment": "Run one of the reports' experiments; write its tables and figures.",
}

TOOLS = {
    "methods": ("impasto.cli.methods", "List the methods."),
    "data": ("impasto.cli.data", "Sets of pictures: look at them, fetch and prepare them."),
    "samples": ("impasto.cli.samples", "Write pictures to begin with: photographs and drawings."),
    "demo": ("impasto.cli.demo", "The tour: real inputs, a few minutes, one contact sheet."),
    "runs": ("impasto.cli.runs", "List, show, resume, repeat and report runs."),
    "export": ("impasto.cli.export", "Write a network as an ONNX file, checked in onnxruntime."),
    "weights": ("impasto.cli.weights", "List, get and check the networks' weights."),
}


def run(words: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0 done, 2 wrong usage or input, 1 our own fault, 130 stopped."""
    words = list(sys.argv[1:] if words is None else words)
    debug = "--debug" in words
    words = [word for word in words if word != "--debug"]
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]
    put_off_heavy_imports()
    share_the_cores()
    keep_freed_memory()
    try:
        refuse_empty_lists(words)
        app = build(words)
        status = app(
            [STREAM if word == "-" else word for word in words],
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
        sys.stdout.flush()
        return status if isinstance(status, int) else DONE
    except KeyboardInterrupt:
        say("impasto: stopped")
        return STOPPED
    except SystemExit:  # of what writes the help, whose reader has left
        return READER_LEFT
    except Exception as error:
        if debug:
            hear(traceback.format_exc())
        return _failed(lost_output() or error, json="--json" in words)


def refuse_empty_lists(words: Sequence[str]) -> None:
    """Raise InputError for a list without a value, which the reading of flags would take for a fault of its own."""
    for before, word in pairwise(words):
        flag, equals, value = word.partition("=") if word.startswith("--") else (before, " ", word)
        if flag.startswith("--") and "".join(value.split()) == "[]":
            raise InputError(f"{flag}{equals}{value}: a list without a value; give some, or leave it out")


def _failed(error: Exception, *, json: bool) -> int:
    """Say what went wrong, to a person and to a program; the exit status."""
    if isinstance(error, BrokenPipeError):
        return READER_LEFT
    line, status = describe(error)
    line = one_line(line)
    say(f"impasto: {line}")
    if json:
        with contextlib.suppress(OSError):
            answer({"error": line})
        lost_output()
    return status


def describe(error: Exception) -> tuple[str, int]:
    """The line and the exit status for an error."""
    if isinstance(error, InputError):
        return with_samples(str(error)), USAGE
    if isinstance(error, CycloptsError):
        return complaint(error), USAGE
    if isinstance(error, OSError):  # the disk is full, a name is too long ...: the machine's word, not our fault
        where = error.filename or (OUTPUT_NAME if error.errno in UNNAMED else "")
        return (f"{one_line(str(where))}: " if where else "") + refusal(error), USAGE
    if isinstance(error, (OverflowError, RecursionError)) or "integer string conversion" in str(error):
        return "a number in the input has too many digits, or its brackets are nested too deep", USAGE
    kind = type(error).__name__
    if kind in ("MemoryError", "OutOfMemoryError") or "can't allocate memory" in str(error):
        return "not enough memory for this; try a smaller --size, or close other programs", USAGE
    return f"internal error, {kind}: {one_line(str(error))[:300]} (--debug shows the traceback)", OWN_FAULT


def build(words: Sequence[str]) -> App:
    """The command that `words` ask for, alone; without one, the names and summaries of all, to be listed or missed."""
    root = App(
        name="impasto",
        help="New images from the pictures you already have.",
        help_format="plaintext",  # what draws the other formats takes a third of the time to load
        version=lambda: version("impasto"),
        suppress_keyboard_interrupt=False,
    )
    asked = next((name for name in (" ".join(words[:2]), *words[:1]) if name in METHODS), "")
    tool = words[0] if words and words[0] in TOOLS and not asked else ""
    groups = {tool: _tool(tool)} if tool else {}
    if not asked and not tool:
        groups = {name: App(name=name, help=summary) for name, (_, summary) in TOOLS.items()}
    for name in [asked] if asked else [name for name in METHODS if name.startswith(tool and f"{tool} ")]:
        group, _, rest = name.partition(" ")
        app = _method(name) if asked else App(name=rest or group, help=METHODS[name].summary)
        if not rest:
            root.command(app)
            continue
        if group not in groups:
            groups[group] = App(name=group, help=GROUPS.get(group, ""))
        groups[group].command(app)
    for app in groups.values():
        root.command(app)
    return root


def _tool(name: str) -> App:
    """The commands of a tool, to which methods of its name may be added."""
    made = import_module(TOOLS[name][0]).app
    return made if isinstance(made, App) else made()


def _method(name: str) -> App:
    from impasto.cli.command import command, usage

    method = METHODS[name].load()
    presets = getattr(method.Config, "presets", {})
    known = f"\n\nPresets: {', '.join(presets)}." if presets else ""
    app = App(name=name.split(" ")[-1], help=METHODS[name].summary + known, usage=usage(method))

    def start(words: Sequence[str], flags: dict[str, Any], shared: Shared) -> int:
        from impasto.cli.make import make  # needs torch, which --help does not

        return make(method, words, flags, shared)

    app.default(command(method, start))
    return app
