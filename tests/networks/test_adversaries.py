"""Generators and critics: sizes, published counts of parameters, labels, random numbers, statistics."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from impasto.errors import InputError
from impasto.kinds import build
from impasto.model import Model
from impasto.networks.adversaries import Adversaries, AdversarySampler, built_anew, described, halved, settled
from impasto.networks.batch_norm import BatchNorm
from impasto.networks.dcgan import Discriminator
from impasto.networks.dropout import Dropout, draw_masks_from, share_masks
from impasto.networks.initial import draw_weights
from impasto.networks.latents import draw_latents
from impasto.networks.shape import Shape
from impasto.networks.wish import Wish


def random(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def fresh(**values: object) -> Adversaries:
    return built_anew(Shape(**{"width": 4, "latent": 8, **values}), (), "normal", random(), torch.device("cpu"))


def counts(**values: object) -> tuple[int, int]:
    networks = Adversaries(Shape(**values))
    return tuple(sum(each.numel() for each in it.parameters()) for it in (networks.generator, networks.critic))


@pytest.mark.parametrize("side", [28, 32, 64, 128])
@pytest.mark.parametrize("architecture", ["dcgan", "report", "perceptron", "two-streams"])
def test_pictures_have_the_side_that_was_asked_for_and_each_a_score(architecture, side):
    values = {"width": 4, "latent": 8, "dense": 10 if architecture == "perceptron" else 0, "classes": 3}
    networks = Adversaries(Shape(architecture=architecture, side=side, **values)).eval()
    y = torch.tensor([0, 2])
    pictures = networks.generator(torch.zeros(2, 8), y)
    assert pictures.shape == (2, 3, side, side)
    assert networks.critic(pictures, y).shape == (2,)


@pytest.mark.parametrize("kernel", [3, 4, 5])
@pytest.mark.parametrize("pooling", [False, True])
def test_every_kernel_halves_and_doubles_exactly(kernel, pooling):
    networks = fresh(side=32, kernel=kernel, pooling=pooling)
    z = draw_latents("normal", 2, 8, random())
    assert [each.shape[-1] for each in networks.generator.features(z)] == [4, 8, 16, 32]
    assert [each.shape[-1] for each in networks.critic.features(networks.generator(z))] == [16, 8, 4]


def test_at_64_px_there_are_as_many_weights_as_in_the_well_known_example():
    """3,576,704 and 2,765,568 (PyTorch's), which has no biases: here the outermost layers and the score have some."""
    assert counts(side=64) == (3_576_704 + 3, 2_765_568 + 64 + 1)


def test_the_critic_for_imagenet_has_28672_features_and_that_for_house_numbers_7168():
    for features, values in {
        28_672: {"widths": (128, 128, 256, 256, 512, 512), "strides": (1, 2, 1, 2, 1, 2), "kernel": 3},
        7_168: {"widths": (64, 128, 256), "kernel": 5},
    }.items():
        found = Discriminator(Shape(side=32, **values)).features(torch.zeros(1, 3, 32, 32))
        assert sum(each.shape[1] for each in found) * 4 * 4 == features


@pytest.mark.parametrize(
    ("batch_norm", "norms", "affine"),
    [("guidelines", (3, 2), True), ("all", (4, 3), True), ("no-affine", (3, 2), False)],
)
def test_batch_norm_is_where_it_was_asked_for(batch_norm, norms, affine):
    networks = fresh(side=32, batch_norm=batch_norm)
    found = [
        [it for it in part.modules() if isinstance(it, BatchNorm)] for part in (networks.generator, networks.critic)
    ]
    assert tuple(map(len, found)) == norms
    assert all(it.affine == affine for part in found for it in part)
    assert not any(isinstance(it, BatchNorm) for it in fresh(batch_norm="none").modules())


@pytest.mark.parametrize("labels", ["every-layer", "first-layer", "off"])
@pytest.mark.parametrize("architecture", ["dcgan", "report", "perceptron", "two-streams"])
def test_a_label_changes_the_picture_and_its_score_unless_it_is_off(architecture, labels):
    networks = fresh(architecture=architecture, side=28, classes=3, labels=labels, dense=8).eval()
    draw_weights(networks, random(1), "he")
    z = draw_latents("normal", 1, 8, random()).expand(3, -1)
    pictures = networks.generator(z, torch.arange(3))
    scores = networks.critic(pictures[:1].expand(3, -1, -1, -1), torch.arange(3))
    known = labels != "off"
    assert (pictures[0] != pictures[1]).any() == known
    assert (len(set(scores.tolist())) == 3) == known


def test_two_streams_are_blended_by_their_mask():
    generator = fresh(architecture="two-streams", side=28).generator.eval()
    z = draw_latents("normal", 2, 8, random())
    front, back, mask = generator.layers(z)
    assert mask.shape == (2, 1, 28, 28)
    assert (mask > 0).all()
    assert (mask < 1).all()
    assert torch.allclose(generator(z), back + mask * (front - back), atol=1e-6)


def test_weights_are_drawn_by_the_generator_alone_with_the_spread_that_is_said():
    torch.manual_seed(1)
    first = fresh(width=16)
    torch.manual_seed(2)
    again = fresh(width=16)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters()))
    weight = first.critic.layers[2].convolution.weight.detach()
    assert float(weight.std()) == pytest.approx(0.02, rel=0.03)
    assert float(first.generator.layers[0].norm.weight.detach().mean()) == pytest.approx(1, abs=0.02)
    dense = nn.Linear(300, 100)
    draw_weights(dense, random(), "glorot")
    assert float(dense.weight.detach().abs().max()) == pytest.approx((6 / 400) ** 0.5, rel=1e-3)
    draw_weights(dense, random(), "he")
    assert float(dense.weight.detach().std()) == pytest.approx((2 / 1.04 / 300) ** 0.5, rel=0.02)


