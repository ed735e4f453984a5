"""How the weights of a network are drawn before it has learned anything."""

from __future__ import annotations

import torch
from torch import nn

from impasto.networks.shape import InitialName

SPREAD = 0.02  # of Radford, Metz & Chintala 2016

LINEAR = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)


def draw_weights(network: nn.Module, random: torch.Generator, kind: InitialName = "normal") -> None:
    """Draw the weights of all convolutions and dense layers, in their order; biases are 0.

    kind: "normal", N(0, .02), and then the scales of batch norm are N(1, .02) too, as in the DCGAN's own code; "glorot"
        (2010), uniform, which Keras does unasked; "he" (2015), normal.

    To be called before the layout in memory is changed: numbers are drawn in the order in which they lie there.
    """
    for module in network.modules():
        if isinstance(module, LINEAR):
            if kind == "normal":
                nn.init.normal_(module.weight, 0.0, SPREAD, generator=random)
            elif kind == "glorot":
                nn.init.xavier_uniform_(module.weight, generator=random)
            else:
                nn.init.kaiming_normal_(module.weight, a=0.2, nonlinearity="leaky_relu", generator=random)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d) and module.affine:
            if kind == "normal":
                nn.init.normal_(module.weight, 1.0, SPREAD, generator=random)
            else:
                nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
