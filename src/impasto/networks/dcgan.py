"""Generators and critics of strided convolutions (Radford, Metz & Chintala 2016), at 28 to 128 px."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from impasto.networks.batch_norm import BatchNorm
from impasto.networks.dropout import Dropout
from impasto.networks.labels import join, one_hot
from impasto.networks.shape import Shape
from impasto.networks.strided import StridedConvolution, TransposedConvolution

SLOPE = 0.2  # of the critic's leaky ReLU


class Generator(nn.Module):
    """A point becomes a picture: the innermost features by a matrix, then transposed convolutions.

    ReLU everywhere but at the end, batch norm too unless `Shape.batch_norm` says otherwise.
    """

    def __init__(self, shape: Shape, outputs: int | None = None) -> None:
        """`outputs` are the channels that come out, those of a picture by default."""
        super().__init__()
        self.shape = shape
        widths, joined = shape.all_widths[::-1], shape.joined
        inner = joined if shape.labels == "every-layer" else 0
        self.start_side, start = shape.coarsest, widths[0] * shape.coarsest**2
        hidden = [_Dense(shape.latent + joined, shape.dense, shape)] if shape.dense else []
        self.hidden = nn.ModuleList(hidden)
        before = shape.dense + inner if shape.dense else shape.latent + joined
        self.start = nn.Linear(before, start, bias=shape.batch_norm == "none")
        self.start_norm = norm_of(shape, widths[0])
        ends = [*widths[1:], shape.channels if outputs is None else outputs]
        self.layers = nn.ModuleList(
            _Up(width + inner, end, stride, shape, last=number == len(ends) - 1)
            for number, (width, end, stride) in enumerate(zip(widths, ends, shape.all_strides[::-1], strict=True))
        )

    def features(self, latents: Tensor, labels: Tensor | None = None) -> list[Tensor]:
        """What each layer gives, the picture before its last function at the end, for latents (N, L)."""
        codes = one_hot(labels, self.shape.joined, latents)
        inner = codes if self.shape.labels == "every-layer" else None
        values = join(latents, codes)
        for layer in self.hidden:
            values = join(layer(values), inner)
        side = self.start_side
        # In this order the features lie as the layers to come want them: the channels of a pixel beside one another.
        started = self.start(values).reshape(len(values), side, side, -1).permute(0, 3, 1, 2)
        found = [F.relu(self.start_norm(started))]
        for layer in self.layers:
            found.append(layer(join(found[-1], inner)))
        return found

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Pictures (N, C, H, W) in [-1, 1], or in [0, 1] where they end with a sigmoid."""
        return finished(self.features(latents, labels)[-1], self.shape)


