"""A method around a method: each frame told of the one before, given away, and gone on with where a run was killed."""

from __future__ import annotations

import copy

import pytest
import torch

from impasto.errors import Cancelled, InputError
from impasto.images import resize
from impasto.observers import Checkpoint, Unobserved
from impasto.styles.clips import FrameByFrame, blended, with_before
from impasto.styles.fast import FastStyle, FastStyleConfig
from impasto.styles.gatys import GatysStyle, GatysStyleConfig
from impasto.styles.patches import PatchStyle
from impasto.video import Clip, Motion, motion, open_clip, write_clip
from observers import Keep, Resume, StopAt

COUNT = 3
QUICK = {
    "layers": ("stem", "e1"),
    "content_layers": ("e1",),
    "enlarge": 1.0,
    "patch_weight": 0.0,
    "scales": 1,
    "iterations": (4,),
    "frame_iterations": 2,
    "learning_rate": 0.05,
}
RANDOM = torch.Generator().manual_seed(4)
PICTURE, OTHER = (torch.rand(3, 12, 16, generator=RANDOM) for _ in range(2))


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Clip:
    """A part of smooth noise that moves by 2 pixels a frame, 40x32."""
    scene = torch.rand(3, 5, 8, generator=torch.Generator().manual_seed(1))
    scene = resize(scene, (60, 32))
    path = tmp_path_factory.mktemp("clip") / "clip.gif"
    write_clip([scene[:, :, 2 * k : 2 * k + 40] for k in range(COUNT)], (0.1, 0.2, 0.3), path)
    return open_clip(path)


def gatys(**values: object) -> GatysStyle:
    return GatysStyle(GatysStyleConfig(**{**QUICK, **values}))


def made(method, clip, painting, observer=None):
    """The frames that were given away, and the result."""
    seen = observer or Keep()
    result = FrameByFrame(method, frames=COUNT).run({"content": [clip], "style": [painting]}, seen)
    return {name: piece.picture for step in seen.steps for name, piece in step.pieces.items()}, result


def test_it_is_called_and_set_and_fed_as_the_method_within():
    inner = gatys(seed=3)
    around = FrameByFrame(inner, frames=COUNT)
    assert (around.name, around.inputs, around.config) == (inner.name, inner.inputs, inner.config)
    assert around.makes == "clip"


def test_each_frame_is_told_of_the_one_before_and_given_away_in_whole_bytes(clip, painting):
    seen = Keep()
    frames, result = made(gatys(), clip, painting, seen)
    assert list(frames) == ["00001", "00002", "00003"]
    assert torch.equal(result.output, frames["00003"])
    assert result.facts["layers"] == ["stem", "e1"]
    contents = list(clip.frames())
    last = gatys().run({"content": [contents[0]], "style": [painting]}, Unobserved()).output
    for number, frame in enumerate(frames.values()):
        assert torch.equal(frame, (last * 255).round() / 255)
        if number + 1 < COUNT:
            moved = motion(contents[number], contents[number + 1])
            told = {"content": [contents[number + 1]], "style": [painting], **with_before(moved, frame)}
            last = gatys().following().run(told, Unobserved()).output
    flickers = [step.measures["flicker"] for step in seen.steps if step.measures]
    moved = motion(contents[1], contents[2])
    assert flickers[1] == moved.change(frames["00002"], frames["00003"])
    assert len(flickers) == COUNT - 1


def test_without_a_weight_each_frame_is_made_by_itself(clip, painting):
    frames, _ = made(gatys(temporal_weight=0), clip, painting)
    alone = gatys().run({"content": [list(clip.frames())[2]], "style": [painting]}, Unobserved()).output
    assert torch.equal(frames["00003"], (alone * 255).round() / 255)


def test_a_run_that_was_killed_anywhere_goes_on_to_the_same_frames(clip, painting):
    """Within a frame and between two; no step is taken twice."""
    seen = Keep(states=True)
    frames, _ = made(gatys(), clip, painting, seen)
    assert [step.task for step in seen.steps[3:6]] == [
        "frame 1 of 3, step 4 of 4",
        "frame 1 of 3",
        "frame 2 of 3, step 1 of 2",
    ]
    for at in (2, 5, 9):

        class Going(Keep):
            def checkpoint(self, at=at) -> Checkpoint:
                return Checkpoint(seen.steps[at - 1].index, copy.deepcopy(seen.states[at - 1]))

        going = Going()
        rest, result = made(gatys(), clip, painting, going)
        assert len(going.steps) == len(seen.steps) - at
        assert all(torch.equal(frame, frames[name]) for name, frame in rest.items())
        assert torch.equal(result.output, frames["00003"])
        assert result.facts["layers"] == ["stem", "e1"]


def test_the_state_of_a_clip_that_is_done_gives_its_result_again(clip, painting):
    seen = Keep(states=True)
    frames, _ = made(gatys(), clip, painting, seen)
    around = FrameByFrame(gatys(), frames=COUNT)
    resumed = Resume(Checkpoint(seen.steps[-1].index, seen.states[-1]))
    assert torch.equal(around.run({"content": [clip], "style": [painting]}, resumed).output, frames["00003"])


@pytest.mark.parametrize(("steps", "finished"), [(2, 0), (9, 2)])
def test_whoever_stops_it_is_shown_the_last_frame_that_is_finished(clip, painting, steps, finished):
    frames, _ = made(gatys(), clip, painting)
    around = FrameByFrame(gatys(), frames=COUNT)
    with pytest.raises(Cancelled) as stopped:
        around.run({"content": [clip], "style": [painting]}, StopAt(steps))
    result = stopped.value.result
    assert (result is not None) == bool(finished)
    if result is not None:
        assert torch.equal(result.output, frames[f"{finished:05d}"])
        assert result.facts["layers"] == ["stem", "e1"]


def test_the_cost_is_that_of_all_frames_and_each_is_shown_as_long_as_before(clip):
    sizes = {"content": [clip.size], "style": [(40, 56)]}
    method = FastStyle(FastStyleConfig())
    one = method.forecast(sizes)
    around = FrameByFrame(method, frames=COUNT)
    assert around.forecast(sizes).seconds == pytest.approx(COUNT * one.seconds)
    assert (around.forecast(sizes).memory, around.forecast(sizes).size) == (one.memory, one.size)
    assert around.durations({"content": [clip]}) == pytest.approx((0.1, 0.2, 0.3))


def test_the_first_frame_is_looked_at_before_anything_is_done(clip, painting):
    around = FrameByFrame(PatchStyle(PatchStyle.Config()), frames=COUNT)
    around.check({"content": [clip], "style": [painting]})
    with pytest.raises(InputError, match="all its pixels are of one colour"):
        around.check({"content": [clip], "style": [torch.full((3, 20, 20), 0.5)]})


def test_methods_that_paint_at_once_blend_where_it_is_trusted_and_fade_where_trust_ends():
    still = Motion(torch.zeros(2, 12, 16), (torch.arange(16) < 10).float().expand(1, 12, 16))
    found = blended(PICTURE, still, OTHER, FastStyleConfig(temporal_blend=0.25))
    share = 0.25 * torch.tensor([1.0] * 7 + [5 / 7, 3 / 7, 1 / 7] + [0.0] * 6)
    assert torch.allclose(found, PICTURE + share * (OTHER - PICTURE), atol=1e-5)
    assert torch.equal(blended(PICTURE, still, OTHER, FastStyleConfig(temporal_blend=0)), PICTURE)
    assert torch.equal(blended(PICTURE, still, OTHER, GatysStyleConfig()), PICTURE)
