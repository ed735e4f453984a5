"""What the document says of the two kinds of ways, beside what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from impasto.experiments.claims import MARGIN, Claim, table
from impasto.experiments.experiment import Row
from impasto.styles.recolor import KeepColorName, in_luminance
from impasto.tables import Table

PERFECT = 2 / 255  # what is nearer than this cannot be told apart
RECOLOURING, LUMINANCE, OFF = "recolouring", "luminance", "off"

Found = Mapping[str, Sequence[Row]]
"""The ways, by their kind."""


def _claim(
    says: str, column: str, form: str, kinds: tuple[str, str], same: Callable[[Sequence[float], Sequence[float]], bool]
) -> Claim[Found]:
    """A sentence about a column's numbers; `same` is given those of the first kind and of the second."""

    def measured(found: Found) -> str:
        those = [each for kind in kinds for each in found[kind]]
        return f"{column}: " + "; ".join(f"{way_of(each)} {format(each.number(column), form)}" for each in those)

    def verdict(found: Found) -> bool:
        first, second = ([each.number(column) for each in found[kind]] for kind in kinds)
        return same(first, second)

    return Claim(4, says, kinds, measured, verdict)


def _all_larger(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    return min(ours) > MARGIN * max(theirs)


CLAIMS = (
    _claim(
        "Recolouring the style first: the colour distribution often cannot be matched perfectly, and the colours of "
        "the output differ from the photo's.",
        "chroma",
        ".4f",
        (RECOLOURING, LUMINANCE),
        lambda recolouring, luminance: min(recolouring) > PERFECT and _all_larger(recolouring, luminance),
    ),
    _claim(
        "Luminance alone preserves the photo's colours perfectly.",
        "chroma",
        ".4f",
        (LUMINANCE, RECOLOURING),
        lambda luminance, _: max(luminance) < PERFECT,
    ),
    _claim(
        "With luminance alone the dependencies between luminance and colour are lost: colours are no longer aligned "
        "to strokes; with colour matching a stroke is a blotch of paint.",
        "edges",
        ".2f",
        (RECOLOURING, LUMINANCE),
        _all_larger,
    ),
    _claim(
        "Luminance alone optimises about 30 % of the numbers.",
        "numbers",
        ".0f",
        (LUMINANCE, OFF),
        lambda luminance, off: all(0.25 < each / off[0] < 0.35 for each in luminance),
    ),
    _claim(
        "It is doubtful that this is of practical use (on a GPU).",
        "seconds",
        ".3g",
        (LUMINANCE, OFF),
        lambda luminance, off: min(luminance) > off[0] / MARGIN,
    ),
)


def claims(rows: Sequence[Row]) -> Table:
    """The table of what the document says and what was found."""
    found: dict[str, list[Row]] = {RECOLOURING: [], LUMINANCE: [], OFF: []}
    for row in rows:
        way = way_of(row)
        found[OFF if way == OFF else LUMINANCE if in_luminance(way) else RECOLOURING].append(row)
    caption = (
        "What the document says, and what was measured here for this pair. Larger means by a tenth at the least; "
        "perfect means nearer than two steps of 8 bits, which clamping can prevent where no colour is that light."
    )
    return table(CLAIMS, found, [kind for kind, those in found.items() if those], caption)


def way_of(row: Row) -> KeepColorName:
    """The value of keep_color that a row is of."""
    found: KeepColorName = row.values["keep_color"]  # type: ignore[assignment]
    return found
