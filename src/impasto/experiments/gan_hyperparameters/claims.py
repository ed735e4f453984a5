"""What document 4 says of training generators, and what the third one varied, beside what was measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from impasto.experiments import claims
from impasto.experiments.gan_hyperparameters.judgement import COLLAPSE, Course, mean, more
from impasto.experiments.gan_hyperparameters.results import Findings, level
from impasto.experiments.gan_hyperparameters.variants import BASE, SETTINGS, Family
from impasto.tables import Table

Claim = claims.Claim[Findings]

RESTLESS = {"oscillation": ".3f", "setbacks": ".2f"}


def _ends(*labels: str) -> Callable[[Findings], str]:
    """Words that give the distance at the end, and what went wrong."""

    def say(found: Findings) -> str:
        return f"at the end {'; '.join(_end(found, label) for label in (BASE, *labels))}"

    return say


def _end(found: Findings, label: str) -> str:
    it = found[label]
    each = " and ".join(f"{value:.4g}" for value in it.each("end"))
    return f"{label} {each}" + (f", {it.note}" if it.note else "")


def _restless(label: str) -> Callable[[Findings], str]:
    """Words that give how restless the samples and the distance were late, and the distance at the end."""

    def say(found: Findings) -> str:
        parts = []
        for name, form in RESTLESS.items():
            numbers = [f"{each} {_number(mean(found[each].each(name)), form)}" for each in (BASE, label)]
            parts.append(f"{name} {', '.join(numbers)}")
        return "; ".join([*parts, _ends(label)(found)])

    return say


def _number(value: float, form: str) -> str:
    return "unknown" if math.isnan(value) else format(value, form)


def _either(*verdicts: bool | None) -> bool | None:
    """Yes if one is; unknown if one may be."""
    return True if True in verdicts else None if None in verdicts else False


def _worse(label: str) -> Callable[[Findings], bool | None]:
    return lambda found: more(found[label].each("end"), found[BASE].each("end"))


def _more_restless(label: str, than: str) -> Callable[[Findings], bool | None]:
    """A training that broke is as restless as can be."""

    def same(found: Findings) -> bool | None:
        broke = [all(course.broke for course in found[label].courses)]
        return _either(*broke, *(more(found[label].each(name), found[than].each(name)) for name in RESTLESS))

    return same


def _speed(label: str) -> Callable[[Findings], str]:
    def say(found: Findings) -> str:
        goal = level(found)
        steps = "; ".join(f"{each} {_step(mean(found[each].reached(goal)))}" for each in (BASE, label))
        return f"down to {goal:.4g}: {steps}"

    return say


def _step(step: float) -> str:
    return f"after {step:.0f} steps" if math.isfinite(step) else "never"


def _collapsed(found: Findings) -> dict[str, list[Course]]:
    """The trainings whose distance rose to a multiple of its best, whether or not it came back, by variant."""
    late = {label: [each for each in it.courses if each.state.startswith("collapsed")] for label, it in found.items()}
    return {label: courses for label, courses in late.items() if courses}


def _collapses(found: Findings) -> str:
    late, total = _collapsed(found), sum(len(it.courses) for it in found.values())
    names = "; ".join(f"{label} {', '.join(course.note() for course in each)}" for label, each in late.items())
    count = sum(map(len, late.values()))
    return f"{count} of {total} trainings rose to more than {COLLAPSE:g} times their best{': ' if names else ''}{names}"


def _best_of(family: Family) -> Callable[[Findings], str]:
    """A family's variants in the order of what they ended at."""

    def say(found: Findings) -> str:
        known = [label for label in (BASE, *SETTINGS[family]) if label in found]
        order = sorted(known, key=lambda label: mean(found[label].each("end")))
        return "at the end " + ", ".join(f"{label} {mean(found[label].each('end')):.4g}" for label in order)

    return say


CLAIMS: Sequence[Claim] = (
    Claim(
        4,
        "The suggested learning rate of .001 was too high; .0002 was used instead.",
        ("rate .001",),
        _restless("rate .001"),
        _worse("rate .001"),
    ),
    Claim(
        4,
        "Momentum beta1 of .9 resulted in training oscillation and instability; .5 helped to stabilise it.",
        ("beta1 .9",),
        _restless("beta1 .9"),
        _more_restless("beta1 .9", BASE),
    ),
    Claim(
        4,
        "Batch norm in all layers resulted in sample oscillation and model instability.",
        ("norm everywhere",),
        _restless("norm everywhere"),
        _more_restless("norm everywhere", BASE),
    ),
    Claim(
        4,
        "Batch norm without scale and bias gave better results.",
        ("norm not affine",),
        _ends("norm not affine"),
        lambda found: more(found[BASE].each("end"), found["norm not affine"].each("end")),
    ),
    Claim(
        4,
        "Batch norm was critical to get generators to begin learning; without it all samples become one.",
        ("no norm",),
        lambda found: f"diversity {mean(found['no norm'].diversity):.0%}; {_ends('no norm')(found)}",
        _worse("no norm"),
    ),
    Claim(4, "Strided convolutions are better than pooling.", ("pooling",), _ends("pooling"), _worse("pooling")),
    Claim(
        4, "No hidden dense layers are better than some.", ("dense layer",), _ends("dense layer"), _worse("dense layer")
    ),
    Claim(
        4,
        "Global average pooling increased stability ...",
        ("average head",),
        _restless("average head"),
        _more_restless(BASE, "average head"),
    ),
    Claim(
        4,
        "... but hurt convergence speed.",
        ("average head",),
        _speed("average head"),
        lambda found: more(found["average head"].reached(level(found)), found[BASE].reached(level(found))),
    ),
    Claim(
        4,
        "As models are trained longer, some collapse to an oscillating mode.",
        (),
        _collapses,
        lambda found: bool(_collapsed(found)),
    ),
    Claim(3, "Which architecture?", tuple(SETTINGS["architecture"]), _best_of("architecture")),
    Claim(3, "Which parameters: step size?", tuple(SETTINGS["learning-rate"]), _best_of("learning-rate")),
    Claim(3, "Which parameters: batch?", tuple(SETTINGS["batch-size"]), _best_of("batch-size")),
    Claim(3, "Which optimisation?", tuple(SETTINGS["optimizer"]), _best_of("optimizer")),
    Claim(3, "Which loss?", tuple(SETTINGS["loss"]), _best_of("loss")),
    Claim(3, "Which regulariser?", tuple(SETTINGS["regularizer"]), _best_of("regularizer")),
)


def claims_table(found: Findings) -> Table:
    """The table of what the documents say and what was found."""
    caption = (
        "What the documents say, and what was measured here, by distances at the end if nothing else is said. "
        "Larger means in the mean by a tenth at the least, and each seed's than each; where the seeds disagree, it is "
        "not told apart. Filters are not looked at, only what they draw."
    )
    return claims.table(CLAIMS, found, found.keys() | {BASE}, caption)
