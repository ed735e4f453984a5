"""What a run leaves in its folder, and what becomes of it afterwards."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import sys
import threading

import pytest
import torch
from drift_method import Drift, DriftConfig

from impasto.errors import Cancelled, InputError
from impasto.images import read, read_recipe
from impasto.observers import Unobserved
from impasto.runs.every import Every
from impasto.runs.execute import carry_on, carry_out
from impasto.runs.folder import RunFolder, find_run
from impasto.runs.job import prepare
from impasto.runs.losses import read_losses
from impasto.runs.recipe import InputRecord, recipe_of
from impasto.runs.repeat import repeat
from impasto.runs.sources import find_again


class StopAt(Unobserved):
    """Cancels, or breaks, a run after so many steps."""

    def __init__(self, step: int, error: type[BaseException] = Cancelled) -> None:
        self.at, self.error = step, error

    def step(self, step):
        if step.index == self.at:
            raise self.error


def drift(picture, tmp_path, *, observers=(), every=None, name="out.png", mask=None, **values):
    masks = {} if mask is None else {"mask": [mask]}
    job = prepare(Drift(DriftConfig(**values)), {"exemplar": [picture], **masks})
    return carry_out(job, output=tmp_path / name, observers=observers, root=tmp_path / "runs", every=every)


def test_the_folder_holds_the_whole_run(plaster, tmp_path):
    outcome = drift(plaster, tmp_path, steps=10, seed=3)
    folder = outcome.folder.path
    assert re.fullmatch(r"\d{8}-\d{6}-texture-drift-[a-z0-9]{3}", folder.name)
    record = json.loads((folder / "run.json").read_text())
    assert record["method"] == "texture drift"
    assert record["config"]["steps"] == 10
    assert record["state"] == "done"
    assert record["seed"] == 3
    assert record["threads"] == torch.get_num_threads()
    assert record["device"] == "cpu"
    assert set(record["versions"]) == {"impasto", "torch", "python"}
    sha256 = hashlib.sha256(plaster.read_bytes()).hexdigest()
    assert record["inputs"][0]["sha256"] == sha256
    assert record["inputs"][0]["size"] == [24, 16]
    assert (folder / record["inputs"][0]["copy_path"]).read_bytes() == plaster.read_bytes()
    assert read_losses(folder / "losses.csv")["step"] == list(range(1, 21))
    assert len(list((folder / "previews").iterdir())) == 10
    assert (folder / "output.png").read_bytes() == (tmp_path / "out.png").read_bytes()
    assert (folder / "other.png").is_file()
    assert not (folder / "checkpoint").exists()


def test_the_picture_carries_its_recipe_and_can_be_made_again(plaster, tmp_path):
    drift(plaster, tmp_path, steps=4, seed=9)
    recipe = read_recipe(tmp_path / "out.png")
    assert recipe["method"] == "texture drift"
    assert recipe["config"]["seed"] == recipe["seed"] == 9
    assert recipe["facts"] == {"network": {"sha256": "00"}}
    job = repeat(recipe_of(tmp_path / "out.png"), tmp_path / "out.png", {})
    carry_out(job, output=tmp_path / "again.png")
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "out.png").read_bytes()


def test_an_input_that_changed_or_moved_is_noticed_before_a_repeat(plaster, tmp_path):
    drift(plaster, tmp_path, steps=2)
    recipe = recipe_of(tmp_path / "out.png")
    moved = plaster.rename(tmp_path / "elsewhere.png")
    with pytest.raises(InputError, match=r"plaster\.png: no such file .* --input exemplar=PATH"):
        repeat(recipe, tmp_path, {})
    assert repeat(recipe, tmp_path, {"exemplar": [str(moved)]}).sources[0].record.path == str(plaster)
    plaster.write_bytes((tmp_path / "out.png").read_bytes())
    with pytest.raises(InputError, match="SHA-256 differs"):
        repeat(recipe, tmp_path, {})
    with pytest.raises(InputError, match=r"out\.png: not the .* that was plaster\.png: .*, several in any order$"):
        repeat(recipe, tmp_path, {"exemplar": [str(tmp_path / "out.png")]})
    with pytest.raises(InputError, match="no inputs called so; its inputs: exemplar"):
        repeat(recipe, tmp_path, {"exemplar": [str(moved)], "style": ["x"]})
    with pytest.raises(InputError, match=r"x\.png: is no exemplar that was used, or one too many"):
        repeat(recipe, tmp_path, {"exemplar": [str(moved), "x.png"]})


def test_a_file_given_for_an_input_is_taken_for_the_one_that_has_its_hash(tmp_path):
    def record(name: str) -> InputRecord:
        path = tmp_path / name
        path.write_bytes(name.encode())
        return InputRecord(name="style", path=str(path), sha256=hashlib.sha256(name.encode()).hexdigest(), size=(1, 1))

    one, two = record("one.png"), record("two.png")
    renamed = str((tmp_path / "two.png").rename(tmp_path / "renamed.png"))
    for given in ([renamed], [one.path, renamed], [renamed, one.path]):
        found = [find_again(each, tmp_path, given) for each in (one, two)]
        assert [source.record.sha256 for source in found] == [one.sha256, two.sha256]
        assert given == []


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
@pytest.mark.parametrize("stop", [1, 7, 10, 13])
def test_a_run_that_broke_ends_with_the_same_bytes(plaster, tmp_path, stop, optimizer):
    drift(plaster, tmp_path, steps=10, name="straight.png", optimizer=optimizer)
    breaks, every = [StopAt(stop, RuntimeError)], Every(steps=3)
    with pytest.raises(RuntimeError):
        drift(plaster, tmp_path, steps=10, optimizer=optimizer, observers=breaks, every=every)
    folder = find_run("latest", tmp_path / "runs")
    assert folder.read().state == "failed"
    plaster.unlink()  # the copy in the folder is enough
    outcome = carry_on(folder)
    assert (tmp_path / "out.png").read_bytes() == (tmp_path / "straight.png").read_bytes()
    assert read_losses(folder.losses)["step"] == list(range(1, 21))
    assert outcome.folder.read().state == "done"


def test_a_copy_that_is_gone_or_damaged_is_told_with_what_it_was_for(plaster, tmp_path):
    folder = drift(plaster, tmp_path, steps=10, observers=[StopAt(7)]).folder
    [copy] = folder.inputs.iterdir()
    copy.write_bytes(b"something else")
    mend = "start a new run, or give it with --input exemplar=PATH$"
    with pytest.raises(InputError, match=rf"exemplar-1\.png: damaged \(its SHA-256 differs\); {mend}"):
        carry_on(folder)
    copy.unlink()
    with pytest.raises(InputError, match=rf"gone, and this run cannot go on without its exemplar: {mend}"):
        carry_on(folder)
    assert carry_on(folder, given={"exemplar": [str(plaster)]}).state == "done"


def test_a_cancelled_run_keeps_its_picture_and_can_go_on(plaster, tmp_path):
    drift(plaster, tmp_path, steps=10, name="straight.png")
    outcome = drift(plaster, tmp_path, steps=10, observers=[StopAt(7)])
    assert outcome.state == "cancelled"
    assert read_recipe(tmp_path / "out.png")["step"] == 7
    assert read(tmp_path / "out.png").shape == (3, 16, 24)
    carry_on(outcome.folder)
    assert (tmp_path / "out.png").read_bytes() == (tmp_path / "straight.png").read_bytes()


def test_a_done_or_a_running_run_is_not_resumed(plaster, tmp_path):
    folder = drift(plaster, tmp_path, steps=2).folder
    with pytest.raises(InputError, match="is done"):
        carry_on(folder)
    folder.update(state="running")
    other = RunFolder(folder.path)
    with other.locked(), pytest.raises(InputError, match="still going on"):
        carry_on(folder)


def test_those_who_look_at_a_run_do_not_take_one_another_for_it(plaster, tmp_path):
    folder = drift(plaster, tmp_path, steps=2).folder
    looker = os.open(folder.path, os.O_RDONLY)
    fcntl.flock(looker, fcntl.LOCK_SH)  # what another process does in the middle of is_running
    assert not folder.is_running()
    os.close(looker)
    with folder.locked():
        assert folder.is_running()
        assert RunFolder(folder.path).is_running()
    assert not folder.is_running()


def test_a_run_begins_although_somebody_looks_at_it(plaster, tmp_path):
    folder = drift(plaster, tmp_path, steps=2).folder
    looker = os.open(folder.path, os.O_RDONLY)
    fcntl.flock(looker, fcntl.LOCK_SH)
    threading.Timer(0.05, os.close, [looker]).start()
    with folder.locked():
        assert folder.is_running()


def test_the_newest_run_is_found_although_records_are_damaged(plaster, tmp_path):
    folder = drift(plaster, tmp_path, steps=1).folder
    for name, record in (("19990101-000000-old", "{"), ("20991231-000000-new", "[]")):
        (tmp_path / "runs" / name).mkdir()
        (tmp_path / "runs" / name / "run.json").write_text(record)
    assert find_run("latest", tmp_path / "runs").path == folder.path
    shutil.rmtree(folder.path)
    with pytest.raises(InputError, match=r"run\.json: cannot be read"):
        find_run("latest", tmp_path / "runs")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are always UTF-8")
def test_a_name_that_is_not_utf8_is_recorded_as_well_as_it_can_be(plaster, tmp_path):
    strange = plaster.rename(tmp_path / "pl\udce4ster.png")
    words = {"steps": 4, "mask": str(strange), "name": "\udce4.png"}
    with pytest.raises(RuntimeError):
        drift(strange, tmp_path, observers=[StopAt(3, RuntimeError("\udce4"))], every=Every(steps=2), **words)
    folder = find_run("latest", tmp_path / "runs")
    record = folder.read()
    assert record.inputs[0].path == str(tmp_path / "pl\ufffdster.png")
    assert record.error == "RuntimeError: \ufffd"
    carry_on(folder)
    outcome = drift(strange, tmp_path, **words)
    assert read_recipe(tmp_path / "\udce4.png")["inputs"][1]["path"] == record.inputs[0].path
    assert outcome.folder.output.read_bytes() == folder.output.read_bytes()
    assert "pl\ufffdster.png" in folder.report.read_text()


def test_too_little_memory_is_said_before_anything_is_written(plaster, tmp_path):
    with pytest.raises(InputError, match=r"needs about 10000\.0 GB of memory, .* free; --size \d+x\d+ would fit"):
        drift(plaster, tmp_path, memory=10**13)
    with pytest.raises(InputError, match=r"^a result of 10000x10000 is 100 megapixels, over the limit of 64; give a"):
        drift(plaster, tmp_path, foreseen=(10_000, 10_000))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plaster.png"]


def test_a_run_that_the_method_refuses_leaves_nothing(plaster, tmp_path):
    with pytest.raises(InputError, match="refused"):
        drift(plaster, tmp_path, refuse=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plaster.png"]


def test_a_folder_of_runs_that_was_there_before_stays(plaster, tmp_path):
    (tmp_path / "runs").mkdir()
    with pytest.raises(InputError, match="refused"):
        drift(plaster, tmp_path, refuse=True)
    assert list((tmp_path / "runs").iterdir()) == []


def test_pictures_from_memory_and_named_by_the_config_are_kept_too(plaster, tmp_path):
    straight = drift(read(plaster), tmp_path, steps=5, mask=str(plaster), name="straight.png")
    assert [it.name for it in straight.recipe.inputs] == ["exemplar", "mask"]
    outcome = drift(read(plaster), tmp_path, steps=5, mask=str(plaster), observers=[StopAt(6)])
    plaster.unlink()
    carry_on(outcome.folder)
    assert (tmp_path / "out.png").read_bytes() == (tmp_path / "straight.png").read_bytes()


def test_the_report_stands_alone(plaster, tmp_path):
    folder = drift(plaster, tmp_path, steps=4).folder
    html = folder.report.read_text()
    assert html.count("data:image/") >= 4
    assert "<svg" in html
    assert not re.search(r"(src|href)=[\"']?(?!data:|#)\w", html.replace("xlink:", ""))
    assert "impasto runs repeat" in html


def test_a_run_is_found_by_a_part_of_its_name(plaster, tmp_path):
    folder = drift(plaster, tmp_path, steps=1).folder
    assert find_run(folder.name[-3:], tmp_path / "runs").path == folder.path
    with pytest.raises(InputError, match="no run is called so"):
        find_run("style-gatys", tmp_path / "runs")


def test_a_checkpoint_that_a_kill_at_the_very_end_left_goes_when_the_run_is_told_to_go_on(plaster, tmp_path):
    folder = drift(plaster, tmp_path, steps=2).folder
    folder.checkpoints.mkdir()
    (folder.checkpoints / "2.safetensors").write_bytes(b"state")
    with pytest.raises(InputError, match="this run is done"):
        carry_on(folder)
    assert not folder.checkpoints.exists()
    assert (folder.path / "output.png").is_file()
