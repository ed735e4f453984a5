"""Pictures in other colour spaces: CMYK, Lab, and embedded profiles, into sRGB."""

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
from impasto.images.icc import transform_to_srgb
from impasto.images.spaces import LEVELS, _curve, _followed, matrix_space, profile_to_srgb

RNG = np.random.default_rng(0)
COLOR = RNG.integers(0, 256, (12, 17, 3), dtype=np.uint8)


def as_bytes(picture: Image.Image, format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, format, **options)
    return stream.getvalue()


def levels(tensor: torch.Tensor, top: int = 255) -> np.ndarray:
    return (tensor * top).round().permute(1, 2, 0).numpy().astype(np.int64)


def deep_tiff(array: np.ndarray, **options: object) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, array, **options)
    return stream.getvalue()


def profile_with(red: tuple, green: tuple, blue: tuple) -> bytes:
    """The sRGB profile with other primaries (XYZ under D50), as bytes."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for k in range(struct.unpack(">I", data[128:132])[0]):
        tag, offset, _ = struct.unpack(">4sII", data[132 + 12 * k : 144 + 12 * k])
        for name, xyz in ((b"rXYZ", red), (b"gXYZ", green), (b"bXYZ", blue)):
            if tag == name:
                data[offset + 8 : offset + 20] = struct.pack(">3i", *(round(value * 65536) for value in xyz))
    return bytes(data)


# Display P3's primaries adapted to D50, as in Apple's profile
P3 = profile_with((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))


def test_cmyk_jpeg_without_profile_is_the_plain_formula():
    ink = np.zeros((16, 16, 4), np.uint8)
    ink[..., 0], ink[..., 3] = 255, 51  # cyan on a fifth of black
    out = read(as_bytes(Image.fromarray(ink, "CMYK"), "JPEG", quality=100))
    assert torch.allclose(out.mean((1, 2)), torch.tensor([0.0, 0.8, 0.8]), atol=0.01)


def ink_profile(corners: np.ndarray) -> bytes:
    """A CMYK printer profile: the Lab of the 16 corners of ink, (2, 2, 2, 2, 3), and linear between (ICC.1, lut8)."""
    ramp = bytes(range(256))
    coded = np.round(corners * [2.55, 1, 1] + [0, 128, 128]).astype(np.uint8).tobytes()
    identity = struct.pack(">9i", *(65536 * (k % 4 == 0) for k in range(9)))
    table = b"mft1\0\0\0\0\x04\x03\x02\0" + identity + ramp * 4 + coded + ramp * 3
    header = bytearray(128)
    header[0:4] = struct.pack(">I", 144 + len(table))
    header[8:12], header[12:24], header[36:40] = b"\x02\x40\0\0", b"prtrCMYKLab ", b"acsp"
    header[68:80] = struct.pack(">3i", 63190, 65536, 54061)  # the D50 white
    return bytes(header) + struct.pack(">I4sII", 1, b"A2B0", 144, len(table)) + table


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk_follows_its_profile(format):
    corners = np.zeros((2, 2, 2, 2, 3))  # with full black everything is black
    inks = {(0, 0, 0): (100, 0, 0), (1, 0, 0): (60, -30, -40), (0, 1, 0): (55, 60, 0), (0, 0, 1): (90, -5, 80)}
    for (c, m, y), lab in inks.items():
        corners[c, m, y, 0] = lab
    to_srgb = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
    for ink, (lightness, a, b) in inks.items():
        coded = bytes([round(lightness * 2.55), a % 256, b % 256])
        expected = ImageCms.applyTransform(Image.frombytes("LAB", (1, 1), coded), to_srgb).getpixel((0, 0))
        picture = Image.new("CMYK", (16, 16), (*(255 * part for part in ink), 0))
        out = read(as_bytes(picture, format, icc_profile=ink_profile(corners)))
        assert np.abs(levels(out)[8, 8] - expected).max() <= 3


def test_a_wide_gamut_profile_is_converted_to_srgb():
    linear = np.array([[0.3, 0.5, 0.2], [0.6, 0.4, 0.4], [0.25, 0.25, 0.25]])

    def curve(x):
        return np.where(x <= 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 0) ** (1 / 2.4) - 0.055)

    p3 = np.round(curve(linear) * 255).astype(np.uint8)
    # linear Display P3 to linear sRGB, from the primaries of both (CSS Color 4)
    to_srgb = np.array([[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]])
    decoded = np.where(p3 / 255 <= 0.04045, p3 / 255 / 12.92, ((p3 / 255 + 0.055) / 1.055) ** 2.4)
    expected = curve(decoded @ to_srgb.T) * 255
    for format, options in (("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})):
        data = as_bytes(Image.fromarray(p3[None]), format, icc_profile=P3, **options)
        assert np.abs(levels(read(data))[0] - expected).max() <= 1.5
        assert np.abs(levels(read(Image.open(io.BytesIO(data))))[0] - expected).max() <= 1.5


def test_a_profile_leaves_alpha_alone():
    rgba = np.dstack([COLOR, np.zeros((12, 17, 1), np.uint8)])
    out = read(as_bytes(Image.fromarray(rgba), "PNG", icc_profile=P3), background="#336699")
    assert np.array_equal(levels(out)[0, 0], [0x33, 0x66, 0x99])


def test_16_bit_colour_with_a_profile_is_converted_too():
    out8 = read(as_bytes(Image.fromarray(COLOR), "TIFF", icc_profile=P3))
    out16 = read(deep_tiff(COLOR.astype(np.uint16) * 257, photometric="rgb", iccprofile=P3))
    assert (out8 - out16).abs().max() < 1 / 255


def test_an_srgb_profile_or_a_broken_one_changes_nothing():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for profile in (srgb, b"not a profile", srgb[:200], lab):
        assert np.array_equal(levels(read(as_bytes(Image.fromarray(COLOR), "PNG", icc_profile=profile))), COLOR)


def test_a_lab_tiff_is_converted():
    from skimage.color import lab2rgb

    lab = np.array([[[50, 20, 30], [80, -10, 5], [30, 0, 0]]], np.float64)
    coded = np.stack([lab[..., 0] * 255 / 100, lab[..., 1], lab[..., 2]], -1).round().astype(np.int16)
    data = as_bytes(Image.frombytes("LAB", (3, 1), coded.astype(np.uint8).tobytes()), "TIFF")
    assert np.abs(read(data).permute(1, 2, 0).numpy() - lab2rgb(lab)).max() < 0.02


RAMP = np.linspace(0.30, 0.34, 512) * 65535
DEEP_RAMP = np.repeat(RAMP.round().astype(np.uint16)[None, :, None], 8, 0) * np.ones(3, np.uint16)


def deep_png(array: np.ndarray, profile: bytes) -> bytes:
    """A 16-bit PNG, with the chunk of a profile before its pixels."""
    data = cv2.imencode(".png", array[..., ::-1])[1].tobytes()
    body = b"iCCP" + b"p\0\0" + zlib.compress(profile)
    return data[:33] + struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)) + data[33:]


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"planarconfig": "separate"}, {"bigtiff": True}])
def test_16_bits_with_a_profile_keep_their_levels(options):
    array = np.moveaxis(DEEP_RAMP, -1, 0) if "planarconfig" in options else DEEP_RAMP
    plain = read(deep_tiff(array, photometric="rgb", **options))
    ours = read(deep_tiff(array, photometric="rgb", iccprofile=P3, **options))
    assert len(plain[0].unique()) == 512
    assert len(ours[0].unique()) == 512
    assert (plain - ours).abs().max() < 0.5 / 255  # greys are the same in both


def test_a_16_bit_png_with_a_profile_keeps_its_levels():
    ours = read(deep_png(DEEP_RAMP, P3))
    assert len(ours[0].unique()) == 512
    assert np.abs(ours.numpy() * 65535 - DEEP_RAMP.transpose(2, 0, 1)).max() < 128


def test_floats_follow_their_profile_too():
    wide = RNG.random((12, 17, 3)).astype(np.float32)
    deep = read(deep_tiff((wide * 65535).round().astype(np.uint16), photometric="rgb", iccprofile=P3))
    assert (read(deep_tiff(wide, photometric="rgb", iccprofile=P3)) - deep).abs().max() < 0.1 / 255
    assert (deep - torch.from_numpy(wide).permute(2, 0, 1)).abs().max() > 5 / 255


@pytest.mark.parametrize("follow", [profile_to_srgb, lambda pixels, profile: followed(pixels, profile)])
def test_every_8_bit_colour_comes_out_as_by_littlecms(follow):
    colors = RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    theirs = levels(read(as_bytes(Image.fromarray(colors), "PNG", icc_profile=P3)))
    ours = follow(colors.astype(np.float32) / 255, P3) * 255
    assert np.abs(ours - theirs).max() <= 1


def followed(pixels: np.ndarray, profile: bytes) -> np.ndarray:
    """As a profile with nothing but tables is followed."""
    transform, _ = transform_to_srgb("RGB", profile)
    return _followed(pixels, transform)


CURVES = [
    (struct.pack(">4sIHHi", b"para", 0, 0, 0, 2 << 16), lambda x: x**2),
    (struct.pack(">4sIHH3i", b"para", 0, 1, 0, 2 << 16, 2 << 16, -(1 << 16)), lambda x: np.maximum(2 * x - 1, 0) ** 2),
    (struct.pack(">4sII", b"curv", 0, 0), lambda x: x),
    (struct.pack(">4sIIH", b"curv", 0, 1, 0x0180), lambda x: x**1.5),
    (struct.pack(">4sII3H", b"curv", 0, 3, 0, 16384, 65535), lambda x: np.interp(x, [0, 0.5, 1], [0, 0.25, 1])),
]


@pytest.mark.parametrize(("data", "expected"), CURVES)
def test_the_curves_of_a_profile_are_those_of_its_standard(data, expected):
    x = np.linspace(0, 1, LEVELS)
    assert np.abs(_curve(data) - expected(x)).max() < 1e-4


def test_the_curve_of_srgb_in_a_profile_is_srgb():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    space = matrix_space(profile)
    values = RNG.random((30, 40, 3)).astype(np.float32)
    assert np.abs(space.to_srgb(values) - values).max() < 2 / 65535


def grey_profile(gamma: float) -> bytes:
    """A grey profile of a plain power, as bytes."""
    tags = {
        b"wtpt": struct.pack(">4sI3i", b"XYZ ", 0, 63190, 65536, 54061),
        b"kTRC": struct.pack(">4sIIH", b"curv", 0, 1, round(gamma * 256)) + b"\0\0",
    }
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"lcms", 0x02100000, b"mntr", b"GRAY", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    return head + table + body


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_grey_follows_its_profile_in_any_depth(alpha, dtype):
    grey = RNG.random((12, 17))
    whole = 1 if dtype == np.float32 else np.iinfo(dtype).max
    layers = [grey, np.ones_like(grey)] if alpha else [grey]
    values = (np.stack(layers, -1) * whole).round(0 if whole > 1 else 6).astype(dtype)
    options = {"extrasamples": ["unassalpha"], "planarconfig": "contig"} if alpha else {}
    found = read(
        deep_tiff(
            values if alpha else values[..., 0], photometric="minisblack", iccprofile=grey_profile(1.0), **options
        )
    )
    expected = np.where(grey <= 0.0031308, 12.92 * grey, 1.055 * grey ** (1 / 2.4) - 0.055)
    bright = grey > 0.1  # where a level of 8 bits is no more than one and a half
    assert np.abs(found.numpy() - expected)[:, bright].max() < 2.5 / 255
    assert np.abs(found.numpy()[0] - grey)[bright].max() > 0.2