def test_spectral_norm_makes_every_matrix_one_of_norm_one_and_comes_back_with_the_state():
    networks = fresh(side=32, batch_norm="none", spectral_norm=True)
    z = draw_latents("normal", 2, 8, random())
    for _ in range(20):
        networks.critic(networks.generator(z))
    state = copy.deepcopy(networks.state_dict())
    weight = networks.critic.eval().layers[1].convolution.weight.detach()
    assert float(torch.linalg.matrix_norm(weight.flatten(1), 2)) == pytest.approx(1, abs=0.02)
    again = fresh(side=32, batch_norm="none", spectral_norm=True)
    again.load_state_dict(state)
    assert torch.equal(again.critic.eval().layers[1].convolution.weight, weight)


def test_dropout_draws_from_the_generator_that_it_is_given():
    layer = Dropout(0.25)
    ones = torch.ones(64, 50)
    draw_masks_from(layer, random(3))
    first = layer(ones)
    torch.manual_seed(5)
    draw_masks_from(layer, random(3))
    assert torch.equal(layer(ones), first)
    assert not torch.equal(layer(ones), first)
    assert first.unique().tolist() == pytest.approx([0, 4 / 3])
    assert float((first == 0).float().mean()) == pytest.approx(0.25, abs=0.03)
    assert torch.equal(layer.eval()(ones), ones)
    assert copy.deepcopy(layer).random is None


def test_processes_that_share_a_batch_drop_what_one_alone_would():
    whole, parts = Dropout(0.5), [Dropout(0.5), Dropout(0.5)]
    draw_masks_from(whole, random(3))
    values = torch.rand(6, 4)
    halves = []
    for number, part in enumerate(parts):
        draw_masks_from(part, random(3))
        share_masks(part, number, 2)
        halves.append(part(values[3 * number : 3 * number + 3]))
    assert torch.equal(torch.cat(halves), whole(values))


@pytest.mark.parametrize("shape", [(6, 3, 4, 5), (6, 3)])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("twice", [False, True])
def test_batch_norm_over_processes_is_torchs_over_the_whole_batch(shape, affine, twice):
    """One process, whose total is its own: statistics, gradients, also of gradients, and running ones."""
    ours, theirs = (
        BatchNorm(3, affine=affine),
        (nn.BatchNorm2d if len(shape) == 4 else nn.BatchNorm1d)(3, affine=affine),
    )
    ours.total = lambda values: values
    x = torch.randn(shape, generator=random()) * 3 + 1
    goal = torch.randn(shape, generator=random(1))
    a, b = (x.clone().requires_grad_() for _ in range(2))
    for network, given in ((ours, a), (theirs, b)):
        loss = (network(given).tanh() * goal).sum()
        if twice:
            wanted = (given, *network.parameters())
            loss = sum(slope.square().sum() for slope in torch.autograd.grad(loss, wanted, create_graph=True))
        loss.backward()
    assert torch.allclose(a.grad, b.grad, atol=1e-5)
    for mine, their in zip(ours.parameters(), theirs.parameters()):
        assert torch.allclose(mine.grad, their.grad, rtol=1e-4, atol=1e-4)
    for name, value in theirs.state_dict().items():
        assert torch.allclose(ours.state_dict()[name].float(), value.float(), atol=1e-6), name


