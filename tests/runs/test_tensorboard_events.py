"""TensorBoard's own reader finds what losses.csv and measures.csv have, each step once, also of a killed run."""

from __future__ import annotations

import errno
import io
import os
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from impasto.cli.app import run
from impasto.errors import DiskFullError
from impasto.observers import Step
from impasto.runs import events
from impasto.runs.enter import enter
from impasto.runs.events import Events
from impasto.runs.every import Every
from impasto.runs.execute import carry_on
from impasto.runs.losses import read_losses
from observers import StopAt
from tiny import case


@pytest.fixture
def training(place, tmp_path):
    """A run that was entered with events, measured at every second step: three steps."""
    return enter(case("train dcgan").job(place), tmp_path, place=tmp_path / "run", events=True)


def read(folder):
    """What TensorBoard's reader makes of a folder."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(folder), {"scalars": 0, "images": 0})
    return found.Reload()


def points(found, tag):
    return [(point.step, point.value) for point in found.Scalars(tag)]


def test_a_killed_run_has_each_point_once(training):
    with pytest.raises(KeyboardInterrupt):
        carry_on(training, observers=[StopAt(2, KeyboardInterrupt)], every=Every(steps=1))
    (written,) = training.events.iterdir()
    os.truncate(written, written.stat().st_size - 3)  # the last record is cut short
    shutil.rmtree(training.checkpoints)  # both steps are done again
    carry_on(training)
    found = read(training.events)
    for table in (training.losses, training.measures):
        columns = read_losses(table)
        steps = columns.pop("step")
        for name, values in columns.items():
            expected = [(int(step), np.float32(value)) for step, value in zip(steps, values) if value == value]
            assert points(found, name) == expected, name
    last = found.Images("sheet")[-1]
    sheet = Image.open(training.sheets / f"{2 * last.step:010d}.png")
    assert np.array_equal(np.array(Image.open(io.BytesIO(last.encoded_image_string))), np.array(sheet))


def test_the_command_keeps_them_on_request(monkeypatch, plaster, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["texture", "drift", "plaster.png", "--steps", "2", "-q"]
    assert run([*words, "--out", "plain"]) == 0
    assert not (tmp_path / "plain" / "events").exists()
    assert run([*words, "--out", "run", "--tensorboard"]) == 0
    assert [step for step, _ in points(read(tmp_path / "run" / "events"), "loss")] == [1, 2, 3, 4]
    assert run([*words, "--tensorboard", "--no-record"]) == 2
    assert "events are kept in the run's folder; add --record" in capsys.readouterr().err


def test_the_package_that_is_missing_is_named(monkeypatch, plaster, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(events, "find_spec", lambda name: None)
    assert run(["texture", "drift", "plaster.png", "--tensorboard"]) == 2
    assert "pip install 'impasto[tensorboard]'; or leave --tensorboard out" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["plaster.png"]


def test_a_full_disk_is_one_line(tmp_path, monkeypatch):
    table = Events(tmp_path / "events")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(table._records, "write", full)
    with pytest.raises(DiskFullError, match=r"tfevents.*free at least 1 MB there"):
        table.append(Step(1, 2, {"loss": 1.0}, lambda: torch.zeros(3, 2, 2)))
