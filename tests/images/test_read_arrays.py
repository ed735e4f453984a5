"""Pictures in memory: documented ranges and shapes, and refusals of the rest."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from impasto.errors import InputError
from impasto.images import read, read_size


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6), st.sampled_from([1, 3]))))
def test_uint8_is_divided_by_255(array):
    out = read(array)
    assert out.shape == (3, *array.shape[:2])
    assert torch.equal(
        out, torch.from_numpy(np.broadcast_to(array, (*array.shape[:2], 3)).copy()).permute(2, 0, 1) / 255
    )
    assert read_size(array) == (array.shape[1], array.shape[0])


def test_the_ranges_of_all_types():
    for top, kind in (
        (255, np.uint8),
        (65535, np.uint16),
        (1, np.float16),
        (1, np.float32),
        (1, np.float64),
        (1, bool),
    ):
        out = read(np.array([[0, top]], dtype=kind))
        assert out.tolist() == [[[0.0, 1.0]]] * 3
        if kind is not bool:
            assert torch.equal(read(torch.from_numpy(np.array([[[0, top]]], dtype=kind))), out)
    assert read(torch.tensor([[0.25, 0.5]], dtype=torch.bfloat16)).shape == (3, 1, 2)


def test_shapes_of_tensors():
    color = torch.rand(3, 4, 5)
    assert torch.equal(read(color), color)
    assert torch.equal(read(color[None]), color)
    assert torch.equal(read(color[:1]), color[:1].expand(3, -1, -1))
    opaque = torch.cat([color, torch.ones(1, 4, 5)])
    assert torch.equal(read(opaque), color)
    clear = torch.cat([color, torch.zeros(1, 4, 5)])
    assert torch.equal(read(clear, background="black"), torch.zeros(3, 4, 5))


def test_the_result_shares_no_memory_and_no_graph():
    tensor = torch.rand(3, 4, 4, requires_grad=True)
    out = read(tensor)
    assert not out.requires_grad
    out.zero_()
    assert tensor.sum() > 0
    array = np.full((4, 4, 3), 0.5, np.float32)
    read(array).zero_()
    assert array.min() == 0.5


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (np.full((2, 2), 1.01), r"found 1.01 to 1.01"),
        (np.array([[0.0, 255.0]]), "divide by 255"),
        (np.array([[-0.5, 0.5]]), "found -0.5"),
        (np.array([[np.nan, 0.5]]), "not finite"),
        (np.array([[np.inf, 0.5]]), "not finite"),
        (np.zeros((2, 2), np.int64), "int64 has no known range"),
        (np.zeros((2, 2), complex), "complex128"),
        (np.array([["a"]]), "no known range"),
        (np.zeros((3, 8, 8)), r"transpose\(1, 2, 0\)"),
        (np.zeros((8, 8, 5)), "shape"),
        (np.zeros(8), "shape"),
        (np.zeros((0, 4, 3)), "no pixels"),
        (torch.zeros(8, 8, 3), r"permute\(2, 0, 1\)"),
        (torch.zeros(2, 3, 8, 8), "one picture"),
        (torch.zeros(3, 0, 4), "no pixels"),
        (torch.full((3, 2, 2), 2.0), "found 2 to 2"),
        (torch.full((3, 2, 2), torch.nan), "not finite"),
        (torch.zeros(3, 2, 2, dtype=torch.int32), "int32"),
    ],
)
def test_other_arrays_are_refused(source, says):
    with pytest.raises(InputError, match=says) as caught:
        read(source, name="layer 3")
    assert str(caught.value).startswith("layer 3: ")
    assert str(caught.value).isprintable()


def test_rounding_errors_are_clamped():
    out = read(np.array([[-1e-6, 1 + 1e-6]]))
    assert out.min() == 0
    assert out.max() == 1
