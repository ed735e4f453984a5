"""Animations and films: what is written comes back, with its times; what is damaged gets one line."""

from __future__ import annotations

import os
import sys
from fractions import Fraction

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence

from impasto.cli.app import run
from impasto.errors import InputError
from impasto.images import read_recipe
from impasto.video import check_clip_target, films, is_animation, open_clip, read_film_recipe, write_clip
from impasto.video.animations import shown_times

av = pytest.importorskip("av", reason="films need the extra `video`")

TIMES = (0.1, 0.2, 0.05, 0.3)
ALL = ("gif", "webp", "mp4", "mov", "webm", "mkv")


def frames(width: int = 48, height: int = 32, count: int = 4) -> list[torch.Tensor]:
    """A flat ground in a colour of its own, and a lighter band that moves down."""
    made = []
    for number in range(count):
        frame = torch.tensor([0.2, 0.5, 0.3 + 0.1 * number])[:, None, None].repeat(1, height, width)
        frame[:, 4 * number : 4 * number + 8] += 0.2
        made.append(frame)
    return made


@pytest.mark.parametrize("ending", ALL)
def test_a_clip_comes_back(tmp_path, ending):
    path = tmp_path / f"clip.{ending}"
    write_clip(frames(), TIMES, path)
    clip = open_clip(path)
    assert (len(clip), clip.size) == (4, (48, 32))
    assert clip.durations == pytest.approx(TIMES, abs=1.1e-3)
    for found, frame in zip(clip.frames(), frames()):
        assert float((found - frame).abs().mean()) < 0.012
    assert torch.equal(next(clip.frames(2)), list(clip.frames())[2])


@pytest.mark.parametrize("ending", ["mp4", "webm"])
def test_a_films_colours_are_within_two_steps(tmp_path, ending):
    colors = torch.rand(4, 3, 1, 1, generator=torch.Generator().manual_seed(1))
    flat = [color.expand(3, 64, 64) for color in colors]
    write_clip(flat, TIMES, tmp_path / f"flat.{ending}")
    for found, frame in zip(open_clip(tmp_path / f"flat.{ending}").frames(), flat):
        assert float((found - frame).abs().mean()) < 2.5 / 255


@pytest.mark.parametrize("ending", ["mp4", "webm"])
def test_odd_sides_get_their_last_row_and_column_once_more(tmp_path, ending):
    write_clip(frames(47, 31), TIMES, tmp_path / f"odd.{ending}")
    assert open_clip(tmp_path / f"odd.{ending}").size == (48, 32)


@pytest.mark.parametrize(("rate", "count"), [(60, 12), (144, 30), (75, 7), (1000, 3), (30, 6)])
def test_a_gif_of_quick_frames_keeps_the_time_and_leaves_out_what_no_player_shows(tmp_path, rate, count):
    write_clip(frames(count=count), [1 / rate] * count, tmp_path / "quick.gif")
    with Image.open(tmp_path / "quick.gif") as gif:
        delays = [frame.info["duration"] for frame in ImageSequence.Iterator(gif)]
    assert min(delays) >= 20  # browsers take less for a tenth of a second
    assert sum(delays) == pytest.approx(max(20, 1000 * count / rate), abs=10)


def test_frames_that_are_left_out_are_the_ones_between(tmp_path):
    write_clip(frames(count=6), [1 / 50] * 2 + [1 / 100] * 4, tmp_path / "some.gif")
    clip = open_clip(tmp_path / "some.gif")
    assert clip.durations == pytest.approx([0.02] * 4, abs=1e-3)
    for found, number in zip(clip.frames(), (0, 1, 2, 4)):
        assert float((found - frames(count=6)[number]).abs().mean()) < 0.012


def test_the_picture_for_those_who_show_no_animations_is_no_frame(tmp_path):
    red, green, blue = (Image.new("RGB", (32, 32), color) for color in ("red", "lime", "blue"))
    shown = {"save_all": True, "append_images": [red, green, blue], "duration": 100}
    Image.new("RGB", (32, 32), "black").save(tmp_path / "hidden.png", default_image=True, **shown)
    Image.new("RGB", (32, 32), "black").save(tmp_path / "shown.png", **shown)
    hidden, shown = open_clip(tmp_path / "hidden.png"), open_clip(tmp_path / "shown.png")
    assert [it[:, 0, 0].tolist() for it in hidden.frames()] == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert torch.equal(next(hidden.frames(2)), list(hidden.frames())[2])
    assert len(shown) == 4
    Image.new("RGB", (32, 32)).save(tmp_path / "one.png", default_image=True, save_all=True, append_images=[red])
    assert not is_animation((tmp_path / "one.png").read_bytes())


