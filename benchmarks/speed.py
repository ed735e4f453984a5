"""How fast an iteration is, and how soon the loss is low, beside the plainest way of doing the same.

    python benchmarks/speed.py iteration      an iteration of ours over a bare forward and backward pass
    python benchmarks/speed.py descent        time to the loss that plain pixel L-BFGS reaches
    python benchmarks/speed.py statistics     an iteration by each kind of statistics, over one by Gram matrices

Every ratio is of two things timed in turn, in one process, on the same network, size and threads.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import torch

from impasto.features import load_network
from impasto.images import resize
from impasto.losses import gram, gram_loss, ranks
from impasto.observers import Checkpoint, Step
from impasto.samples.photos import sample
from impasto.synthesis.canvas import make_canvas
from impasto.synthesis.descent import make_optimizer
from impasto.synthesis.objective import StyleObjective
from impasto.synthesis.patches import HOLD
from impasto.synthesis.schedule import schedule
from impasto.synthesis.settings import style_layers
from impasto.textures.gram import GramTexture
from impasto.textures.histogram import HistogramTexture
from impasto.textures.sliced_features import SlicedFeaturesTexture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("iteration", "descent", "statistics"))
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    machine = {"torch": torch.__version__, "python": platform.python_version(), "threads": arguments.threads}
    run = {"iteration": iteration, "descent": descent, "statistics": statistics_compared}
    for row in run[arguments.what](arguments.size, arguments.rounds):
        print(json.dumps(row | {"size": arguments.size}), flush=True)
    print(json.dumps(machine), file=sys.stderr)


def exemplar(size: int) -> torch.Tensor:
    return resize(sample("coffee"), (size, size))[None]


def iteration(size: int, rounds: int) -> list[dict[str, Any]]:
    """A whole step of ours (losses, backward, optimiser) over the convolutions alone.

    The first two rows are steps of preset `best` as they are at that size: enlarged, a Laplacian pyramid as canvas,
    and the projections of the patch distance drawn anew as often as in a run.
    """
    bare = {"enlarge": 1.0, "canvas": "pixels", "patch_weight": 0.0}
    rows = []
    for name, changes in (
        ("efficientnet-lite0", {}),
        ("efficientnet-lite0", {"patch_weight": 0.0}),
        ("efficientnet-lite0", bare),
        ("vgg16", bare),
        ("vgg16", bare | {"precision": "bf16"}),
    ):
        config = GramTexture.Config(network=name, **changes)
        network = load_network(name)
        enlarge = schedule(config, size, size)[-1].enlarge
        seen = round(size * enlarge)
        ratio, seconds = paired(our_step(network, config, size, enlarge), bare_step(network, config, seen), rounds)
        rows.append({"network": name, "changes": changes, "network_size": seen, "seconds": seconds, "ratio": ratio})
    return rows


def statistics_compared(size: int, rounds: int) -> list[dict[str, Any]]:
    """A step of each method over one of Gram matrices on the same layers, in processor time, measured in turn.

    `ranking` is the share of the step that goes into finding each value's rank and what is at that rank.
    """
    config = {"patch_weight": 0.0}
    methods = {
        "gram": GramTexture.Config(**config, statistics="gram"),
        "moments": GramTexture.Config(**config),
        "histogram, moments": HistogramTexture.Config(**config),
        "histogram, gram": HistogramTexture.Config(**config, statistics="gram"),
        "sliced-features": SlicedFeaturesTexture.Config(**config),
        "sliced-features, every place": SlicedFeaturesTexture.Config(**config, positions=2**24),
    }
    network = load_network("efficientnet-lite0")
    enlarge = schedule(methods["gram"], size, size)[-1].enlarge
    ranked = [0.0]
    plain = ranks.above_ranks

    def watched(*values: Any, **more: Any) -> torch.Tensor:
        started = time.process_time()
        found = plain(*values, **more)
        ranked[0] += time.process_time() - started
        return found

    ranks.above_ranks = watched
    steps = {name: our_step(network, method, size, enlarge) for name, method in methods.items()}
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    shares: dict[str, list[float]] = {name: [] for name in methods}
    for turn in range(rounds + 1):
        for name, step in steps.items():
            ranked[0], started = 0.0, time.process_time()
            step()
            taken = time.process_time() - started
            if turn:
                seconds[name].append(taken)
                shares[name].append(ranked[0] / taken)
    ranks.above_ranks = plain
    gram_seconds = statistics.median(seconds["gram"])
    return [
        {
            "statistics": name,
            "network_size": round(size * enlarge),
            "cpu_seconds": round(statistics.median(seconds[name]), 4),
            "ratio": round(statistics.median(seconds[name]) / gram_seconds, 2),
            "ranking": round(statistics.median(shares[name]), 3),
        }
        for name in methods
    ]


def our_step(network: Any, config: Any, size: int, enlarge: float) -> Callable[[], None]:
    """One step of a texture at one scale."""
    objective = StyleObjective(network, config, [(exemplar(size), 1.0)], enlarge=enlarge)
    canvas = make_canvas(config.canvas, torch.rand(1, 3, size, size))
    optimizer = make_optimizer(config, canvas)
    steps = count()

    def step() -> None:
        optimizer.zero_grad()
        loss = torch.stack(list(objective(canvas.image(), next(steps)).values())).sum()
        torch.autograd.backward(loss)
        optimizer.step()
        loss.item()

    return step


def bare_step(network: Any, config: Any, size: int) -> Callable[[], None]:
    """The convolutions forward and backward to the picture, and nothing else: the limit."""
    last = list(style_layers(network, config))[-1]
    image = torch.rand(1, 3, size, size, requires_grad=True)

    def step() -> None:
        image.grad = None
        torch.autograd.backward(network(image, [last])[last].sum())

    return step


def paired(ours: Callable[[], None], theirs: Callable[[], None], rounds: int) -> tuple[float, float]:
    """The median ratio of times measured in turn, and our median seconds; each time is the mean of several steps."""
    ratios, seconds = [], []
    for _ in range(rounds + 1):
        first, second = timed(ours), timed(theirs)
        ratios.append(first / second)
        seconds.append(first)
    return round(statistics.median(ratios[1:]), 3), round(statistics.median(seconds[1:]), 4)


def timed(action: Callable[[], None]) -> float:
    """Seconds of a step, over as many steps as share the projections of the patch distance."""
    started = time.perf_counter()
    for _ in range(HOLD):
        action()
    return (time.perf_counter() - started) / HOLD


def descent(size: int, rounds: int) -> list[dict[str, Any]]:
    """Seconds until the Gram loss at full size is as low as after 100 to `rounds` x 100 steps of plain pixel L-BFGS."""
    network = load_network("efficientnet-lite0")
    target = exemplar(size)
    layers = network.default_style_layers
    with torch.no_grad():
        targets = {name: gram(features) for name, features in network(target, layers).items()}

    def loss_of(image: torch.Tensor) -> torch.Tensor:
        features = network(image, layers)
        return torch.stack([gram_loss(features[name], targets[name]) for name in layers]).sum()

    plain = plain_lbfgs(loss_of, size, 100 * rounds)
    watch = LossWatch(loss_of, size)
    # The same loss and nothing else: no enlargement, no patches, no box of colours.
    same = {"statistics": "gram", "enlarge": 1.0, "patch_weight": 0.0, "gamut_weight": 0.0}
    config = GramTexture.Config(**same, iterations=(40, 40, 40, 150))
    GramTexture(config).run({"exemplar": [target[0]]}, watch)
    rows = []
    for seconds, loss in plain[99::100]:
        reached = next((at for at, value in watch.seen if value <= loss), None)
        ratio = None if reached is None else round(seconds / reached, 1)
        rows.append({"loss": loss, "plain_seconds": seconds, "our_seconds": reached, "ratio": ratio})
    return rows


def plain_lbfgs(loss_of: Callable[[torch.Tensor], torch.Tensor], size: int, steps: int) -> list[tuple[float, float]]:
    """(seconds, loss) of L-BFGS on the pixels of noise at full size, as the documents do it."""
    image = torch.rand(1, 3, size, size, generator=torch.Generator().manual_seed(0), requires_grad=True)
    optimizer = torch.optim.LBFGS([image], max_iter=1, history_size=20)
    seen: list[tuple[float, float]] = []
    started = time.perf_counter()

    def closure() -> float:
        optimizer.zero_grad()
        loss = loss_of(image.clamp(0, 1))
        torch.autograd.backward(loss)
        return loss.item()

    for _ in range(steps):
        loss = float(optimizer.step(closure))
        seen.append((round(time.perf_counter() - started, 2), round(loss, 5)))
    return seen


class LossWatch:
    """Measures the loss of each preview of the final size, outside the clock."""

    def __init__(self, loss_of: Callable[[torch.Tensor], torch.Tensor], size: int) -> None:
        self._loss_of, self._size, self._paused, self._started = loss_of, size, 0.0, time.perf_counter()
        self.seen: list[tuple[float, float]] = []

    def checkpoint(self) -> Checkpoint | None:
        return None

    def step(self, step: Step) -> None:
        at = time.perf_counter()
        elapsed = at - self._started - self._paused
        picture = step.preview()
        if picture.shape[-1] == self._size:
            with torch.no_grad():
                self.seen.append((round(elapsed, 2), float(self._loss_of(picture[None]))))
        self._paused += time.perf_counter() - at


if __name__ == "__main__":
    main()
