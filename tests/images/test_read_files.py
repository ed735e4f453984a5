"""Every kind of file a person has, against Pillow, tifffile or numbers computed by hand."""

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
import torch
from PIL import Image, ImageOps

from impasto.errors import InputError
from impasto.images import encode, read, read_size

RNG = np.random.default_rng(0)
COLOR = RNG.integers(0, 256, (12, 17, 3), dtype=np.uint8)
DEEP = RNG.integers(0, 65536, (12, 17, 3)).astype(np.uint16)


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


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF", "BMP", "PPM"])
def test_lossless_files_give_their_exact_values(format):
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    out = read(as_bytes(Image.fromarray(COLOR), format, **options))
    assert out.dtype == torch.float32
    assert out.shape == (3, 12, 17)
    assert out.is_contiguous()
    assert np.array_equal(levels(out), COLOR)
    assert torch.equal(out, torch.from_numpy(COLOR).permute(2, 0, 1).float() / 255)


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "AVIF", "JPEG2000"])
def test_lossy_files_agree_with_pillow(format):
    data = as_bytes(Image.fromarray(COLOR), format)
    assert np.array_equal(levels(read(data)), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


def test_a_path_bytes_an_open_file_and_a_picture_are_the_same(tmp_path):
    data = as_bytes(Image.fromarray(COLOR), "PNG")
    path = tmp_path / "picture.png"
    path.write_bytes(data)
    expected = read(data)
    with path.open("rb") as file:
        assert torch.equal(read(file), expected)
    for source in (path, str(path), bytearray(data), memoryview(data), io.BytesIO(data), Image.open(path)):
        assert torch.equal(read(source), expected)


def test_a_dash_is_standard_input(monkeypatch):
    data = as_bytes(Image.fromarray(COLOR), "PNG")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert np.array_equal(levels(read("-")), COLOR)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(format, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = as_bytes(Image.fromarray(COLOR), format, exif=exif.tobytes())
    with Image.open(io.BytesIO(data)) as picture:
        expected = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    out = read(data)
    assert np.array_equal(levels(out), expected)
    assert read_size(data) == (out.shape[2], out.shape[1])
    assert np.array_equal(levels(read(Image.open(io.BytesIO(data)))), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_of_16_bit_colour_is_honoured(orientation):
    small = Image.fromarray((DEEP >> 8).astype(np.uint8))
    small.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(small))
    tiff = deep_tiff(DEEP, photometric="rgb", extratags=[(274, "H", 1, orientation, True)])
    png = cv2.imencode(".png", DEEP[:, :, ::-1])[1].tobytes()
    exif = Image.Exif()
    exif[0x0112] = orientation
    kind, payload = b"eXIf", exif.tobytes()[6:]
    chunk = struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))
    for data in (tiff, png[:33] + chunk + png[33:]):
        deep = levels(read(data), 65535)
        assert np.array_equal(deep >> 8, expected)
        assert read_size(data) == (deep.shape[1], deep.shape[0])


def test_grey_files_have_three_equal_channels():
    grey = Image.fromarray(COLOR[..., 0])
    for picture in (grey, grey.convert("1"), grey.convert("I;16")):
        out = read(as_bytes(picture, "PNG"))
        assert out.shape == (3, 12, 17)
        assert torch.equal(out[0], out[1])
        assert torch.equal(out[0], out[2])
    assert np.array_equal(levels(read(as_bytes(grey, "PNG")))[..., 0], COLOR[..., 0])


def test_16_bits_are_kept():
    png = cv2.imencode(".png", DEEP[:, :, ::-1])[1].tobytes()
    for data in (
        png,
        deep_tiff(DEEP, photometric="rgb"),
        deep_tiff(DEEP, photometric="rgb", compression="zlib"),
        deep_tiff(DEEP, photometric="rgb", byteorder=">"),
        deep_tiff(DEEP, photometric="rgb", bigtiff=True),
    ):
        assert np.array_equal(levels(read(data), 65535), DEEP)
        assert read_size(data) == (17, 12)
    grey = DEEP[..., 0]
    pgm = b"P5\n17 12\n65535\n" + grey.astype(">u2").tobytes()
    inverted = deep_tiff(65535 - grey, photometric="miniswhite")
    for data in (cv2.imencode(".png", grey)[1].tobytes(), deep_tiff(grey), pgm, inverted):
        assert np.array_equal(levels(read(data), 65535)[..., 1], grey)


