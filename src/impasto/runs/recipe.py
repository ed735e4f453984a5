"""What it takes to make a picture again: the recipe inside it, and the larger record in a run's folder."""

from __future__ import annotations

import platform
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from impasto.errors import InputError
from impasto.images.metadata import Choice
from impasto.images.reading import Reading
from impasto.images.recipe import read_recipe
from impasto.runs.older import upgraded
from impasto.runs.seal import Sealed
from impasto.video import named_as_film, read_film_recipe

State = Literal["queued", "running", "done", "cancelled", "failed"]
VERSION = 4  # of the form that recipes have; see `impasto.runs.older`


def as_utf8(value: Any) -> Any:
    """Text, or values with text in them, that may hold a file's name: bytes that are not UTF-8 become U+FFFD."""
    if isinstance(value, str):
        try:
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        except UnicodeEncodeError:  # halves of letters, which stand for no bytes
            return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {as_utf8(key): as_utf8(item) for key, item in value.items()}
    return [as_utf8(item) for item in value] if isinstance(value, (list, tuple)) else value


def own_name(name: str) -> str:
    """The name of one of a run's results in its folder. Raises ValueError if it leads anywhere else."""
    *folders, _ = Path(name).parts or ("",)
    if Path(name).is_absolute() or ".." in Path(name).parts or folders not in ([], ["tables"], ["figures"]):
        raise ValueError(f"{name!r} is not the name of a file in a run's folder")
    return name


def _known_version(version: int) -> int:
    if version > VERSION:
        raise ValueError(f"it was made by a newer impasto (version {version} of recipes, this one knows {VERSION})")
    return version


Text = Annotated[str, BeforeValidator(as_utf8)]
Values = Annotated[dict[str, Any], BeforeValidator(as_utf8)]


class InputRecord(BaseModel):
    """One thing that went into a run. `path` is "-" for standard input and "" for what came from memory."""

    model_config = ConfigDict(frozen=True)

    name: Text
    path: Text = Field(pattern=r"^[^\x00]*$")
    sha256: Text  # of a folder, over the names and bytes of its pictures
    size: tuple[int, int] = (0, 0)  # width, height; of a model those that it was trained on
    kind: Literal["picture", "clip", "model", "data", "file"] = "picture"
    count: int = 1  # of a clip its frames, of a folder its pictures
    reading: Reading = "colours"  # of a picture; masks of before 2027 were read for their colours
    copy_path: Text = ""  # where the run finds it: inside its folder, or of what it only refers to the whole path


class Recipe(BaseModel):
    """All that decides a picture's bytes."""

    version: Annotated[int, AfterValidator(_known_version)] = VERSION
    method: Text
    config: Values
    inputs: list[InputRecord]
    seed: int
    versions: Annotated[dict[str, str], BeforeValidator(as_utf8)]
    device: Text
    threads: int = Field(ge=1)
    background: Text = "white"
    bits: int = 8
    metadata: Choice = "none"  # what is kept of what lies beside the pixels of the photo
    grey: bool = True  # whether pictures without colours give such ones
    facts: Values = {}
    state: State = "done"  # "cancelled": the picture as it was after `step` steps
    step: int | None = None
    older: bool = Field(False, exclude=True)  # whether it was of an earlier version when it was read

    def embedded(self) -> dict[str, Any]:
        """The recipe as it goes into a picture."""
        unsaid = {
            name
            for name, value in (("step", None), ("metadata", "none"), ("grey", True))
            if getattr(self, name) == value
        }
        names = set(Recipe.model_fields) - unsaid
        recipe = self.model_dump(mode="json", include=names)
        for record in recipe["inputs"]:
            del record["copy_path"]
            for name, usual in (("kind", "picture"), ("count", 1), ("reading", "colours")):
                if record[name] == usual:
                    del record[name]
        return recipe


class RunRecord(Recipe, Sealed):
    """run.json: the recipe, and how the run went."""

    SEALED = frozenset({"created", "method", "config", "inputs", "threads", "output"})  # the rest changes as it goes on

    created: Text
    seconds: float = Field(0.0, ge=0, allow_inf_nan=False)
    total: int | None = None
    output: Text | None = None  # where the user asked for the picture
    files: list[Annotated[Text, AfterValidator(own_name)]] = []  # what the run's folder holds of the result
    pieces: list[Text] = []  # where its pieces are, as far as they are told
    error: Text | None = None
    batch: tuple[Text, int] | None = None  # the name of the batch's file, and which of its orders this is

    @property
    def began(self) -> float:
        """When it was created, in seconds of one clock for all zones; 0 if that is no time."""
        try:
            return datetime.fromisoformat(self.created).timestamp()
        except (ValueError, OverflowError, OSError):
            return 0.0


def versions() -> dict[str, str]:
    """The versions that decide the bytes."""
    return {name: _installed(name) for name in ("impasto", "torch")} | {"python": platform.python_version()}


@cache
def _installed(package: str) -> str:
    """Its version, which is looked for in all folders of packages."""
    return version(package)


def warn_of_versions(recipe: Recipe, say: Callable[[str], None]) -> None:
    """Say so if the picture was begun with other versions than these."""
    here = versions()
    for name, then in recipe.versions.items():
        if here.get(name, then) != then:
            say(f"note: made with {name} {then}, this is {here[name]}: the pixels may differ")


def now() -> str:
    """The time with its zone, to the microsecond: several runs may begin in a second."""
    return datetime.now(UTC).astimezone().isoformat(timespec="microseconds")


def recipe_of(picture: Path) -> Recipe:
    """Read the recipe of a picture that Impasto made. Raises InputError if it carries none."""
    if not picture.is_file():
        raise InputError(f"{picture}: no such file")
    raw = read_film_recipe(picture) if named_as_film(str(picture)) else read_recipe(picture)
    if raw is None:
        raise InputError(f"{picture}: carries no recipe: not made by impasto, or saved again by another program")
    try:
        return Recipe.model_validate(upgraded(raw))
    except ValidationError as error:
        raise InputError(
            f"{picture}: its recipe cannot be read: {error.errors()[0]['msg'].removeprefix('Value error, ')}"
        ) from error
