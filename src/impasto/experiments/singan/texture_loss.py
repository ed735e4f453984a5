"""A texture loss beside the critic of a single picture (the fifth document, experiment 3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from impasto.experiments.claims import MARGIN, Claim
from impasto.experiments.singan.sweep import Found, SinGANSweep
from impasto.experiments.singan.trainings import SinGANExperimentConfig, Variant
from impasto.features import load_network

Share = Annotated[float, Field(ge=0, le=1e6)]

NONE = "R 0"


class SinGANTextureLossConfig(SinGANExperimentConfig):
    """Parameters of `experiment singan-texture-loss`."""

    of_document = 500
    shares: tuple[Share, ...] = Field(
        (0.0, 0.01, 0.1, 1.0, 10.0),
        min_length=2,
        max_length=12,
        description="weights R of the texture loss; 1: at first as large as that of giving back the picture",
    )
    networks: tuple[Literal["efficientnet-lite0", "vgg16"], ...] = Field(
        ("efficientnet-lite0",), min_length=1, max_length=2, description="networks whose Gram matrices are compared"
    )

    main = "size seeds steps samples shares networks full seed device"


class SinGANTextureLoss(SinGANSweep[SinGANTextureLossConfig]):
    """Train a generator of one picture with more and less of a texture loss."""

    name = "experiment singan-texture-loss"
    title = "What a texture loss adds to a critic"
    question = (
        "The critic judges patches; Gram matrices of a network's features say whether textures are the picture's. Does "
        "such a loss, R times as large at first as that of giving back the picture, make better samples?"
    )
    Config = SinGANTextureLossConfig
    says = (
        Claim(
            5,
            "a texture loss does not improve the samples",
            (NONE,),
            lambda found: found.told("distance", ".4f"),
            lambda found: all(
                found.mean(NONE, "distance") < MARGIN * found.mean(label, "distance") for label in found.rows
            ),
        ),
        Claim(
            5,
            "samples get worse when it dominates",
            (NONE,),
            lambda found: found.told("distance", ".4f"),
            lambda found: all(
                found.mean(label, "distance") > found.mean(NONE, "distance") for label in _largest(found)
            ),
        ),
    )

    def variants(self) -> Sequence[Variant]:
        """Without, and with each weight of each network."""
        found = [Variant(NONE, {})] if 0.0 in self.config.shares else []
        for network in self.config.networks:
            load_network(network)  # or it says here what is missing
            for share in sorted(set(self.config.shares) - {0.0}):
                label = f"R {share:g}, {network}"
                found.append(Variant(label, {"texture": share, "texture_network": network}))
        return found


def _largest(found: Found) -> list[str]:
    """The variants of the largest weight."""
    shares = {label: float(label.split()[1].rstrip(",")) for label in found.rows}
    return [label for label, share in shares.items() if share == max(shares.values())]
