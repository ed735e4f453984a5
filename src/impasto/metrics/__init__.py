"""Measures that need no network: how near a texture is to its exemplar, what of it was copied, how sets compare.

Pictures are float32 tensors (3, H, W), sRGB, in [0, 1], of any sizes; sets of them are vectors (n, D) of any network.
"""

from impasto.metrics.colors import chroma_distance, color_moment_distances, edge_agreement
from impasto.metrics.flicker import flicker, shown_at
from impasto.metrics.frechet import Moments, frechet_distance
from impasto.metrics.patch_distances import nearest_patch_distances, sliced_patch_wasserstein
from impasto.metrics.position_colors import color_positions, position_key
from impasto.metrics.positions import PositionMap, position_map
from impasto.metrics.precision_recall import balls
from impasto.metrics.statistics import (
    autocorrelation,
    autocorrelation_distance,
    color_histogram_distance,
    pixel_diversity,
    seam_error,
)

__all__ = [
    "Moments",
    "PositionMap",
    "autocorrelation",
    "autocorrelation_distance",
    "balls",
    "chroma_distance",
    "color_histogram_distance",
    "color_moment_distances",
    "color_positions",
    "edge_agreement",
    "flicker",
    "frechet_distance",
    "nearest_patch_distances",
    "pixel_diversity",
    "position_key",
    "position_map",
    "seam_error",
    "shown_at",
    "sliced_patch_wasserstein",
]
