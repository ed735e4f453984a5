"""What a film says of its colours is followed: HDR, wide gamuts, ranges, matrices; others stay as they were.

The films are made by the standards' own formulas, in double precision, the other way round.
"""

from __future__ import annotations

import hashlib
import struct

import numpy as np
import pytest

from impasto.errors import InputError
from impasto.video import open_clip, states_colors
from standards import COLORS, CURVES, HLG, PQ, TO_2020, TO_P3, WHITE, hlg, light, pq, srgb

av = pytest.importorskip("av", reason="films need the extra `video`")

FROM_PAL = ((1.044036, -0.044036, 0.0), (0.0, 1.0, 0.0), (0.0, 0.011797, 0.988203))  # Poynton, Digital Video
FROM_NTSC = ((0.939555, 0.050173, 0.010272), (0.017775, 0.965795, 0.016430), (-0.001622, -0.004371, 1.005993))
WEIGHTS = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}


def planes(signal: np.ndarray, matrix: int, bits: int, full: bool) -> list[int]:
    """R'G'B' in [0, 1] as Y'CbCr of some bits (ITU-R BT.2100, tables 6 and 9)."""
    red, blue = WEIGHTS[matrix]
    luma = float(signal @ (red, 1 - red - blue, blue))
    chroma = np.array([(signal[2] - luma) / (2 - 2 * blue), (signal[0] - luma) / (2 - 2 * red)])
    step, top = 2 ** (bits - 8), 2**bits - 1
    if full:
        return [round(luma * top), *np.clip((chroma * top + 128 * step).round(), 0, top).astype(int)]
    return [round((219 * luma + 16) * step), *((224 * chroma + 128) * step).round().astype(int)]


