"""What a reader gives: the pictures of a store one after the other, encoded or as arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from impasto.data.stores.tree import Skipped
from impasto.errors import InputError

Raw: TypeAlias = "bytes | np.ndarray[Any, np.dtype[np.uint8]]"
"""A picture: the bytes of its file, or uint8 (1 or 3, H, W)."""

Fit = Literal["crop", "stretch", "pad"]
Pairs = Literal["none", "left", "right", "folders"]


@dataclass(frozen=True)
class View:
    """How the pictures of a store are to be seen.

    size: (width, height) of all.
    fit: how a picture gets there: its middle, reduced until it just covers the size; the whole, stretched; or the
        whole, on white.
    classes: whether the folders that pictures lie in are their classes; stores that have labels give them anyway.
    split: the part that is wanted, such as "train" or "test"; "" takes the store's own: of the usual stores what they
        are trained on, of folders and archives everything.
    pairs: whether each picture is two: joined, with the picture on the left or on the right of its partner, or under
        the same name in two folders, of which the first has the pictures.
    """

    size: tuple[int, int] = (32, 32)
    fit: Fit = "crop"
    classes: bool = False
    split: str = ""
    pairs: Pairs = "none"


@dataclass(frozen=True)
class Entry:
    """One picture of a store, not read yet; reading it raises InputError if it is damaged.

    joined: whether it is two pictures side by side; "left" and "right" say where the first is.
    partner: reads the other picture of a pair.
    """

    name: str
    read: Callable[[], Raw]
    label: int = -1
    joined: Pairs = "none"
    partner: Callable[[], Raw] | None = None


class Reader(Protocol):
    """A store as a view wants it: how many pictures it has, before any is known to be damaged."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their labels."""

    @property
    def grey(self) -> bool:
        """Whether all pictures are known to be grey."""

    @property
    def skipped(self) -> Skipped:
        """What is no picture of this set, and looks like one."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Entry]:
        """All pictures, in their order."""


@dataclass(frozen=True)
class Arrays:
    """A reader of arrays that come one after the other, uint8 (n, 1 or 3, H, W), with labels or without."""

    count: int
    parts: Callable[[], Iterator[tuple[np.ndarray[Any, Any], Sequence[int] | None]]]
    classes: tuple[str, ...]
    grey: bool = False
    skipped: Skipped = field(default_factory=Skipped)

    def __len__(self) -> int:
        """The number of pictures."""
        return self.count

    def __iter__(self) -> Iterator[Entry]:
        """All pictures, in their order."""
        number = 0
        for pictures, labels in self.parts():
            for row, picture in enumerate(pictures):
                label = -1 if labels is None else int(labels[row])
                yield Entry(f"picture {number}", lambda picture=picture: picture, label)  # type: ignore[misc]
                number += 1


def chosen_split(asked: str, known: Sequence[str], usual: str, where: str) -> str:
    """The part of a store that a view wants. Raises InputError with those that there are."""
    if not asked and usual in known:
        return usual
    split = asked or known[0]
    if split not in known:
        raise InputError(f"{where}: has no part {asked!r}; it has {', '.join(known)}")
    return split


def check_labels(labels: np.ndarray[Any, Any], pictures: int, classes: int, where: str) -> None:
    """Raise InputError for labels that are not one for each picture, or name no class."""
    if len(labels) != pictures:
        raise InputError(f"{where}: {len(labels)} labels for {pictures} pictures: get both files from one place")
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise InputError(
            f"{where}: labels must be 0 to {classes - 1}, found {int(labels.min())} to {int(labels.max())}"
        )
