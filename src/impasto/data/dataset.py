"""What a training sees of its pictures, wherever they lie: a `Dataset` of equal sizes, in bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
import torch

UNLABELLED = -1

Bytes: TypeAlias = "np.ndarray[Any, np.dtype[np.uint8]]"
Numbers: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"


class Example(NamedTuple):
    """One picture of a data set, uint8 (3, H, W); its label, -1 if it has none; and the other picture of a pair."""

    picture: torch.Tensor
    label: int = UNLABELLED
    partner: torch.Tensor | None = None


class Batch(NamedTuple):
    """Several of them.

    pictures: (N, 3, H, W); uint8 as a data set gives them, float32 as `Batches` does.
    labels: int64 (N,), the number of each one's class; -1 for those without one.
    partners: the other pictures of pairs, as `pictures`; None where there are no pairs.
    """

    pictures: torch.Tensor
    labels: torch.Tensor
    partners: torch.Tensor | None = None


class Dataset(Protocol):
    """Pictures of one size, by number, with their classes."""

    @property
    def name(self) -> str:
        """What lines call it."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their labels."""

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of all pictures."""

    @property
    def grey(self) -> bool:
        """Whether the three channels of each picture are known to be equal."""

    @property
    def paired(self) -> bool:
        """Whether each picture has a partner."""

    @property
    def fingerprint(self) -> str:
        """A SHA-256 that other pictures, labels, or another order do not have."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Example: ...

    def take(self, indices: Sequence[int] | Numbers) -> Batch:
        """The examples of these numbers, in this order, uint8."""


@dataclass(frozen=True)
class Pictures:
    """A data set in one array, in memory or mapped to a file.

    pixels: uint8 (N, planes, H, W), planes being 1 for grey pictures, 3 for coloured ones, and twice that for pairs.
    labels: int64 (N,), or nothing.
    """

    name: str
    pixels: Bytes
    fingerprint: str
    labels: Numbers | None = None
    classes: tuple[str, ...] = ()
    paired: bool = False

    @classmethod
    def of(
        cls, pixels: torch.Tensor, labels: Sequence[int] | None = None, classes: Sequence[str] = (), name: str = ""
    ) -> Pictures:
        """Pictures that are in memory, uint8 (N, 1 or 3, H, W), for tests and drawn sets."""
        held = np.ascontiguousarray(pixels.numpy())
        numbers = None if labels is None else np.asarray(labels, np.int64)
        digest = hashlib.sha256(repr((held.shape, tuple(classes))).encode() + held.tobytes())
        digest.update(b"" if numbers is None else numbers.tobytes())
        return cls(name, held, digest.hexdigest(), numbers, tuple(classes))

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.pixels.shape[3], self.pixels.shape[2]

    @property
    def grey(self) -> bool:
        """Whether only one channel is kept of each."""
        return bool(self.pixels.shape[1] == (2 if self.paired else 1))

    def __len__(self) -> int:
        """The number of pictures, or pairs."""
        return len(self.pixels)

    def __getitem__(self, index: int) -> Example:
        """One example. Raises IndexError beyond the last."""
        pictures, labels, partners = self.take([range(len(self))[index]])
        return Example(pictures[0], int(labels[0]), None if partners is None else partners[0])

    def take(self, indices: Sequence[int] | Numbers) -> Batch:
        """The examples of these numbers, in this order, uint8."""
        chosen = np.asarray(indices, np.int64)
        found = torch.from_numpy(np.take(self.pixels, chosen, axis=0))
        labels = torch.full((len(chosen),), UNLABELLED) if self.labels is None else _tensor(self.labels[chosen])
        first, *rest = found.chunk(2, dim=1) if self.paired else [found]
        return Batch(_coloured(first), labels, _coloured(rest[0]) if rest else None)


@dataclass(frozen=True)
class Part:
    """Some pictures of a data set, by their numbers there, as a data set of its own."""

    whole: Dataset
    indices: Numbers

    @property
    def name(self) -> str:
        """The whole set's."""
        return self.whole.name

    @property
    def classes(self) -> tuple[str, ...]:
        """The whole set's, also those of which nothing is left."""
        return self.whole.classes

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.whole.size

    @property
    def grey(self) -> bool:
        """Whether the whole set is known to be grey."""
        return self.whole.grey

    @property
    def paired(self) -> bool:
        """Whether each has a partner."""
        return self.whole.paired

    @property
    def fingerprint(self) -> str:
        """Of the whole set, and of what was chosen."""
        return hashlib.sha256(self.whole.fingerprint.encode() + self.indices.tobytes()).hexdigest()

    def __len__(self) -> int:
        """The number of pictures that were chosen."""
        return len(self.indices)

    def __getitem__(self, index: int) -> Example:
        """One example. Raises IndexError beyond the last."""
        return self.whole[int(self.indices[index])]

    def take(self, indices: Sequence[int] | Numbers) -> Batch:
        """The examples of these numbers, in this order, uint8."""
        return self.whole.take(self.indices[np.asarray(indices, np.int64)])


def _tensor(numbers: Numbers) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(numbers, np.int64))


def _coloured(pictures: torch.Tensor) -> torch.Tensor:
    return pictures.expand(-1, 3, -1, -1) if pictures.shape[1] == 1 else pictures
