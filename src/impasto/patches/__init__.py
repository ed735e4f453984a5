"""Patches of pictures: find the nearest ones, and put pictures together from them by voting.

A field says for each patch of one picture (the queries) which patch of another (the keys) is like it. Patches are
named by the row and column of their upper left pixel.
"""

from impasto.patches.exact import nearest_exact
from impasto.patches.matching import Match, Matching, valid_patches
from impasto.patches.patchmatch import Engine, compiling, nearest
from impasto.patches.positions import patch_positions
from impasto.patches.voting import vote

__all__ = [
    "Engine",
    "Match",
    "Matching",
    "compiling",
    "nearest",
    "nearest_exact",
    "patch_positions",
    "valid_patches",
    "vote",
]
