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
    content = next(iter(given.get(framed or "content", [])), "-")
    if output is not None and is_clip_name(output):
        wanted = True
    elif named_as_film(content):
        wanted = not framed or output is None or not Path(output).suffix or Path(output).suffix.lower() in WRITTEN
        if not wanted:
            raise InputError(f"-o {output}: {content} is a film; give a name that ends in {', '.join(WRITTEN)}")
    else:
        named = output is not None and (output == "-" or Path(output).suffix)
        ending = Path(output or "").suffix if named else Path(content).suffix
        wanted = content != "-" and ending.lower() in WRITTEN and is_animation(file_bytes(content))
    if not wanted:
        return False
    if content == "-" and not framed:
        raise InputError(f"-o {output}: {method.name} makes pictures; give a name such as out.png")
    if not framed:
        raise InputError(f"{content}: {method.name} takes pictures, no clips; give one, and -o a name such as out.png")
    _check_output(output, bits)
    return True


def _check_output(output: str | None, bits: int) -> None:
    """Raise InputError for what cannot be a clip's."""
    if output == "-":
        raise InputError("-o -: a clip does not fit on standard output; give a file such as out.mp4")
    if bits != 8:
        raise InputError(f"bits must be 8 for a clip, got {bits}")
