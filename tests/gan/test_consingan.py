"""A generator that grows on one picture: its steps by hand, what is trained of it, and resuming to the bit."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from impasto.gan.consingan import TrainConSinGAN
from impasto.gan.consingan_settings import ConSinGANConfig
from impasto.gan.consingan_steps import StageSteps
from impasto.kinds import build
from impasto.networks.consingan import GrowingGenerator
from impasto.networks.consingan_sampler import GrowingSampler, reconstructed, sampled
from impasto.networks.initial import draw_weights
from impasto.networks.pyramid_sizes import stage_shares
from impasto.networks.wish import Wish
from impasto.observers import Checkpoint
from impasto.samples.drawings import drawing
from observers import Keep, Resume
from tiny import CONSINGAN

TINY = CONSINGAN | {"coarsest": 12, "steps": 2}
SIZES, SHARES = ((16, 12), (20, 15), (26, 20)), (0.6, 0.75, 1.0)


def picture(width: int = 40, height: int = 32) -> torch.Tensor:
    return drawing("mosaic", 80)[:, :height, :width].contiguous()


def trained(observer=None, image: torch.Tensor | None = None, **values: object):
    given = {"image": [picture() if image is None else image]}
    return TrainConSinGAN(ConSinGANConfig(**{**TINY, **values})).run(given, observer or Keep())


def grown(stages: int, **values: object) -> tuple[list[StageSteps], GrowingGenerator, torch.Generator]:
    """So many stages, each of which took a step but the newest."""
    config, random = ConSinGANConfig(**{**TINY, **values}), torch.Generator().manual_seed(3)
    network = GrowingGenerator(SIZES[:stages], SHARES[:stages], config.width, normed=config.batch_norm)
    network.fixed.copy_(network.noise(0, SIZES[0], random))
    each: list[StageSteps] = []
    for width, height in SIZES[:stages]:
        real = torch.rand(1, 3, height, width, generator=random) * 2 - 1
        if each:
            each[-1](0)
        each.append(StageSteps(config, network, real, each[-1] if each else None, random, "fp32"))
        if len(each) == 1:  # gradients that are more than rounding, of which Adam makes whole steps
            draw_weights(network, random, "he")
            draw_weights(each[0].D, random, "he")
    return each, network, random


def convolved(convolutions, features: torch.Tensor) -> torch.Tensor:
    for convolution in convolutions:
        features = F.leaky_relu(convolution(features), 0.05)
    return features


def by_hand(network: GrowingGenerator, noises: list[torch.Tensor | None]) -> torch.Tensor:
    """The generator, written out."""
    features = convolved(network.first.convolutions, F.pad(noises[0], [1] * 4))
    for number, (stage, noise, (width, height)) in enumerate(zip(network.stages, noises, SIZES)):
        if number:
            features = F.interpolate(features, (height, width), mode="bilinear")
        seen = F.pad(features, [3] * 4)
        if number and noise is not None:
            seen = seen + network.sigma[number] * noise
        features = features + convolved(stage.convolutions, seen)
    return torch.tanh(network.last(F.pad(features, [1] * 4)))


def test_sizes_are_those_of_the_paper():
    assert [math.ceil(164 * share - 1e-6) for share in stage_shares(164, 25, 6)] == [25, 31, 41, 59, 113, 164]
    assert stage_shares(25, 25, 6) == [1.0]
    assert stage_shares(100, 25, 2) == pytest.approx([0.25, 1.0])


def test_a_step_is_that_of_one_by_hand():
    """The second stage's, of the first one's weights: its noise, losses and gradients, the penalty twice derived."""
    (*_, ours), mine, _ = grown(2)
    (*_, steps), theirs, random = grown(2)
    found = ours(0)
    real, D = steps.real, steps.D
    fixed = [theirs.fixed, None]
    sigma = 0.1 * float((by_hand(theirs, fixed) - real).detach().square().mean().sqrt())
    assert float(mine.sigma[1]) == pytest.approx(sigma, rel=1e-5)
    theirs.sigma[:] = torch.tensor([1.0, sigma])
    noises = theirs.noises(SIZES[:2], random)
    fake = by_hand(theirs, noises)

    def scores(pictures: torch.Tensor) -> torch.Tensor:
        *inner, last = D.convolutions
        return last(convolved(inner, pictures))

    judged, drawn = scores(real).mean(), scores(fake.detach()).mean()
    share = float(torch.rand(1, generator=random))
    between = (share * real + (1 - share) * fake.detach()).requires_grad_()
    (slope,) = torch.autograd.grad(scores(between).sum(), between, create_graph=True)
    (drawn - judged + 0.1 * ((slope.norm(2, dim=1) - 1) ** 2).mean()).backward()
    wanted = [each.grad.clone() for each in D.parameters()]
    D.load_state_dict(ours.D.state_dict())
    theirs.zero_grad()
    aim, rec = -scores(fake).mean(), 10 * F.mse_loss(by_hand(theirs, fixed), real)
    (aim + rec).backward()
    wanted += [each.grad for each in theirs.parameters()]
    losses = {"D/real": judged, "D/fake": drawn, "G/fake": aim, "G/rec": rec}
    for name, value in losses.items():
        assert float(found[f"1/{name}"]) == pytest.approx(float(value.detach()), abs=1e-5), name
    gradients = [each.grad for network in (ours.D, mine) for each in network.parameters()]
    for number, (gradient, by) in enumerate(zip(gradients, wanted, strict=True)):
        if by.ndim == 4:  # biases of a critic have none by the penalty, and its last one none at all
            assert float((gradient - by).abs().max()) < 1e-4 * float(by.abs().max()), number


def test_lower_stages_learn_by_smaller_steps():
    (*_, steps), network, _ = grown(3, together=3)
    steps(0)
    assert [round(group["lr"], 6) for group in steps.adam_G.param_groups] == [0.0001, 0.001, 0.01, 0.0001, 0.01]
    steps(2)  # in the last fifth
    assert [round(group["lr"], 6) for group in steps.adam_G.param_groups][2] == 0.001
    assert len(list(network.parameters())) == sum(len(group["params"]) for group in steps.adam_G.param_groups)


def test_a_stage_begins_as_the_one_below_and_the_lowest_stay_as_they_are():
    (first, second, third), network, _ = grown(3)
    begun = [{name: each.clone() for name, each in stage.state_dict().items()} for stage in network.stages]
    assert all(torch.equal(value, begun[1][name]) for name, value in begun[2].items())
    assert all(torch.equal(a, b) for a, b in zip(third.D.parameters(), second.D.parameters()))
    assert first.D is not second.D
    third(0)
    same = [
        all(torch.equal(value, before[name]) for name, value in stage.state_dict().items())
        for stage, before in zip(network.stages, begun)
    ]
    assert same == [True, False, False]


@pytest.mark.parametrize("values", [{}, {"batch_norm": True, "together": 1, "critic_steps": 2, "penalty_every": 2}])
def test_stopped_at_any_step_of_any_stage_it_ends_with_the_same_bytes(values):
    seen = Keep(states=True)
    whole = trained(seen, **values)
    assert len(seen.steps) == 6
    for done in range(1, 7):
        again = trained(Resume(Checkpoint(done, seen.states[done - 1])), **values)
        assert torch.equal(again.output, whole.output), done
        assert all(torch.equal(again.model.tensors[name], each) for name, each in whole.model.tensors.items()), done


@pytest.mark.parametrize("batch_norm", [False, True])
def test_looking_at_it_changes_nothing(batch_norm):
    class Look(Keep):
        def step(self, step) -> None:
            step.preview()
            step.model()

    assert torch.equal(trained(Look(), batch_norm=batch_norm).output, trained(batch_norm=batch_norm).output)


def test_it_learns_to_give_the_picture_back():
    image = picture(20, 16)
    result = trained(image=image, stages=1, steps=100, width=16, batch_norm=True, learning_rate=2e-3, precision="fp32")
    error = (reconstructed(build(result.model)) - image).square().mean().sqrt()
    assert float(error) < 0.6 * float(image.std())


def test_from_a_stage_on_only_what_is_finer_is_new():
    generator = build(trained(steps=6).model)
    random = torch.Generator().manual_seed(0)
    wide = sampled(generator, (61, 32), random, 1)
    assert wide.shape == (3, 32, 61)
    generator.sigma[1:] = 0
    assert torch.equal(sampled(generator, (40, 32), random, 1), reconstructed(generator))
    assert not torch.equal(sampled(generator, (40, 32), random), reconstructed(generator))


def test_stages_that_there_are_draw_before_the_rest_has_begun():
    models = []

    class Models(Keep):
        def step(self, step) -> None:
            models.append(step.model())

    trained(Models())
    model = models[3]
    assert (len(model.config["sizes"]), model.size) == (2, tuple(model.config["sizes"][-1]))
    sampler = GrowingSampler(build(model))
    assert sampler.scales == 2
    assert sampler.draw(Wish((30, 20)), torch.Generator().manual_seed(0)).shape == (3, 20, 30)


def test_grey_pictures_make_a_grey_model():
    assert trained(image=picture().mean(0, keepdim=True).expand(3, -1, -1).contiguous()).model.config["grey"] is True