def test_16_bit_alpha_is_laid_on_the_background():
    alpha = RNG.integers(0, 65536, (12, 17, 1)).astype(np.uint16)
    data = cv2.imencode(".png", np.dstack([DEEP[:, :, ::-1], alpha]))[1].tobytes()
    share = alpha / 65535
    expected = DEEP / 65535 * share + np.array([0, 1, 0]) * (1 - share)
    out = read(data, background="#00ff00").permute(1, 2, 0).numpy()
    assert np.abs(out - expected).max() < 1e-6


def test_float_tiffs_are_read():
    values = RNG.random((12, 17, 3), dtype=np.float32)
    assert np.array_equal(read(deep_tiff(values, photometric="rgb")).permute(1, 2, 0).numpy(), values)
    assert np.array_equal(read(deep_tiff(values[..., 0])).numpy()[2], values[..., 0])
    assert read_size(deep_tiff(values, photometric="rgb")) == (17, 12)
    for bright in (values * 3, values[..., 0] * 3):
        with pytest.raises(InputError, match=r"float values must be in \[0, 1\]"):
            read(deep_tiff(bright, photometric="rgb" if bright.ndim == 3 else None))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
@pytest.mark.parametrize("background", ["white", "black", "#102030"])
def test_alpha_is_laid_on_the_background(mode, background):
    alpha = RNG.integers(0, 256, (12, 17, 1), dtype=np.uint8)
    picture = Image.fromarray(np.dstack([COLOR, alpha]))
    picture = picture.convert("LA") if mode == "LA" else picture
    if mode == "PA":
        picture = Image.fromarray(np.dstack([COLOR[..., 0], alpha]), "LA").convert("PA")
    rgba = picture.convert("RGBA")
    under = Image.new("RGBA", rgba.size, background)
    expected = np.asarray(Image.alpha_composite(under, rgba).convert("RGB"), dtype=np.int64)
    source = picture if mode == "PA" else as_bytes(picture, "PNG")
    assert np.abs(levels(read(source, background=background)) - expected).max() <= 1


def test_palettes_are_read_with_and_without_transparency():
    picture = Image.fromarray(COLOR).quantize(8)
    expected = np.asarray(picture.convert("RGB"))
    assert np.array_equal(levels(read(as_bytes(picture, "PNG"))), expected)
    assert np.array_equal(levels(read(as_bytes(picture, "GIF"))), expected)
    clear = np.asarray(picture) == 3
    for format in ("PNG", "GIF"):
        out = levels(read(as_bytes(picture, format, transparency=3), background="#ff0000"))
        assert (out[clear] == [255, 0, 0]).all()
        assert np.array_equal(out[~clear], expected[~clear])


def test_one_transparent_colour_is_honoured_in_grey_and_rgb():
    for picture, value in ((Image.fromarray(COLOR), tuple(map(int, COLOR[2, 3]))), (Image.fromarray(COLOR[..., 0]), 7)):
        picture.putpixel((0, 0), value)
        out = levels(read(as_bytes(picture, "PNG", transparency=value), background="#00ff00"))
        assert out[0, 0].tolist() == [0, 255, 0]


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_of_an_animation_is_read(format):
    frames = [Image.new("RGB", (8, 6), color) for color in ("#ff0000", "#00ff00", "#0000ff")]
    options = {"lossless": True} if format == "WEBP" else {}
    data = as_bytes(frames[0], format, save_all=True, append_images=frames[1:], **options)
    assert levels(read(data))[3, 3].tolist() == [255, 0, 0]


def test_one_pixel_is_a_picture():
    assert read(as_bytes(Image.new("RGB", (1, 1), "#ffffff"), "PNG")).tolist() == [[[1.0]], [[1.0]], [[1.0]]]


