"""The settings that `quality.py` compares: changes to the default preset, by name."""

from __future__ import annotations

from typing import Any

E10 = ("stem", "d0", "e1", "e2", "d2", "e4", "e6", "e8", "e10")

VARIANTS: dict[str, dict[str, Any]] = {
    "best": {},
    "e10": {"layers": E10},
    "gram": {"statistics": "gram"},
    "pixels": {"canvas": "pixels"},
    "fourier": {"canvas": "fourier", "learning_rate": 0.003},
    "enlarge-1": {"enlarge": 1.0},
    "enlarge-1.5": {"enlarge": 1.5},
    "patch-0": {"patch_weight": 0.0},
    "patch-30": {"patch_weight": 30.0},
    "patch-300": {"patch_weight": 300.0},
    "patch-1000": {"patch_weight": 1000.0},
    "gamut-0": {"gamut_weight": 0.0},
    "fast": {"learning_rate": 0.02, "patch_weight": 300.0},
    "fast-.015": {"learning_rate": 0.015, "patch_weight": 300.0},
    "fast-1000": {"learning_rate": 0.02, "patch_weight": 1000.0},
    "patch7": {"patch_size": 7},
    "average": {"average": 0.9},
    "carry": {"carry": True},
    "rate-.02": {"learning_rate": 0.02},
    "rate-.03": {"learning_rate": 0.03},
    "coarse-200": {"iterations": (200, 200, 100, 50)},
    "coarse-200-.02": {"iterations": (200, 200, 100, 50), "learning_rate": 0.02},
    "half": {"iterations": (50, 40, 25), "learning_rate": 0.02},
    "slow": {"iterations": (400, 400, 300, 200)},
    "scales-2": {"scales": 2},
    "scales-3": {"scales": 3},
    "scales-1": {"scales": 1, "iterations": (200,)},
    "bf16": {"precision": "bf16"},
    "lite1": {"network": "efficientnet-lite1"},
    "lite2": {"network": "efficientnet-lite2"},
    "reflect": {"padding": "reflect"},
    "content-3": {"content_weight": 3.0},
    "content-3-gram": {"content_weight": 3.0, "statistics": "gram"},
    "content-10": {"content_weight": 10.0, "patch_weight": 100.0, "scales": 3},
    "content-10-patch-300": {"content_weight": 10.0, "patch_weight": 300.0, "scales": 3},
    "content-10-e4": {"content_weight": 10.0, "patch_weight": 100.0, "scales": 3, "content_layers": ("e4", "e6")},
    "content-10-reflect": {"content_weight": 10.0, "patch_weight": 100.0, "scales": 3, "padding": "reflect"},
    "content-20": {"content_weight": 20.0, "patch_weight": 100.0, "scales": 3},
}
