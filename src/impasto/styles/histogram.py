"""Style transfer with histograms of features (Risser, Wilmot & Barnes 2017), coarse to fine."""

from __future__ import annotations

from pydantic import Field

from impasto.styles.optimised import OptimisedStyle, OptimisedStyleConfig
from impasto.synthesis.distribution_settings import HistogramConfig


class HistogramStyleConfig(OptimisedStyleConfig, HistogramConfig):
    """Parameters of `style histogram`; the defaults are preset `best`."""

    histogram_weight: float = Field(5.0, ge=0, le=1e12, description="weight of the histograms of the features")

    main = f"{OptimisedStyleConfig.main} histogram_weight histogram_layers bins"


class HistogramStyle(OptimisedStyle[HistogramStyleConfig]):
    """Give a photo the style of one or more paintings by statistics and histograms of their features."""

    name = "style histogram"
    Config = HistogramStyleConfig
