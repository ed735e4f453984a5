"""One line for every wrong value, and the order in which origins win."""

from __future__ import annotations

import pytest
from drift_method import DriftConfig

from impasto.errors import InputError
from impasto.runs.configure import Layer, configure, preset


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"steps": 501}, "steps must be between 1 and 500, got 501"),
        ({"steps": "501"}, "steps must be between 1 and 500, got 501"),
        ({"rate": 0}, "rate must be above 0 and at most 1, got 0"),
        ({"pause": -1}, "pause must be at least 0, got -1"),
        ({"steps": "many"}, "steps must be a whole number between 1 and 500, got 'many'"),
        ({"steps": 2.5}, "steps must be a whole number between 1 and 500, got 2.5"),
        ({"rate": "fast"}, "rate must be a number above 0 and at most 1, got 'fast'"),
        ({"rate": float("nan")}, "rate must be a finite number above 0 and at most 1, got nan"),
        ({"tile": "perhaps"}, "tile must be true or false, got 'perhaps'"),
        ({"optimizer": "adm"}, "optimizer must be one of adam, lbfgs, got 'adm'; did you mean 'adam'?"),
        ({"optimizer": "qqq"}, "optimizer must be one of adam, lbfgs, got 'qqq'"),
        ({"weights": [1, "x"]}, "weights[1] must be a number, got 'x'"),
        ({"stepz": 1}, "unknown option 'stepz'; did you mean 'steps'?"),
        ({"device": "gpu"}, "device must be auto, cpu, cuda, cuda:N or mps, got 'gpu'"),
    ],
)
def test_a_wrong_value_gets_one_line(values, line):
    with pytest.raises(InputError) as caught:
        configure(DriftConfig, Layer(values))
    assert str(caught.value) == line


def test_later_layers_win_and_a_wrong_value_names_its_origin():
    config = configure(DriftConfig, preset(DriftConfig, "fast"), Layer({"steps": 7}, "a.toml"), Layer({"seed": 3}))
    assert (config.steps, config.rate, config.seed) == (7, 0.5, 3)
    with pytest.raises(InputError, match=r"^a\.toml: steps must be between 1 and 500, got 0$"):
        configure(DriftConfig, preset(DriftConfig, "fast"), Layer({"steps": 0}, "a.toml"))


def test_an_unknown_preset_names_the_nearest():
    with pytest.raises(InputError, match=r"preset must be one of fast, got 'fst'; did you mean 'fast'\?"):
        preset(DriftConfig, "fst")
