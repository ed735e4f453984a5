"""What it takes to make a picture again: the recipe inside every PNG, and the larger record in a run's folder."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from impasto.errors import InputError
from impasto.images.recipe import read_recipe
from impasto.video import named_as_film, read_film_recipe

State = Literal["running", "done", "cancelled", "failed"]


def as_utf8(value: Any) -> Any:
    """Text, or values with text in them, that may hold a file's name: bytes that are not UTF-8 become U+FFFD."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if isinstance(value, dict):
        return {as_utf8(key): as_utf8(item) for key, item in value.items()}
    return [as_utf8(item) for item in value] if isinstance(value, (list, tuple)) else value


Text = Annotated[str, BeforeValidator(as_utf8)]
Values = Annotated[dict[str, Any], BeforeValidator(as_utf8)]


class InputRecord(BaseModel):
    """One picture (or model) that went into a run. `path` is "-" for standard input and "" for one from memory."""

    model_config = ConfigDict(frozen=True)

    name: str
    path: Text
    sha256: str
    size: tuple[int, int]  # width, height
    copy_path: str = ""  # inside the run's folder
    model: bool = False  # whether it is a model's file, and no picture
    frames: int = 0  # of a clip; 0 for a picture


class Recipe(BaseModel):
    """All that decides a picture's bytes."""

    method: str
    config: Values
    inputs: list[InputRecord]
    seed: int
    versions: dict[str, str]
    device: str
    threads: int = Field(ge=1, le=1024)
    background: str = "white"
    bits: int = 8
    facts: Values = {}
    state: State = "done"  # "cancelled": the picture as it was after `step` steps
    step: int | None = None

    def embedded(self) -> dict[str, Any]:
        """The recipe as it goes into a picture."""
        names = set(Recipe.model_fields) - ({"step"} if self.step is None else set())
        recipe = self.model_dump(mode="json", include=names)
        for record in recipe["inputs"]:
            del record["copy_path"]
            for name in ("model", "frames"):
                if not record[name]:
                    del record[name]
        return recipe


class RunRecord(Recipe):
    """run.json: the recipe, and how the run went."""

    created: str
    seconds: float = 0.0
    total: int | None = None
    output: Text | None = None  # where the user asked for the picture
    files: list[str] = []  # what the run's folder holds of the result
    error: Text | None = None


def versions() -> dict[str, str]:
    """The versions that decide the bytes."""
    return {"impasto": version("impasto"), "torch": version("torch"), "python": platform.python_version()}


def now() -> str:
    """The time, to the second, with its zone."""
    return datetime.now(UTC).astimezone().isoformat(timespec="seconds")


def recipe_of(picture: Path) -> Recipe:
    """Read the recipe of a picture that Impasto made. Raises InputError if it carries none."""
    if not picture.is_file():
        raise InputError(f"{picture}: no such file")
    raw = read_film_recipe(picture) if named_as_film(str(picture)) else read_recipe(picture)
    if raw is None:
        raise InputError(f"{picture}: carries no recipe: not made by impasto, or saved again by another program")
    try:
        return Recipe.model_validate(raw)
    except ValidationError as error:
        raise InputError(f"{picture}: its recipe cannot be read: {error.errors()[0]['msg']}") from error
