"""Training of a network that gives photos one style (Johnson, Alahi & Fei-Fei 2016; Ulyanov et al. 2017)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from impasto.data.crops import MOST, Photo, PhotoCrops, photo_files
from impasto.devices import pick_device
from impasto.features import WEIGHTS, check_weights, load_network, weights_of
from impasto.grey import is_grey
from impasto.images import reduced, reduced_to
from impasto.input_sets import given_data
from impasto.inputs import Input, Inputs, Sizes, given_picture
from impasto.methods import Forecast, Method, Result
from impasto.model import Model
from impasto.observers import Observer
from impasto.optimizers import without_compiler
from impasto.randomness import generator
from impasto.styles.network_settings import StyleNetworkConfig
from impasto.synthesis import StyleObjective
from impasto.training import cosine, one_by_one, set_rate, train

if TYPE_CHECKING:
    from impasto.features.network import FeatureNetwork
    from impasto.networks.style import StyleNetwork

WARMING = 30  # steps in which the step size grows to its own
STEEPEST = 10.0  # norm of a gradient; a crop with hardly any content has a relative loss far above all others
SHOWN = 3  # photos of a preview
# What a network learns from where no folder is named.
SAMPLED = ("astronaut", "chelsea", "coffee", "rocket", "china", "flower", "brick", "grass", "gravel")
DRAWN = ("woodblock", "stained_glass", "pointillist", "mosaic", "pebbles", "weave")
PROBE = 128  # side in pixels of the crops that a forecast measures
STARTING = 3.0  # seconds until the first step, where photos are drawn: then these are, and the painting is seen
FIXED_MEMORY = 350_000_000  # bytes: Python, torch and the weights
PER_PIXEL = 3_500  # bytes of a step for each pixel of a crop that the perceptual network sees
OF_PAINTING = 1_500  # the same of the painting, which is seen once, and needs no gradient
PER_PHOTO = 12  # bytes for each pixel of a crop: a photo is held a little larger, in bytes


class TrainStyleNetwork(Method[StyleNetworkConfig]):
    """Train a network that gives any photo the style of a painting; `impasto style network` then does it at once."""

    name = "train style-network"
    inputs = (
        Input("style", "the painting"),
        Input(
            "photos",
            "folder of photos to learn from (default: those that come with Impasto)",
            kind="data",
            flag="photos",
            optional=True,
        ),
        WEIGHTS,
    )
    Config = StyleNetworkConfig
    makes = "model"

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Have the network paint a part of a photo, compare that with the painting and the photo; again and again."""
        from impasto.networks.style import StyleNetwork, paint

        config, device = self.config, pick_device(self.config.device)
        crops = PhotoCrops(self._photos(inputs), config.side, config.seed)
        painting = reduced(given_picture(inputs, "style").to(device), config.style_size)[None]
        grey = is_grey(painting[0])
        judge = load_network(config.network, weights=weights_of(config.network_weights, inputs)).to(device)
        objective = self._objective(judge, painting)
        network = StyleNetwork(config.widths, config.blocks)
        initialize(network, generator(config.seed))
        network.to(device)
        optimizer = without_compiler(torch.optim.Adam)(network.parameters(), lr=config.learning_rate)

        def losses(index: int) -> dict[str, torch.Tensor]:
            crop = crops.draw().to(device)
            objective.hold(crop)
            return objective(network(crop), index)

        def step(index: int) -> dict[str, float]:
            set_rate(optimizer, config.learning_rate * cosine(index / config.steps) * min(1, (index + 1) / WARMING))
            optimizer.zero_grad()
            found = one_by_one(config.batch, lambda: losses(index))
            torch.nn.utils.clip_grad_norm_(network.parameters(), STEEPEST)
            optimizer.step()
            return found

        def preview() -> torch.Tensor:
            photos = crops.look(SHOWN)
            painted = [paint(network, photo) for photo in photos]
            return torch.cat([torch.cat(list(photos), dim=2), torch.cat(painted, dim=2)], dim=1)

        def model() -> Model:
            config_of = {"widths": list(network.widths), "blocks": network.blocks} | ({"grey": True} if grey else {})
            return Model("style-network", config_of, network.state_dict(), (config.side, config.side))

        keep = {"network": network, "optimizer": optimizer, "crops": crops}
        train(observer, steps=config.steps, step=step, keep=keep, preview=preview, model=model)
        facts = {"network": dict(judge.weights), "photos": crops.count}
        return Result({"output": preview()}, facts, model())

    def check(self, inputs: Inputs) -> None:
        """Refuse a folder of photos that is of no use, and weights that do not fit."""
        check_weights(self.config.network, inputs)
        folder = given_data(inputs, "photos")
        if folder is not None:
            photo_files(folder, self.config.seed)

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds of a small step, measured, and scaled up; the memory is that of as many photos as are ever held."""
        config = self.config
        photos = MOST if "photos" in sizes else len(SAMPLED) + len(DRAWN)
        seconds, notice = _measure(config.model_copy(update={"seed": 0, "steps": 1, "batch": 1}))
        seconds *= (config.side / PROBE) ** 2
        width, height = reduced_to(sizes["style"][0], config.style_size)
        seen = max(PER_PIXEL * config.side**2, OF_PAINTING * width * height) * config.enlarge**2
        memory = FIXED_MEMORY + int(seen) + PER_PHOTO * photos * config.side**2
        starting = 0.0 if "photos" in sizes else STARTING
        return Forecast(starting + seconds * config.steps * config.batch, memory, notice=notice)

    def _photos(self, inputs: Inputs) -> Sequence[Photo | torch.Tensor]:
        """What the network learns from."""
        from impasto.samples.drawings import drawing
        from impasto.samples.photos import sample

        folder = given_data(inputs, "photos")
        if folder is not None:
            return photo_files(folder, self.config.seed)
        return [*(sample(name) for name in SAMPLED), *(drawing(name, 256) for name in DRAWN)]

    def _objective(self, judge: FeatureNetwork, painting: torch.Tensor) -> StyleObjective:
        """The losses; any content stands there until the first crop is drawn."""
        config = self.config
        return StyleObjective(
            judge,
            config.objective(),
            [(painting, 1.0)],
            enlarge=config.enlarge,
            content=painting,
            content_layers=config.content_layers or judge.default_content_layers,
            content_weight=config.content_weight,
        )


def initialize(network: StyleNetwork, random: torch.Generator) -> None:
    """Draw the weights (He et al. 2015); the first pictures are nearly grey."""
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=random)
    with torch.no_grad():
        network.colors.weight.mul_(0.1)
        if network.colors.bias is not None:
            network.colors.bias.zero_()


@lru_cache(maxsize=4)
def _measure(config: StyleNetworkConfig) -> tuple[float, str]:
    """Seconds of a step at the probe's size, the best of three, and what is to be said of the network."""
    from impasto.networks.style import StyleNetwork

    device = pick_device(config.device)
    judge = load_network(config.network, weights=weights_of(config.network_weights)).to(device)
    noise = torch.rand(1, 3, PROBE, PROBE, generator=generator(0)).to(device)
    network, objective = (
        StyleNetwork(config.widths, config.blocks).to(device),
        TrainStyleNetwork(config)._objective(judge, noise),
    )
    return min(_seconds(network, objective, noise) for _ in range(3)), judge.notice


def _seconds(network: StyleNetwork, objective: StyleObjective, crop: torch.Tensor) -> float:
    """Seconds of a step at the probe's size."""
    started = time.perf_counter()
    objective.hold(crop)
    torch.autograd.backward(torch.stack(list(objective(network(crop), 0).values())).sum())
    if crop.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started
