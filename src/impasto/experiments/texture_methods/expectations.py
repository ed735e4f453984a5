"""What the document found, beside what was measured: every word of the latter is made from numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from impasto.experiments.claims import MARGIN
from impasto.experiments.experiment import Row, grouped
from impasto.experiments.texture_methods.contenders import DOCUMENTS, NETWORK
from impasto.tables import Column, Table

KWATRA, GRAM = "kwatra", "gram"
APART = 0.1  # and trends that differ are this far apart
Found = Mapping[str, Row]  # the rows of one exemplar by the document's three methods


@dataclass(frozen=True)
class Expectation:
    """A sentence of the document, the numbers that it is about, and whether they say the same."""

    says: str
    measured: Callable[[Row], str]  # of each of the three methods
    same: Callable[[Found], bool]


def _times(row: Row) -> str:
    training = row.values.get("training s")
    seconds = f"{row.number('seconds'):.3g} s"
    return seconds if training is None else f"{row.number('training s'):.3g} s of training, then {seconds}"


def _loss(row: Row) -> str:
    trend, rises, losses = row.trace.trend, row.trace.rises, row.trace.losses
    if trend is None or rises is None or not losses[0]:
        return "too few steps"
    end = losses[-1] / losses[0]
    return f"trend {trend:+.2f}, rises at {rises:.0%} of its steps, ends at {end:.2g} of where it began"


def _copies(row: Row) -> str:
    return f"{row.number('copied'):.0%} in runs, mean run {row.number('run px'):.1f} px"


def _structure(row: Row) -> str:
    return f"mean run {row.number('run px'):.1f} px, {row.number('places'):.2f} different places a patch"


def _trend(row: Row) -> float:
    return float("nan") if row.trace.trend is None else row.trace.trend


def _more(column: str, larger: Row, *smaller: Row) -> bool:
    """Whether a number is larger than others, by more than what chance or a busy machine may do."""
    return all(larger.number(column) > MARGIN * row.number(column) for row in smaller)


def _falls_more(found: Found) -> bool:
    worse = max(_trend(found[GRAM]), _trend(found[NETWORK]))
    return worse < min(0.0, _trend(found[KWATRA])) - APART


EXPECTATIONS = (
    Expectation(
        "Feed-forward takes long to train (342.98 s) and is then the quickest of the three (0.114 s).",
        _times,
        lambda found: (
            found[NETWORK].number("training s") > max(found[name].number("seconds") for name in (KWATRA, GRAM))
            and _more("seconds", found[KWATRA], found[NETWORK])
            and _more("seconds", found[GRAM], found[NETWORK])
        ),
    ),
    Expectation(
        "The Gram method takes longest to compute (15.98 s; texture optimisation 0.83 s).",
        _times,
        lambda found: _more("seconds", found[GRAM], found[KWATRA], found[NETWORK]),
    ),
    Expectation(
        "The losses of the two methods with a network decrease; that of texture optimisation is unstable.",
        _loss,
        _falls_more,
    ),
    Expectation(
        "Texture optimisation copies parts of the exemplar, zones of one colour in its map; Gram smaller ones.",
        _copies,
        lambda found: _more("run px", found[KWATRA], found[GRAM]),
    ),
    Expectation(
        "Feed-forward keeps no complex structures (the shortest runs of the three); its map is a regular pattern.",
        _structure,
        lambda found: _more("run px", found[KWATRA], found[NETWORK]) and _more("run px", found[GRAM], found[NETWORK]),
    ),
)


def expectations(rows: Sequence[Row]) -> Table:
    """The table of what was expected and what was found, for all exemplars."""
    exemplars = {name: _documents(mine) for name, mine in grouped(rows, "exemplar").items()}
    values = []
    for expectation in EXPECTATIONS:
        verdicts, said = [], []
        for name, found in exemplars.items():
            parts = [f"{row.text('method')} {expectation.measured(row)}" for row in found.values()]
            said.append(f"{name}: {'; '.join(parts)}" if parts else f"{name}: nothing")
            if len(found) == len(DOCUMENTS):
                verdicts.append(expectation.same(found))
        values.append(
            {"the document": expectation.says, "measured": ". ".join(said), "the same": _verdict(verdicts, exemplars)}
        )
    columns = (Column("the document"), Column("measured"), Column("the same"))
    caption = (
        "What the document found (on its GPU), and what was measured here. The same means: numbers in the same order, "
        "and a tenth apart at the least."
    )
    return Table("expectations", caption, columns, values)


def _documents(mine: Sequence[Row]) -> dict[str, Row]:
    """The document's three methods; with the paper's preset, if it was among them."""
    found = {}
    for name in DOCUMENTS:
        of = [row for row in mine if "texture" in row.pictures and row.text("method").partition(":")[0] == name]
        if of:
            found[name] = next((row for row in of if row.text("method") == f"{name}:paper"), of[0])
    return found


def _verdict(verdicts: Sequence[bool], exemplars: Mapping[str, Mapping[str, Row]]) -> str:
    if not verdicts:
        missing = [name for name in DOCUMENTS if not any(name in found for found in exemplars.values())]
        return f"cannot be said without {', '.join(missing or DOCUMENTS)}"
    if len(verdicts) == 1:
        return "yes" if verdicts[0] else "no"
    return f"for {sum(verdicts)} of {len(verdicts)}"
