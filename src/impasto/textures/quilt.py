"""Textures sewn together from blocks of an exemplar (Efros & Freeman 2001), also in the likeness of a guide."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.errors import InputError
from impasto.images import luminance, match_histogram, reduced, reduced_to, refuse_constant, resize, result_size
from impasto.images.periodic import repeated_resize
from impasto.inputs import Input, Inputs, Sizes, called, given_picture, given_pictures
from impasto.methods import Forecast, Method, MethodConfig, Result
from impasto.observers import Loop, Observer, spans
from impasto.patches.quilting import block_positions
from impasto.patches.sewing import Sewing
from impasto.randomness import generator
from impasto.threads import threads_for

LEAST_BLOCK = 6  # pixels; smaller ones overlap by less than one
GUIDED = 512  # long side in pixels of a result in the likeness of a larger guide, unless --size says otherwise
MOST_BLOCK = 128  # pixels, if the exemplar chooses


class QuiltConfig(MethodConfig):
    """Parameters of `texture quilt`."""

    size: str = Field(
        "",
        description="WIDTHxHEIGHT, long side, or 150% (default: the exemplar's, at most "
        f"--exemplar-size, or the guide's, at most {GUIDED})",
    )
    tile: bool = Field(False, description="make the texture tile without a seam")
    block: int = Field(
        0,
        ge=0,
        le=4096,
        description="side of the blocks in pixels; 0 is a quarter of the exemplar's (an eighth guided)",
    )
    overlap: int = Field(
        0, ge=0, le=2048, description="pixels that neighbouring blocks share; 0 is a quarter of a block"
    )
    tolerance: float = Field(
        0.1, ge=0, le=10, description="blocks are drawn from those whose error is at most 1 + this times the least"
    )
    copying: float = Field(
        0.05, ge=0, le=10, description="what it costs to copy on from a neighbouring block, or to repeat one near by"
    )
    exemplar_size: int = Field(1024, ge=16, le=8192, description="long side that larger exemplars are reduced to")
    alpha: tuple[float, ...] = Field(
        (0.1, 0.9),
        min_length=1,
        max_length=2,
        description="weight of the blocks' fit against likeness to the guide, in the first and the last pass",
    )
    passes: int = Field(3, ge=1, le=10, description="times that a guided texture is laid, with blocks a third smaller")
    blur: float = Field(2.0, ge=0, le=100, description="pixels by which lightness is blurred before it is compared")


@dataclass(frozen=True)
class Pass:
    """One laying of the whole picture."""

    block: int
    rows: list[int]
    columns: list[int]
    alpha: float  # the weight of fitting the overlaps and the pass before; 1 if there is no guide


class Quilt(Method[QuiltConfig]):
    """Sew a texture of any size together from blocks of an exemplar, each cut where it differs least."""

    name = "texture quilt"
    inputs = (
        Input("exemplar", "the picture whose texture is wanted", exemplar=True),
        Input(
            "guide", "a picture in whose likeness the texture is laid (texture transfer)", flag="guide", optional=True
        ),
    )
    Config = QuiltConfig

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Lay blocks row by row; a step is a row, and its loss is the mean squared error in the overlaps."""
        config, device = self.config, pick_device(self.config.device)
        self.check(inputs)
        exemplar = given_picture(inputs, "exemplar")
        guide = given_picture(inputs, "guide").to(device) if "guide" in inputs else None
        shape = (exemplar if guide is None else guide).shape
        width, height = self._size((shape[2], shape[1]), guide is not None)
        exemplar = reduced(exemplar, config.exemplar_size).to(device)
        own = (exemplar.shape[2], exemplar.shape[1])
        passes = self._passes(own, (width, height), guided=guide is not None)
        canvas = torch.zeros(
            3, *(max(side, *(each.block for each in passes)) for side in (height, width)), device=device
        )
        lightness = None if guide is None else self._lightness(guide, exemplar, canvas.shape[1:])
        random = generator(config.seed)
        total, first = sum(len(each.rows) for each in passes), 0
        work = spans([len(each.rows) * len(each.columns) for each in passes])
        for number, each in enumerate(passes):
            previous = canvas.clone() if number else None
            sources = torch.full((len(each.rows), len(each.columns), 2), -1, dtype=torch.int32)
            keep = {"canvas": canvas, "sources": sources, "random": random}
            if previous is not None:
                keep["previous"] = previous
            sewing = Sewing(
                exemplar,
                canvas,
                sources,
                each.rows,
                each.columns,
                each.block,
                period=(height, width) if config.tile else None,
                random=random,
                tolerance=config.tolerance,
                copying=config.copying,
                previous=previous,
                lightness=lightness,
                alpha=each.alpha,
            )
            loop = Loop(observer, total=total, keep=keep, first=first, count=len(each.rows), span=work[number])
            for step in loop:
                with threads_for(exemplar[0].numel()):
                    error = sewing.lay_row(step - first)
                loop.report({"overlap": error}, preview=lambda: canvas[:, :height, :width].clone().cpu())
            first += len(each.rows)
        facts = {"blocks": [each.block for each in passes], "laid": [len(e.rows) * len(e.columns) for e in passes]}
        return Result({"output": canvas[:, :height, :width].cpu().contiguous()}, facts)

    def _lightness(
        self, guide: torch.Tensor, exemplar: torch.Tensor, size: tuple[int, ...]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Blurred lightness (1, H, W): the guide's, at `size` with the exemplar's histogram, and the exemplar's."""
        blur, tile = self.config.blur, self.config.tile
        fitted = repeated_resize(guide, (size[0], size[1])) if tile else resize(guide, (size[1], size[0]))
        light = luminance(fitted).expand(3, -1, -1)
        other = luminance(exemplar).expand(3, -1, -1)
        return blurred(match_histogram(light, other)[:1], blur, wrap=tile), blurred(other[:1], blur)

    def check(self, inputs: Inputs) -> None:
        """Refuse exemplars of one colour."""
        refuse_constant(given_pictures(inputs, "exemplar"), called(inputs, "exemplar"))

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds by the blocks that are to be laid, each compared with the whole exemplar."""
        own = reduced_to(sizes["exemplar"][0], self.config.exemplar_size)
        guided = "guide" in sizes
        size = self._size(sizes["guide" if guided else "exemplar"][0], guided)
        blocks = sum(len(each.rows) * len(each.columns) for each in self._passes(own, size, guided=guided))
        seconds = blocks * (5e-4 + own[0] * own[1] * (4e-8 if guided else 2e-8))
        fixed = 400_000_000 + 200 * own[0] * own[1]
        from impasto.compilation import is_compiled
        from impasto.patches.quilting_kernels import cheapest_path  # numba is imported where it is used

        notice = "" if is_compiled(cheapest_path) else "compiling a kernel, once on this machine: about 3 s"
        return Forecast(seconds, fixed + (90 if guided else 50) * size[0] * size[1], size, fixed, notice=notice)

    def _size(self, of: tuple[int, int], guided: bool) -> tuple[int, int]:
        return result_size(self.config.size, of, GUIDED if guided else self.config.exemplar_size)

    def _passes(self, exemplar: tuple[int, int], size: tuple[int, int], *, guided: bool) -> list[Pass]:
        """The passes, with blocks a third smaller each (Efros & Freeman 2001, section 3). Raises InputError."""
        config = self.config
        block = config.block or min(MOST_BLOCK, max(LEAST_BLOCK, min(exemplar) // (8 if guided else 4)))
        if config.tile and not config.block:
            block = min(block, *size)
        if block < LEAST_BLOCK:
            raise InputError(f"block must be at least {LEAST_BLOCK} pixels, got {block}")
        if block > min(exemplar):
            shown = f"the exemplar, {exemplar[0]}x{exemplar[1]} pixels,"
            raise InputError(
                f"block: {shown} is smaller than a block of {block}; take a smaller block or a larger exemplar"
            )
        if config.tile and block > min(size):
            raise InputError(f"size: a tile of {size[0]}x{size[1]} pixels is smaller than a block of {block}")
        if config.overlap > block // 2:
            raise InputError(f"overlap must be at most half a block, {block // 2} pixels, got {config.overlap}")
        if not all(0 <= alpha <= 1 for alpha in config.alpha):
            raise InputError(f"alpha must be between 0 and 1, got {', '.join(map(str, config.alpha))}")
        passes: list[Pass] = []
        for number in range(config.passes if guided else 1):
            side = max(LEAST_BLOCK, round(block * (2 / 3) ** number))
            overlap = max(1, round(side * config.overlap / block) if config.overlap else side // 4)
            share = number / (config.passes - 1) if config.passes > 1 else 0.0
            alpha = config.alpha[0] + share * (config.alpha[-1] - config.alpha[0]) if guided else 1.0
            columns, rows = (block_positions(max(length, side), side, overlap, wrap=config.tile) for length in size)
            passes.append(Pass(side, rows, columns, alpha))
        return passes


def blurred(image: torch.Tensor, sigma: float, *, wrap: bool = False) -> torch.Tensor:
    """A picture (C, H, W) after a Gaussian of `sigma` pixels.

    Beyond its edges it goes on from the opposite ones with `wrap`, or else mirrored, as far as it reaches.
    """
    if sigma <= 0:
        return image
    for dim in (1, 2):
        radius = min(int(3 * sigma + 1), image.shape[dim] - 1)
        places = torch.arange(-radius, radius + 1, device=image.device)
        kernel = torch.exp(-0.5 * (places / sigma) ** 2)
        shape = (1, 1, -1, 1) if dim == 1 else (1, 1, 1, -1)
        pad = (0, 0, radius, radius) if dim == 1 else (radius, radius, 0, 0)
        padded = torch.nn.functional.pad(image[:, None], pad, mode="circular" if wrap else "reflect")
        image = torch.nn.functional.conv2d(padded, (kernel / kernel.sum()).view(shape))[:, 0]
    return image
