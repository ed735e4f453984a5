"""From values of several origins to one valid config, or one line that says what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, TypeVar, get_args, get_origin

import annotated_types
from pydantic import ValidationError

from impasto.errors import InputError
from impasto.inputs import Input
from impasto.methods import Method, MethodConfig

C = TypeVar("C", bound=MethodConfig)

LONG = 120  # letters of a value from which on a line does not show all of it


@dataclass(frozen=True)
class Layer:
    """Values for some fields of a config, and the words that tell a reader where they came from."""

    values: Mapping[str, Any]
    origin: str = ""


def configure(config: type[C], *layers: Layer) -> C:
    """Make a config; a later layer wins over an earlier one. Raises InputError with one line.

    >>> class Small(MethodConfig):
    ...     scales: int = Field(3, ge=1, le=8)
    >>> configure(Small, Layer({"scales": 9}))
    Traceback (most recent call last):
    impasto.errors.InputError: scales must be between 1 and 8, got 9
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for layer in layers:
        values.update(layer.values)
        origins.update(dict.fromkeys(layer.values, layer.origin))
    try:
        return config(**values)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        origin = origins.get(field, "")
        raise InputError((f"{origin}: " if origin else "") + explain(first, config)) from error


def configured(method: type[Method[Any]], *layers: Layer) -> tuple[MethodConfig, dict[str, list[Any]]]:
    """The config that all layers together give, and the inputs that they name beside it. Raises InputError.

    An input has a flag of its own, `mask`; or the flag of a field, whose choices are taken for the field; or a flag
    that it shares with others, `region`, whose values are tuples or words MASK=STYLE.
    """
    flags: dict[str, list[Input]] = {}
    for item in method.inputs:
        if item.flag:
            flags.setdefault(item.flag, []).append(item)
    given: dict[str, list[Any]] = {}
    plain = []
    for layer in layers:
        values = dict(layer.values)
        for flag in flags.keys() & values.keys():
            items, value = flags[flag], values.pop(flag)
            for item in items:
                given.pop(item.name, None)
            field = method.Config.model_fields.get(flag)
            known = [] if field is None else ["", *choices(field.annotation, but=items[0].choice)]
            if isinstance(value, str) and value in known:
                values[flag] = value
            elif not _is_nothing(value):
                given |= _named(flag, items, value)
                values |= {flag: items[0].choice} if field is not None else {}
        plain.append(Layer(values, layer.origin))
    return configure(method.Config, *plain), given


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, (str, list, tuple)) and not len(value))


def _named(flag: str, items: Sequence[Input], value: Any) -> dict[str, list[Any]]:
    """The values of a flag by the names of its inputs."""
    several = items[0].many and isinstance(value, (list, tuple))
    values = list(value) if several else [value]
    if len(items) == 1:
        return {items[0].name: values}
    form = "=".join(item.name.removeprefix(f"{flag}_").upper() for item in items)
    rows = [word.split("=", len(items) - 1) if isinstance(word, str) else word for word in values]
    for word, row in zip(values, rows, strict=True):
        if not isinstance(row, (list, tuple)) or len(row) != len(items) or any(_is_nothing(part) for part in row):
            raise InputError(f"{flag} must be {form}, the paths of {len(items)} pictures, got {word!r}")
    return {item.name: [row[number] for row in rows] for number, item in enumerate(items)}


def preset(config: type[MethodConfig], name: str | None) -> Layer:
    """The values that a config's preset names."""
    presets: Mapping[str, Mapping[str, Any]] = getattr(config, "presets", {})
    if name is None:
        return Layer({})
    if name not in presets:
        if not presets:
            raise InputError(f"preset {name!r}: this method has no presets")
        raise InputError(f"preset must be one of {', '.join(presets)}, got {name!r}{_near(name, presets)}")
    return Layer(presets[name], f"preset {name}")


