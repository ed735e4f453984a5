"""Measures of pictures that need no network: how near a texture is to its exemplar, and what of it was copied.

Pictures are float32 tensors (3, H, W), sRGB, in [0, 1], of any sizes.
"""

from impasto.metrics.colors import chroma_distance, color_moment_distances, edge_agreement
from impasto.metrics.flicker import flicker, shown_at
from impasto.metrics.patch_distances import nearest_patch_distances, sliced_patch_wasserstein
from impasto.metrics.position_colors import color_positions, position_key
from impasto.metrics.positions import PositionMap, position_map
from impasto.metrics.statistics import (
    autocorrelation,
    autocorrelation_distance,
    color_histogram_distance,
    pixel_diversity,
    seam_error,
)

__all__ = [
    "PositionMap",
    "autocorrelation",
    "autocorrelation_distance",
    "chroma_distance",
    "color_histogram_distance",
    "color_moment_distances",
    "color_positions",
    "edge_agreement",
    "flicker",
    "nearest_patch_distances",
    "pixel_diversity",
    "position_key",
    "position_map",
    "seam_error",
    "shown_at",
    "sliced_patch_wasserstein",
]
