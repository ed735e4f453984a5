"""The finished frames of a clip's run, frames/00001.png and so on: all that it needs to go on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from impasto.images import contact_sheet, read, write, write_atomically

FACTS = "facts.json"
SHOWN = 12  # frames in the run's own picture


class Shelf:
    """Frames in a folder, in their order. One that is there is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __len__(self) -> int:
        """The number of frames that are there without a gap."""
        count = 0
        while self._path(count).is_file():
            count += 1
        return count

    def keep(self, number: int, frame: torch.Tensor) -> None:
        """Put frame `number`, counted from 0, (3, H, W), into its place."""
        write(frame, self._path(number))

    def note(self, facts: Mapping[str, Any]) -> None:
        """Keep what the clip's recipe will say, for a run that ends in another process."""
        write_atomically(self._folder / FACTS, json.dumps(dict(facts)).encode())

    def facts(self) -> dict[str, Any]:
        """What was noted; {} if nothing was."""
        path = self._folder / FACTS
        noted: dict[str, Any] = json.loads(path.read_bytes()) if path.is_file() else {}
        return noted

    def frame(self, number: int) -> torch.Tensor:
        """Frame `number` as it was kept, in steps of 1/255."""
        return read(self._path(number))

    def __iter__(self) -> Iterator[torch.Tensor]:
        """All of them, read one by one."""
        return (self.frame(number) for number in range(len(self)))

    def sheet(self) -> torch.Tensor:
        """Some of them on one picture, evenly spaced, the first and the last among them."""
        count = len(self)
        shown = sorted({round(k * (count - 1) / (SHOWN - 1)) for k in range(SHOWN)})
        frames = [self.frame(number) for number in shown]
        return contact_sheet(frames, [str(number + 1) for number in shown], columns=min(4, len(frames)))

    def _path(self, number: int) -> Path:
        return self._folder / f"{number + 1:05d}.png"
