"""What the plain functions give back: a picture that knows how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from impasto.errors import Cancelled, InputError
from impasto.images import Metadata, encode, write
from impasto.observers import Observer
from impasto.registry import method as find_method
from impasto.runs.configure import Layer, configured, preset
from impasto.runs.execute import perform
from impasto.runs.job import prepare
from impasto.runs.outcome import Outcome
from impasto.runs.recipe import Recipe
from impasto.tables import Figure, Table

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image


@dataclass(frozen=True)
class Picture:
    """The result of a run. `parts` are all its pictures by name; the first is the picture itself."""

    parts: Mapping[str, torch.Tensor]
    recipe: Recipe
    tables: Sequence[Table] = ()
    metadata: Metadata | None = None
    figures: Sequence[Figure] = ()

    @property
    def tensor(self) -> torch.Tensor:
        """The picture, float32 (3, H, W) in [0, 1]."""
        return next(iter(self.parts.values()))

    @property
    def image(self) -> Image:
        """The picture for Pillow, 8 bits a channel."""
        import io

        from PIL import Image

        return Image.open(io.BytesIO(encode(self.tensor, "png"))).convert("RGB")

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the run found out, such as the network it used."""
        return self.recipe.facts

    def numpy(self) -> np.ndarray[Any, Any]:
        """The picture as a float32 array (H, W, 3) in [0, 1]."""
        return self.tensor.detach().cpu().permute(1, 2, 0).numpy()

    def save(self, path: str | PathLike[str], *, bits: int = 8, quality: int = 95) -> None:
        """Write the picture with its recipe, and with what it keeps of a photo's metadata; the ending is the format."""
        recipe = self.recipe.model_copy(update={"bits": bits})
        write(self.tensor, path, recipe=recipe.embedded(), metadata=self.metadata, bits=bits, quality=quality)

    def __repr__(self) -> str:
        """What it is and how to have it again, in a line: no pixels."""
        if not self.parts:
            return f"<{len(self.tables)} tables by {self.recipe.method}>"
        _, height, width = self.tensor.shape
        return f"<Picture {width}x{height} by {self.recipe.method}, seed {self.recipe.seed}>"

    def _repr_png_(self) -> bytes:
        """The picture in a notebook."""
        return encode(self.tensor, "png")


def make_picture(
    name: str, pictures: Mapping[str, Any] | Sequence[Any], config: Mapping[str, Any], observer: Observer | None = None
) -> Picture:
    """Run a method without a folder. Raises InputError for bad input, Cancelled if cancelled before the first step."""
    outcome = run_method(name, pictures, config, observer)
    return Picture(outcome.pieces or outcome.images, outcome.recipe, outcome.tables, outcome.metadata, outcome.figures)


def size_words(size: tuple[int, int] | int | str) -> str:
    """(width, height), the long side, or words such as "150%", as a config has them.

    >>> size_words((640, 480)), size_words(512)
    ('640x480', '512')
    """
    return "x".join(map(str, size)) if isinstance(size, (tuple, list)) else str(size)


def run_method(
    name: str, pictures: Mapping[str, Any] | Sequence[Any], config: Mapping[str, Any], observer: Observer | None = None
) -> Outcome:
    """As `make_picture`; all that came of it."""
    method = find_method(name)
    if not isinstance(pictures, Mapping):
        placed = [item for item in method.inputs if not item.flag]
        if len(pictures) != len(placed):
            names = ", ".join(item.name for item in placed)
            raise InputError(f"{name} takes {len(placed)} inputs ({names}), got {len(pictures)}")
        pictures = {item.name: picture for item, picture in zip(placed, pictures, strict=True)}
    pictures, values = dict(pictures), {key: value for key, value in config.items() if key != "preset"}
    many = {item.name: item.many for item in method.inputs}
    for item in method.inputs:
        if item.choice and item.name in pictures:  # it stands for a choice of the config, which goes with it
            if values.get(item.flag, item.choice) != item.choice:
                raise InputError(f"{item.flag} is {values[item.flag]!r}, and {item.name} is given too: leave one out")
            picture = pictures.pop(item.name)
            values[item.flag] = Path(picture) if isinstance(picture, str) else picture  # no word of the field's
    listed = {
        key: list(value) if many.get(key) and isinstance(value, (list, tuple)) else [value]
        for key, value in pictures.items()
    }
    metadata = values.pop("metadata", None)
    size = values.pop("size", None)  # None: the method's own choice
    if size is not None:
        values["size"] = size_words(size)
    resolved, given = configured(method, preset(method.Config, config.get("preset")), Layer(values))
    outcome = perform(prepare(method(resolved), {**given, **listed}, metadata=metadata), [observer] if observer else [])
    if outcome.is_empty:
        raise Cancelled
    return outcome