def test_a_file_made_by_us_is_read_again():
    image = torch.rand(3, 5, 4, generator=torch.Generator().manual_seed(1))
    assert (read(encode(image)) - image).abs().max() <= 0.5 / 255 + 1e-6


def test_an_odd_file_name_is_fine(tmp_path):
    path = Path(tmp_path) / "ünï cödé 画.PNG"
    path.write_bytes(as_bytes(Image.fromarray(COLOR), "PNG"))
    assert np.array_equal(levels(read(path)), COLOR)


A = np.arange(18, dtype=np.uint16).reshape(3, 2, 3) * 3000
PLANES = np.moveaxis(A, -1, 0)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"tile": (16, 16)}, {"bigtiff": True}])
def test_a_tiff_of_planes_is_read_as_one_of_pixels(dtype, options):
    scale = {"uint8": 1 / 257, "uint16": 1, "float32": 1 / 65535}[np.dtype(dtype).name]
    planes = (PLANES * scale).astype(dtype)
    stream = io.BytesIO()
    tifffile.imwrite(stream, planes, photometric="rgb", planarconfig="separate", **options)
    expected = np.moveaxis(planes, 0, -1) / (1 if dtype == np.float32 else np.iinfo(dtype).max)
    assert np.abs(read(stream.getvalue()).permute(1, 2, 0).numpy() - expected).max() < 1e-6


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_alpha_in_planes_is_laid_on_the_background(dtype):
    top = 65535 if dtype == np.uint16 else 1
    planes = np.stack([np.full((2, 3), part * top) for part in (0.5, 0.25, 1, 0)]).astype(dtype)
    planes[3, 0, 0] = top
    stream = io.BytesIO()
    tifffile.imwrite(stream, planes, photometric="rgb", planarconfig="separate", extrasamples=["unassalpha"])
    found = read(stream.getvalue(), background="#ffcc00").permute(1, 2, 0).numpy()
    assert np.abs(found[0, 0] - [0.5, 0.25, 1]).max() < 1e-4
    assert np.abs(found[1, 1] - [1, 0.8, 0]).max() < 1e-4


def test_planes_that_cannot_be_decoded_are_refused_with_the_mend(tmp_path):
    stream = io.BytesIO()
    tifffile.imwrite(stream, PLANES, photometric="rgb", planarconfig="separate")
    data = bytearray(stream.getvalue())
    at = data.index(struct.pack("<HHI", 259, 3, 1))
    data[at : at + 12] = struct.pack("<HHIHH", 259, 3, 1, 5, 0)  # LZW
    with pytest.raises(InputError, match="compressed by LZW are not read: save it uncompressed, or by ZIP"):
        read(bytes(data))


def test_alpha_that_is_multiplied_into_the_colours_is_taken_out_again():
    straight = np.array([[[0.5, 0.25, 1, 0.5], [0.2, 0.9, 0.4, 1]]])
    stored = straight.copy()
    stored[..., :3] *= stored[..., 3:]
    found = []
    for values, kind in ((straight, "unassalpha"), (stored, "assocalpha")):
        stream = io.BytesIO()
        deep = (values * 65535).round().astype(np.uint16)
        tifffile.imwrite(stream, deep, photometric="rgb", extrasamples=[kind])
        found.append(read(stream.getvalue(), background="#336699"))
    assert (found[0] - found[1]).abs().max() < 1e-4
    assert (found[0][:, 0, 0] - torch.tensor([0.35, 0.325, 0.8])).abs().max() < 1e-4


@pytest.mark.parametrize("at", [2, 8])
@pytest.mark.parametrize("options", [{}, {"bigtiff": True}])
def test_what_tifffile_thinks_of_a_file_is_not_said(caplog, at, options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, A, photometric="rgb", software="a program with a name of some length", **options)
    data = bytearray(stream.getvalue())
    tag = data.index(struct.pack("<HH", 305, 2)) + at + (4 if options and at == 8 else 0)
    data[tag : tag + 2] = b"\xff\xff"  # a type that is none, or a place after the file's end
    assert np.array_equal(levels(read(bytes(data)), 65535), A)
    assert not caplog.records
