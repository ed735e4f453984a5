"""A tiny run of every method, of about a second or less, and of the ways in which some can be run besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from impasto.images import write
from impasto.registry import METHODS
from impasto.runs.configure import Layer, configure
from impasto.runs.enter import enter
from impasto.runs.execute import carry_on
from impasto.runs.job import Job, prepare
from impasto.samples.drawings import drawing
from impasto.samples.photos import sample
from impasto.video import write_clip


@dataclass(frozen=True)
class Case:
    """A method's inputs, by name the `THINGS` that it is given, and its config.

    name: the method's, and behind a colon the way in which it is run, if that is not the usual one.
    clip: whether the picture that may be a clip is one.
    """

    name: str
    inputs: Mapping[str, Sequence[str]]
    config: Mapping[str, Any] = field(default_factory=dict)
    clip: bool = False

    @property
    def method(self) -> str:
        return self.name.partition(":")[0]

    @property
    def makes(self) -> str:
        return "clip" if self.clip else METHODS[self.method].load().makes

    def given(self, place: Place) -> dict[str, list[str]]:
        """The paths of the inputs by name."""
        return {name: [str(place.path(thing)) for thing in things] for name, things in self.inputs.items()}

    def job(self, place: Place) -> Job:
        """The run, ready to start."""
        method = METHODS[self.method].load()
        config = configure(method.Config, Layer(self.config))
        return prepare(method(config), self.given(place), clip=self.clip)

    def words(self, place: Place) -> list[str]:
        """The command's words, without `impasto`."""
        items, given = METHODS[self.method].load().inputs, self.given(place)
        words = [*self.method.split(), *(path for item in items if not item.flag for path in given.get(item.name, ()))]
        for flag in dict.fromkeys(item.flag for item in items if item.flag and item.name in given):
            each = [given[item.name] for item in items if item.flag == flag]
            words += [f"--{flag.replace('_', '-')}", *("=".join(paths) for paths in zip(*each, strict=True))]
        for name, value in self.config.items():
            if any(item.flag == name and item.name in given for item in items):
                continue  # the path says it
            flag = name.strip("_").replace("_", "-")
            if isinstance(value, bool):
                words.append(f"--{flag}" if value else f"--no-{flag}")
            else:
                words += [f"--{flag}", ",".join(map(str, value)) if isinstance(value, tuple) else str(value)]
        return words


