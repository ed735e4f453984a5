"""Files that are written: values, metadata, and whole or not at all."""

import errno
import io
import os
import stat
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from impasto.errors import InputError
from impasto.images import check_target, encode, read, read_recipe, write, write_atomically

IMAGE = torch.rand(3, 24, 31, generator=torch.Generator().manual_seed(0))
SMOOTH = torch.linspace(0, 1, 3 * 32 * 32).reshape(3, 32, 32)
RECIPE = {"method": "texture gram", "config": {"seed": 7, "lr": 0.1, "layers": ["a", "é画"]}, "none": None}
ALL = ["png", "jpg", "jpeg", "webp", "tif", "tiff", "bmp"]


@pytest.mark.parametrize("suffix", ["png", "tif", "tiff", "bmp", "PNG"])
def test_lossless_formats_hold_the_rounded_values(suffix, tmp_path):
    path = tmp_path / f"out.{suffix}"
    write(IMAGE, path)
    expected = np.rint(IMAGE.permute(1, 2, 0).numpy() * np.float32(255))
    assert np.array_equal(np.asarray(Image.open(path)), expected)
    assert torch.equal(read(path), (IMAGE * 255).round() / 255)


def test_halves_round_to_even_and_the_rest_is_clamped():
    values = torch.tensor([0.5, 1.5, 2.5, -10, 400, 254.4]) / 255
    image = values.expand(3, 1, 6)
    assert np.asarray(Image.open(io.BytesIO(encode(image))))[0, :, 0].tolist() == [0, 2, 2, 0, 255, 254]


@pytest.mark.parametrize(("suffix", "error"), [("jpg", 0.02), ("jpeg", 0.02), ("webp", 0.06)])
def test_lossy_formats_come_back_about_the_same(suffix, error, tmp_path):
    write(SMOOTH, tmp_path / f"out.{suffix}")
    assert (read(tmp_path / f"out.{suffix}") - SMOOTH).abs().max() < error


def test_webp_of_quality_100_is_lossless():
    assert torch.equal(read(encode(IMAGE, "webp", quality=100)), (IMAGE * 255).round() / 255)


@pytest.mark.parametrize("quality", [95, 100])
def test_a_large_noisy_picture_is_written_as_jpeg(quality):
    noise = torch.rand(3, 700, 900, generator=torch.Generator().manual_seed(0))
    assert read(encode(noise, "jpeg", quality=quality)).shape == noise.shape


def test_quality_matters():
    assert len(encode(IMAGE, "jpeg", quality=95)) > 2 * len(encode(IMAGE, "jpeg", quality=20))


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bits_come_back(suffix, tmp_path):
    path = tmp_path / f"deep.{suffix}"
    write(IMAGE, path, bits=16, recipe=RECIPE)
    expected = np.rint(IMAGE.permute(1, 2, 0).numpy() * np.float32(65535))
    assert np.array_equal((read(path) * 65535).round().permute(1, 2, 0).numpy(), expected)
    other = tifffile.imread(path) if suffix == "tif" else cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[:, :, ::-1]
    assert np.array_equal(other, expected)
    assert read_recipe(path) == RECIPE


@pytest.mark.parametrize("bits", [8, 16])
def test_grey_is_written_as_grey(bits):
    for format in ("png", "tiff"):
        data = encode(IMAGE[:1], format, bits=bits)
        assert Image.open(io.BytesIO(data)).mode == ("L" if bits == 8 else "I;16")
        assert (read(data) - IMAGE[:1]).abs().max() <= 0.51 / (2**bits - 1)


@pytest.mark.parametrize("suffix", ALL)
def test_the_same_picture_gives_the_same_bytes(suffix):
    assert encode(IMAGE, suffix, recipe=RECIPE) == encode(IMAGE.clone(), suffix, recipe=RECIPE)


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("a.pmg", {}, r"cannot write '.pmg' files: did you mean .png\? use one of .png, .jpg"),
        ("a", {}, "has no ending: use one of .png"),
        ("a.gif", {}, "use one of"),
        ("a.jpg", {"bits": 16}, "8 bits only"),
        ("a.png", {"bits": 12}, "bits must be 8 or 16, got 12"),
        ("a.jpg", {"quality": 0}, "quality must be between 1 and 100, got 0"),
    ],
)
def test_wrong_requests_are_refused(name, options, says, tmp_path):
    with pytest.raises(InputError, match=says) as caught:
        write(IMAGE, tmp_path / name, **options)
    assert str(caught.value).isprintable()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "image",
    [
        torch.full((3, 4, 4), torch.nan),
        torch.full((3, 4, 4), torch.inf),
        torch.zeros(4, 4, 3),
        torch.zeros(2, 3, 4, 4),
        torch.zeros(3, 0, 4),
        torch.zeros(3, 4, 4, dtype=torch.uint8),
    ],
)
def test_what_is_no_picture_is_not_written(image, tmp_path):
    with pytest.raises(InputError, match="written"):
        write(image, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_what_is_too_large_for_a_format_is_refused():
    with pytest.raises(InputError, match="16400x1 cannot be written as webp"):
        encode(torch.zeros(3, 1, 16400), "webp")
    with pytest.raises(InputError, match="70000x1 cannot be written as jpeg"):
        encode(torch.zeros(3, 1, 70000), "jpeg")


def test_missing_folders_are_made(tmp_path):
    write(IMAGE, tmp_path / "a" / "b" / "c.png")
    assert (tmp_path / "a" / "b" / "c.png").is_file()


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "no space left"),
        (errno.EACCES, "no permission"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "cannot be written"),
    ],
)
def test_a_failed_write_leaves_the_old_file_and_nothing_else(call, number, says, tmp_path, monkeypatch):
    path = tmp_path / "out.png"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(InputError, match=says) as caught:
        write(IMAGE, path)
    assert str(caught.value).startswith(str(path))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_write_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(IMAGE, tmp_path / "out.png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device_is_one_line():
    with pytest.raises(InputError, match="/dev/full: no space left"):
        write_atomically("/dev/full", b"data")


def test_folders_and_files_in_the_way_are_refused(tmp_path):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    for target, says in (
        ("folder.png", "is a folder"),
        ("file/a.png", "a part of its path is a file"),
        ("x" * 300 + ".png", "too long"),
        ("a\0b.png", "not a file name"),
    ):
        with pytest.raises(InputError, match=says) as caught:
            write(IMAGE, tmp_path / target)
        assert str(caught.value).isprintable()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.png"]


def test_a_target_is_checked_without_making_anything(tmp_path):
    check_target(tmp_path / "new" / "deep" / "a.png")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="use one of"):
        check_target(tmp_path / "a.xyz")


@pytest.mark.skipif(sys.platform == "win32", reason="links and modes of POSIX")
def test_links_are_followed_and_the_umask_is_kept(tmp_path):
    real, link = tmp_path / "real.png", tmp_path / "link.png"
    link.symlink_to(real)
    before = os.umask(0o027)
    try:
        write(IMAGE, link)
    finally:
        os.umask(before)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
