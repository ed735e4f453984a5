"""`data faces`: the faces in photos, cut out square and upright, as a set to train on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import torch
from pydantic import Field

from impasto.data.crops import Photo
from impasto.errors import InputError
from impasto.images import resize
from impasto.input_sets import given_data
from impasto.inputs import Input, Inputs, Sizes, given_file
from impasto.methods import Forecast, Method, Result
from impasto.observers import Loop, Observer, Piece
from impasto.preparation.detectors import Array, Cascades, Face, YuNet
from impasto.preparation.folder import FolderConfig, Rows, ahead, names_of, unread
from impasto.preparation.sheet import SHOWN, sheet
from impasto.tables import Column, Table

SECONDS_PER_PIXEL = 1.2e-6  # of a photo, on one core
PER_PIXEL = 24  # bytes of memory
BYTES_PER_PIXEL = 2  # of a face, as PNG
LINES = 40  # photos that are told one by one

PHOTOS = (
    Column("photo", "its file"),
    Column("width", "pixels"),
    Column("height", "pixels"),
    Column("faces", "that were cut out"),
    Column("note", "why it could not be read"),
)
FACES = (
    Column("picture", "the face's file, without the ending"),
    Column("photo", "the file that it is from"),
    Column("x", "middle of the face, pixels", ".0f"),
    Column("y", "middle of the face, pixels", ".0f"),
    Column("side", "of the face, without margin, pixels", ".0f"),
    Column("turned", "degrees by which it was turned upright", ".1f"),
)


class Detector(Protocol):
    """What finds faces."""

    def find(self, pixels: Array, smallest: int) -> list[Face]:
        """The faces of pixels (H, W, 3), uint8, with at least so many pixels a side, largest first."""


class FacesConfig(FolderConfig):
    """Parameters of `data faces`."""

    main = "size smallest margin upright detector"

    size: int = Field(128, ge=16, le=1024, description="side of the squares in pixels; smaller faces are enlarged")
    smallest: int = Field(32, ge=20, le=4096, description="side of the smallest face that is taken, in pixels")
    margin: float = Field(0.25, ge=0, le=2, description="what is added on each side, as a share of the face's side")
    upright: bool = Field(True, description="turn faces by their eyes, where two are found")
    turned: bool = Field(False, description="look for profiles as well, in twice the time")
    face: int = Field(0, ge=0, le=1000, description="take only the face of this number of each photo, by size; 0: all")


@dataclass(frozen=True)
class _Photo:
    size: tuple[int, int]
    faces: list[tuple[int, Face, torch.Tensor]]
    note: str = ""


class CutFaces(Method[FacesConfig]):
    """Cut the faces out of photos: squares of one size, upright, with a table of where each was."""

    name = "data faces"
    inputs = (
        Input("photos", "a folder or an archive of photos, or one photo", kind="data", accepts=("picture",)),
        Input(
            "detector", "YuNet as an ONNX file, in place of OpenCV's cascades", "file", flag="detector", optional=True
        ),
    )
    Config = FacesConfig
    makes = "pictures"
    apart = True

    def run(self, inputs: Inputs, observer: Observer) -> Result:
        """Find the faces of one photo after the other, and give them away."""
        self.check(inputs)
        data = given_data(inputs, "photos")
        assert data is not None
        files, detector = self.config.chosen(data), self._detector(inputs)
        names, photos, faces = names_of(files), Rows(), Rows()
        shown = torch.zeros(SHOWN, 3, self.config.size, self.config.size)
        loop = Loop(observer, total=len(files), keep={"photos": photos, "faces": faces, "shown": shown})
        coming = None
        for index in loop:
            coming = coming or ahead(lambda file: self._cut(file, detector), files, index)
            photo = next(coming)
            pieces = {}
            for number, face, picture in photo.faces:
                if len(faces) < SHOWN:
                    shown[len(faces)] = picture
                name = f"{names[index]}-{number}"
                faces.append(_row(name, files[index].name, face, upright=self.config.upright))
                alone = {"first": self.config.first + index, "count": 1, "face": number}
                pieces[str(len(faces))] = Piece(picture, alone, name)
            photos.append(_photo_row(files[index].name, photo))
            loop.report({}, lambda: sheet(map(Piece, shown[: len(faces)])), pieces=pieces)
        images = {"output": sheet(map(Piece, shown[: len(faces)]))} if faces else {}
        few, counts = len(photos) <= LINES, {"photos": len(photos), "faces": len(faces)}
        tables = [
            Table("photos", "What was found in each photo.", PHOTOS, photos, shown=few),
            Table("faces", "Where each face was.", FACES, faces, shown=False),
        ]
        tables += [] if few else [Table("counts", "", [Column(name) for name in counts], [counts])]
        return Result(images, counts | unread(photos), tables=tables)

    def check(self, inputs: Inputs) -> None:
        """Raise InputError for a detector that is none, and for a first photo beyond the last."""
        self._detector(inputs)
        data = given_data(inputs, "photos")
        if data is not None:
            self.config.chosen(data)

    def forecast(self, sizes: Sizes) -> Forecast:
        """Each pixel is looked at, for all sizes of a face; of what is found, a face for each photo is foreseen."""
        threads, config = torch.get_num_threads(), self.config
        looked = SECONDS_PER_PIXEL * (2 if config.turned else 1) / threads
        held = PER_PIXEL * (2 * threads + 1)  # of the photos that are read ahead
        cost = config.cost(sizes["photos"], seconds=looked, memory=lambda pixels: held * pixels, disk=0)
        return replace(cost, disk=BYTES_PER_PIXEL * config.size**2 * len(config.used(sizes["photos"])))

    def _detector(self, inputs: Inputs) -> Detector:
        file = given_file(inputs, "detector")
        return Cascades(turned=self.config.turned) if file is None else YuNet(file)

    def _cut(self, file: Photo, detector: Detector) -> _Photo:
        """The faces of a photo, numbered by their size."""
        try:
            photo = file.pixels()
        except InputError as error:
            return _Photo((0, 0), [], str(error))
        pixels = (photo * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
        found = enumerate(detector.find(pixels, self.config.smallest), 1)
        wanted = [(number, face) for number, face in found if self.config.face in (0, number)]
        size = photo.shape[2], photo.shape[1]
        return _Photo(size, [(number, face, self._square(pixels, face)) for number, face in wanted])

    def _square(self, pixels: Array, face: Face) -> torch.Tensor:
        """A face with its margin, upright, (3, size, size) in [0, 1]; beyond the photo its border goes on."""
        import cv2

        side = max(1, round(face.side * (1 + 2 * self.config.margin)))
        angle = math.radians(face.angle or 0.0) if self.config.upright else 0.0
        cosine, sine = math.cos(angle), math.sin(angle)
        half = (side - 1) / 2
        x, y = face.x - 0.5, face.y - 0.5
        place = np.array(
            [[cosine, -sine, x - half * (cosine - sine)], [sine, cosine, y - half * (sine + cosine)]], np.float64
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cut = cv2.warpAffine(pixels, place, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        picture = torch.from_numpy(cut).permute(2, 0, 1).contiguous().float() / 255
        return resize(picture, (self.config.size, self.config.size)).clamp(0, 1)


def _row(name: str, photo: str, face: Face, *, upright: bool) -> dict[str, Any]:
    turned = face.angle if upright and face.angle is not None else 0.0
    place = {"x": round(face.x, 1), "y": round(face.y, 1), "side": round(face.side, 1)}
    return {"picture": name, "photo": photo, **place, "turned": round(turned, 2)}


def _photo_row(name: str, photo: _Photo) -> dict[str, Any]:
    width, height = photo.size
    return {"photo": name, "width": width, "height": height, "faces": len(photo.faces), "note": photo.note}
