"""Styles that have their places: region by region from the command's words to the picture."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from impasto.cli.app import run
from impasto.errors import InputError
from impasto.images import read, write
from impasto.inputs import NamedInputs
from impasto.observers import Checkpoint, Unobserved
from impasto.styles.fast import FastStyle
from impasto.styles.gatys import GatysStyle, GatysStyleConfig
from impasto.styles.histogram import HistogramStyle
from impasto.styles.neighbours import NeighbourStyle
from impasto.styles.regions import MOST, places_of
from impasto.styles.sliced_features import SlicedFeaturesStyle
from observers import Keep, Resume

QUICK = {
    "layers": ("stem", "e1"),
    "content_layers": ("e1",),
    "enlarge": 1.0,
    "scales": 2,
    "coarsest": 24,
    "iterations": (5,),
    "network_weights": "random",
}


@pytest.fixture(scope="module")
def waves() -> torch.Tensor:
    """Broad bluish waves."""
    y = torch.arange(56.0)[:, None] + 3 * torch.sin(torch.arange(40.0) / 6)
    return torch.stack([0.3 + 0.1 * (y / 9).sin(), 0.4 + 0.2 * (y / 9).sin(), 0.6 + 0.3 * (y / 9).cos()]).clamp(0, 1)


def half(white: slice) -> torch.Tensor:
    """A hard mask of some columns of the photo, (3, 48, 64)."""
    mask = torch.zeros(3, 48, 64)
    mask[..., white] = 1
    return mask


def stylized(photo, painting, method=GatysStyle, named=None, **values) -> torch.Tensor:
    config = method.Config(**{**QUICK, **values})
    inputs = {"content": [photo], "style": [painting]} | {name: [it] for name, it in (named or {}).items()}
    return method(config).run(inputs, Unobserved()).output


def in_one_region(mask: torch.Tensor, style: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"region_mask": mask, "region_style": style}


@pytest.mark.parametrize("method", [GatysStyle, HistogramStyle, SlicedFeaturesStyle, NeighbourStyle])
def test_each_half_has_the_colours_of_its_own_painting(photo, painting, waves, method):
    longer = {"iterations": (20,), "learning_rate": 0.05, "content_weight": 0.0, "projections": 8}
    named = in_one_region(half(slice(0, 32)), waves)
    found = stylized(photo, painting, method, named, **longer)
    left, right = found[..., :28].mean((1, 2)), found[..., 36:].mean((1, 2))
    for near, far, ours in ((waves, painting, left), (painting, waves, right)):
        assert (ours - near.mean((1, 2))).abs().max() < 0.25 * (ours - far.mean((1, 2))).abs().max()


def test_a_region_of_everything_has_its_style_and_no_other(photo, painting, waves):
    everywhere = in_one_region(torch.ones(3, 48, 64), waves)
    found = stylized(photo, painting, named=everywhere)
    other = stylized(photo, photo, named=everywhere)
    assert torch.equal(found, other)
    assert float((found - stylized(photo, waves)).abs().mean()) < 0.01


def test_black_of_the_map_is_the_photo_to_the_bit_and_white_is_painted(photo, painting):
    found = stylized(photo, painting, named={"style_map": half(slice(20, 64))})
    assert torch.equal(found[..., :20], photo[..., :20])
    assert float((found - photo)[..., 20:].abs().mean()) > 0.02


def test_a_white_map_is_no_map(photo, painting):
    found = stylized(photo, painting, named={"style_map": torch.ones(3, 48, 64)})
    assert float((found - stylized(photo, painting)).abs().mean()) < 0.01


@pytest.mark.parametrize("keep_color", ["linear", "luminance"])
def test_it_goes_together_with_the_photos_colours_and_a_smaller_size(photo, painting, waves, keep_color):
    named = in_one_region(half(slice(0, 32)), waves) | {"style_map": half(slice(8, 64))}
    config = {"keep_color": keep_color, "size": "32x24", "scales": 1}
    found = stylized(photo, painting, named=named, **config)
    smaller = torch.nn.functional.avg_pool2d(photo, 2)
    assert found.shape == (3, 24, 32)
    assert float((found[..., :4] - smaller[..., :4]).abs().max()) < 0.05


def test_what_masks_leave_over_belongs_to_the_first_style_and_overlaps_are_shared(photo):
    masks = [half(slice(0, 30)), half(slice(20, 40)) * 0.5]
    places = places_of({"region_mask": masks, "style_map": [half(slice(10, 64))]}, photo)
    rest, one, two = (mask[0, 0, 7] for mask in places.masks)
    assert (one[10], two[10], rest[10]) == (1, 0, 0)
    assert (float(one[25]), float(two[25]), float(rest[25])) == pytest.approx((2 / 3, 1 / 3, 0))
    assert (float(one[35]), float(two[35]), float(rest[35])) == pytest.approx((0, 0.5, 0.5))
    assert (one[50], two[50], rest[50]) == (0, 0, 1)
    assert (one[5], two[5], rest[5]) == (0, 0, 0)
    for size in ((64, 48), (23, 17), (80, 60)):
        at = places.at(size)
        assert torch.allclose(torch.stack(at.masks).sum(0), at.keep, atol=1e-6)


def test_masks_of_another_size_black_ones_and_too_many_are_refused_in_one_line(photo, painting, waves):
    inputs = NamedInputs({"region_mask": [half(slice(0, 9))[..., 1:]]})
    inputs.paths = {"region_mask": ["sky"]}
    with pytest.raises(
        InputError, match=r"^region's mask sky is 63x48 pixels, but the content is 64x48; make them the same"
    ):
        places_of(inputs, photo)
    with pytest.raises(InputError, match=r"^style_map is all black"):
        stylized(photo, painting, named={"style_map": torch.zeros(3, 48, 64)})
    with pytest.raises(InputError, match=r"^region must be at most 64 values long, got 65$"):
        places_of({"region_mask": [half(slice(0, 9))] * (MOST + 1)}, photo)


def test_the_fast_style_paints_each_region_as_if_it_were_all(photo, painting, waves):
    def fast(*styles, named=None, **values) -> torch.Tensor:
        inputs = {"content": [photo], "style": [*styles]} | {name: [it] for name, it in (named or {}).items()}
        return FastStyle(FastStyle.Config(**values)).run(inputs, Unobserved()).output

    one, other = fast(painting), fast(waves)
    named = in_one_region(half(slice(0, 32)), waves)
    found = fast(painting, named=named)
    assert torch.allclose(found[..., :32], other[..., :32], atol=1e-5)
    assert torch.allclose(found[..., 32:], one[..., 32:], atol=1e-5)
    named["style_map"] = half(slice(20, 64)) * 0.5
    mapped = fast(painting, named=named)
    assert torch.equal(mapped[..., :20], photo[..., :20])
    assert torch.allclose(mapped[..., 20:], (found + photo)[..., 20:] / 2, atol=1e-5)


@pytest.mark.parametrize("at", [3, 8])
@pytest.mark.parametrize("method", [GatysStyle, NeighbourStyle])
def test_a_stopped_run_with_a_region_goes_on_to_the_same_picture(photo, painting, waves, method, at):
    config, seen = method.Config(**QUICK, projections=8), Keep(states=True)
    inputs = {"content": [photo], "style": [painting]}
    inputs |= {name: [it] for name, it in in_one_region(half(slice(0, 32)), waves).items()}
    whole = method(config).run(inputs, seen).output
    assert torch.equal(method(config).run(inputs, Resume(Checkpoint(at, seen.states[at - 1]))).output, whole)


def test_from_the_words_of_a_command_to_the_picture_and_again(tmp_path: Path, photo, painting, waves):
    """Masks and paintings are inputs like all others: recorded, and found again for the same picture."""
    for name, picture in (("photo", photo), ("painting", painting), ("waves", waves), ("mask", half(slice(0, 32)))):
        write(picture, tmp_path / f"{name}.png")
    place = str(tmp_path)
    words = f"style gatys {place}/photo.png {place}/painting.png --region {place}/mask.png={place}/waves.png -q"
    quick = "--iterations 2 --scales 1 --enlarge 1 --network-weights random --no-record"
    assert run([*words.split(), *quick.split(), "-o", f"{place}/out.png"]) == 0
    assert run(["runs", "repeat", f"{place}/out.png", "-o", f"{place}/again.png"]) == 0
    one, again = (read(tmp_path / f"{name}.png") for name in ("out", "again"))
    assert torch.equal(one, again)


def test_a_region_takes_longer():
    method = GatysStyle(GatysStyleConfig(**QUICK))
    sizes = {"content": [(64, 48)], "style": [(64, 48)]}
    with_one = sizes | {"region_mask": [(64, 48)], "region_style": [(64, 48)]}
    assert method.forecast(with_one).seconds > method.forecast(sizes).seconds
