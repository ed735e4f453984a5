"""Texture synthesis by matching the histograms of a steerable pyramid (Heeger & Bergen, SIGGRAPH 1995)."""

from __future__ import annotations

import math
from math import factorial, pi, sqrt

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.images.sizes import parse_size
from impasto.inputs import Input, Inputs, Sizes, given_picture
from impasto.methods import Forecast, Method, MethodConfig, Result
from impasto.observers import Loop, Observer
from impasto.randomness import generator


class PyramidConfig(MethodConfig):
    """What can be chosen."""

    size: str | None = Field(None, description="WxH, or a factor such as 2x; the exemplar's own if not given")
    steps: int = Field(10, ge=1, le=1000, description="rounds of matching")
    levels: int = Field(5, ge=1, le=10, description="scales of the pyramid, each twice as coarse as the one before")
    orientations: int = Field(4, ge=1, le=8, description="directions of the pyramid's filters")


class PyramidTexture(Method[PyramidConfig]):
    """A stochastic texture (stone, clouds, plaster) in seconds, without a network; it always tiles.

    Noise is given, again and again, the exemplar's histogram of values and its histogram in each band of a
    pyramid of scales and directions. Colours are first decorrelated, and each component is made on its own.
    """

    name = "texture pyramid"
    inputs = (Input("exemplar", "the picture whose texture is wanted"),)
    Config = PyramidConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Match pixels and bands in turn; the loss is the bands' mean distance (1-D optimal transport)."""
        config, device = self.config, pick_device(self.config.device)
        exemplar = given_picture(inputs, "exemplar").to(device)
        width, height = self._size((exemplar.shape[2], exemplar.shape[1]))
        mean, axes = principal_colors(exemplar)
        goal = torch.einsum("cd,chw->dhw", axes, exemplar - mean)
        filters = steerable_filters(exemplar.shape[1], exemplar.shape[2], config.levels, config.orientations).to(device)
        goal_values = [channel.flatten().sort().values for channel in goal]
        goal_bands = [bands(channel, filters).flatten(1).sort(dim=1).values for channel in periodic(goal)]

        filters = steerable_filters(height, width, config.levels, config.orientations).to(device)
        noise = torch.randn(3, height, width, generator=generator(config.seed)).to(device)
        texture = torch.stack([match(x[None], v[None])[0] for x, v in zip(noise, goal_values, strict=True)])
        loop = Loop(observer, total=config.steps, keep={"texture": texture})
        for _ in loop:
            distance = 0.0
            for x, sorted_values, sorted_bands in zip(texture, goal_values, goal_bands, strict=True):
                before = bands(x, filters)
                after = match(before, sorted_bands)
                x.copy_(match(collapse(after, filters)[None], sorted_values[None])[0])
                distance += float((after - before).abs().mean()) / 3
            loop.report({"distance": distance}, preview=lambda: to_rgb(texture, mean, axes))
        return Result({"texture": to_rgb(texture, mean, axes)})

    def forecast(self, sizes: Sizes) -> Forecast:
        """Sorting is nearly all of it."""
        of = sizes["exemplar"][0]
        size = self._size(of)
        pixels, count = math.prod(size), self.config.levels * self.config.orientations + 2
        fixed = 300_000_000 + 48 * count * max(0, math.prod(of) - pixels)
        return Forecast(5e-7 * (self.config.steps + 2) * count * pixels, fixed + 48 * count * pixels, size, fixed)

    def _size(self, exemplar: tuple[int, int]) -> tuple[int, int]:
        return parse_size(self.config.size, of=exemplar) if self.config.size else exemplar


def match(images: torch.Tensor, goals: torch.Tensor) -> torch.Tensor:
    """Give each of the images (B, H, W) the distribution of its sorted goal (B, N), keeping its values' order."""
    flat = images.flatten(1)
    places = torch.linspace(0, goals.shape[1] - 1, flat.shape[1], device=goals.device)
    low = places.long().clamp(max=goals.shape[1] - 2)
    values = torch.lerp(goals[:, low], goals[:, low + 1], places - low)
    return torch.empty_like(flat).scatter_(1, flat.argsort(dim=1), values).view_as(images)


def steerable_filters(height: int, width: int, levels: int, orientations: int) -> torch.Tensor:
    """The pyramid's filters in the frequency domain, (bands, height, width // 2 + 1), squares adding up to 1.

    First what is finer than all levels, then each level's directions, last what is coarser (Simoncelli & Freeman 1995).
    """
    fy, fx = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None]
    octave = torch.log2((fx**2 + fy**2).sqrt().clamp(min=2.0**-30))
    angle = torch.atan2(fy, fx)
    n = orientations - 1
    scale = 2**n * factorial(n) / sqrt(orientations * factorial(2 * n))
    turned = [angle - pi * k / orientations for k in range(orientations)]
    fans = [scale * torch.cos(a) ** n * (1j if n % 2 else 1) for a in turned]  # odd filters are imaginary here

    def low(level: int) -> torch.Tensor:  # 1 below an octave that ends at the Nyquist frequency (level 0), 0 above it
        return torch.cos(pi / 2 * (octave + 2 + level).clamp(0, 1))

    rings = [low(level) * (1 - low(level + 1) ** 2).clamp(min=0).sqrt() for level in range(levels)]
    oriented = [ring * fan for ring in rings for fan in fans]
    return torch.stack([(1 - low(0) ** 2).clamp(min=0).sqrt() + 0j, *oriented, low(levels) + 0j])


def bands(channel: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """Take a channel (H, W) apart into bands (B, H, W)."""
    parts: torch.Tensor = torch.fft.irfft2(torch.fft.rfft2(channel) * filters, s=channel.shape)
    return parts


def collapse(parts: torch.Tensor, filters: torch.Tensor) -> torch.Tensor:
    """Put a channel together again from its bands."""
    channel: torch.Tensor = torch.fft.irfft2((torch.fft.rfft2(parts) * filters.conj()).sum(0), s=parts.shape[1:])
    return channel


def periodic(image: torch.Tensor) -> torch.Tensor:
    """The periodic part of an image (C, H, W), so that its edges put nothing into the bands (Moisan 2011)."""
    height, width = image.shape[1:]
    jumps = torch.zeros_like(image)
    rows, columns = image[:, -1] - image[:, 0], image[:, :, -1] - image[:, :, 0]
    jumps[:, 0] += rows
    jumps[:, -1] -= rows
    jumps[:, :, 0] += columns
    jumps[:, :, -1] -= columns
    fy, fx = torch.fft.fftfreq(height, device=image.device)[:, None], torch.fft.rfftfreq(width, device=image.device)
    laplacian = 2 * torch.cos(2 * pi * fy) + 2 * torch.cos(2 * pi * fx) - 4
    laplacian[0, 0] = 1
    smooth: torch.Tensor = torch.fft.rfft2(jumps) / laplacian
    smooth[:, 0, 0] = 0
    difference: torch.Tensor = torch.fft.irfft2(smooth, s=(height, width))
    return image - difference


def principal_colors(image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The mean colour (3, 1, 1) of an image, and in columns the axes (3, 3) along which colours do not correlate."""
    mean = image.mean(dim=(1, 2), keepdim=True)
    pixels = (image - mean).flatten(1).double().cpu()
    return mean, torch.linalg.eigh(pixels @ pixels.T).eigenvectors.to(image)


def to_rgb(texture: torch.Tensor, mean: torch.Tensor, axes: torch.Tensor) -> torch.Tensor:
    """From principal components (3, H, W) back to colours in [0, 1]."""
    return (torch.einsum("cd,dhw->chw", axes, texture) + mean).clamp(0, 1)
