"""Training a pyramid of networks on a single picture, scale after scale (Shaham, Dekel & Michaeli 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impasto.gan.on_picture import Growing, TrainOnPicture
from impasto.gan.singan_settings import SinGANConfig
from impasto.inputs import Sizes
from impasto.methods import Forecast
from impasto.randomness import generator, step_seed

if TYPE_CHECKING:
    import torch

    from impasto.gan.singan_steps import ScaleSteps
    from impasto.networks.pyramid_sizes import Size
    from impasto.training.precision import PrecisionName


class TrainSinGAN(TrainOnPicture[SinGANConfig]):
    """Train small networks on one picture, coarse to fine, until its patches cannot be told from those they draw.

    `impasto sample` then draws pictures like it, of any size.
    """

    name = "train singan"
    Config = SinGANConfig

    def growing(self, size: Size, device: torch.device, precision: PrecisionName) -> Growing[ScaleSteps]:
        """A pyramid, of which only the newest scale is trained."""
        from impasto.gan.singan_cost import work
        from impasto.gan.singan_sheets import model_of, sheet
        from impasto.gan.singan_steps import ScaleSteps
        from impasto.networks.singan import Pyramid

        config = self.config
        sizes, factor = config.sizes(size)
        pyramid = Pyramid(sizes, config.widths(len(sizes)), factor, config.borders, residual=config.residual)
        pyramid.to(device)
        # Not of the seed itself: a sample of that seed begins with the very same numbers.
        pyramid.fixed.copy_(pyramid.noise(0, sizes[0], generator(step_seed(config.seed, 1))))
        return Growing(
            pyramid,
            sizes,
            work(sizes, pyramid.widths),
            lambda real, learned, before, random: ScaleSteps(config, pyramid, real, before, random, precision, learned),
            lambda grey: model_of(pyramid, grey=grey),
            lambda real: sheet(pyramid, real, config.samples, config.seed),
            lambda: {"factor": round(factor, 4), "sigma": [round(float(sigma), 5) for sigma in pyramid.sigma]},
        )

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds of a step at a small size, measured; the memory of the finest scale."""
        from impasto.gan.singan_cost import forecast

        return forecast(self.config, sizes["image"][0])
