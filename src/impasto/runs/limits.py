"""What can be known before a run starts: whether its folder can be made and whether it fits into memory."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from impasto.errors import InputError

if TYPE_CHECKING:
    from impasto.inputs import Inputs
    from impasto.methods import Forecast, Method
    from impasto.runs.recipe import InputRecord

LONG = 3600.0
"""Seconds from which on a run that a file asks for wants a word from the person."""

MOST_PIXELS = 64_000_000
"""Results above 64 megapixels are refused: they would take hours, and most of them cannot be meant."""


def check_folder(folder: Path) -> None:
    """Raise InputError if `folder` is not there and cannot be made, or cannot be written into."""
    from impasto.images.folders import nearest_existing  # with NumPy, which --help does without

    nearest = nearest_existing(folder)
    if not nearest.is_dir():
        raise InputError(f"{folder}: {nearest} is a file, not a folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"{folder}: cannot be written (permission denied)")


def check_pixels(forecast: Forecast) -> None:
    """Raise InputError for a result of more than `MOST_PIXELS`, whatever memory there is."""
    if forecast.size is None:
        return
    width, height = forecast.size
    if width * height > MOST_PIXELS:
        raise InputError(
            f"a result of {width}x{height} is {width * height / 1e6:.0f} megapixels, over the limit of "
            f"{MOST_PIXELS // 1_000_000}; give a smaller --size"
        )


def check_memory(forecast: Forecast) -> None:
    """Raise InputError, with the way to make it fit, if a run needs more memory than there is."""
    free = available_memory()
    if free is not None and forecast.memory > free:
        fitting = forecast.size_within(int(0.95 * free))
        mend = f"; --size {fitting[0]}x{fitting[1]} would fit" if fitting else ""
        raise InputError(f"this needs about {gigabytes(forecast.memory)} of memory, {gigabytes(free)} are free{mend}")


def check_disk(forecast: Forecast | None, folder: Path) -> None:
    """Raise InputError if a run needs more space in `folder`, which need not be there yet, than there is."""
    if forecast is None or not forecast.disk:
        return
    from impasto.images.folders import nearest_existing  # as above

    free = shutil.disk_usage(nearest_existing(folder.absolute())).free
    if forecast.disk > free:
        raise InputError(
            f"{folder}: this needs about {gigabytes(forecast.disk)} on the disk, {gigabytes(free)} are free: "
            "make room, or keep it elsewhere with --runs DIR"
        )


@dataclass(frozen=True)
class Allowed:
    """What a person allows a run that a file asks for: one that is long or large, `yes`; a training, `train`."""

    yes: bool = False
    train: bool = False


def check_allowed(forecast: Forecast | None, allowed: Allowed, *, trains: bool) -> None:
    """Raise InputError, with the flag that allows it, for a run that nobody would expect of a picture or a folder."""
    if trains and not allowed.train:
        raise InputError("the recipe asks for a training, which is not begun unasked; --train begins it")
    if forecast is None or allowed.yes:
        return
    free = available_memory()
    asks = [f"about {duration(forecast.seconds)}"] if forecast.seconds > LONG else []
    if free is not None and forecast.memory > free:
        asks.append(f"about {gigabytes(forecast.memory)} of memory where {gigabytes(free)} are free")
    if asks:
        raise InputError(f"the recipe asks for {' and '.join(asks)}; --yes begins it all the same")


def reductions(
    method: Method[Any], config: Mapping[str, Any], records: Sequence[InputRecord], forecast: Forecast | None
) -> list[str]:
    """A line for each picture that is larger than what is made of it, unless that was asked for."""
    from impasto.images.sizes import reduced_to  # with NumPy, which --help does without

    pictures = [record for record in records if record.kind in ("picture", "clip")]
    made = None if forecast is None else forecast.size
    deciding = [*(record for record in pictures if record.name == "guide"), *pictures[:1]]
    if made and not config.get("size", "given") and all(record.size != made for record in deciding):
        for record in deciding:
            if reduced_to(record.size, max(made)) == made:
                own = "x".join(map(str, record.size))
                return [
                    f"the result is {made[0]}x{made[1]}, {Path(record.path).name} is {own}: --size 100% makes as much"
                ]
    most = config.get("exemplar_size", MOST_PIXELS)
    if any(record.name == "mask" for record in records):  # what is mended is not reduced
        return []
    exemplars = {item.name for item in method.inputs if item.exemplar}
    names = {Path(record.path).name: max(record.size) for record in pictures if record.name in exemplars}
    return [
        f"{name} is worked from at a long side of {most} pixels: --exemplar-size {min(long, 8192)} for more"
        for name, long in names.items()
        if long > most
    ]


def coverages(inputs: Inputs, records: Sequence[InputRecord]) -> list[str]:
    """A line for each mask: how much of the picture it counts for."""
    from impasto.images import luminance
    from impasto.inputs import given_pictures, share_of_white

    lines = []
    for name in dict.fromkeys(record.name for record in records if record.reading == "mask"):
        paths = [record.path for record in records if record.name == name]
        for path, mask in zip(paths, given_pictures(inputs, name), strict=True):
            white, grey = share_of_white(mask), luminance(mask)
            partly = float(((grey > 0.02) & (grey < 0.98)).float().mean())
            soft = f", and grey {partly:.1%}" if partly > 0.01 else ""
            lines.append(f"{Path(path).name}: counts as white {white:.1%} of the picture{soft}")
    return lines


def available_memory() -> int | None:
    """Bytes that a new process may fill, within the container's limit if there is one; None if unknown."""
    found = [value for value in (_meminfo(), _cgroup()) if value is not None]
    if found:
        return min(found)
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def duration(seconds: float) -> str:
    """A time as a person says it.

    >>> duration(4.2), duration(75), duration(7300)
    ('4.2 s', '1 min 15 s', '2 h 2 min')
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def gigabytes(amount: int) -> str:
    """A number of bytes as a person says it."""
    if amount >= 5e7:
        return f"{amount / 1e9:.1f} GB"
    if amount < 1e6:
        return f"{-(-amount // 1000)} kB"
    return f"{amount / 1e6:.{int(amount < 1e7)}f}".removesuffix(".0") + " MB"


def _meminfo() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _cgroup(root: Path = Path("/sys/fs/cgroup")) -> int | None:
    """What is left of the container's limit; files' cached pages do not count, since they are given back."""
    try:
        limit = (root / "memory.max").read_text().strip()
        used = int((root / "memory.current").read_text())
        fields = dict(line.split() for line in (root / "memory.stat").read_text().splitlines())
    except (OSError, ValueError):
        return None
    return None if limit == "max" else max(0, int(limit) - used + int(fields.get("file", 0)))
