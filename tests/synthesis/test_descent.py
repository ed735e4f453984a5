"""The loop from coarse to fine: it finds the minimum, and goes on after a stop as if there had been none."""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Mapping

import pytest
import torch
from tiny_network import TinyNetwork, noise

from impasto.errors import InputError
from impasto.images import resize
from impasto.observers import Checkpoint, Step, Unobserved
from impasto.synthesis import Scale, StyleObjective, SynthesisConfig, descend, schedule, total_steps
from impasto.synthesis.canvas import make_canvas
from impasto.synthesis.descent import carry_over, make_optimizer


class Towards:
    """An objective: the squared distance to a picture."""

    def __init__(self, goal: torch.Tensor, weight: float = 100.0) -> None:
        self.goal, self.weight = goal, weight

    def __call__(self, image: torch.Tensor, step: int) -> Mapping[str, torch.Tensor]:
        return {"far": self.weight * (image - self.goal).square().mean()}

    def limit(self, image: torch.Tensor) -> torch.Tensor:
        return image.clamp(0, 1)


class Recorded(Unobserved):
    """Keeps all steps, and their states."""

    def __init__(self, begin: Checkpoint | None = None) -> None:
        self.steps: list[Step] = []
        self.states: list[dict] = []
        self.begin = begin

    def step(self, step: Step) -> None:
        self.steps.append(step)
        self.states.append(copy.deepcopy(step.state()))

    def checkpoint(self) -> Checkpoint | None:
        return copy.deepcopy(self.begin)


def run(config: SynthesisConfig, goal: torch.Tensor, observer: Unobserved, weight: float = 100.0) -> torch.Tensor:
    height, width = goal.shape[-2:]
    return descend(
        config,
        schedule(config, height, width),
        start=lambda scale: noise(*scale.size, seed=8),
        enlarge=lambda picture, scale: resize(picture, (scale.width, scale.height)),
        objective=lambda scale: Towards(resize(goal, (scale.width, scale.height)), weight),
        observer=observer,
    )


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs", "sgd"])
@pytest.mark.parametrize("canvas", ["pixels", "laplacian", "fourier"])
def test_every_optimizer_finds_the_picture_on_every_canvas(optimizer, canvas):
    rate = {"adam": 0.02, "lbfgs": 1.0, "sgd": 0.1 if canvas == "fourier" else 1.0}[optimizer]
    config = SynthesisConfig(
        optimizer=optimizer, canvas=canvas, learning_rate=rate, scales=2, iterations=(60,), decay=False
    )
    goal, seen = noise(32, 40, seed=1), Recorded()
    found = run(config, goal, seen)
    assert found.shape == goal.shape
    started = float((noise(32, 40, seed=8) - goal).square().mean())
    assert float((found - goal).square().mean()) < 0.05 * started
    for first in (0, 60):  # the loss falls at each scale
        losses = [step.losses["loss"] for step in seen.steps[first : first + 60]]
        assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs", "sgd"])
def test_pixels_beyond_white_come_back(optimizer):
    goal = noise(24, 24, seed=1)
    rate = {"adam": 0.05, "lbfgs": 1.0, "sgd": 1.0}[optimizer]
    config = SynthesisConfig(
        optimizer=optimizer, canvas="pixels", learning_rate=rate, scales=1, iterations=(60,), decay=False
    )
    found = descend(
        config,
        schedule(config, 24, 24),
        start=lambda scale: noise(24, 24, seed=8) + 1.5,
        enlarge=lambda picture, scale: picture,
        objective=lambda scale: Towards(goal),
        observer=Unobserved(),
    )
    assert float((found - goal).abs().mean()) < 0.05


def test_the_observer_sees_every_step_once_with_its_losses_and_picture():
    config = SynthesisConfig(scales=3, iterations=(4, 3, 2), optimizer="adam")
    seen = Recorded()
    run(config, noise(64, 80), seen)
    assert [step.index for step in seen.steps] == list(range(1, 10))
    assert {step.total for step in seen.steps} == {9}
    assert [tuple(step.preview().shape) for step in seen.steps][::4] == [(3, 16, 20), (3, 32, 40), (3, 64, 80)]
    for step in seen.steps:
        assert step.losses["loss"] == pytest.approx(sum(v for k, v in step.losses.items() if k != "loss"))
        assert 0 <= float(step.preview().min()) <= float(step.preview().max()) <= 1


def test_the_result_is_the_last_iterate_inside_the_range():
    goal = noise(24, 24) * 3 - 1  # beyond black and white
    config = SynthesisConfig(scales=1, iterations=(30,), optimizer="adam", learning_rate=0.2, decay=False)
    seen = Recorded()
    found = run(config, goal, seen)
    assert 0 == float(found.min()) < float(found.max()) == 1
    assert torch.equal(found[0], seen.steps[-1].preview())


