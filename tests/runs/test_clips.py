"""Runs whose content is a clip: frame by frame, stopped and gone on with, and made again."""

from __future__ import annotations

import pytest
import torch
from follow_method import Follow, FollowConfig
from PIL import Image

from impasto.errors import Cancelled, InputError
from impasto.images import read
from impasto.observers import Step, Unobserved
from impasto.registry import METHODS, Entry
from impasto.runs.every import Every
from impasto.runs.execute import carry_on, carry_out
from impasto.runs.folder import RunFolder, all_runs
from impasto.runs.job import prepare
from impasto.runs.losses import read_losses
from impasto.runs.recipe import recipe_of
from impasto.runs.repeat import repeat
from impasto.styles.clips import with_before
from impasto.video import motion, open_clip, write_clip

COUNT = 5


@pytest.fixture(autouse=True)
def _follow(monkeypatch):
    monkeypatch.setitem(METHODS, "style follow", Entry("follow_method:Follow", "Follows."))


@pytest.fixture
def clip(tmp_path):
    """A disc that moves over smooth noise, five frames of 24x16."""
    scene = torch.rand(1, 3, 4, 8, generator=torch.Generator().manual_seed(1))
    scene = torch.nn.functional.interpolate(scene, (16, 40), mode="bicubic").clamp(0, 1)[0]
    path = tmp_path / "clip.gif"
    write_clip([scene[:, :, 2 * k : 2 * k + 24] for k in range(COUNT)], (0.1, 0.2, 0.1, 0.1, 0.3), path)
    return path


def newest(runs) -> RunFolder:
    return all_runs(runs)[-1]


class StopAt:
    """Stops the run at its n-th step."""

    def __init__(self, count: int) -> None:
        self.left, self.tasks = count, []

    def step(self, step: Step) -> None:
        self.tasks.append(step.task)
        self.left -= 1
        if self.left == 0:
            raise Cancelled

    def checkpoint(self):
        return None


def job(clip, plaster, **config):
    pictures = {"content": [str(clip)], "style": [str(plaster)]}
    return prepare(Follow(FollowConfig(**config)), pictures, clip=True, threads=1)


def test_each_frame_is_told_of_the_one_before(clip, plaster, tmp_path):
    outcome = carry_out(job(clip, plaster), output=tmp_path / "out.webp", root=tmp_path / "runs")
    frames, style = list(open_clip(clip).frames()), read(plaster)
    follow = Follow(FollowConfig())
    made = follow.run({"content": [frames[0]], "style": [style]}, Unobserved()).output
    for number in range(COUNT):
        kept = read(outcome.folder.pieces / f"{number + 1:05d}.png")
        assert torch.allclose(kept, made, atol=0.5 / 255 + 1e-6)
        if number + 1 < COUNT:
            told = with_before(motion(frames[number], frames[number + 1]), kept)
            inputs = {"content": [frames[number + 1]], "style": [style], **told}
            made = follow.following().run(inputs, Unobserved()).output
    written = open_clip(tmp_path / "out.webp")
    assert written.durations == pytest.approx((0.1, 0.2, 0.1, 0.1, 0.3))
    assert written.size == (24, 16)


def test_without_a_weight_each_frame_is_made_by_itself(clip, plaster, tmp_path):
    outcome = carry_out(job(clip, plaster, temporal_weight=0), root=tmp_path / "runs")
    frame = list(open_clip(clip).frames())[3]
    alone = Follow(FollowConfig()).run({"content": [frame], "style": [read(plaster)]}, Unobserved()).output
    assert torch.allclose(read(outcome.folder.pieces / "00004.png"), alone, atol=0.5 / 255 + 1e-6)


@pytest.mark.parametrize("steps", [2, 4, 5, 7, 12])
def test_a_stopped_run_goes_on_to_the_same_bytes(clip, plaster, tmp_path, steps):
    whole, parts = tmp_path / "whole.gif", tmp_path / "parts.gif"
    carry_out(job(clip, plaster), output=whole, root=tmp_path / "runs")
    stopped = carry_out(job(clip, plaster), output=parts, root=tmp_path / "runs", observers=[StopAt(steps)])
    assert stopped.state == "cancelled"
    assert parts.exists() == bool(stopped.frames[0])
    done = carry_on(stopped.folder)
    assert (done.state, done.frames) == ("done", (COUNT, COUNT))
    assert parts.read_bytes() == whole.read_bytes()
    flickers = read_losses(done.folder.measures)["flicker"]
    assert len(flickers) == COUNT - 1
    assert all(0 < value < 1 for value in flickers)


class Kill:
    """Ends the process's run at its n-th step, as if it were killed after the checkpoint."""

    def __init__(self, count):
        self.left = count

    def step(self, step):
        self.left -= 1
        if self.left == 0:
            raise RuntimeError("killed")

    def checkpoint(self):
        return None


@pytest.mark.parametrize("steps", [1, 3, 5, 6, 8, 13])
def test_a_run_that_was_killed_in_a_frame_or_between_two_goes_on_there(clip, plaster, tmp_path, steps):
    whole = carry_out(job(clip, plaster), root=tmp_path / "whole").folder
    with pytest.raises(RuntimeError):
        carry_out(job(clip, plaster), root=tmp_path / "runs", observers=[Kill(steps)], every=Every(steps=1))
    folder = newest(tmp_path / "runs")
    seen = StopAt(0)
    carry_on(folder, observers=[seen])
    assert len(seen.tasks) == 4 + 1 + 4 * (2 + 1) - steps  # no step is made twice
    assert (folder.path / "output.gif").read_bytes() == (whole.path / "output.gif").read_bytes()
    assert folder.measures.read_bytes().count(b"\n") == whole.measures.read_bytes().count(b"\n")
    assert folder.read().facts == whole.read().facts


