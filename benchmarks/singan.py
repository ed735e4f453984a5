"""The time of a step of `train singan` at each scale, against that of the authors' code in plain PyTorch.

    python benchmarks/singan.py [--size 244x164] [--scales 0,4,8] [--rounds 2] [--threads 1] [--width 0]

The plain step is the authors' (Shaham, Dekel & Michaeli 2019), in float32 and PyTorch's usual layout: three updates of
the critic, each with the picture, a fake drawn through all scales below, and the gradient penalty by double backward;
then three of the generator. For current PyTorch a fake is drawn anew for each of these. It has their numbers of
parameters, and at the coarsest scale, from the same weights and noise, one update of each must have the same losses (of
three, Adam's first steps make much of what was rounded otherwise). Steps take turns in one process; what counts is the
middle of their processor seconds. Ours are `paper` in fp32, `paper` in bf16, and `fast`, its mean over the steps from
penalty to penalty.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from impasto.cli.allocator import keep_freed_memory
from impasto.gan.singan_settings import SinGANConfig
from impasto.gan.singan_steps import ScaleSteps
from impasto.networks.pyramid_sizes import Size
from impasto.networks.singan import Pyramid, enlarged
from impasto.training.precision import PrecisionName

NUMBERS = {32: 29_763, 64: 114_819, 128: 450_819}
AGREE = 1e-5


class Block(nn.Sequential):
    """The authors' ConvBlock."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(nn.Conv2d(inputs, outputs, 3), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2, inplace=True))


def plain_network(width: int, outputs: int, end: nn.Module) -> nn.Sequential:
    """The authors' generator or critic."""
    body = [Block(width, width) for _ in range(3)]
    return nn.Sequential(Block(3, width), *body, nn.Conv2d(width, outputs, 3), end)


class Plain:
    """The authors' step at one scale; the scales below are untrained, which costs the same."""

    def __init__(self, sizes: Sequence[Size], widths: Sequence[int]) -> None:
        self.sizes, self.lower = sizes, [plain_network(each, 3, nn.Tanh()).eval() for each in widths[:-1]]
        self.G, self.D = plain_network(widths[-1], 3, nn.Tanh()), plain_network(widths[-1], 1, nn.Identity())
        for lower in self.lower:
            lower.requires_grad_(False)
        assert NUMBERS.get(widths[-1]) in (None, sum(each.numel() for each in self.G.parameters()))
        self.of_G, self.of_D = (
            torch.optim.Adam(each.parameters(), lr=5e-4, betas=(0.5, 0.999)) for each in (self.G, self.D)
        )
        width, height = sizes[-1]
        self.real, self.pad = torch.rand(1, 3, height, width) * 2 - 1, nn.ZeroPad2d(5)
        self.fixed = torch.randn(1, 1, *self.real.shape[2:]).expand(1, 3, -1, -1) if len(sizes) == 1 else None
        self.under = self.pad(torch.zeros_like(self.real))

    def below(self) -> Tensor:
        """The picture of the scales below, from fresh noise."""
        picture = torch.zeros(1, 3, self.sizes[0][1], self.sizes[0][0])
        for number, lower in enumerate(self.lower):
            noise = torch.randn(1, 1 if number == 0 else 3, *picture.shape[2:]).expand(1, 3, -1, -1)
            padded = self.pad(picture)
            picture = lower(0.1 * self.pad(noise) + padded) + padded[..., 5:-5, 5:-5]
            picture = enlarged(picture, self.sizes[number + 1])
        return picture

    def draw(self, seen: Tensor, below: Tensor) -> Tensor:
        """The generator's picture."""
        return self.G(seen.detach()) + below[..., 5:-5, 5:-5]

    def step(self, noise: Tensor | None = None, share: Tensor | None = None, turns: int = 3) -> dict[str, float]:
        """One step of so many updates of each; the losses of the last."""
        amplitude = 0.1 if self.lower else 1.0
        if noise is None:
            noise = torch.randn(1, 3 if self.lower else 1, *self.real.shape[2:]).expand(1, 3, -1, -1)
        for _ in range(turns):
            self.D.zero_grad()
            errD_real = -self.D(self.real).mean()
            errD_real.backward(retain_graph=True)
            prev = self.pad(self.below())
            seen = amplitude * self.pad(noise) + prev
            fake = self.draw(seen, prev)
            errD_fake = self.D(fake.detach()).mean()
            errD_fake.backward(retain_graph=True)
            mix = torch.rand(1, 1) if share is None else share
            between = (mix * self.real + (1 - mix) * fake.detach()).requires_grad_(True)
            scores = self.D(between)
            (slope,) = torch.autograd.grad(
                scores, between, torch.ones_like(scores), create_graph=True, retain_graph=True, only_inputs=True
            )
            penalty = ((slope.norm(2, dim=1) - 1) ** 2).mean() * 0.1
            penalty.backward()
            self.of_D.step()
        for turn in range(turns):
            self.G.zero_grad()
            fake = self.draw(seen, prev) if turn else fake
            errG = -self.D(fake).mean()
            errG.backward(retain_graph=True)
            fixed = 0 if self.fixed is None else self.pad(self.fixed)
            rec = 10 * F.mse_loss(self.draw(fixed + self.under, self.under), self.real)
            rec.backward(retain_graph=True)
            self.of_G.step()
        return {
            "D/real": -errD_real.item(),
            "D/fake": errD_fake.item(),
            "D/penalty": penalty.item(),
            "G/fake": errG.item(),
            "G/rec": rec.item(),
        }


