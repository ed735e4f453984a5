"""Two processes that train together are as one with the same batch; stopped, they go on as two or as one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch

from impasto.errors import InputError
from impasto.gan.dcgan import TrainDCGAN
from impasto.runs.configure import Layer, configure
from impasto.runs.enter import enter
from impasto.runs.every import Every
from impasto.runs.execute import carry_on, perform
from impasto.runs.folder import RunFolder
from impasto.runs.job import Job, prepare
from impasto.runs.losses import read_losses
from impasto.runs.model import from_bytes, model_file
from impasto.runs.workers import USAGE, main
from observers import StopAt

# Batch norm in G and D, dropout, penalties on slopes through batch norm, labels, and updates of both.
SETTINGS = {"side": 28, "width": 2, "latent_size": 4, "batch": 4, "pictures": 24, "samples": 4, "measure_every": 0}
SETTINGS |= {"classes": True, "penalty": "real", "penalty_weight": 1.0, "dropout": 0.3, "average": 8.0, "initial": "he"}
SETTINGS["precision"] = "fp32"  # bf16, which some processors are quick in, rounds each part of a batch by itself


def job(place, **values: object) -> Job:
    config = configure(TrainDCGAN.Config, Layer(SETTINGS | values))
    return prepare(TrainDCGAN(config), {"data": [str(place.path("classes"))]}, threads=1)


def found(run: Path) -> tuple[dict[str, list[float]], dict[str, torch.Tensor]]:
    model = from_bytes(model_file(run).read_bytes(), "model")
    return read_losses(run / "losses.csv"), dict(model.tensors)


def same(first: Path, second: Path) -> None:
    (losses, weights), (others, tensors) = found(first), found(second)
    assert losses.keys() == others.keys()
    for name, values in losses.items():
        assert values == pytest.approx(others[name], rel=1e-3, abs=1e-4), name
    for name, tensor in weights.items():
        assert torch.allclose(tensor.float(), tensors[name].float(), atol=1e-4), name


def test_two_processes_are_as_one_and_go_on_as_two_or_one(place, tmp_path):
    carry_on(enter(job(place), tmp_path, place=tmp_path / "one"))
    run = enter(job(place, processes=2), tmp_path, place=tmp_path / "two")
    carry_on(run, observers=[StopAt(2)], every=Every(steps=1))
    with pytest.raises(KeyboardInterrupt):
        carry_on(run, observers=[StopAt(2, KeyboardInterrupt)], every=Every(steps=1))
    carry_on(RunFolder(run.path), processes=1)
    same(tmp_path / "one", tmp_path / "two")


def test_what_several_processes_cannot_share_is_said(place):
    with pytest.raises(InputError, match="batch must be a multiple of processes, got 4 for 3"):
        job(place, processes=3)
    with pytest.raises(InputError, match="halves: a batch of both kinds is one process's"):
        job(place, processes=2, halves=True, architecture="report", penalty="none")
    with pytest.raises(InputError, match="they share a run's folder"):
        perform(job(place, processes=2))


@pytest.mark.parametrize("ours", [True, False])
def test_under_torchrun_no_process_begins_what_the_first_refuses(ours, place, tmp_path, monkeypatch):
    """The environment is what torchrun gives each of them; a run is somebody else's where its seal has another key."""
    folder = enter(job(place, pictures=4), tmp_path, place=tmp_path / "run")
    if not ours:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "elsewhere"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    command = [sys.executable, "-m", "impasto.runs.workers", str(folder.path)]
    with subprocess.Popen(command, env=os.environ | words | {"RANK": "1"}, stderr=subprocess.PIPE, text=True) as other:
        for name, value in {**words, "RANK": "0"}.items():
            monkeypatch.setenv(name, value)
        try:
            with nullcontext() if ours else pytest.raises(InputError, match="classes, which is not read unasked"):
                main([str(folder.path)])
            assert other.wait(60) == (0 if ours else USAGE)
        finally:
            torch.distributed.destroy_process_group()
            other.kill()
        assert "Traceback" not in other.stderr.read()
    assert folder.read().state == ("done" if ours else "queued")
