"""Style transfer by the distribution of features along random directions (Heitz et al. 2021), coarse to fine."""

from impasto.styles.optimised import OptimisedStyle, OptimisedStyleConfig
from impasto.synthesis.distribution_settings import SlicedConfig


class SlicedFeaturesStyleConfig(OptimisedStyleConfig, SlicedConfig):
    """Parameters of `style sliced-features`; the defaults are preset `best`."""

    main = f"{OptimisedStyleConfig.main} directions"


class SlicedFeaturesStyle(OptimisedStyle[SlicedFeaturesStyleConfig]):
    """Give a photo the style of one or more paintings by how their features are distributed."""

    name = "style sliced-features"
    Config = SlicedFeaturesStyleConfig
