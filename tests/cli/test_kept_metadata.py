"""What a photo's owner has beside its pixels, through whole commands: kept, private, none; resumed and repeated."""

import io
import sys

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

import impasto as package
from impasto.errors import Cancelled, InputError
from impasto.images import read
from impasto.registry import METHODS
from impasto.runs.configure import Layer, configure
from impasto.runs.enter import enter
from impasto.runs.execute import carry_on
from impasto.runs.job import prepare

DATE, ARTIST, OWNER, PLACE = "2024:05:06 07:08:09", "An Artist", "(c) Owner", 0x8825
MEND = ("--mask", "hole.png", "--votes", "2", "--rounds", "1", "-q")


@pytest.fixture
def photo(tmp_path):
    """Two photos of 40x32 with a hole to fill; one lies on its side, and its EXIF stands it up."""
    y, x = np.mgrid[:32, :40]
    pixels = Image.fromarray(np.stack([x * 5 + 40, 255 - y * 5, (x ^ y) * 4], -1).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0132], exif[0x013B], exif[0x8298], exif[0x0112] = DATE, ARTIST, OWNER, 8
    exif.get_ifd(PLACE)[1] = "N"
    pixels.rotate(-90, expand=True).save(tmp_path / "camera.jpg", exif=exif, dpi=(300, 300), quality=95)
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", ARTIST)
    text.add_text("Copyright", OWNER)
    pixels.save(tmp_path / "drawn.png", pnginfo=text, dpi=(300, 300))
    hole = Image.new("L", (40, 32))
    hole.paste(255, (10, 8, 18, 14))
    hole.save(tmp_path / "hole.png")
    return tmp_path / "camera.jpg"


def _facts(path):
    """Date, artist, owner, orientation, dpi and whether there is a place, as Pillow has them."""
    picture = Image.open(path)
    exif, text = picture.getexif(), getattr(picture, "text", {})
    dpi = picture.info.get("dpi")
    found = (text.get("Author", exif.get(0x013B)), text.get("Copyright", exif.get(0x8298)))
    return exif.get(0x0132), *found, exif.get(0x0112), dpi and round(float(dpi[0])), bool(exif.get_ifd(PLACE))


@pytest.mark.parametrize("method", ["patches", "sliced-patches"])
@pytest.mark.parametrize("name", ["healed.jpg", "healed.png", "healed.tif"])
def test_a_mended_photo_keeps_what_its_owner_had(impasto, photo, method, name):
    more = ("--steps", "2", "--projections", "4") if method == "sliced-patches" else ()
    mend = MEND[:2] + MEND[-1:] if more else MEND
    said = impasto("vary", method, "camera.jpg", *mend, *more, "-o", name)
    assert said.status == 0, said.err
    assert _facts(name) == (DATE, ARTIST, OWNER, 1, 300, True)
    assert Image.open(name).size == (40, 32)
    kept, was = np.array(Image.open(name))[:, 24:], (read("camera.jpg").permute(1, 2, 0).numpy() * 255)[:, 24:]
    assert np.abs(kept - was).max() <= (10 if name.endswith("jpg") else 0.5)


def test_what_stays_can_be_chosen(impasto, photo):
    for choice, place in (("keep", True), ("private", False)):
        assert impasto("vary", "patches", "camera.jpg", *MEND, "--metadata", choice, "-o", "x.jpg").status == 0
        assert _facts("x.jpg") == (DATE, ARTIST, OWNER, 1, 300, place)
    assert impasto("vary", "patches", "camera.jpg", *MEND, "--metadata", "none", "-o", "y.png").status == 0
    assert _facts("y.png") == (None, None, None, None, None, False)


def test_the_runs_folder_and_its_repetition_hold_the_same(impasto, photo):
    assert impasto("vary", "patches", "drawn.png", *MEND, "--out", "run", "-o", "x.png").status == 0
    own = photo.parent / "run" / "output.png"
    assert own.read_bytes() == (photo.parent / "x.png").read_bytes()
    assert _facts(own) == (None, ARTIST, OWNER, None, 300, False)
    for what, name in (("run", "again.png"), ("x.png", "twice.png")):
        assert impasto("runs", "repeat", what, "--no-record", "-q", "-o", name).status == 0
        assert (photo.parent / name).read_bytes() == own.read_bytes()


def test_a_resumed_run_writes_the_same(photo, monkeypatch):
    monkeypatch.chdir(photo.parent)
    method = METHODS["vary patches"].load()
    config = configure(method.Config, Layer({"votes": 2, "rounds": 1}))
    job = prepare(method(config), {"image": ["camera.jpg"], "mask": ["hole.png"]}, metadata="private")

    class Stop:
        def step(self, step):
            if step.index == 2:
                raise Cancelled

        def checkpoint(self):
            return None

    folder = enter(job, photo.parent, place=photo.parent / "run", output=photo.parent / "whole.jpg")
    photo.unlink()
    assert carry_on(folder, job=job, observers=[Stop()]).state == "cancelled"
    assert carry_on(folder).state == "done"
    assert _facts("whole.jpg") == (DATE, ARTIST, OWNER, 1, 300, False)


