"""Recipes whose settings and inputs do not agree, and those that ask for a training: refused, not guessed."""

from __future__ import annotations

import pytest

from impasto.errors import InputError
from impasto.inputs import Input
from impasto.registry import METHODS
from impasto.runs.older import upgraded
from impasto.runs.sources import check_counts
from impasto.styles.gatys import GatysStyle

FIRST = {"method": "vary patches", "inputs": [{"name": "image", "path": "a.png", "sha256": "0", "size": [9, 9]}]}


@pytest.mark.parametrize("name", ["mask", "mix", "guide", "exemplar_guide", "style_map", "region"])
def test_a_setting_of_an_early_recipe_that_meant_a_picture_stays_where_that_is_gone(name):
    """There it is an unknown option; with the picture it is that picture."""
    recipe = {**FIRST, "version": 1, "config": {"seed": 0, name: "b.png"}}
    assert name in upgraded(recipe)["config"]
    inputs = ["region0_mask", "region0_style"] if name == "region" else [f"{name}0" if name == "mix" else name]
    more = [{"name": each, "path": "b.png", "sha256": "1", "size": [9, 9]} for each in inputs]
    assert name not in upgraded({**recipe, "inputs": FIRST["inputs"] + more})["config"]
    assert name not in upgraded({**recipe, "config": {name: None}})["config"]


def test_a_picture_to_begin_with_and_another_choice_are_not_both_meant():
    assert any(isinstance(item, Input) and item.choice for item in GatysStyle.inputs)
    counts = {"content": 1, "style": 1, "init": 1}
    check_counts(GatysStyle(GatysStyle.Config(init="picture")), counts)
    with pytest.raises(InputError, match=r"^init is 'content', and init is given too: leave one out$"):
        check_counts(GatysStyle(GatysStyle.Config(init="content")), counts)


def test_every_experiment_that_trains_says_so():
    methods = {name: entry.load() for name, entry in METHODS.items()}
    assert methods["experiment gan-hyperparameters"](methods["experiment gan-hyperparameters"].Config()).trains
    assert all(method(method.Config()).trains for method in methods.values() if method.makes == "model")
