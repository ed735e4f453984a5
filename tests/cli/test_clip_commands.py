"""Clips on the command line: what makes one, where it goes, and what cannot be."""

from __future__ import annotations

import io
import json
import signal
import sys
import time

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from impasto.metrics import flicker
from impasto.registry import METHODS, Entry
from impasto.video import open_clip, write_clip

COUNT = 4


@pytest.fixture(autouse=True)
def _follow(monkeypatch):
    monkeypatch.setitem(METHODS, "style follow", Entry("follow_method:Follow", "Follows."))


@pytest.fixture
def clips(tmp_path, plaster):
    """clip.gif, clip.mp4 and clip.webp of four frames, 24x16."""
    scene = torch.rand(3, 16, 40, generator=torch.Generator().manual_seed(1))
    frames = [scene[:, :, 4 * number : 4 * number + 24] for number in range(COUNT)]
    for ending in ("gif", "mp4", "webp"):
        write_clip(frames, [0.1] * COUNT, tmp_path / f"clip.{ending}")


def test_a_clip_may_come_on_standard_input_and_is_recorded(impasto, clips, tmp_path, monkeypatch):
    data = (tmp_path / "clip.gif").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert impasto("style", "follow", "-", "plaster.png", "-o", "piped.gif").status == 0
    assert impasto("style", "follow", "clip.gif", "plaster.png", "-o", "named.gif").status == 0
    piped, named = (pixels(Image.open(tmp_path / name)) for name in ("piped.gif", "named.gif"))
    assert np.array_equal(piped, named)


def pixels(clip: Image.Image) -> np.ndarray:
    return np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(clip)])


@pytest.mark.parametrize(
    ("content", "output"), [("clip.gif", "out.mp4"), ("clip.mp4", "out.gif"), ("clip.webp", "out.webp")]
)
def test_every_frame_is_made(impasto, clips, tmp_path, content, output):
    said = impasto("style", "follow", content, "plaster.png", "-o", output)
    assert (said.status, said.out) == (0, "")
    assert f"{output}: 4 frames of 24x16" in said.err
    assert len(open_clip(tmp_path / output)) == COUNT


@pytest.mark.parametrize("words", ["style follow", "style patches --votes 1 --rounds 1", "style fast --strength 0"])
def test_the_picture_for_those_who_show_no_animations_is_not_painted(impasto, plaster, tmp_path, words):
    noise = np.random.default_rng(6).integers(0, 256, (3, 16, 24, 3), dtype=np.uint8)
    frames = {"append_images": [Image.fromarray(values) for values in noise], "duration": 100}
    Image.new("RGB", (24, 16)).save(tmp_path / "hidden.png", default_image=True, save_all=True, **frames)
    method, options = words.split()[:2], words.split()[2:]
    said = impasto(*method, "hidden.png", "plaster.png", *options, "--no-record", "-o", "out.gif")
    assert said.status == 0
    assert "out.gif: 3 frames of 24x16" in said.err
    assert len(open_clip(tmp_path / "out.gif")) == 3


@pytest.mark.parametrize("content", ["clip.gif", "clip.mp4", "clip.webp"])
def test_without_a_name_the_clip_is_named_after_its_content(impasto, clips, tmp_path, content):
    assert impasto("style", "follow", content, "plaster.png", "--no-record").status == 0
    assert len(open_clip(tmp_path / f"clip-style-follow.{content[5:]}")) == COUNT


@pytest.mark.parametrize("ending", ["gif", "webp", "mp4"])
def test_a_folder_gets_the_clip(impasto, clips, tmp_path, ending):
    (tmp_path / "made").mkdir()
    assert impasto("style", "follow", f"clip.{ending}", "plaster.png", "-o", "made", "--no-record").status == 0
    assert len(open_clip(tmp_path / "made" / f"clip-style-follow.{ending}")) == COUNT


def test_standard_output_gets_an_animations_first_frame(impasto, clips):
    said = impasto("style", "follow", "clip.gif", "plaster.png", "-o", "-", "--no-record", "-q", "--dry-run")
    assert said.status == 0
    assert json.loads(said.out)["output"] == "-"


def test_a_picture_of_an_animation_is_that_of_its_first_frame(impasto, clips, tmp_path):
    assert impasto("style", "follow", "clip.gif", "plaster.png", "-o", "out.png", "--no-record").status == 0
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.size == (24, 16)


def test_json_counts_the_frames(impasto, clips):
    said = impasto("style", "follow", "clip.gif", "plaster.png", "-o", "out.webp", "--json", "-q")
    found = json.loads(said.out)
    assert (found["frames"], found["size"], found["state"]) == (COUNT, [24, 16], "done")


