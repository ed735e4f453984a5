"""Gamma and chromaticities that PNG and TIFF state are followed, by published matrices in double precision."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
import tifffile
import torch
from PIL import Image, ImageCms

from impasto.images import read
from standards import COLORS, light, srgb

SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
ADOBE = (0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06)
WIDE = (0.34567, 0.35850, 0.735, 0.265, 0.115, 0.826, 0.157, 0.018)  # Wide Gamut RGB, whose white is D50
TO_ADOBE = ((0.71512, 0.28488, 0.0), (0.0, 1.0, 0.0), (0.0, 0.04117, 0.95883))  # Adobe RGB (1998), from sRGB
TO_WIDE = np.linalg.solve(  # B. Lindbloom, brucelindbloom.com: to XYZ under D50, of Wide Gamut RGB and of sRGB
    ((0.7161046, 0.1009296, 0.1471858), (0.2581874, 0.7249378, 0.0168748), (0.0, 0.0517813, 0.7734287)),
    ((0.4360747, 0.3850649, 0.1430804), (0.2225045, 0.7168786, 0.0606169), (0.0139322, 0.0971045, 0.7141733)),
)
SPACES = {"adobe": (ADOBE, TO_ADOBE, 2.2), "wide": (WIDE, TO_WIDE, 1.8), "gamma": (SRGB, np.eye(3), 1.8)}
LINEAR = (SRGB, np.eye(3), 1.0)


def stored(space: str, bits: int) -> np.ndarray:
    """The colours in a row, (1, N, 3), as a file in that space holds them."""
    _, to, gamma = SPACES[space]
    found = np.stack([np.array(to) @ light(color) for color in COLORS])[None] ** (1 / gamma)
    return (found * (2**bits - 1)).round().astype(np.uint8 if bits == 8 else np.uint16)


def chunk(kind: bytes, *values: int, form: str = "I") -> bytes:
    body = kind + struct.pack(f">{len(values)}{form}", *values)
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def png(values: np.ndarray, *, gamma: float | None = None, points=None, more: bytes = b"") -> bytes:
    """A PNG of (H, W, 3), or grey (H, W), with chunks gAMA and cHRM."""
    data = cv2.imencode(".png", values[..., ::-1] if values.ndim == 3 else values)[1].tobytes()
    chunks = more + (chunk(b"gAMA", round(1e5 / gamma)) if gamma else b"")
    chunks += chunk(b"cHRM", *(round(value * 1e5) for value in points)) if points else b""
    return data[:33] + chunks + data[33:]


def tiff(values: np.ndarray, *, gamma: float | None = None, points=None, **options) -> bytes:
    """A TIFF with white point, primaries and transfer function."""
    bits = values.dtype.itemsize * 8
    tags = []
    if points:
        pairs = [number for value in points for number in (round(value * 1e5), 100_000)]
        tags += [(318, 5, 2, pairs[:4], True), (319, 5, 6, pairs[4:], True)]
    if gamma:
        table = (np.linspace(0, 1, 2**bits) ** gamma * 65535).round().astype(int).tolist()
        table *= 3 if values.ndim == 3 else 1
        tags.append((301, 3, len(table), table, True))
    stream = io.BytesIO()
    kind = "rgb" if values.ndim == 3 else "minisblack"
    tifffile.imwrite(stream, values, photometric=kind, metadata=None, extratags=tags, **options)
    return stream.getvalue()


def levels(picture: torch.Tensor) -> np.ndarray:
    return (picture.double() * 255).permute(1, 2, 0).numpy()


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("write", [png, tiff])
@pytest.mark.parametrize("space", SPACES)
def test_what_a_file_states_is_followed(space, write, bits):
    points, _, gamma = SPACES[space]
    found = levels(read(write(stored(space, bits), gamma=gamma, points=points)))
    assert np.abs(found - COLORS).max() < (5 if bits == 8 else 0.6)
    plain = levels(read(write(stored(space, bits))))
    assert np.abs(plain - COLORS).max() > 8


@pytest.mark.parametrize("options", [{"planarconfig": "separate"}, {"compression": "zlib"}, {"bigtiff": True}, {}])
def test_all_ways_to_read_a_tiff_follow_its_tags(options):
    points, _, _ = SPACES["adobe"]
    values = stored("adobe", 16)
    values = np.repeat(values, 2, axis=0)
    given = np.moveaxis(values, -1, 0) if options.get("planarconfig") else values
    found = levels(read(tiff(given, points=points, **options)))  # without a curve, that of sRGB
    linear = light(values / 65535 * 255)
    theirs = np.einsum("ij,hwj->hwi", np.linalg.inv(TO_ADOBE), linear)
    assert np.abs(found - srgb(theirs.clip(0, 1)) * 255).max() < 0.6


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("write", [png, tiff])
def test_greys_have_the_gamma_alone_and_stay_grey(write, bits):
    most = 2**bits - 1
    ramp = np.linspace(0, most, 64).round().astype(np.uint8 if bits == 8 else np.uint16)[None]
    found = levels(read(write(ramp, gamma=1.0, points=ADOBE)))
    assert np.abs(found - srgb(ramp / most)[..., None] * 255).max() < 0.05
    assert (found == found[..., :1]).all()


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("write", [png, tiff])
@pytest.mark.parametrize(("gamma", "points"), [(2.2, SRGB), (2.2, None), (None, SRGB), (1 / 0.45, SRGB)])
def test_what_is_said_of_srgb_changes_no_byte(write, bits, gamma, points):
    values = np.random.default_rng(0).integers(0, 2**bits, (8, 9, 3)).astype(np.uint8 if bits == 8 else np.uint16)
    assert torch.equal(read(write(values, gamma=gamma, points=points)), read(write(values)))


def test_a_chunk_srgb_or_a_profile_goes_first():
    values = stored("adobe", 8)
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, "PNG", icc_profile=icc)
    data = stream.getvalue()
    both = data[:33] + chunk(b"gAMA", 100_000) + chunk(b"cHRM", *(round(v * 1e5) for v in ADOBE)) + data[33:]
    named = png(values, gamma=1.0, points=ADOBE, more=chunk(b"sRGB", 0, form="B"))
    for given in (both, named, tiff(values, gamma=1.0, points=ADOBE, iccprofile=icc)):
        assert torch.equal(read(given), read(png(values)))


def test_code_points_go_before_all_the_rest():
    values = stored("adobe", 16)
    with_both = png(values, gamma=1.0, points=ADOBE, more=chunk(b"cICP", 12, 13, 0, 1, form="B"))
    assert torch.equal(read(with_both), read(png(values, more=chunk(b"cICP", 12, 13, 0, 1, form="B"))))


def test_palettes_and_clear_parts_are_followed_too():
    y, x = np.mgrid[:8, :8]
    whole = np.stack([x * 36, y * 36, x * y * 5, np.where(x < 4, 255, 0)], -1).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(whole).save(stream, "PNG")
    data = stream.getvalue()
    found = levels(read(data[:33] + chunk(b"gAMA", 100_000) + data[33:], background="#102030"))
    assert np.abs(found[:, :4] - srgb(whole[:, :4, :3] / 255) * 255).max() < 0.05
    assert np.abs(found[:, 4:] - (16, 32, 48)).max() < 1e-4
    stream = io.BytesIO()
    Image.fromarray(whole[..., :3]).quantize(16).save(stream, "PNG")
    data, plain = stream.getvalue(), levels(read(stream.getvalue()))
    found = levels(read(data[:33] + chunk(b"gAMA", 100_000) + data[33:]))
    assert np.abs(found - srgb(plain / 255) * 255).max() < 0.05


@pytest.mark.parametrize("points", [(0,) * 8, (0.3127, 0.3290) * 4, (0.3, 0, *SRGB[2:]), (*SRGB[:2], *(0.3, 0.3) * 3)])
@pytest.mark.parametrize("write", [png, tiff])
def test_points_that_cannot_be_say_nothing(write, points):
    values = stored("adobe", 8)
    assert torch.equal(read(write(values, points=points)), read(write(values)))


@pytest.mark.parametrize("gamma", [0, 1, 2**31 - 1])
def test_a_gamma_that_cannot_be_says_nothing(gamma):
    values = stored("adobe", 8)
    assert torch.equal(read(png(values, more=chunk(b"gAMA", gamma))), read(png(values)))


@pytest.mark.parametrize("tag", [(318, 3, 3, (1, 2, 3), True), (319, 2, 0, "none", True), (301, 2, 0, "curve", True)])
@pytest.mark.parametrize("bits", [8, 16])
def test_tags_of_another_kind_say_nothing(tag, bits):
    values, stream = stored("adobe", bits), io.BytesIO()
    tifffile.imwrite(stream, values, photometric="rgb", metadata=None, extratags=[tag])
    assert torch.equal(read(stream.getvalue()), read(tiff(values)))
