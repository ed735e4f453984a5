"""Training on a single picture: each step against the authors' by hand, and gone on with in any scale to the bit."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from impasto.errors import InputError
from impasto.features import load_network
from impasto.gan.picture_steps import Learned
from impasto.gan.singan import TrainSinGAN
from impasto.gan.singan_settings import SinGANConfig
from impasto.gan.singan_steps import ScaleSteps
from impasto.gan.texture_loss import TextureLoss
from impasto.images import resize
from impasto.kinds import build
from impasto.networks.singan import Pyramid, enlarged
from impasto.networks.singan_sampler import PyramidSampler, reconstructed, sampled
from impasto.observers import Checkpoint
from impasto.samples.drawings import drawing
from observers import Keep, Resume
from tiny import SINGAN

PAPER = SinGANConfig.presets["paper"] | {"width": 4, "widest": 4, "steps": 4}


def picture(width: int = 40, height: int = 32) -> torch.Tensor:
    return drawing("mosaic", 80)[:, :height, :width].contiguous()


def trained(observer=None, image: torch.Tensor | None = None, **values: object):
    given = {"image": [picture() if image is None else image]}
    return TrainSinGAN(SinGANConfig(**{**SINGAN, **values})).run(given, observer or Keep())


def scale_of(config: SinGANConfig, scales: int = 1) -> tuple[ScaleSteps, Pyramid, torch.Generator]:
    """The newest of some scales that have taken no step."""
    random = torch.Generator().manual_seed(2)
    sizes = [(20, 16), (26, 20)][:scales]
    pyramid = Pyramid(sizes, config.widths(scales), 0.8, config.borders)
    pyramid.fixed.copy_(pyramid.noise(0, sizes[0], random))
    scale = None
    for size in sizes:
        if scale is not None:
            pyramid.sigma[0] = 1.0
            scale.finish()
        real = torch.rand(1, 3, size[1], size[0], generator=random) * 2 - 1
        scale = ScaleSteps(config, pyramid, real, scale, random, "fp32")
    assert scale is not None
    return scale, pyramid, random


def scores(critic, pictures: torch.Tensor) -> torch.Tensor:
    for convolution, norm in zip(critic.convolutions, critic.norms, strict=False):
        pictures = F.leaky_relu(norm(convolution(pictures)), 0.2)
    return critic.convolutions[-1](pictures)


def by_hand(scale: ScaleSteps, pyramid: Pyramid, random: torch.Generator, turns: int) -> dict[str, float]:
    """The authors' step at the coarsest scale, each loss as they write it; fakes are drawn anew for each update."""
    G, D, real = pyramid.generators[0], scale.D, scale.real
    of_G, of_D = (torch.optim.Adam(each.parameters(), lr=5e-4, betas=(0.5, 0.999)) for each in (G, D))
    pad = torch.nn.ZeroPad2d(5)
    noise = pad(torch.randn(1, 1, 16, 20, generator=random).expand(1, 3, 16, 20))
    for _ in range(turns):
        D.zero_grad()
        fake = G(noise)
        ours, theirs = scores(D, real).mean(), scores(D, fake.detach()).mean()
        share = torch.rand(1, generator=random)
        between = (share * real + (1 - share) * fake.detach()).requires_grad_()
        (slope,) = torch.autograd.grad(scores(D, between).sum(), between, create_graph=True)
        (theirs - ours + 0.1 * ((slope.norm(2, dim=1) - 1) ** 2).mean()).backward()
        of_D.step()
    for turn in range(turns):
        G.zero_grad()
        fake = G(noise) if turn else fake
        aim, rec = -scores(D, fake).mean(), 10 * F.mse_loss(G(pad(pyramid.fixed)), real)
        (aim + rec).backward()
        of_G.step()
    losses = {"D/real": ours, "D/fake": theirs, "G/fake": aim, "G/rec": rec}
    return {name: float(loss.detach()) for name, loss in losses.items()}


@pytest.mark.parametrize("turns", [1, 3])
def test_a_step_is_that_of_the_authors(turns):
    config = SinGANConfig(**{**PAPER, "critic_steps": turns, "generator_steps": turns})
    ours, theirs = scale_of(config), scale_of(config)
    found, wanted = ours[0](0), by_hand(*theirs, turns)
    for name, value in wanted.items():
        assert float(found[f"0/{name}"]) == pytest.approx(value, abs=2e-6), name
    for mine, other in zip(ours[1].generators.parameters(), theirs[1].generators.parameters(), strict=True):
        if mine.ndim == 4:  # Adam makes a whole step of a gradient that is nothing but rounding: biases before norms
            torch.testing.assert_close(mine, other, rtol=1e-4, atol=2e-5)


