"""`style fast`: what strength 0 and 1 give, any size, several paintings, the photo's colours."""

from __future__ import annotations

import pytest
import torch
from skimage.color import rgb2yiq

from impasto.errors import InputError
from impasto.images import resize
from impasto.observers import Unobserved
from impasto.samples.drawings import drawing
from impasto.samples.photos import sample
from impasto.styles.fast import FastStyle, FastStyleConfig, scales


@pytest.fixture(scope="module")
def cup() -> torch.Tensor:
    """A part of a photograph, (3, 90, 130)."""
    return sample("coffee")[:, 100:280:2, 200:460:2].contiguous()


@pytest.fixture(scope="module")
def night() -> torch.Tensor:
    """A drawing, (3, 128, 128)."""
    return drawing("swirls", 128)


def stylized(photo: torch.Tensor, paintings: list[torch.Tensor], **values: object) -> torch.Tensor:
    config = FastStyleConfig(**{"coarsest": 64, **values})
    return FastStyle(config).run({"content": [photo], "style": paintings}, Unobserved()).output


def test_strength_0_is_the_photo(cup, night):
    assert torch.allclose(stylized(cup, [night], strength=0), cup, atol=2e-4)


def test_more_strength_is_further_from_the_photo(cup, night):
    distances = [float((stylized(cup, [night], strength=it) - cup).square().mean()) for it in (0.3, 0.6, 1.0)]
    assert 0 < distances[0] < distances[1] < distances[2]


def test_the_colours_are_the_paintings(cup, night):
    found = stylized(cup, [night], style_size="100%").flatten(1)
    for statistic in (lambda it: it.mean(1), lambda it: it.std(1)):
        away = (statistic(found) - statistic(night.flatten(1))).abs().max()
        before = (statistic(cup.flatten(1)) - statistic(night.flatten(1))).abs().max()
        assert float(away) < max(0.04, 0.3 * float(before))


def test_the_photos_forms_are_still_there(cup, night):
    found = stylized(cup, [night]).mean(0).flatten()
    assert abs(float(torch.corrcoef(torch.stack([found, cup.mean(0).flatten()]))[0, 1])) > 0.4


@pytest.mark.parametrize("shape", [(1, 1), (17, 33), (70, 20), (64, 96)])
def test_a_photo_of_any_size_keeps_it(night, shape):
    photo = torch.rand(3, *shape, generator=torch.Generator().manual_seed(1))
    assert stylized(photo, [night]).shape == (3, *shape)


def test_the_same_twice_is_the_same(cup, night):
    assert torch.equal(stylized(cup, [night]), stylized(cup, [night], seed=7))


def lattice(picture, period):
    """How much of a picture's fine contrast comes back in every cell of so many pixels; by chance about .01."""
    light = picture.mean(0, keepdim=True)[None]
    fine = (light - torch.nn.functional.avg_pool2d(light, 9, 1, 4))[0, 0, 8:-8, 8:-8]
    height, width = (side // period for side in fine.shape)
    cells = fine[: height * period, : width * period].reshape(height, period, width, period)
    return float(cells.mean((0, 2)).std() / fine.std())


def test_a_picture_has_no_lattice(night):
    """Of the period of any decoder that makes four pixels of one, alone or together."""
    found = stylized(resize(sample("china"), (384, 256)), [drawing("swirls", 320)], coarsest=256)
    assert lattice(found, 2) < 0.005
    assert lattice(found, 4) < 0.04
    assert lattice(found, 8) < 0.08


def test_a_share_of_0_leaves_a_painting_out(cup, night):
    other = drawing("woodblock", 96)
    alone = stylized(cup, [night])
    assert torch.allclose(stylized(cup, [night, other], blend=(2, 0)), alone, atol=1e-3)
    assert float((stylized(cup, [night, other]) - alone).abs().mean()) > 0.02


def test_a_blend_of_the_wrong_length_is_refused(cup, night):
    with pytest.raises(InputError, match=r"^blend must have one share for each of the 1 styles, got 2$"):
        stylized(cup, [night], blend=(1, 1))


def test_luminance_alone_keeps_the_photos_chroma(cup, night):
    found = stylized(cup, [night], keep_color="luminance")
    inside = ((found > 0.002) & (found < 0.998)).all(0).numpy()
    chroma = [rgb2yiq(it.permute(1, 2, 0).double().numpy())[..., 1:] for it in (found, cup)]
    assert abs(chroma[0] - chroma[1])[inside].max() < 2e-3


def test_the_sizes_begin_near_the_coarsest():
    assert [scales((long, long // 2), 256) for long in (200, 300, 512, 1024, 2048)] == [2, 2, 2, 3, 4]
    assert scales((60, 90), 256) == 1


def test_the_forecast_grows_with_the_picture():
    method = FastStyle(FastStyleConfig(size="512"))
    small = method.forecast({"content": [(512, 512)], "style": [(700, 500)]})
    large = FastStyle(FastStyleConfig(size="2048")).forecast({"content": [(512, 512)], "style": [(700, 500)]})
    assert large.seconds > 8 * small.seconds > 0
    assert large.memory > small.memory


def test_the_forecast_counts_the_cells_that_are_compared():
    def seconds(coarsest: int) -> float:
        method = FastStyle(FastStyleConfig(size="2048", coarsest=coarsest))
        return method.forecast({"content": [(2048, 2048)], "style": [(700, 700)]}).seconds

    cells = (1024 // 8) ** 2
    assert seconds(1024) - seconds(64) == pytest.approx(6e-9 * cells**2, rel=0.01)


@pytest.mark.parametrize("shape", [(1, 1), (40, 3), (16, 700)])
def test_a_painting_of_one_colour_or_of_any_shape_gives_a_picture(cup, shape):
    found = stylized(cup, [torch.full((3, *shape), 0.3)])
    assert bool(found.isfinite().all())
    assert float((found - 0.3).abs().mean()) < 0.1