def film(path, values, pix_fmt, tags, *, full=False, codec="ffv1", size=(16, 16), **options) -> None:
    """Frames of the values in each plane, one each or an array; tags are primaries, transfer and matrix."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options=options)
        (stream.width, stream.height), stream.pix_fmt = size, pix_fmt
        context = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace = tags
        context.color_range = 2 if full else 1 if full is False else 0
        for number, plane_values in enumerate(values):
            frame = av.VideoFrame(*size, pix_fmt)
            frame.color_primaries, frame.color_trc, frame.colorspace = tags
            frame.color_range, frame.pts = context.color_range, number
            for plane, component, value in zip(frame.planes, frame.format.components, plane_values):
                kind = np.uint8 if component.bits <= 8 else np.uint16
                data = np.zeros((plane.height, plane.line_size // kind().itemsize), kind)
                data[:, : plane.width] = value
                plane.update(data)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def found(path) -> np.ndarray:
    """The colour in the middle of each frame, 0 to 255."""
    return np.array([(frame[:, 8, 8].double() * 255).tolist() for frame in open_clip(path).frames()])


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize(
    ("name", "pix_fmt", "bits", "full", "codec"),
    [
        ("phone.mp4", "yuv420p10le", 10, False, "libx264"),
        ("clip.mov", "yuv422p10le", 10, False, "libx264"),
        ("low.mkv", "yuv420p10le", 10, False, "ffv1"),
        ("deep.mkv", "yuv444p12le", 12, False, "ffv1"),
        ("full.mkv", "yuv444p10le", 10, True, "ffv1"),
        ("both.mkv", "yuv422p12le", 12, True, "ffv1"),
    ],
)
def test_hdr_colors_up_to_diffuse_white_are_those_of_srgb(tmp_path, transfer, name, pix_fmt, bits, full, codec):
    signals = [CURVES[transfer](TO_2020 @ light(color) * WHITE) for color in COLORS]
    options = {"crf": "4", "preset": "ultrafast"} if codec == "libx264" else {}
    values = [planes(signal, 9, bits, full) for signal in signals]
    film(tmp_path / name, values, pix_fmt, (9, transfer, 9), full=full, codec=codec, **options)
    assert np.abs(found(tmp_path / name) - COLORS).max() < (3 if codec == "libx264" else 2 if bits == 10 else 1)


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_hdr_films_of_rgb_are_read_too(tmp_path, transfer):
    signals = [CURVES[transfer](TO_2020 @ light(color) * WHITE) * 4095 for color in COLORS]
    values = [signal.round()[[1, 2, 0]] for signal in signals]  # G, B, R
    film(tmp_path / "rgb.mkv", values, "gbrp12le", (9, transfer, 0), full=True)
    assert np.abs(found(tmp_path / "rgb.mkv") - COLORS).max() < 1


@pytest.mark.parametrize("transfer", [PQ, HLG])
@pytest.mark.parametrize("tags", [(2, 2), (9, 2), (2, 9)])
def test_hdr_that_names_its_curve_alone_is_bt2020(tmp_path, transfer, tags):
    values = [planes(CURVES[transfer](TO_2020 @ light(color) * WHITE), 9, 10, False) for color in COLORS]
    film(tmp_path / "curve.mkv", values, "yuv444p10le", (tags[0], transfer, tags[1]))
    assert np.abs(found(tmp_path / "curve.mkv") - COLORS).max() < 2


def test_hdr_with_the_primaries_of_p3(tmp_path):
    values = [planes(pq(TO_P3 @ light(color) * WHITE), 1, 12, False) for color in COLORS]
    film(tmp_path / "p3.mkv", values, "yuv444p12le", (12, PQ, 1))
    assert np.abs(found(tmp_path / "p3.mkv") - COLORS).max() < 1


@pytest.mark.parametrize(("transfer", "peak"), [(PQ, 10000), (HLG, 1000)])
def test_highlights_are_rolled_off_and_not_cut(tmp_path, transfer, peak):
    nits = [*np.geomspace(100, 203, 8), *np.geomspace(230, peak, 12)]
    values = [planes(CURVES[transfer](np.full(3, it)), 9, 12, False) for it in nits]
    film(tmp_path / "bright.mkv", values, "yuv444p12le", (9, transfer, 9))
    shown = found(tmp_path / "bright.mkv")
    assert np.abs(shown - shown[:, :1]).max() < 0.1  # grey
    levels = shown[:, 0]
    assert (np.diff(levels) > 0).all()
    assert levels[7] == pytest.approx(251, abs=1)  # diffuse white
    assert 254 < levels[-1] < 255
    exact = srgb(np.array(nits) / WHITE) * 255
    assert np.abs(levels - exact)[exact < 246].max() < 0.5


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_a_bright_colour_keeps_its_hue(tmp_path, transfer):
    ratios = np.array([1.0, 0.45, 0.2])
    nits = [300, 500, 800]
    values = [planes(CURVES[transfer](TO_2020 @ ratios * it), 9, 12, False) for it in nits]
    film(tmp_path / "fire.mkv", values, "yuv444p12le", (9, transfer, 9))
    for color in found(tmp_path / "fire.mkv"):
        assert light(color) / light(color).max() == pytest.approx(ratios, abs=0.015)


@pytest.mark.parametrize(
    ("tags", "bits", "to"),
    [
        ((9, 14, 9), 10, TO_2020),
        ((9, 15, 9), 12, TO_2020),
        ((9, 1, 9), 10, TO_2020),
        ((12, 13, 1), 10, TO_P3),
        ((12, 1, 1), 12, TO_P3),
        ((5, 6, 5), 12, np.linalg.inv(FROM_PAL)),
        ((6, 6, 6), 10, np.linalg.inv(FROM_NTSC)),
    ],
)
@pytest.mark.parametrize("full", [False, True])
def test_other_primaries_are_brought_to_those_of_srgb(tmp_path, tags, bits, to, full):
    inside = [color for color in COLORS if (to @ light(color)).min() >= 0]  # a deep blue is not in the oldest
    values = [planes(srgb(to @ light(color)), tags[2], bits, full) for color in inside]
    film(tmp_path / "wide.mkv", values, f"yuv444p{bits}le", tags, full=full)
    assert len(inside) >= 5
    assert np.abs(found(tmp_path / "wide.mkv") - inside).max() < 1.5


@pytest.mark.parametrize(
    ("pix_fmt", "tags", "full", "digest"),
    [
        ("yuv420p", (2, 2, 2), None, "64f44d12ce69c644"),
        ("yuv444p10le", (2, 2, 2), None, "483366aefb340587"),
        ("yuv420p", (1, 1, 1), False, "6d9fb56213d433bc"),
        ("yuv422p", (1, 1, 1), True, "d6bb6a47a64155a6"),
        ("gray", (2, 2, 2), None, "238143864cf8e4f0"),
        ("yuv420p", (1, 13, 6), None, "64f44d12ce69c644"),
        ("yuva420p", (2, 2, 2), None, "283ab24ca4452611"),
    ],
)
def test_films_that_say_nothing_or_bt709_are_read_as_ever(tmp_path, pix_fmt, tags, full, digest):
    """The digests are of what was read before films' colours were followed."""
    random, values = np.random.default_rng(5), []
    shape = av.VideoFrame(48, 36, pix_fmt)
    for _ in range(2):
        parts = zip(shape.planes, shape.format.components)
        values.append([random.integers(0, 2**part.bits, (plane.height, plane.width)) for plane, part in parts])
    film(tmp_path / "plain.mkv", values, pix_fmt, tags, full=full, size=(48, 36))
    read = b"".join(frame.numpy().tobytes() for frame in open_clip(tmp_path / "plain.mkv").frames())
    assert hashlib.sha256(read).hexdigest()[:16] == digest


@pytest.mark.parametrize("tags", [(9, PQ, 14), (9, PQ, 10), (1, 1, 8)])
def test_colors_coded_by_other_matrices_get_one_line(tmp_path, tags):
    film(tmp_path / "odd.mkv", [[500, 512, 512]] * 2, "yuv420p10le", tags)
    with pytest.raises(InputError, match=rf"^[^\n]*odd\.mkv: its colours are coded by matrix {tags[2]} [^\n]*$"):
        open_clip(tmp_path / "odd.mkv")


