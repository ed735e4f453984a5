"""What documents say, beside what was measured; the verdicts are made from the numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from impasto.tables import Column, Table

MARGIN = 1.1  # a number that counts as larger is so by a tenth

F = TypeVar("F")


@dataclass(frozen=True)
class Claim(Generic[F]):
    """A sentence of a document, the runs that it is about, what they measured, and whether they say the same.

    Without `same` it is a question, which the measured words answer; where `same` is None, the numbers cannot tell.
    """

    document: int
    says: str
    needs: Sequence[str]  # names of runs, or of groups of which there must be one
    measured: Callable[[F], str]
    same: Callable[[F], bool | None] | None = None


def table(claims: Sequence[Claim[F]], found: F, known: Collection[str], caption: str) -> Table:
    """The table of what the documents say and what was found; `known` are the names of what there is."""
    columns = (Column("document"), Column("says"), Column("measured"), Column("the same"))
    return Table("claims", caption, columns, [_line(claim, found, known) for claim in claims])


def _line(claim: Claim[F], found: F, known: Collection[str]) -> dict[str, object]:
    missing = [name for name in claim.needs if name not in known]
    measured = "" if missing else claim.measured(found)
    if missing:
        verdict = f"cannot be said without {' and '.join(missing)}"
    elif claim.same is None:
        verdict = ""
    else:
        verdict = {True: "yes", False: "no", None: "not told apart"}[claim.same(found)]
    return {"document": claim.document, "says": claim.says, "measured": measured, "the same": verdict}
