"""Forty hostile inputs, each decided by its number: status 0, 1 or 2, one line at most, and nothing left behind.

`hostile(n)` makes case n: a damaged picture, an odd path, an odd value, or an odd output. To look into one:
`pytest tests/contract/test_hostile_inputs.py -k 17`.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from impasto.cli.app import run

COUNT = 40
FORMATS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "tif": "TIFF", "gif": "GIF", "bmp": "BMP", "ppm": "PPM"}
MODES = {"GIF": "LP", "BMP": "L1P", "PPM": "L1", "JPEG": "L"}  # beside RGB; of the others L, P and 1
METHODS = (
    ["texture", "pyramid", "{}"],
    ["texture", "quilt", "{}"],
    ["texture", "patches", "{}", "--size", "40"],
    ["vary", "patches", "{}"],
    ["vary", "patches", "sound.png", "--mask", "{}"],
    ["style", "strength", "sound.png", "{}"],
    ["texture", "sliced-patches", "{}", "--size", "32", "--steps", "1"],
    ["measure", "positions", "{}", "sound.png"],
)
VALUES = (
    "",
    " ",
    "-1",
    "nan",
    "1e999",
    "²",
    "٣",
    "9" * 4000,
    "x" * 4000,
    "a\nb",
    "\x1b[31m",
    "none",
    "[]",
    "0x0",
    "50%",
)
FLAGS = ("--seed", "--size", "--device", "--threads", "--bits", "--background", "--config", "--preset", "--patch")
PATHS = ("gone.png", "", ".", "loop", "sound.png/x.png", "x" * 300, "a\nb.png", "/dev/null", os.fsdecode(b"\xe9.png"))
OUTPUTS = (
    "out.png",
    "out.png",
    "out.tif",
    "new/out.jpg",
    "out.xyz",
    "",
    "loop",
    "sound.png",
    "{x}.png",
    "/dev/full",
    "-",
)


def picture(chance: Random, format: str) -> bytes:
    """A small picture of noise and waves."""
    y, x = np.mgrid[: chance.choice((1, 24, 40)), : chance.choice((24, 32, 33))]
    noise = np.random.default_rng(chance.randrange(99)).normal(0, 20, (*x.shape, 3))
    values = 127 + 90 * np.stack([np.sin(x / 3), np.cos(y / 4), np.sin((x + y) / 5)], -1) + noise
    image = Image.fromarray(values.clip(0, 255).astype(np.uint8))
    mode = chance.choice(("RGB", "RGB", *MODES.get(format, "LP1")))
    stream = io.BytesIO()
    image.convert("RGB" if format == "WEBP" else mode).save(stream, format)
    return stream.getvalue()


def damaged(data: bytes, chance: Random) -> bytes:
    """A file that was cut, or has other bytes somewhere, most of all near its beginning."""
    changed = bytearray(data)
    near = chance.randrange(min(len(changed), chance.choice((16, 64, 10_000))))
    match chance.randrange(6):
        case 0:
            del changed[near:]
        case 1:
            changed[near] ^= 1 << chance.randrange(8)
        case 2:
            changed[near : near + 16] = chance.randbytes(16)
        case 3:
            changed[: chance.randrange(1, 12)] = chance.choice(
                (b"GIF89a", b"II*\0", b"\xff\xd8\xff", b"RIFF", b"PK\3\4")
            )
        case 4:
            changed[near : near + 200] = bytes(200)
        case _:
            changed[near : near + 4] = chance.choice((b"\xff" * 4, b"\x7f\xff\xff\xff", b"\0" * 4))
    return bytes(changed)


def hostile(number: int, folder: Path) -> list[str]:
    """The words of a case, whose files are put into the folder."""
    chance = Random(f"hostile {number}")
    (folder / "sound.png").write_bytes(picture(Random(1), "PNG"))
    (folder / "loop").symlink_to("loop")
    ending = chance.choice(list(FORMATS))
    name = f"in.{ending}"
    (folder / name).write_bytes(damaged(picture(chance, FORMATS[ending]), chance))
    kind = number % 4
    words = [word.format(chance.choice(PATHS) if kind == 1 else name) for word in chance.choice(METHODS)]
    if kind == 2:
        words = [word.replace(name, "sound.png") for word in words]
        words += [chance.choice(FLAGS), chance.choice(VALUES)]
    words += ["-o", chance.choice(OUTPUTS) if kind == 3 else "out.png"] if words[0] != "measure" else []
    return [*words, "-q", *chance.choice(([], ["--no-record"], ["--json", "--no-record"]))]


def contents(folder: Path) -> dict[str, bytes | None]:
    """Every file, folder and link, and what the files hold."""
    return {str(path): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


@pytest.mark.parametrize("number", range(COUNT))
def test_a_hostile_input_ends_in_one_line_at_most(number, tmp_path, monkeypatch, capfdbinary):
    monkeypatch.chdir(tmp_path)
    words = hostile(number, tmp_path)
    before = contents(tmp_path)
    status = run(words)
    out, err = capfdbinary.readouterr()
    said = err.decode()
    assert status in (0, 1, 2), said
    assert "internal error" not in said
    assert "Traceback" not in said
    after = contents(tmp_path)
    assert not [name for name in after if ".impasto" in name or name.endswith((".part", ".tmp"))]
    if status == 0:
        assert said == ""
        assert {name: after[name] for name in before} == before
    else:
        assert said.startswith("impasto: ")
        assert said.count("\n") == 1
        assert len(said) < 700
        assert said[:-1].isprintable()
        assert after == before
        assert out == b"" or "--json" in words
