"""The settings that `quality.py` compares: changes to the default preset, by name."""

from __future__ import annotations

from typing import Any

E10 = ("stem", "d0", "e1", "e2", "d2", "e4", "e6", "e8", "e10")

# What was swept to choose the default preset; see docs/results/quality.md.
VARIANTS: dict[str, dict[str, Any]] = {
    "best": {},
    "gram": {"statistics": "gram"},
    "pixels": {"canvas": "pixels"},
    "fourier": {"canvas": "fourier", "learning_rate": 0.01},
    "enlarge-1": {"enlarge": 1.0},
    "enlarge-1.5": {"enlarge": 1.5},
    "patch-0": {"patch_weight": 0.0},
    "patch-100": {"patch_weight": 100.0},
    "patch-300": {"patch_weight": 300.0},
    "gamut-0": {"gamut_weight": 0.0},
    "rate-.01": {"learning_rate": 0.01},
    "rate-.04": {"learning_rate": 0.04},
    "positions-all": {"positions": 2**24},
    "positions-4096": {"positions": 4096},
    "positions-1024": {"positions": 1024},
    "half": {"iterations": (75, 60, 30)},
    "double": {"iterations": (300, 240, 120)},
    "slow": {"iterations": (400, 400, 300), "learning_rate": 0.01},
    "scales-1": {"scales": 1, "iterations": (150,)},
    "scales-2": {"scales": 2},
    "scales-3": {"scales": 3},
    "average": {"average": 0.9},
    "no-carry": {"carry": False},
    "e10": {"layers": E10},
    "reflect": {"padding": "reflect"},
    "lite1": {"network": "efficientnet-lite1"},
    "lite2": {"network": "efficientnet-lite2"},
    "bf16": {"precision": "bf16"},
    "vgg16-stand-in": {"network": "vgg16", "enlarge": 1.0},
    "content-2": {"content_weight": 2.0},
    "hold-0": {"hold": 0.0},
    "hold-2": {"hold": 2.0},
    "content-10": {"content_weight": 10.0},
    "content-e4": {"content_layers": ("e4", "e6")},
    "content-e8": {"content_layers": ("e8",)},
}
