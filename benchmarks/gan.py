"""The time of a DCGAN step here against that of a plain PyTorch loop, on the same networks, batch and machine.

    python benchmarks/gan.py [--side 64] [--batch 64] [--width 64] [--rounds 8] [--threads 2] [--parts] [--processes 2]

The plain loop is the one that everybody writes: the networks of PyTorch's example, in float32, Adam, three passes of
the critic a step, gradients set to nothing by each network's own `zero_grad`. Both live in processes of their own, and
their steps take turns; what counts is the middle of their times. On a machine that has other work that of the processor
is the steadier.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

import torch
from torch import nn

from impasto.cli.allocator import keep_freed_memory
from impasto.data import Batch
from impasto.gan.dcgan_settings import DCGANConfig
from impasto.gan.steps import Steps
from impasto.networks.adversaries import built_anew
from impasto.runs.together import meet
from impasto.training.average import Average
from impasto.training.precision import chosen
from impasto.training.team import ALONE, Team

CPU = torch.device("cpu")


class Plain:
    """The loop that everybody writes."""

    def __init__(self, side: int, batch: int, width: int, seed: int = 0) -> None:
        torch.manual_seed(seed)
        levels = side.bit_length() - 3
        wide = [width << number for number in range(levels)]
        inner = [nn.ConvTranspose2d(100, wide[-1], 4, 1, 0, bias=False), nn.BatchNorm2d(wide[-1]), nn.ReLU(True)]
        for outer, finer in pairwise(wide[::-1]):
            inner += [nn.ConvTranspose2d(outer, finer, 4, 2, 1, bias=False), nn.BatchNorm2d(finer), nn.ReLU(True)]
        self.G = nn.Sequential(*inner, nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False), nn.Tanh())
        layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
        for finer, outer in pairwise(wide):
            layers += [nn.Conv2d(finer, outer, 4, 2, 1, bias=False), nn.BatchNorm2d(outer), nn.LeakyReLU(0.2, True)]
        self.D = nn.Sequential(*layers, nn.Conv2d(wide[-1], 1, 4, 1, 0, bias=False), nn.Sigmoid())
        for module in (*self.G.modules(), *self.D.modules()):
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.normal_(module.weight, 0.0, 0.02)
        self.criterion = nn.BCELoss()
        self.of_G, self.of_D = (
            torch.optim.Adam(each.parameters(), lr=2e-4, betas=(0.5, 0.999)) for each in (self.G, self.D)
        )
        self.x = torch.rand(batch, 3, side, side) * 2 - 1

    def step(self) -> None:
        """One step; what it prints in the example is computed too."""
        G, D, criterion, count = self.G, self.D, self.criterion, len(self.x)
        D.zero_grad()
        label = torch.ones(count)
        output = D(self.x).view(-1)
        real = criterion(output, label)
        real.backward()
        output.mean().item()
        fake = G(torch.randn(count, 100, 1, 1))
        label.fill_(0)
        output = D(fake.detach()).view(-1)
        drawn = criterion(output, label)
        drawn.backward()
        output.mean().item()
        self.of_D.step()
        (real + drawn).item()
        G.zero_grad()
        label.fill_(1)
        output = D(fake).view(-1)
        aim = criterion(output, label)
        aim.backward()
        output.mean().item()
        self.of_G.step()
        aim.item()


class Ours:
    """A step as `train dcgan` takes it, with the mean weights and the losses' way out."""

    def __init__(self, side: int, batch: int, width: int, team: Team = ALONE, **values: object) -> None:
        config = DCGANConfig(**{"side": side, "batch": batch, "width": width, **values})
        random = torch.Generator().manual_seed(0)
        networks = built_anew(config.shape(3, 0), (), config.initial, random, CPU)
        self.steps = Steps(config, networks, random, device=CPU, precision=chosen(config.precision, CPU), team=team)
        for network in (networks.generator, networks.critic):
            team.join(network)
        self.average, self.networks, self.batch = Average(networks.generator, config.average), networks, batch
        pictures = torch.rand(batch, 3, side, side, generator=random) * 2 - 1
        self.seen, self.index = Batch(team.share(pictures), team.share(torch.full((batch,), -1))), 0

    def step(self) -> None:
        """One step."""
        losses = self.steps(self.index, self.seen)
        self.average.follow(self.networks.generator, self.batch)
        torch.stack(list(losses.values())).tolist()
        self.index += 1


