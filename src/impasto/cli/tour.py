"""`impasto experiment` and `impasto demo`: typed functions elsewhere, whose parameters become flags here.

Such a function is called with the flags that were given and `observer=`, and returns the files that it wrote:

    def texture_methods(*, out: Path = Path("results"), seed: int = 0, quick: bool = False,
                        observer: Observer) -> Sequence[Path]
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from importlib import import_module
from typing import Any, get_type_hints

from cyclopts import App

from impasto.cli.interrupt import Stopping
from impasto.cli.progress import progress
from impasto.cli.speech import say
from impasto.errors import Cancelled, InputError
from impasto.observers import Observer, Step

HOME = "impasto.experiments"  # holds EXPERIMENTS: name -> registry.Entry(target, summary), and DEMO: Entry


class Watching:
    """The bar and Ctrl-C as one observer."""

    def __init__(self, observers: list[Observer]) -> None:
        self._observers = observers

    def step(self, step: Step) -> None:
        """Pass a step on."""
        for observer in self._observers:
            observer.step(step)

    def checkpoint(self) -> None:
        """Begin at the beginning."""


def as_command(function: Callable[..., Any], name: str) -> Callable[..., int]:
    """A function without its `observer`, which prints the files that the wrapped one wrote."""

    @wraps(function)
    def run(*args: Any, **flags: Any) -> int:
        with Stopping() as stopping, progress(name, quiet=False) as watching:
            try:
                files = function(*args, observer=Watching([*watching, stopping]), **flags)
            except Cancelled:
                say(f"stopped; what was ready is in {flags['out']}" if flags.get("out") else "stopped")
                return stopping.status
        for path in files:
            print(path)
        return 0

    signature, hints = inspect.signature(function), get_type_hints(function, include_extras=True)
    kept = [it.replace(annotation=hints[it.name]) for it in signature.parameters.values() if it.name != "observer"]
    run.__signature__ = inspect.Signature(kept)  # type: ignore[attr-defined]
    return run


def _experiments() -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = import_module(HOME).EXPERIMENTS
    except (ImportError, AttributeError):
        raise InputError("no experiments are installed") from None
    return found


def experiment(words: Sequence[str]) -> App:
    """The command `impasto experiment`; of the experiments only the one asked for is imported."""
    app = App(name="experiment", help="Run one of the reports' experiments; write its tables and figures.")
    for name, entry in _experiments().items():
        if list(words[1:2]) == [name]:
            command = App(name=name, help=entry.summary)
            command.default(as_command(entry.load(), name))
            app.command(command)
        else:
            app.command(App(name=name, help=entry.summary))
    return app


def demo(_: Sequence[str]) -> App:
    """The command `impasto demo`."""
    app = App(name="demo", help="The tour: real inputs, a few minutes, one contact sheet.")
    try:
        entry = import_module(HOME).DEMO
    except (ImportError, AttributeError):
        raise InputError("the demo is not installed") from None
    app.default(as_command(entry.load(), "demo"))
    return app
