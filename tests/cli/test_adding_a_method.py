"""docs/adding-a-method.md says what is so: its code is the code, its commands do what it shows."""

from __future__ import annotations

import inspect
import json
import re
import shlex
from pathlib import Path

import pytest

from impasto import registry
from impasto.errors import Cancelled
from impasto.images import read_recipe
from impasto.runs.enter import enter
from impasto.runs.execute import carry_on
from impasto.runs.job import prepare
from impasto.runs.losses import read_losses
from impasto.textures import pyramid

PAGE = (Path(__file__).parents[2] / "docs" / "adding-a-method.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)


def test_the_code_on_the_page_is_the_code():
    sources = inspect.getsource(pyramid), inspect.getsource(registry)
    blocks = [code for kind, code in BLOCKS if kind == "python"]
    assert len(blocks) == 5
    for code in blocks:
        assert any(code in source for source in sources), code


def test_the_commands_on_the_page_do_what_it_shows(impasto, plaster, tmp_path):
    (lines,) = [text.splitlines() for kind, text in BLOCKS if kind == "console"]
    for number, line in enumerate(lines):
        if not line.startswith("$ impasto "):
            continue
        said = impasto(*shlex.split(line)[2:])
        answer = lines[number + 1] if number + 1 < len(lines) and lines[number + 1][0] != "$" else None
        assert said.status == (2 if answer else 0), said.err
        assert answer is None or said.err == answer + "\n"
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "more.png").read_bytes()


@pytest.fixture
def copied(tmp_path_factory, monkeypatch):
    """The page's method as somebody else's: a new file, another name, and a line in the registry."""
    folder = tmp_path_factory.mktemp("mine")
    source = inspect.getsource(pyramid).replace("texture pyramid", "texture copied")
    (folder / "copied_pyramid.py").write_text(source)
    monkeypatch.syspath_prepend(folder)
    entry = registry.Entry("copied_pyramid:PyramidTexture", "A copy.")
    monkeypatch.setitem(registry.METHODS, "texture copied", entry)


@pytest.mark.usefixtures("copied")
def test_a_new_method_gets_flags_record_recipe_resume_and_report(impasto, plaster, tmp_path):
    assert "--orientations" in impasto("texture", "copied", "--help").out
    words = ["--size", "32x24", "--levels", "2", "--steps", "6"]
    assert impasto("texture", "copied", plaster, *words, "-o", "a.png", "-q").status == 0
    assert read_recipe(tmp_path / "a.png")["method"] == "texture copied"
    (folder,) = (tmp_path / "runs").iterdir()
    assert json.loads((folder / "run.json").read_text())["config"]["levels"] == 2
    assert "texture copied" in (folder / "report.html").read_text()

    class Stop:
        def step(self, step):
            if step.index == 3:
                raise Cancelled

        def checkpoint(self):
            return None

    kind = registry.method("texture copied")
    job = prepare(kind(kind.Config(size="32x24", levels=2, steps=6)), {"exemplar": [str(plaster)]})
    stopped = enter(job, tmp_path / "runs", output=tmp_path / "b.png")
    carry_on(stopped, observers=[Stop()])
    assert impasto("runs", "resume", stopped.path, "-q").status == 0
    assert (tmp_path / "b.png").read_bytes() == (tmp_path / "a.png").read_bytes()
    assert read_losses(stopped.losses)["step"] == [1, 2, 3, 4, 5, 6]
