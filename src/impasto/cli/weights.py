"""`impasto weights`: list, get, check."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from impasto.cli.output import answer, print_table, say
from impasto.features import weights
from impasto.runs.limits import gigabytes

app = App(name="weights", help="List, get and check the networks' weights.")

Json = Annotated[bool, Parameter(negative="", help="one JSON object on standard output")]


@app.command(name="list")
def list_weights(*, json: Json = False) -> None:
    """List the known files of weights, and which of them this machine has."""
    found = weights.list_weights()
    if json:
        answer({"weights": [asdict(it) for it in found]})
        return
    rows = [[it.name, "yes" if it.present else "no", gigabytes(it.size), it.where, it.terms] for it in found]
    print_table(["name", "here", "size", "where", "terms"], rows)


@app.command
def get(
    name: Annotated[str, Parameter(help="as in impasto weights list")],
    *,
    offline: Annotated[bool, Parameter(negative="", help="never download")] = False,
    url: Annotated[str | None, Parameter(help="another address of the same file")] = None,
    json: Json = False,
) -> None:
    """Download a file of weights, checked by its hash, and print where it is."""
    path = weights.get(name, offline=offline, url=url, progress=_Progress() if sys.stderr.isatty() else None)
    if json:
        answer({"name": name, "path": str(path)})
    else:
        print(path)


@app.command
def check(
    name: Annotated[str | None, Parameter(help="as in impasto weights list; all that are here if not given")] = None,
    *,
    json: Json = False,
) -> int:
    """Check the files' hashes; exit status 2 if one is wrong or missing."""
    names = [name] if name else [it.name for it in weights.list_weights() if it.present]
    found = [weights.check(it) for it in names]
    if json:
        answer({"weights": [asdict(it) for it in found]})
    else:
        states = {True: "whole", False: "damaged", None: "missing"}
        print_table(["name", "state", "where"], [[it.name, states[it.ok], it.where] for it in found])
    bad = [it for it in found if not it.ok]
    for it in bad:
        mend = f"delete {Path(it.where)} and get it again" if it.present else it.where
        say(f"impasto: the weights of {it.name} are {'damaged' if it.present else 'missing'}; {mend}")
    return 2 if bad else 0


class _Progress:
    """Tells each tenth of a download."""

    def __init__(self) -> None:
        self._told = 0

    def __call__(self, received: int, total: int | None) -> None:
        if total and received * 10 // total > self._told:
            self._told = received * 10 // total
            say(f"{self._told * 10}% of {gigabytes(total)}")
