"""Random crops of photos: where they come from, how large they are, and that they can be gone on with."""

from __future__ import annotations

import pytest
import torch
import written_sets as written
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.data import PhotoCrops, open_data, photo_files
from impasto.errors import InputError
from impasto.images import resize, write


def ramp(height, width):
    """Red grows from left to right, green from top to bottom: where a pixel comes from can be read off it."""
    y, x = torch.meshgrid(torch.linspace(0, 1, height), torch.linspace(0, 1, width), indexing="ij")
    return torch.stack([x, y, torch.full_like(x, 0.5)])


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 150), st.integers(1, 150), st.integers(8, 64), st.integers(0, 5))
def test_crops_have_the_side_that_was_asked_for_whatever_the_photos_are(height, width, side, seed):
    crops = PhotoCrops([ramp(height, width), ramp(40, 60)], side, seed)
    for _ in range(4):
        crop = crops.draw()
        assert crop.shape == (1, 3, side, side)
        assert 0 <= float(crop.min()) <= float(crop.max()) <= 1
    assert crops.look(9).shape[:2] == (2, 3)


def test_a_crop_is_a_part_of_the_photo_at_some_size_and_half_are_mirrored():
    crops = PhotoCrops([ramp(100, 140), ramp(100, 140)], 32, 0)
    mirrored, reach = 0, []
    for _ in range(60):
        red, green, blue = crops.draw()[0]
        slope = float(red[:, -1].mean() - red[:, 0].mean())
        mirrored += slope < 0
        reach.append(float(green[-1].mean() - green[0].mean()))
        assert float(green.diff(dim=1).abs().max()) < 0.02  # rows stay rows
        assert float((blue - 0.5).abs().max()) < 0.02
    assert 15 <= mirrored <= 45
    assert max(reach) > 0.9  # nearly all of the short side
    assert 0.55 < min(reach) < 0.75  # the size at which a photo is held: 32 of 52 pixels


def test_the_middles_are_those_of_the_photos_in_order():
    photos = [resize(torch.full((3, 4, 4), value), (80, 70)) for value in (0.2, 0.4, 0.6, 0.8)]
    look = PhotoCrops(photos, 32, 0).look(2)
    assert torch.allclose(look.mean((1, 2, 3)), torch.tensor([0.2, 0.6]), atol=0.01)


def test_crops_go_on_where_a_checkpoint_was_made():
    photos = [ramp(60, 80), 1 - ramp(50, 90)]
    crops = PhotoCrops(photos, 16, 3)
    crops.draw()
    state = crops.state_dict()
    after = [crops.draw() for _ in range(5)]
    again = PhotoCrops(photos, 16, 99)
    again.load_state_dict(state)
    assert all(torch.equal(again.draw(), crop) for crop in after)


def test_other_photos_than_before_are_refused():
    state = PhotoCrops([ramp(60, 80), ramp(50, 90)], 16, 3).state_dict()
    with pytest.raises(InputError, match="the photos are not those that this training began with"):
        PhotoCrops([ramp(60, 80), ramp(50, 91)], 16, 3).load_state_dict(state)


def names(folder, seed):
    return [photo.entry.name for photo in photo_files(open_data(folder), seed)]


def test_a_folder_gives_its_photos_and_a_large_one_some_of_them(tmp_path, monkeypatch):
    for number in range(12):
        write(torch.full((3, 8, 8), number / 12), tmp_path / f"{number}.png")
    (tmp_path / "notes.txt").write_text("none")
    assert names(tmp_path, 0) == [f"{number}.png" for number in range(12)]
    monkeypatch.setattr("impasto.data.crops.MOST", 5)
    some = names(tmp_path, 1)
    assert len(set(some)) == 5
    assert some == names(tmp_path, 1) != names(tmp_path, 2)


def test_a_folder_without_photos_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"gone: no such folder"):
        open_data(tmp_path / "gone")
    with pytest.raises(InputError, match=r"no picture in this folder"):
        open_data(tmp_path)
    write(ramp(8, 8), tmp_path / "one.png")
    with pytest.raises(InputError, match=r"one photo in this folder; a network learns from 2 or more"):
        photo_files(open_data(tmp_path), 0)
    (tmp_path / "two.png").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"two\.png: "):
        photo_files(open_data(tmp_path), 0)


def test_photos_in_an_array_are_read_without_a_word(tmp_path, recwarn):
    torch.set_warn_always(True)
    written.idx(tmp_path, "train", written.noise(3, 20, 24), range(3))
    photos = photo_files(open_data(tmp_path), 0)
    pixels = photos[1].pixels()
    torch.set_warn_always(False)
    assert torch.equal(pixels, torch.from_numpy(written.noise(3, 20, 24)[1]).expand(3, -1, -1) / 255)
    assert not [each.message for each in recwarn.list if "writable" in str(each.message)]