def test_the_noise_of_a_scale_is_a_tenth_of_what_it_has_to_add():
    scale, pyramid, _ = scale_of(SinGANConfig(**PAPER), 2)
    scale(0)
    with torch.no_grad():
        below = enlarged(pyramid.draw(0, torch.zeros(1, 3, 16, 20), pyramid.fixed), (26, 20))
    missing = float((scale.real - below).square().mean().sqrt())
    assert float(pyramid.sigma[1]) == pytest.approx(0.1 * missing, rel=1e-5)


def test_a_scale_begins_with_the_weights_of_the_one_below_if_it_is_as_wide():
    _, same, _ = scale_of(SinGANConfig(**PAPER), 2)
    first, second = (each.convolutions[1].weight for each in same.generators)
    assert torch.equal(first, second)
    assert first is not second


def test_widths_double_after_every_four_scales():
    paper = SinGANConfig(**SinGANConfig.presets["paper"])
    sizes, factor = paper.sizes((244, 164))
    assert (len(sizes), round(factor, 4)) == (9, 0.7905)
    assert paper.widths(9) == [32, 32, 32, 32, 64, 64, 64, 64, 128]
    assert paper.widths(14)[-1] == 128
    assert [paper.rate(step, 2000) for step in (0, 1599, 1600)] == pytest.approx([5e-4, 5e-4, 5e-5])


def test_coarser_scales_take_more_steps():
    """Half as many pixels, the root of two times as many; the step size falls in the last fifth of each."""
    config = SinGANConfig(steps=100)
    assert config.counts([(10, 20), (20, 20), (40, 20)]) == [200, 141, 100]
    assert SinGANConfig(steps=100, more_steps=0).counts([(10, 20), (40, 20)]) == [100, 100]
    assert [config.rate(step, 200) for step in (159, 160)] == pytest.approx([5e-4, 5e-5])
    seen = Keep()
    result = trained(seen, steps=2, more_steps=1)
    sizes = result.facts["sizes"]
    pixels = [width * height for width, height in sizes]
    counts = [sum(f"{scale}/G" in step.losses for step in seen.steps) for scale in range(len(sizes))]
    assert counts == [round(2 * pixels[-1] / each) for each in pixels]
    assert counts[0] > counts[1] > counts[2] == 2


@pytest.mark.parametrize(
    "values", [{}, {"pool": 0, "widest": 8, "borders": "noise", "critic_steps": 2, "more_steps": 0.5}]
)
def test_stopped_at_any_step_of_any_scale_it_ends_with_the_same_bytes(values):
    values = values | {"steps": 2}
    seen = Keep(states=True)
    whole = trained(seen, **values)
    assert len(seen.steps) == (9 if "more_steps" in values else 6)
    for done in range(1, len(seen.steps) + 1):
        again = trained(Resume(Checkpoint(done, seen.states[done - 1])), **values)
        assert torch.equal(again.output, whole.output), done
        assert again.model.tensors.keys() == whole.model.tensors.keys()
        assert all(torch.equal(again.model.tensors[name], each) for name, each in whole.model.tensors.items()), done


def test_a_seed_decides_all():
    first, again, other = trained(), trained(), trained(seed=1)
    assert torch.equal(first.output, again.output)
    assert not torch.equal(first.output, other.output)


def test_looking_at_it_changes_nothing():
    class Look(Keep):
        def step(self, step) -> None:
            step.preview()
            step.model()

    assert torch.equal(trained(Look()).output, trained().output)


def test_losses_are_told_by_scale():
    seen = Keep()
    trained(seen)
    names = {"G/rec", "G/fake", "G", "D/real", "D/fake", "D"}
    for index, step in enumerate(seen.steps):
        assert set(step.losses) - {f"{index // 3}/D/penalty"} == {f"{index // 3}/{name}" for name in names}
        losses = {name.partition("/")[2]: loss for name, loss in step.losses.items()}
        assert losses["D"] == pytest.approx(losses["D/fake"] - losses["D/real"], abs=1e-5)
        assert losses["G"] == pytest.approx(losses["G/fake"] + losses["G/rec"], abs=1e-5)


def test_it_learns_to_give_the_picture_back():
    """At one scale, from the noise that is kept, and by the statistics that it ends with."""
    image = picture(20, 16)
    result = trained(image=image, steps=60, learning_rate=2e-3, width=8, widest=8, precision="fp32")
    error = (reconstructed(build(result.model)) - image).square().mean().sqrt()
    assert float(error) < 0.6 * float(image.std())


