"""One way to keep the photo's colours: its numbers, its pictures, its losses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

from impasto.experiments.experiment import Row
from impasto.images import take_luminance
from impasto.metrics import chroma_distance, color_histogram_distance, color_moment_distances, edge_agreement
from impasto.styles.recolor import KeepColorName, in_luminance, recolored


@dataclass(frozen=True)
class Way(Row):
    """What came of one value of keep_color.

    Its pictures are "photo" and "painting" as they were given, "recoloured" (the painting as the transfer saw it) and
    "result", each (3, H, W) in [0, 1].
    """

    before: Mapping[str, object] = field(default_factory=dict)  # the numbers of the painting as the transfer saw it
    losses: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> KeepColorName:
        """The value of keep_color."""
        found: KeepColorName = self.values["keep_color"]  # type: ignore[assignment]
        return found

    def number(self, column: str) -> float:
        """A number of the table; NaN where there is none."""
        value = self.values.get(column)
        return float(value) if isinstance(value, (int, float)) else float("nan")


def ways(rows: Sequence[Row]) -> list[Way]:
    """The rows as what they are."""
    return [row for row in rows if isinstance(row, Way)]


def way(
    name: KeepColorName,
    photo: torch.Tensor,
    painting: torch.Tensor,
    result: torch.Tensor,
    *,
    seconds: float,
    losses: Mapping[str, float],
) -> Way:
    """Measure a result, and the painting as the transfer saw it, against the photo; all (3, H, W) in [0, 1]."""
    seen = recolored(photo[None], [painting[None]], name)[1][0][0]
    values = {
        "keep_color": name,
        **_distances(result, photo),
        "chroma": chroma_distance(result, photo),
        "edges": edge_agreement(result),
        "numbers": (1 if in_luminance(name) else 3) * photo[0].numel(),
        "loss": losses.get("loss"),
        "seconds": seconds,
    }
    pictures = {"photo": photo, "painting": painting, "recoloured": seen, "result": result}
    before = {"keep_color": name, **_distances(seen, photo), "edges": edge_agreement(seen)}
    return Way(values, pictures, before, dict(losses))


def _distances(picture: torch.Tensor, photo: torch.Tensor) -> dict[str, float]:
    mean, covariance = color_moment_distances(picture, photo)
    return {
        "mean": mean,
        "covariance": covariance,
        "histogram": color_histogram_distance(picture, photo),
        "luminance": color_histogram_distance(take_luminance(picture), take_luminance(photo)),
    }
