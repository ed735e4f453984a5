"""`impasto demo`: the tour, watched."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from impasto.cli.interrupt import Interrupt
from impasto.cli.output import say
from impasto.cli.progress import progress
from impasto.errors import Cancelled

app = App(name="demo", help="The tour: real inputs, a few minutes, one contact sheet.")


@app.default
def demo(
    *,
    out: Annotated[Path, Parameter(help="folder for the pictures and the page")] = Path("demo"),
    quick: Annotated[
        bool,
        Parameter(negative="", help="tiny pictures and a few steps: a trial of the installation, nothing to look at"),
    ] = False,
) -> int:
    """Make textures, a wider photograph, stylised ones and a reconstruction; show them on one sheet and one page.

    A tour that was stopped, or killed, goes on where it was.
    """
    from impasto.demo.tour import tour

    with Interrupt() as interrupt, progress("demo", quiet=False) as watching:
        try:
            files = tour(out, quick=quick, observers=[*watching, interrupt])
        except Cancelled:
            say(f"stopped; what was ready is in {out}; the same command goes on")
            return interrupt.status
    for path in files:
        print(path)
    return 0
