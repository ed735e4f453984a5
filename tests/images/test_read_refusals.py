"""What cannot be read is refused in one line that names it."""

import errno
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from impasto.errors import InputError
from impasto.images import file_bytes, pictures_in, read, read_recipe, read_size

NOISE = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def as_bytes(format: str, array: np.ndarray = NOISE, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, format, **options)
    return stream.getvalue()


def deep_tiff(**options: object) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, NOISE.astype(np.float32) / 255, photometric="rgb", **options)
    return stream.getvalue()


def refusal(source: object, **options: object) -> str:
    with pytest.raises(InputError) as caught:
        read(source, **options)
    message = str(caught.value)
    assert message
    assert message.isprintable(), "one line"
    return message


def png_header(width: int, height: int) -> bytes:
    """A PNG of next to no bytes that claims a size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP", "PPM", "AVIF", "JPEG2000"])
@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9, 0.97])
def test_truncated_files_are_refused(format, share, tmp_path, capfd):
    data = as_bytes(format)
    path = tmp_path / "cut"
    path.write_bytes(data[: max(1, int(len(data) * share))])
    assert str(path) in refusal(path)
    assert capfd.readouterr().err == "", "no library chatters"


@pytest.mark.parametrize("share", [0.005, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_truncated_float_and_16_bit_tiffs_are_refused(share, compression, capfd):
    stream = io.BytesIO()
    tifffile.imwrite(stream, NOISE.astype(np.uint16) * 257, photometric="rgb", compression=compression)
    for data in (deep_tiff(compression=compression), stream.getvalue()):
        refusal(data[: int(len(data) * share)])
    assert capfd.readouterr().err == "", "no library chatters"


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "TIFF"]), st.data())
def test_damaged_files_are_read_or_refused_but_never_crash(format, draw):
    data = bytearray(as_bytes(format, NOISE[:9, :8]))
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    message, out = "", torch.zeros(1)
    try:
        out = read(bytes(data), max_pixels=10**6)
    except InputError as error:
        message = str(error)
    assert message.isprintable()
    assert 0 <= float(out.min()) <= float(out.max()) <= 1


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=1, max_size=200))
def test_nonsense_is_refused(data):
    assert "nonsense: is " in refusal(b"\0" + data, name="nonsense")


def test_bombs_are_refused_before_they_are_decoded():
    assert "claims more than 179 megapixels" in refusal(png_header(60000, 60000), name="bomb.png")
    assert refusal(png_header(12000, 10000), name="bomb.png") == (
        "bomb.png: 12000x10000 is 120.0 megapixels, over the limit of 100: make it smaller first"
    )
    assert "over the limit of 1" in refusal(png_header(1001, 1000), max_pixels=10**6)
    assert "over the limit" in refusal(deep_tiff(), max_pixels=1999)
    for source in (NOISE, Image.fromarray(NOISE), read(NOISE)):
        assert "50x40 is 0.0 megapixels, over the limit" in refusal(source, max_pixels=1999)
        assert read(source, max_pixels=2000).shape == (3, 40, 50)


def test_a_text_bomb_in_a_png_is_refused():
    text = zlib.compress(b"a" * 5_000_000)
    data = b"zTXt"
    payload = b"Comment\0\0" + text
    chunk = struct.pack(">I", len(payload)) + data + payload + struct.pack(">I", zlib.crc32(data + payload))
    png = as_bytes("PNG")
    refusal(png[:33] + chunk + png[33:])


def test_missing_files_get_the_nearest_name(tmp_path):
    (tmp_path / "bricks.png").write_bytes(as_bytes("PNG"))
    assert "no such file" in refusal(tmp_path / "other.jpg")
    assert f"did you mean {tmp_path / 'bricks.png'}?" in refusal(tmp_path / "brick.png")
    assert "check the path" in refusal(tmp_path / "bridge.jpg")
    assert "there is no folder" in refusal(tmp_path / "nowhere" / "a.png")
    assert "part of its path is a file" in refusal(tmp_path / "bricks.png" / "a.png")
    assert "download" in refusal("https://example.org/a.png")
    assert "name of the picture is empty" in refusal("")
    assert "not a file name" in refusal("a\0b.png")
    assert "is not a picture" in refusal(b"a", name="two\nlines")


def test_folders_and_empty_files_are_refused(tmp_path):
    assert "is a folder" in refusal(tmp_path)
    (tmp_path / "empty.png").touch()
    assert refusal(tmp_path / "empty.png") == f"{tmp_path / 'empty.png'}: the file is empty: get a whole copy"
    assert "empty" in refusal(b"")
    assert "empty" in refusal(io.BytesIO())


def test_a_file_without_permission_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "secret.png"
    path.write_bytes(as_bytes("PNG"))

    def no_permission(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", no_permission)  # the superuser may read anything
    assert refusal(path) == f"{path}: no permission to read it: change its permissions or copy it"


def test_other_kinds_of_file_are_named():
    assert "HEIC" in refusal(b"\0\0\0\x18ftypheic" + b"\0" * 40)
    assert "PDF" in refusal(b"%PDF-1.7 ...")
    assert "SVG" in refusal(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert "PostScript" in refusal(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")
    assert "text mode" in refusal(io.StringIO("hello"))


def test_a_closed_file_is_refused():
    file = io.BytesIO(as_bytes("PNG"))
    file.close()
    refusal(file)


def test_things_that_are_not_pictures_are_refused():
    for thing in (None, 7, [1, 2], {}, object()):
        assert "is not a picture: give a path" in refusal(thing)


def test_an_unknown_background_is_refused():
    for color in ("nocolour", "#12345", "", "white; drop"):
        assert "background" in refusal(NOISE, background=color)


def test_the_other_readers_refuse_in_the_same_way(tmp_path):
    for reader in (read_size, read_recipe, file_bytes):
        with pytest.raises(InputError, match="no such file"):
            reader(tmp_path / "absent.png")
    for reader in (read_size, read_recipe):
        with pytest.raises(InputError, match="not a picture"):
            reader(b"hello")


def test_pictures_in_a_folder_come_in_natural_order(tmp_path):
    with pytest.raises(InputError, match="no picture in this folder"):
        pictures_in(tmp_path)
    for name in ("img10.png", "img2.PNG", "Img1.jpg", "b.webp", ".hidden.png", "notes.txt", "7.tif", "img02.png"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    names = [path.name for path in pictures_in(tmp_path)]
    assert names == ["7.tif", "b.webp", "Img1.jpg", "img02.png", "img2.PNG", "img10.png"]
    with pytest.raises(InputError, match="no such folder"):
        pictures_in(tmp_path / "absent")
    with pytest.raises(InputError, match="is a file"):
        pictures_in(tmp_path / "notes.txt")


@pytest.mark.parametrize(
    "data",
    [
        b"P3 a b c\n",
        b"P6 9 x 255\n" + bytes(99),
        b"P2 2 2 99999999999\n1 2 3 4\n",
        as_bytes("PNG").replace(b"IHDR", b"tEXt"),
        as_bytes("TIFF")[:10] + b"\xff" * 90 + as_bytes("TIFF")[100:],
        as_bytes("GIF")[:13] + b"\x21\xff\x0b" + b"\xff" * 9,
        as_bytes("BMP")[:14] + b"\xff" * 40 + as_bytes("BMP")[54:],
    ],
    ids=["ppm of words", "ppm of a word", "ppm too deep", "png", "tiff", "gif", "bmp"],
)
def test_what_programmers_say_to_programmers_is_not_passed_on(data):
    message = refusal(data, name="odd")
    assert message.startswith("odd: ")
    for word in ("invalid literal", "NoneType", "object", "unpack", "index", "argument", "codec"):
        assert word not in message


VALUES = np.full((20, 24, 3), 0.5, np.float32)


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (np.where(np.arange(24)[:, None] == 3, np.nan, VALUES), {"photometric": "rgb"}),
        (VALUES * 255, {"photometric": "rgb"}),
        (VALUES - 1, {"photometric": "rgb"}),
        (VALUES.astype(np.int8), {"photometric": "rgb"}),
        (VALUES.astype(np.int32), {"photometric": "rgb"}),
        (VALUES.astype(np.complex64)[..., 0], {"photometric": "minisblack"}),
        (VALUES[..., 0] * 9, {"photometric": "minisblack"}),
    ],
    ids=["nan", "0 to 255", "negative", "int8", "int32", "complex", "grey floats"],
)
def test_whoever_gives_a_file_is_told_what_to_do_with_a_file(values, options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, values, **options)
    message = refusal(stream.getvalue(), name="odd.tif")
    assert message.startswith("odd.tif: ")
    assert "save it" in message
    for word in ("numpy", "nan_to_num", "divide", "transpose", "array", "shape", "uint8", "convert to"):
        assert word not in message
