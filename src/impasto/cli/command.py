"""From a method's class to a command: its inputs become arguments, the fields of its config become flags."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, get_args

from cyclopts import Group, Parameter
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from impasto.cli.assign import batched, placed
from impasto.cli.settings import is_list, is_mapping, meaning, plain_type
from impasto.cli.shared import Shared
from impasto.errors import InputError
from impasto.inputs import Input
from impasto.methods import Method
from impasto.runs.configure import bounds, choices

OPTIONS = Group("Options", sort_key=1)
EXPERT = Group("Expert options", sort_key=3)

Start = Callable[[Sequence[str], dict[str, Any], Shared], int]
"""What a command does with its words: (words, given flags of config and inputs, shared flags) -> exit status."""


def command(method: type[Method[Any]], start: Start) -> Callable[..., int]:
    """A function whose signature cyclopts turns into arguments and flags; only flags that were given reach `start`."""

    def run(*words: str, shared: Shared | None = None, **flags: Any) -> int:
        for name, values in flags.items():
            if values == []:
                raise InputError(f"--{name.replace('_', '-')} needs a value; see impasto {method.name} --help")
        given = {
            name: values if isinstance(values, bool) else meaning(method, name, values)
            for name, values in flags.items()
        }
        return start(words, given, shared or Shared())

    parameters = [*_arguments(placed(method)), *_flags(method)]
    shared = Annotated[Shared, Parameter(name="*")]
    parameters.append(inspect.Parameter("shared", inspect.Parameter.KEYWORD_ONLY, default=Shared(), annotation=shared))
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__doc__ = inspect.getdoc(method)
    return run


def usage(method: type[Method[Any]]) -> str:
    """The first line of the command's help."""
    words = []
    for item in placed(method):
        word = item.name.upper() + ("..." if item.many else "")
        words.append(f"[{word}]" if item.optional else word)
    goal = {"model": "--out RUN", "table": ""}.get(method.makes, "-o OUT")
    return " ".join(filter(None, ["Usage: impasto", method.name, *words, goal, "[OPTIONS]"]))


def _arguments(items: Sequence[Input]) -> list[inspect.Parameter]:
    """One argument for each input, up to the one that takes all the rest: many, or several for a batch."""
    found = []
    each = batched(items)
    for number, item in enumerate(items):
        rest = item.many or number == len(items) - 1
        behind = "".join(f"; and behind it the {it.name}: {it.help}" for it in items[number + 1 :]) if rest else ""
        batch = " (several, or a folder: one run for each)" if item is each and item.kind == "picture" else ""
        annotation = Annotated[str, Parameter(help=item.help + batch + behind, negative="")]
        if rest:
            found.append(inspect.Parameter(item.name, inspect.Parameter.VAR_POSITIONAL, annotation=annotation))
            break
        found.append(inspect.Parameter(item.name, inspect.Parameter.POSITIONAL_ONLY, annotation=annotation))
    return found


def _flags(method: type[Method[Any]]) -> list[inspect.Parameter]:
    """Flags whose words are passed on as they are: pydantic judges them, as it judges those from files."""
    fields = method.Config.offered()
    inputs: dict[str, list[Input]] = {}
    for item in method.inputs:
        if item.flag:
            inputs.setdefault(item.flag, []).append(item)
    taken = set(Shared.__dataclass_fields__) & {*fields, *inputs}
    if taken:
        raise TypeError(f"{method.__name__}: --{min(taken)} is a flag of every method; give the field another name")
    main = method.Config.main.split()
    names = [name for name in dict.fromkeys((*main, *fields, *inputs)) if name in fields or name in inputs]
    expert = [name for name in names if main and name not in main]
    return [
        _flag(name, fields.get(name), inputs.get(name, []), EXPERT if name in expert else OPTIONS) for name in names
    ]


def _flag(name: str, field: FieldInfo | None, items: Sequence[Input], group: Group) -> inspect.Parameter:
    """The flag of a field, of inputs, or of both."""
    kind = plain_type(field.annotation) if field else (list[str] if items[0].many else str)
    several = is_list(kind) or is_mapping(kind)
    default = (() if several else None) if field is None or field.default is PydanticUndefined else field.default
    limits = bounds(field) if field and name != "seed" else ""
    help = (field.description if field else items[0].help) or ""
    parameter = Parameter(
        help=f"{help} {f'[{limits}]' if limits else ''}".strip(),
        converter=None if kind is bool else _words,
        consume_multiple=True if several else None,
        negative=None if kind is bool else "",
        metavar=None if kind is bool else _metavar(kind, items),
        show_default=default not in (None, (), "", {}) and _shown,
        group=group,
    )
    annotation = bool if kind is bool else list[Any] if several else Any
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[(annotation, parameter)]
    )


def _words(_: Any, tokens: Sequence[Any]) -> list[str]:
    return [token.value for token in tokens]


def _metavar(kind: Any, items: Sequence[Input] = ()) -> str:
    """What stands for a value in the help: the choices, a path, or the value's kind."""
    dots = "..." if is_list(kind) else ""
    if len(items) > 1:
        return "=".join(item.name.removeprefix(f"{item.flag}_").upper() for item in items) + dots
    if allowed := choices(kind, but=items[0].choice if items else ""):
        return "|".join(map(str, [*allowed, *("PATH" for _ in items)])) + dots
    if items:
        return "PATH" + dots
    if is_list(kind):
        return f"{_metavar((*get_args(kind), str)[0])}..."
    return {int: "INT", float: "FLOAT"}.get(kind, "NAME=VALUE..." if is_mapping(kind) else "STR")


def _shown(value: Any) -> str:
    """A default in the words of the command line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
