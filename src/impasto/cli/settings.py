"""Where a config's values come from: defaults < preset < file < environment < flags."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from impasto.cli.output import STREAM
from impasto.errors import InputError
from impasto.methods import Method, MethodConfig
from impasto.runs.configure import Layer, configured, preset

PREFIX = "IMPASTO_"
MOST = 1 << 20  # bytes of a file of settings
OWN = ("IMPASTO_RUNS", "IMPASTO_THREADS", "IMPASTO_CACHE", "IMPASTO_OFFLINE")  # these mean something else


def resolve(
    method: type[Method[Any]], *, flags: Mapping[str, Any], preset_name: str | None, file: str | None
) -> tuple[MethodConfig, dict[str, list[Any]]]:
    """The config that all origins together give, and the inputs that flags name. Raises InputError with the origin."""
    environment = from_environment(method)
    return configured(method, preset(method.Config, preset_name), from_file(file), *environment, Layer(flags))


def from_file(path: str | None) -> Layer:
    """The values in a JSON or TOML file; also in a run.json, whose "config" is taken."""
    if path is None:
        return Layer({})
    kind = "TOML" if path.endswith(".toml") else "JSON"
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST + 1)
        if len(data) > MOST:
            raise InputError(f"{path}: holds more than {MOST >> 20} MiB, which cannot be settings: give another file")
        text = data.decode("utf-8-sig")
        values = tomllib.loads(text) if kind == "TOML" else json.loads(text)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except InputError:
        raise
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not text in UTF-8: save it as that") from error
    except (ValueError, RecursionError) as error:
        reason = "its brackets are nested too deep" if isinstance(error, RecursionError) else error
        raise InputError(f"{path}: not valid {kind}: {reason}") from error
    if not isinstance(values, dict):
        raise InputError(f'{path}: must hold a table of values, such as {{"seed": 7}}')
    if isinstance(values.get("config"), dict):
        values = values["config"]
    return Layer({name.replace("-", "_"): value for name, value in values.items()}, path)


def from_environment(method: type[Method[Any]], environment: Mapping[str, str] | None = None) -> list[Layer]:
    """One layer for each variable IMPASTO_FIELD that is set."""
    environment = os.environ if environment is None else environment
    layers = []
    for name in dict.fromkeys((*method.Config.model_fields, *(item.flag for item in method.inputs if item.flag))):
        variable = PREFIX + name.upper()
        if variable in environment and variable not in OWN:
            layers.append(Layer({name: meaning(method, name, [environment[variable]])}, variable))
    return layers


def meaning(method: type[Method[Any]], name: str, words: list[str]) -> Any:
    """What the words of a flag or variable mean, for the field or the inputs of that name."""
    words = ["-" if word == STREAM else word for word in words]
    if field := method.Config.model_fields.get(name):
        return from_text(field.annotation, words)
    many = any(item.many for item in method.inputs if item.flag == name)
    return from_text(list[str] if many else str, words)


def from_text(annotation: Any, words: list[str]) -> Any:
    """What the words of a flag or variable mean for a field; pydantic turns "3" into 3, and complains if it cannot."""
    kind = plain_type(annotation)
    if is_list(kind):
        parts = [part for word in words for part in word.split(",") if part]
        inner = get_args(kind)
        return [from_text(inner[0] if inner else str, [part]) for part in parts]
    if is_mapping(kind):
        pairs = [part.partition("=") for word in words for part in word.split(",") if part]
        return {name: value for name, _, value in pairs}
    word = words[-1]
    if get_origin(kind) is Literal:
        return next((choice for choice in get_args(kind) if str(choice) == word), word)
    return None if word == "none" and kind is not annotation else word


def plain_type(annotation: Any) -> Any:
    """A field's type without its "or None"."""
    if get_origin(annotation) in (Union, type(int | str)):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        return inner[0] if len(inner) == 1 else annotation
    return annotation


def is_list(kind: Any) -> bool:
    """Whether a type holds several values in order."""
    return (get_origin(kind) or kind) in (list, tuple, set, frozenset)


def is_mapping(kind: Any) -> bool:
    """Whether a type holds values by name."""
    return (get_origin(kind) or kind) in (dict, Mapping)
