"""What a run is said to cost before it starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from impasto.cli.app import run
from impasto.features import load_network
from impasto.methods import Forecast
from impasto.synthesis import SynthesisConfig, forecast
from impasto.synthesis.cost import activations

PLAIN = SynthesisConfig(network_weights="random", patch_weight=0.0, scales=1, iterations=(10,), enlarge=1.0)

MEASURED = """
import resource, sys
from impasto.cli.app import run
status = run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
sys.exit(status)
"""


def test_larger_pictures_need_more_memory_and_time():
    found = [forecast(PLAIN, side, side) for side in (64, 256, 1024, 4096)]
    memory = [it.memory for it in found]
    assert memory == sorted(memory)
    above_fixed = [it.memory - it.fixed for it in found]
    assert above_fixed[2] == pytest.approx(16 * above_fixed[1], rel=0.02)  # as many times as there are pixels
    assert found[3].seconds > 3 * found[2].seconds


def test_the_finest_scale_decides_the_memory_and_all_scales_the_time():
    one = forecast(PLAIN, 512, 512)
    several = forecast(PLAIN.model_copy(update={"scales": 3}), 512, 512)
    twice = forecast(PLAIN.model_copy(update={"iterations": (2000,)}), 512, 512)
    assert several.memory == one.memory
    assert twice.seconds > 20 * one.seconds
    enlarged = forecast(PLAIN.model_copy(update={"enlarge": 2.0, "enlarge_to": 8192}), 512, 512)
    assert enlarged.memory > 2 * one.memory


def test_activations_are_counted_up_to_the_last_layer_that_is_needed():
    network = load_network("vgg16", weights="random")
    # conv1_1, relu1_1, conv1_2, relu1_2: 64 channels each
    assert activations(network, ["relu1_2"], 32, 48) == 4 * 64 * 32 * 48
    assert activations(network, ["relu1_1", "pool1"], 32, 48) == (4 * 32 * 48 + 16 * 24) * 64


@given(st.integers(16, 9000), st.integers(16, 9000), st.floats(0.01, 2))
def test_the_size_that_would_fit_fits_and_is_not_much_smaller_than_it_need_be(width, height, share):
    per_pixel, fixed = 1500, 450_000_000
    whole = Forecast(1.0, fixed + per_pixel * width * height, size=(width, height), fixed=fixed)
    free = fixed + int(share * per_pixel * width * height)
    fitting = whole.size_within(free)
    if fitting is None:
        assert min(width, height) * share**0.5 < 17
        return
    assert fixed + per_pixel * fitting[0] * fitting[1] <= free
    assert fitting[0] <= width
    assert fitting[1] <= height
    for new, old in zip(fitting, (width, height), strict=True):
        assert new > old * min(1, share**0.5) - 17


def test_the_memory_of_a_real_run_is_within_half_of_the_forecast(tmp_path, capsys):
    exemplar = tmp_path / "exemplar.png"
    Image.effect_noise((384, 384), 60).convert("RGB").save(exemplar)
    words = ["texture", "gram", str(exemplar), "-o", str(tmp_path / "out.png"), "-q", "--no-record", "--threads", "1"]
    words += ["--scales", "1", "--iterations", "2"]
    assert run([*words, "--dry-run"]) == 0
    said = json.loads(capsys.readouterr().out)["forecast"]["memory"]
    command = [sys.executable, "-c", MEASURED, *words]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    peak = int(done.stdout.split()[-1])
    assert said / 1.5 < peak < said * 1.5
