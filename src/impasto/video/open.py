"""Open a clip of whatever kind it is."""

from __future__ import annotations

import io

from impasto.errors import InputError
from impasto.images.decode import open_picture, stated_space
from impasto.images.sources import File, file_bytes, label
from impasto.video import animations, films
from impasto.video.clip import Clip


def states_colors(data: bytes) -> bool:
    """Whether a picture or clip says of its colours what leads elsewhere than to sRGB, beside a profile.

    Raises InputError for what is neither, as `open_clip` does.
    """
    if animations.is_picture(data):
        picture = open_picture(io.BytesIO(data), "")
        return picture is not None and stated_space(picture) is not None
    return films.states_colors(data)


def open_clip(source: File, *, background: str = "white", name: str | None = None) -> Clip:
    """Open an animation or a film; its frames are counted, and decoded later.

    Raises InputError for what is neither, for damaged files, for a single frame, and for more than `MOST_FRAMES`.
    """
    where = label(source, name)
    data = file_bytes(source, name=name)
    kind = animations if animations.is_picture(data) else films
    size, durations = kind.describe(data, where)
    if len(durations) < 2:
        raise InputError(
            f"{where}: has only one frame: give an animation or a film; for a picture give -o a name such as out.png"
        )
    plays = animations.plays(data, where) if kind is animations else 0
    return Clip(where, size, durations, data, background, kind.frames, plays)
