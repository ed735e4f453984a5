"""Further processes on this machine that help to carry on a run: the first one records it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import torch

from impasto.errors import InputError
from impasto.runs.folder import RunFolder
from impasto.runs.job import Job
from impasto.training.sums import share_memory, share_no_memory

Given: TypeAlias = "Mapping[str, Sequence[str]] | None"
Helped: TypeAlias = "Callable[[RunFolder, int, Given], AbstractContextManager[None]]"
"""Lets so many processes share a run in a block; the last are files by input name, as `carry_on` is given them."""

PATIENCE = timedelta(minutes=30)  # for what one process does while the others wait, such as a checkpoint


def processes_of(job: Job) -> int:
    """How many processes a run asks for."""
    return int(getattr(job.method.config, "processes", 1))


@contextmanager
def helped(folder: RunFolder, processes: int, given: Given) -> Iterator[None]:
    """Let so many processes share what is done in the block; this one is the first. Nothing is done for one alone.

    Raises InputError if one of the others is lost.
    """
    if processes == 1:
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
            share_no_memory()
            torch.distributed.destroy_process_group()


def _is_lost(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process has ended; its connection closes a little before."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(1)
    return process.returncode is not None


def meet(place: str, rank: int, size: int) -> None:
    """Become process `rank` of `size` on this machine, which meet at a file in a folder of their own."""
    store = torch.distributed.FileStore(place, size)  # type: ignore[attr-defined]  # there, and documented
    torch.distributed.init_process_group("gloo", store=store, rank=rank, world_size=size, timeout=PATIENCE)
    share_memory(Path(place).parent, rank, size)
