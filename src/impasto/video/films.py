"""Films by PyAV, which brings FFmpeg's libraries: MP4, MOV, WebM and more are read; these three and MKV are written."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch

from impasto.errors import InputError
from impasto.images import MAX_PIXELS, resize
from impasto.images.damage import worded
from impasto.images.decode import check_pixels
from impasto.images.quiet import hushed, quiet
from impasto.images.recipe import recipe_text
from impasto.video.clip import Clip, check_count, stamps
from impasto.video.frame import BT709, Turn, check_colors, exactly, picture, shown_size, space_of, turn

EXTRA = 'films need one more package: pip install "impasto[video]"; GIF and WebP need none'
CLOCK = 90_000  # ticks a second, as in MPEG
STANDARD = 1 / 25  # seconds of a frame that says nothing
LEAST_SHARE = 0.8  # of the time that a film without a count of frames claims; its sound may be longer
CLEAR = {"vp8": "libvpx", "vp9": "libvpx-vp9"}  # the decoders of these that give their alpha
TEXT = {
    "title": "Title",
    "artist": "Author",
    "copyright": "Copyright",
    "description": "Description",
    "comment": "Comment",
    "date": "Date",
    "creation_time": "Creation Time",
}
"""What films call what a PNG has keywords for; what they call otherwise is its own keyword."""
OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder"}
# In order, frames keep their times to the tick; without the last option one film in ten had other bytes than its twin.
H264 = ("libx264", {"crf": "16", "preset": "medium", "bf": "0", "x264-params": "cpu-independent=1"})
VP9 = ("libvpx-vp9", {"crf": "20", "b": "0", "cpu-used": "3"})


def describe(data: bytes, where: str) -> tuple[tuple[int, int], tuple[float, ...]]:
    """(width, height) upright, and the seconds of each frame. All frames are decoded, so that damage is found now."""
    size, last = (0, 0), STANDARD
    moments: list[float] = []
    with _open(data, where) as (container, stream):
        rate = stream.average_rate or stream.guessed_rate
        check_pixels(stream.codec_context.width, stream.codec_context.height, MAX_PIXELS, where)
        check_count(stream.frames or float((container.duration or 0) / 1e6 * (rate or 25)), where)
        for frame, (turned, _) in hushed(_decoded(container, stream, where)):
            if not moments:
                size = shown_size(frame, stream.sample_aspect_ratio)
                size = size[::-1] if turned else size
                check_pixels(*size, MAX_PIXELS, where)
                check_colors(frame, data, where)
            moments.append(len(moments) * STANDARD if frame.time is None else frame.time)
            last = float(frame.duration * frame.time_base) if frame.duration else float(1 / rate) if rate else STANDARD
            check_count(len(moments), where)
        claimed = (container.duration or 0) / 1e6
        found = ""
        if not moments:
            found = "no frame can be read"
        elif len(moments) < stream.frames and (whole := _whole_packets(data, where)) < stream.frames:
            found = f"{whole} of {stream.frames} frames can be read"
        elif not stream.frames and moments[-1] + last < LEAST_SHARE * claimed:
            found = f"{moments[-1] + last:.1f} of {claimed:.1f} seconds can be read"
        if found:
            raise InputError(f"{where}: is truncated or damaged ({found}): get a whole copy")
    steps = [max(1e-3, after - before) for before, after in pairwise(moments)]
    return size, (*steps, last)


def states_colors(data: bytes) -> bool:
    """Whether the first frame's colours are others than sRGB's. Raises InputError for what is no film."""
    with _open(data, "") as (container, stream):
        return any(space_of(frame) is not None for frame in islice(container.decode(stream), 1))


def _whole_packets(data: bytes, where: str) -> int:
    """How many frames are there whole, decoded or not: those too that a film which was cut to length does not show."""
    with _open(data, where, ignore_editlist="1") as (container, stream):
        return sum(1 for packet in container.demux(stream) if packet.size and not packet.is_corrupt)


def frames(clip: Clip, first: int = 0) -> Iterator[torch.Tensor]:
    """See `Clip.frames`."""
    with _open(clip.data, clip.where) as (container, stream):
        for number, (frame, (turned, mirrored)) in enumerate(hushed(_decoded(container, stream, clip.where))):
            if number >= first:
                shown, size = picture(frame, clip.background), shown_size(frame, stream.sample_aspect_ratio)
                square = shown if size == (frame.width, frame.height) else resize(shown, size)
                yield (square.mT if turned else square).flip(mirrored).contiguous()


def _decoded(container: Any, stream: Any, where: str) -> Iterator[tuple[Any, Turn]]:
    """The frames, and how each is turned; with alpha by libvpx where FFmpeg's own decoder leaves it out."""
    said = {name.lower(): value for name, value in stream.metadata.items()}
    name = CLEAR.get(stream.codec_context.name, "")
    if not name or said.get("alpha_mode") != "1":
        yield from ((frame, turn(frame)) for frame in container.decode(stream))
        return
    av = _av()
    if name not in av.codecs_available:
        raise InputError(f"{where}: its transparency needs {name}, which this FFmpeg lacks: get PyAV from PyPI")
    turns = [turn(frame) for frame in islice(container.decode(stream), 1)]  # the file, not its frames, says so
    container.seek(0)
    decoder = av.CodecContext.create(name, "r")
    decoder.thread_count = 1
    decoder.color_primaries, decoder.color_trc = stream.color_primaries, stream.color_trc
    for packet in container.demux(stream):
        yield from ((frame, turns[0]) for frame in decoder.decode(packet))