@pytest.mark.parametrize("mode", ["RGBA", "P", "L"])
def test_nor_is_it_one_in_other_modes(tmp_path, mode):
    def shade(level: int) -> Image.Image:
        picture = Image.new("RGBA", (16, 16), (level, level, level, 255))
        picture.paste((0, 0, 0, 0), (0, 0, 8, 16))
        return picture if mode == "RGBA" else picture.convert("RGB").convert(mode)

    shown = {"save_all": True, "append_images": [shade(level) for level in (102, 153)], "loop": 3}
    shade(255).save(tmp_path / "hidden.png", default_image=True, duration=[70, 230], **shown)
    clip = open_clip(tmp_path / "hidden.png", background="#ff0000")
    found = [(it[:, 8, 12] * 255).round().tolist() for it in clip.frames()]
    assert found == [[102] * 3, [153] * 3]
    assert next(clip.frames())[:, 8, 2].tolist() == ([1, 0, 0] if mode == "RGBA" else [0, 0, 0])
    assert clip.durations == pytest.approx((0.07, 0.23))
    assert clip.plays == 3


def film(path, made, pix_fmt: str, codec: str = "libx264", aspect: Fraction | None = None, matrix=None) -> None:
    """Write arrays (H, W, 3 or 4) as a film, with a display matrix (a, b, c, d)."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options={"auto-alt-ref": "0"} if codec == "libvpx" else {})
        stream.height, stream.width = made[0].shape[:2]
        stream.pix_fmt = pix_fmt
        if aspect is not None:
            stream.sample_aspect_ratio = aspect
        if matrix is not None:
            a, b, c, d = (value << 16 for value in matrix)
            stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
        for number, values in enumerate(made):
            frame = av.VideoFrame.from_ndarray(values, format="rgba" if values.shape[2] == 4 else "rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.mark.parametrize(
    ("name", "codec", "aspect", "shown"),
    [
        ("wide.mp4", "libx264", Fraction(4, 3), (96, 64)),
        ("wide.mkv", "libx264", Fraction(4, 3), (96, 64)),
        ("tall.mov", "libx264", Fraction(2, 3), (72, 96)),
        ("square.mp4", "libx264", Fraction(1, 1), (72, 64)),
    ],
)
def test_a_film_is_as_wide_as_it_is_shown(tmp_path, name, codec, aspect, shown):
    film(
        tmp_path / name, [np.full((64, 72, 3), 80 * number, np.uint8) for number in range(3)], "yuv420p", codec, aspect
    )
    clip = open_clip(tmp_path / name)
    assert clip.size == shown
    assert [it.shape for it in clip.frames()] == [(3, shown[1], shown[0])] * 3
    assert float((list(clip.frames())[1] - 80 / 255).abs().max()) < 0.02


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("a.mov", "png", "rgba"),
        ("b.mov", "qtrle", "argb"),
        ("c.mkv", "ffv1", "yuva420p"),
        ("d.webm", "libvpx-vp9", "yuva420p"),
        ("e.mkv", "libvpx-vp9", "yuva420p"),
        ("f.mov", "prores_ks", "yuva444p10le"),
        ("g.webm", "libvpx", "yuva420p"),
    ],
)
@pytest.mark.parametrize(("background", "color"), [("#ffcc00", (255, 204, 0)), ("white", (255, 255, 255))])
def test_clear_parts_of_a_film_show_the_background(tmp_path, name, codec, pix_fmt, background, color):
    made = []
    for number in range(3):
        values = np.zeros((32, 32, 4), np.uint8)
        values[8:24, 4 * number : 4 * number + 12] = (220, 40, 30, 255)
        made.append(values)
    film(tmp_path / name, made, pix_fmt, codec)
    for number, found in enumerate(open_clip(tmp_path / name, background=background).frames()):
        assert (found[:, 0, 31] * 255).round().tolist() == pytest.approx(color, abs=1)
        assert (found[:, 16, 4 * number + 6] * 255).tolist() == pytest.approx((220, 40, 30), abs=4)


UPRIGHT = {  # of rows and columns, by where (1, 0) and (0, 1) go
    (1, 0, 0, 1): lambda it: it,
    (0, 1, -1, 0): lambda it: torch.rot90(it, -1, (1, 2)),
    (-1, 0, 0, -1): lambda it: torch.rot90(it, 2, (1, 2)),
    (0, -1, 1, 0): lambda it: torch.rot90(it, 1, (1, 2)),
    (-1, 0, 0, 1): lambda it: it.flip(2),
    (1, 0, 0, -1): lambda it: it.flip(1),
    (0, 1, 1, 0): lambda it: it.mT,
    (0, -1, -1, 0): lambda it: torch.rot90(it.mT, 2, (1, 2)),
}


@pytest.mark.parametrize("matrix", list(UPRIGHT))
@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "aspect"),
    [("a.mov", "png", "rgba", None), ("b.mov", "png", "rgba", Fraction(2)), ("c.webm", "libvpx-vp9", "yuva420p", None)],
)
def test_a_film_that_is_partly_clear_is_turned_and_mirrored(tmp_path, matrix, name, codec, pix_fmt, aspect):
    values = np.zeros((32, 48, 4), np.uint8)
    values[:8, :16], values[8:16, :8] = (220, 40, 30, 255), (20, 200, 40, 255)
    film(tmp_path / name, [values] * 2, pix_fmt, codec, aspect)
    film(tmp_path / f"turned-{name}", [values] * 2, pix_fmt, codec, aspect, matrix)
    lying, turned = (open_clip(tmp_path / it, background="#ffcc00") for it in (name, f"turned-{name}"))
    expected = UPRIGHT[matrix](next(lying.frames()))
    assert turned.size == expected.shape[:0:-1]
    assert torch.equal(next(turned.frames()), expected)
    assert len({tuple(color) for color in expected.flatten(1).mul(4).round().T.tolist()}) >= 3


def test_a_film_with_alpha_needs_the_decoder_that_gives_it(tmp_path, monkeypatch):
    film(tmp_path / "clear.webm", [np.zeros((32, 32, 4), np.uint8)] * 2, "yuva420p", "libvpx-vp9")
    monkeypatch.setitem(films.CLEAR, "vp9", "libvpx-vp99")
    with pytest.raises(InputError, match=r"^[^\n]*clear\.webm: its transparency needs libvpx-vp99[^\n]*$"):
        open_clip(tmp_path / "clear.webm")


@pytest.mark.parametrize("ending", ["gif", "png", "webp"])
@pytest.mark.parametrize("background", ["white", "#ffcc00", "navy"])
def test_clear_parts_of_every_frame_show_the_background(tmp_path, ending, background):
    made = [Image.new("RGBA", (32, 32)) for _ in range(3)]
    for number, picture in enumerate(made):
        picture.paste((220, 40, 30, 255), (4 * number, 8, 4 * number + 12, 24))
    exactly = {"lossless": True} if ending == "webp" else {"disposal": 2} if ending == "gif" else {}
    made[0].save(tmp_path / f"clear.{ending}", save_all=True, append_images=made[1:], duration=100, **exactly)
    ground = list(Image.new("RGB", (1, 1), background).getpixel((0, 0)))
    for number, found in enumerate(open_clip(tmp_path / f"clear.{ending}", background=background).frames()):
        assert (found[:, 0, 31] * 255).round().tolist() == ground
        assert (found[:, 16, 4 * number + 6] * 255).round().tolist() == [220, 40, 30]
        assert number == 0 or (found[:, 16, 1] * 255).round().tolist() == ground


@pytest.mark.parametrize("plays", [0, 1, 2, 7])
@pytest.mark.parametrize(("source", "target"), [("gif", "gif"), ("gif", "webp"), ("webp", "gif"), ("png", "gif")])
def test_a_clip_is_shown_as_often_as_the_one_it_was_made_from(tmp_path, plays, source, target):
    made = [Image.new("RGB", (20, 20), color) for color in ("red", "blue", "green")]
    loop = {} if source == "gif" and plays == 1 else {"loop": plays - (source == "gif" and plays > 0)}
    made[0].save(tmp_path / f"one.{source}", save_all=True, append_images=made[1:], duration=100, **loop)
    clip = open_clip(tmp_path / f"one.{source}")
    assert clip.plays == plays
    write_clip(list(clip.frames()), clip.durations, tmp_path / f"two.{target}", plays=clip.plays)
    with Image.open(tmp_path / f"two.{target}") as written:
        said = written.info.get("loop")
    assert said == (plays if target == "webp" else {0: 0, 1: None, 2: 1, 7: 6}[plays])


@pytest.mark.parametrize("times", [(0.1, 700.0, 0.1), (700.0, 0.1), (0.1, 2000.5), (300.0,) * 4, (655.35, 655.36)])
@pytest.mark.parametrize("alike", [False, True])
def test_a_gif_shows_a_frame_for_longer_than_its_numbers_reach(tmp_path, times, alike):
    """They end at 655.35 seconds; Pillow puts frames that are alike together."""
    made = frames(count=len(times))
    made = [made[0], *made[:1] * (len(times) - 2), made[-1]] if alike else made
    write_clip(made, times, tmp_path / "long.gif", recipe={"seed": 7}, plays=1)
    clip = open_clip(tmp_path / "long.gif")
    assert sum(clip.durations) == pytest.approx(sum(times), abs=0.02)
    assert clip.plays == 1
    assert read_recipe(tmp_path / "long.gif") == {"seed": 7}
    ends = np.cumsum(clip.durations)
    shown = list(clip.frames())
    for number, end in enumerate(np.cumsum(times)):
        at = shown[int(np.searchsorted(ends, end - 0.05))]
        assert float((at - made[number]).abs().mean()) < 0.012


@pytest.mark.parametrize("ending", ["webp", "mp4", "webm"])
def test_other_clips_keep_long_times_too(tmp_path, ending):
    write_clip(frames(count=3), (0.1, 700.0, 0.1), tmp_path / f"long.{ending}")
    assert open_clip(tmp_path / f"long.{ending}").durations == pytest.approx((0.1, 700.0, 0.1), abs=2e-3)


@pytest.mark.parametrize(("rate", "left"), [(60, 8), (120, 4), (144, 4), (100, 4), (90, 8)])
def test_a_webp_has_no_frame_that_players_show_for_a_tenth_of_a_second(tmp_path, rate, left):
    """As they do with ten milliseconds and less."""
    write_clip(frames(count=8), [1 / rate] * 8, tmp_path / "quick.webp")
    clip = open_clip(tmp_path / "quick.webp")
    assert min(clip.durations) > 0.0105
    assert sum(clip.durations) == pytest.approx(8 / rate, abs=1e-3)
    assert len(clip) == left
    for found, number in zip(clip.frames(), range(0, 8, 8 // left)):
        assert float((found - frames(count=8)[number]).abs().mean()) < 0.012


@pytest.mark.parametrize("ending", ["gif", "mp4", "webm"])
def test_the_same_frames_give_the_same_bytes(tmp_path, ending):
    one, two = tmp_path / f"one.{ending}", tmp_path / f"two.{ending}"
    for path in (one, two):
        write_clip(frames(), TIMES, path, recipe={"seed": 7})
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_frames_that_come_one_by_one_give_the_same_bytes(tmp_path, ending):
    one, two = tmp_path / f"one.{ending}", tmp_path / f"two.{ending}"
    write_clip(frames(), TIMES, one)
    write_clip((frame for frame in frames()), TIMES, two)
    assert one.read_bytes() == two.read_bytes()
    with pytest.raises(InputError, match="3 frames and 4 durations"):
        write_clip(frames(count=3), TIMES, tmp_path / f"short.{ending}")


def test_still_parts_of_a_gif_do_not_crawl(tmp_path):
    """One palette and one dither for all frames: where the frames agree, so do the pixels."""
    ramp = torch.linspace(0, 1, 48).expand(3, 32, 48).clone()
    moving = []
    for number in range(4):
        frame = ramp.clone()
        frame[:, :8, 8 * number : 8 * number + 8] = torch.tensor([1.0, 0.0, 0.0])[:, None, None]
        moving.append(frame)
    write_clip(moving, TIMES, tmp_path / "ramp.gif")
    found = list(open_clip(tmp_path / "ramp.gif").frames())
    assert all(torch.equal(frame[:, 8:], found[0][:, 8:]) for frame in found)


@pytest.mark.parametrize("ending", ALL)
def test_a_clip_carries_its_recipe(tmp_path, ending):
    path = tmp_path / f"clip.{ending}"
    recipe = {"method": "style gatys", "words": "ä" * 3000}
    write_clip(frames(), TIMES, path, recipe=recipe)
    found = read_recipe(path) if ending in ("gif", "webp") else read_film_recipe(path)
    assert found == recipe


def test_frames_that_say_nothing_last_a_tenth_of_a_second(tmp_path):
    pictures = [Image.new("RGB", (20, 20), color) for color in ("red", "blue", "green")]
    pictures[0].save(tmp_path / "plain.gif", save_all=True, append_images=pictures[1:])
    assert open_clip(tmp_path / "plain.gif").durations == (0.1, 0.1, 0.1)


def test_clear_parts_of_an_animation_show_the_background(tmp_path):
    pictures = [Image.new("RGBA", (20, 20), (0, 0, 0, 0)), Image.new("RGBA", (20, 20), (255, 0, 0, 255))]
    pictures[0].save(tmp_path / "clear.webp", save_all=True, append_images=pictures[1:], lossless=True)
    first, second = open_clip(tmp_path / "clear.webp", background="#00ff00").frames()
    assert first.mean((1, 2)).tolist() == [0, 1, 0]
    assert second.mean((1, 2)).tolist() == [1, 0, 0]


def test_a_film_that_was_taken_upright_is_upright(tmp_path):
    """Telephones write frames lying on their side, and a matrix that says so."""
    path, turned = tmp_path / "flat.mp4", tmp_path / "turned.mp4"
    write_clip(frames(), TIMES, path)
    data = bytearray(path.read_bytes())
    track = data.index(b"tkhd")
    matrix = data.index((1 << 16).to_bytes(4, "big") + bytes(12) + (1 << 16).to_bytes(4, "big"), track)
    quarter = np.array([0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30], dtype=">i4")
    data[matrix : matrix + 36] = quarter.tobytes()
    turned.write_bytes(data)
    lying, upright = open_clip(path), open_clip(turned)
    assert upright.size == (32, 48)
    clockwise = torch.rot90(next(lying.frames()), -1, (1, 2))
    assert torch.equal(next(upright.frames()), clockwise)


def cut(path, share: float) -> None:
    write_clip(frames(96, 64, 12), (0.1,) * 12, path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


WHOLE = [(ending, share) for ending in ("gif", "mp4", "mov") for share in (0.1, 0.6, 0.98)]


@pytest.mark.parametrize(("ending", "share"), [*WHOLE, ("webm", 0.1), ("webm", 0.6)])
def test_a_clip_that_is_cut_off_gets_one_line(tmp_path, ending, share):
    path = tmp_path / f"clip.{ending}"
    cut(path, share)
    with pytest.raises(InputError, match=rf"^[^\n]*clip\.{ending}: [^\n]*(truncated|damaged)[^\n]*$"):
        open_clip(path)


@pytest.mark.parametrize("cut_away", [3, 6])
def test_a_film_that_was_cut_to_length_is_whole(tmp_path, cut_away):
    """As `ffmpeg -ss -c copy` cuts: what is before the cut is kept, for the rest needs it, and not shown."""
    whole, trimmed = tmp_path / "whole.mp4", tmp_path / "trimmed.mp4"
    write_clip(frames(96, 64, 12), (0.1,) * 12, whole)
    with av.open(str(whole)) as source, av.open(str(trimmed), "w", options={"movflags": "faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.pts -= round(cut_away * 0.1 / packet.time_base)
                packet.dts = packet.pts
                packet.stream = stream
                target.mux(packet)
                last = packet.size
    clip = open_clip(trimmed)
    assert len(clip) == 12 - cut_away == len(list(clip.frames()))
    assert torch.equal(next(clip.frames()), next(open_clip(whole).frames(cut_away)))
    trimmed.write_bytes(trimmed.read_bytes()[:-last])
    with pytest.raises(InputError, match=r"truncated or damaged \(11 of 12 frames"):
        open_clip(trimmed)


def test_a_film_whose_end_was_cut_is_whole(tmp_path):
    """As telephones trim: all frames stay in the file, and its edit list ends sooner."""
    write_clip(frames(96, 64, 12), (0.1,) * 12, tmp_path / "whole.mp4")
    data = bytearray((tmp_path / "whole.mp4").read_bytes())
    lasts = data.index(b"elst") + 12
    data[lasts : lasts + 4] = (int.from_bytes(data[lasts : lasts + 4], "big") // 2).to_bytes(4, "big")
    assert len(open_clip(bytes(data))) == 6


def test_a_film_that_cannot_be_written_gets_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(films, "H264", ("libx264", {"x264-params": "cpu-independent=1", "crf": "no number"}))
    with pytest.raises(InputError, match=r"^the mp4 cannot be written \([^\n]*$"):
        write_clip(frames(), TIMES, tmp_path / "clip.mp4")
    assert not (tmp_path / "clip.mp4").exists()


def test_a_missing_encoder_is_found_before_anything_is_painted(tmp_path, monkeypatch):
    monkeypatch.setattr(films, "H264", ("libx999", {}))
    with pytest.raises(InputError, match="mp4 needs libx999"):
        check_clip_target(tmp_path / "clip.mp4")


def test_a_webm_without_its_last_frame_is_as_it_is(tmp_path):
    """It does not say how many frames there should be."""
    cut(tmp_path / "clip.webm", 0.92)
    assert len(open_clip(tmp_path / "clip.webm")) in (10, 11)


@pytest.mark.parametrize("name", ["noise.mp4", "noise.gif"])
def test_what_is_no_clip_gets_one_line(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(np.random.default_rng(1).bytes(3000))
    with pytest.raises(InputError, match=rf"{name}: .*(no film|no moving pictures)"):
        open_clip(path)


def test_a_single_frame_is_no_clip(tmp_path):
    Image.new("RGB", (20, 20)).save(tmp_path / "one.gif")
    with pytest.raises(InputError, match=r"one\.gif: has only one frame"):
        open_clip(tmp_path / "one.gif")


def test_frames_of_a_hundred_megapixels_are_refused(tmp_path):
    write_clip(frames(), TIMES, tmp_path / "clip.gif")
    data = bytearray((tmp_path / "clip.gif").read_bytes())
    data[6:10] = (60000).to_bytes(2, "little") * 2  # the screen of the header
    with pytest.raises(InputError, match="megapixels"):
        open_clip(bytes(data), name="clip.gif")


def test_sound_alone_is_no_clip(tmp_path):
    with av.open(str(tmp_path / "sound.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), dtype=np.int16), format="s16", layout="mono")
        sound.rate = 8000
        container.mux(stream.encode(sound))
    with pytest.raises(InputError, match="no moving pictures"):
        open_clip(tmp_path / "sound.wav")


def test_films_without_their_package_are_told_how_to_get_it(tmp_path, monkeypatch):
    write_clip(frames(), TIMES, tmp_path / "clip.mp4")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(InputError, match=r'pip install "impasto\[video\]"'):
        open_clip(tmp_path / "clip.mp4")
    with pytest.raises(InputError, match=r'pip install "impasto\[video\]"'):
        check_clip_target(tmp_path / "other.mp4")
    write_clip(frames(), TIMES, tmp_path / "clip.gif")
    assert len(open_clip(tmp_path / "clip.gif")) == 4


@pytest.mark.parametrize("name", ["clip.bmp", "clip", "clip.mpeg4"])
def test_other_endings_are_refused(tmp_path, name):
    with pytest.raises(InputError, match="cannot write a clip as"):
        check_clip_target(tmp_path / name)


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_a_long_frame_is_shown_whatever_comes_right_before_it(format):
    assert shown_times([0.1, 0.01, 2, 0.1], format) == ([0, 2, 3], [0, 100, 2110, 2210])
    shown, times = shown_times([0.005, 0.005, 1], format)
    assert len(shown) == 2
    assert shown[-1] == 2
    assert times[-1] >= 1000


@pytest.mark.parametrize("ending", ["gif", "mp4"])
def test_what_is_said_between_two_frames_is_heard(tmp_path, capfd, ending):
    path = tmp_path / f"clip.{ending}"
    write_clip([torch.full((3, 32, 32), value) for value in (0.2, 0.5, 0.8)], [0.1] * 3, path)
    clip = open_clip(path)
    for number, _ in enumerate(zip(clip.frames(), clip.frames(), strict=True), 1):
        os.write(2, f"{number} of 3\n".encode())
    assert capfd.readouterr().err == "1 of 3\n2 of 3\n3 of 3\n"


def test_frames_too_wide_for_the_optical_flow_are_one_line_of_their_file(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    strips = [Image.new("L", (32_800, 16), value) for value in (50, 90)]
    strips[0].save("wide.gif", save_all=True, append_images=strips[1:], duration=100)
    assert run(["measure", "flicker", "wide.gif"]) == 2
    assert capfd.readouterr().err == (
        "impasto: wide.gif: its frames have 32800 pixels a side, over the limit of 32768\n"
    )
