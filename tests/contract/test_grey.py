"""Grey in, grey out: whatever has no colours makes none, on any way to any method that makes a picture or a clip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from whole import answer

import impasto
from impasto.grey import in_grey
from impasto.images import luminance, read, write
from impasto.registry import METHODS
from impasto.runs.enter import enter
from impasto.runs.every import Every
from impasto.runs.execute import carry_on, perform
from impasto.runs.folder import RunFolder
from impasto.samples.drawings import drawing
from impasto.video import open_clip, write_clip
from observers import Keep, StopAt
from tiny import CASES, Case, Place
from tiny import case as case_of


def used(case: Case) -> set[str]:
    """All that a case is given."""
    return {thing for things in case.inputs.values() for thing in things}


MAPS = ("split.png", "split-of-pebbles.png", "hole.png", "corner.png")  # what is only ever a mask or a guide
PLAIN = [
    it for it in CASES if it.inputs and it.makes != "table" and it.method != "train dcgan"
]  # whose set has colours


class GreyPlace(Place):
    """Its pictures and clips have no colours."""

    def drawn(self, picture: torch.Tensor) -> torch.Tensor:
        return luminance(picture).expand(3, -1, -1)


class RedMaps(GreyPlace):
    """Only its masks and guides have one."""

    def path(self, thing: str) -> Path:
        path = super().path(thing)
        if thing in MAPS:
            write(read(path) * torch.tensor([1, 0.9, 0.9])[:, None, None], path)
        return path


@pytest.fixture(scope="module")
def greys(tmp_path_factory) -> GreyPlace:
    return GreyPlace(tmp_path_factory.mktemp("grey"))


def is_grey(picture: torch.Tensor) -> bool:
    return torch.equal(picture[0], picture[1]) and torch.equal(picture[0], picture[2])


def pictures_of(case: Case, place: Place, folder: Path) -> list[torch.Tensor]:
    """All that a run shows: its pictures, its previews, a clip's frames as they are read again."""
    seen, output = Keep(), folder / "out.gif" if case.makes == "clip" else None
    outcome = perform(case.job(place), [seen], output=output)
    frames = list(open_clip(output.read_bytes()).frames()) if output else []
    return [*outcome.images.values(), *outcome.pieces.values(), *frames, *(step.preview() for step in seen.steps)]


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.name)
def test_of_grey_pictures_every_method_makes_grey_ones(case, greys, tmp_path):
    assert all(is_grey(picture) for picture in pictures_of(case, greys, tmp_path))


@pytest.mark.parametrize("case", [it for it in PLAIN if used(it) & set(MAPS)], ids=lambda case: case.name)
def test_a_mask_has_no_colours_to_give(case, tmp_path):
    assert all(is_grey(picture) for picture in pictures_of(case, RedMaps(tmp_path), tmp_path))


@pytest.mark.parametrize("name", ["style gatys", "style neighbours", "style fast", "style sliced-patches"])
@pytest.mark.parametrize("coloured", ["content", "style"])
def test_one_picture_with_colours_is_enough_to_have_some(name, coloured, greys, place):
    case = case_of(name)
    inputs = {**case.job(greys).inputs(), coloured: case.job(place).inputs()[coloured]}
    found = impasto.run(name, {key: values[0] for key, values in inputs.items()}, **case.config).tensor
    assert torch.equal(found, case.job(place).method.run(inputs, Keep()).output)  # nothing is done to it
    assert not is_grey(found)


def test_each_picture_of_a_run_in_colour_has_the_bytes_that_its_method_gives(place):
    for name in ("texture gram", "texture quilt", "vary patches: mask"):
        job = case_of(name).job(place)
        assert torch.equal(perform(job).images["output"], job.method.run(job.inputs(), Keep()).output)


def deep_png(path: Path, values: np.ndarray) -> None:
    Image.fromarray((values * 65535).astype(np.uint16)).save(path)


