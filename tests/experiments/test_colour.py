"""The comparison of ways to keep the photo's colours: its table, figures, pages, and its verdicts."""

import csv

import numpy as np
import pytest
import torch
from skimage.color import rgb2yiq

from impasto.errors import InputError
from impasto.experiments.colour.claims import claims
from impasto.experiments.colour.results import Way, way
from impasto.experiments.start import find
from impasto.images import read, resize, write
from impasto.runs.execute import perform

WAYS = ("off", "linear", "luminance", "luminance-matched")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run of a few steps on two small pictures of smooth colours."""
    folder = tmp_path_factory.mktemp("colour")
    random = torch.Generator().manual_seed(0)
    for name, low, size in (("photo", 0.3, (96, 64)), ("painting", 0.1, (70, 90))):
        write(resize(torch.rand(3, 5, 7, generator=random), size) * 0.4 + low, folder / f"{name}.png")
    out = folder / "out"
    paths = [str(folder / f"{name}.png") for name in ("photo", "painting")]
    find("colour")(*paths, out=out, keep_color=",".join(WAYS), size=64, effort=0.02)
    return folder, out


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_there_is_a_row_for_each_way(made):
    _, out = made
    rows = table(out / "table.csv")
    assert tuple(row["keep_color"] for row in rows) == WAYS
    pixels = 64 * 43
    assert [int(row["numbers"]) for row in rows] == [3 * pixels, 3 * pixels, pixels, pixels]
    assert all(float(row["seconds"]) > 0 for row in rows)
    losses = table(out / "losses.csv")
    for row, parts in zip(rows, losses, strict=True):
        assert float(row["loss"]) == pytest.approx(float(parts["loss"]))
        assert sum(float(value) for name, value in parts.items() if name not in ("keep_color", "loss")) == (
            pytest.approx(float(row["loss"]))
        )


def test_the_numbers_are_those_of_the_pictures_in_figures(made):
    folder, out = made
    photo = resize(read(folder / "photo.png"), (64, 43))
    for row in table(out / "table.csv"):
        result = read(out / "figures" / f"result-{row['keep_color']}.png")
        off = np.linalg.norm((result - photo).double().mean((1, 2)).numpy())
        assert float(row["mean"]) == pytest.approx(off, abs=2e-3)


def test_recolouring_gives_the_painting_the_photos_moments(made):
    _, out = made
    found = {row["keep_color"]: row for row in table(out / "paintings.csv")}
    assert float(found["off"]["mean"]) > 0.05
    assert float(found["linear"]["mean"]) < 0.01
    assert float(found["linear"]["covariance"]) < 0.05
    assert float(found["luminance-matched"]["luminance"]) < float(found["luminance"]["luminance"])


def test_the_documents_figures_are_what_they_say(made):
    """Y, I and Q of scikit-image, in the files of figures 4.10 to 4.13."""
    folder, out = made
    photo = resize(read(folder / "photo.png"), (64, 43))

    def planes(picture):
        return rgb2yiq(picture.permute(1, 2, 0).double().numpy())

    def figure(number):
        return planes(read(out / "figures" / f"figure-4-{number}.png"))

    assert np.abs(figure(10)[..., 0] - planes(photo)[..., 0]).max() < 0.005
    assert np.abs(figure(10)[..., 1:]).max() < 0.005
    assert np.abs(figure(11)[..., 1:] - planes(photo)[..., 1:]).max() < 0.006
    assert np.abs(figure(11)[..., 0] - 0.5).max() < 0.005
    for grey, colored in ((12, 13), (14, 15)):
        assert np.abs(figure(grey)[..., 0] - figure(colored)[..., 0]).max() < 0.006
        assert np.abs(figure(colored)[..., 1:] - planes(photo)[..., 1:]).max() < 0.02
    page = (out / "report.html").read_text()
    assert page.count("<img") == 3
    assert "Luminance alone preserves" in page


def test_a_way_that_breaks_off_has_a_row_that_says_so(made, tmp_path, monkeypatch):
    folder, _ = made

    def breaks_off(job, *others):
        if job.method.config.keep_color == "linear":
            raise InputError("the picture is no longer finite")
        return perform(job, *others)

    monkeypatch.setattr("impasto.experiments.colour.comparison.perform", breaks_off)
    paths = [str(folder / f"{name}.png") for name in ("photo", "painting")]
    find("colour")(*paths, out=tmp_path, keep_color="linear,luminance", size=64, effort=0.01)
    broken, whole = table(tmp_path / "table.csv")
    assert (broken["keep_color"], broken["note"]) == ("linear", "the picture is no longer finite")
    assert broken["loss"] == whole["note"] == ""
    assert float(whole["loss"]) > 0
    assert (tmp_path / "report.html").is_file()


def test_one_picture_is_no_pair(made):
    folder, out = made
    with pytest.raises(InputError, match="one photo and one painting, got 1 picture"):
        find("colour")(str(folder / "photo.png"), out=out)


def test_a_method_that_keeps_no_colours_is_refused(tmp_path):
    for method in ("patches", "pcture"):
        with pytest.raises(
            InputError, match=rf"method: '{method}' is no style method that keeps colours; one of: gatys"
        ):
            find("colour")(out=tmp_path, method=method)


def test_an_unknown_way_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(InputError, match=r"keep_color\[1\] must be .*got 'choleski'"):
        find("colour")(out=tmp_path, keep_color="off,choleski")


def a_way(name, **numbers) -> Way:
    picture = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(1))
    found = way(name, picture, picture, picture, seconds=1.0, losses={"loss": 1.0})
    return Way({**found.values, **numbers}, found.pictures, found.before, found.losses)


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
