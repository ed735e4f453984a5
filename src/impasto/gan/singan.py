"""Training a pyramid of networks on a single picture, scale after scale (Shaham, Dekel & Michaeli 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from impasto.errors import InputError
from impasto.gan.on_picture import Growing, TrainOnPicture, size_of
from impasto.gan.singan_settings import SinGANConfig
from impasto.inputs import Input, Inputs, Sizes, called, given_picture, given_pictures
from impasto.methods import Forecast

if TYPE_CHECKING:
    import torch

    from impasto.gan.singan_steps import ScaleSteps
    from impasto.training.precision import PrecisionName


class TrainSinGAN(TrainOnPicture[SinGANConfig]):
    """Train small networks on one picture, coarse to fine, until its patches cannot be told from those they draw.

    `impasto sample` then draws pictures like it, of any size.
    """

    name = "train singan"
    inputs = (
        *TrainOnPicture.inputs,
        Input(
            "sketch",
            "a drawing of the same size, which the coarsest scales learn in place of the picture",
            flag="sketch",
            optional=True,
        ),
    )
    Config = SinGANConfig

    def at_scale(self, number: int, picture: torch.Tensor, inputs: Inputs) -> torch.Tensor:
        """The sketch at the coarsest scales, if there is one."""
        for sketch in given_pictures(inputs, "sketch"):
            if number < self.config.sketch_scales:
                return sketch.to(picture)[None]
        return picture

    def check(self, inputs: Inputs) -> None:
        """Refuse sketches that do not fit or would be learned at every scale, and texture losses that cannot be."""
        from impasto.features import load_network
        from impasto.images.sizes import check_same_size

        super().check(inputs)
        config = self.config
        if config.texture:
            load_network(config.texture_network)  # or it says here what is missing
            if given_pictures(inputs, "mask"):
                raise InputError("texture: its matrices are of all of a picture, also of what is masked: leave one out")
            if not config.reconstruction:
                raise InputError("texture: it is weighed by giving back the picture: reconstruction must be above 0")
        picture, scales = given_picture(inputs, "image"), len(config.learned(size_of(inputs)))
        for sketch, name in zip(given_pictures(inputs, "sketch"), called(inputs, "sketch"), strict=True):
            check_same_size(sketch, picture, name, "the picture")
            if config.sketch_scales >= scales:
                raise InputError(
                    f"sketch_scales {config.sketch_scales}: the picture has {scales} scales, and the finest must "
                    "learn it: take fewer, or a larger picture"
                )

    def growing(self, inputs: Inputs, device: torch.device, precision: PrecisionName) -> Growing[ScaleSteps]:
        """A pyramid, of which only the newest scale is trained."""
        from impasto.gan.singan_cost import work
        from impasto.gan.singan_sheets import model_of, sheet
        from impasto.gan.singan_steps import ScaleSteps
        from impasto.networks.singan import Pyramid

        config = self.config
        sizes, factor = config.sizes(size_of(inputs))
        sketch = config.sketch_scales if given_pictures(inputs, "sketch") else 0
        pyramid = Pyramid(
            sizes, config.widths(len(sizes)), factor, config.borders, residual=config.residual, sketch=sketch
        )
        pyramid.to(device)
        return Growing(
            pyramid,
            work(sizes, pyramid.widths),
            lambda real, learned, before, random: ScaleSteps(config, pyramid, real, before, random, precision, learned),
            lambda grey: model_of(pyramid, grey=grey),
            lambda real: sheet(pyramid, real, config.samples, config.seed),
            {"factor": round(factor, 4)},
        )

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds of a step at a small size, measured; the memory of the finest scale."""
        from impasto.gan.singan_cost import forecast

        return forecast(self.config, sizes["image"][0])