def test_a_clip_is_repeated_from_itself_and_from_its_run(impasto, clips, tmp_path):
    assert impasto("style", "follow", "clip.gif", "plaster.png", "-o", "out.mp4", "--seed", 5).status == 0
    assert impasto("runs", "repeat", "out.mp4", "-o", "again.mp4", "--no-record").status == 0
    assert impasto("runs", "repeat", "latest", "-o", "third.mp4", "--no-record").status == 0
    first = (tmp_path / "out.mp4").read_bytes()
    assert (tmp_path / "again.mp4").read_bytes() == first == (tmp_path / "third.mp4").read_bytes()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("style", "follow", "clip.mp4", "plaster.png", "-o", "out.png"),
            "clip.mp4 is a film; give a name that ends in",
        ),
        (("style", "follow", "plaster.png", "plaster.png", "-o", "out.mp4"), "plaster.png: has only one frame"),
        (("style", "follow", "plaster.png", "plaster.png", "-o", "out.gif"), "plaster.png: has only one frame"),
        (("style", "follow", "clip.mp4", "plaster.png", "-o", "-"), "a clip does not fit on standard output"),
        (("style", "follow", "clip.gif", "plaster.png", "-o", "out.gif", "--bits", 16), "bits must be 8 for a clip"),
        (("style", "follow", "clip.gif", "plaster.png", "-o", "clip.gif"), "is an input of this run"),
        (("style", "follow", "gone.mp4", "plaster.png", "-o", "out.mp4"), "gone.mp4: no such file"),
        (("style", "follow", "clip.mp4", "plaster.png", "-o", "out.avi"), "cannot write a clip as '.avi'"),
        (("texture", "drift", "plaster.png", "-o", "out.mp4"), "texture drift makes pictures"),
        (("style", "strength", "clip.mp4", "plaster.png"), "clip.mp4: style strength takes pictures, no clips"),
        (("style", "strength", "clip.mp4", "plaster.png", "-o", "out.png"), "style strength takes pictures, no clips"),
        (("style", "strength", "clip.gif", "plaster.png", "-o", "out.gif"), "style strength takes pictures, no clips"),
        (("measure", "flicker", "plaster.png"), "plaster.png: has only one frame"),
        (("measure", "flicker", "clip.gif", "short.gif"), "short.gif: has 2 frames, clip.gif has 4"),
    ],
)
def test_what_cannot_be_gets_one_line(impasto, clips, tmp_path, words, line):
    write_clip([torch.zeros(3, 16, 24), torch.ones(3, 16, 24)], [0.1] * 2, tmp_path / "short.gif")
    said = impasto(*words)
    assert said.status == 2
    assert line in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "runs").exists()


def test_flicker_is_measured_along_the_originals_motion(impasto, clips, tmp_path):
    said = impasto("measure", "flicker", "clip.mp4", "clip.gif")
    columns, row = (line.split("\t") for line in said.out.splitlines())
    assert columns == ["clip", "frames", "flicker", "most", "original"]
    assert row[:2] == ["clip.mp4", "4"]
    (found,) = json.loads(impasto("measure", "flicker", "clip.gif", "--json").out)["tables"]["table"]
    assert found["flicker"] == pytest.approx(float(row[4]), rel=0.01)


def test_frames_that_a_gif_holds_once_are_paired_by_time(impasto, clips, tmp_path):
    frames = list(open_clip(tmp_path / "clip.gif").frames())
    same = [frames[0], frames[1], frames[1], frames[3]]
    write_clip(same, [0.1] * COUNT, tmp_path / "same.gif")
    first, twice, last = open_clip(tmp_path / "same.gif").frames()
    for made, original, pairs in (
        ("same.gif", "clip.gif", flicker([first, twice, twice, last], frames)),
        ("clip.gif", "same.gif", flicker(frames, [first, twice, twice, last])),
    ):
        (found,) = json.loads(impasto("measure", "flicker", made, original, "--json").out)["tables"]["table"]
        assert found["flicker"] == pytest.approx(sum(pairs) / (COUNT - 1), abs=1e-6)


def test_ctrl_c_keeps_the_finished_frames_and_resume_makes_the_rest(start, impasto, clips, tmp_path):
    words = ("style", "follow", "clip.gif", "plaster.png", "--threads", 1, "-q", "-o")
    assert impasto(*words, "whole.gif").status == 0
    slow = start(*words, "out.gif", "--pause", "0.3", "--out", "slow")
    deadline = time.monotonic() + 60
    while not (tmp_path / "slow" / "pieces" / "00002.png").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    slow.send_signal(signal.SIGINT)
    _, err = slow.communicate(timeout=60)
    assert slow.returncode == 130
    assert b"stopped after frame 2 of 4; saved out.gif" in err
    assert len(open_clip(tmp_path / "out.gif")) == 2
    assert impasto("runs", "resume", "slow").status == 0
    whole, resumed = (list(open_clip(tmp_path / name).frames()) for name in ("whole.gif", "out.gif"))
    assert all(torch.equal(*pair) for pair in zip(whole, resumed, strict=True))
