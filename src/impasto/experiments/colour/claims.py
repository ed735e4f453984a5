"""What the document says of the two kinds of ways, beside what was measured; the verdicts are made from the numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from impasto.experiments.colour.results import Way, ways
from impasto.experiments.experiment import Column, Row, Table
from impasto.style.recolor import in_luminance

MARGIN = 1.1  # a number that counts as larger is so by a tenth
PERFECT = 2 / 255  # and what is nearer than this cannot be told apart
RECOLOURING, LUMINANCE, OFF = "recolouring", "luminance", "off"


@dataclass(frozen=True)
class Claim:
    """A sentence of the document, the number that it is about, whose numbers are needed, and whether they agree."""

    says: str
    column: str
    form: str
    kinds: tuple[str, str]
    same: Callable[[Sequence[float], Sequence[float]], bool]  # of the numbers of the first kind and of the second


def _all_larger(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    return min(ours) > MARGIN * max(theirs)


CLAIMS = (
    Claim(
        "Recolouring the style first: the colour distribution often cannot be matched perfectly, and the colours of "
        "the output differ from the photo's.",
        "chroma",
        ".4f",
        (RECOLOURING, LUMINANCE),
        lambda recolouring, luminance: min(recolouring) > PERFECT and _all_larger(recolouring, luminance),
    ),
    Claim(
        "Luminance alone preserves the photo's colours perfectly.",
        "chroma",
        ".4f",
        (LUMINANCE, RECOLOURING),
        lambda luminance, _: max(luminance) < PERFECT,
    ),
    Claim(
        "With luminance alone the dependencies between luminance and colour are lost: colours are no longer aligned "
        "to strokes; with colour matching a stroke is a blotch of paint.",
        "edges",
        ".2f",
        (RECOLOURING, LUMINANCE),
        _all_larger,
    ),
    Claim(
        "Luminance alone optimises about 30 % of the numbers.",
        "numbers",
        ".0f",
        (LUMINANCE, OFF),
        lambda luminance, off: all(0.25 < each / off[0] < 0.35 for each in luminance),
    ),
    Claim(
        "It is doubtful that this is of practical use (on a GPU).",
        "seconds",
        ".3g",
        (LUMINANCE, OFF),
        lambda luminance, off: min(luminance) > off[0] / MARGIN,
    ),
)


def claims(rows: Sequence[Row]) -> Table:
    """The table of what the document says and what was found."""
    found: dict[str, list[Way]] = {RECOLOURING: [], LUMINANCE: [], OFF: []}
    for each in ways(rows):
        found[_kind(each)].append(each)
    columns = (Column("the document"), Column("measured"), Column("the same"))
    caption = (
        "What the document says, and what was measured here for this pair. Larger means by a tenth at the least; "
        "perfect means nearer than two steps of 8 bits, which clamping can prevent where no colour is that light."
    )
    return Table("claims", caption, columns, [_line(claim, found) for claim in CLAIMS])


def _line(claim: Claim, found: Mapping[str, Sequence[Way]]) -> dict[str, object]:
    sides = [found[kind] for kind in claim.kinds]
    said = "; ".join(f"{each.name} {format(each.number(claim.column), claim.form)}" for side in sides for each in side)
    missing = [kind for kind, side in zip(claim.kinds, sides, strict=True) if not side]
    if missing:
        verdict = f"cannot be said without {' and '.join(missing)}"
    else:
        first, second = ([each.number(claim.column) for each in side] for side in sides)
        verdict = "yes" if claim.same(first, second) else "no"
    return {"the document": claim.says, "measured": f"{claim.column}: {said}" if said else "", "the same": verdict}


def _kind(way: Way) -> str:
    if way.name == OFF:
        return OFF
    return LUMINANCE if in_luminance(way.name) else RECOLOURING
