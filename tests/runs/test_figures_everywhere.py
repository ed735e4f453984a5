"""An experiment's charts, from Python and from the command line."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

import impasto
from impasto.cli.app import run
from impasto.tables import Chart


def test_charts_reach_python_and_the_answer_of_a_command(tmp_path, capsys):
    found = impasto.run("experiment autograd", {}, sizes=(5, 16), repeats=2)
    (chart,) = found.figures
    assert isinstance(chart, Chart)
    assert (
        run(["experiment", "autograd", "--sizes", "5,16", "--repeats", "2", "--out", str(tmp_path / "e"), "--json"])
        == 0
    )
    (path,) = json.loads(capsys.readouterr().out)["figures"]
    assert Path(path).stem == chart.name
    assert Image.open(path).width > 100