def test_the_step_size_falls_to_a_tenth_along_a_cosine_at_each_scale():
    def rates(decay: bool) -> list[float]:
        seen = Recorded()
        run(SynthesisConfig(scales=2, iterations=(10, 20), learning_rate=0.02, decay=decay), noise(32, 32), seen)
        return [state["optimizer"]["param_groups"][0]["lr"] for state in seen.states]

    expected = [0.02 * (0.55 + 0.45 * math.cos(math.pi * k / n)) for n in (10, 20) for k in range(n)]
    assert rates(decay=True) == pytest.approx(expected)
    assert rates(decay=False) == pytest.approx([0.02] * 30)


def test_averaging_is_an_exponential_mean_over_the_last_half():
    """The average does not change the path: the path without it, averaged by hand, must give the same picture."""
    plain = {"scales": 1, "iterations": (12,), "optimizer": "adam", "learning_rate": 0.05, "decay": False}
    goal = noise(24, 24, seed=1)
    path, averaged = Recorded(), Recorded()
    last = run(SynthesisConfig(**plain, average=0.0), goal, path)
    found = run(SynthesisConfig(**plain, average=0.8), goal, averaged)
    iterates = [step["average"].double() for step in path.states]
    assert torch.equal(iterates[-1].float(), last)
    expected = iterates[5]
    for iterate in iterates[6:]:
        expected = 0.8 * expected + 0.2 * iterate
    assert torch.allclose(found.double(), expected.clamp(0, 1), atol=1e-6)
    assert float((found - last).abs().max()) > 1e-3


@pytest.mark.parametrize("canvas", ["laplacian", "fourier"])
def test_steps_that_are_too_large_are_said_to_be(canvas):
    config = SynthesisConfig(
        optimizer="sgd", learning_rate=10.0, canvas=canvas, scales=1, iterations=(400,), decay=False
    )
    with pytest.raises(InputError, match=r"^the loss is no longer finite at step \d+: lower learning_rate, now 10"):
        run(config, noise(24, 24, seed=1), Unobserved(), weight=1e5)


class LostAt(Towards):
    """At a step its loss is infinite and its gradient is not; or the other way round, if it is `steep`."""

    def __init__(self, at: int, goal: torch.Tensor, *, steep: bool) -> None:
        super().__init__(goal)
        self.at, self.steep = at, steep

    def __call__(self, image: torch.Tensor, step: int) -> Mapping[str, torch.Tensor]:
        losses = super().__call__(image, step)
        lost = (0 * image).sqrt().sum() if self.steep else (0 * image).sum() + math.inf
        return {**losses, "lost": lost} if step == self.at else losses


@pytest.mark.parametrize(("steep", "what"), [(False, "loss"), (True, "picture")])
def test_a_loss_or_a_picture_that_is_not_finite_is_said_to_be_though_the_other_is(steep, what):
    config, goal = SynthesisConfig(scales=1, iterations=(6,)), noise(24, 24, seed=1)
    ways = {"start": lambda scale: noise(*scale.size, seed=8), "enlarge": resize, "observer": Unobserved()}
    line = rf"^the {what} is no longer finite at step 4: lower learning_rate, now 0\.02$"
    with pytest.raises(InputError, match=line):
        descend(config, schedule(config, 24, 24), objective=lambda scale: LostAt(3, goal, steep=steep), **ways)


def test_steps_tell_the_work_of_their_scale():
    """At two sizes, of which the finer has four times the pixels: from 0 to 1, and as steeply as pixels are many."""
    seen = Recorded()
    run(SynthesisConfig(scales=2, iterations=(10,), enlarge=1.0), noise(256, 256), seen)
    done = [step.done for step in seen.steps]
    coarse, fine = (128**2 + 4000, 256**2 + 4000)
    assert done[:10] == pytest.approx([number * coarse / (10 * (coarse + fine)) for number in range(1, 11)])
    assert done[-1] == 1.0
    half = Recorded(Checkpoint(14, seen.states[13]))
    run(SynthesisConfig(scales=2, iterations=(10,), enlarge=1.0), noise(256, 256), half)
    assert [step.done for step in half.steps] == done[14:]


