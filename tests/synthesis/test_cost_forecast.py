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
from impasto.synthesis.objective import StyleObjective
from impasto.textures.sliced_features import SlicedFeaturesTextureConfig

PLAIN = SynthesisConfig(network_weights="random", patch_weight=0.0, scales=1, iterations=(10,), enlarge=1.0)

MEASURED = """
import pathlib, sys
from impasto.cli.app import run
status = run(sys.argv[1:])
# Not ru_maxrss: a new process begins with that of the one that started it.
lines = pathlib.Path("/proc/self/status").read_text().splitlines()
print(next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")))
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
    enlarged = PLAIN.model_copy(update={"enlarge": 2.0, "enlarge_to": 8192})
    assert forecast(enlarged, 1024, 1024).memory > 2 * forecast(PLAIN, 1024, 1024).memory
    assert forecast(enlarged, 512, 512).memory - one.fixed > 2 * (one.memory - one.fixed)


def test_the_layers_of_a_content_count_where_there_is_one():
    shallow = PLAIN.model_copy(update={"layers": ("stem",)})
    texture, style = forecast(shallow, 512, 512), forecast(shallow, 512, 512, content_layers=())
    assert texture.memory < style.memory == forecast(shallow, 512, 512, content_layers=("e6",)).memory


def test_many_sets_of_directions_are_foreseen_and_not_measured(monkeypatch):
    """Foreseeing 256 of them took a minute, and it was said that the run would take none."""
    built = []
    whole = StyleObjective.__init__
    monkeypatch.setattr(
        StyleObjective, "__init__", lambda self, *given: built.append(given[1].direction_sets) or whole(self, *given)
    )
    plain = {"network_weights": "random", "patch_weight": 0.0, "scales": 1, "iterations": (3,), "enlarge": 1.0}
    few, many = (
        forecast(SlicedFeaturesTextureConfig(**plain, direction_sets=sets), 160, 160).seconds for sets in (1, 200)
    )
    assert set(built) <= {1, 3}
    assert 10 * few < many < 3000 * few
    same = {
        forecast(SlicedFeaturesTextureConfig(**plain, direction_sets=sets, optimizer="lbfgs"), 160, 160).seconds
        for sets in (1, 200)
    }
    assert len(same) == 1  # L-BFGS takes one set


def test_padding_that_copies_the_features_needs_more_memory():
    plain, tile = forecast(PLAIN, 512, 512), forecast(PLAIN, 512, 512, padding="circular")
    assert tile.memory > plain.memory
    assert forecast(PLAIN.model_copy(update={"padding": "circular"}), 512, 512).memory == tile.memory


def test_a_step_is_measured_once_for_all_pictures_of_a_batch():
    first = forecast(PLAIN, 64, 64)
    assert forecast(PLAIN.model_copy(update={"seed": 7}), 64, 64).seconds == first.seconds  # to the last bit
    assert forecast(PLAIN, 128, 128).seconds > first.seconds


def test_a_busy_machine_is_not_taken_for_a_slow_one():
    idle = forecast(PLAIN.model_copy(update={"projections": 33}), 512, 512)
    burn = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(3 * (os.cpu_count() or 1))]
    try:
        busy = forecast(PLAIN.model_copy(update={"projections": 34}), 512, 512)
    finally:
        for process in burn:
            process.kill()
            process.wait()
    assert busy.seconds < 2 * idle.seconds  # each process had a quarter of a core, or less


def test_the_memory_of_patches_is_that_of_the_exemplars():
    config = PLAIN.model_copy(update={"patch_weight": 1.0})
    without = forecast(PLAIN, 256, 256, exemplars=[(512, 512)])
    one, two = (forecast(config, 256, 256, exemplars=[(512, 512)] * count) for count in (1, 2))
    assert 100e6 < one.memory - without.memory == two.memory - one.memory < 400e6
    assert one.fixed - without.fixed == one.memory - without.memory
    follows = forecast(config, 256, 256, exemplars=[(512, 512)], exemplars_follow=True)
    assert (follows.memory, follows.fixed) == (one.memory, without.fixed)


def test_activations_are_counted_up_to_the_last_layer_that_is_needed():
    network = load_network("vgg16", weights="random")
    # relu1_1 and relu1_2, 64 channels each, take the place of conv1_1 and conv1_2 unless these are wanted too
    assert activations(network, ["relu1_2"], 32, 48) == 2 * 64 * 32 * 48
    assert activations(network, ["conv1_1", "relu1_2"], 32, 48) == 3 * 64 * 32 * 48
    assert activations(network, ["relu1_1", "pool1"], 32, 48) == (2 * 32 * 48 + 16 * 24) * 64


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


@pytest.mark.parametrize("network", ["efficientnet-lite0", "vgg16"])
def test_the_memory_of_a_real_run_is_what_was_foreseen(tmp_path, capsys, network):
    exemplar = tmp_path / "exemplar.png"
    Image.effect_noise((384, 384), 60).convert("RGB").save(exemplar)
    words = ["texture", "gram", str(exemplar), "-o", str(tmp_path / "out.png"), "-q", "--no-record", "--threads", "1"]
    words += ["--scales", "1", "--iterations", "1", "--enlarge", "1"]
    words += ["--network", network, "--network-weights", "random"]
    assert run([*words, "--dry-run"]) == 0
    said = json.loads(capsys.readouterr().out)["forecast"]["memory"]
    command = [sys.executable, "-c", MEASURED, *words]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    peak = int(done.stdout.split()[-1])
    assert said / 1.3 < peak < said * 1.3
