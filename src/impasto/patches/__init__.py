"""Patches of pictures: take them out, find the nearest ones, and put pictures together from them by voting.

A field says for each patch of one picture (the queries) which patch of another (the keys) is like it. Patches are
named by the row and column of their upper left pixel.
"""

from __future__ import annotations

from impasto.patches.exact import nearest_exact
from impasto.patches.extract import extract_patches, fold_patches, patch_positions
from impasto.patches.matching import Match, Matching, valid_patches
from impasto.patches.patchmatch import Engine, compiling, nearest
from impasto.patches.voting import vote

__all__ = [
    "Engine",
    "Match",
    "Matching",
    "compiling",
    "extract_patches",
    "fold_patches",
    "nearest",
    "nearest_exact",
    "patch_positions",
    "valid_patches",
    "vote",
]
