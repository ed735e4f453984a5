"""A pyramid of small generators and critics, one pair a scale, for a single picture (Shaham et al. 2019)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from impasto.images import resize
from impasto.networks.drawing_cost import rows_at_a_time
from impasto.networks.pyramid_sizes import BordersName, Size

REACH = 5  # pixels that five 3x3 convolutions see to each side of one
LAYERS = 5
SLOPE = 0.2  # of the leaky ReLU


class Convolutions(nn.Module):
    """3x3 convolutions without padding, all but the last with batch norm (if `normed`) and leaky ReLU."""

    def __init__(
        self, inputs: int, width: int, outputs: int, layers: int = LAYERS, *, normed: bool = True, slope: float = SLOPE
    ) -> None:
        super().__init__()
        self.width, self.slope = width, slope
        ends = [inputs, *[width] * (layers - 1), outputs]
        self.convolutions = nn.ModuleList(nn.Conv2d(start, end, 3) for start, end in pairwise(ends))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) if normed else nn.Identity() for _ in range(layers - 1))

    def forward(self, pictures: Tensor) -> Tensor:
        """Maps (N, outputs, H - 2L, W - 2L) of pictures (N, inputs, H, W), L being the number of layers."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=False):
            pictures = F.leaky_relu(norm(convolution(pictures)), self.slope, inplace=True)
        last: Tensor = self.convolutions[-1](pictures)
        return last


class ScaleGenerator(Convolutions):
    """What one scale adds to the picture of the scale below."""

    def __init__(self, width: int) -> None:
        super().__init__(3, width, 3)

    def forward(self, pictures: Tensor) -> Tensor:
        """Colours (N, 3, H - 10, W - 10) in [-1, 1]."""
        return super().forward(pictures).float().tanh()


class ScaleCritic(Convolutions):
    """How real each patch of 11x11 pixels looks."""

    def __init__(self, width: int) -> None:
        super().__init__(3, width, 1)


class Pyramid(nn.Module):
    """All generators that there are so far, from the coarsest, and what they were trained with.

    Pictures are in [-1, 1] here. `sigma` is how much noise each scale takes, `fixed` the noise (z*) of the coarsest
    from which, without any at the others, the picture itself comes.
    """

    sigma: Tensor  # (scales,)
    fixed: Tensor  # (1, 3, H, W) of the coarsest scale, with its border if that is of noise

    def __init__(
        self,
        sizes: Sequence[Size],
        widths: Sequence[int],
        factor: float,
        borders: BordersName,
        *,
        residual: bool = True,
        sketch: int = 0,
    ) -> None:
        """`sizes` and `widths` are those of all scales that there shall be; those of the generators come one by one.

        residual: whether a scale adds to the picture of the scale below, or makes its own of it.
        sketch: how many scales learn a sketch; the next makes a picture of that, and adds to nothing.
        """
        super().__init__()
        self.residual, self.sketch = residual, sketch
        self.sizes, self.widths, self.factor, self.borders = tuple(sizes), tuple(widths), factor, borders
        self.generators = nn.ModuleList()
        width, height = self._with_border(self.sizes[0])
        self.register_buffer("sigma", torch.zeros(len(self.sizes)))
        self.register_buffer("fixed", torch.zeros(1, 3, height, width))

    @property
    def newest(self) -> Size:
        """The size of the finest scale that there is."""
        return self.sizes[len(self.generators) - 1]

    def add(self) -> ScaleGenerator:
        """One scale more."""
        added = ScaleGenerator(self.widths[len(self.generators)])
        self.generators.append(added)
        return added

    def noise(self, scale: int, size: Size, random: torch.Generator) -> Tensor:
        """Fresh noise (1, 3, H, W) for a picture of that size, of one channel at the coarsest scale."""
        width, height = self._with_border(size)
        drawn = torch.randn(1, 1 if scale == 0 else 3, height, width, generator=random)
        return drawn.to(self.sigma.device).expand(-1, 3, -1, -1)

    def draw(self, scale: int, below: Tensor, noise: Tensor | None = None) -> Tensor:
        """The picture of a scale, (1, 3, H, W), of `below`, that of the scale below at this one's size.

        noise: as `noise` draws it; None is none.
        """
        seen = F.pad(below, [REACH] * 4)
        if noise is not None:
            padding = [0 if self.borders == "noise" else REACH] * 4
            seen = seen + self.sigma[scale] * F.pad(noise, padding)
        seen = seen.contiguous(memory_format=torch.channels_last)
        generator = self.generators[scale]
        added = generator(seen) if generator.training else _in_strips(generator, seen)
        adds = self.residual and not (self.sketch and scale == self.sketch)
        return added + below if adds else added

    def below(
        self, sizes: Sequence[Size], scale: int, random: torch.Generator, start: int = 0, begun: Tensor | None = None
    ) -> Tensor:
        """What a scale is drawn of: the picture of the scales below it, from fresh noise, at its size, (1, 3, H, W).

        sizes: of all scales.
        start: the scale from which on noise is fresh; below it, all is as in the picture itself.
        begun: what `start` is drawn of in place of that, at its size.
        """
        picture = self.reconstruction(start, sizes[start]) if begun is None else begun
        for number in range(start, scale):
            drawn = self.draw(number, picture, self.noise(number, sizes[number], random))
            picture = enlarged(drawn, sizes[number + 1])
        return picture

    def of_noises(self, sizes: Sequence[Size], noises: Sequence[Tensor]) -> Tensor:
        """The finest scale's picture (1, 3, H, W) of the noise of every scale, as `noise` draws it."""
        picture = torch.zeros(1, 3, sizes[0][1], sizes[0][0], device=self.sigma.device)
        for number, noise in enumerate(noises):
            picture = self.draw(number, picture if number == 0 else enlarged(picture, sizes[number]), noise)
        return picture

    def reconstruction(self, scale: int, size: Size) -> Tensor:
        """What a scale is drawn of when the picture itself is wanted, at the given size; black at the coarsest."""
        width, height = self.sizes[0]
        picture = torch.zeros(1, 3, height, width, device=self.sigma.device)
        for number in range(scale):
            drawn = self.draw(number, picture, self.fixed if number == 0 else None)
            picture = enlarged(drawn, self.sizes[number + 1] if number < scale - 1 else size)
        return picture if scale else picture.new_zeros(1, 3, size[1], size[0])

    def _with_border(self, size: Size) -> Size:
        more = 2 * REACH if self.borders == "noise" else 0
        return size[0] + more, size[1] + more


@contextmanager
def drawing(generator: nn.Module) -> Iterator[None]:
    """Let a generator that is being trained draw as it will when it is finished, by its running statistics."""
    trained = [module for module in generator.modules() if module.training]
    generator.eval()
    try:
        yield
    finally:
        for module in trained:
            module.training = True


def _in_strips(generator: nn.Module, seen: Tensor) -> Tensor:
    """What a finished generator makes of its input, by strips of rows, so that a panorama takes little memory."""
    height, width = seen.shape[-2:]
    rows = rows_at_a_time(width)
    inner = height - 2 * REACH
    starts = range(0, inner, rows)
    strips = [generator(seen[..., top : min(top + rows, inner) + 2 * REACH, :]) for top in starts]
    return torch.cat(strips, dim=2)


def enlarged(picture: Tensor, size: Size) -> Tensor:
    """A picture (1, 3, H, W) in [-1, 1], of 8 bits (as the authors' code has them between scales), at another size."""
    codes = ((picture.clamp(-1, 1) + 1) * 127.5).round() / 255
    return resize(codes, size) * 2 - 1
