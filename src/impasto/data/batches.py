"""The batch of a step: chosen, read ahead, turned into floats, on the device."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol, TypeAlias

import numpy as np
import torch

from impasto.data.dataset import Batch, Dataset
from impasto.data.jitter import jitter_factors, jittered
from impasto.data.order import Indices, at_places, hashes, key_of, places
from impasto.errors import InputError

Prepare: TypeAlias = "Callable[[torch.Tensor], torch.Tensor]"

FLIPS, CORNERS = 1 << 40, 1 << 41  # uses of a seed, above all epochs


class Member(Protocol):
    """A process of several that train together: its number and how many there are."""

    @property
    def rank(self) -> int:
        """Its number, counted from 0."""

    @property
    def size(self) -> int:
        """How many there are."""


def signed(pictures: torch.Tensor) -> torch.Tensor:
    """Values in [0, 255] as floats in [-1, 1]; floats are changed in place."""
    return pictures.float().mul_(2 / 255).sub_(1)


def unit(pictures: torch.Tensor) -> torch.Tensor:
    """Values in [0, 255] as floats in [0, 1]; floats are changed in place."""
    return pictures.float().div_(255)


class Batches:
    """The batches of a training, each a function of its step, the seed and the data alone.

    Every epoch has every picture once, in an order of its own. The next steps' batches are read by threads while
    this one's is used. Nothing has to be kept to go on: `state_dict` holds what the data were, and going on with others
    is refused.
    """

    def __init__(
        self,
        data: Dataset,
        *,
        batch: int,
        seed: int,
        prepare: Prepare = signed,
        flip: bool = False,
        crop: int = 0,
        jitter: float = 0.0,
        team: Member | None = None,
        workers: int = 1,
        device: torch.device | str = "cpu",
    ) -> None:
        """`batch` pictures a step, of all processes together.

        prepare: from bytes (N, 3, H, W), or floats of the same range, to floats; jittered pictures are such floats.
        flip: whether half of the pictures, drawn at random, are mirrored.
        crop: the side of a random part of each picture; 0 takes them whole.
        jitter: how strongly brightness, contrast and saturation change (see `impasto.data.jitter`); 0 leaves them.
            Of pairs, all of this is done to both alike.
        team: which of several processes this is, which gets its share of each batch; the shares are one another's
            neighbours, in the order of their ranks.
        workers: threads, each of which reads one batch ahead; 0 reads each when it is asked for.

        Raises InputError if the data are too few or too small.
        """
        if not len(data):
            raise InputError(f"{data.name}: holds no pictures")
        if crop > min(data.size):
            width, height = data.size
            raise InputError(f"crop must be at most {min(data.size)}, the pictures being {width}x{height}, got {crop}")
        self.data, self.batch, self.seed = data, batch, seed
        self._prepare, self._flip, self._crop, self._jitter = prepare, flip, crop, jitter
        self._device = torch.device(device)
        rank, size = (team.rank, team.size) if team else (0, 1)
        self._share = slice(rank * batch // size, (rank + 1) * batch // size)
        self._ahead: dict[int, Future[Batch]] = {}
        self._workers = workers
        self._threads: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()

    def at(self, step: int) -> Batch:
        """The pictures of a step, this process's share: floats on the device, and int64 labels."""
        if not self._workers:
            return self._read(step)
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self._workers, "batches")
            wanted = range(step, step + self._workers + 1)
            self._ahead = {number: self._ahead.get(number) or self._begun(number) for number in wanted}
            found = self._ahead[step]
        return found.result()

    def indices(self, step: int) -> Indices:
        """The numbers of this process's pictures of a step."""
        return at_places(places(step, self.batch)[self._share], count=len(self.data), seed=self.seed)

    def epochs(self, steps: int) -> float:
        """How often each picture was seen after so many steps."""
        return steps * self.batch / len(self.data)

    def state_dict(self) -> dict[str, Any]:
        """Which data these are; where in them a training is, its step says."""
        return {"fingerprint": self.data.fingerprint, "count": len(self.data)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on with the same data. Raises InputError if they are others."""
        if state != self.state_dict():
            raise InputError(
                f"{self.data.name}: the pictures are not those that this training began with "
                f"({state['count']} then, {len(self.data)} now): put them back, or begin anew"
            )

    def _begun(self, step: int) -> Future[Batch]:
        assert self._threads is not None
        return self._threads.submit(self._read, step)

    def _read(self, step: int) -> Batch:
        row = places(step, self.batch)[self._share]
        pictures, labels, partners = self.data.take(at_places(row, count=len(self.data), seed=self.seed))
        return Batch(
            self._prepared(pictures, row),
            labels.to(self._device),
            None if partners is None else self._prepared(partners, row),
        )

    def _prepared(self, pictures: torch.Tensor, row: Indices) -> torch.Tensor:
        """Bytes travel to the device, and become floats there."""
        if self._crop:
            pictures = self._cropped(pictures, row)
        if self._flip:
            mirrored = hashes(row, key_of(self.seed, FLIPS)) >= np.uint64(1 << 63)
            pictures = pictures.clone(memory_format=torch.contiguous_format)
            pixels = pictures.numpy()  # of the same memory: NumPy mirrors bytes ten times as fast
            pixels[mirrored] = pixels[mirrored, :, :, ::-1]
        pictures = pictures.to(self._device)
        if self._jitter:
            pictures = jittered(pictures, jitter_factors(row, self.seed, self._jitter))
        return self._prepare(pictures)

    def _cropped(self, pictures: torch.Tensor, row: Indices) -> torch.Tensor:
        drawn = hashes(row, key_of(self.seed, CORNERS))
        height, width = (length - self._crop + 1 for length in pictures.shape[2:])
        tops = ((drawn >> np.uint64(32)) % np.uint64(height)).tolist()
        lefts = ((drawn & np.uint64(0xFFFF_FFFF)) % np.uint64(width)).tolist()
        side = self._crop
        parts = zip(pictures, tops, lefts, strict=True)
        return torch.stack([picture[:, top : top + side, left : left + side] for picture, top, left in parts])