def color_jpeg(path: Path, values: np.ndarray) -> None:
    Image.fromarray((values * 255).astype(np.uint8)).convert("RGB").save(path, quality=90)


def nearly(path: Path, values: np.ndarray) -> None:
    """Each channel rounded by itself: they differ by one here and there."""
    noise = np.random.default_rng(1).random((*values.shape, 3))
    Image.fromarray(np.floor(values[..., None] * 254 + noise).astype(np.uint8)).save(path)


def palette_tiff(path: Path, values: np.ndarray) -> None:
    Image.fromarray((values * 255).astype(np.uint8)).convert("P").save(path)


FILES: dict[str, Callable[[Path, np.ndarray], None]] = {
    "deep.png": deep_png,
    "camera.jpg": color_jpeg,
    "nearly.png": nearly,
    "palette.tif": palette_tiff,
}


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("name", ["texture gram", "style neighbours", "style fast"])
def test_a_grey_file_of_any_kind_gives_16_bits_of_grey_to_commands_and_calls_alike(name, file, here):
    y, x = np.mgrid[:32, :40]
    FILES[file](Path(file), (np.sin(x / 3) + np.cos(y / 4) + 2) / 4)
    case = case_of(name)
    given = [file] * len(case.inputs)
    flags = Case(name, {}, case.config).words(Place(here))[2:]
    answer(*name.split(), *given, *flags, "--bits", 16, "--no-record", "-o", "out.png")
    pixels = np.asarray(read("out.png"))
    assert np.array_equal(pixels[0], pixels[1])
    assert np.array_equal(pixels[0], pixels[2])
    called = impasto.run(name, given, **case.config).tensor
    assert np.array_equal((called.numpy() * 65535).round(), (pixels * 65535).round())


def test_a_grey_clip_whose_frames_hold_on_to_one_another_stays_grey(here):
    scene = luminance(drawing("mosaic", 96)).expand(3, -1, -1)
    for name, frames in (("walk.gif", range(3)), ("walk.webp", range(2))):
        write_clip([scene[:, :32, 3 * k : 40 + 3 * k] for k in frames], [0.1] * len(frames), name)
        write(scene[:, 40:80, 40:80], "painting.png")
        answer("style", "fast", name, "painting.png", "--temporal-blend", 0.6, "--no-record", "-o", "out.gif")
        assert all(is_grey(frame) for frame in open_clip("out.gif").frames())


def test_what_a_grey_run_goes_on_from_is_what_it_was(greys, here):
    case = case_of("texture gram")
    whole = perform(case.job(greys)).images["output"]
    carry_on(enter(case.job(greys), here, place=here / "run"), observers=[StopAt(3)], every=Every(steps=1))
    assert is_grey(read(here / "run" / "output.png"))  # as it stood when it was stopped
    carry_on(RunFolder(here / "run"))
    assert torch.equal(read(here / "run" / "output.png"), (whole * 255).round() / 255)


def test_pixels_that_are_grey_keep_their_bits():
    grey = torch.rand(1, 16, 16, generator=torch.Generator().manual_seed(0)).expand(3, -1, -1).contiguous()
    assert torch.equal(in_grey(grey), grey)
    tinted = grey.clone()
    tinted[0, :8] = (tinted[0, :8] + 0.02).clamp(max=1)
    assert torch.equal(in_grey(tinted)[:, 8:], grey[:, 8:])
    assert torch.allclose(in_grey(tinted), luminance(tinted).expand(3, -1, -1), atol=1e-6)
    assert is_grey(in_grey(tinted))


@pytest.mark.parametrize("name", METHODS)
def test_every_mask_and_map_is_said_to_be_one(name):
    for item in METHODS[name].load().inputs:
        if item.kind == "picture" and ("mask" in item.name or "map" in item.name or "guide" in item.name):
            likeness = (name, item.name) == ("texture quilt", "guide")  # a picture: all pixels are the exemplar's
            assert (item.reading == "colours") == likeness, item.name
