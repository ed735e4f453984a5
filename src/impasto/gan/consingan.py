"""Training a generator that grows on a single picture, several stages at once (Hinz, Fisher, Wang & Wermter 2021)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impasto.gan.consingan_settings import ConSinGANConfig
from impasto.gan.on_picture import Growing, TrainOnPicture, size_of
from impasto.inputs import Inputs, Sizes
from impasto.methods import Forecast

if TYPE_CHECKING:
    import torch

    from impasto.gan.consingan_steps import StageSteps
    from impasto.training.precision import PrecisionName


class TrainConSinGAN(TrainOnPicture[ConSinGANConfig]):
    """Train one network on one picture: it grows, coarse to fine, until patches that it draws look like the picture's.

    `impasto sample` then draws pictures like it, of any size.
    """

    name = "train consingan"
    Config = ConSinGANConfig

    def growing(self, inputs: Inputs, device: torch.device, precision: PrecisionName) -> Growing[StageSteps]:
        """A generator, of which the newest stages are trained."""
        from impasto.gan.consingan_cost import work
        from impasto.gan.consingan_sheets import model_of, sheet
        from impasto.gan.consingan_steps import StageSteps
        from impasto.networks.consingan import GrowingGenerator

        config = self.config
        size = size_of(inputs)
        sizes, shares = config.learned(size), config.shares(size)
        network = GrowingGenerator(sizes, shares, config.width, normed=config.batch_norm).to(device)
        return Growing(
            network,
            work(sizes, config.together),
            lambda real, learned, before, random: StageSteps(config, network, real, before, random, precision, learned),
            lambda grey: model_of(network, grey=grey),
            lambda real: sheet(network, real, config.samples, config.seed),
            {},
        )

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds of a step at a small size, measured; the memory of the finest stages."""
        from impasto.gan.consingan_cost import forecast

        return forecast(self.config, sizes["image"][0])
