"""Training on a single picture, scale after scale (Shaham, Dekel & Michaeli 2019)."""

from __future__ import annotations

import torch

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.gan.singan_settings import SinGANConfig
from impasto.images.color import white_places
from impasto.inputs import Input, Inputs, Sizes, called, given_picture, given_pictures
from impasto.methods import Forecast, Method, Result
from impasto.observers import Observer, spans
from impasto.randomness import generator, step_seed

LEAST = 12  # pixels of the shorter side: the critic sees patches of 11


class TrainSinGAN(Method[SinGANConfig]):
    """Train small networks on one picture, coarse to fine, until its patches cannot be told from those they draw.

    `impasto sample` then draws pictures like it, of any size.
    """

    name = "train singan"
    inputs = (
        Input("image", "the picture that is learned"),
        Input(
            "mask",
            "a picture of the same size: what is white is not learned",
            flag="mask",
            optional=True,
            reading="mask",
        ),
    )
    Config = SinGANConfig
    makes = "model"

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """At each scale, noise and the picture so far become one whose patches look real; then the next begins."""
        from impasto.gan.singan_cost import work
        from impasto.gan.singan_sheets import model_of, sheet
        from impasto.gan.singan_steps import Learned, ScaleSteps, without
        from impasto.grey import is_grey
        from impasto.images import resize
        from impasto.networks.singan import Pyramid
        from impasto.training.loop import train
        from impasto.training.precision import chosen
        from impasto.training.unchanged import Unchanged

        self.check(inputs)
        config, device = self.config, pick_device(self.config.device)
        picture, hidden, random = given_picture(inputs, "image"), _hidden(inputs), generator(config.seed)
        picture = (picture if hidden is None else without(picture, hidden)).to(device)[None]
        precision, grey = chosen(config.precision, device), is_grey(picture[0])
        sizes, factor = config.sizes((picture.shape[3], picture.shape[2]))
        pyramid = Pyramid(sizes, config.widths(len(sizes)), factor, config.borders, residual=config.residual)
        pyramid.to(device)
        # Not of the seed itself: a sample of that seed begins with the very same numbers.
        pyramid.fixed.copy_(pyramid.noise(0, sizes[0], generator(step_seed(config.seed, 1))))
        scale = None
        for number, (size, span) in enumerate(zip(sizes, spans(work(sizes, pyramid.widths)), strict=True)):
            real = resize(picture, size) * 2 - 1
            learned = None if hidden is None else Learned.beside(hidden.to(device), size)
            scale = ScaleSteps(config, pyramid, real, scale, random, precision, learned)
            first = number * config.steps
            train(
                observer,
                steps=len(sizes) * config.steps,
                first=first,
                count=config.steps,
                span=span,
                step=lambda index: scale(index - first),  # noqa: B023 - all of this is called in this loop
                keep={"pyramid": pyramid, "scale": scale, "random": random, "config": Unchanged(config)},
                preview=lambda: sheet(pyramid, real, config.samples, config.seed),  # noqa: B023
                model=lambda: model_of(pyramid, grey=grey),
            )
            scale.finish()
        facts = {"sizes": [list(size) for size in sizes], "factor": round(factor, 4), "precision": precision}
        facts |= {"sigma": [round(float(sigma), 5) for sigma in pyramid.sigma]}
        return Result(
            {"output": sheet(pyramid, real, config.samples, config.seed)}, facts, model_of(pyramid, grey=grey)
        )

    def check(self, inputs: Inputs) -> None:
        """Refuse pictures that are too small, those of one colour, and masks that do not fit or leave nothing."""
        from impasto.gan.singan_steps import Learned
        from impasto.images.constant import refuse_constant
        from impasto.images.sizes import check_same_size

        picture = given_picture(inputs, "image")
        refuse_constant([picture], called(inputs, "image"))
        height, width = picture.shape[1:]
        short = min(self.config.sizes((width, height))[0][-1])
        if short < LEAST:
            learned = f"of which {short} pixels of the shorter side are learned"
            raise InputError(f"{called(inputs, 'image')[0]}: {width}x{height}, {learned}: at least {LEAST} are needed")
        for mask, name in zip(given_pictures(inputs, "mask"), called(inputs, "mask"), strict=True):
            check_same_size(mask, picture, name, "the picture")
        hidden = _hidden(inputs)
        if hidden is not None:
            for size in self.config.sizes((width, height))[0]:
                Learned.beside(hidden, size, *called(inputs, "mask"))

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds of a step at a small size, measured; the memory of the finest scale."""
        from impasto.gan.singan_cost import forecast

        return forecast(self.config, sizes["image"][0])


def _hidden(inputs: Inputs) -> torch.Tensor | None:
    """Where a mask is white, bool (H, W); None without one, or if nothing is."""
    found = next((white_places(mask) for mask in given_pictures(inputs, "mask")), None)
    return found if found is not None and bool(found.any()) else None
