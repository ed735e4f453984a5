"""Edits and pasted things that become part of a picture, drawn anew by a model of it (Shaham et al. 2019)."""

from __future__ import annotations

import torch
from pydantic import Field

from impasto.errors import InputError
from impasto.generators.redraw import RUN, Plan, Redraw, RedrawConfig, RedrawSampler
from impasto.images import resize
from impasto.images.color import white_places
from impasto.images.sizes import check_same_size
from impasto.inputs import Input, Inputs, called, given_picture

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
        if "mask" not in inputs:
            return Plan(picture)
        mask = given_picture(inputs, "mask")
        long = max(mask.shape[1:])
        share = soft_edged(white_places(mask), self.config.grow * long, self.config.soften * long)
        return Plan(picture, share)

    def finished(self, drawn: torch.Tensor, plan: Plan, inputs: Inputs) -> torch.Tensor:
        """What was drawn, within the mask; beyond it the picture itself."""
        made = super().finished(drawn, plan, inputs)
        size = made.shape[2], made.shape[1]
        share = plan.share_at(size)
        if share is None:
            return made
        picture = resize(given_picture(inputs, "picture"), size)
        return torch.where(share > 0, torch.lerp(picture, made, share), picture)

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for a mask that is of another size, or has no white."""
        super().check(inputs)
        if "mask" not in inputs:
            return
        mask, picture = given_picture(inputs, "mask"), given_picture(inputs, "picture")
        (name,) = called(inputs, "mask")
        check_same_size(mask, picture, name, "the picture")
        if not white_places(mask).any():
            raise InputError(f"{name}: has no white, so there is nothing to draw anew; paint it where that is")


class Harmonize(Edit):
    """Let a pasted thing take on the manner of a picture, such as a painting, by the model of `train singan`.

    With a mask, not a bit of what is beyond changes. The run is named by its folder, by its name or a part of it, or is
    `latest`.
    """

    name = "harmonize"
    inputs = (RUN, Input("picture", "the learned picture, with something pasted into it", photo=True), MASK)
    Config: type[EditConfig] = HarmonizeConfig


def soft_edged(places: torch.Tensor, grow: float, soften: float) -> torch.Tensor:
    """How much of each pixel is taken, (1, H, W) in [0, 1]: places (H, W), wider by `grow` pixels, with a soft edge.

    It is 1 in the places and 0 from `grow` + `soften` pixels beyond them on.
    """
    from scipy.ndimage import distance_transform_edt  # --help does without

    away = torch.from_numpy(distance_transform_edt(~places.numpy())).float()[None]
    softened = (away <= grow).float() if soften < 0.5 else ((grow + soften - away) / (2 * soften)).clamp(0, 1)
    return torch.where(places, 1.0, softened)
