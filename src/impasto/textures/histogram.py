"""Texture synthesis with histograms of features (Risser, Wilmot & Barnes 2017), coarse to fine."""

from impasto.synthesis.distribution_settings import HistogramConfig
from impasto.textures.optimised import OptimisedTexture, OptimisedTextureConfig


class HistogramTextureConfig(HistogramConfig, OptimisedTextureConfig):
    """Parameters of `texture histogram`; the defaults are preset `best`."""

    main = f"{OptimisedTextureConfig.main} histogram_weight histogram_layers bins"


class HistogramTexture(OptimisedTexture):
    """Make a texture of any size by statistics and histograms of features."""

    name = "texture histogram"
    Config = HistogramTextureConfig
