"""The tour at a tiny size: its files, its page, its commands, and what an early end leaves."""

import json
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import pytest

from impasto.demo.stops import PICTURES, STOPS, picture, quickened, size
from impasto.demo.tour import tour
from impasto.errors import Cancelled
from impasto.images import read, read_recipe
from impasto.registry import METHODS


class Watch:
    """Remembers the steps; ends the run at the first step of a task."""

    def __init__(self, end_at: str = "\0"):
        self.steps, self.end_at = [], end_at

    def step(self, step):
        self.steps.append((step.index, step.total, step.task))
        if self.end_at in step.task:
            raise Cancelled

    def checkpoint(self):
        return None


class Page(HTMLParser):
    """The tags of a page, and whether they are closed in order."""

    VOID = frozenset({"meta", "img", "br", "link"})

    def __init__(self, html: str):
        super().__init__()
        self.open, self.images, self.links, self.ids, self.text = [], [], [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "img":
            self.images.append(attributes["src"])
        if tag == "a":
            self.links.append(attributes["href"])
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A whole quick tour: its folder, the files it returned, what an observer saw."""
    folder = tmp_path_factory.mktemp("tour") / "demo"
    watch = Watch()
    return folder, tour(folder, quick=True, observers=[watch]), watch


def test_the_tour_writes_every_picture_it_names(made):
    folder, files, _ = made
    assert files[:2] == [folder / "index.html", folder / "contact.png"]
    assert all(path.is_file() for path in files)
    assert {path.stem for path in files} >= {stop.name for stop in STOPS}


def test_every_input_is_kept_for_the_user(made):
    folder, _, _ = made
    used = {name for stop in STOPS for names in stop.inputs.values() for name in names}
    assert {path.stem for path in (folder / "inputs").iterdir()} == used


def test_every_picture_carries_the_recipe_of_its_stop(made):
    folder, _, _ = made
    for stop in STOPS:
        recipe = read_recipe(folder / f"{stop.name}.png")
        assert recipe["method"] == stop.method
        assert [Path(record["path"]).stem for record in recipe["inputs"]] == [
            name for names in stop.inputs.values() for name in names
        ]


def test_a_tile_is_shown_two_by_two(made):
    folder, _, _ = made
    tile = next(stop for stop in STOPS if stop.tiled)
    small, large = read(folder / f"{tile.name}.png"), read(folder / f"{tile.name}-2x2.png")
    assert large.equal(small.repeat(1, 2, 2))


def test_the_page_holds_all_pictures_and_is_well_formed(made):
    folder, _, _ = made
    page = Page((folder / "index.html").read_text())
    assert page.open == []
    count = sum(1 + sum(map(len, stop.inputs.values())) for stop in STOPS)
    assert len(page.images) == count
    assert all(source.startswith("data:image/jpeg;base64,") for source in page.images)
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_the_page_shows_the_commands(made):
    folder, _, _ = made
    page = Page((folder / "index.html").read_text())
    for stop in map(quickened, STOPS):
        assert stop.command(folder) in page.text


def test_the_page_shows_recipes_that_can_be_read(made):
    folder, _, _ = made
    html = (folder / "index.html").read_text()
    recipes = re.findall(r"</summary><pre>(.*?)</pre>", html, re.DOTALL)
    from html import unescape

    assert [json.loads(unescape(text))["method"] for text in recipes] == [stop.method for stop in STOPS]


def test_progress_grows_to_the_end_and_names_what_is_done(made):
    _, _, watch = made
    indices = [index for index, _, _ in watch.steps]
    assert indices == sorted(indices)
    assert indices[-1] == watch.steps[-1][1]
    assert len({total for _, total, _ in watch.steps}) == 1
    assert watch.steps[0][2] == "drawing pebbles"
    last = f"{len(STOPS)}/{len(STOPS)} {STOPS[-1].title}"
    assert watch.steps[-2][2].startswith(f"{last}, step ")
    assert watch.steps[-1][2] == last


def test_a_command_repeats_its_picture(made, tmp_path, monkeypatch):
    from impasto.cli.app import run

    folder, _, _ = made
    words = shlex.split(quickened(STOPS[0]).command(folder))
    words[words.index("-o") + 1] = str(tmp_path / "again.png")
    monkeypatch.chdir(tmp_path)
    assert run([*words[1:], "--no-record", "--quiet"]) == 0
    assert read(tmp_path / "again.png").equal(read(folder / f"{STOPS[0].name}.png"))


def test_an_early_end_keeps_what_is_ready(tmp_path):
    with pytest.raises(Cancelled):
        tour(tmp_path, quick=True, observers=[Watch(end_at=f"2/{len(STOPS)}")])
    assert (tmp_path / f"{STOPS[0].name}.png").is_file()
    assert (tmp_path / "contact.png").is_file()
    text = Page((tmp_path / "index.html").read_text()).text
    assert "2 pictures so far" in text
    assert "stopped after step 1 of 2" in text


def test_inputs_have_the_size_that_forecasts_are_told():
    for name in PICTURES:
        image = picture(name, quick=True)
        assert (image.shape[-1], image.shape[-2]) == size(name, quick=True), name
    for name in ("china", "chelsea"):
        image = picture(name)
        assert (image.shape[-1], image.shape[-2]) == PICTURES[name].size, name


def test_every_stop_names_a_method_and_its_inputs():
    for stop in STOPS:
        assert list(stop.inputs) == [item.name for item in METHODS[stop.method].load().inputs if not item.flag]
