"""The comparison of ways to keep the photo's colours: its table, figures, pages, and its verdicts."""

import numpy as np
import pytest
import torch
from ran import made, ran
from skimage.color import rgb2yiq

from impasto.errors import InputError
from impasto.experiments.colour.claims import claims
from impasto.experiments.colour.comparison import Colour, measured
from impasto.experiments.experiment import Row
from impasto.experiments.trace import Moment, Trace
from impasto.images import resize

WAYS = ("off", "linear", "luminance", "luminance-matched")


@pytest.fixture(scope="module")
def pair():
    """Two small pictures of smooth colours."""
    random = torch.Generator().manual_seed(0)
    sizes = (("photo", 0.3, (96, 64)), ("painting", 0.1, (70, 90)))
    return [resize(torch.rand(3, 5, 7, generator=random), size) * 0.4 + low for _, low, size in sizes]


@pytest.fixture(scope="module")
def photo(pair):
    """As the transfers have it."""
    return resize(pair[0], (64, 43))


@pytest.fixture(scope="module")
def done(pair):
    """A run of a few steps."""
    return ran(Colour, {"picture": pair}, keep_color=WAYS, size=64, effort=0.02)


def test_there_is_a_row_for_each_way(done):
    assert tuple(row["keep_color"] for row in done.rows) == WAYS
    pixels = 64 * 43
    assert [row["numbers"] for row in done.rows] == [3 * pixels, 3 * pixels, pixels, pixels]
    assert all(row["seconds"] > 0 for row in done.rows)
    for row, parts in zip(done.rows, done.tables["losses"], strict=True):
        assert row["loss"] == parts["loss"]
        assert sum(value for name, value in parts.items() if name not in ("keep_color", "loss")) == (
            pytest.approx(row["loss"])
        )


def test_the_numbers_are_those_of_the_pictures_in_figures(done, photo):
    for row in done.rows:
        result = done.pictures[f"result-{row['keep_color']}"]
        off = np.linalg.norm((result - photo).double().mean((1, 2)).numpy())
        assert row["mean"] == pytest.approx(off, abs=1e-6)


def test_recolouring_gives_the_painting_the_photos_moments(done):
    found = {row["keep_color"]: row for row in done.tables["paintings"]}
    assert found["off"]["mean"] > 0.05
    assert found["linear"]["mean"] < 0.01
    assert found["linear"]["covariance"] < 0.05
    assert found["luminance-matched"]["luminance"] < found["luminance"]["luminance"]


def test_the_documents_figures_are_what_they_say(done, photo):
    """Y, I and Q of scikit-image, in figures 4.10 to 4.15."""

    def planes(picture):
        return rgb2yiq(picture.permute(1, 2, 0).double().numpy())

    def figure(number):
        return planes(done.pictures[f"figure-4-{number}"])

    assert np.abs(figure(10)[..., 0] - planes(photo)[..., 0]).max() < 0.005
    assert np.abs(figure(10)[..., 1:]).max() < 0.005
    assert np.abs(figure(11)[..., 1:] - planes(photo)[..., 1:]).max() < 0.006
    assert np.abs(figure(11)[..., 0] - 0.5).max() < 0.005
    for grey, colored in ((12, 13), (14, 15)):
        assert np.abs(figure(grey)[..., 0] - figure(colored)[..., 0]).max() < 0.006
        assert np.abs(figure(colored)[..., 1:] - planes(photo)[..., 1:]).max() < 0.02
    assert done.shown == {"table", "claims", "paintings", "losses", "document", "ways", "distances"}
    assert any("Luminance alone preserves" in row["says"] for row in done.tables["claims"])


def test_a_way_that_breaks_off_has_a_row_that_says_so(pair, monkeypatch):
    carry_out = Trace.carry_out

    def breaks_off(trace, job, note=None):
        if job.method.config.keep_color == "linear":
            raise InputError("the picture is no longer finite")
        return carry_out(trace, job, note)

    monkeypatch.setattr(Trace, "carry_out", breaks_off)
    done = ran(Colour, {"picture": pair}, keep_color=("linear", "luminance"), size=64, effort=0.01)
    broken, whole = done.rows
    assert broken == {"keep_color": "linear", "note": "the picture is no longer finite"}
    assert "note" not in whole
    assert whole["loss"] > 0
    assert [row["keep_color"] for row in done.tables["losses"]] == ["luminance"]
    assert {"result-luminance", "document", "ways"} <= set(done.pictures)


def test_one_picture_is_no_pair(pair):
    with pytest.raises(InputError, match="one photo and one painting, got 1 picture"):
        made(Colour).check({"picture": pair[:1]})


def test_a_method_that_keeps_no_colours_is_refused(pair):
    for method in ("patches", "pcture"):
        with pytest.raises(
            InputError, match=rf"method: '{method}' is no style method that keeps colours; one of: gatys"
        ):
            made(Colour, method=method).check({"picture": pair})


def test_an_unknown_way_is_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"keep_color\[1\] must be .*got 'choleski'"):
        made(Colour, keep_color=("off", "choleski"))


def a_way(name, **numbers) -> Row:
    picture = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(1))
    found = measured(name, picture, picture, picture, Trace([Moment(1, 1.0, 1.0, {"loss": 1.0})]), 1.0)
    return Row({**found.values, **numbers}, found.pictures, found.trace)


def verdicts(*rows):
    return [row["the same"] for row in claims(rows).rows]


def test_verdicts_follow_the_numbers():
    agreeing = [
        a_way("off", seconds=10.0),
        a_way("linear", chroma=0.1, edges=0.8),
        a_way("luminance", chroma=0.002, edges=0.3, seconds=9.5),
    ]
    assert verdicts(*agreeing) == ["yes"] * 5
    differing = [
        a_way("off", seconds=10.0),
        a_way("linear", chroma=0.004, edges=0.3),
        a_way("luminance", chroma=0.02, edges=0.3, seconds=5.0),
    ]
    assert verdicts(*differing) == ["no", "no", "no", "yes", "no"]


def test_what_was_not_run_has_no_verdict():
    assert verdicts(a_way("linear", chroma=0.1)) == [
        "cannot be said without luminance",
        "cannot be said without luminance",
        "cannot be said without luminance",
        "cannot be said without luminance and off",
        "cannot be said without luminance and off",
    ]
