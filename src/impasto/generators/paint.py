"""Paint to image: a crude painting becomes a picture like the one that a model learned (Shaham et al. 2019)."""

from __future__ import annotations

import torch
from pydantic import Field

from impasto.generators.redraw import RUN, Plan, Redraw, RedrawConfig, RedrawSampler
from impasto.inputs import Input, Inputs

SWEEPS = 10  # of k-means, at the most


class PaintConfig(RedrawConfig):
    """Parameters of `paint`."""

    colors: int = Field(
        8, ge=0, le=64, description="colours of the learned picture that those of the painting are taken for (0: as is)"
    )

    main = "size start_scale scales colors seed"


class Paint(Redraw[PaintConfig]):
    """Turn a crude painting into a picture like the one that the model of `train singan` learned.

    The run is named by its folder, by its name or a part of it, or is `latest`, the training that was begun last.
    """

    name = "paint"
    inputs = (RUN, Input("picture", "the painting: what is where, in about the colours of the learned picture"))
    Config = PaintConfig

    def plan(self, picture: torch.Tensor, inputs: Inputs, sampler: RedrawSampler) -> Plan:  # noqa: ARG002 - as others
        """All of it, in colours of the learned picture."""
        if not self.config.colors:
            return Plan(picture)
        return Plan(in_colors(picture, palette(sampler.reconstruction(), self.config.colors)))


def palette(picture: torch.Tensor, colors: int) -> torch.Tensor:
    """The colours (N, 3) that a picture (3, H, W) comes down to, by k-means."""
    import numpy as np  # with Pillow, which --help does without
    from PIL import Image

    codes = (picture.permute(1, 2, 0).clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    reduced = Image.fromarray(codes).quantize(colors, Image.Quantize.MEDIANCUT, kmeans=SWEEPS)
    used = np.unique(np.asarray(reduced))
    known = torch.tensor(reduced.getpalette(), dtype=torch.float32).reshape(-1, 3)
    return known[torch.from_numpy(used).long()] / 255


def in_colors(picture: torch.Tensor, colors: torch.Tensor) -> torch.Tensor:
    """A picture (3, H, W) in the nearest of the colours (N, 3)."""
    nearest = torch.cdist(picture.flatten(1).T.contiguous(), colors).argmin(1)
    return colors[nearest].T.reshape(picture.shape).contiguous()
