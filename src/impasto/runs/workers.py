"""What each of several processes does that carry on one run together: the first records it, the others only compute.

On one machine `impasto.runs.together` starts them. On several, which all see the run's folder, torchrun does:

    torchrun --nnodes 2 --nproc-per-node 1 --rdzv-backend c10d --rdzv-endpoint HOST:29500 -m impasto.runs.workers RUN
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

from impasto.errors import InputError
from impasto.grey import run_in_grey
from impasto.images.sources import label
from impasto.observers import Checkpoint, Unobserved
from impasto.runs import checkpoint as checkpoints
from impasto.runs.again import again
from impasto.runs.execute import carry_on
from impasto.runs.folder import RECORD, RunFolder
from impasto.runs.job import Job
from impasto.runs.sources import kept
from impasto.runs.together import PATIENCE, meet

USAGE = 2


class Follower(Unobserved):
    """Goes on from where the run is, and writes nothing: the first process does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def checkpoint(self) -> Checkpoint | None:
        """The newest: a new one is only written after a step that all took."""
        return checkpoints.load(self._folder)


class First:
    """The first of processes that torchrun started: the others wait until it has judged the run, and may begin."""

    def __init__(self) -> None:
        self._told = False

    @contextmanager
    def __call__(self, *_: object) -> Iterator[None]:
        """Let them begin; see `impasto.runs.together.Helped`."""
        self.tell(may_begin=True)
        yield

    def tell(self, *, may_begin: bool) -> None:
        """Say whether they may; what was said once stays."""
        if not self._told:
            self._told = True
            _first_word(may_begin)


def _first_word(word: bool = False) -> bool:
    """What the first process says, which waits for nobody to say it; the others wait for it."""
    said = torch.tensor(float(word))
    torch.distributed.broadcast(said, 0)
    return bool(said)


def follow(folder: RunFolder, given: Mapping[str, Sequence[str]] | None = None) -> Job:
    """The job of a run that another process records; its inputs were judged there."""
    record = folder.read()
    return again(record, kept(record.inputs, folder.path, given), label(folder.path / RECORD))


def main(words: Sequence[str]) -> int:
    """What a further process does, or one that torchrun started, which is told only which run it is."""
    folder = RunFolder(Path(words[0]))
    if len(words) > 1:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process says when all stop
        place, given, rank, size = words[1], json.loads(words[2]), int(words[3]), int(words[4])
        job = follow(folder, given)
        inputs = job.inputs()
        meet(place, rank, size)
        torch.set_num_threads(max(1, job.recipe.threads // size))
    else:
        torch.distributed.init_process_group("gloo", timeout=PATIENCE)
        rank = torch.distributed.get_rank()
        if rank == 0:
            first = First()
            try:
                carry_on(folder, team=first)
            finally:
                first.tell(may_begin=False)
            return 0
        if not _first_word():
            torch.distributed.destroy_process_group()  # or it may abort when the first one is gone
            return USAGE  # the first process says why
        job = follow(folder)
        inputs = job.inputs()
    run_in_grey(job.method, inputs, Follower(folder.checkpoints))
    return 0


if __name__ == "__main__":
    try:
        STATUS = main(sys.argv[1:])
    except InputError as error:
        print(f"impasto: {error}", file=sys.stderr)
        STATUS = USAGE
    except RuntimeError:
        if "RANK" in os.environ:
            raise
        STATUS = 1  # the first process has stopped, and said why
    sys.exit(STATUS)
