"""What `impasto measure positions` and `impasto measure texture` do: read, check, measure, write."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from impasto.cli.speech import say
from impasto.errors import InputError
from impasto.images import check_target, contact_sheet, encode, read, write
from impasto.metrics import (
    PositionMap,
    autocorrelation_distance,
    color_histogram_distance,
    color_positions,
    nearest_patch_distances,
    pixel_diversity,
    position_key,
    position_map,
    seam_error,
    sliced_patch_wasserstein,
)
from impasto.metrics.position_colors import PositionColors
from impasto.runs.limits import available_memory, gigabytes

PAIRS = 1 << 33  # of patches that are compared if `every` is left open: about half a minute on one core
LARGEST_PATCH, MOST_SCALES = 63, 10


def measure_positions(
    output: str,
    exemplar: str,
    *,
    to: str | None,
    only_map: bool,
    colors: PositionColors,
    patch: int,
    every: int,
    json: bool,
) -> tuple[list[str], dict[str, Any]]:
    """The columns and the row of the table; writes the map if `to` names a file or is `-`."""
    _check("patch", patch, 1, LARGEST_PATCH)
    _check("every", every, 0, 1024)
    if only_map and to is None:
        raise InputError("--only-map: there is nothing to write; give -o a file")
    if json and to == "-":
        raise InputError("--json and -o - both want standard output; give -o a file")
    if to is not None and to != "-":
        check_target(to)
    made, source = (_read(name, patch) for name in (output, exemplar))
    found = position_map(made, source, patch=patch, every=every or _every(made, source))
    if to is not None:
        colored = color_positions(found, (made.shape[1], made.shape[2]), colors=colors)
        picture = colored if only_map else _sheet(made, source, colored, colors)
        if to == "-":
            sys.stdout.buffer.write(encode(picture, "png"))
        else:
            write(picture, to)
    row: dict[str, Any] = {
        "copied in runs": round(found.copied_share, 6),
        "mean run": round(found.mean_run_length, 4),
        "longest run": found.longest_run,
        "coverage": round(found.coverage, 6),
        "distance": round(found.distance, 6),
    }
    columns = list(row)
    return columns, {"picture": output, "exemplar": exemplar, **row, **_how(found), "map": to if to != "-" else None}


def measure_textures(
    pictures: Sequence[str], *, patch: int, scales: int
) -> tuple[list[str], list[dict[str, Any]], float | None]:
    """The columns, a row for each picture but the last, which is the exemplar, and the diversity of two or more."""
    if len(pictures) < 2:
        raise InputError("measure texture: give one or more pictures, and last the exemplar")
    _check("patch", patch, 1, LARGEST_PATCH)
    _check("scales", scales, 1, MOST_SCALES)
    exemplar = _read(pictures[-1], patch)
    rows, made = [], []
    for name in pictures[:-1]:
        picture = _read(name, patch)
        row: dict[str, Any] = {"picture": name if name == "-" else Path(name).name}
        distances = sliced_patch_wasserstein(picture, exemplar, patch=patch, scales=scales)
        row |= {f"patches 1/{2**level}" if level else "patches": value for level, value in enumerate(distances)}
        row["coherence"], row["completeness"] = nearest_patch_distances(picture, exemplar, patch=patch)
        row["autocorrelation"] = autocorrelation_distance(picture, exemplar)
        row["colors"] = color_histogram_distance(picture, exemplar)
        row["seam"] = seam_error(picture)
        rows.append({key: round(value, 6) if isinstance(value, float) else value for key, value in row.items()})
        made.append(picture)
    sizes = list(dict.fromkeys(f"{picture.shape[2]}x{picture.shape[1]}" for picture in made))
    if len(sizes) > 1:
        say(f"diversity: left out, it needs pictures of one size; these are {', '.join(sizes)} pixels")
    diversity = round(pixel_diversity(made, exemplar), 6) if len(made) > 1 and len(sizes) == 1 else None
    columns = list(dict.fromkeys(key for row in sorted(rows, key=len, reverse=True) for key in row))
    return columns, rows, diversity


def _read(name: str, patch: int) -> torch.Tensor:
    picture = read(name)
    height, width = picture.shape[1:]
    called = "standard input" if name == "-" else name
    if min(height, width) < patch:
        raise InputError(
            f"{called}: {width}x{height} pixels are less than a patch of {patch}; "
            "take a larger one, or a smaller --patch"
        )
    needed = 3 * 4 * 3 * patch**2 * height * width  # the patches themselves, and what the search does with them
    free = available_memory()
    if free is not None and needed > free:
        raise InputError(
            f"{called}: measuring {width}x{height} pixels needs about {gigabytes(needed)} of memory, "
            f"{gigabytes(free)} are free; reduce it first, or take a smaller --patch"
        )
    return picture


def _every(output: torch.Tensor, exemplar: torch.Tensor) -> int:
    pairs = output[0].numel() * exemplar[0].numel()
    return max(1, round(math.sqrt(pairs / PAIRS)))


def _sheet(output: torch.Tensor, exemplar: torch.Tensor, colored: torch.Tensor, colors: PositionColors) -> torch.Tensor:
    key = position_key((exemplar.shape[1], exemplar.shape[2]), colors=colors)
    captions = ["exemplar", "colours of its places", "picture", "where its patches come from"]
    return contact_sheet([exemplar, key, output, colored], captions, columns=2)


def _how(found: PositionMap) -> dict[str, Any]:
    rows = found.starts[:, 0, 0]
    every = int(rows[1] - rows[0]) if len(rows) > 1 else 1
    return {"patch": found.patch, "every": every, "patches": found.places.shape[0] * found.places.shape[1]}


def _check(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InputError(f"{name} must be between {least} and {most}, got {value}")
