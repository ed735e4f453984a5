"""A texture like an exemplar, by optimising noise, coarse to fine: what all such methods share.

They differ in what is taken to be the style of a texture, which is the business of `Config.style_terms`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.features import WEIGHTS, Padding, check_weights, load_network, weights_of
from impasto.images import periodic_resize, reduced, reduced_to, resize, result_size, transfer_linear
from impasto.inputs import Input, Inputs, Sizes, given_picture
from impasto.methods import Forecast, Method, Result
from impasto.observers import Observer
from impasto.randomness import generator
from impasto.synthesis import Scale, StyleObjective, SynthesisConfig, descend, facts, forecast, schedule

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork


class OptimisedTextureConfig(SynthesisConfig):
    """Parameters of a texture by optimisation."""

    size: str = Field(
        "", description="WIDTHxHEIGHT, long side, or 150% (default: the exemplar's, at most --exemplar-size)"
    )
    exemplar_size: int = Field(1024, ge=16, le=8192, description="long side that larger exemplars are reduced to")
    tile: bool = Field(False, description="make the texture tile without a seam")
    noise: float = Field(
        0.2, ge=0, le=1, description="standard deviation of the noise to start from, about the mean colour"
    )

    main = "size seed tile iterations scales network layers weights patch_weight"


class OptimisedTexture(Method[OptimisedTextureConfig]):
    """Make a texture of any size whose network features have the statistics of an exemplar's."""

    inputs = (Input("exemplar", "the picture whose texture is wanted", exemplar=True), WEIGHTS)
    Config = OptimisedTextureConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Optimise noise, coarse to fine, until its features have the exemplar's statistics."""
        config = self.config
        device = pick_device(config.device)
        exemplar = given_picture(inputs, "exemplar").to(device)
        width, height = self._size((exemplar.shape[2], exemplar.shape[1]))
        exemplar = reduced(exemplar, config.exemplar_size)[None]

        def load(padding: Padding) -> FeatureNetwork:
            weights = weights_of(config.network_weights, inputs)
            return load_network(config.network, weights=weights, pool=config.pool, padding=padding).to(device)

        network = load("circular" if config.tile else config.padding)
        # The exemplar is no tile: going on over its edges would teach the texture a seam.
        exemplar_network = load("reflect") if config.tile else network
        random = generator(config.seed)

        def start(scale: Scale) -> torch.Tensor:
            noise = torch.randn(3, *scale.size, generator=random).to(device)
            colored = transfer_linear(noise, exemplar[0], clamp=False)[None]  # other colours would leave specks
            mean = exemplar.mean((2, 3), keepdim=True)
            return (mean + config.noise * (colored - mean)).clamp(0, 1)

        def enlarge(picture: torch.Tensor, scale: Scale) -> torch.Tensor:
            if config.tile:
                return periodic_resize(picture, scale.size)
            return resize(picture, (scale.width, scale.height))

        def objective(scale: Scale) -> StyleObjective:
            sizes = [max(16, round(side * scale.factor)) for side in (exemplar.shape[-1], exemplar.shape[-2])]
            reduced = resize(exemplar, (sizes[0], sizes[1]), filter="area" if config.canvas == "pixels" else "bicubic")
            return StyleObjective(
                network,
                config,
                [(reduced, 1.0)],
                enlarge=scale.enlarge,
                wrap=config.tile,
                exemplar_network=exemplar_network,
            )

        texture = descend(
            config,
            schedule(config, height, width),
            start=start,
            enlarge=enlarge,
            objective=objective,
            observer=observer,
            wrap=config.tile,
            present=lambda picture: resize(picture[0], (width, height)),
        )
        return Result({"output": texture[0].cpu()}, facts(network, config))

    def check(self, inputs: Inputs) -> None:
        """Refuse weights that do not fit."""
        check_weights(self.config.network, inputs)

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds and memory, measured on a small picture and scaled up."""
        exemplar = reduced_to(sizes["exemplar"][0], self.config.exemplar_size)
        width, height = self._size(sizes["exemplar"][0])
        padding: Padding = "circular" if self.config.tile else self.config.padding
        return forecast(self.config, height, width, exemplars=[exemplar], padding=padding)

    def _size(self, exemplar: tuple[int, int]) -> tuple[int, int]:
        return result_size(self.config.size, exemplar, self.config.exemplar_size)
