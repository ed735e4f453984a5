"""The pictures of a folder, one after the other, each worked on while those before it are written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import torch
from pydantic import Field

from impasto.data.folder import PictureFolder
from impasto.methods import MethodConfig

T = TypeVar("T")


class FolderConfig(MethodConfig):
    """Which pictures of a folder are used."""

    first: int = Field(1, ge=1, description="number of the first picture, in the order of their names")
    count: int = Field(0, ge=0, description="pictures that are used; 0 takes all the rest")

    def chosen(self, data: PictureFolder) -> Sequence[Path]:
        """The files that are used."""
        last = self.first - 1 + self.count if self.count else len(data)
        return data.files[self.first - 1 : last]


class Rows(list[dict[str, Any]]):
    """The rows of a table that grows, as a checkpoint holds them."""

    def state_dict(self) -> dict[str, Any]:
        """All of them."""
        return {"rows": [dict(row) for row in self]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The same, where a killed run goes on."""
        self[:] = state["rows"]


def names_of(files: Sequence[Path]) -> list[str]:
    """What is made of each file is called: the file's name without its ending, and with it where two are alike."""
    stems = [file.stem for file in files]
    twice = {stem for stem in stems if stems.count(stem) > 1} if len(set(stems)) < len(stems) else set()
    return [file.name.replace(".", "-") if file.stem in twice else file.stem for file in files]


def ahead(work: Callable[[Path], T], files: Sequence[Path], first: int) -> Iterator[T]:
    """What `work` makes of each file from number `first` on, in order, by as many threads as PyTorch has.

    OpenCV and Pillow let other threads go on while they compute, so that no process has to be started.
    """
    threads = torch.get_num_threads()
    with ThreadPoolExecutor(threads) as workers:
        waiting: deque[Future[T]] = deque()
        try:
            for file in files[first:]:
                waiting.append(workers.submit(work, file))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