def test_a_sample_of_the_training_s_own_seed_is_not_the_picture():
    pyramid = build(trained(steps=1, seed=5).model)
    drawn = pyramid.noise(0, pyramid.sizes[0], torch.Generator().manual_seed(5))
    assert float((drawn - pyramid.fixed).abs().mean()) > 0.5


def test_scales_that_there_are_draw_before_the_rest_has_begun():
    models = []

    class Models(Keep):
        def step(self, step) -> None:
            models.append(step.model())

    trained(Models())
    model = models[4]
    assert len(model.config["sizes"]) == 2
    assert model.size == tuple(model.config["sizes"][-1])
    drawn = sampled(build(model), (61, 33), torch.Generator().manual_seed(0))
    assert drawn.shape == (3, 33, 61)
    assert PyramidSampler(build(model)).scales == 2


def test_grey_pictures_make_a_grey_model():
    assert trained(image=picture().mean(0, keepdim=True).expand(3, -1, -1).contiguous()).model.config["grey"] is True
    assert "grey" not in trained().model.config


def test_larger_pictures_are_reduced():
    assert trained(max_size=36).model.size == (36, 29)


def test_a_picture_that_is_too_small_is_refused():
    with pytest.raises(
        InputError, match="image: 40x11, of which 11 pixels of the shorter side are learned: at least 12"
    ):
        trained(image=picture(40, 11))


def test_a_picture_of_one_colour_is_refused():
    with pytest.raises(InputError, match="image: all its pixels are of one colour"):
        trained(image=torch.full((3, 32, 40), 0.5))


def test_the_forecast_grows_with_the_picture_and_the_steps():
    small, large, longer = (
        TrainSinGAN(SinGANConfig(**{**SINGAN, "steps": steps})).forecast({"image": [size]})
        for steps, size in ((3, (40, 32)), (3, (160, 128)), (30, (40, 32)))
    )
    assert large.memory > small.memory
    assert large.seconds > small.seconds
    assert longer.seconds == pytest.approx(10 * small.seconds)


def hidden(height: int, width: int, rows: slice, columns: slice) -> torch.Tensor:
    mask = torch.zeros(3, height, width)
    mask[:, rows, columns] = 1
    return mask


def test_what_is_hidden_and_all_patches_with_some_of_it_do_not_count():
    mask = hidden(30, 34, slice(4, 8), slice(20, 23))
    learned = Learned.beside(mask[0] > 0, (34, 30))
    assert torch.equal(learned.pixels == 0, mask[:1] > 0)
    for top, left in ((0, 0), (3, 9), (3, 10), (8, 20), (7, 20), (19, 23)):
        counts = not mask[0, top : top + 11, left : left + 11].any()
        assert (float(learned.patches[0, top, left]) > 0) == counts, (top, left)
    assert learned.patches.shape == (1, 20, 24)
    torch.testing.assert_close(learned.pixels.mean(), torch.tensor(1.0))
    torch.testing.assert_close(learned.patches.mean(), torch.tensor(1.0))


def test_a_thin_line_is_hidden_at_every_scale():
    mask = hidden(120, 160, slice(50, 52), slice(0, 40))
    for width, height in ((160, 120), (80, 60), (33, 25)):
        assert 0 < float((Learned.beside(mask[0] > 0, (width, height)).pixels == 0).float().mean()) < 0.05


def test_what_is_beneath_a_mask_makes_no_difference():
    mask, other = hidden(32, 40, slice(0, 6), slice(0, 9)), picture()
    other[:, :6, :9] = torch.rand(3, 6, 9)
    models = [
        TrainSinGAN(SinGANConfig(**SINGAN)).run({"image": [image], "mask": [mask]}, Keep()).model.tensors
        for image in (picture(), other)
    ]
    assert all(torch.equal(models[0][name], models[1][name]) for name in models[0])


def test_what_is_hidden_is_not_drawn():
    """A red corner is, unless a mask is over it."""
    image = drawing("pebbles", 64)[:, :32, :36].mean(0, keepdim=True).repeat(3, 1, 1)
    image[:, :9, :9] = torch.tensor([1.0, 0, 0])[:, None, None]
    mask = hidden(32, 36, slice(0, 10), slice(0, 10))
    config = SINGAN | {"steps": 25, "width": 8, "widest": 8, "learning_rate": 1e-2, "coarsest": 32}

    def redness(**given: list[torch.Tensor]) -> float:
        model = TrainSinGAN(SinGANConfig(**config)).run({"image": [image], **given}, Keep()).model
        corner = reconstructed(build(model))[:, :8, :8]
        return float((corner[0] - corner[1:].mean(0)).mean())

    assert redness() > 0.3
    assert redness(mask=[mask]) < 0.1


