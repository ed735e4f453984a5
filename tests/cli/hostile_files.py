"""Files that nobody should have to decode, and pictures that only look strange; each is built when it is asked for."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, PngImagePlugin

SIZE = (48, 40)  # width, height of all well-formed pictures but those that say otherwise

Build = Callable[[Path], Path]
"""Puts a file (or none) into a folder, and gives the path that a person would type."""


def noise(size: tuple[int, int] = SIZE, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (size[1], size[0], channels), dtype=np.uint8)


def encoded(format: str, picture: Image.Image | None = None, **options: object) -> bytes:
    stream = io.BytesIO()
    (picture or Image.fromarray(noise())).save(stream, format, **options)
    return stream.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, depth: int = 8, color: int = 2, data: bytes = b"\0" * 99) -> bytes:
    """A PNG that claims a size, whatever its data hold."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")


def bmp(width: int, height: int) -> bytes:
    """A BMP that claims a size and has hardly any data."""
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 64, 0, 0, 54) + head + b"\0" * 64


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("plaster.png", encoded("PNG"))
    return stream.getvalue()


def float_tiff(value: float) -> bytes:
    stream = io.BytesIO()
    values = np.full((40, 48, 3), 0.5, dtype=np.float32)
    values[3, 4, 1] = value
    tifffile.imwrite(stream, values, photometric="rgb")
    return stream.getvalue()


def a_file(name: str, data: Callable[[], bytes]) -> Build:
    def build(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data())
        return path

    return build


def cut(format: str, share: float) -> Build:
    """The first part of a well-formed file."""

    def data() -> bytes:
        whole = encoded(format)
        return whole[: int(len(whole) * share)]

    return a_file(f"cut.{format.lower()}", data)


def missing(folder: Path) -> Path:
    return folder / "nowhere" / "plaster.png"


def misspelt(folder: Path) -> Path:
    (folder / "plaster.png").write_bytes(encoded("PNG"))
    return folder / "plasetr.png"


def bare_folder(folder: Path) -> Path:
    path = folder / "letters"
    path.mkdir()
    (path / "letter.txt").write_text("Dear all,\n")
    return path


def dangling_link(folder: Path) -> Path:
    path = folder / "link.png"
    path.symlink_to(folder / "gone.png")
    return path


def link_to_itself(folder: Path) -> Path:
    path = folder / "loop.png"
    path.symlink_to(path)
    return path


def below_a_file(folder: Path) -> Path:
    return a_file("plaster.png", lambda: encoded("PNG"))(folder) / "inside.png"


def a_name_too_long(folder: Path) -> Path:
    return folder / ("x" * 300 + ".png")


def a_name_of_two_lines(folder: Path) -> Path:
    return folder / "two\nlines\x1b[31m.png"


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'

