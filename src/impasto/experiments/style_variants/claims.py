"""What the documents say, beside what was measured; the verdicts are made from the numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from impasto.experiments.experiment import Column, Row, Table
from impasto.experiments.style_variants.results import Made, made

MARGIN = 1.1  # a number that counts as larger is so by a tenth

Found = Mapping[str, Made]
"""What was made, by its label."""


@dataclass(frozen=True)
class Claim:
    """A sentence of a document, the runs that it is about, what they measured, and whether they say the same.

    Without `same` it is a question, which the measured words answer.
    """

    document: int
    says: str
    needs: Sequence[str]  # labels, or groups of which there must be one
    measured: Callable[[Found], str]
    same: Callable[[Found], bool] | None = None


def claims_table(claims: Sequence[Claim], rows: Sequence[Row]) -> Table:
    """The table of what the documents say and what was found."""
    found = {each.label: each for each in made(rows) if each.whole}
    # "sgd:0.1" is an SGD too; of several the one counts that came farthest.
    for each in sorted(found.values(), key=lambda each: each.number("loss")):
        found.setdefault(each.label.partition(":")[0], each)
    columns = (Column("document"), Column("says"), Column("measured"), Column("the same"))
    caption = (
        "What the documents say, and what was measured here. Larger means by a tenth at the least; content and style "
        "are the judge's distances."
    )
    return Table("claims", caption, columns, [_line(claim, found) for claim in claims])


def _line(claim: Claim, found: Found) -> dict[str, object]:
    known = {*found, *(each.variant.group for each in found.values())}
    missing = [name for name in claim.needs if name not in known]
    measured = "" if missing else claim.measured(found)
    if missing:
        verdict = f"cannot be said without {' and '.join(missing)}"
    elif claim.same is None:
        verdict = ""
    else:
        verdict = "yes" if claim.same(found) else "no"
    return {"document": claim.document, "says": claim.says, "measured": measured, "the same": verdict}


def numbers(column: str, form: str, *labels: str) -> Callable[[Found], str]:
    """Words that give a column's number for each of these labels, as far as they were made."""

    def say(found: Found) -> str:
        parts = [f"{label} {format(found[label].number(column), form)}" for label in labels if label in found]
        return f"{column}: {'; '.join(parts)}"

    return say