def encode(
    pictures: Iterable[torch.Tensor],
    durations: Sequence[float],
    format: str,
    recipe: Mapping[str, Any] | None = None,
    text: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """Pictures (3, H, W) in [0, 1] of one size as a film. Odd sides get their last row or column once more.

    text: as `read_text` gives it. The recipe is the comment, and what was one the description if there is none.
    Raises InputError if FFmpeg cannot, as on a full disk.
    """
    av = _av()
    try:
        return _encode(pictures, durations, format, _said(recipe, text))
    except (av.error.FFmpegError, OSError) as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"the {format} cannot be written ({reason}): free some space, or write a .webp") from error


def _encode(
    pictures: Iterable[torch.Tensor], durations: Sequence[float], format: str, said: Mapping[str, str]
) -> bytes:
    av = _av()
    codec, options = _codec(format)
    ticks = stamps(durations, CLOCK)
    about = {"fflags": "+bitexact"} | ({"movflags": "faststart"} if format in ("mp4", "mov") else {})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"film.{format}")
        with av.open(str(path), "w", options=about) as container:
            container.metadata.update(said)
            shown = dict(zip(ticks, (after - before for before, after in pairwise(ticks)), strict=False))
            rate = Fraction(len(durations) * CLOCK, ticks[-1]).limit_denominator(1001)
            stream = container.add_stream(codec, rate=rate, options=options)
            stream.pix_fmt = "yuv420p"
            context = stream.codec_context
            context.time_base = Fraction(1, CLOCK)
            context.thread_count = 1  # the bytes must not depend on how many processors there are
            context.colorspace = context.color_primaries = context.color_trc = BT709
            for number, picture in enumerate(pictures):
                values = _even(picture)
                if number == 0:
                    stream.height, stream.width = values.shape[:2]
                image = av.VideoFrame.from_ndarray(values, format="rgb24")
                frame = image.reformat(format="yuv420p", dst_colorspace=BT709, **exactly())
                frame.pts, frame.time_base = ticks[number], Fraction(1, CLOCK)
                frame.duration = shown[ticks[number]]
                _mux(container, stream.encode(frame), shown)
            _mux(container, stream.encode(), shown)
        return path.read_bytes()


def _mux(container: Any, packets: Sequence[Any], shown: Mapping[int, int]) -> None:
    """Write packets; how long the last frame is shown (ticks, by when it begins) is known from its packet alone."""
    for packet in packets:
        if packet.pts in shown and packet.time_base == Fraction(1, CLOCK):
            packet.duration = shown[packet.pts]
        container.mux(packet)


def read_text(data: bytes, where: str) -> dict[str, str]:
    """What a film says of itself, by keywords."""
    with _open(data, where) as (container, _):
        said = {name.lower(): str(words) for name, words in container.metadata.items()}
    return {TEXT.get(name, name): words for name, words in said.items() if name not in OF_THE_FILE}


def _said(recipe: Mapping[str, Any] | None, text: Mapping[str, str]) -> dict[str, str]:
    """What is written into a film beside its frames."""
    names = {keyword: name for name, keyword in TEXT.items()}
    said = {names.get(keyword, keyword): words for keyword, words in text.items()}
    if recipe is None:
        return said
    remark = {"description": said.pop("comment")} if "comment" in said else {}
    return {**remark, **said, "comment": recipe_text(recipe)}


@contextmanager
def _open(data: bytes, where: str, **options: str) -> Iterator[tuple[Any, Any]]:
    av = _av()
    with worded(where):
        try:
            with quiet():
                opened = av.open(io.BytesIO(data), options=options)
            with opened as container:
                if not container.streams.video:
                    raise InputError(f"{where}: holds no moving pictures, or is badly damaged: get a whole copy")
                stream = container.streams.video[0]
                stream.codec_context.thread_count = 1  # closing a film whose threads are at work may never end
                yield container, stream
        except av.error.FFmpegError as error:
            reason = error.strerror.lower()
            raise InputError(f"{where}: is no film, or is truncated or damaged ({reason}): get a whole copy") from error


def require(format: str) -> None:
    """Raise InputError, which says how to get it, if what films of this format are written with is not there."""
    av = _av()
    codec, _ = _codec(format)
    if codec not in av.codecs_available:
        raise InputError(f"{format} needs {codec}, which this FFmpeg lacks: get PyAV from PyPI, or write a .webp")


def _codec(format: str) -> tuple[str, dict[str, str]]:
    """The encoder of a format, and its options."""
    return VP9 if format == "webm" else H264


def _av() -> Any:
    try:
        import av
    except ImportError:
        raise InputError(EXTRA) from None
    return av


def _even(picture: torch.Tensor) -> np.ndarray[Any, Any]:
    values = (picture.detach().cpu().clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    height, width = values.shape[:2]
    padded: np.ndarray[Any, Any] = np.pad(values, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(padded)