def with_dolby_vision(data: bytes, profile: int, compatible: int) -> bytes:
    """An MP4 of HEVC with a record of Dolby Vision: Dolby Vision Streams within the ISO Base Media File Format, 3."""
    name = b"dvcC" if profile < 8 else b"dvvC"
    record = struct.pack(">I4sBBHB19x", 32, name, 1, 0, profile << 9 | 6 << 3 | 0b101, compatible << 4)
    found, at, places = bytearray(data), 0, []
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"hev1"):
        while found[at + 4 : at + 8] != kind:
            at += int.from_bytes(found[at : at + 4], "big")
        places.append(at)
        at += {b"stsd": 16, b"hev1": 86}.get(kind, 8)
    end = places[-1] + int.from_bytes(found[places[-1] : places[-1] + 4], "big")
    for place in places:
        found[place : place + 4] = struct.pack(">I", int.from_bytes(found[place : place + 4], "big") + len(record))
    return bytes(found[:end] + record + found[end:])


def with_dolby_table(data: bytes, profile: int, compatible: int) -> bytes:
    """A transport stream with one: Dolby Vision Streams within the MPEG-2 Transport Stream Format, 3."""
    said = b"\x05\x04DOVI\xb0\x05\x01\0" + struct.pack(">HB", profile << 9 | 6 << 3 | 0b101, compatible << 4)
    packets = [data[at : at + 188] for at in range(0, len(data), 188)]
    for number, packet in enumerate(packets):
        if packet[:3] == b"G\x50\0" and packet[5] == 2:  # its table: ISO/IEC 13818-1, 2.4.4.8
            end = 8 + packet[7] - 4
            table = bytearray(packet[5:end] + said)
            table[2], table[16] = table[2] + len(said), table[16] + len(said)
            crc = 0xFFFFFFFF
            for bit in (byte >> place & 1 for byte in table for place in range(7, -1, -1)):
                crc = (crc << 1 ^ (0x04C11DB7 if crc >> 31 ^ bit else 0)) & 0xFFFFFFFF
            packets[number] = (packet[:5] + table + crc.to_bytes(4, "big")).ljust(188, b"\xff")
    return b"".join(packets)


@pytest.mark.parametrize(("profile", "compatible"), [(5, 0), (8, 1), (8, 4)])
@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_dolby_vision_that_others_cannot_show_gets_one_line(tmp_path, profile, compatible, ending):
    """FFmpeg reads the record of the MP4, and writes that of the MKV."""
    if "libx265" not in av.codecs_available:
        pytest.skip("FFmpeg lacks libx265")
    plain, path = tmp_path / "plain.mp4", tmp_path / f"dolby.{ending}"
    quiet = {"x265-params": "log-level=none:bframes=0"}
    film(plain, [[500, 512, 512]] * 9, "yuv420p10le", (2, 2, 2), codec="libx265", size=(64, 64), **quiet)
    made = with_dolby_vision(plain.read_bytes(), profile, compatible)
    (tmp_path / "dolby.mp4").write_bytes(made)
    if ending != "mp4":
        with av.open(str(tmp_path / "dolby.mp4")) as source, av.open(str(path), "w") as container:
            stream = container.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(source.streams.video[0]):
                if packet.dts is not None:
                    packet.stream = stream
                    container.mux(packet)
    if ending == "ts":
        path.write_bytes(with_dolby_table(path.read_bytes(), profile, compatible))
    if compatible:
        assert len(open_clip(path)) == 9
        return
    with pytest.raises(InputError, match=rf"^[^\n]*dolby\.{ending}: is Dolby Vision of profile 5, [^\n]*$"):
        open_clip(path)


def test_hdr_that_is_partly_clear_shows_the_background(tmp_path):
    made = planes(hlg(TO_2020 @ light((200, 60, 40)) * WHITE), 9, 10, False)
    alpha = np.zeros((16, 16), int)
    alpha[:, :12] = 1023
    film(tmp_path / "clear.mkv", [[*made, alpha]] * 2, "yuva444p10le", (9, HLG, 9))
    frame = next(open_clip(tmp_path / "clear.mkv", background="#ffcc00").frames()) * 255
    assert frame[:, 8, 8].tolist() == pytest.approx((200, 60, 40), abs=2)
    assert frame[:, 8, 14].tolist() == pytest.approx((255, 204, 0), abs=1)


@pytest.mark.parametrize(
    ("tags", "others"), [((9, PQ, 9), True), ((9, 14, 9), True), ((1, 1, 1), False), ((2, 2, 2), False)]
)
def test_a_film_tells_whether_its_colours_are_others_than_srgb(tmp_path, tags, others):
    film(tmp_path / "film.mkv", [[500, 512, 512]] * 2, "yuv420p10le", tags)
    assert states_colors((tmp_path / "film.mkv").read_bytes()) == others
