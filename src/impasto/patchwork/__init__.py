"""Pictures put together from the patches of others, coarse to fine: what the `patches` methods have in common."""

from impasto.patchwork.levels import Level, Plan, levels
from impasto.patchwork.rebuild import rebuild
from impasto.patchwork.settings import PatchworkConfig
from impasto.patchwork.side_by_side import SideBySide

__all__ = ["Level", "PatchworkConfig", "Plan", "SideBySide", "levels", "rebuild"]
