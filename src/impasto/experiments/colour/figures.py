"""What is drawn of the comparison: the document's figures, all ways side by side, and the distances as bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from impasto.experiments.colour.claims import way_of
from impasto.experiments.experiment import Row
from impasto.experiments.pictures import paired
from impasto.images import contact_sheet, fit_long_side, rgb_to_yiq, take_luminance, yiq_to_rgb
from impasto.tables import Chart, Figure, Sheet

ACROSS = 3  # pictures in a row
LONG = (128, 320)  # the long side of a picture's place in pixels, at least and at most
MID = 0.5  # the luminance at which chroma is shown


def chroma(picture: torch.Tensor) -> torch.Tensor:
    """I and Q of a picture (3, H, W) as colours of one lightness, (3, H, W) in [0, 1]."""
    planes = rgb_to_yiq(picture)
    planes[0] = MID
    return yiq_to_rgb(planes).clamp(0, 1)


def document(photo: torch.Tensor, rows: Sequence[Row]) -> list[Figure]:
    """The figures 4.10 to 4.15, as far as the runs for them were made: in one sheet, and each by itself."""
    shown = [
        ("4.10", "luminance (Y) of the photo", take_luminance(photo)),
        ("4.11", "its colour channels (I, Q)", chroma(photo)),
    ]
    results = {way_of(each): each.pictures["result"] for each in rows}
    if "luminance" in results:
        result = results["luminance"]
        shown.append(("4.12", "transfer in luminance", take_luminance(result)))
        shown.append(("4.13", "with the photo's colour channels", result))
    if "luminance-matched" in results:
        result = results["luminance-matched"]
        shown.append(("4.14", "transfer after luminance matching", take_luminance(result)))
        shown.append(("4.15", "with the photo's colour channels", result))
    pictures = [picture for *_, picture in shown]
    captions = [f"{number}  {what}" for number, what, _ in shown]
    caption = (
        "The document's figures 4.10 to 4.15 for this pair. The colour channels are shown at one lightness. In 4.14 "
        "the painting's luminance was first given the mean and standard deviation of the photo's."
    )
    sheet = Sheet("document", caption, contact_sheet(pictures, captions, ACROSS, cell=_cell(photo)))
    return [
        sheet,
        *(Sheet(f"figure-{number.replace('.', '-')}", "", picture, shown=False) for number, _, picture in shown),
    ]


def side_by_side(photo: torch.Tensor, painting: torch.Tensor, rows: Sequence[Row]) -> list[Figure]:
    """For each way the painting as the transfer saw it, and beneath it the result."""
    upper = [(painting, "painting"), *((each.pictures["recoloured"], str(way_of(each))) for each in rows)]
    lower = [(photo, "photo")]
    lower += [(each.pictures["result"], f"{way_of(each)}, {each.number('seconds'):.3g} s") for each in rows]
    caption = (
        "For each way the painting as the transfer saw it, and beneath it the result. Those of luminance saw grey "
        "pictures, and have the photo's colour channels."
    )
    picture = paired(upper, lower, across=ACROSS, cell=_cell(photo))
    written = [Sheet(f"result-{way_of(each)}", "", each.pictures["result"], shown=False) for each in rows]
    return [Sheet("ways", caption, picture), *written]


def distances(rows: Sequence[Row], before: Sequence[float]) -> Chart:
    """How far the colours are from the photo's, `before` the transfer and after it."""

    def draw(axes: Any) -> None:
        places = torch.arange(len(rows)).numpy()
        axes.barh(places - 0.2, before, 0.38, label="painting as the transfer saw it")
        axes.barh(places + 0.2, [each.number("histogram") for each in rows], 0.38, label="result")
        axes.set(yticks=places, xlabel="distance of the R, G and B histograms from the photo's")
        axes.set_yticklabels([way_of(each) for each in rows])
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.legend()

    caption = "How far, on average, values would have to move for the histograms of R, G and B to be the photo's."
    return Chart("distances", caption, draw, (8.0, 1.2 + 0.5 * len(rows)))


def _cell(photo: torch.Tensor) -> tuple[int, int]:
    """(width, height) of a picture's place: the photo's shape."""
    return fit_long_side((photo.shape[2], photo.shape[1]), min(max(LONG[0], *photo.shape[1:]), LONG[1]))
