"""Networks as ONNX files: equal in onnxruntime, of any size where that is promised, refused where they differ."""

from __future__ import annotations

import os
import sys
import types

import pytest
import torch

pytest.importorskip("onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")

from impasto.errors import InputError  # noqa: E402
from impasto.export import Exportable, exportable  # noqa: E402
from impasto.export.onnx import check, to_onnx, write_onnx  # noqa: E402
from impasto.images.sizes import parse_size  # noqa: E402
from impasto.kinds import KINDS, READY_MADE, ModelKind  # noqa: E402
from impasto.model import Model  # noqa: E402
from impasto.networks.decoders import smoothed  # noqa: E402
from impasto.runs.folder import RunFolder, RunRecord  # noqa: E402
from impasto.runs.model import save_model  # noqa: E402
from impasto.styles.decoding import exported_roots  # noqa: E402, F401 - makes the operator known
from impasto.styles.decoding.correspondence import cohere, nearest, vote  # noqa: E402
from impasto.styles.decoding.onnx_roots import onnx_roots  # noqa: E402
from impasto.styles.decoding.painting import Goal  # noqa: E402
from impasto.styles.decoding.transport import rows  # noqa: E402


class _Moved(torch.nn.Module):
    """The first picture with the colours of the second."""

    def forward(self, photo: torch.Tensor, painting: torch.Tensor) -> torch.Tensor:
        return Goal.of(painting, "").move(photo)


@pytest.fixture(scope="module")
def network() -> Exportable:
    random = torch.Generator().manual_seed(1)
    pictures = {name: torch.rand(1, 3, 16, 24, generator=random) for name in ("photo", "painting")}
    return Exportable(
        _Moved(), pictures, "picture", translations={torch.ops.impasto.matrix_square_roots.default: onnx_roots}
    )


@pytest.fixture(scope="module")
def data(network) -> bytes:
    return to_onnx(network)


def test_onnxruntime_gives_what_pytorch_gives(network, data):
    assert check(data, network, network.inputs) < 1e-4


def test_onnxruntime_is_asked_to_report_to_nobody(network, data, monkeypatch):
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    check(data, network, network.inputs)
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_the_root_is_found_in_onnxruntime_for_other_pictures_too(network, data):
    random = torch.Generator().manual_seed(2)
    others = {name: torch.rand(1, 3, 16, 24, generator=random) ** 3 for name in network.inputs}
    assert check(data, network, others) < 1e-4


def test_style_fast_is_the_same_in_onnxruntime_for_another_pair(capfd):
    network = exportable("fast", size=(64, 64))
    random = torch.Generator().manual_seed(3)
    others = {name: torch.rand(it.shape, generator=random) ** 2 for name, it in network.inputs.items()}
    data = to_onnx(network)
    capfd.readouterr()
    assert check(data, network, others) < 1e-3
    assert capfd.readouterr().err == ""  # onnxruntime warns of what a file should not have


def test_a_network_that_differs_is_refused_and_not_written(network, data, tmp_path, monkeypatch):
    monkeypatch.setattr("impasto.export.onnx.to_onnx", lambda _: data)
    brighter = Exportable(_Brighter(), network.inputs, "picture")
    with pytest.raises(InputError, match=r"^onnxruntime gives values 1\.0e-02 away from PyTorch's; the model is not"):
        write_onnx(brighter, tmp_path / "out.onnx")
    assert not list(tmp_path.iterdir())


class _Brighter(_Moved):
    def forward(self, photo: torch.Tensor, painting: torch.Tensor) -> torch.Tensor:
        return super().forward(photo, painting) + 0.01


def test_sides_may_be_of_any_size_where_that_is_promised():
    convolution = torch.nn.Conv2d(3, 3, 3, padding=1)
    network = Exportable(convolution, {"photo": torch.rand(1, 3, 8, 12)}, "picture", steps={"photo": {2: 4, 3: 1}})
    data = to_onnx(network)
    assert check(data, network, {"photo": torch.rand(1, 3, 20, 31)}) < 1e-5


class _Rebuilt(torch.nn.Module):
    """The first picture put together from the patches of the second: the part of `style fast` that counts places."""

    def forward(self, photo: torch.Tensor, painting: torch.Tensor) -> torch.Tensor:
        queries, keys = rows(photo), rows(painting)
        (height, width), keys_size = photo.shape[-2:], painting.shape[-2:]
        places = cohere(nearest(queries, keys, 0.5), queries, (height, width), keys, keys_size, 0.5)
        return vote(painting, places, height, width)


def test_patches_are_found_and_put_together_at_any_size():
    random = torch.Generator().manual_seed(4)
    shapes = {"photo": (8, 12), "painting": (16, 8)}
    pictures = {name: torch.rand(1, 3, *shape, generator=random) for name, shape in shapes.items()}
    network = Exportable(_Rebuilt(), pictures, "picture", steps={"photo": {2: 4, 3: 4}, "painting": {2: 4, 3: 4}})
    data = to_onnx(network)
    for height, width in ((8, 12), (20, 16), (12, 32)):
        others = {name: torch.rand(1, 3, height, width, generator=random) for name in pictures}
        assert check(data, network, others) < 1e-4


class _OfItsSize(torch.nn.Module):
    """What a graph takes for a number, and is none."""

    def forward(self, photo: torch.Tensor) -> torch.Tensor:
        return photo * (1 if torch.compiler.is_exporting() else photo.shape[-1] / 8)


