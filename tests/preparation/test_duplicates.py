"""`data dedup` on sets in which some pictures are there again, changed."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from impasto.errors import Cancelled, InputError
from impasto.networks.autoencoder import CodeAutoencoder, normalised
from impasto.observers import Unobserved
from impasto.optimizers import without_compiler
from impasto.preparation.duplicates import Duplicates
from impasto.preparation.duplicates_settings import DuplicatesConfig
from impasto.preparation.likeness import likeness
from impasto.randomness import generator
from impasto.runs.execute import perform
from impasto.runs.job import prepare


def smooth(count, seed=0, side=40):
    """Different pictures, uint8 (count, side, side, 3), without fine detail."""
    coarse = torch.rand(count, 3, 7, 7, generator=generator(seed))
    fine = torch.nn.functional.interpolate(coarse, (side, side), mode="bicubic").clamp(0, 1)
    return (fine * 255).round().byte().permute(0, 2, 3, 1).numpy()


def changed(picture):
    """The same picture in other files, each by its ending."""
    image = Image.fromarray(picture)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=70)
    width, height = image.size
    return {
        "copy": image,
        "mirror": image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "dark": image.point(lambda value: 0.8 * value),
        "jpeg": Image.open(file),
        "crop": image.crop((1, 0, width, height - 1)),
        "large": image.resize((2 * width, 2 * height), Image.Resampling.BICUBIC),
    }


@pytest.fixture
def folder(tmp_path):
    """Thirty pictures in a folder, and two of them six times more in another."""
    place = tmp_path / "photos"
    (place / "a").mkdir(parents=True)
    (place / "b").mkdir()
    pictures = smooth(30)
    for number, picture in enumerate(pictures):
        Image.fromarray(picture).save(place / "a" / f"{number}.png")
    for number in (3, 20):
        for kind, image in changed(pictures[number]).items():
            image.save(place / "b" / f"{number}-{kind}.png")
    return place


def deduplicated(place, output=None, steps=30, **config):
    config = {"tables": 8, **config}
    job = prepare(Duplicates(DuplicatesConfig(steps=steps, batch=16, **config)), {"data": [str(place)]})
    return perform(job, output=output)


def test_what_is_there_again_goes_whatever_was_done_to_it(folder, tmp_path):
    (folder / "b" / "damaged.png").write_bytes(b"no picture")
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    outcome = deduplicated(folder, tmp_path / "clean" / "page.png", copies=True)
    counts, found = (table.rows for table in outcome.tables)
    (row,) = counts
    assert (row["pictures"], row["stay"], row["go"], row["groups"], row["largest"]) == (42, 30, 12, 2, 7)
    assert row["unreadable"] == 1
    assert {(each["file"], each["stays"]) for each in found} == {
        (f"b/{number}-{kind}.png", f"a/{number}.png") for number in (3, 20) for kind in changed(smooth(1)[0])
    }
    assert {each["mirrored"] for each in found if each["file"].endswith("mirror.png")} == {True}
    assert outcome.figures[0].picture.shape[0] == 3
    copies = {path.relative_to(tmp_path / "clean"): path.read_bytes() for path in (tmp_path / "clean").rglob("*.*")}
    assert copies == {path.relative_to(folder): data for path, data in before.items() if path.parent.name == "a"}
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before


def test_equal_codes_alone_find_copies_and_mirror_images_only_if_these_count(folder):
    found = deduplicated(folder, apart=0, mirrored=False).tables[1].rows
    files = {each["file"] for each in found}
    assert {"b/3-copy.png", "b/20-copy.png"} <= files
    assert not any("mirror" in file for file in files)
    assert {each["bits"] for each in found} == {0}


def test_the_comparison_of_pictures_is_seen_and_can_be_stopped(folder):
    """It takes half an hour for ten thousand faces, all of which are nearly alike."""

    class Stop(Unobserved):
        seen = ()

        def step(self, step):
            self.seen = (*self.seen, step.task)
            if step.task:
                assert step.preview().shape == (3, 32, 32)
                raise Cancelled

    stop, job = Stop(), prepare(Duplicates(DuplicatesConfig(steps=3, batch=16)), {"data": [str(folder)]})
    perform(job, observers=[stop])
    assert stop.seen == ("", "", "", "comparing pictures, 1 of 1")


def test_copies_replace_nothing(folder, tmp_path):
    with pytest.raises(InputError, match="is the folder that the pictures come from; name a new one"):
        deduplicated(folder, folder / "page.png", copies=True, steps=1)
    (tmp_path / "new" / "a").mkdir(parents=True)
    (tmp_path / "new" / "a" / "0.png").write_text("mine")
    with pytest.raises(InputError, match=r"a/0.png: is there already, and another file; name a new folder"):
        deduplicated(folder, tmp_path / "new" / "page.png", copies=True, steps=1)
    assert (tmp_path / "new" / "a" / "0.png").read_text() == "mine"


def test_what_cannot_be_is_one_line(folder, tmp_path):
    one = tmp_path / "one"
    one.mkdir()
    (folder / "a" / "0.png").rename(one / "0.png")
    with pytest.raises(InputError, match="one: one picture, which cannot be there twice; give a set with more"):
        deduplicated(one)
    np.savez(tmp_path / "set.npz", data=np.zeros((4, 3072), np.uint8), labels=np.arange(1, 5))
    with pytest.raises(InputError, match=r"set.npz: is NumPy archives, of which no files can be copied"):
        deduplicated(tmp_path / "set.npz", copies=True)


def test_likeness_follows_what_moved_and_sees_nothing_in_the_sky():
    pictures = torch.from_numpy(smooth(12).transpose(0, 3, 1, 2))
    one, moved = pictures[:, :, :32, :32], pictures[:, :, 2:34, 1:33]
    assert likeness(one, moved).min() > 0.97
    assert likeness(one, one // 2).min() > 0.97
    assert likeness(one, one.roll(1, dims=0)).max() < 0.9
    assert likeness(one, 255 - one).max() < 0.9
    sky = torch.full((2, 3, 32, 32), 200, dtype=torch.uint8)
    lighter = sky + torch.linspace(0, 20, 32).byte()
    assert likeness(sky, sky).tolist() == [1, 1]
    assert likeness(sky, lighter).max() < 0.5


def test_the_code_forgets_brightness_and_contrast_and_is_learned():
    pictures = torch.from_numpy(smooth(64, side=32).transpose(0, 3, 1, 2))
    assert torch.allclose(normalised(pictures // 2), normalised(pictures // 2 + 40), atol=1e-4)
    along = torch.nn.functional.cosine_similarity(normalised(pictures), normalised(pictures // 2))
    assert along.min() > 0.999
    random = generator(0)
    network = CodeAutoencoder(64, random)
    assert network.bits(pictures).shape == (64, 64)
    adam = without_compiler(torch.optim.Adam)(network.parameters(), lr=1e-3)
    errors = []
    for _ in range(30):
        error = network.loss(pictures, random, noise=0.5, dropout=0.1)
        adam.zero_grad()
        error.backward()
        adam.step()
        errors.append(float(error.detach()))
    assert errors[-1] < 0.85 * errors[0] < 1
