"""Pictures and clips: read once, and copied into a run's folder."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError

from impasto.errors import InputError, writing
from impasto.images.masks import read_mask
from impasto.images.metadata import Metadata, kept_text, read_metadata
from impasto.images.read import read_size
from impasto.images.reading import Reading
from impasto.images.sources import Source, file_bytes, label
from impasto.runs.recipe import InputRecord
from impasto.runs.sources.source import called, sha256
from impasto.video import Clip, is_animation, open_clip, read_film_text, states_colors

RAW = ".safetensors"  # the copy of a picture that came from memory


class PictureSource:
    """A picture in a file, or on standard input."""

    def __init__(self, record: InputRecord, data: bytes, place: Path | None) -> None:
        """`data` are its bytes, and `place` is where they can be had again; None if nowhere."""
        self.record = record
        self._data: bytes | None = data
        self._place = place

    def open(self, background: str) -> object:
        """The picture, (3, H, W) in [0, 1]; its bytes are let go."""
        picture = self._decoded(self._bytes(), background)
        if self._place is not None:
            self._data = None
        return picture

    def metadata(self, *, private: bool) -> Metadata:
        """What lies beside its pixels; asked for before it is opened, so that a file is read once."""
        if not self.record.path:
            return Metadata()
        return read_metadata(self._bytes(), private=private, name=called(self.record.path))

    def states_colors(self) -> bool:
        """Whether it says of its colours what recipes of before version 4 did not follow; asked before it is opened."""
        with suppress(InputError):  # what cannot be opened is left for `open` to tell
            return bool(self.record.path) and states_colors(self._bytes())
        return False

    def keep(self, folder: Path, number: int) -> InputRecord:
        """Copy the file."""
        suffix = Path(self.record.path).suffix.lower() if self.record.path else RAW
        path = folder / f"{self.record.name}-{number}{suffix}"
        put(path, self._bytes())
        self._place, self._data = path, None
        return self.record.model_copy(update={"copy_path": f"{folder.name}/{path.name}"})

    def _decoded(self, data: bytes, background: str) -> object:
        if not self.record.path:
            return safetensors.torch.load(data)["picture"]
        return read_mask(data, self.record.reading, background=background, name=called(self.record.path))

    def _bytes(self) -> bytes:
        if self._data is not None:
            return self._data
        assert self._place is not None
        data = file_bytes(self._place)
        if sha256(data) != self.record.sha256:
            raise InputError(f"{self._place}: changed while it was being read; try again")
        return data


def put(path: Path, data: bytes) -> None:
    """Write a copy, of a run that begins. Raises InputError if it cannot be written."""
    with writing(label(path), len(data)):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)


class ClipSource(PictureSource):
    """A clip, whose frames are decoded as they are asked for."""

    def metadata(self, *, private: bool) -> Metadata:
        """What an animation has as a picture, or a film as text."""
        if is_animation(self._bytes()):
            return super().metadata(private=private)
        text = read_film_text(self._bytes(), name=called(self.record.path))
        return Metadata(text=kept_text(text, private=private))

    def _decoded(self, data: bytes, background: str) -> Clip:
        return open_clip(data, background=background, name=called(self.record.path))


class MemorySource:
    """A picture that was given as a tensor, an array or the like."""

    def __init__(self, name: str, picture: torch.Tensor, given: Source) -> None:
        """`picture` is (3, H, W) in [0, 1], and `given` what it was read from."""
        size = (picture.shape[-1], picture.shape[-2])
        self.record = InputRecord(name=name, path="", sha256=sha256(_raw(picture)), size=size)
        self._picture, self._given = picture, given

    def open(self, background: str) -> object:  # noqa: ARG002 - a source's
        """The picture itself."""
        return self._picture

    def metadata(self, *, private: bool) -> Metadata:
        """What Pillow knows beside its pixels."""
        return read_metadata(self._given, private=private)

    def keep(self, folder: Path, number: int) -> InputRecord:
        """Write its numbers."""
        return PictureSource(self.record, _raw(self._picture), None).keep(folder, number)


def picture_source(name: str, where: str, data: bytes, place: Path | None, reading: Reading) -> PictureSource:
    """A picture file whose bytes are there. Raises InputError if it is none."""
    size = read_size(data, name=called(where))
    record = InputRecord(name=name, path=where, sha256=sha256(data), size=size, reading=reading)
    return PictureSource(record, data, place)


def clip_source(name: str, where: str, data: bytes, place: Path | None, background: str) -> ClipSource:
    """A clip whose bytes are there. Raises InputError if it is none."""
    clip = open_clip(data, background=background, name=called(where))
    record = InputRecord(
        name=name, path=where, sha256=sha256(data), size=clip.size, kind="clip", count=len(clip.durations)
    )
    return ClipSource(record, data, place)


def again_source(record: InputRecord, data: bytes, place: Path) -> PictureSource:
    """The picture or clip of a record, whose bytes these are: their size is what a forecast goes by, not the record.

    What cannot be opened is left for `open` to tell.
    """
    name, known = called(record.path), {}
    with suppress(InputError, SafetensorError, KeyError, AttributeError):
        if record.kind == "clip":
            clip = open_clip(data, name=name)
            known = {"size": clip.size, "count": len(clip.durations)}
        elif record.path:
            known = {"size": read_size(data, name=name)}
        else:
            known = {"size": tuple(safetensors.torch.load(data)["picture"].shape[:0:-1])}
    kind = ClipSource if record.kind == "clip" else PictureSource
    return kind(record.model_copy(update=known), data, place)


def _raw(picture: torch.Tensor) -> bytes:
    return safetensors.torch.save({"picture": picture.contiguous()})
