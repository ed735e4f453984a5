"""What the documents say of style transfers, beside what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from impasto.experiments import claims
from impasto.experiments.experiment import Row, Table
from impasto.experiments.style_variants.results import Made, made

Found = Mapping[str, Made]
"""What was made, by its label."""

Claim = claims.Claim[Found]
"""One that needs labels, or groups of which there must be one."""


def claims_table(said: Sequence[Claim], rows: Sequence[Row]) -> Table:
    """The table of what the documents say and what was found."""
    found = {each.label: each for each in made(rows) if each.whole}
    # "sgd:0.1" is an SGD too; of several the one counts that came farthest.
    for each in sorted(found.values(), key=lambda each: each.number("loss")):
        found.setdefault(each.label.partition(":")[0], each)
    caption = (
        "What the documents say, and what was measured here. Larger means by a tenth at the least; content and style "
        "are the judge's distances."
    )
    return claims.table(said, found, {*found, *(each.variant.group for each in found.values())}, caption)


def numbers(column: str, form: str, *labels: str) -> Callable[[Found], str]:
    """Words that give a column's number for each of these labels, as far as they were made."""

    def say(found: Found) -> str:
        parts = [f"{label} {format(found[label].number(column), form)}" for label in labels if label in found]
        return f"{column}: {'; '.join(parts)}"

    return say
