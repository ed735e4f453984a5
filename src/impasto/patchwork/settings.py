"""What can be chosen in all methods that put pictures together from patches, or guide them by maps."""

from __future__ import annotations

from pydantic import Field

from impasto.methods import MethodConfig
from impasto.patches import Engine


class GuidedConfig(MethodConfig):
    """What is chosen of guide maps, which say what is to be where."""

    guide_weight: float = Field(1.0, ge=0, le=1000, description="how much the maps count beside the colours")


class PatchworkConfig(GuidedConfig):
    """Parameters that the `patches` methods have in common; the paper is Granot et al. 2022 (GPNN)."""

    size: str = Field(
        "", description="WIDTHxHEIGHT, long side, or 200% (default: the exemplar's, at most --exemplar-size)"
    )
    exemplar_size: int = Field(1024, ge=16, le=8192, description="long side that larger exemplars are reduced to")
    alpha: float = Field(
        0.005, ge=0, le=1e9, description="small: all of the input is seen again; 0: no care for that (paper: .005)"
    )
    evenness: float = Field(
        0.0, ge=0, le=100, description="how much patches are shunned that are used more often than others"
    )
    patch: int = Field(7, ge=3, le=31, description="side of a patch in pixels")
    ratio: float = Field(1.333, ge=1.05, le=4, description="how much larger each level is than the one before")
    votes: int = Field(10, ge=1, le=200, description="rounds of search and vote at each level, fewer at large ones")
    rounds: int = Field(
        2, ge=1, le=50, description="sweeps of PatchMatch in each search, up to 4 times as many at small levels"
    )
    engine: Engine = Field("auto", description="how nearest patches are found; exact is slow, and for small pictures")
