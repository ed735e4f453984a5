from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.features import Padding
from impasto.features.padding import pad, same_padding

NUMPY_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap", "zero": "constant"}
amounts = st.tuples(st.integers(0, 5), st.integers(0, 5))


@pytest.mark.parametrize("mode", list(NUMPY_MODES))
@given(height=st.integers(1, 6), width=st.integers(1, 6), rows=amounts, columns=amounts)
@settings(max_examples=40, deadline=None)
def test_padding_equals_numpys_for_any_amount(
    mode: Padding, height: int, width: int, rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    image = torch.arange(height * width, dtype=torch.float32).view(1, 1, height, width)
    expected = np.pad(image[0, 0].numpy(), (rows, columns), mode=NUMPY_MODES[mode])  # type: ignore[call-overload]
    assert np.array_equal(pad(image, rows, columns, mode)[0, 0].numpy(), expected)


@given(size=st.integers(1, 200), kernel=st.sampled_from([1, 3, 5]), stride=st.integers(1, 2))
def test_same_padding_gives_the_size_divided_by_the_stride_rounded_up(size: int, kernel: int, stride: int) -> None:
    before, after = same_padding(size, kernel, stride)
    assert (size + before + after - kernel) // stride + 1 == -(-size // stride)
    assert after - before in (0, 1)