def test_a_network_that_is_right_at_the_examples_size_only_is_refused(tmp_path):
    network = Exportable(_OfItsSize(), {"photo": torch.rand(1, 3, 8, 8)}, "picture", steps={"photo": {2: 4, 3: 4}})
    with pytest.raises(InputError, match=r"^onnxruntime gives values .* away from PyTorch's"):
        write_onnx(network, tmp_path / "out.onnx")
    assert not list(tmp_path.iterdir())


def test_the_smallest_of_one_size_can_be_mirrored():
    shapes = {tensor.shape[2:] for tensor in exportable("fast", size=(16, 20)).inputs.values()}
    assert shapes == {torch.Size([32, 32])}


class _Smoothed(torch.nn.Module):
    """Colours moved, and means of 2x2 neighbours."""

    def forward(self, photo: torch.Tensor, painting: torch.Tensor) -> torch.Tensor:
        return smoothed(Goal.of(painting, "").move(photo.contiguous(memory_format=torch.channels_last)))


def test_colours_are_moved_and_neighbours_averaged_at_any_size(network):
    steps = {name: {2: 4, 3: 4} for name in network.inputs}
    free = Exportable(_Smoothed(), network.inputs, "picture", steps=steps, translations=network.translations)
    data = to_onnx(free)
    for height, width in ((16, 24), (12, 20), (40, 8)):
        others = {name: torch.rand(1, 3, height, width) for name in free.inputs}
        assert check(data, free, others) < 1e-4


@pytest.mark.parametrize(("size", "step"), [("512x384", 32), ("1024x768", 64)])
def test_fast_of_any_size_is_in_steps_of_the_sizes_it_is_painted_at(size, step):
    network = exportable("fast", size=parse_size(size), any_size=True)
    assert network.steps == {name: {2: step, 3: step} for name in ("photo", "painting")}
    assert all(side % step == 0 for tensor in network.inputs.values() for side in tensor.shape[2:])


def test_what_has_no_exporter_is_refused():
    with pytest.raises(InputError, match=r"^a texture-cnn cannot be exported; what can: fast, style-network$"):
        exportable("texture-cnn")


def test_the_command_writes_a_model_and_says_its_inputs(network, tmp_path, monkeypatch, capsys):
    from impasto.cli.app import run

    monkeypatch.setitem(READY_MADE, "fast", "impasto_tests_export:made")
    module = types.ModuleType("impasto_tests_export")
    module.made = lambda size, any_size: network  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "impasto_tests_export", module)
    assert run(["export", "fast", "--onnx", str(tmp_path / "out.onnx")]) == 0
    said = capsys.readouterr().err
    assert "photo (1, 3, 16, 24); painting (1, 3, 16, 24); at most" in said
    session = onnxruntime.InferenceSession(tmp_path / "out.onnx", providers=["CPUExecutionProvider"])
    assert [it.name for it in session.get_inputs()] == ["photo", "painting"]


def test_the_latest_is_the_latest_training_whose_kind_can_be_written(network, data, tmp_path, monkeypatch):
    from impasto.cli.app import run

    for day, kind in enumerate(("style-network", "texture-network"), start=1):
        folder = tmp_path / "runs" / kind
        folder.mkdir(parents=True)
        record = {"method": f"train {kind}", "config": {}, "seed": 0, "device": "cpu", "threads": 1, "inputs": []}
        RunFolder(folder).write(RunRecord(**record, versions={}, created=f"2026-01-{day:02}T00:00:00+00:00"))
        save_model(folder, Model(kind, {}, {"a": torch.zeros(1)}, (8, 8)))
    exported = []
    module = types.ModuleType("impasto_tests_export")
    module.made = lambda model: exported.append(model.kind) or network  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "impasto_tests_export", module)
    monkeypatch.setitem(KINDS, "style-network", ModelKind("", exporter="impasto_tests_export:made"))
    monkeypatch.setattr("impasto.export.onnx.to_onnx", lambda _: data)
    assert run(["export", "latest", "--runs", str(tmp_path / "runs"), "--onnx", str(tmp_path / "out.onnx")]) == 0
    assert exported == ["style-network"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["fast", "--onnx", "out.pt"], "--onnx out.pt: the file's name must end in .onnx"),
        (["fast", "--onnx", "none/out.onnx"], "--onnx none/out.onnx: no such folder none"),
        (["fast", "--onnx", "folder.onnx"], "folder.onnx: is a folder: add a file name"),
        (
            ["fast", "--onnx", "out.onnx", "--size", "32768x32768"],
            "a result of 32768x32768 is 1074 megapixels, over the limit of 64; give a smaller --size",
        ),
        (
            ["latest", "--onnx", "out.onnx", "--size", "64x64"],
            "--size 64x64: a trained network says itself which sizes it takes; leave --size out",
        ),
        (
            ["fsat", "--onnx", "out.onnx"],
            "fsat: no such run; runs: holds no runs; say where they are with --runs DIR; did you mean fast?",
        ),
        (
            ["latest", "--onnx", "out.onnx", "--any-size"],
            "--any-size: a trained network says itself which sizes it takes; leave --any-size out",
        ),
    ],
)
def test_a_bad_target_or_size_is_refused_at_once(words, line, tmp_path, monkeypatch, capsys):
    from impasto.cli.app import run

    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.onnx").mkdir()
    assert run(["export", *words]) == 2
    assert capsys.readouterr().err.strip() == f"impasto: {line}"
