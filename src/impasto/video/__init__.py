"""Clips, that is animations and films: read, written, and followed from frame to frame.

A frame is a picture, a float32 tensor (3, H, W), sRGB, in [0, 1].
"""

from impasto.video.animations import is_animation
from impasto.video.clip import Clip, named_as_film
from impasto.video.flow import Motion, motion, optical_flow, warp
from impasto.video.open import open_clip, states_colors
from impasto.video.write import (
    WRITTEN,
    check_clip_target,
    clip_ending,
    is_clip_name,
    read_film_recipe,
    read_film_text,
    write_clip,
)

__all__ = [
    "WRITTEN",
    "Clip",
    "Motion",
    "check_clip_target",
    "clip_ending",
    "is_animation",
    "is_clip_name",
    "motion",
    "named_as_film",
    "open_clip",
    "optical_flow",
    "read_film_recipe",
    "read_film_text",
    "states_colors",
    "warp",
    "write_clip",
]
