"""Write frames as a clip, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.errors import InputError
from impasto.images import check_place, file_bytes, write_atomically
from impasto.images.recipe import parsed_recipe
from impasto.images.sources import File, label
from impasto.video import animations, films
from impasto.video.clip import named_as_film

if TYPE_CHECKING:
    import torch

    from impasto.images import Metadata

WRITTEN = (".gif", ".webp", ".mp4", ".mov", ".webm", ".mkv")
"""The endings of the clips that are written."""


def is_clip_name(path: str | os.PathLike[str]) -> bool:
    """Whether a name's ending can only mean a clip; .webp may also be a picture."""
    ending = Path(path).suffix.lower()
    return ending == ".gif" or named_as_film(os.fspath(path))


def clip_ending(path: str | os.PathLike[str]) -> str:
    """The ending that a clip gets which is named after this one: the same if it can be written, else .mp4."""
    ending = Path(path).suffix.lower()
    return ending if ending in WRITTEN else ".mp4"


def check_clip_target(path: str | os.PathLike[str]) -> None:
    """Raise InputError now for what would keep `write_clip` from writing there; makes nothing."""
    ending = Path(path).suffix.lower()
    if ending not in WRITTEN:
        raise InputError(f"{label(path)}: cannot write a clip as {ending!r}: use one of {', '.join(WRITTEN)}")
    if named_as_film(os.fspath(path)):
        films.require(ending[1:])
    check_place(path)


def write_clip(
    frames: Iterable[torch.Tensor],
    durations: Sequence[float],
    path: str | os.PathLike[str],
    *,
    recipe: Mapping[str, Any] | None = None,
    metadata: Metadata | None = None,
    plays: int = 0,
) -> None:
    """Write frames (3, H, W) in [0, 1] of one size; the name's ending chooses the format.

    durations: the seconds of each frame.
    plays: how often a GIF or WebP is shown, 0 for ever; films do not say.
    metadata: of it, films get the text, WebP what a picture would, and GIF has no place for any.
    recipe: what `read_film_recipe` will give back, and of GIF and WebP `impasto.images.read_recipe`.
    """
    check_clip_target(path)
    format = Path(path).suffix.lower()[1:]
    if format in ("gif", "webp"):
        data = animations.encode(frames, durations, format, recipe, metadata, plays=plays)
    else:
        data = films.encode(frames, durations, format, recipe, metadata.text if metadata else {})
    write_atomically(path, data)


def read_film_recipe(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The recipe inside a film; None if there is none. Raises InputError if it is no film."""
    return parsed_recipe(films.read_text(file_bytes(path), label(path)).get("Comment", ""))


def read_film_text(source: File, *, name: str | None = None) -> dict[str, str]:
    """What a film says of itself by keywords, those of a PNG where there is one; no recipe."""
    text = films.read_text(file_bytes(source, name=name), label(source, name))
    return {key: words for key, words in text.items() if key != "Comment" or parsed_recipe(words) is None}