def serve(
    connection: Connection, way: str, place: str, rank: int, size: int, side: int, batch: int, width: int, threads: int
) -> None:
    """Take a step whenever asked; answer with its seconds, of the clock and of the processor."""
    if way != "plain loop":
        keep_freed_memory()  # as the command does
    torch.set_num_threads(threads)
    if size > 1:
        meet(place, rank, size)
    values = dict(zip(("updates", "precision"), way.split(", "), strict=True)) if ", " in way else {}
    one = Plain(side, batch, width) if way == "plain loop" else Ours(side, batch, width, Team.here(), **values)
    while connection.recv():
        wall, used = time.perf_counter(), time.process_time()
        one.step()
        connection.send((time.perf_counter() - wall, time.process_time() - used))


@contextmanager
def served(way: str, processes: int, shape: tuple[int, int, int], threads: int) -> Iterator[list[Connection]]:
    """The ends of a way's processes, which share its threads."""
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(processes)]
    with tempfile.TemporaryDirectory() as aside:
        team = [(str(Path(aside) / "meeting"), rank, processes) for rank in range(processes)]
        workers = [
            context.Process(target=serve, args=(there, way, *who, *shape, threads // processes))
            for (_, there), who in zip(pipes, team, strict=True)
        ]
        for worker in workers:
            worker.start()
        yield [here for here, _ in pipes]
        for here, _ in pipes:
            here.send(False)
        for worker in workers:
            worker.join()


def compare(ways: Mapping[str, tuple[str, int]], rounds: int, shape: tuple[int, int, int], threads: int) -> None:
    """Print the middle of each way's times, and its ratio to the first's."""
    seconds = {name: list[tuple[float, float]]() for name in ways}
    with ExitStack() as stack:
        ends = {name: stack.enter_context(served(*way, shape, threads)) for name, way in ways.items()}
        for number in range(rounds + 1):
            for name, team in ends.items():
                for end in team:
                    end.send(True)
                walls, used = zip(*[end.recv() for end in team], strict=True)
                if number:  # the first is for what is made once
                    seconds[name].append((max(walls), sum(used)))
    print(f"{'':26}  seconds  ratio   of the processor  ratio")
    first = [statistics.median(column) for column in zip(*seconds["plain loop"], strict=True)]
    for name, found in seconds.items():
        wall, processor = (statistics.median(column) for column in zip(*found, strict=True))
        print(f"{name:26}  {wall:7.3f}  {wall / first[0]:5.2f}   {processor:16.3f}  {processor / first[1]:5.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in {"side": 64, "batch": 64, "width": 64, "threads": 2, "rounds": 8}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--parts", action="store_true", help="also other ways to take a step")
    parser.add_argument("--processes", type=int, default=1, help="also so many, which share batch and threads")
    given = parser.parse_args()
    ways = {name: (name, 1) for name in ("plain loop", "train dcgan")}
    if given.processes > 1:
        ways[f"train dcgan, {given.processes} processes"] = ("train dcgan", given.processes)
    if given.parts:
        names = [f"{updates}, {precision}" for updates in ("alternate", "together") for precision in ("fp32", "bf16")]
        ways |= {name: (name, 1) for name in names}
    print(f"{torch.__version__}, {torch.backends.cpu.get_cpu_capability()}, {given.threads} threads")
    compare(ways, given.rounds, (given.side, given.batch, given.width), given.threads)


if __name__ == "__main__":
    main()
