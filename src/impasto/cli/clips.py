"""Whether a command's content is a clip, by the names of its files and by what is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from impasto.errors import InputError
from impasto.images import file_bytes
from impasto.methods import Method
from impasto.runs.sources import CONTENT
from impasto.video import WRITTEN, is_animation, is_clip_name, named_as_film


def is_clip(method: type[Method[Any]], pictures: Mapping[str, Sequence[str]], output: str | None, bits: int) -> bool:
    """Whether every frame of the content is wanted, and not one picture.

    Raises InputError if the content's and the output's kinds do not go together.
    """
    content = next(iter(pictures.get(CONTENT, [])), "-")
    if output is not None and is_clip_name(output):
        wanted = True
    elif named_as_film(content):
        wanted = not method.clips or output is None or not Path(output).suffix or Path(output).suffix.lower() in WRITTEN
        if not wanted:
            raise InputError(f"-o {output}: {content} is a film; give a name that ends in {', '.join(WRITTEN)}")
    else:
        named = output is not None and (output == "-" or Path(output).suffix)
        ending = Path(output or "").suffix if named else Path(content).suffix
        wanted = content != "-" and ending.lower() in WRITTEN and is_animation(file_bytes(content))
    if not wanted:
        return False
    if CONTENT not in pictures:
        raise InputError(f"-o {output}: {method.name} makes pictures; give a name such as out.png")
    if not method.clips:
        raise InputError(f"{content}: {method.name} takes pictures, no clips; give one, and -o a name such as out.png")
    if output == "-":
        raise InputError("-o -: a clip does not fit on standard output; give a file such as out.mp4")
    if bits != 8:
        raise InputError(f"bits must be 8 for a clip, got {bits}")
    return True
