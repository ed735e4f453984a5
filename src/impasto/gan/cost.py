"""What a training costs: seconds of a few small steps, measured; memory and disk, counted."""

from __future__ import annotations

import time
from functools import partial

import torch
from torch import nn

from impasto.data import Batch
from impasto.devices import pick_device
from impasto.gan.dcgan_settings import DCGANConfig
from impasto.gan.steps import Steps
from impasto.methods import Forecast
from impasto.networks.adversaries import Adversaries, built_anew
from impasto.networks.dropout import draw_masks_from
from impasto.networks.latents import draw_latents
from impasto.randomness import generator
from impasto.training.likeness import seconds_of_measure
from impasto.training.precision import chosen
from impasto.training.team import ALONE

PROBE = 8  # pictures of the steps that are measured first
MORE = 3  # times as many are measured then
FIXED_MEMORY = 450_000_000  # bytes: Python, torch, and the network that measures
KEPT = 3  # times that an activation is held: what it was, its way back, and what lies between
FILES = 3  # checkpoints at a time: two, and the one that is being written


def forecast(config: DCGANConfig) -> Forecast:
    """The cost of a whole training on this machine."""
    device, shape = pick_device(config.device), config.shape(3, 0)
    networks = built_anew(shape, (), "normal", generator(0), device)
    seconds = _of_step(config, networks, device) * config.steps
    if config.measures:  # and once more, of the set's own pictures
        seconds += (config.measures + 1) * seconds_of_measure(config.measure_pictures, device)
    weights = 4 * sum(each.numel() for each in networks.parameters())
    state = 5 * weights  # the networks, two moments of each, the mean and the best
    at_once = config.batch // config.parts // config.processes
    memory = FIXED_MEMORY + 2 * state + KEPT * at_once * activations(networks, device)
    return Forecast(seconds, memory, disk=FILES * state + (1 + config.models) * weights)


def activations(networks: Adversaries, device: torch.device) -> int:
    """Bytes that the layers of both networks give for one picture, D's twice: for a real one and a drawn one."""
    found = {"generator": 0, "critic": 0}

    def note(name: str, _: nn.Module, __: object, output: torch.Tensor) -> None:
        found[name] += 4 * output.numel()

    leaves = [(name, it) for name in found for it in getattr(networks, name).modules() if not list(it.children())]
    hooks = [module.register_forward_hook(partial(note, name)) for name, module in leaves]
    with torch.no_grad():
        networks.eval()
        networks.critic(networks.generator(torch.zeros(1, networks.shape.latent, device=device)))
    for hook in hooks:
        hook.remove()
    return found["generator"] + 2 * found["critic"]


def _of_step(config: DCGANConfig, networks: Adversaries, device: torch.device) -> float:
    """Seconds of one step: what every step takes and what each picture does, from steps of a few and of some more.

    Small networks spend most of a small step on what does not depend on its pictures.
    """
    few = min(config.batch, max(PROBE, 2 * config.parts))
    some = min(config.batch, MORE * few)
    small = config.model_copy(update={"micro_batch": 0, "processes": 1})
    less, more = (_seconds(small.model_copy(update={"batch": count}), networks, device) for count in (few, some))
    each = max(0.0, more - less) / max(1, some - few)
    return more + each * (config.batch - some)


def _seconds(config: DCGANConfig, networks: Adversaries, device: torch.device) -> float:
    """Seconds of one step; the quickest of two, after one that does not count."""
    random = generator(0)
    draw_masks_from(networks, random)
    steps = Steps(config, networks, random, device=device, precision=chosen(config.precision, device), team=ALONE)
    pictures = draw_latents("uniform", config.batch * 3, config.side**2, random)
    batch = Batch(pictures.reshape(-1, 3, config.side, config.side).to(device), torch.zeros(config.batch).long())
    times = []
    for index in range(3):
        started = time.perf_counter()
        steps(index * (config.critic_steps + 1), batch)
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    return min(times[1:])
