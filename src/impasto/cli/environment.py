"""What the environment says of runs: where they are kept, how often they are saved, how many threads."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from impasto.errors import InputError
from impasto.runs.configure import shown
from impasto.runs.every import Every

N = TypeVar("N", int, float)
MOST_THREADS = max(64, 4 * (os.cpu_count() or 1))
"""More only wait for one another; of a thousand the system may have no room, and OpenMP then ends the process."""


def every(environment: Mapping[str, str] | None = None) -> Every:
    """How often checkpoints are written: $IMPASTO_CHECKPOINT_SECONDS or $IMPASTO_CHECKPOINT_STEPS."""
    environment = os.environ if environment is None else environment
    seconds = _number(environment, "IMPASTO_CHECKPOINT_SECONDS", float, 0, "a number of at least 0")
    steps = _number(environment, "IMPASTO_CHECKPOINT_STEPS", int, 1, "a whole number of at least 1")
    return Every(steps=steps) if seconds is None else Every(seconds, steps)


def runs_root(given: str | None) -> Path:
    """The folder of the run folders: --runs, else $IMPASTO_RUNS, else "runs"."""
    return Path(given or os.environ.get("IMPASTO_RUNS") or "runs")


def threads(given: int | None) -> int | None:
    """The number of threads: --threads, else $IMPASTO_THREADS, else None for torch's own choice."""
    name = "IMPASTO_THREADS" if given is None else "threads"
    words = os.environ if given is None else {name: str(given)}
    return _number(words, name, int, 1, f"between 1 and {MOST_THREADS}", most=MOST_THREADS)


def _number(
    words: Mapping[str, str], name: str, kind: type[N], least: float, must: str, most: float = math.inf
) -> N | None:
    """The number that a variable holds; None if it is not set, or empty. Raises InputError, which names it."""
    word = words.get(name, "")
    if not word:
        return None
    try:
        number = kind(word)
    except ValueError:
        number = kind(least - 1)
    if not least <= number <= most:
        raise InputError(f"{name} must be {must}, got {shown(word)}")
    return number
