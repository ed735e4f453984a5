"""Models on disk: the same bytes for the same numbers, and one line for whatever is none."""

from __future__ import annotations

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save, save_file

from impasto.errors import InputError
from impasto.model import Model
from impasto.runs.folder import RunFolder
from impasto.runs.model import find_trained, from_bytes, model_file, model_of, save_model, to_bytes
from impasto.runs.recipe import RunRecord

MODEL = Model("line", {"widths": [2, 3]}, {"b": torch.arange(6.0).view(2, 3), "a": torch.tensor(7)}, (64, 48))


@settings(max_examples=25, deadline=None)
@given(
    shapes=st.lists(st.lists(st.integers(0, 3), max_size=3), max_size=4),
    config=st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=5), st.none()), max_size=3),
    size=st.tuples(st.integers(1, 9999), st.integers(1, 9999)),
)
def test_a_model_comes_back_as_it_was(shapes, config, size):
    tensors = {f"t{number}": torch.rand(shape) for number, shape in enumerate(shapes)}
    back = from_bytes(to_bytes(Model("line", config, tensors, size)), "here")
    assert (back.kind, back.config, back.size) == ("line", config, size)
    assert back.tensors.keys() == tensors.keys()
    assert all(torch.equal(back.tensors[name], value) for name, value in tensors.items())


def test_the_same_model_is_the_same_bytes():
    assert len({to_bytes(MODEL) for _ in range(20)}) == 1


def test_other_programs_can_read_the_numbers_and_people_the_rest(tmp_path):
    save_model(tmp_path, MODEL)
    assert torch.equal(load_file(model_file(tmp_path))["b"], MODEL.tensors["b"])
    about = json.loads((tmp_path / "model" / "config.json").read_text())
    assert about == {"kind": "line", "size": [64, 48], "config": {"widths": [2, 3]}}


def test_a_byte_that_changed_anywhere_is_noticed():
    data = to_bytes(MODEL)
    end = 8 + int.from_bytes(data[:8], "little")
    written = len(data[:end].rstrip(b" "))  # the header's padding says nothing
    for place in (*range(0, written, 7), *range(end, len(data), 3)):
        broken = bytearray(data)
        broken[place] ^= 0x10
        with pytest.raises(InputError, match=r"^m\.safetensors: damaged"):
            from_bytes(bytes(broken), "m.safetensors")


@pytest.mark.parametrize("length", [0, 4, 8, 40, -1])
def test_a_file_cut_short_is_noticed(length):
    with pytest.raises(InputError, match="damaged"):
        from_bytes(to_bytes(MODEL)[:length], "m.safetensors")


def test_a_file_of_another_program_is_refused(tmp_path):
    save_file({"a": torch.zeros(2)}, tmp_path / "other.safetensors")
    for data in ((tmp_path / "other.safetensors").read_bytes(), save({}, {"impasto": "[]"}), b"\xff" * 64):
        with pytest.raises(InputError, match="damaged, or not a model of impasto"):
            from_bytes(data, "other.safetensors")


def test_a_folder_without_a_model_is_told_what_it_is(tmp_path):
    (tmp_path / "picture.png").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"picture\.png: is a file; name the folder of a training run"):
        model_of(tmp_path / "picture.png")
    with pytest.raises(InputError, match=r"gone: no such folder; name"):
        model_of(tmp_path / "gone")
    with pytest.raises(InputError, match=r"empty: not a run's folder \(no run\.json in it\)"):
        model_of(tmp_path / "empty")


def _run(folder, created):
    folder.mkdir(parents=True)
    record = {"method": "train line", "config": {}, "seed": 0, "device": "cpu", "threads": 1, "inputs": []}
    RunFolder(folder).write(RunRecord(**record, versions={}, created=created))


def test_the_latest_training_is_the_one_that_began_last_whatever_the_folders_are_called(tmp_path):
    for name, day in (("zinc", 1), ("amber", 3), ("mauve", 2)):
        _run(tmp_path / name, f"2026-01-{day:02}T00:00:00+00:00")
        save_model(tmp_path / name, MODEL)
    _run(tmp_path / "later", "2026-01-04T00:00:00+00:00")
    assert find_trained("latest", tmp_path).name == "amber"


@pytest.mark.parametrize("about", ["[]", "1", "null", '"crc"', "[" * 100_000])
def test_a_header_without_fields_is_refused(about):
    with pytest.raises(InputError, match=r"^m: damaged, or not a model of impasto"):
        from_bytes(save({"a": torch.zeros(2)}, {"impasto": about}), "m")


def test_the_latest_training_is_meant_and_not_the_latest_run(tmp_path):
    root = tmp_path / "runs"
    for day, name in enumerate(
        ("20260101-000000-train-line-aaa", "20260102-000000-train-line-bbb", "20260103-000000-sample-ccc"), start=1
    ):
        _run(root / name, f"2026-01-{day:02}T00:00:00+00:00")
    for name in ("20260101-000000-train-line-aaa", "20260102-000000-train-line-bbb"):
        save_model(root / name, MODEL)
    assert find_trained("latest", root).name == "20260102-000000-train-line-bbb"
    assert find_trained("aaa", root).name == "20260101-000000-train-line-aaa"
    assert find_trained(str(root), root) == root
    with pytest.raises(InputError, match="no run is called so"):
        find_trained("zzz", root)