def test_a_settled_generator_draws_each_picture_by_itself():
    networks = fresh(side=28)
    before = copy.deepcopy(networks.state_dict())
    network = settled(networks.generator, networks.shape, seed=1)
    z = draw_latents("normal", 4, 8, random())
    assert torch.allclose(network(z)[2:3], network(z[2:3]), atol=1e-6)
    assert all(torch.equal(value, before[name]) for name, value in networks.state_dict().items())
    features = network.start_norm(network.start(z).reshape(4, 7, 7, -1).permute(0, 3, 1, 2))
    assert float(features.detach().mean()) == pytest.approx(0, abs=0.15)


def test_truncated_latents_stay_within_and_keep_the_distributions_middle():
    assert float(draw_latents("normal", 50, 40, random(), 0.8).abs().max()) <= 0.8
    usual = draw_latents("normal", 500, 40, random(), 0.8).std()
    assert float(usual) == pytest.approx(0.4427, abs=0.01)  # SciPy: truncnorm(-.8, .8).std()
    assert float(draw_latents("uniform", 50, 40, random(), 0.3).abs().max()) == pytest.approx(0.3, abs=0.001)
    assert float(draw_latents("uniform", 50, 40, random()).abs().max()) == pytest.approx(1, abs=0.001)


def trained(classes: tuple[str, ...] = (), **values: object) -> Model:
    networks = fresh(side=28, classes=len(classes), **values)
    networks.classes = classes
    return Model("dcgan", described(networks), networks.state_dict(), (28, 28))


def test_a_model_is_built_again_with_the_same_numbers():
    model = trained(("ant", "bee"), channels=1, batch_norm="no-affine")
    networks = build(model)
    assert networks.classes == ("ant", "bee")
    assert model.config["grey"] is True
    assert all(torch.equal(value, model.tensors[name]) for name, value in networks.state_dict().items())


@pytest.mark.parametrize(
    "change", [{"side": 30}, {"width": "64"}, {"latent": -1}, {"widths": [4, 4, 4, 4]}, {"new": 1}]
)
def test_a_model_whose_config_makes_no_sense_is_refused_with_one_line(change):
    model = trained()
    with pytest.raises(InputError, match="the model is of another version"):
        build(Model("dcgan", {**model.config, **change}, model.tensors, (28, 28)))


def test_a_class_is_named_by_its_word_or_its_number():
    sampler = AdversarySampler(build(trained(("ant", "bee"))))
    size = (28, 28)
    by_word, by_number, other = (sampler.draw(Wish(size, label=it), random(4)) for it in ("bee", "1", "ant"))
    assert torch.equal(by_word, by_number)
    assert not torch.equal(by_word, other)
    with pytest.raises(InputError, match=r"--class wasp: this model knows no such class; it knows ant, bee$"):
        sampler.draw(Wish(size, label="wasp"), random())


@pytest.mark.parametrize(
    ("wish", "line"),
    [
        (Wish((28, 28), label="3"), "trained without classes"),
        (Wish((56, 28)), "28x28 alone, not 56x28"),
        (Wish((28, 28), tile=True), "28x28 alone, not a tile"),
    ],
)
def test_what_a_generator_cannot_draw_is_said(wish, line):
    with pytest.raises(InputError, match=line):
        AdversarySampler(build(trained())).draw(wish, random())


def test_a_model_is_kept_in_half_its_bytes_and_draws_nearly_the_same():
    model = Model("dcgan", described(fresh(side=28, classes=3)), fresh(side=28, classes=3).state_dict(), (28, 28))
    kept = halved(model)
    assert {each.dtype for each in kept.tensors.values() if each.is_floating_point()} == {torch.float16}
    z, y = draw_latents("normal", 4, 8, random()), torch.arange(4) % 3
    whole, half = build(model), build(kept)
    assert next(half.parameters()).dtype == torch.float32
    assert float((whole.generator(z, y) - half.generator(z, y)).detach().abs().max()) < 2e-3


def test_a_number_that_16_bits_do_not_hold_is_refused():
    networks = fresh(side=28)
    next(networks.critic.parameters()).data[0] = 1e5
    with pytest.raises(InputError, match=r"^critic\..*: has numbers that 16 bits do not hold$"):
        halved(Model("dcgan", described(networks), networks.state_dict(), (28, 28)))


@pytest.mark.parametrize("only", ["generator", "critic"])
def test_one_part_alone_can_be_kept(only):
    whole = fresh(side=28, spectral_norm=True)
    kept = build(halved(Model("dcgan", described(whole), whole.state_dict(), (28, 28)), only))
    assert [name for name, _ in kept.named_children()] == [only]
    if only == "generator":
        assert AdversarySampler(kept).draw(Wish((28, 28)), random()).shape == (3, 28, 28)
    else:
        with pytest.raises(InputError, match="only the critic is kept"):
            AdversarySampler(kept)
