"""No config has a path: what a method reads is an input, so that a form, a copy and a hash can be made of it."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any, Literal, get_args, get_origin

import pytest

from impasto.registry import METHODS

TEXTS = {"device", "size", "style_size", "class_"}  # sizes may be words such as 150%, classes any
NAMES = {"layer", "layers", "content_layers", "histogram_layers", "more", "split"}  # of layers, and of parts
CHOICES = {"method", "methods", "networks", "optimizer", "optimizers"}  # NAME or NAME:DETAIL
ADDRESSES = {"cluster"}  # of other machines, which no recipe has
PATH = re.compile(r"(^|\b|_)(paths?|files?|folders?|director(y|ies))($|\b|_)")


def kinds(annotation: Any) -> set[Any]:
    """The types that a field's type is made of, at the bottom."""
    if get_origin(annotation) is Literal:
        return {type(choice) for choice in get_args(annotation)} - {str}
    inner = [each for each in get_args(annotation) if isinstance(each, type) or get_args(each)]
    return set().union(*map(kinds, inner)) if inner else {annotation}


@pytest.mark.parametrize("method", METHODS)
def test_no_field_of_a_config_is_a_path(method):
    made = METHODS[method].load()
    inputs = {item.flag: item for item in made.inputs if item.flag}
    for name, field in made.Config.model_fields.items():
        found = kinds(field.annotation)
        assert not any(isinstance(kind, type) and issubclass(kind, PurePath) for kind in found), name
        assert name not in ADDRESSES or field.exclude, name
        assert str not in found or name in TEXTS | NAMES | CHOICES | ADDRESSES, (
            f"{name}: text that may be a path: make it an input"
        )
        if PATH.search(name) or PATH.search(field.description or ""):
            given = inputs.get(name)
            assert given is not None, f"{name} speaks of a path, and no input has a flag of that name"
            assert given.choice in get_args(field.annotation), f"{name}: the input stands for no choice of the field"


def test_the_check_itself_finds_paths():
    assert kinds(PurePath | None) >= {PurePath}
    assert str in kinds(tuple[str, ...])
    assert str in kinds(str | None)
    assert kinds(Literal["auto", "file"]) == set()
    assert PATH.search("style_path")
    assert PATH.search("the folder of photos")
    assert not PATH.search("a profile")
