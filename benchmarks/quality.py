"""Which settings make the best pictures: a sweep, judged by a network that no setting optimised.

    python benchmarks/quality.py textures FOLDER --variants best gram --size 256 --out sweep
    python benchmarks/quality.py styles PAIRS.json --variants best content-2 --size 384 --out sweep
    python benchmarks/quality.py styles PAIRS.json --method "style neighbours" --size 512 --out sweep

The judge is the VGG-16 stand-in of the `vgg` extra (trained for perceptual similarity): `judge` is the mean over
relu1_1 .. relu4_1 of the relative distance between means and covariances, picture against exemplar (or painting);
`alexnet` the same over relu1 .. relu5 of that extra's AlexNet;
`content` the relative distance of features at relu3_1 from the photo's; `patches` the sliced patch distance in
pixels (x 1000), with projections of another seed. Lower is better; look at the pictures too.

`table` prints the means of a scores.csv:

    python benchmarks/quality.py table sweep --out sweep
PAIRS.json is a list of [content, style] paths.
"""

from __future__ import annotations

import argparse
import json
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from alexnet import AlexNet
from rows import means, record
from variants import VARIANTS

from impasto.features import load_network
from impasto.images import fit_long_side, pictures_in, read, resize, write
from impasto.losses import (
    content_loss,
    draw_projections,
    moments,
    relative_moment_loss,
    sliced_patch_distance,
    sorted_responses,
)
from impasto.observers import Unobserved
from impasto.registry import method

JUDGE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("textures", "styles", "table"))
    parser.add_argument("source", type=Path)
    parser.add_argument("--method", help='another than "texture gram" or "style gatys", with the same inputs')
    parser.add_argument("--variants", nargs="+", default=["best"], help=f"of {', '.join(VARIANTS)}")
    parser.add_argument("--names", nargs="*", help="only the pictures with these stems")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--part", default="1/1", help="this process's share of the work, such as 1/2")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.kind == "table":
        print(means(arguments.source / "scores.csv", "variant"))
        return
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    judge = load_network("vgg16")
    cases = textures(arguments) if arguments.kind == "textures" else styles(arguments)
    named = arguments.method or {"textures": "texture gram", "styles": "style gatys"}[arguments.kind]
    jobs = [(variant, *case) for variant in arguments.variants for case in cases]
    mine, parts = (int(number) for number in arguments.part.split("/"))
    for variant, name, inputs, reference, content in jobs[mine - 1 :: parts]:
        made_by = method(named)(method(named).Config(**VARIANTS[variant]))
        label = f"{named}, {variant}" if arguments.method else variant
        started, at_work = time.perf_counter(), time.process_time()
        output = made_by.run(inputs, Unobserved()).output
        row = {
            "variant": label,
            "picture": name,
            "seconds": round(time.perf_counter() - started, 1),
            "processor": round(time.process_time() - at_work, 1),
        }
        row |= score(judge, output, reference, content)
        write(output, arguments.out / f"{name}-{label.replace(', ', '-').replace(' ', '-')}.png")
        record(arguments.out / "scores.csv", row)
        print(row, flush=True)


def textures(arguments: argparse.Namespace) -> list[tuple[str, dict[str, Any], torch.Tensor, None]]:
    found = []
    for path in pictures_in(arguments.source):
        if arguments.names and path.stem not in arguments.names:
            continue
        exemplar = read(path)
        exemplar = resize(
            exemplar, fit_long_side((exemplar.shape[2], exemplar.shape[1]), arguments.size), filter="lanczos"
        )
        found.append((path.stem, {"exemplar": [exemplar]}, exemplar, None))
    return found


def styles(arguments: argparse.Namespace) -> list[tuple[str, dict[str, Any], torch.Tensor, torch.Tensor]]:
    found = []
    for first, second in json.loads(arguments.source.read_text()):
        content, style = (read(arguments.source.parent / path) for path in (first, second))
        content = resize(content, fit_long_side((content.shape[2], content.shape[1]), arguments.size), filter="lanczos")
        scale = (content.shape[1] * content.shape[2] / (style.shape[1] * style.shape[2])) ** 0.5
        reference = resize(style, (round(style.shape[2] * scale), round(style.shape[1] * scale)))
        name = f"{Path(first).stem}-{Path(second).stem}"
        if not arguments.names or Path(first).stem in arguments.names:
            found.append((name, {"content": [content], "style": [style]}, reference, content))
    return found


@lru_cache(maxsize=1)
def _alexnet() -> AlexNet:
    return AlexNet()


@torch.no_grad()
def score(judge: Any, output: torch.Tensor, reference: torch.Tensor, content: torch.Tensor | None) -> dict[str, float]:
    ours, theirs = judge(output[None], JUDGE_LAYERS), judge(reference[None], JUDGE_LAYERS)
    style = sum(float(relative_moment_loss(moments(ours[name]), moments(theirs[name]))) for name in JUDGE_LAYERS)
    scores = {"judge": round(style / len(JUDGE_LAYERS), 4)}
    pairs = zip(_alexnet()(output[None]).values(), _alexnet()(reference[None]).values(), strict=True)
    found = [float(relative_moment_loss(moments(one), moments(two))) for one, two in pairs]
    scores["alexnet"] = round(sum(found) / len(found), 4)
    projections = draw_projections(torch.Generator().manual_seed(12345), 64, 7)
    target = sorted_responses(reference[None], projections, exact=True)
    scores["patches"] = round(1000 * float(sliced_patch_distance(output[None], target, projections, exact=True)), 3)
    if content is not None:
        scores["content"] = round(float(content_loss(ours["relu3_1"], judge(content[None], ["relu3_1"])["relu3_1"])), 4)
    return scores


if __name__ == "__main__":
    main()
