"""`impasto data get`: public sets of pictures, fetched by name."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from impasto.cli.output import answer, print_table, say

if TYPE_CHECKING:
    from impasto.data.public import PublicFile, PublicSet

Json = Annotated[bool, Parameter(negative="", help="one JSON object on standard output")]


def app() -> App:
    """The commands, a new one each time: those that are methods are added to it."""
    made = App(name="data", help="Sets of pictures: look at them, fetch and prepare them.")
    made.command(list_sets, name="list")
    made.command(get)
    return made


def list_sets(*, json: Json = False) -> None:
    """List the public sets that can be fetched, and which of them this machine has."""
    from impasto.data import public  # needs NumPy, which --help does not
    from impasto.runs.limits import gigabytes

    found = list(public.SETS.values())
    if json:
        answer({"sets": [_about(each) for each in found]})
        return
    rows = [
        [each.name, "yes" if public.is_here(each) else "no", gigabytes(each.size), each.about, each.terms]
        for each in found
    ]
    print_table(["name", "here", "size", "what", "terms"], rows)


def get(
    name: Annotated[str, Parameter(help="as in impasto data list")],
    *,
    offline: Annotated[bool, Parameter(negative="", help="never download")] = False,
    url: Annotated[str, Parameter(help="another address of the same files, which go behind it")] = "",
    json: Json = False,
) -> None:
    """Fetch a public set, each file checked by its published hash, and print where it is.

    Its name then stands for it wherever a set of pictures is asked for.
    """
    from impasto.data import public

    path = public.get(name, offline=offline, url=url, progress=_Progress if sys.stderr.isatty() else None)
    if json:
        answer({"name": name, "path": str(path)})
    else:
        print(path)


def _about(known: PublicSet) -> dict[str, object]:
    from impasto.data import public

    here = public.is_here(known)
    where = str(public.folder_of(known.name)) if here else known.address
    return {"name": known.name, "here": here, "size": known.size, "about": known.about, "where": where}


class _Progress:
    """Tells each tenth of a file."""

    def __init__(self, file: PublicFile) -> None:
        self._name, self._told = file.name, 0

    def __call__(self, received: int, total: int | None) -> None:
        from impasto.runs.limits import gigabytes

        if total and received * 10 // total > self._told:
            self._told = received * 10 // total
            say(f"{self._name}: {self._told * 10}% of {gigabytes(total)}")