def ours(sizes: Sequence[Size], widths: Sequence[int], config: SinGANConfig, precision: PrecisionName) -> ScaleSteps:
    """A scale of ours on scales that are untrained, with the sizes and widths that are given."""
    random = torch.Generator().manual_seed(0)
    pyramid = Pyramid(sizes, widths, 0.75, "zero")
    pyramid.fixed.copy_(pyramid.noise(0, sizes[0], random))
    scale = None
    for width, height in sizes:
        real = torch.rand(1, 3, height, width, generator=random) * 2 - 1
        scale = ScaleSteps(config, pyramid, real, scale, random, precision)
        if (width, height) != tuple(sizes[-1]):
            scale.finish()
    assert scale is not None
    return scale


def check(size: Size, width: int) -> None:
    """End if both have not the same losses at the coarsest scale."""
    config = SinGANConfig(**{**SinGANConfig.presets["paper"], "critic_steps": 1, "generator_steps": 1})
    scale, plain = ours([size], [width], config, "fp32"), Plain([size], [width])
    for theirs, mine in ((plain.G, scale.G), (plain.D, scale.D)):
        for to, of in zip(theirs.parameters(), _in_order(mine), strict=True):
            to.data.copy_(of)
    plain.real, plain.fixed = scale.real, scale.pyramid.fixed
    random = torch.Generator()
    random.set_state(scale.random.get_state())
    noise = scale.pyramid.noise(0, size, random)
    found, wanted = scale(0), plain.step(noise, torch.rand(1, generator=random), turns=1)
    apart = {name: abs(float(found[f"0/{name}"]) - loss) for name, loss in wanted.items()}
    print(f"losses of a step at {size[0]}x{size[1]}, width {width}: {max(apart.values()):.1e} apart at most")
    if max(apart.values()) > AGREE:
        raise SystemExit(f"they are not the same step: {apart}")


def _in_order(network: nn.Module) -> list[Tensor]:
    """Parameters by layer, each convolution before its norm."""
    *inner, last = network.convolutions
    pairs = [each for layer, norm in zip(inner, network.norms, strict=True) for each in (layer, norm)]
    return [parameter for module in (*pairs, last) for parameter in module.parameters()]


def timed(step: Callable[[], object], count: int = 1) -> float:
    """Processor seconds of one of `count` steps."""
    started = time.process_time()
    for _ in range(count):
        step()
    return (time.process_time() - started) / count


def counted(scale: ScaleSteps) -> Callable[[], object]:
    """A step after the one before."""
    numbers = iter(range(10**9))
    return lambda: [float(loss) for loss in scale(next(numbers)).values()]


def compare(sizes: Sequence[Size], widths: Sequence[int], rounds: int) -> None:
    """Print the middle of each way's times at a scale, and its ratio to the authors'."""
    paper, fast = SinGANConfig(**SinGANConfig.presets["paper"]), SinGANConfig(pool=4)
    narrow = [min(each, fast.widest) for each in widths]
    ways: dict[str, tuple[Callable[[], object], int]] = {
        "authors": (Plain(sizes, widths).step, 1),
        "paper": (counted(ours(sizes, widths, paper, "fp32")), 1),
        "paper bf16": (counted(ours(sizes, widths, paper, "bf16")), 1),
        "fast": (counted(ours(sizes, narrow, fast, "bf16")), fast.penalty_every),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, (step, count) in ways.items():
            found = timed(step, count)
            if number:  # the first is for what is made once
                seconds[name].append(found)
    middle = {name: statistics.median(each) for name, each in seconds.items()}
    cells = [f"{each:9.4f} {each / middle['authors']:5.2f}" for each in middle.values()]
    print(f"{len(sizes) - 1:5} {sizes[-1][0]:4}x{sizes[-1][1]:<4} {widths[-1]:5}  {'  '.join(cells)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="244x164")
    parser.add_argument("--scales", default="", help="numbers of scales, with commas (default: all)")
    parser.add_argument("--width", type=int, default=0, help="the same at all scales (0: as the authors have them)")
    for name, value in {"rounds": 2, "threads": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    given = parser.parse_args()
    keep_freed_memory()
    torch.set_num_threads(given.threads)
    width, height = map(int, given.size.split("x"))
    config = SinGANConfig(**SinGANConfig.presets["paper"])
    sizes, _ = config.sizes((width, height))
    widths = [given.width] * len(sizes) if given.width else config.widths(len(sizes))
    print(f"{torch.__version__}, {torch.backends.cpu.get_cpu_capability()}, {given.threads} threads")
    check(sizes[0], widths[0])
    names = ("authors", "paper", "paper bf16", "fast")
    print(f"scale      size width  {'  '.join(f'{name:>9} ratio' for name in names)}")
    chosen = map(int, given.scales.split(",")) if given.scales else range(len(sizes))
    for number in chosen:
        compare(sizes[: number + 1], widths[: number + 1], given.rounds)


if __name__ == "__main__":
    main()
