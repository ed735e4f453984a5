"""Where pictures go: `-o` as a file, a folder, a template or "-", and a name when there is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from impasto.cli.complaints import near
from impasto.errors import InputError
from impasto.runs.pieces import PIECE

STANDARD_OUTPUT = Path("-")


def destinations(
    output: str | None,
    stems: Sequence[str],
    *,
    method: str,
    seed: int,
    batch: bool,
    ending: str = ".png",
    apart: bool = False,
) -> list[Path]:
    """One place for the result of each input, by the stem of its name.

    Without `output` a name in the current folder that is not taken yet. Raises InputError for a template with
    unknown words, and for one file name for several pictures. `ending` is that of a name that is chosen here; with
    `apart` the pictures of one run get a folder, and its names have `{piece}` in them, which is filled later.
    """
    words = method.replace(" ", "-")
    if output == "-":
        if batch:
            raise InputError("-o -: only one picture fits on standard output; give a folder")
        return [STANDARD_OUTPUT]
    if apart and (output is None or output.endswith("/") or Path(output).is_dir() or not Path(output).suffix):
        folders = [Path("{stem}-{method}")] * len(stems) if output is None else [Path(output)]
        filled = [_filled(folder, stem, words, seed) for folder, stem in zip(folders, stems, strict=True)]
        return [folder / f"{PIECE}{ending}" for folder in _distinct(filled, free=output is None)]
    if output is None:
        return _distinct([_filled(Path("{stem}-{method}" + ending), stem, words, seed) for stem in stems], free=True)
    path = Path(output)
    if output.endswith("/") or path.is_dir() or (batch and not path.suffix and "{" not in output):
        path = path / ("{stem}-{method}" + ending)
    elif batch and "{stem}" not in output:
        raise InputError(f"-o {output}: one name for several pictures; give a folder, or a name with {{stem}} in it")
    return _distinct([_filled(path, stem, words, seed, apart=apart) for stem in stems], free=False)


def _filled(path: Path, stem: str, method: str, seed: int, *, apart: bool = False) -> Path:
    values = {"stem": stem, "method": method, "seed": str(seed)} | ({"piece": PIECE} if apart else {})

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            known = ", ".join(f"{{{name}}}" for name in values)
            raise InputError(f"-o {path}: unknown {match[0]}; there are {known}{near(match[1], values)}")
        return values[match[1]]

    return Path(re.sub(r"\{([^{}]*)\}", value, str(path)))


def _distinct(paths: Sequence[Path], *, free: bool) -> list[Path]:
    """Add -2, -3 ... to names that come twice, and with `free` to those of files that exist."""
    taken: set[Path] = set()
    found = []
    for path in paths:
        candidate, number = path, 2
        while candidate in taken or (free and candidate.exists()):
            candidate, number = path.with_name(f"{path.stem}-{number}{path.suffix}"), number + 1
        taken.add(candidate)
        found.append(candidate)
    return found
