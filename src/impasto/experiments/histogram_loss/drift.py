"""What a texture is like on the way: how far its features' means and variances are off, and its brightness."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import torch

from impasto.features.network import FeatureNetwork
from impasto.images import luminance
from impasto.losses import gram, gram_loss
from impasto.metrics import sliced_patch_wasserstein
from impasto.observers import Checkpoint, Step

BLOCKS = 8  # across and down, whose brightness is compared
PATCH = 5


@dataclass(frozen=True)
class Standing:
    """The numbers of one picture; all are 0 for the exemplar itself but `blocks`."""

    step: int
    seconds: float  # wall time of the run so far, without the measuring
    processor: float  # and time at work of all its threads
    gram: float  # mean over the style layers of |G - A|^2 / |A|^2
    mean: float  # mean over channels of how far the mean is off, in the exemplar's standard deviations
    variance: float  # mean over channels of |log2| of the ratio of the standard deviations
    brightness: float  # mean luminance less the exemplar's
    blocks: float  # standard deviation of the luminance of blocks over that of the exemplar
    patches: float  # sliced Wasserstein distance of the patches in pixels, which nothing here optimises


class Judge:
    """Measures textures of one exemplar (3, H, W)."""

    def __init__(self, network: FeatureNetwork, exemplar: torch.Tensor, enlarge: float) -> None:
        self._network, self._exemplar, self._enlarge = network, exemplar, enlarge
        self._layers = network.default_style_layers
        features = self._features(exemplar)
        self._grams = {layer: gram(found) for layer, found in features.items()}
        self._moments = {layer: _moments(found) for layer, found in features.items()}
        self._light, self._blocks = _light(exemplar)

    def measure(self, picture: torch.Tensor, step: int, seconds: float, processor: float) -> Standing:
        """The numbers of a picture of the exemplar's size."""
        features = self._features(picture)
        grams = [float(gram_loss(features[layer], self._grams[layer])) for layer in self._layers]
        means, variances = [], []
        for layer in self._layers:
            mean, deviation = _moments(features[layer])
            goal, goal_deviation = self._moments[layer]
            means.append((mean - goal).abs() / goal_deviation)
            variances.append((deviation / goal_deviation).log2().abs())
        light, blocks = _light(picture)
        patches = sliced_patch_wasserstein(picture, self._exemplar, patch=PATCH, scales=2, projections=32)
        return Standing(
            step,
            seconds,
            processor,
            sum(grams) / len(grams),
            float(torch.cat(means).mean()),
            float(torch.cat(variances).mean()),
            light - self._light,
            blocks / self._blocks,
            sum(patches) / len(patches),
        )

    def _features(self, picture: torch.Tensor) -> dict[str, torch.Tensor]:
        size = [round(side * self._enlarge) for side in picture.shape[-2:]]
        with torch.no_grad():
            image = torch.nn.functional.interpolate(picture[None], size=size, mode="bilinear", align_corners=False)
            features: dict[str, torch.Tensor] = self._network(image, self._layers)
        return features


@dataclass
class Drift:
    """An observer of one run that measures its picture every few steps, outside the clock."""

    judge: Judge
    every: int
    standings: list[Standing] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start the clock."""
        self._resume(0.0, 0.0)

    def step(self, step: Step) -> None:
        """Measure, if it is time."""
        seconds, processor = time.perf_counter() - self._started, time.process_time() - self._worked
        if step.index % self.every == 0 or step.index == step.total:
            self.standings.append(self.judge.measure(step.preview(), step.index, seconds, processor))
            self._resume(seconds, processor)

    def checkpoint(self) -> Checkpoint | None:
        """Begin at the beginning."""
        return None

    def _resume(self, seconds: float, processor: float) -> None:
        self._started, self._worked = time.perf_counter() - seconds, time.process_time() - processor

    @property
    def per_step(self) -> float:
        """Processor seconds of a step, in the mean."""
        return self.standings[-1].processor / self.standings[-1].step

    def reached(self, quality: float) -> Standing | None:
        """When the patches were first so near to the exemplar's."""
        return next((standing for standing in self.standings if standing.patches <= quality), None)

    def wobble(self) -> float:
        """Standard deviation of the mean luminance over the second half of the run."""
        later = [it.brightness for it in self.standings[len(self.standings) // 2 :]]
        return float(torch.tensor(later).std(correction=0))


def _moments(features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and standard deviation of each channel, (C,); the latter of what is always the same is not quite 0."""
    places = features[0].flatten(1)
    deviation = places.std(1, correction=0)
    return places.mean(1), deviation.clamp_min(1e-2 * float(deviation.mean()))


def _light(picture: torch.Tensor) -> tuple[float, float]:
    """The mean luminance, and the standard deviation of that of blocks."""
    grey = luminance(picture)[None]
    blocks = torch.nn.functional.adaptive_avg_pool2d(grey, BLOCKS)
    return float(grey.mean()), max(float(blocks.std()), 1e-4)
