"""The pictures that somebody without any begins with: photographs, drawings, a piece of wood, and a mask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from impasto.images import resize
from impasto.samples.clip import SECONDS, rolling_ball
from impasto.samples.drawings import STYLES, TEXTURES, drawing
from impasto.samples.photos import SAMPLES, sample
from impasto.video import write_clip

if TYPE_CHECKING:
    import torch

CLIP = "rolling-ball.gif"


def starters() -> dict[str, Callable[[], torch.Tensor]]:
    """What makes each picture, (3, H, W) in [0, 1], by its name, those that take longest last.

    >>> starters()["wood"]().shape
    torch.Size([3, 120, 120])
    """
    photographs = {name: partial(sample, name) for name in SAMPLES}
    textures = {name: partial(drawing, name, 256) for name in TEXTURES}
    styles = {name.replace("_", "-"): partial(drawing, name, 512) for name in reversed(STYLES)}
    return {**photographs, "wood": _wood, "china-sky": _china_sky, **textures, **styles}


def write_clips(folder: Path) -> Iterator[Path]:
    """Write the clips into a folder, those that are not there yet; yields the path of each."""
    path = folder / CLIP
    if not path.exists():
        frames = list(rolling_ball())
        write_clip(frames, [SECONDS] * len(frames), path)
    yield path


def _china_sky() -> torch.Tensor:
    """A mask of the sky in the photograph of a palace, white with soft edges."""
    photo = sample("china")
    light = photo[2] > 0.7  # blue
    light[int(0.52 * light.shape[0]) :] = False  # a lake, as light as the sky
    height, width = light.shape
    soft = resize(light.float().expand(3, -1, -1), (width // 6, height // 6), filter="area")
    return resize(soft, (width, height))


def _wood() -> torch.Tensor:
    """A corner of the table in the photograph of a cup of coffee."""
    return sample("coffee")[:, 280:400, 480:600]
