"""Several processes that carry on one run together: the first records it, the others only compute.

On one machine `helped` starts them. On several, each has the run's folder in sight, and torchrun starts them there:

    torchrun --nnodes 2 --nproc-per-node 1 --rdzv-backend c10d --rdzv-endpoint HOST:29500 -m impasto.runs.workers RUN
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import torch

from impasto.errors import InputError
from impasto.images.sources import label
from impasto.observers import Checkpoint, Unobserved
from impasto.runs import checkpoint as checkpoints
from impasto.runs.again import again
from impasto.runs.folder import RECORD, RunFolder
from impasto.runs.job import Job
from impasto.runs.sources import kept

PATIENCE = timedelta(minutes=30)  # for what one process does while the others wait, such as a checkpoint
USAGE = 2


class Follower(Unobserved):
    """Goes on from where the run is, and writes nothing: the first process does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def checkpoint(self) -> Checkpoint | None:
        """The newest: a new one is only written after a step that all took."""
        return checkpoints.load(self._folder)


def processes_of(job: Job) -> int:
    """How many processes a run asks for."""
    return int(getattr(job.method.config, "processes", 1))


@contextmanager
def helped(folder: RunFolder, processes: int, given: Mapping[str, Sequence[str]] | None) -> Iterator[None]:
    """Let so many processes share what is done in the block; this one is the first. Nothing is done for one alone.

    Raises InputError if one of the others is lost.
    """
    if processes == 1 or torch.distributed.is_initialized():
        yield
        return
    threads = torch.get_num_threads()
    with tempfile.TemporaryDirectory() as aside:
        words = [str(folder.path), str(Path(aside) / "meeting"), json.dumps(dict(given or {}))]
        command = [sys.executable, "-m", "impasto.runs.workers", *words]
        others = [subprocess.Popen([*command, str(rank), str(processes)]) for rank in range(1, processes)]
        try:
            meet(words[1], 0, processes)
            torch.set_num_threads(max(1, threads // processes))
            yield
        except RuntimeError as error:  # what torch says when nobody answers
            if not any(map(_is_lost, others)):
                raise
            raise InputError(
                f"one of {processes} processes was lost; go on with: impasto runs resume {folder.path}"
            ) from error
        finally:
            torch.set_num_threads(threads)
            for other in others:
                other.kill()  # one that has ended does not mind
                other.wait()
            torch.distributed.destroy_process_group()


def _is_lost(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process has ended; its connection closes a little before."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(1)
    return process.returncode is not None


def meet(place: str, rank: int, size: int) -> None:
    """Become process `rank` of `size`, which meet at a file."""
    store = torch.distributed.FileStore(place, size)  # type: ignore[attr-defined]  # there, and documented
    torch.distributed.init_process_group("gloo", store=store, rank=rank, world_size=size, timeout=PATIENCE)


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
            from impasto.runs.execute import carry_on

            carry_on(folder)
            return 0
        job = follow(folder)
        inputs = job.inputs()
    job.method.run(inputs, Follower(folder.checkpoints))
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
