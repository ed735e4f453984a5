"""Variations by patch distributions: our settings beside the paper's, and beside the paper's method done plainly.

    python benchmarks/sliced_patches.py --pictures coffee china --size 250 --seeds 2 --out sliced
    python benchmarks/sliced_patches.py --table sliced

`ours` are the defaults of `vary sliced-patches`, `free` the same from noise and without a layout, `paper` is its preset
(what the paper sets, with our gradient), `plain` the paper's loop as one would write it: 300 steps at each size, 64
fresh directions a step, everything sorted, automatic differentiation, Adam. Rows go to OUT/rows.csv as they are made:
seconds and processor seconds, and the patch distances of `impasto measure texture`. `--table` adds sets' diversity.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import torch
from rows import record

from impasto.images import fit_long_side, read, resize, write
from impasto.losses import draw_projections, sliced_patch_distance, sorted_responses
from impasto.metrics import pixel_diversity, seam_error, sliced_patch_wasserstein
from impasto.observers import Unobserved
from impasto.patch_distributions.levels import patch_levels
from impasto.samples.photos import sample
from impasto.single_image.sliced_patches import VarySlicedPatches, VarySlicedPatchesConfig

PAPER = VarySlicedPatchesConfig.presets["paper"]
SETTINGS = {"ours": {}, "free": {"variety": 1.0, "layout": 0.0}, "paper": PAPER}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", nargs="+", default=["coffee", "china"], help="samples, or paths")
    parser.add_argument("--settings", nargs="+", default=["ours", "free", "paper", "plain"])
    parser.add_argument("--size", type=int, default=250)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("sliced"))
    parser.add_argument("--table", type=Path, help="print the table of this folder, and make nothing")
    arguments = parser.parse_args()
    if arguments.table:
        print(table(arguments.table))
        return
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for setting in arguments.settings:
        for name in arguments.pictures:
            picture = read(name) if Path(name).exists() else sample(name)
            picture = resize(picture, fit_long_side((picture.shape[2], picture.shape[1]), arguments.size))
            stem = Path(name).stem
            write(picture, arguments.out / f"{stem}.png")
            for seed in range(arguments.seeds):
                started, processor = time.perf_counter(), time.process_time()
                made = plain(picture, seed) if setting == "plain" else vary(picture, seed, SETTINGS[setting])
                row = {
                    "setting": setting,
                    "picture": stem,
                    "seed": seed,
                    "seconds": round(time.perf_counter() - started, 1),
                    "processor": round(time.process_time() - processor, 1),
                }
                distances = sliced_patch_wasserstein(made, picture)
                row |= {f"patches 1/{2**level}": round(value, 5) for level, value in enumerate(distances)}
                write(made, arguments.out / f"{stem}-{setting}-{seed}.png")
                record(arguments.out / "rows.csv", row)
                print(row, f"seam {seam_error(made):.2f}", flush=True)


def vary(picture: torch.Tensor, seed: int, values: dict[str, object]) -> torch.Tensor:
    config = VarySlicedPatchesConfig(**values, seed=seed)
    return VarySlicedPatches(config).run({"image": [picture]}, Unobserved()).output


def plain(picture: torch.Tensor, seed: int) -> torch.Tensor:
    config = VarySlicedPatchesConfig(**PAPER, seed=seed)
    random = torch.Generator().manual_seed(seed)
    size = (picture.shape[2], picture.shape[1])
    made: torch.Tensor | None = None
    for level in patch_levels(config, [size], size, config.coarsest):
        exemplar = resize(picture[None], level.size)
        if made is None:
            grey = torch.randn(1, 1, level.size[1], level.size[0], generator=random)
            made = exemplar.mean((2, 3), keepdim=True) + config.noise * grey
        made = resize(made.detach(), level.size).clone().requires_grad_()
        adam = torch.optim.Adam([made], lr=config.learning_rate)
        for _ in range(config.steps):
            projections = draw_projections(random, config.projections, config.patch)
            reference = sorted_responses(exemplar, projections, exact=True)
            loss = sliced_patch_distance(made, reference, projections, form="absolute", exact=True)
            adam.zero_grad()
            loss.backward()
            adam.step()
    assert made is not None
    return made.detach()[0].clamp(0, 1)


def table(folder: Path) -> str:
    """A Markdown table: means over pictures and seeds, and the mean diversity of the sets of each picture."""
    with (folder / "rows.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = [column for column in rows[0] if column not in ("setting", "picture", "seed")]
    lines = [f"| setting | pictures | {' | '.join(columns)} | diversity |", "|" + "---|" * (len(columns) + 3)]
    for setting in dict.fromkeys(row["setting"] for row in rows):
        kept = [row for row in rows if row["setting"] == setting]
        means = [f"{sum(float(row[column]) for row in kept) / len(kept):.3g}" for column in columns]
        sets = {row["picture"]: sorted(folder.glob(f"{row['picture']}-{setting}-?.png")) for row in kept}
        found = [
            pixel_diversity([read(path) for path in paths], read(folder / f"{name}.png"))
            for name, paths in sets.items()
            if len(paths) > 1
        ]
        diversity = f"{sum(found) / len(found):.2f}" if found else ""
        lines.append(f"| {setting} | {len(kept)} | {' | '.join(means)} | {diversity} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
