"""Grey pictures give grey ones: the noise that a run begins with, and networks, would leave specks of colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from impasto.errors import Cancelled
from impasto.images import luminance
from impasto.inputs import Inputs
from impasto.methods import Method, Result
from impasto.model import Model
from impasto.observers import Checkpoint, Observer, Step
from impasto.video import Clip

LEAST = 1.01 / 255  # by which the channels of a coloured pixel differ: files of 8 bits may round greys by one


def run_in_grey(method: Method[Any], inputs: Inputs, observer: Observer) -> Result:
    """Run a method; its pictures are grey, previews too, if all are whose colours they could have."""
    given = [each for values in inputs.values() for each in values if isinstance(each, torch.Tensor)]
    if not method.grey or not _is_of_greys(method, inputs):
        return method.run(inputs, observer)
    try:
        return _grey_result(method.run(inputs, _InGrey(observer, given)), given)
    except Cancelled as stop:
        raise Cancelled(stop.result and _grey_result(stop.result, given)) from stop


def in_grey(picture: torch.Tensor, given: Sequence[torch.Tensor] = ()) -> torch.Tensor:
    """The luminance of a picture (3, H, W) in all channels.

    Pixels stay as they are, to the last bit, that are grey, or where a picture of its size that was `given` has them.
    """
    grey = torch.minimum(luminance(picture), picture.amax(-3, keepdim=True))
    grey = torch.maximum(grey, picture.amin(-3, keepdim=True)).expand_as(picture)
    for each in given:
        if each.shape == picture.shape:
            grey = torch.where((each.to(picture.device) == picture).all(-3, keepdim=True), picture, grey)
    return grey.contiguous()


def _is_of_greys(method: Method[Any], inputs: Inputs) -> bool:
    """Whether nothing that is given has colours for what is made. A model says if it was trained on none."""
    if method.makes == "table":
        return False
    if any(isinstance(each, Clip) for values in inputs.values() for each in values):
        return False  # each of its frames is looked at by itself
    without = {item.name for item in method.inputs if item.reading != "colours"}
    given = [each for name, values in inputs.items() if name not in without for each in values]
    pictures = [each for each in given if isinstance(each, torch.Tensor) and each.shape[0] == 3]
    models = [each for each in given if isinstance(each, Model)]
    if not pictures and not models:
        return False
    return all(model.config.get("grey") is True for model in models) and all(map(is_grey, pictures))


def is_grey(picture: torch.Tensor) -> bool:
    """Whether a picture (3, H, W) has no colours, but for what rounding to 8 bits may leave."""
    return all(bool((picture[0] - other).abs().max() < LEAST) for other in picture[1:])


def _grey_result(result: Result, given: Sequence[torch.Tensor]) -> Result:
    return replace(result, images={name: in_grey(picture, given) for name, picture in result.images.items()})


@dataclass(frozen=True)
class _InGrey:
    """Shows an observer the pictures of a run in grey. What a run goes on from stays as it is."""

    observer: Observer
    given: Sequence[torch.Tensor]

    def step(self, step: Step) -> None:
        pieces = {
            name: replace(piece, picture=in_grey(piece.picture, self.given)) for name, piece in step.pieces.items()
        }
        self.observer.step(replace(step, preview=lambda: in_grey(step.preview(), self.given), pieces=pieces))

    def checkpoint(self) -> Checkpoint | None:
        return self.observer.checkpoint()
