"""Whether a command's picture is a clip, by the names of its files and by what is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from impasto.errors import InputError
from impasto.images import file_bytes
from impasto.methods import Method
from impasto.video import WRITTEN, is_animation, is_clip_name, named_as_film


def is_clip(method: type[Method[Any]], given: Mapping[str, Sequence[str]], output: str | None, bits: int) -> bool:
    """Whether every frame of a picture that may be a clip is wanted, and not one picture.

    Raises InputError if the picture's and the output's kinds do not go together.
    """
    if method.makes == "clip":
        _check_output(output, bits)
        return False
    framed = next((item.name for item in method.inputs if item.clips), "")
    if not framed:
        _refuse_clips(method, given, output)
        return False
    content = next(iter(given.get(framed, [])), "-")
    if output is not None and is_clip_name(output):
        wanted = True
    elif named_as_film(content):
        wanted = output is None or not Path(output).suffix or Path(output).suffix.lower() in WRITTEN
        if not wanted:
            raise InputError(f"-o {output}: {content} is a film; give a name that ends in {', '.join(WRITTEN)}")
    else:
        named = output is not None and (output == "-" or Path(output).suffix)
        ending = Path(output or "").suffix if named else Path(content).suffix
        wanted = content != "-" and ending.lower() in WRITTEN and is_animation(file_bytes(content))
    if wanted:
        _check_output(output, bits)
    return wanted


def _refuse_clips(method: type[Method[Any]], given: Mapping[str, Sequence[str]], output: str | None) -> None:
    """Raise InputError for a film, and for a clip that is wanted, of a method that takes pictures."""
    wanted, makes_pictures = output is not None and is_clip_name(output), method.makes in ("picture", "pictures")
    pictures = [path for item in method.inputs if item.kind == "picture" for path in given.get(item.name, [])]
    for path in pictures:
        if named_as_film(path) or (wanted and path != "-" and is_animation(file_bytes(path))):
            named = ", and -o a name such as out.png" if makes_pictures else ""
            raise InputError(f"{path}: {method.name} takes pictures, no clips; give one{named}")
    if wanted and makes_pictures:
        raise InputError(f"-o {output}: {method.name} makes pictures; give a name such as out.png")


def _check_output(output: str | None, bits: int) -> None:
    """Raise InputError for what cannot be a clip's."""
    if output == "-":
        raise InputError("-o -: a clip does not fit on standard output; give a file such as out.mp4")
    if bits != 8:
        raise InputError(f"bits must be 8 for a clip, got {bits}")
