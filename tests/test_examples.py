"""The examples run as they are, at a small size."""

import runpy
import sys
from pathlib import Path

import pytest

from impasto.images import read, read_recipe

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("0*.py"))
QUICK = ["--size", "48", "--iterations", "2"]


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_makes_a_picture_with_a_recipe(script, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [str(script), "-o", "picture.png", *QUICK])
    runpy.run_path(str(script), run_name="__main__")
    assert capsys.readouterr().out.splitlines()[-1] == "picture.png"
    assert read("picture.png").std() > 0.01
    assert read_recipe("picture.png")["config"]["iterations"] == [2]


def test_there_are_five_examples():
    assert [path.stem[:2] for path in EXAMPLES] == ["01", "02", "03", "04", "05"]
