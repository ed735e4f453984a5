"""Pure functions on tensors: how far a picture is from what it should look like."""

from impasto.losses.content import ContentForm, content_loss
from impasto.losses.gram import GramForm, Normalise, gram, gram_loss
from impasto.losses.histogram import histogram_loss, match_histograms
from impasto.losses.moments import Moments, fuse_moments, moments, relative_moment_loss
from impasto.losses.quantiles import Quantiles, fuse_quantile_distance, mean_quantiles, quantiles
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
    "fuse_moments",
    "fuse_quantile_distance",
    "gram",
    "gram_loss",
    "histogram_loss",
    "match_histograms",
    "mean_quantiles",
    "moments",
    "patch_responses",
    "patch_weights",
    "quantile_integral",
    "quantiles",
    "relative_moment_loss",
    "sliced_feature_loss",
    "sliced_patch_distance",
    "sorted_responses",
    "total_variation",
]