@pytest.mark.parametrize(
    ("mask", "line"),
    [
        (torch.zeros(3, 8, 9), "mask is 9x8 pixels, but the picture is 40x32"),
        (torch.ones(3, 32, 40), "mask: leaves no whole patch of the picture at 20x16; paint less of it"),
        (hidden(32, 40, slice(14, 18), slice(10, 30)), "mask: leaves no whole patch of the picture at 20x16"),
    ],
)
def test_a_mask_that_does_not_fit_or_leaves_nothing_is_refused(mask, line):
    with pytest.raises(InputError, match=line):
        TrainSinGAN(SinGANConfig(**SINGAN)).run({"image": [picture()], "mask": [mask]}, Keep())


def sketch() -> torch.Tensor:
    """White paper with a black line across."""
    paper = torch.ones(3, 32, 40)
    paper[:, 14:18] = 0
    return paper


def test_a_sketch_is_what_the_coarsest_scales_learn():
    learned = []

    class Look(Keep):
        def step(self, step) -> None:
            learned.append(step.preview())

    given = {"image": [picture()], "sketch": [sketch()]}
    result = TrainSinGAN(SinGANConfig(**{**SINGAN, "sketch_scales": 2, "samples": 1})).run(given, Look())
    for number, shown in enumerate(learned):
        width, height = result.facts["sizes"][number // 3]
        wanted = sketch() if number < 6 else picture()
        torch.testing.assert_close(shown[:, :height, :width], resize(wanted, (width, height)), atol=1e-5, rtol=0)
    assert result.model.config["sketch"] == 2


def test_a_sketch_that_leaves_nothing_for_the_picture_is_refused():
    given = {"image": [picture()], "sketch": [sketch()]}
    with pytest.raises(InputError, match="sketch_scales 3: the picture has 3 scales, and the finest must learn it"):
        TrainSinGAN(SinGANConfig(**SINGAN)).check(given)
    with pytest.raises(InputError, match="sketch is 40x31 pixels, but the picture is 40x32"):
        TrainSinGAN(SinGANConfig(**SINGAN)).check({"image": [picture()], "sketch": [sketch()[:, :31]]})


@pytest.mark.parametrize("weight", [0.5, 2.0])
def test_the_texture_loss_is_at_first_what_the_weight_says_of_the_other(weight):
    """And stays by its factor, also where a training goes on."""
    seen = Keep(states=True)
    whole = trained(seen, texture=weight, steps=2)
    first = seen.steps[0].losses
    assert first["0/G/texture"] == pytest.approx(weight * first["0/G/rec"], rel=1e-4)
    assert first["0/G"] == pytest.approx(sum(first[f"0/G/{name}"] for name in ("rec", "fake", "texture")), rel=1e-5)
    for done in (1, 3):
        again = trained(Resume(Checkpoint(done, seen.states[done - 1])), texture=weight, steps=2)
        assert torch.equal(again.output, whole.output)


def test_the_texture_loss_knows_the_picture_s_textures():
    """Nothing of the picture itself, more of a blurred one than of a shifted one."""
    real = picture(40, 32)[None] * 2 - 1
    loss = TextureLoss("efficientnet-lite0", real, 1.0)
    loss.factor.fill_(1.0)
    own, shifted, blurred = (
        float(loss(each, lambda: real.mean()))
        for each in (real, real.roll(8, 3), F.avg_pool2d(real, 5, 1, 2, count_include_pad=False))
    )
    assert own == pytest.approx(0, abs=1e-6)
    assert own < shifted < blurred


@pytest.mark.parametrize(
    ("values", "mask", "line"),
    [
        ({"texture": 1.0}, True, "texture: its matrices are of all of a picture"),
        ({"texture": 1.0, "reconstruction": 0}, False, "texture: it is weighed by giving back the picture"),
    ],
)
def test_a_texture_loss_that_cannot_be_is_refused(values, mask, line):
    masks = [torch.ones(3, 32, 40) * (torch.arange(40) > 36)] if mask else []
    with pytest.raises(InputError, match=line):
        TrainSinGAN(SinGANConfig(**{**SINGAN, **values})).check({"image": [picture()], "mask": masks})


def test_pictures_that_are_too_small_for_the_network_are_enlarged_for_it(monkeypatch):
    real = picture(20, 12)[None] * 2 - 1
    monkeypatch.setattr("impasto.gan.texture_loss.load_network", lambda name: load_network(name, weights="random"))
    loss = TextureLoss("vgg16", real, 1.0)
    loss.factor.fill_(1.0)
    assert float(loss(real, lambda: real.mean())) == pytest.approx(0, abs=1e-6)
    assert float(loss(-real, lambda: real.mean())) > 0.01
