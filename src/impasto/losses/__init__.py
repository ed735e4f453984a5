"""Pure functions on tensors: how far a picture is from what it should look like."""

from __future__ import annotations

from impasto.losses.content import ContentForm, content_loss
from impasto.losses.gram import GramForm, Normalise, gram, gram_loss
from impasto.losses.histogram import histogram_loss, match_histograms
from impasto.losses.moments import (
    Moments,
    gaussian_wasserstein,
    moments,
    moments_in_passing,
    relative_moment_loss,
)
from impasto.losses.quantiles import Quantiles, mean_quantiles, quantile_distance_in_passing, quantiles
from impasto.losses.sliced_features import draw_directions, sliced_feature_loss
from impasto.losses.sliced_patches import (
    Projections,
    SlicedForm,
    draw_projections,
    patch_responses,
    patch_weights,
    quantile_integral,
    sliced_patch_distance,
    sorted_responses,
)
from impasto.losses.smoothness import total_variation

__all__ = [
    "ContentForm",
    "GramForm",
    "Moments",
    "Normalise",
    "Projections",
    "Quantiles",
    "SlicedForm",
    "content_loss",
    "draw_directions",
    "draw_projections",
    "gaussian_wasserstein",
    "gram",
    "gram_loss",
    "histogram_loss",
    "match_histograms",
    "mean_quantiles",
    "moments",
    "moments_in_passing",
    "patch_responses",
    "patch_weights",
    "quantile_distance_in_passing",
    "quantile_integral",
    "quantiles",
    "relative_moment_loss",
    "sliced_feature_loss",
    "sliced_patch_distance",
    "sorted_responses",
    "total_variation",
]
