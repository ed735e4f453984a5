"""What the environment says of runs: where they are kept, how often they are saved, how many threads."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from impasto.errors import InputError
from impasto.runs.every import Every


def every(environment: Mapping[str, str] | None = None) -> Every:
    """How often checkpoints are written: $IMPASTO_CHECKPOINT_SECONDS or $IMPASTO_CHECKPOINT_STEPS."""
    environment = os.environ if environment is None else environment
    try:
        steps = environment.get("IMPASTO_CHECKPOINT_STEPS")
        seconds, count = float(environment.get("IMPASTO_CHECKPOINT_SECONDS", "15")), int(steps) if steps else None
    except ValueError as error:
        raise InputError(f"IMPASTO_CHECKPOINT_...: {error}") from error
    if not seconds >= 0 or (count is not None and count < 1):
        raise InputError("IMPASTO_CHECKPOINT_SECONDS must be 0 or more, and IMPASTO_CHECKPOINT_STEPS 1 or more")
    return Every(seconds, count)


def runs_root(given: str | None) -> Path:
    """The folder of the run folders: --runs, else $IMPASTO_RUNS, else "runs"."""
    return Path(given or os.environ.get("IMPASTO_RUNS") or "runs")


def threads(given: int | None) -> int | None:
    """The number of threads: --threads, else $IMPASTO_THREADS, else None for torch's own choice."""
    text = os.environ.get("IMPASTO_THREADS") if given is None else str(given)
    if not text:
        return None
    if not text.isdigit() or not 1 <= int(text) <= 1024:
        raise InputError(f"threads must be between 1 and 1024, got {text}")
    return int(text)
