"""`data edges`: the edges of photos as drawings, alone or joined to their photos for training."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from pydantic import Field

from impasto.devices import pick_device
from impasto.edges.canny import canny
from impasto.edges.gradient import Array
from impasto.edges.lines import lines_of, without_crumbs
from impasto.edges.soft import soft_edges
from impasto.edges.xdog import xdog
from impasto.errors import InputError
from impasto.features import load_network
from impasto.features.tiles import LARGE
from impasto.images import luminance
from impasto.input_sets import given_data
from impasto.inputs import Input, Inputs, Sizes
from impasto.methods import Forecast, Method, Result
from impasto.observers import Loop, Observer, Piece
from impasto.preparation.folder import FolderConfig, Rows, names_of, unread
from impasto.preparation.sheet import sheet
from impasto.tables import Column, Table

PICTURES = (
    Column("picture", "the file that was made, without the ending"),
    Column("photo", "the file that it is from"),
    Column("width", "pixels"),
    Column("height", "pixels"),
    Column("ink", "share of the drawing that is dark", ".3f"),
    Column("note", "why it could not be read"),
)
SECONDS_PER_PIXEL = {"soft": 3e-6, "canny": 3e-7, "xdog": 5e-8}  # on one core
PER_PIXEL, FEATURES = 90, 900  # bytes of memory, and of a network's features besides
DRAWING, PHOTO = 0.2, 2  # bytes of a pixel of a drawing, and of the photo beside it, as PNG

KEPT = 16  # small drawings for the picture that stands for all
SMALL = 128


class EdgesConfig(FolderConfig):
    """Parameters of `data edges`."""

    main = "detector pairs"

    detector: Literal["soft", "canny", "xdog"] = Field(
        "soft", description="by a network's features, by colours, by a pen"
    )
    pairs: bool = Field(False, description="join each photo (left) and its edges (right) to one picture")
    threshold: float = Field(25, ge=0, le=255, description="soft: edges that are fainter, of 255, are none")
    thin: bool = Field(True, description="soft: lines one pixel wide; else all shades")
    smallest: int = Field(5, ge=1, le=10_000, description="soft, canny: pixels of the smallest piece of a line")
    sigma: float = Field(0, ge=0, le=50, description="canny, xdog: blur before, in pixels; 0: canny 2.5, xdog 1")
    low: float = Field(0.03, ge=0, le=1, description="canny: change of colour per pixel down to which a line goes on")
    high: float = Field(0.08, ge=0, le=1, description="canny: change of colour per pixel where a line begins")
    sharpness: float = Field(20, ge=0, le=200, description="xdog: how much of the difference of blurs is added")
    level: float = Field(0.7, ge=0, le=2, description="xdog: light above which the paper stays white")
    slope: float = Field(10, ge=0.1, le=1000, description="xdog: how fast it gets black below")


class FindEdges(Method[EdgesConfig]):
    """Draw the edges of photos, dark on white."""

    name = "data edges"
    inputs = (Input("photos", "a folder or an archive of photos, or one photo", kind="data", accepts=("picture",)),)
    Config = EdgesConfig
    makes = "pictures"
    apart = True

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Draw one photo after the other, and give it away."""
        self.check(inputs)
        config, data = self.config, given_data(inputs, "photos")
        assert data is not None
        files = config.chosen(data)
        names, rows, shown = names_of(files), Rows(), torch.ones(KEPT, 3, SMALL, SMALL)
        network = load_network().to(pick_device(config.device)) if config.detector == "soft" else None
        drawn = torch.ones(3, 8, 8)
        loop = Loop(observer, total=len(files), keep={"rows": rows, "shown": shown})
        for index in loop:
            row: dict[str, Any] = {"picture": names[index], "photo": files[index].name, "note": ""}
            pieces = {}
            try:
                photo = files[index].pixels()
            except InputError as error:
                row |= {"width": 0, "height": 0, "ink": 0.0, "note": str(error)}
            else:
                edges = self._edges(photo, network)
                drawn = torch.cat([photo, edges], 2) if config.pairs else edges
                row |= {"width": photo.shape[2], "height": photo.shape[1], "ink": round(1 - float(edges.mean()), 6)}
                alone = {"first": config.first + index, "count": 1}
                done = sum(not each["note"] for each in rows)
                pieces[str(done + 1)] = Piece(drawn, alone, names[index])
                if done < KEPT:
                    shown[done] = _small(drawn)
            rows.append(row)
            loop.report({}, lambda: drawn, pieces=pieces)  # noqa: B023 - within this step
        done = sum(not each["note"] for each in rows)
        images = {"output": drawn if len(rows) == 1 else sheet(map(Piece, shown[:done]))} if done else {}
        table = Table("pictures", "What was drawn of each photo.", PICTURES, rows, shown=len(rows) <= 40)
        return Result(images, {"pictures": done} | unread(rows), tables=[table])

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for thresholds that cross, and for a first photo beyond the last."""
        config, data = self.config, given_data(inputs, "photos")
        if config.low > config.high:
            raise InputError(f"low must be at most high ({config.high:g}), got {config.low:g}")
        if data is not None:
            config.chosen(data)

    def forecast(self, sizes: Sizes) -> Forecast:
        """A network sees each pixel, or filters do; a drawing takes few bytes, a photo beside it more."""
        config = self.config
        seconds = SECONDS_PER_PIXEL[config.detector]
        if config.detector == "soft":
            seconds /= torch.get_num_threads()
        seen = FEATURES if config.detector == "soft" else 0
        return config.cost(
            sizes["photos"],
            seconds=seconds,
            memory=lambda pixels: seen * min(pixels, LARGE) + PER_PIXEL * pixels,
            disk=DRAWING + PHOTO * config.pairs,
        )

    def _edges(self, photo: torch.Tensor, network: Any) -> torch.Tensor:
        """The drawing (3, H, W) of a photo (3, H, W): 0 where there is ink, 1 where there is none."""
        config = self.config
        if config.detector == "xdog":
            light = luminance(photo)[0].numpy()
            given = {"sharpness": config.sharpness, "level": config.level, "slope": config.slope}
            return _drawing(xdog(light, sigma=config.sigma or 1.0, **given))
        if config.detector == "canny":
            pixels = np.ascontiguousarray(photo.permute(1, 2, 0).numpy())
            lines = canny(pixels, sigma=config.sigma or 2.5, low=config.low, high=config.high)
            return _drawing(1 - without_crumbs(lines, config.smallest))
        soft = soft_edges(network, photo)
        if not config.thin:
            return _drawing(1 - soft)
        return _drawing(1 - lines_of(soft, threshold=config.threshold / 255, smallest=config.smallest))


def _drawing(light: Array) -> torch.Tensor:
    """A picture (3, H, W) of how light a drawing (H, W) is."""
    return torch.from_numpy(np.asarray(light, np.float32)).clamp(0, 1).expand(3, -1, -1).contiguous()


def _small(picture: torch.Tensor) -> torch.Tensor:
    """A picture on a white square of `SMALL` pixels."""
    from impasto.images import fit_long_side, resize

    width, height = fit_long_side((picture.shape[2], picture.shape[1]), SMALL)
    square = torch.ones(3, SMALL, SMALL)
    top, left = (SMALL - height) // 2, (SMALL - width) // 2
    square[:, top : top + height, left : left + width] = resize(picture, (width, height)).clamp(0, 1)
    return square