@pytest.mark.parametrize("canvas", ["pixels", "laplacian"])
def test_adams_moments_are_carried_to_the_next_scale_by_band_and_resized(canvas):
    config = SynthesisConfig(canvas=canvas, optimizer="adam")
    old = make_canvas(canvas, noise(32, 48))
    before = make_optimizer(config, old)
    rising = torch.linspace(0, 1, 48).expand(1, 3, 32, 48)
    for index, parameter in enumerate(old.parameters):
        ramp = rising[..., : parameter.shape[-2], : parameter.shape[-1]]
        before.state[parameter] = {
            "step": torch.tensor(7.0),
            "exp_avg": index + ramp.clone(),
            "exp_avg_sq": torch.full_like(ramp, 10.0 + index),
        }
    new = make_canvas(canvas, noise(64, 96))
    after = make_optimizer(config, new)
    carry_over(old, before, new, after)
    shift = 0 if canvas == "pixels" else 1  # the finest band is new
    assert all(parameter not in after.state for parameter in new.parameters[:shift])
    for index, parameter in enumerate(new.parameters[shift:]):
        state = after.state[parameter]
        assert float(state["step"]) == 7
        assert torch.allclose(state["exp_avg_sq"], torch.full_like(parameter, 10.0 + index))
        middle = state["exp_avg"][..., 2:-2, 2:-2]
        assert middle.shape == parameter[..., 2:-2, 2:-2].shape
        assert float(middle.diff(dim=-1).std()) < 1e-6  # bilinear interpolation leaves a ramp a ramp


@pytest.mark.parametrize("optimizer", ["sgd", "lbfgs"])
def test_only_adam_carries_moments(optimizer):
    config = SynthesisConfig(canvas="pixels", optimizer=optimizer)
    old, new = make_canvas("pixels", noise(16, 16)), make_canvas("pixels", noise(32, 32))
    after = make_optimizer(config, new)
    carry_over(old, make_optimizer(config, old), new, after)
    assert not after.state


NETWORK = TinyNetwork()
CASES = {
    "adam": {"optimizer": "adam", "iterations": (6, 7)},  # patches change their projections on the way
    "adam carried and averaged": {"optimizer": "adam", "carry": True, "average": 0.7},
    "adam on pixels": {"optimizer": "adam", "canvas": "pixels", "carry": True, "decay": False},
    "adam on a spectrum": {"optimizer": "adam", "canvas": "fourier", "carry": True, "average": 0.5},
    "l-bfgs": {"optimizer": "lbfgs", "canvas": "pixels", "learning_rate": 1.0},
    "l-bfgs averaged": {"optimizer": "lbfgs", "canvas": "laplacian", "learning_rate": 0.5, "average": 0.6},
    "sgd": {"optimizer": "sgd", "learning_rate": 0.5, "average": 0.9},
}


def stylized(config: SynthesisConfig, observer: Unobserved) -> torch.Tensor:
    exemplar, photo = noise(40, 40, seed=1), noise(36, 33, seed=2)
    random = torch.Generator().manual_seed(config.seed)

    def objective(scale: Scale) -> StyleObjective:
        return StyleObjective(
            NETWORK, config, [(exemplar, 0.5), (exemplar.flip(2), 0.5)],
            content=resize(photo, (scale.width, scale.height)), content_layers=("b",),
        )  # fmt: skip

    return descend(
        config,
        schedule(config, 36, 33),
        start=lambda scale: torch.rand(1, 3, *scale.size, generator=random),
        enlarge=lambda picture, scale: resize(picture, (scale.width, scale.height)),
        objective=objective,
        observer=observer,
    )


@pytest.mark.parametrize("name", CASES)
def test_a_run_resumed_after_any_step_ends_with_the_same_bytes(name):
    config = SynthesisConfig(
        **{"scales": 2, "iterations": (4, 4), "patch_weight": 1.0, "projections": 3, "smoothness": 0.01} | CASES[name]
    )
    seen = Recorded()
    straight = stylized(config, seen)
    total = total_steps(schedule(config, 36, 33))
    assert len(seen.steps) == total
    for step, state in enumerate(seen.states[:-1], 1):
        again = Recorded(Checkpoint(step, state))
        assert torch.equal(stylized(config, again), straight), f"resumed after step {step}"
        assert [it.index for it in again.steps] == list(range(step + 1, total + 1))
        for ours, theirs in zip(again.steps, seen.steps[step:], strict=True):
            assert ours.losses == theirs.losses


def test_a_run_interrupted_again_and_again_ends_with_the_same_bytes():
    config = SynthesisConfig(scales=2, iterations=(6, 7), projections=3, carry=True, average=0.5)
    straight = stylized(config, Unobserved())

    class Stopped(Exception):  # noqa: N818
        pass

    class StopAt(Recorded):
        def __init__(self, stop: int, begin: Checkpoint | None) -> None:
            super().__init__(begin)
            self.stop = stop

        def step(self, step: Step) -> None:
            super().step(step)
            if step.index == self.stop:
                raise Stopped

    begin = None
    for stop in itertools.chain(range(1, 13, 2), [12]):
        observer = StopAt(stop, begin)
        with pytest.raises(Stopped):
            stylized(config, observer)
        begin = Checkpoint(stop, observer.states[-1])
    assert torch.equal(stylized(config, Recorded(begin)), straight)
