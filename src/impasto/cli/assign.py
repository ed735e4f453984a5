"""Which of the words go into which run: one run, or a batch of one for each picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from impasto.cli.output import first_few
from impasto.errors import InputError
from impasto.images import pictures_in
from impasto.inputs import Input
from impasto.methods import Method

Given = Mapping[str, Sequence[str]]


def assign(method: type[Method[Any]], words: Sequence[str]) -> tuple[bool, list[Given]]:
    """Whether this is a batch, and what each run is given, by input name.

    Several words or a folder for the one picture that a method takes make a batch, and so does a folder for the first
    of several. Raises InputError if there are too few or too many words.
    """
    items = placed(method)
    missing = [item for item in items if not item.optional][len(words) :]
    if missing:
        raise InputError(f"{missing[0].name} is missing: {missing[0].help}; see impasto {method.name} --help")
    if not items:
        return False, [{}]
    if each := batched(items):
        before, rest = words[: items.index(each)], words[items.index(each) :]
        chosen = [picture for word in rest for picture in (_expanded(word) if each.kind == "picture" else [word])]
        fixed = {item.name: [word] for item, word in zip(items, before, strict=False)}
        batch = len(rest) > 1 or (each.kind == "picture" and Path(rest[0]).is_dir())
        return batch, [{**fixed, each.name: [picture]} for picture in chosen]
    given = _given(method, items, words)
    first = items[0]
    if first.many or first.kind != "picture" or not words or not Path(words[0]).is_dir():
        return False, [given]
    return True, [{**given, first.name: [picture]} for picture in _expanded(words[0])]


def taken(method: type[Method[Any]], batch: bool, sets: Sequence[Given]) -> str:
    """What each word was taken for, where that may surprise: in a batch, or with several for one input; else ""."""
    items = placed(method)
    apart = batch and (batched(items) or items[0])  # of which each run has its own
    words = []
    for item in items:
        paths = [path for each in (sets if item is apart else sets[:1]) for path in each.get(item.name, ())]
        how = " (one run for each)" if item is apart else " (together)" if len(paths) > 1 else ""
        words += [f"{item.name}: {first_few([Path(path).name for path in paths])}{how}"] if paths else []
    line = "; ".join(words)
    return line if batch or " (together)" in line else ""


def placed(method: type[Method[Any]]) -> list[Input]:
    """The inputs that are given by their place among the words."""
    return [item for item in method.inputs if not item.flag]


def batched(items: Sequence[Input]) -> Input | None:
    """The input of which several make a batch: the only picture, if it comes last; or the only thing at all."""
    last = items[-1] if items else None
    if last is None or last.many or last.kind not in ("picture", "model"):
        return None
    alone = len(items) == 1 or (last.kind == "picture" and all(item.kind != "picture" for item in items[:-1]))
    return last if alone else None


def subject(method: type[Method[Any]], given: Given) -> str:
    """The path of a run's first picture; of whatever comes first, if there is none; "-" if there is nothing at all."""
    names = sorted((item for item in placed(method) if given.get(item.name)), key=lambda item: item.kind == "model")
    return given[names[0].name][0] if names else "-"


def stem(method: type[Method[Any]], given: Given) -> str:
    """What the first picture of a run is called, without its folder and ending."""
    first = subject(method, given)
    if first != "-":
        return Path(first).stem
    return "stdin" if any(given.values()) else method.name.replace(" ", "-")


def _given(method: type[Method[Any]], items: Sequence[Input], words: Sequence[str]) -> dict[str, list[str]]:
    """One word for each input, and the rest for the one that takes many."""
    many = next((number for number, item in enumerate(items) if item.many), len(items))
    behind = len(items[many + 1 :])
    if many == len(items) and len(words) > many:
        names = ", ".join(item.name for item in items)
        raise InputError(f"{words[many]}: one picture too many; {method.name} takes {names}")
    end = len(words) - behind
    given = {item.name: [word] for item, word in zip(items[:many], words, strict=False)}
    if many < len(items):
        given[items[many].name] = [picture for word in words[many:end] for picture in _expanded(word)]
        given |= {item.name: [word] for item, word in zip(items[many + 1 :], words[end:], strict=True)}
    return {name: found for name, found in given.items() if found}


def _expanded(word: str) -> list[str]:
    return [str(path) for path in pictures_in(word)] if Path(word).is_dir() else [word]
