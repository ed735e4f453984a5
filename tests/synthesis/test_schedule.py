"""The sizes and steps from coarse to fine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.errors import InputError
from impasto.synthesis import SynthesisConfig, schedule, total_steps


def test_each_scale_is_twice_the_last_and_the_finest_is_the_picture():
    scales = schedule(SynthesisConfig(scales=4, iterations=(5,)), 200, 304)
    assert [scale.size for scale in scales] == [(25, 38), (50, 76), (100, 152), (200, 304)]
    assert [scale.factor for scale in scales] == [1 / 8, 1 / 4, 1 / 2, 1]
    assert [scale.index for scale in scales] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("iterations", "steps"),
    [((7,), [7, 7, 7, 7]), ((9, 2), [9, 9, 9, 2]), ((4, 3, 2, 1), [4, 3, 2, 1]), ((6, 5, 4, 3, 2, 1), [4, 3, 2, 1])],
)
def test_the_last_number_of_steps_is_for_the_finest_and_the_first_for_all_coarser(iterations, steps):
    scales = schedule(SynthesisConfig(scales=4, iterations=iterations), 256, 256)
    assert [scale.steps for scale in scales] == steps


@given(
    st.integers(0, 3), st.lists(st.integers(1, 9), min_size=1, max_size=8), st.integers(128, 900), st.integers(0, 50)
)
def test_the_scales_follow_one_another_without_a_gap(count, iterations, side, first):
    scales = schedule(SynthesisConfig(scales=count, iterations=tuple(iterations)), side, 2 * side, first=first)
    assert scales[0].first == first
    assert all(after.first == scale.first + scale.steps for scale, after in zip(scales, scales[1:], strict=False))
    assert total_steps(scales) == first + sum(scale.steps for scale in scales)


@given(st.integers(16, 5000), st.integers(16, 5000))
def test_sizes_chosen_for_the_user_are_never_too_small(height, width):
    scales = schedule(SynthesisConfig(), height, width)
    assert scales[-1].size == (height, width)
    assert 1 <= len(scales) <= 8
    assert min(scales[0].size) >= 16
    assert min(scales[0].size) >= 32 or len(scales) == 1
    assert min(scales[0].size) < 64


@pytest.mark.parametrize(("side", "count"), [(255, 4), (256, 4), (257, 4), (511, 5), (512, 5), (63, 2), (62, 1)])
def test_a_pixel_less_than_a_power_of_two_takes_no_scale_away(side, count):
    scales = schedule(SynthesisConfig(), side, 300 + side)
    assert len(scales) == count


def test_pictures_are_enlarged_for_the_network_but_not_above_a_size():
    config = SynthesisConfig(scales=3, enlarge=2, enlarge_to=400, iterations=(1,))
    assert [scale.enlarge for scale in schedule(config, 100, 500)] == pytest.approx([2, 1.6, 1])


def test_too_many_scales_are_refused_with_the_number_that_fits():
    with pytest.raises(InputError, match=r"^scales: 5 would .* 16 pixels a side; 100x80 allows 3$"):
        schedule(SynthesisConfig(scales=5), 80, 100)
    assert len(schedule(SynthesisConfig(scales=3), 80, 100)) == 3


def test_a_picture_that_is_too_small_for_any_scale_is_refused():
    with pytest.raises(InputError, match=r"^size must be at least 16 pixels a side, got 400x9$"):
        schedule(SynthesisConfig(), 9, 400)
