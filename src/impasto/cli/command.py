"""From a method's class to a command: its inputs become arguments, the fields of its config become flags."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, get_args

from cyclopts import Group, Parameter
from pydantic_core import PydanticUndefined

from impasto.cli.settings import from_text, is_list, is_mapping, plain_type
from impasto.cli.shared import Shared
from impasto.errors import InputError
from impasto.methods import Input, Method
from impasto.runs.configure import bounds, choices

OPTIONS = Group("Options", sort_key=1)
EXPERT = Group("Expert options", sort_key=3)

Start = Callable[[Sequence[str], dict[str, Any], Shared], int]
"""What a command does with its words: (pictures, given flags of the config, shared flags) -> exit status."""


def command(method: type[Method[Any]], start: Start) -> Callable[..., int]:
    """A function whose signature cyclopts turns into arguments and flags; only flags that were given reach `start`."""

    def run(*pictures: str, shared: Shared | None = None, **flags: Any) -> int:
        fields = method.Config.model_fields
        for name, words in flags.items():
            if words == []:
                raise InputError(f"--{name.replace('_', '-')} needs a value; see impasto {method.name} --help")
        given = {name: _meant(fields[name].annotation, words) for name, words in flags.items()}
        return start(pictures, given, shared or Shared())

    parameters = [*_arguments(method.inputs), *_flags(method)]
    shared = Annotated[Shared, Parameter(name="*")]
    parameters.append(inspect.Parameter("shared", inspect.Parameter.KEYWORD_ONLY, default=Shared(), annotation=shared))
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__doc__ = inspect.getdoc(method)
    return run


def usage(method: type[Method[Any]]) -> str:
    """The first line of the command's help."""
    words = [item.name.upper() + ("..." if item.many else "") for item in method.inputs]
    return " ".join(["Usage: impasto", method.name, *words, "--out RUN" if method.trains else "-o OUT", "[OPTIONS]"])


def _arguments(inputs: Sequence[Input]) -> list[inspect.Parameter]:
    """All inputs but the last take one picture; the last takes the rest (several for a batch, or many for one run)."""
    found = []
    for item in inputs:
        last = item is inputs[-1]
        batch = "" if item.models else " (several, or a folder: one run for each)"
        alone = len(inputs) == 1 or (len(inputs) == 2 and bool(inputs[0].models))
        help = item.help + (batch if last and alone and not item.many else "")
        kind = inspect.Parameter.VAR_POSITIONAL if last else inspect.Parameter.POSITIONAL_ONLY
        annotation = Annotated[str, Parameter(help=help, negative="")]
        found.append(inspect.Parameter(item.name, kind, annotation=annotation))
    return found


def _meant(annotation: Any, words: Any) -> Any:
    return words if isinstance(words, bool) else from_text(annotation, words)


def _flags(method: type[Method[Any]]) -> list[inspect.Parameter]:
    """Flags whose words are passed on as they are: pydantic judges them, as it judges those from files."""
    taken = set(Shared.__dataclass_fields__)
    fields = method.Config.offered()
    main = method.Config.main or fields
    found = []
    for name, field in fields.items():
        if name in taken:
            raise TypeError(f"{method.__name__}: --{name} is a flag of every method; give the field another name")
        kind = plain_type(field.annotation)
        several = is_list(kind) or is_mapping(kind)
        default = None if field.default is PydanticUndefined else field.default
        limits = bounds(field) if name != "seed" else ""
        parameter = Parameter(
            help=f"{field.description or ''} {f'[{limits}]' if limits else ''}".strip(),
            converter=None if kind is bool else _words,
            consume_multiple=True if several else None,
            negative=None if kind is bool else "",
            metavar=None if kind is bool else _metavar(kind),
            show_default=default not in (None, (), "", {}) and _shown,
            group=OPTIONS if name in main else EXPERT,
        )
        annotation = bool if kind is bool else list[Any] if several else Any
        found.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=default,
                annotation=Annotated[(annotation, parameter)],
            )
        )
    return found


def _words(_: Any, tokens: Sequence[Any]) -> list[str]:
    return [token.value for token in tokens]


def _metavar(kind: Any) -> str:
    """What stands for a value in the help: the choices, or its kind."""
    if allowed := choices(kind):
        return "|".join(map(str, allowed)) + ("..." if is_list(kind) else "")
    if is_list(kind):
        return f"{_metavar((*get_args(kind), str)[0])}..."
    return {int: "INT", float: "FLOAT"}.get(kind, "NAME=VALUE..." if is_mapping(kind) else "STR")


def _shown(value: Any) -> str:
    """A default in the words of the command line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
