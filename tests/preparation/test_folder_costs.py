"""What work on a set of photos will cost is known from their number and from the sizes of some."""

from __future__ import annotations

import errno
from pathlib import Path

import torch

from impasto.data.crops import SetSizes
from impasto.data.open import open_data
from impasto.images import write
from impasto.preparation.edges import EdgesConfig, FindEdges
from impasto.preparation.faces import CutFaces, FacesConfig
from impasto.preparation.folder import FIXED_MEMORY, SECONDS, SECONDS_PER_PIXEL, FolderConfig
from impasto.runs.execute import perform
from impasto.runs.job import prepare


def photos(folder, sizes):
    for number, (width, height) in enumerate(sizes):
        write(torch.rand(3, height, width), folder / f"{number}.png")
    return folder


def test_sizes_of_a_set_are_looked_at_one_by_one(tmp_path):
    photos(tmp_path, [(10, 20), (30, 12), (14, 16)])
    (tmp_path / "3.png").write_bytes(b"no picture")
    sizes = SetSizes(open_data(tmp_path))
    assert list(sizes) == [(10, 20), (30, 12), (14, 16), (0, 0)]
    assert sizes[1:4:2] == [(30, 12), (0, 0)]
    assert sizes[-1] == (0, 0)


def test_a_photo_that_may_not_be_read_is_told_of_and_the_others_are_drawn(tmp_path, monkeypatch):
    photos(tmp_path / "photos", [(20, 20)] * 3)

    def refuse(path, *mode):
        if str(path).endswith("1.png"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return Path(path).open(*mode)

    monkeypatch.setattr("impasto.data.stores.tree.open", refuse, raising=False)
    outcome = perform(prepare(FindEdges(EdgesConfig(detector="xdog")), {"photos": [str(tmp_path / "photos")]}))
    (table,) = outcome.tables
    assert [row["note"] for row in table.rows] == ["", "1.png: Permission denied", ""]


def test_the_cost_is_that_of_the_pictures_that_are_used():
    sizes = [(100, 10)] * 4 + [(200, 10)] * 2 + [(0, 0)] * 2
    found = FolderConfig().cost(sizes, seconds=1.0, memory=lambda pixels: 2 * pixels, disk=3.0)
    mean = (4 * 1000 + 2 * 2000) / 6
    assert found.seconds == 8 * SECONDS + 8 * mean * (1 + SECONDS_PER_PIXEL)
    assert found.memory == FIXED_MEMORY + 2 * 2000
    assert found.disk == round(3 * 8 * mean)
    part = FolderConfig(first=2, count=3).cost(sizes, seconds=1.0, memory=lambda pixels: 0, disk=3.0)
    assert part.disk == 3 * 3 * 1000
    assert FolderConfig().cost([(0, 0)], seconds=1.0, memory=lambda pixels: 0, disk=1.0).disk == 0


def test_more_photos_larger_ones_and_more_work_cost_more(tmp_path):
    few, more = photos(tmp_path / "few", [(40, 40)]), photos(tmp_path / "more", [(80, 60)] * 3)
    for kind, config, harder in (
        (FindEdges, EdgesConfig(detector="canny"), EdgesConfig(pairs=True)),
        (CutFaces, FacesConfig(size=32), FacesConfig(turned=True)),
    ):
        cheap, dear, dearest = (
            prepare(kind(chosen), {"photos": [str(folder)]}).forecast
            for chosen, folder in ((config, few), (config, more), (harder, more))
        )
        assert cheap.seconds < dear.seconds < dearest.seconds
        assert cheap.disk < dear.disk < dearest.disk
        assert FIXED_MEMORY < cheap.memory < dear.memory