class Place:
    """A folder with the things that cases are given; each is made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, thing: str) -> Path:
        """Where a thing is: a picture, a clip, a folder of pictures, or a training run."""
        path = self.folder / thing
        if not path.exists():
            if thing in TRAINED:
                carry_on(enter(case(TRAINED[thing]).job(self), self.folder, place=path))
            elif thing in ("photos", "classes"):
                for number, name in enumerate(("weave", "mosaic")):
                    place = path / name if thing == "classes" else path
                    place.mkdir(parents=True, exist_ok=True)
                    write(self.drawn(drawing(name, 64, seed=number)), place / f"{name}.png")
            elif thing == "portraits":
                path.mkdir(parents=True)
                for number in (1, 2):
                    face = sample("astronaut")[:, : 240 + 20 * number, 100:340].contiguous()
                    write(self.drawn(face), path / f"{number}.png")
            elif path.suffix == ".gif":
                frames = [self.drawn(frame) for frame in _frames()]
                write_clip(frames, [0.1] * len(frames), path)
            else:
                write(self.drawn(PICTURES[thing]()), path)
        return path

    def drawn(self, picture: torch.Tensor) -> torch.Tensor:
        """A picture as it is written."""
        return picture


def _cut(name: str, width: int, height: int) -> Callable[[], torch.Tensor]:
    return lambda: drawing(name, 2 * max(width, height, 16))[:, :height, :width].contiguous()


def _split(width: int, height: int) -> torch.Tensor:
    """White on the left, black on the right."""
    picture = torch.zeros(3, height, width)
    picture[..., : width // 2] = 1
    return picture


def _hole(width: int, height: int) -> torch.Tensor:
    picture = torch.zeros(3, height, width)
    picture[:, 8:14, 10:18] = 1
    return picture


def _frames() -> list[torch.Tensor]:
    """Three frames of a picture that moves."""
    wide = drawing("mosaic", 64)
    return [wide[:, :24, 2 * number : 32 + 2 * number].contiguous() for number in range(3)]


PICTURES: dict[str, Callable[[], torch.Tensor]] = {
    "weave.png": _cut("weave", 40, 32),
    "pebbles.png": _cut("pebbles", 32, 32),
    "mosaic.png": _cut("mosaic", 36, 28),
    "photo.png": _cut("mosaic", 40, 32),
    "glass.png": _cut("stained_glass", 32, 36),
    "waves.png": _cut("weave", 32, 32),
    "square.png": lambda: drawing("pebbles", 64),
    "drawn.png": lambda: drawing("mosaic", 48),
    "split.png": lambda: _split(40, 32),
    "split-of-pebbles.png": lambda: _split(32, 32),
    "hole.png": lambda: _hole(40, 32),
    "lines.png": lambda: 1 - _hole(40, 32),
    "corner.png": lambda: _hole(40, 32).roll((-8, -10), (1, 2)),
}
TRAINED = {"drawn-singan": "train singan: sketch"} | {
    name: f"train {name}" for name in ("texture-network", "style-network", "dcgan", "singan", "consingan")
}
"""Training runs by the names of their folders: those of these cases."""

OPTIMISED = {
    "network_weights": "random",
    "layers": ("stem", "e1"),
    "iterations": (3, 2),
    "scales": 2,
    "coarsest": 16,
    "enlarge": 1.0,
    "projections": 4,
}
PAINTED = OPTIMISED | {"content_layers": ("e1",)}
PAIR = {"content": ["photo.png"], "style": ["glass.png"]}
PATCHES = {"votes": 2, "rounds": 1}
SLICED = {"steps": 4, "projections": 8, "projection_sets": 3}
TRAINING = {"steps": 2, "side": 64, "widths": (4, 6, 8), "network_weights": "random", "layers": ("stem",)}
DCGAN = {"side": 28, "width": 2, "latent_size": 4, "batch": 2, "pictures": 6, "samples": 4, "initial": "he"}
DCGAN |= {"measure_every": 0, "average": 4.0}
LEARNED = {"more_steps": 0, "steps": 3, "width": 4, "samples": 2}
SINGAN = LEARNED | {"coarsest": 16, "scale_factor": 0.45, "widest": 4, "pool": 2, "learning_rate": 0.05}
CONSINGAN = LEARNED | {"coarsest": 14, "stages": 3, "together": 2, "learning_rate": 0.01}
SINGAN_SWEEP = {"size": 32, "seeds": 1, "steps": 2, "samples": 2, "width": 4}
PHOTO_AND_PAINTING = {"picture": ["photo.png", "glass.png"]}
SWEEP = {"size": 32, "steps": 1, "judge": "efficientnet-lite0"}
VARIANTS = SWEEP | {"network": "efficientnet-lite0", "network_weights": "random"}

CASES = [
    Case("texture gram", {"exemplar": ["pebbles.png"]}, OPTIMISED),
    Case("texture gram: average", {"exemplar": ["pebbles.png"]}, OPTIMISED | {"average": 0.5, "tile": True}),
    Case("texture histogram", {"exemplar": ["pebbles.png"]}, OPTIMISED),
    Case("texture sliced-features", {"exemplar": ["pebbles.png"]}, OPTIMISED | {"directions": 8}),
    Case("style gatys", PAIR, PAINTED),
    Case("style gatys: lbfgs", PAIR, PAINTED | {"optimizer": "lbfgs", "keep_color": "luminance"}),
    Case(
        "style gatys: start",
        {**PAIR, "style": ["glass.png", "waves.png"], "init": ["waves.png"]},
        PAINTED | {"init": "picture", "mix": "scales"},
    ),
    Case("style gatys: region", {**PAIR, "region_mask": ["split.png"], "region_style": ["waves.png"]}, PAINTED),
    Case(
        "style gatys: clip",
        {**PAIR, "content": ["walk.gif"]},
        PAINTED | {"scales": 1, "frame_iterations": 2},
        clip=True,
    ),
    Case("style neighbours", PAIR, PAINTED | {"keys": 256, "positions": 256}),
    Case("style histogram", PAIR, PAINTED | {"tile": True}),
    Case("style sliced-features", PAIR, PAINTED | {"directions": 8}),
    Case("style fast", PAIR, {"coarsest": 64}),
    Case("style fast: clip", {**PAIR, "content": ["walk.gif"]}, {"coarsest": 64}, clip=True),
    Case("style strength", {"content": ["photo.png"], "result": ["weave.png"]}),
    Case("reconstruct style", {"image": ["pebbles.png"]}, OPTIMISED),
    Case("reconstruct content", {"image": ["pebbles.png"]}, {k: v for k, v in OPTIMISED.items() if k != "projections"}),
    Case("texture patches", {"exemplar": ["pebbles.png"]}, PATCHES),
    Case("texture patches: two", {"exemplar": ["pebbles.png", "weave.png"]}, PATCHES | {"tile": True}),
    Case("vary patches", {"image": ["weave.png"], "mix": ["pebbles.png", "mosaic.png"]}, PATCHES),
    Case("vary patches: mask", {"image": ["weave.png"], "mask": ["hole.png"]}, PATCHES),
    Case("style patches", PAIR, PATCHES),
    Case(
        "style patches: guide",
        {
            "content": ["photo.png"],
            "style": ["pebbles.png"],
            "guide": ["split.png"],
            "exemplar_guide": ["split-of-pebbles.png"],
        },
        PATCHES,
    ),
    Case("texture quilt", {"exemplar": ["pebbles.png"]}, {"size": "40x32", "block": 12}),
    Case("texture quilt: guide", {"exemplar": ["pebbles.png"], "guide": ["photo.png"]}, {"block": 12, "passes": 2}),
    Case("texture kwatra", {"exemplar": ["pebbles.png"]}, {"levels": 2, "patches": (8,), "steps": (2,)}),
    Case(
        "texture kwatra: random",
        {"exemplar": ["pebbles.png"]},
        {"start": "random", "levels": 2, "patches": (8,), "steps": (2,)},
    ),
    Case("texture pyramid", {"exemplar": ["pebbles.png"]}, {"steps": 2, "levels": 2}),
    Case("texture sliced-patches", {"exemplar": ["pebbles.png"]}, SLICED),
    Case("vary sliced-patches", {"image": ["weave.png"]}, SLICED),
    Case("vary sliced-patches: mask", {"image": ["weave.png"], "mask": ["hole.png"]}, SLICED),
    Case("style sliced-patches", PAIR, SLICED),
    Case("style sliced-patches: clip", {**PAIR, "content": ["walk.gif"]}, SLICED, clip=True),
    Case("train texture-network", {"exemplar": ["square.png"]}, TRAINING),
    Case(
        "train style-network",
        {"style": ["square.png"], "photos": ["photos"]},
        TRAINING | {"style_size": 64, "blocks": 1, "content_layers": ("d0",), "patch_weight": 0.0},
    ),
    Case(
        "train dcgan",
        {"data": ["classes"]},
        DCGAN | {"classes": True, "sheet_every": 4, "measure_every": 4, "measure_pictures": 2},
    ),
    Case(
        "train dcgan: two streams",
        {"data": ["photos"]},
        DCGAN | {"architecture": "two-streams", "updates": "together", "penalty": "real"},
    ),
    Case("train singan", {"image": ["weave.png"]}, SINGAN),
    Case("train singan: mask", {"image": ["weave.png"], "mask": ["corner.png"]}, SINGAN),
    Case(
        "train singan: paper",
        {"image": ["weave.png"]},
        SINGAN
        | {"pool": 0, "penalty_every": 1, "critic_steps": 2, "generator_steps": 2, "widest": 8, "borders": "noise"},
    ),
    Case(
        "train singan: sketch",
        {"image": ["weave.png"], "sketch": ["lines.png"]},
        SINGAN | {"sketch_scales": 1, "texture": 1.0},
    ),
    Case("train consingan", {"image": ["weave.png"]}, CONSINGAN),
    Case("train consingan: mask", {"image": ["weave.png"], "mask": ["corner.png"]}, CONSINGAN | {"batch_norm": True}),
    Case("style network", {"run": ["style-network"], "content": ["photo.png"]}),
    Case("style network: clip", {"run": ["style-network"], "content": ["walk.gif"]}, clip=True),
    Case("data faces", {"photos": ["portraits"]}, {"count": 2, "size": 32, "smallest": 40}),
    Case("data edges", {"photos": ["photos"]}, {"count": 2, "pairs": True}),
    Case("data drawn", {}, {"count": 40, "size": 16}),
    Case("sample", {"run": ["texture-network"]}, {"size": "40x32", "count": 3}),
    Case("sample: dcgan", {"run": ["dcgan"]}, {"count": 2, "class_": "mosaic", "truncation": 0.8}),
    Case("sample: grid", {"run": ["dcgan"]}, {"count": 3, "grid": True}),
    Case("sample: start scale", {"run": ["singan"]}, {"count": 2, "size": "60x20", "start_scale": 1}),
    Case("sample: consingan", {"run": ["consingan"]}, {"count": 2, "size": "60x20", "start_scale": 1}),
    Case("sample: scales", {"run": ["singan"]}, {"count": 1, "scales": True}),
    Case("paint", {"run": ["singan"], "picture": ["photo.png"]}, {"colors": 4, "start_scale": 1}),
    Case("sketch", {"run": ["drawn-singan"], "picture": ["lines.png"]}),
    Case("edit", {"run": ["singan"], "picture": ["photo.png"], "mask": ["hole.png"]}),
    Case("harmonize", {"run": ["singan"], "picture": ["photo.png"]}, {"scales": True}),
    Case("animate", {"run": ["singan"]}, {"frames": 3}),
    Case("upscale", {"run": ["singan"], "picture": ["weave.png"]}, {"size": "60x48"}),
    Case("data show", {"data": ["photos"]}, {"samples": 2, "classes": False}),
    Case("measure features", {"image": ["photo.png"]}),
    Case("measure positions", {"picture": ["mosaic.png"], "exemplar": ["pebbles.png"]}),
    Case("measure texture", {"picture": ["mosaic.png", "weave.png"], "exemplar": ["pebbles.png"]}, {"scales": 1}),
    Case("measure single", {"picture": ["weave.png", "photo.png"], "image": ["pebbles.png"]}),
    Case("measure flicker", {"video": ["walk.gif"]}),
    Case(
        "measure sets",
        {"made": ["photos"], "real": ["photos"]},
        {"side": 32, "neighbours": 1, "density_neighbours": 1, "resamples": 2},
    ),
    Case("data dedup", {"data": ["photos"]}, {"steps": 3, "batch": 2}),
    Case("experiment autograd", {}, {"sizes": (5, 16), "repeats": 2}),
    Case("experiment colour", PHOTO_AND_PAINTING, {"method": "fast", "size": 64, "keep_color": ("off", "pca")}),
    Case("experiment singan-residual", {"picture": ["weave.png"]}, SINGAN_SWEEP),
    Case("experiment singan-reconstruction", {"picture": ["weave.png"]}, SINGAN_SWEEP | {"weights": (0.0, 10.0)}),
    Case("experiment singan-texture-loss", {"picture": ["weave.png"]}, SINGAN_SWEEP | {"shares": (0.0, 1.0)}),
    Case("experiment singan-sketch", {"picture": ["weave.png"]}, SINGAN_SWEEP | {"scales": 1}),
    Case("experiment singan-scales", {"picture": ["weave.png"]}, SINGAN_SWEEP | {"factors": (0.4, 0.6)}),
    Case("experiment singan-sizes", {"picture": ["weave.png"]}, SINGAN_SWEEP),
    Case("experiment singan-variation", {"picture": ["weave.png"]}, SINGAN_SWEEP),
    Case("experiment singan-losses", {"picture": ["weave.png"]}, SINGAN_SWEEP),
    Case(
        "experiment single-image-methods",
        {"picture": ["weave.png"]},
        {"size": 32, "steps": 2, "samples": 2, "width": 4, "methods": ("fast", "sliced-patches")},
    ),
    Case(
        "experiment gan-hyperparameters",
        {"data": ["photos"]},
        {"steps": 2, "points": 1, "seeds": 1, "only": ("beta1",), "width": 2}
        | {"batch": 2, "measure_pictures": 2, "samples": 2},
    ),
    Case(
        "experiment histogram-loss",
        {"exemplar": ["square.png"]},
        {"sizes": (64,), "iterations": 3, "scales": 1, "measure_every": 2, "network_weights": "random"},
    ),
    Case(
        "experiment style-layers",
        PHOTO_AND_PAINTING,
        VARIANTS | {"content_layers": ("stem",), "layers": ("stem", "e1", "d0"), "more": ("e2",)},
    ),
    Case("experiment style-networks", PHOTO_AND_PAINTING, {**SWEEP, "networks": ("efficientnet-lite0",)}),
    Case("experiment style-optimizers", PHOTO_AND_PAINTING, VARIANTS | {"steps": 2, "optimizers": ("adam", "sgd:0.3")}),
    Case("experiment style-reconstruction", PHOTO_AND_PAINTING, VARIANTS | {"layers": ("stem",)}),
    Case(
        "experiment texture-methods",
        {"exemplar": ["square.png"]},
        {"methods": ("quilt", "pyramid"), "size": 64, "effort": 0.01, "network_weights": "random"},
    ),
    Case(
        "experiment texture-scales",
        {"exemplar": ["square.png"]},
        {"scales": (1, 2), "size": 64, "steps": 2, "network_weights": "random"},
    ),
]


def case(name: str) -> Case:
    """The case of that name."""
    return next(it for it in CASES if it.name == name)
