"""Which pictures go into which run: one run, or a batch of one for each picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from impasto.errors import InputError
from impasto.images import pictures_in
from impasto.methods import Method

Pictures = Mapping[str, Sequence[str]]


def assign(method: type[Method[Any]], words: Sequence[str]) -> tuple[bool, list[Pictures]]:
    """Whether this is a batch, and the pictures of each run by input name.

    A folder for the first input that takes one picture, or several words for the only such input, make a batch; so
    does either for the one that comes after a model.
    Raises InputError if there are too few or too many words.
    """
    names = [item.name for item in method.inputs]
    if not names:
        return False, [{}]
    if len(words) < len(names):
        missing = method.inputs[len(words)]
        raise InputError(f"{missing.name} is missing: {missing.help}; see impasto {method.name} --help")
    last = method.inputs[-1]
    if len(names) == 1 and last.models:
        return len(words) > 1, [{last.name: [run]} for run in words]
    if len(names) == 1 and not last.many:
        chosen = [picture for word in words for picture in _expanded(word)]
        return len(words) > 1 or Path(words[0]).is_dir(), [{last.name: [picture]} for picture in chosen]
    if len(names) == 2 and method.inputs[0].models and not last.many:
        photos = [picture for word in words[1:] for picture in _expanded(word)]
        batch = len(words) > 2 or Path(words[1]).is_dir()
        return batch, [{names[0]: [words[0]], last.name: [photo]} for photo in photos]
    if len(words) > len(names) and not last.many:
        raise InputError(f"{words[len(names)]}: one picture too many; {method.name} takes {', '.join(names)}")
    given = {name: [word] for name, word in zip(names[:-1], words, strict=False)}
    rest = words[len(names) - 1 :]
    given[last.name] = [picture for word in rest for picture in _expanded(word)] if last.many else list(rest)
    first = names[0]
    if method.inputs[0].many or method.inputs[0].models or not Path(words[0]).is_dir():
        return False, [given]
    return True, [{**given, first: [picture]} for picture in _expanded(words[0])]


def subject(method: type[Method[Any]], pictures: Pictures) -> str:
    """The path of a run's first picture; of its model, if there is nothing else; "-" if there is nothing at all."""
    models = {item.name for item in method.inputs if item.models}
    given = [name for name, paths in pictures.items() if paths]
    return next((pictures[name][0] for name in sorted(given, key=models.__contains__)), "-")


def stem(method: type[Method[Any]], pictures: Pictures) -> str:
    """What the first picture of a run is called, without its folder and ending."""
    first = subject(method, pictures)
    return "stdin" if first == "-" else Path(first).stem


def _expanded(word: str) -> list[str]:
    return [str(path) for path in pictures_in(word)] if Path(word).is_dir() else [word]