def test_a_new_picture_keeps_nothing_unless_it_is_of_a_photo_and_asked_to(impasto, photo):
    words = ("style", "patches", "camera.jpg", "drawn.png", "--votes", "2", "--rounds", "1", "-q")
    assert impasto(*words, "-o", "x.jpg").status == 0
    assert _facts("x.jpg")[1] is None
    assert impasto(*words, "--metadata", "keep", "-o", "y.jpg").status == 0
    assert _facts("y.jpg") == (DATE, ARTIST, OWNER, 1, 300, True)
    said = impasto("texture", "drift", "camera.jpg", "--metadata", "keep", "-o", "z.jpg")
    assert said.status == 2
    assert "metadata keep: texture drift makes no version of a photo" in said.err
    frames = [Image.new("RGB", (32, 24), (40 * number, 99, 9)) for number in range(2)]
    frames[0].save("walk.gif", save_all=True, append_images=frames[1:])
    said = impasto("style", "patches", "walk.gif", "drawn.png", "--metadata", "private", "-o", "z.gif")
    assert said.status == 2
    assert "-o z.gif: a GIF has no place for metadata; write a .webp or a film, or leave it out" in said.err
    said = impasto("vary", "patches", "camera.jpg", *MEND, "--metadata", "all", "-o", "z.jpg")
    assert (said.status, said.err) == (2, "impasto: metadata must be one of keep, private, none, got 'all'\n")


FILMED = {
    "title": "A walk",
    "artist": ARTIST,
    "copyright": OWNER,
    "date": "2024-05-06",
    "creation_time": "2024-05-06T07:08:09.000000Z",
    "location": "+48.1000-017.0000/",
    "comment": "at noon",
}


def film(path, said):
    av = pytest.importorskip("av", reason="films need the extra `video`")
    with av.open(str(path), "w") as container:
        container.metadata.update(said)
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for number in range(2):
            shade = np.add.outer(np.arange(32), np.arange(32) * 3 + 20 * number).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(np.stack([shade, shade.T, 255 - shade], -1), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def said_of(path):
    """What a film says of itself beside the comment, as PyAV has it."""
    av = pytest.importorskip("av", reason="films need the extra `video`")
    with av.open(str(path)) as container:
        said = {name.lower(): words for name, words in container.metadata.items()}
    return {name: said.get(name) for name in (*FILMED, "description") if name != "comment"}


@pytest.mark.parametrize("ending", ["mp4", "mkv", "webm"])
def test_a_painted_film_keeps_what_it_says_of_itself_if_asked_to(impasto, photo, ending):
    film("walk.mp4", FILMED)
    words = ("style", "patches", "walk.mp4", "drawn.png", "--votes", "1", "--rounds", "1", "-q", "--no-record")
    kept = FILMED | {"description": "at noon"}
    del kept["comment"]
    for choice, expected in (
        ("keep", kept),
        ("private", kept | {"location": None, "description": None}),
        ("none", dict.fromkeys(kept)),
    ):
        name = f"{choice}.{ending}"
        assert impasto(*words, "--metadata", choice, "-o", name).status == 0
        assert said_of(name) == expected
    assert impasto("runs", "repeat", f"keep.{ending}", "--no-record", "-q", "-o", f"again.{ending}").status == 0
    assert (photo.parent / f"again.{ending}").read_bytes() == (photo.parent / f"keep.{ending}").read_bytes()
    assert impasto(*words, "-o", f"plain.{ending}").status == 0
    assert said_of(f"plain.{ending}") == dict.fromkeys(kept)


def test_animations_keep_what_they_have_a_place_for(impasto, photo):
    film("walk.mp4", FILMED)
    words = ("style", "patches", "walk.mp4", "drawn.png", "--votes", "1", "--rounds", "1", "-q", "--no-record")
    assert impasto(*words, "--metadata", "keep", "-o", "walk.webp").status == 0
    exif = Image.open("walk.webp").getexif()
    assert (exif[0x013B], exif[0x8298], exif.get_ifd(0x8769)[0xA002]) == (ARTIST, OWNER, 32)
    exif[0x0112] = 1
    frames = [Image.new("RGB", (32, 32), (90 * number, 99, 9)) for number in range(2)]
    frames[0].save("own.webp", save_all=True, append_images=frames[1:], exif=exif)
    again = (words[0], words[1], "own.webp", *words[3:], "--metadata", "keep", "-o", "again.webp")
    assert impasto(*again).status == 0
    assert Image.open("again.webp").getexif()[0x013B] == ARTIST
    assert Image.open("again.webp").n_frames == 2
    assert impasto(*again[:-1], "first.jpg").status == 0
    assert Image.open("first.jpg").getexif()[0x013B] == ARTIST


def test_standard_output_gets_it_too(impasto, photo, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", stream)
    assert impasto("vary", "patches", "camera.jpg", *MEND, "--no-record", "-o", "-").status == 0
    assert Image.open(stream.buffer).getexif()[0x013B] == ARTIST


def test_damage_is_told_in_a_line_and_the_photo_is_mended(impasto, photo):
    Image.open("drawn.png").save("hurt.webp", exif=b"Exif\0\0junkjunk", lossless=True)
    words = [word for word in MEND if word != "-q"]
    said = impasto("vary", "patches", "hurt.webp", *words, "--no-record", "-o", "x.webp")
    assert said.status == 0
    notes = [line for line in said.err.splitlines() if "damaged" in line]
    assert notes == ["hurt.webp: a part of its EXIF is damaged, and is not kept"]
    assert Image.open("x.webp").size == (40, 32)


def test_from_python_it_is_an_argument(photo):
    given = {"mask": photo.parent / "hole.png", "votes": 2, "rounds": 1}
    package.vary(photo, **given).save(photo.parent / "a.jpg")
    assert _facts(photo.parent / "a.jpg") == (DATE, ARTIST, OWNER, 1, 300, True)
    package.vary(Image.open(photo), **given, metadata="private").save(photo.parent / "b.png")
    assert _facts(photo.parent / "b.png") == (DATE, ARTIST, OWNER, 1, 300, False)
    package.vary(read(photo), **given).save(photo.parent / "c.jpg")
    assert _facts(photo.parent / "c.jpg")[:3] == (None, None, None)
    with pytest.raises(InputError, match="metadata must be one of"):
        package.vary(photo, **given, metadata="some")
