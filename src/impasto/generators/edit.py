"""Edits and pasted things that become part of a picture, drawn anew by a model of it (Shaham et al. 2019)."""

from __future__ import annotations

import torch
from pydantic import Field

from impasto.errors import InputError
from impasto.generators.redraw import RUN, Plan, Redraw, RedrawConfig, RedrawSampler
from impasto.images import resize
from impasto.images.color import white_places
from impasto.images.sizes import check_same_size
from impasto.inputs import Input, Inputs, given_picture

MASK = Input(
    "mask",
    "a picture of the same size: only about what is white is drawn anew",
    flag="mask",
    optional=True,
    reading="mask",
)
GROWN = "how far beyond the mask it is drawn anew, for each pixel of the long side"
SOFT = "how soft the edge of that is, for each pixel of the long side"


class EditConfig(RedrawConfig):
    """Parameters of `edit`."""

    grow: float = Field(0.03, ge=0, le=0.5, description=GROWN)
    soften: float = Field(0.02, ge=0, le=0.5, description=SOFT)

    main = "size mask start_scale scales grow soften seed"


class HarmonizeConfig(EditConfig):
    """Parameters of `harmonize`."""

    grow: float = Field(0.08, ge=0, le=0.5, description=GROWN)


class Edit(Redraw[EditConfig]):
    """Let copied, moved or stretched parts of a picture become parts of it, by the model of `train singan`.

    With a mask, not a bit of what is beyond changes. The run is named by its folder, by its name or a part of it, or is
    `latest`.
    """

    name = "edit"
    inputs = (RUN, Input("picture", "the learned picture, with parts copied, moved or stretched", photo=True), MASK)
    Config: type[EditConfig] = EditConfig

    def plan(self, picture: torch.Tensor, inputs: Inputs, sampler: RedrawSampler) -> Plan:  # noqa: ARG002 - as others
        """What is about the mask."""
        share = self._share(inputs)
        if share is None:
            return Plan(picture)
        return Plan(picture, resize(share.expand(3, -1, -1), (picture.shape[2], picture.shape[1]))[:1])

    def finished(self, drawn: torch.Tensor, inputs: Inputs) -> torch.Tensor:
        """What was drawn, within the mask; beyond it the picture itself."""
        made, share = super().finished(drawn, inputs), self._share(inputs)
        if share is None:
            return made
        size = made.shape[2], made.shape[1]
        picture = resize(given_picture(inputs, "picture"), size)
        share = resize(share.expand(3, -1, -1), size)
        return torch.where(share > 0, torch.lerp(picture, made, share), picture)

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for a mask that is of another size, or has no white."""
        super().check(inputs)
        if "mask" not in inputs:
            return
        mask, picture = given_picture(inputs, "mask"), given_picture(inputs, "picture")
        check_same_size(mask, picture, "the mask", "the picture")
        if not white_places(mask).any():
            raise InputError("the mask has no white, so there is nothing to draw anew; paint it where that is")

    def _share(self, inputs: Inputs) -> torch.Tensor | None:
        if "mask" not in inputs:
            return None
        mask = given_picture(inputs, "mask")
        long = max(mask.shape)
        return soft_edged(white_places(mask), round(self.config.grow * long), round(self.config.soften * long))


class Harmonize(Edit):
    """Let a pasted thing take on the manner of a picture, such as a painting, by the model of `train singan`.

    With a mask, not a bit of what is beyond changes. The run is named by its folder, by its name or a part of it, or is
    `latest`.
    """

    name = "harmonize"
    inputs = (RUN, Input("picture", "the learned picture, with something pasted into it", photo=True), MASK)
    Config: type[EditConfig] = HarmonizeConfig


def soft_edged(places: torch.Tensor, grow: int, soften: int) -> torch.Tensor:
    """How much of each pixel is taken, (1, H, W) in [0, 1]: places (H, W), wider by `grow` pixels, with a soft edge.

    It is 1 in the places and 0 from `grow` + `soften` pixels beyond them on.
    """
    grown = _disc_sum(places[None, None].float(), grow) > 0.5
    softened = _disc_sum(grown.float(), soften) / _disc(soften).sum()
    softened = torch.where(softened < 1e-4, 0, softened).clamp(0, 1)[0]
    return torch.where(places, 1.0, softened)


def _disc_sum(maps: torch.Tensor, radius: int) -> torch.Tensor:
    return torch.nn.functional.conv2d(
        torch.nn.functional.pad(maps, [radius] * 4, "replicate"), _disc(radius)[None, None]
    )


def _disc(radius: int) -> torch.Tensor:
    steps = torch.arange(-radius, radius + 1)
    return (steps[:, None].square() + steps.square() <= (radius + 0.5) ** 2).float()
