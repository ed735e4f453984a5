"""Pictures whose colours are named by code points, PNG (cICP) and AVIF (nclx): HDR and wide gamuts into sRGB."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from impasto.images import read
from impasto.images.code_points import KNEE, rolled_off, space
from impasto.video import open_clip
from standards import COLORS, CURVES, HLG, PQ, TO_2020, TO_P3, WHITE, light, pq, srgb

BT709, BT2020, P3, SRGB = 1, 9, 12, 13


def png(values: np.ndarray, *points: int, **options) -> bytes:
    """A PNG of values 0 to 1, 16 bits, with a chunk cICP of primaries and transfer."""
    stored = (values * 65535).round().astype(np.uint16)
    order = [2, 1, 0, 3][: stored.shape[2]] if stored.ndim == 3 else ...
    return with_points(cv2.imencode(".png", stored[..., order] if stored.ndim == 3 else stored)[1].tobytes(), *points)


def with_points(data: bytes, *points: int) -> bytes:
    body = b"cICP" + bytes([*points, 0, 1])
    return data[:33] + struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]


def avif(pictures, primaries: int, transfer: int, **options) -> bytes:
    stream = io.BytesIO()
    more = {"save_all": True, "append_images": pictures[1:]} if len(pictures) > 1 else {}
    pictures[0].save(stream, "AVIF", subsampling="4:4:4", quality=100, **more, **options)
    return stream.getvalue().replace(b"nclx\0\1\0\r", b"nclx" + struct.pack(">HH", primaries, transfer))


def strip(curve, to, nits: float = 1.0) -> np.ndarray:
    """The colours in a row, (1, N, 3), as a file holds them."""
    return np.stack([curve(to @ light(color) * nits) for color in COLORS])[None]


def levels(picture: torch.Tensor) -> np.ndarray:
    return (picture.double() * 255).permute(1, 2, 0).numpy()


@pytest.mark.parametrize(
    ("transfer", "primaries", "to"), [(PQ, BT2020, TO_2020), (HLG, BT2020, TO_2020), (PQ, P3, TO_P3)]
)
def test_deep_hdr_pictures_are_read_exactly(transfer, primaries, to):
    found = levels(read(png(strip(CURVES[transfer], to, WHITE), primaries, transfer)))
    assert np.abs(found - COLORS).max() < 0.5


def deep_avif(stored: np.ndarray, bits: int, *points: int) -> bytes:
    """An AVIF of so many bits without loss, by OpenCV."""
    options = [cv2.IMWRITE_AVIF_DEPTH, bits, cv2.IMWRITE_AVIF_QUALITY, 100]
    data = cv2.imencode(".avif", stored[..., [2, 1, 0, 3][: stored.shape[2]]], options)[1].tobytes()
    return data.replace(b"nclx\0\2\0\2", b"nclx" + struct.pack(">HH", *points)) if points else data


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize("channels", [3, 4])
def test_the_bits_of_an_avif_are_kept(bits, channels):
    most = 2**bits - 1
    stored = np.random.default_rng(bits).integers(0, most, (12, 16, channels), dtype=np.uint16, endpoint=True)
    color, alpha = stored[..., :3] / most, stored[..., 3:] / most if channels == 4 else 1.0
    found = read(deep_avif(stored, bits)).permute(1, 2, 0).numpy()
    assert np.abs(found - (color * alpha + 1 - alpha)).max() < 0.01 / most


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_an_hdr_avif_of_12_bits_is_read_within_a_tenth_of_what_8_bits_have(transfer):
    stored = np.tile((strip(CURVES[transfer], TO_2020, WHITE) * 4095).round().astype(np.uint16), (16, 1, 1))
    found = levels(read(deep_avif(stored, 12, BT2020, transfer)))[:1]
    assert np.abs(found - COLORS).max() < 0.5


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_hdr_pictures_of_8_bits_are_within_their_steps(transfer):
    stored = (strip(CURVES[transfer], TO_2020, WHITE) * 255).round().astype(np.uint8).repeat(8, 0).repeat(8, 1)
    stream = io.BytesIO()
    Image.fromarray(stored).save(stream, "PNG")
    for data in (with_points(stream.getvalue(), BT2020, transfer), avif([Image.fromarray(stored)], BT2020, transfer)):
        again = [CURVES[transfer](TO_2020 @ light(color) * WHITE) for color in levels(read(data))[4, 4::8]]
        assert np.abs(np.array(again) * 255 - stored[4, 4::8]).max() < 2


@pytest.mark.parametrize(("points", "to"), [((P3, SRGB), TO_P3), ((P3, 1), TO_P3), ((BT2020, 14), TO_2020)])
def test_wide_gamuts_without_hdr(points, to):
    found = levels(read(png(strip(srgb, to), *points)))
    assert np.abs(found - COLORS).max() < 0.5


def test_linear_light(tmp_path):
    assert np.abs(levels(read(png(strip(np.asarray, np.eye(3)), BT709, 8))) - COLORS).max() < 0.5


@pytest.mark.parametrize("points", [(BT709, SRGB), (BT709, 1), (2, 2)])
def test_what_is_srgb_keeps_its_bytes_whatever_its_profile_says(points):
    """The code points go before the profile (PNG, third edition, 4.3)."""
    colors = np.random.default_rng(0).integers(0, 256, (9, 11, 3), np.uint8)
    other = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    stream = io.BytesIO()
    Image.fromarray(colors).save(stream, "PNG", icc_profile=other)
    assert np.array_equal(levels(read(with_points(stream.getvalue(), *points))).round(), colors)


def test_grey_and_clear_hdr_pictures():
    grey = pq(np.array([[20.0, 100.0, 180.0]]))
    expected = srgb(np.array([20.0, 100.0, 180.0]) / WHITE) * 255
    assert levels(read(png(grey, BT2020, PQ)))[0] == pytest.approx(np.stack([expected] * 3, -1), abs=0.5)
    colors = strip(CURVES[PQ], TO_2020, WHITE)
    clear = np.concatenate([colors, np.array([1, 1, 1, 1, 0, 0.5])[None, :, None]], -1)
    found = levels(read(png(clear, BT2020, PQ), background="#ffcc00"))[0]
    ground = np.array([255, 204, 0])
    assert found[:4] == pytest.approx(np.array(COLORS[:4], float), abs=0.5)
    assert found[4:] == pytest.approx(np.stack([ground, (ground + COLORS[5]) / 2]), abs=1)


@pytest.mark.parametrize("kind", ["png", "avif"])
def test_every_frame_of_an_animation(kind):
    pictures = [Image.new("RGB", (16, 16), (v, v, v)) for v in (148, 120, 90)]
    if kind == "png":
        stream = io.BytesIO()
        pictures[0].save(stream, "PNG", save_all=True, append_images=pictures[1:])
        data = with_points(stream.getvalue(), BT2020, PQ)
    else:
        data = avif(pictures, BT2020, PQ)
    found = [float(frame[1, 8, 8]) for frame in open_clip(data).frames()]
    one = [float(read(png(np.full((1, 1), v / 255), BT2020, PQ))[1, 0, 0]) for v in (148, 120, 90)]
    assert found == pytest.approx(one, abs=2.5 / 255)


def test_the_profile_of_an_avif_goes_before_its_code_points():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = Image.new("RGB", (16, 16), (148, 120, 90))
    assert levels(read(avif([picture], BT2020, PQ, icc_profile=profile)))[8, 8] == pytest.approx((148, 120, 90), abs=2)
    assert levels(read(avif([picture], BT709, SRGB)))[8, 8] == pytest.approx((148, 120, 90), abs=2)


def test_light_is_rolled_off_smoothly():
    light = np.geomspace(0.01, 50, 8000)  # in double precision
    shown = rolled_off(np.stack([light, light / 2, light / 8], -1)[None])[0]
    assert np.array_equal(shown[light <= KNEE], np.stack([light, light / 2, light / 8], -1)[light <= KNEE])
    slopes = np.diff(shown[:, 0].astype(np.float64)) / np.diff(light.astype(np.float64))
    assert (slopes > 0).all()
    assert slopes.max() < 1.01
    assert np.abs(np.diff(slopes)).max() < 0.03  # no edge
    assert shown.max() < 1
    assert shown[:, 1] == pytest.approx(shown[:, 0] / 2, rel=1e-5)


def test_what_says_nothing_has_nothing_to_follow():
    assert [space(*points) for points in ((1, 1), (2, 2), (1, 13), (2, 6), (22, 1), (0, 0), (255, 255))] == [None] * 7
