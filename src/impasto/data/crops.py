"""Random parts of the photos in a folder."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, overload

import numpy as np
import torch

from impasto.data.decoding import raw_of
from impasto.data.open import Store
from impasto.data.stores.reader import Entry, Reader, View
from impasto.errors import InputError
from impasto.images import read, read_size, resize
from impasto.randomness import generator

MOST = 500
"""Photos that are held in memory, about half a gigabyte; of larger folders so many are drawn."""

REDUCED = 1.6  # short side of the photos that are held, in sides of a crop: most of a photo is seen at once
FEWEST = 2
STRIP = 4  # times as long as wide: no photo is held longer


@dataclass(frozen=True)
class Photo:
    """A photo in a file or an archive, which lines call `name`; nothing of it is held."""

    name: str
    entry: Entry

    def pixels(self) -> torch.Tensor:
        """The photo, (3, H, W) in [0, 1]. Raises InputError if it is damaged."""
        return read(self._source(), name=self.name)

    def check(self) -> None:
        """Raise InputError if it is no picture."""
        self.size()

    def size(self) -> tuple[int, int]:
        """Its (width, height), of which no pixel is read. Raises InputError if it is no picture."""
        return read_size(self._source(), name=self.name)

    def _source(self) -> Any:
        raw = raw_of(self.entry.read, self.name)
        return raw if isinstance(raw, bytes) else torch.from_numpy(np.array(raw))  # a copy: theirs may be read-only


def photo_files(store: Store, seed: int) -> list[Photo]:
    """The photos of a set that are used, at most `MOST`, drawn by `seed`.

    Raises InputError, one line, if there are fewer than two, or one is no picture.
    """
    reader = store.reader(View())
    if len(reader) < FEWEST:
        raise InputError(f"{store.name}: one photo in this folder; a network learns from {FEWEST} or more, better 100")
    chosen = set(range(len(reader)))
    if len(reader) > MOST:
        chosen = set(torch.randperm(len(reader), generator=generator(seed))[:MOST].tolist())
    found = [Photo(f"{store.name}/{entry.name}", entry) for number, entry in enumerate(reader) if number in chosen]
    for photo in found:
        photo.check()
    return found


class SetSizes(Sequence[tuple[int, int]]):
    """The sizes of a set's pictures, each looked at when it is asked for; (0, 0) for what is no picture."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @cached_property
    def _reader(self) -> Reader:
        return self._store.reader(View())

    def __len__(self) -> int:
        return len(self._reader)

    @overload
    def __getitem__(self, key: int) -> tuple[int, int]: ...

    @overload
    def __getitem__(self, key: slice) -> list[tuple[int, int]]: ...

    def __getitem__(self, key: int | slice) -> tuple[int, int] | list[tuple[int, int]]:
        numbers = range(len(self))[key]
        if isinstance(numbers, int):
            return self[numbers : numbers + 1][0]
        return [_size(entry) for entry in islice(self._reader, numbers.start, numbers.stop, numbers.step)]


def _size(entry: Entry) -> tuple[int, int]:
    try:
        return Photo(entry.name, entry).size()
    except InputError:
        return 0, 0


class PhotoCrops:
    """Draws square crops; what a checkpoint holds of it is where its random numbers are.

    A crop is `side` pixels of a photo at a random size: between all of its short side, and the size at which it is
    held. Half of them are mirrored.
    """

    def __init__(self, photos: Sequence[Photo | torch.Tensor], side: int, seed: int) -> None:
        """`photos` are in files, or pictures (3, H, W) in [0, 1]. Raises InputError for a damaged file."""
        self.side = side
        self._random = generator(seed)
        self._photos = [_held(photo if isinstance(photo, torch.Tensor) else photo.pixels(), side) for photo in photos]
        self._fingerprint = _fingerprint(self._photos)

    def draw(self) -> torch.Tensor:
        """The next crop, (1, 3, side, side) in [0, 1]."""
        photo = self._photos[self._whole(len(self._photos))]
        height, width = photo.shape[1:]
        nearest = self.side / min(height, width)
        factor = nearest + (1 - nearest) * float(torch.rand((), generator=self._random))
        size = max(self.side, round(width * factor)), max(self.side, round(height * factor))
        whole = resize(photo.float() / 255, size)
        top, left = (self._whole(length - self.side + 1) for length in whole.shape[1:])
        crop = whole[:, top : top + self.side, left : left + self.side]
        return (crop.flip(2) if self._whole(2) else crop)[None]

    @property
    def count(self) -> int:
        """How many photos there are."""
        return len(self._photos)

    def look(self, count: int) -> torch.Tensor:
        """The middles of some photos, (count or fewer, 3, s, s) in [0, 1]; nothing is drawn at random."""
        chosen = [self._photos[index * self.count // count] for index in range(min(count, self.count))]
        side = min(min(photo.shape[1:]) for photo in chosen)
        corners = [[(length - side) // 2 for length in photo.shape[1:]] for photo in chosen]
        middles = [
            photo[:, top : top + side, left : left + side] for photo, (top, left) in zip(chosen, corners, strict=True)
        ]
        return torch.stack(middles).float() / 255

    def state_dict(self) -> dict[str, Any]:
        """Where the random numbers are, and which photos they choose from."""
        return {"random": self._random.get_state(), "photos": self._fingerprint}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there. Raises InputError if the photos are no longer the same."""
        if not torch.equal(state["photos"], self._fingerprint):
            raise InputError("the photos are not those that this training began with: put them back, or begin anew")
        self._random.set_state(state["random"].cpu())

    def _whole(self, below: int) -> int:
        return int(torch.randint(below, (), generator=self._random))


def _held(photo: torch.Tensor, side: int) -> torch.Tensor:
    """A photo in bytes, its short side between `side` and 1.6 times that; one with a smaller side is enlarged.

    Of a long strip only the middle is held.
    """
    short = min(photo.shape[1:])
    top, left = (max(0, length - STRIP * short) // 2 for length in photo.shape[1:])
    photo = photo[:, top : top + STRIP * short, left : left + STRIP * short]
    height, width = photo.shape[1:]
    target = min(max(short, side), math.ceil(REDUCED * side))
    size = max(target, round(width * target / short)), max(target, round(height * target / short))
    return (resize(photo, size) * 255).round().byte().contiguous()


def _fingerprint(photos: Sequence[torch.Tensor]) -> torch.Tensor:
    digest = hashlib.sha256()
    for photo in photos:
        digest.update(str(tuple(photo.shape)).encode())
        digest.update(photo.numpy().tobytes())
    return torch.frombuffer(bytearray(digest.digest()), dtype=torch.uint8)
