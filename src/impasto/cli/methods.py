"""`impasto methods`: all methods, by name."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from impasto.cli.output import answer
from impasto.registry import METHODS

app = App(name="methods", help="List the methods.")


@app.default
def methods(*, json: Annotated[bool, Parameter(negative="", help="one JSON object")] = False) -> None:
    """List the methods."""
    if json:
        answer({name: entry.summary for name, entry in METHODS.items()})
        return
    width = max(map(len, METHODS))
    for name, entry in METHODS.items():
        print(f"{name:{width}}  {entry.summary}")
