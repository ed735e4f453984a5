"""Training of the feed-forward texture network (Ulyanov, Lebedev, Vedaldi & Lempitsky 2016)."""

from __future__ import annotations

import copy
import time
from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from impasto.devices import pick_device
from impasto.features import WEIGHTS, check_weights, load_network, weights_of
from impasto.grey import is_grey
from impasto.images import reduced, reduced_to
from impasto.inputs import Input, Inputs, Sizes, given_picture
from impasto.methods import Forecast, Method, Result
from impasto.model import Model
from impasto.observers import Observer
from impasto.optimizers import without_compiler
from impasto.randomness import generator
from impasto.textures.network_settings import TextureNetworkConfig
from impasto.training import cosine, one_by_one, set_rate, train

if TYPE_CHECKING:
    from impasto.networks.texture import TextureNetwork
    from impasto.textures.network_loss import TextureLoss

SETTLING = 8  # pictures whose statistics the finished network keeps
PROBE = 128  # side in pixels of the pictures that a forecast measures
FIXED_MEMORY = 450_000_000  # bytes: Python, torch and the weights
PER_PIXEL = 3_000  # bytes of a step for each pixel that the perceptual network sees


class TrainTextureNetwork(Method[TextureNetworkConfig]):
    """Train a network that turns noise into textures like an exemplar; `impasto sample` then makes them at once."""

    name = "train texture-network"
    inputs = (Input("exemplar", "the picture whose texture is wanted", exemplar=True), WEIGHTS)
    Config = TextureNetworkConfig
    makes = "model"

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Draw noise, make a picture of it, compare its statistics with the exemplar's; again and again."""
        from impasto.networks.texture import TextureNetwork, render
        from impasto.textures.network_loss import TextureLoss

        config, device = self.config, pick_device(self.config.device)
        exemplar = reduced(given_picture(inputs, "exemplar").to(device), config.exemplar_size)[None]
        grey = is_grey(exemplar[0])
        judge = load_network(config.network, weights=weights_of(config.network_weights, inputs)).to(device)
        loss = TextureLoss(judge, config, exemplar)
        random = generator(config.seed)
        network = TextureNetwork(config.widths)
        initialize(network, exemplar, random)
        network.to(device)
        optimizer = without_compiler(torch.optim.Adam)(network.parameters(), lr=config.learning_rate)

        def losses(index: int) -> dict[str, torch.Tensor]:
            noise = network.draw(config.side, config.side, random)
            return loss(network([drawn.to(device) for drawn in noise]), index)

        def step(index: int) -> dict[str, float]:
            set_rate(optimizer, config.learning_rate * cosine(index / config.steps))
            optimizer.zero_grad()
            found = one_by_one(config.batch, lambda: losses(index))  # as the documents do
            optimizer.step()
            return found

        def trained() -> TextureNetwork:
            return settled(network, config.side, config.seed)

        def preview() -> torch.Tensor:
            return render(trained(), config.side, config.side, generator(config.seed))

        def model() -> Model:
            config_of = {"widths": list(network.widths), "noise": network.noise_channels} | (
                {"grey": True} if grey else {}
            )
            return Model("texture-network", config_of, trained().state_dict(), (config.side, config.side))

        keep = {"network": network, "optimizer": optimizer, "random": random}
        train(observer, steps=config.steps, step=step, keep=keep, preview=preview, model=model)
        facts = {"network": dict(judge.weights), "layers": list(config.layers or judge.default_style_layers)}
        return Result({"output": preview()}, facts, model())

    def check(self, inputs: Inputs) -> None:
        """Refuse weights that do not fit."""
        check_weights(self.config.network, inputs)

    def forecast(self, sizes: Sizes) -> Forecast:
        """Seconds of a small step, measured, and scaled up."""
        config = self.config
        seconds, notice = _measure(config.model_copy(update={"seed": 0, "steps": 1, "batch": 1}))
        seconds *= (config.side / PROBE) ** 2
        width, height = reduced_to(sizes["exemplar"][0], config.exemplar_size)
        seen = max(config.side**2, width * height) * config.enlarge**2
        memory = FIXED_MEMORY + int(PER_PIXEL * seen)
        return Forecast(seconds * config.steps * config.batch, memory, notice=notice)


def initialize(network: TextureNetwork, exemplar: torch.Tensor, random: torch.Generator) -> None:
    """Draw the weights (He et al. 2015), so that the first pictures have the exemplar's mean colour and covariance."""
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="leaky_relu", a=0.2, generator=random)
    colors = exemplar[0].flatten(1).cpu()
    axes, spread, _ = torch.linalg.svd(colors - colors.mean(1, keepdim=True), full_matrices=False)
    root = axes * spread / colors.shape[1] ** 0.5
    weight = network.colors.weight
    mixture = torch.linalg.qr(torch.randn(weight.shape[1], 3, generator=random)).Q  # (channels, 3)
    with torch.no_grad():
        weight.copy_((root[:, : mixture.shape[1]] @ mixture.T)[:, :, None, None])
        if network.colors.bias is not None:
            network.colors.bias.copy_(colors.mean(1))


def settled(network: TextureNetwork, side: int, seed: int) -> TextureNetwork:
    """A copy for sampling, whose batch norms hold the statistics of many pictures (Wu & Johnson 2021, section 3).

    In training each picture is normalised by its own; fixed ones make every pixel depend on the noise around it alone.
    """
    network = copy.deepcopy(network).train()
    device = next(network.parameters()).device
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the mean over all
    random = generator(seed)
    with torch.no_grad():
        for _ in range(SETTLING):
            network([drawn.to(device) for drawn in network.draw(side, side, random)])
    return network.eval()


@lru_cache(maxsize=4)
def _measure(config: TextureNetworkConfig) -> tuple[float, str]:
    """Seconds of a step at the probe's size, the best of three, and what is to be said of the network."""
    from impasto.networks.texture import TextureNetwork
    from impasto.textures.network_loss import TextureLoss

    device = pick_device(config.device)
    judge = load_network(config.network, weights=weights_of(config.network_weights)).to(device)
    noise = torch.rand(1, 3, PROBE, PROBE, generator=generator(0)).to(device)
    network, loss = TextureNetwork(config.widths).to(device), TextureLoss(judge, config, noise)
    return min(_seconds(network, loss, device) for _ in range(3)), judge.notice


def _seconds(network: TextureNetwork, loss: TextureLoss, device: torch.device) -> float:
    """Seconds of a step at the probe's size."""
    started = time.perf_counter()
    noise = [drawn.to(device) for drawn in network.draw(PROBE, PROBE, generator(0))]
    torch.autograd.backward(torch.stack(list(loss(network(noise), 0).values())).sum())
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started
