"""Sketch to picture: lines become a picture like the one that a model learned, with the lines of it (experiment 4)."""

from __future__ import annotations

import torch

from impasto.errors import InputError
from impasto.generators.redraw import RUN, Plan, Redraw, RedrawConfig, RedrawSampler
from impasto.inputs import Input, Inputs, given_model
from impasto.model import Model


class SketchConfig(RedrawConfig):
    """Parameters of `sketch`."""


class Sketch(Redraw[SketchConfig]):
    """Turn a sketch into a picture like the one that the model of `train singan --sketch` learned.

    The run is named by its folder, by its name or a part of it, or is `latest`, the training that was begun last.
    """

    name = "sketch"
    inputs = (RUN, Input("picture", "the sketch: lines like those that the model learned"))
    Config = SketchConfig

    def start(self, model: Model | None) -> int:
        """The first scale that learned the picture itself, if no other is asked for."""
        learned = None if model is None else model.config.get("sketch")
        return 0 if self.config.scales else self.config.start_scale or (learned if isinstance(learned, int) else 0)

    def check(self, inputs: Inputs) -> None:
        """Refuse models that have learned no sketch, or nothing else yet."""
        super().check(inputs)
        config = given_model(inputs, "run").config
        if "sketch" not in config:
            raise InputError("the model has learned no sketch: train one with impasto train singan --sketch")
        if config["sketch"] >= len(config["sizes"]):
            raise InputError("the model has learned nothing but the sketch yet: go on with impasto runs resume")

    def plan(self, picture: torch.Tensor, inputs: Inputs, sampler: RedrawSampler) -> Plan:  # noqa: ARG002 - as others
        """All of it, as it is."""
        return Plan(picture)
