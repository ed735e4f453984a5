"""What can be chosen of `data dedup`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from impasto.methods import MethodConfig


class DuplicatesConfig(MethodConfig):
    """Parameters of `data dedup`."""

    steps: int = Field(1000, ge=1, le=1_000_000, description="steps of the autoencoder's training")
    batch: int = Field(128, ge=1, le=65_536, description="pictures a step")
    rate: float = Field(1e-3, gt=0, le=1, description="learning rate of Adam")
    noise: float = Field(2.0, ge=0, le=100, description="deviation of the noise, in deviations of a picture's values")
    dropout: float = Field(0.2, ge=0, lt=1, description="share of the code that is left out in training")
    width: int = Field(128, ge=8, le=1024, description="values of the code, which are its bits")
    apart: int = Field(16, ge=0, le=256, description="bits in which codes may differ; 0: equal codes only")
    tables: int = Field(24, ge=1, le=1000, description="groupings by some of the bits, to find codes that differ")
    alike: float = Field(
        0.94, ge=0, le=1, description="least correlation of detail of what is one; 0: codes alone decide"
    )
    mirrored: bool = Field(True, description="whether a picture and its mirror image are one")
    cluster: str = Field(
        "",
        max_length=200,
        exclude=True,
        description="address of a dask scheduler, or local:N processes here, to share the work (default: none)",
    )
    copies: bool = Field(False, description="also copy the pictures that stay, to where -o NEW/ says, or into the run")

    main: ClassVar[str] = "apart alike mirrored copies cluster"
