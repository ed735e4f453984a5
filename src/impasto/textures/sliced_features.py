"""Texture synthesis by the distribution of features along random directions (Heitz et al. 2021), coarse to fine."""

from __future__ import annotations

from pydantic import Field

from impasto.synthesis.distribution_settings import SlicedConfig
from impasto.textures.optimised import OptimisedTexture, OptimisedTextureConfig


class SlicedFeaturesTextureConfig(SlicedConfig, OptimisedTextureConfig):
    """Parameters of `texture sliced-features`; the defaults are preset `best`."""

    patch_weight: float = Field(5000.0, ge=0, le=1e6, description="weight of the sliced patch distance on pixels")

    main = f"{OptimisedTextureConfig.main} directions"


class SlicedFeaturesTexture(OptimisedTexture):
    """Make a texture of any size by how its features are distributed along random directions."""

    name = "texture sliced-features"
    Config = SlicedFeaturesTextureConfig
