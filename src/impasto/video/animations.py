"""Animations by Pillow: GIF, WebP and PNG are read, GIF and WebP are written."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from itertools import accumulate, chain, islice, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import GifImagePlugin, Image, ImageSequence

from impasto.errors import InputError
from impasto.images import MAX_PIXELS, Metadata, read
from impasto.images.damage import one_line_errors
from impasto.images.decode import check_pixels, open_picture
from impasto.images.embed import exif
from impasto.images.recipe import recipe_text
from impasto.video.clip import Clip, check_count

if TYPE_CHECKING:
    import torch

TICKS = {"gif": 10, "webp": 1}  # milliseconds of the unit in which a frame's time is given
LEAST = {"gif": 20, "webp": 11}  # milliseconds that a frame is shown at the least: players take less for a tenth
LONGEST = 655_350  # milliseconds that a GIF's frame is shown at the most
STANDARD = 0.1  # seconds that a frame is shown that says nothing, or less than a hundredth: as browsers do
COLORS = 256  # of a GIF
LOOKED_AT = 64  # frames that a GIF's palette is made from
SEEN = 250_000  # pixels of all of them that choose its colours, about
# The thresholds of ordered dithering (Bayer 1973): the same at the same place in each frame, so that it does not crawl.
BAYER = (np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) + 0.5) / 16 - 0.5
SPREAD = 16.0  # of dithering, in steps of 1/255: about how far apart 256 colours lie


def is_picture(data: bytes) -> bool:
    """Whether the file is of a kind that Pillow reads; nothing is decoded."""
    if data.startswith(b"GIF8"):
        return True  # also one that is cut off after its first bytes
    try:
        return open_picture(io.BytesIO(data), "") is not None
    except InputError:
        return False


def is_animation(data: bytes) -> bool:
    """Whether a file is a picture of several frames; by its header, nothing is decoded."""
    try:
        picture = open_picture(io.BytesIO(data), "")
        with one_line_errors(""):
            return picture is not None and getattr(picture, "n_frames", 1) - _hidden(picture) > 1
    except InputError:
        return False


def describe(data: bytes, where: str) -> tuple[tuple[int, int], tuple[float, ...]]:
    """(width, height), and the seconds of each frame. Raises InputError for a file that ends too soon."""
    picture = _open(data, where)
    durations = []
    with one_line_errors(where):
        check_count(getattr(picture, "n_frames", 1), where)
        for frame in islice(ImageSequence.Iterator(picture), _hidden(picture), None):
            frame.load()
            seconds = float(frame.info.get("duration") or 0) / 1000
            durations.append(seconds if seconds > 0.0101 else STANDARD)
    return picture.size, tuple(durations)


def frames(clip: Clip, first: int = 0) -> Iterator[torch.Tensor]:
    """See `Clip.frames`."""
    picture = _open(clip.data, clip.where)
    hidden = _hidden(picture)
    for number in range(first, len(clip)):
        with one_line_errors(clip.where):
            picture.seek(hidden + number)
            frame = read(picture, background=clip.background, name=clip.where)
        yield frame


def plays(data: bytes, where: str) -> int:
    """How often an animation is shown, 0 for ever. A GIF says how often it is repeated, or nothing if it is not."""
    picture = _open(data, where)
    loop = picture.info.get("loop")
    if picture.format == "GIF":
        return 1 if loop is None else int(loop) + (loop > 0)
    return int(loop or 0)


def encode(
    pictures: Iterable[torch.Tensor],
    durations: Sequence[float],
    format: str,
    recipe: Mapping[str, Any] | None = None,
    metadata: Metadata | None = None,
    *,
    plays: int = 0,
) -> bytes:
    """Pictures (3, H, W) in [0, 1] of one size as a GIF or WebP (`format`) that is shown `plays` times, 0 for ever.

    Players show no frame for less than `LEAST`: of quicker ones as many are left out as keep the time.
    For a GIF they are gone through again, and one or two bytes a pixel are held; for a WebP once, one at a time.
    Raises InputError if there are fewer pictures than durations.
    """
    shown, times = shown_times(durations, format)
    milliseconds = [end - begin for begin, end in pairwise(times)]
    chosen = set(shown)
    if format == "webp":
        pictures = iter(pictures)
        first = next(pictures, None)
        if first is None:
            raise _too_few(0, len(durations))
        pictures, size = chain([first], pictures), (first.shape[2], first.shape[1])
        beside = {"exif": exif(recipe, metadata, size), "xmp": metadata.xmp if metadata else b""}
        images = (Image.fromarray(_bytes(picture)) for number, picture in enumerate(pictures) if number in chosen)
        return _saved(images, milliseconds, "WEBP", {"loop": plays, "quality": 92, **beside})
    pictures = pictures if isinstance(pictures, Sized) else list(pictures)
    if len(pictures) < len(durations):
        raise _too_few(len(pictures), len(durations))
    palette = _palette(pictures, len(durations))

    def dithered() -> Iterator[Image.Image]:
        return (_dithered(_bytes(picture), palette) for number, picture in enumerate(pictures) if number in chosen)

    options: dict[str, Any] = {} if plays == 1 else {"loop": max(0, plays - 1)}
    if recipe is not None:
        options["comment"] = recipe_text(recipe).encode()
    try:
        return _saved(dithered(), milliseconds, "GIF", options)
    except (OverflowError, struct.error):  # frames that are alike, or one, are shown longer than 16 bits can say
        return _long_gif(dithered(), milliseconds, options)


def _saved(
    images: Iterator[Image.Image], milliseconds: Sequence[int], format: str, options: Mapping[str, Any]
) -> bytes:
    stream = io.BytesIO()
    _OneByOne(images, len(milliseconds)).save(stream, format, save_all=True, duration=milliseconds, **options)
    return stream.getvalue()


def _long_gif(images: Iterator[Image.Image], milliseconds: Sequence[int], options: Mapping[str, Any]) -> bytes:
    """A GIF of whole frames; one that is shown for longer than `LONGEST` goes on as frames of one of its pixels."""
    stream = io.BytesIO()
    for number, (image, left) in enumerate(zip(images, milliseconds, strict=True)):
        parts = -(-left // LONGEST)
        spans = [end - begin for begin, end in pairwise(left * part // parts // 10 * 10 for part in range(parts + 1))]
        if number == 0:
            image.save(stream, "GIF", optimize=False, duration=spans[0], **options)
            stream.seek(-1, io.SEEK_END)  # over the mark of its end
        else:
            stream.writelines(GifImagePlugin.getdata(image, duration=spans[0]))
        for span in spans[1:]:
            stream.writelines(GifImagePlugin.getdata(image.crop((0, 0, 1, 1)), duration=span))
    return stream.getvalue() + b";"


def shown_times(durations: Sequence[float], format: str) -> tuple[list[int], list[int]]:
    """Which frames a GIF or WebP shows, and when each begins and the last one ends, in milliseconds.

    Of frames that come too soon one after the other the longest is shown; of more than one, two if there is the time.

    >>> shown_times([1 / 60] * 4, "gif")
    ([0, 2], [0, 30, 70])
    """
    tick, least = TICKS[format], LEAST[format]
    moments = [tick * round(moment * 1000 / tick) for moment in accumulate(durations, initial=0.0)]
    shown, times = [0], [0]
    for number, moment in enumerate(moments[1:-1], 1):
        if moment - times[-1] >= least:
            shown.append(number)
            times.append(moment)
        elif durations[number] > durations[shown[-1]]:
            shown[-1] = number
    end = moments[-1]
    if len(shown) > 1 and end - times[-1] < least:
        del shown[-1], times[-1]
    if len(shown) == 1 < len(durations) and end >= 2 * least:  # one frame would be no animation
        shown, times = [0, shown[0] or len(durations) - 1], [0, min(max(moments[1], least), end - least)]
    return shown, [*times, max(end, times[-1] + least)]


def _too_few(frames: int, durations: int) -> InputError:
    return InputError(f"{frames} frames and {durations} durations: give one for each")


def _hidden(picture: Image.Image) -> int:
    """How many pictures come before the first frame: of a PNG, the one that is shown where animations are not."""
    return int(getattr(picture, "default_image", False) and getattr(picture, "n_frames", 1) > 1)


def _open(data: bytes, where: str) -> Image.Image:
    picture = open_picture(io.BytesIO(data), where)
    if picture is None:
        raise InputError(f"{where}: is no animation: give a GIF, WebP, MP4, MOV or WebM")
    check_pixels(*picture.size, MAX_PIXELS, where)
    return picture


def _bytes(picture: torch.Tensor) -> np.ndarray[Any, Any]:
    values: np.ndarray[Any, Any] = (picture.detach().cpu().clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
    return np.ascontiguousarray(values)


class _OneByOne(Image.Image):
    """A picture of many frames for Pillow to write, of which only one is in memory."""

    def __init__(self, images: Iterator[Image.Image], count: int) -> None:
        super().__init__()
        self.n_frames = count
        self._images, self._at = images, -1
        self.seek(0)

    def seek(self, frame: int) -> None:
        """Go on to a frame; to go back does nothing, as those before are gone."""
        while self._at < frame < self.n_frames:
            image = next(self._images, None)
            if image is None:
                raise _too_few(self._at + 1, self.n_frames)
            self.im, self._mode, self._size, self.palette = image.im, image.mode, image.size, image.palette
            self._at += 1
        if frame >= self.n_frames:
            raise EOFError

    def tell(self) -> int:
        return self._at


def _palette(pictures: Iterable[torch.Tensor], count: int) -> Image.Image:
    """One palette for all frames: one for each would let still parts change colour."""
    every = max(1, -(-count // LOOKED_AT))
    parts = []
    for picture in islice(pictures, 0, None, every):
        step = max(1, round((-(-count // every) * picture.shape[1] * picture.shape[2] / SEEN) ** 0.5))
        parts.append(_bytes(picture)[::step, ::step].reshape(-1, 3))
    pixels = np.concatenate(parts)
    # Pillow moves colours until so few pixels change theirs; to the last one takes half a minute and gains 1 %.
    return Image.fromarray(pixels[None]).quantize(COLORS, Image.Quantize.MEDIANCUT, kmeans=len(pixels) // 100 + 1)


def _dithered(values: np.ndarray[Any, Any], palette: Image.Image) -> Image.Image:
    height, width = values.shape[:2]
    offsets = np.tile(BAYER, (-(-height // 4), -(-width // 4)))[:height, :width, None] * SPREAD
    shaken = np.clip(values + offsets, 0, 255).round().astype(np.uint8)
    return Image.fromarray(shaken).quantize(palette=palette, dither=Image.Dither.NONE)