HOSTILE: dict[str, Build] = {
    "missing": missing,
    "misspelt": misspelt,
    "empty": a_file("empty.png", bytes),
    "device null": lambda _: Path(os.devnull),
    **{
        f"{format.lower()} cut at {share:.0%}": cut(format, share)
        for format in ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP")
        for share in (0.3, 0.85)
    },
    "signature alone": a_file("signature.png", lambda: b"\x89PNG\r\n\x1a\n"),
    "text named png": a_file("text.png", lambda: b"I am a picture, believe me.\n" * 9),
    "zip": a_file("pictures.zip", zipped),
    "zip named png": a_file("zip.png", zipped),
    "json": a_file("run.json", lambda: b'{"method": "texture gram"}'),
    "pdf": a_file("paper.pdf", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"),
    "svg": a_file("drawing.svg", lambda: SVG),
    "svg named png": a_file("drawing.png", lambda: SVG),
    "heic": a_file("photo.heic", lambda: HEIC),
    "heic named jpg": a_file("photo.jpg", lambda: HEIC),
    "postscript": a_file("page.eps", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n"),
    "folder without pictures": bare_folder,
    "dangling link": dangling_link,
    "link to itself": link_to_itself,
    "below a file": below_a_file,
    "name too long": a_name_too_long,
    "name of two lines": a_name_of_two_lines,
    "address": lambda _: Path("https://example.org/a.png"),
    "png of 900 megapixels": a_file("bomb.png", lambda: png(30_000, 30_000)),
    "bmp of 900 megapixels": a_file("bomb.bmp", lambda: bmp(30_000, 30_000)),
    "png of 120 megapixels, 1 bit": a_file(
        "bits.png", lambda: png(12_000, 10_000, depth=1, color=0, data=b"\0" * (1501 * 10_000))
    ),
    "png of no pixels": a_file("flat.png", lambda: png(0, 5)),
    "tiff with nan": a_file("nan.tif", lambda: float_tiff(np.nan)),
    "tiff with inf": a_file("inf.tif", lambda: float_tiff(np.inf)),
    "tiff of 0 to 300": a_file("bright.tif", lambda: float_tiff(300.0)),
    "jpeg of garbage": a_file("garbage.jpg", lambda: encoded("JPEG")[:20] + bytes(range(256)) * 8),
    "jpeg after garbage": a_file("late.jpg", lambda: b"garbage before it" + encoded("JPEG")),
}
"""By what they are: paths that no run may start from."""


def _gif(folder: Path) -> Path:
    path = folder / "moving.gif"
    frames = [Image.new("RGB", SIZE, color) for color in ("red", "green", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=40)
    return path


def _webp(folder: Path) -> Path:
    path = folder / "moving.webp"
    frames = [Image.new("RGBA", SIZE, color) for color in ("red", "green")]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=40)
    return path


def _turned(folder: Path) -> Path:
    path = folder / "turned.jpg"
    tags = Image.Exif()
    tags[0x0112] = 6
    Image.fromarray(noise()).save(path, exif=tags)
    return path


def _deep(folder: Path) -> Path:
    path = folder / "deep.tif"
    tifffile.imwrite(path, noise().astype(np.uint16) * 257, photometric="rgb")
    return path


STRANGE: dict[str, Build] = {
    "grey": a_file("grey.png", lambda: encoded("PNG", Image.fromarray(noise()[:, :, 0]))),
    "16 bits, colour": _deep,
    "16 bits, grey": a_file("deep.png", lambda: encoded("PNG", Image.fromarray(noise()[:, :, 0].astype("<u2") * 257))),
    "1 bit": a_file("bits.png", lambda: encoded("PNG", Image.fromarray(noise()).convert("1"))),
    "cmyk": a_file("print.jpg", lambda: encoded("JPEG", Image.fromarray(noise()).convert("CMYK"))),
    "palette": a_file("few.png", lambda: encoded("PNG", Image.fromarray(noise()).quantize(16))),
    "alpha": a_file("clear.png", lambda: encoded("PNG", Image.fromarray(noise(channels=4)))),
    "wholly clear": a_file("glass.png", lambda: encoded("PNG", Image.new("RGBA", SIZE))),
    "animated gif": _gif,
    "animated webp": _webp,
    "jpeg with bytes after it": a_file("tail.jpg", lambda: encoded("JPEG") + b"\0garbage" * 50),
    "wrong ending": a_file("jpeg.png", lambda: encoded("JPEG")),
    "no ending": a_file("plaster", lambda: encoded("PNG")),
    "name of two words": a_file("two words; rm -rf {stem} %d.png", lambda: encoded("PNG")),
}
"""By what they are: pictures of 48x40 that look strange and are fine."""

TURNED = _turned


def with_recipe(path: Path, recipe: object) -> Path:
    """A picture that says it was made so."""
    text = recipe if isinstance(recipe, str) else json.dumps(recipe)
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("impasto", text)
    Image.fromarray(noise()).save(path, pnginfo=chunks)
    return path