def test_a_clip_that_cannot_be_written_fails_and_can_be_written_later(clip, plaster, tmp_path, monkeypatch):
    out = tmp_path / "out.gif"

    def full(*_args, **_kwargs):
        raise InputError("out.gif: no space left on the disk")

    with monkeypatch.context() as patched:
        patched.setattr("impasto.runs.products.write_clip", full)
        with pytest.raises(InputError, match="no space left"):
            carry_out(job(clip, plaster), output=out, root=tmp_path / "runs")
    folder = newest(tmp_path / "runs")
    assert folder.read().state == "failed"
    assert "no space left" in folder.read().error
    assert carry_on(folder).state == "done"
    assert out.read_bytes() == (folder.path / "output.gif").read_bytes()


def test_a_clip_is_encoded_once(clip, plaster, tmp_path, monkeypatch):
    written = []

    def counted(frames, durations, path, **more):
        written.append(path)
        write_clip(frames, durations, path, **more)

    monkeypatch.setattr("impasto.runs.products.write_clip", counted)
    folder = carry_out(job(clip, plaster), output=tmp_path / "out.WEBP", root=tmp_path / "runs").folder
    assert written == [folder.path / "output.webp"]
    assert len(open_clip(tmp_path / "out.WEBP")) == COUNT


def test_a_stopped_run_leaves_the_frames_that_are_finished(clip, plaster, tmp_path):
    out = tmp_path / "out.gif"
    outcome = carry_out(job(clip, plaster), output=out, root=tmp_path / "runs", observers=[StopAt(9)])
    # 4 steps and the end of the first frame, 2 and the end of the second, and one of the third
    assert (outcome.frames, outcome.recipe.step) == ((2, COUNT), 2)
    assert open_clip(out).durations == pytest.approx((0.1, 0.2))
    assert recipe_of(out).state == "cancelled"


def test_a_run_stopped_before_its_first_frame_writes_nothing(clip, plaster, tmp_path):
    out = tmp_path / "out.gif"
    outcome = carry_out(job(clip, plaster), output=out, root=tmp_path / "runs", observers=[StopAt(2)])
    assert outcome.frames == (0, COUNT)
    assert not out.exists()


@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_a_clip_is_made_again_from_itself(clip, plaster, tmp_path, ending):
    out, again = tmp_path / f"out.{ending}", tmp_path / f"again.{ending}"
    carry_out(job(clip, plaster, seed=3), output=out)
    recipe = recipe_of(out)
    assert [(record.kind, record.count) for record in recipe.inputs] == [("clip", COUNT), ("picture", 1)]
    carry_out(repeat(recipe, tmp_path, {}), output=again)
    assert again.read_bytes() == out.read_bytes()


@pytest.mark.parametrize(("plays", "ending"), [(1, "gif"), (3, "gif"), (1, "webp"), (0, "webp")])
def test_a_clip_is_shown_as_often_as_its_content(plaster, tmp_path, plays, ending):
    frames = [torch.rand(3, 16, 24, generator=torch.Generator().manual_seed(k)) for k in range(2)]
    write_clip(frames, (0.1, 0.1), tmp_path / "clip.gif", plays=plays)
    carry_out(job(tmp_path / "clip.gif", plaster), output=tmp_path / f"out.{ending}", root=tmp_path / "runs")
    assert open_clip(tmp_path / f"out.{ending}").plays == plays


def test_the_bar_counts_frames_and_their_steps(clip, plaster):
    seen = StopAt(0)
    carry_out(job(clip, plaster), observers=[seen])
    assert seen.tasks[:2] == ["frame 1 of 5, step 1 of 4", "frame 1 of 5, step 2 of 4"]
    assert "frame 3 of 5, step 2 of 2" in seen.tasks
    assert seen.tasks[-1] == "frame 5 of 5"


def test_the_forecast_is_of_all_frames(clip, plaster):
    assert job(clip, plaster).forecast.seconds == 4 + 4 * 2
    assert job(clip, plaster, temporal_weight=0).forecast.seconds == 5 * 4


def test_what_flickers_is_in_the_table_of_measures(clip, plaster, tmp_path):
    steady = carry_out(job(clip, plaster), root=tmp_path / "runs").folder
    alone = carry_out(job(clip, plaster, temporal_weight=0), root=tmp_path / "runs").folder
    flickers = [read_losses(folder.measures)["flicker"] for folder in (steady, alone)]
    assert all(0 < value < 1 for values in flickers for value in values)


def test_a_picture_is_no_clip(plaster):
    with pytest.raises(InputError, match="has only one frame"):
        job(plaster, plaster)


def test_a_report_shows_the_frames(clip, plaster, tmp_path):
    folder = carry_out(job(clip, plaster), output=tmp_path / "out.mp4", root=tmp_path / "runs").folder
    assert folder.read().files == ["output.png", "output.mp4"]
    assert "clip.gif, 24x16" in folder.report.read_text()
    with Image.open(folder.output) as sheet:
        assert sheet.width > 4 * 24