def explain(error: Any, config: type[MethodConfig]) -> str:
    """One line for one of pydantic's errors: the field, what it must be, and what it got."""
    loc = error["loc"]
    if error["type"] == "extra_forbidden":
        return f"unknown option {loc[0]!r}{_near(str(loc[0]), config.model_fields)}"
    if error["type"] == "missing":
        return f"{loc[0]} is missing"
    message = error["msg"].removeprefix("Value error, ")
    if not loc:
        return str(message)  # a rule over several fields: it speaks for itself
    field = config.model_fields.get(str(loc[0]))
    got = error["input"]
    where = str(loc[0]) + "".join(f"[{part}]" for part in loc[1:] if isinstance(part, int))
    if error["type"] in ("value_error", "assertion_error"):
        return str(message) if message.startswith(where) else f"{where}: {message}"
    near = _near(str(got), choices(field.annotation)) if field and error["type"] == "literal_error" else ""
    return f"{where} must be {_must(error, field, loc)}, got {shown(got)}{near}"


def bounds(field: Any) -> str:
    """What a field's metadata says of its range: "between 1 and 8", "at least 0", "above 0 and at most 1", or ""."""
    low = high = ""
    low_open = high_open = False
    for rule in field.metadata:
        if isinstance(rule, annotated_types.Ge):
            low = _number(rule.ge)
        elif isinstance(rule, annotated_types.Gt):
            low, low_open = _number(rule.gt), True
        elif isinstance(rule, annotated_types.Le):
            high = _number(rule.le)
        elif isinstance(rule, annotated_types.Lt):
            high, high_open = _number(rule.lt), True
    if low and high and not (low_open or high_open):
        return f"between {low} and {high}"
    parts = [f"{'above' if low_open else 'at least'} {low}"] if low else []
    parts += [f"{'below' if high_open else 'at most'} {high}"] if high else []
    return " and ".join(parts)


def _number(value: Any) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def choices(annotation: Any, *, but: str = "") -> list[Any]:
    """The values of a Literal, also of one inside a union or a list, without one; [] for anything else."""
    if get_origin(annotation) is Literal:
        return [choice for choice in get_args(annotation) if not but or choice != but]
    return [choice for part in get_args(annotation) for choice in choices(part, but=but)]


_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "tuple": "a list",
    "dict": "a table",
    "finite": "a finite number",
}


def _must(error: Any, field: Any, loc: tuple[Any, ...]) -> str:
    """The end of "FIELD must be ..."."""
    kind, context = error["type"], error.get("ctx", {})
    limits = bounds(field) if field and len(loc) == 1 else ""
    if kind == "literal_error":
        return "one of " + (", ".join(str(choice) for choice in choices(field.annotation)) or context["expected"])
    if kind == "string_pattern_mismatch" and field and field.description:
        return str(field.description)
    if kind in ("too_short", "too_long"):
        count = context.get("min_length", context.get("max_length"))
        return f"{'at least' if kind == 'too_short' else 'at most'} {count} values long"
    if kind.startswith(("greater_than", "less_than")) and limits:
        return limits
    name = _KINDS.get(kind.partition("_")[0])
    return f"{name} {limits}".rstrip() if name else str(error["msg"]).partition("should be ")[2] or str(error["msg"])


def as_flags(values: Mapping[str, Any]) -> list[str]:
    """The words of the command line that give a config these values.

    >>> as_flags({"learning_rate": 0.1, "widths": (64, 128), "tile": True, "classes": False})
    ['--learning-rate', '0.1', '--widths', '64,128', '--tile', '--no-classes']
    """
    words = []
    for name, value in values.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words += [f"--{flag}", ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)]
    return words


def shown(value: Any) -> str:
    """A value as the user wrote it: text in quotes, unless it is a number; cut if it is long."""
    try:
        text = f"{value}" if isinstance(value, str) and float(value) is not None else repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits; brackets in brackets
        text = repr(value) if isinstance(value, str) else f"a {type(value).__name__}"
    return text if len(text) <= LONG else f"{text[: LONG // 2]}... of {len(text)} letters"


def _near(word: str, known: Any) -> str:
    near = get_close_matches(word, [str(choice) for choice in known], n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
