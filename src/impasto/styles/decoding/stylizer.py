"""The feed-forward transfer: encode, move statistics and patches, decode, one bottleneck after the other.

It joins what others did apart: features moved to a painting's statistics and decoded again, from deep to shallow (Li
et al. 2017, with the optimal map of Risser 2020), the painting's own patches in their place (Chen & Schmidt 2016),
and a coarse picture that a finer one begins with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from impasto.features.network import FeatureNetwork
from impasto.networks.decoders import LEVELS, STRIDE, Decoders
from impasto.styles.decoding.correspondence import blocks, cohere, joined, nearest, stirred, vote
from impasto.styles.decoding.painting import PIXELS, Manner, Patches, directions, mixed

DEEP, MATCHED = "p5", "p3"  # where the layout is moved as a whole, and where patches are compared
SHALLOW = ("p1", "p0")  # where a picture is finished


@dataclass(frozen=True)
class Amounts:
    """How much of what; those up to `carry` between 0 and 1."""

    strength: float  # 0 gives the photo again
    detail: float  # of the photo's own detail
    layout: float  # of the photo's own layout, at the bottleneck where patches are compared
    patches: float  # of the painting's patches, against its statistics alone
    carry: float  # of the next coarser result, against the photo
    alpha: float  # see `nearest`
    patience: float = 0.5  # see `cohere`
    stir: float = 1.0  # see `stirred`
    tone: float = 4.0  # how much colours count beside patches, when those are compared


class Stylizer(nn.Module):
    """A photo and paintings in, a picture out; nothing in it is random."""

    projection: Tensor

    def __init__(self, encoder: FeatureNetwork, decoders: Decoders, amounts: Amounts, scales: int = 2) -> None:
        """`scales` is the number of sizes, each half of the one before, that are painted in turn, coarse to fine."""
        super().__init__()
        self.encoder, self.decoders, self.amounts, self.scales = encoder, decoders, amounts, scales
        self.register_buffer("projection", directions(decoders.means[MATCHED].shape[1]))
        self.eval().requires_grad_(False)

    @property
    def step(self) -> int:
        """What all sides of its pictures are multiples of."""
        return int(STRIDE * 2 ** (self.scales - 1))

    def forward(self, photo: Tensor, paintings: Sequence[Tensor], shares: Sequence[float] = (1.0,)) -> Tensor:
        """The picture (1, 3, H, W) in [0, 1] for a photo (1, 3, H, W) and paintings (1, 3, h, w) of shares, sum 1."""
        photo = photo.contiguous(memory_format=torch.channels_last)
        paintings = [painting.contiguous(memory_format=torch.channels_last) for painting in paintings]
        return self._paint(photo, paintings, shares, self.scales).clamp(0, 1)

    def _paint(self, photo: Tensor, paintings: Sequence[Tensor], shares: Sequence[float], scales: int) -> Tensor:
        if scales == 1:
            return self._painted(photo, self._study(paintings, shares, LEVELS))
        halves = [_halved(painting) for painting in paintings]
        coarse = self._paint(_halved(photo), halves, shares, scales - 1)
        return self._finished(photo, coarse, self._study(paintings, shares, SHALLOW))

    def _encode(self, picture: Tensor, levels: Sequence[str]) -> dict[str, Tensor]:
        """The bottlenecks of a picture (1, 3, H, W), normalised, and the picture itself."""
        return {PIXELS: picture, **self.decoders.normalize(self.encoder(picture, levels))}

    def _study(self, paintings: Sequence[Tensor], shares: Sequence[float], levels: Sequence[str]) -> Manner:
        return Manner([self._encode(painting, levels) for painting in paintings], shares, self.amounts.strength)

    def _painted(self, photo: Tensor, manner: Manner) -> Tensor:
        """The coarsest size: layout and patches at the deep bottlenecks, then all that are finer."""
        content = self._encode(photo, LEVELS)
        state = self.decoders(manner.move(content[DEEP], DEEP), DEEP)
        state = self._kept(state, content, MATCHED, self.amounts.layout, manner)
        state = manner.move(state, MATCHED)
        places = self._places(state, manner.move(photo, PIXELS), manner)
        height, width = state.shape[-2:]
        taken = [vote(known[MATCHED], found, height, width) for known, found in zip(manner.known, places, strict=True)]
        state = torch.lerp(state, mixed(taken, manner.shares), self.amounts.strength * self.amounts.patches)
        state = manner.move(state, MATCHED)
        # What the decoder cannot know of the next finer bottleneck, the painting knows.
        first = SHALLOW[0]
        details = [
            joined(blocks(known[first] - self.decoders(known[MATCHED], MATCHED), 2)[found], height, width, 2)
            for known, found in zip(manner.known, places, strict=True)
        ]
        state = self.decoders(state, MATCHED) + self.amounts.strength * mixed(details, manner.shares)
        state = self._kept(state, content, first, self.amounts.detail, manner)
        return self._refined(manner.move(state, first), content, manner)

    def _finished(self, photo: Tensor, coarse: Tensor, manner: Manner) -> Tensor:
        """A finer size: the coarse picture's colours and forms, the photo's edges, the painting's fine statistics."""
        doubled = F.interpolate(coarse.contiguous(), scale_factor=2.0, mode="bilinear", align_corners=False)
        doubled = doubled.contiguous(memory_format=torch.channels_last)
        start = torch.lerp(manner.move(photo, PIXELS), doubled, self.amounts.carry)
        content = self._encode(torch.lerp(photo, start, self.amounts.strength), SHALLOW)
        return self._refined(manner.move(content[SHALLOW[0]], SHALLOW[0]), content, manner)

    def _refined(self, state: Tensor, content: Mapping[str, Tensor], manner: Manner) -> Tensor:
        """From the first of the shallow bottlenecks to pixels."""
        for level, finer in zip(SHALLOW, (*SHALLOW[1:], PIXELS), strict=True):
            state = self._kept(self.decoders(state, level), content, finer, self.amounts.detail, manner)
            state = manner.move(state, finer)
        return state

    def _kept(self, state: Tensor, content: Mapping[str, Tensor], level: str, amount: float, manner: Manner) -> Tensor:
        """The state with some of the photo's own features, moved, in it; all of them at strength 0."""
        amount = 1 - self.amounts.strength * (1 - amount)
        return torch.lerp(state, manner.move(content[level], level), amount) if amount else state

    def _places(self, features: Tensor, colors: Tensor, manner: Manner) -> list[Tensor]:
        """For each painting, which of its cells the cells of the features are like, (h * w,)."""
        amounts, (height, width) = self.amounts, features.shape[-2:]
        found = []
        for known, goals in zip(manner.known, manner.goals, strict=True):
            kernel = goals[MATCHED].descriptors(self.projection)
            patches = Patches.of(known[MATCHED], known[PIXELS], kernel, amounts.tone)
            queries = patches.describe(features, colors)
            if amounts.stir:
                queries = stirred(queries, (height, width), patches.keys, amounts.stir)
            places = nearest(queries, patches.keys, amounts.alpha)
            found.append(cohere(places, queries, (height, width), patches.keys, patches.size, amounts.patience))
        return found


def _halved(picture: Tensor) -> Tensor:
    """The means of 2x2 pixels; a third of the time that `avg_pool2d` takes for channels last."""
    return (picture[..., ::2, ::2] + picture[..., ::2, 1::2] + picture[..., 1::2, ::2] + picture[..., 1::2, 1::2]) / 4