class Discriminator(nn.Module):
    """A picture becomes a score: strided convolutions with leaky ReLU, flattened into one number."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        inner = shape.joined if shape.labels == "every-layer" else 0
        starts = [shape.channels + shape.joined, *(width + inner for width in shape.all_widths)]
        self.layers = nn.ModuleList(
            _Down(start, width, stride, shape, first=number == 0)
            for number, (start, width, stride) in enumerate(
                zip(starts[:-1], shape.all_widths, shape.all_strides, strict=True)
            )
        )
        positions = shape.coarsest**2 if shape.head == "flatten" else 1
        flat = starts[-1] * positions if shape.head == "flatten" else starts[-1]
        self.hidden = nn.ModuleList([_Dense(flat, shape.dense, shape, leaky=True)] if shape.dense else [])
        self.dropout = Dropout(shape.dropout)
        self.score = nn.Linear(shape.dense + inner if shape.dense else flat, 1)

    def features(self, pictures: Tensor, labels: Tensor | None = None) -> list[Tensor]:
        """What each convolution gives after its leaky ReLU, from the outermost, for pictures (N, C, H, W)."""
        return self._features(pictures, one_hot(labels, self.shape.joined, pictures))

    def forward(self, pictures: Tensor, labels: Tensor | None = None) -> Tensor:
        """Scores (N,): the larger, the more real."""
        codes = one_hot(labels, self.shape.joined, pictures)
        inner = codes if self.shape.labels == "every-layer" else None
        values = join(self._features(pictures, codes)[-1], inner)
        # By position, then by channel: no copy is made of what lies in memory so.
        values = values.mean((2, 3)) if self.shape.head == "average" else values.permute(0, 2, 3, 1).flatten(1)
        for layer in self.hidden:
            values = join(layer(values), inner)
        scores: Tensor = self.score(self.dropout(values))
        return scores[:, 0]

    def _features(self, pictures: Tensor, codes: Tensor | None) -> list[Tensor]:
        found = [self.layers[0](join(pictures, codes))]
        inner = codes if self.shape.labels == "every-layer" else None
        for layer in self.layers[1:]:
            found.append(layer(join(found[-1], inner)))
        return found


class _Up(nn.Module):
    """A transposed convolution that enlarges by its stride; with `pooling`, pixels are repeated instead."""

    def __init__(self, inputs: int, outputs: int, stride: int, shape: Shape, *, last: bool) -> None:
        super().__init__()
        normed = is_normed(shape, end=last)
        self.repeat = stride if shape.pooling else 1
        self.convolution: nn.Module
        if stride == 1 or shape.pooling:
            self.convolution = _Same(inputs, outputs, shape.kernel, bias=not normed)
        else:
            # 4 is cut by 1 on both sides, 3 and 5 by a half of them, and then one side needs a pixel more.
            padding, more = (shape.kernel - 1) // 2, shape.kernel % 2
            self.convolution = TransposedConvolution(
                inputs, outputs, shape.kernel, stride, padding, output_padding=more, bias=not normed
            )
        self.norm = norm_of(shape, outputs) if normed else nn.Identity()
        self.last = last

    def forward(self, features: Tensor) -> Tensor:
        if self.repeat > 1:
            features = F.interpolate(features, scale_factor=float(self.repeat), mode="nearest")
        features = self.norm(self.convolution(features))
        return features if self.last else F.relu(features)


class _Down(nn.Module):
    """A strided convolution with leaky ReLU; with `pooling`, the strongest of each square of pixels stays instead."""

    def __init__(self, inputs: int, outputs: int, stride: int, shape: Shape, *, first: bool) -> None:
        super().__init__()
        normed = is_normed(shape, end=first)
        self.pool = stride if shape.pooling else 1
        self.convolution: nn.Module
        if stride == 1 or shape.pooling:
            self.convolution = _Same(inputs, outputs, shape.kernel, bias=not normed)
        else:
            padding = (shape.kernel - 1) // 2
            self.convolution = StridedConvolution(inputs, outputs, shape.kernel, stride, padding, bias=not normed)
        self.norm = norm_of(shape, outputs) if normed else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        features = F.leaky_relu(self.norm(self.convolution(features)), SLOPE)
        return F.max_pool2d(features, self.pool) if self.pool > 1 else features


class _Same(nn.Conv2d):
    """A convolution of stride 1 that keeps the size; an even kernel sees one pixel more to the right and below."""

    def forward(self, input: Tensor) -> Tensor:
        before, after = (self.kernel_size[0] - 1) // 2, self.kernel_size[0] // 2
        return super().forward(F.pad(input, (before, after, before, after)))


class _Dense(nn.Module):
    """A hidden dense layer, which the guidelines do without."""

    def __init__(self, inputs: int, outputs: int, shape: Shape, *, leaky: bool = False) -> None:
        super().__init__()
        self.matrix = nn.Linear(inputs, outputs, bias=shape.batch_norm == "none")
        self.norm = norm_of(shape, outputs)
        self.slope = SLOPE if leaky else 0.0

    def forward(self, values: Tensor) -> Tensor:
        return F.leaky_relu(self.norm(self.matrix(values)), self.slope)


def is_normed(shape: Shape, *, end: bool) -> bool:
    """Whether a convolution has batch norm behind it; at the generator's end and the critic's beginning few have."""
    return shape.batch_norm == "all" or (shape.batch_norm != "none" and not end)


def norm_of(shape: Shape, width: int) -> nn.Module:
    """The batch norm of so many channels, if there is one."""
    if shape.batch_norm == "none":
        return nn.Identity()
    return BatchNorm(width, affine=shape.batch_norm != "no-affine")


def finished(features: Tensor, shape: Shape) -> Tensor:
    """Pictures of what the last layer of a generator gives."""
    return torch.tanh(features) if shape.output == "tanh" else torch.sigmoid(features)


def normalise_spectra(critic: nn.Module) -> None:
    """Divide each matrix of a critic by its largest singular value (Miyato et al. 2018).

    The vectors that follow it begin at a fixed point, and are part of the network's state.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for module in critic.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                spectral_norm(module)
