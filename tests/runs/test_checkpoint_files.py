"""A checkpoint comes back exactly, or not at all."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from impasto.images.write import aside_of
from impasto.observers import Checkpoint
from impasto.runs.checkpoint import load, save

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
keys = st.integers() | st.text(max_size=5)
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(keys, inner, max_size=3)
    ),
    max_leaves=8,
)


def same(a, b) -> bool:
    if type(a) is not type(b):
        return False
    if isinstance(a, torch.Tensor):
        return (
            a.dtype == b.dtype
            and a.shape == b.shape
            and torch.equal(a.view(-1).view(torch.uint8), b.view(-1).view(torch.uint8))
        )
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return a.hex() == b.hex() if not math.isnan(a) else math.isnan(b)
    return a == b


@given(trees)
def test_any_nested_state_comes_back_exactly(tmp_path_factory, tree):
    folder = tmp_path_factory.mktemp("checkpoint")
    save(folder, Checkpoint(3, {"tree": tree}))
    found = load(folder)
    assert found.index == 3
    assert same(found.state, {"tree": tree})


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.int64, torch.uint8, torch.bool])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_tensors_of_every_kind_come_back_exactly(tmp_path, dtype, shape):
    tensor = (torch.rand(shape) * 2).to(dtype)
    state = {"a": tensor, "alias": tensor, "turned": tensor.T if tensor.ndim == 2 else tensor}
    save(tmp_path, Checkpoint(1, state))
    assert all(torch.equal(load(tmp_path).state[name], value) for name, value in state.items())
    assert load(tmp_path).state["a"].dtype == dtype


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.LBFGS])
def test_an_optimizer_goes_on_as_if_it_had_not_stopped(tmp_path, kind):
    def steps(image, optimizer, count):
        for _ in range(count):

            def closure():
                optimizer.zero_grad()
                loss = (image.sin() + image**2).sum()
                loss.backward()
                return loss

            optimizer.step(closure)

    straight = torch.linspace(-1, 1, 7).requires_grad_()
    steps(straight, kind([straight], lr=0.1), 6)

    first = torch.linspace(-1, 1, 7).requires_grad_()
    optimizer = kind([first], lr=0.1)
    steps(first, optimizer, 3)
    save(tmp_path, Checkpoint(3, {"image": first, "optimizer": optimizer.state_dict()}))
    found = load(tmp_path).state
    assert same(found["optimizer"], optimizer.state_dict())
    second = found["image"].clone().requires_grad_()
    optimizer = kind([second], lr=0.1)
    optimizer.load_state_dict(found["optimizer"])
    steps(second, optimizer, 3)
    assert torch.equal(second, straight)


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "text"])
def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(tmp_path, damage):
    save(tmp_path, Checkpoint(1, {"x": torch.ones(50)}))
    path = save(tmp_path, Checkpoint(2, {"x": torch.zeros(50)}))
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes({"cut": path.read_bytes()[:-9], "flip": bytes(data), "empty": b"", "text": b"hello"}[damage])
    assert load(tmp_path).index == 1


def test_a_half_written_checkpoint_does_not_count_and_old_ones_go(tmp_path):
    assert load(tmp_path) is None
    aside_of(tmp_path / "00000001.safetensors").write_bytes(b"half")
    assert load(tmp_path) is None
    for index in range(1, 6):
        save(tmp_path, Checkpoint(index, {}))
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["00000004.safetensors", "00000005.safetensors"]


def test_what_json_cannot_hold_is_refused(tmp_path):
    with pytest.raises(TypeError, match="cannot hold a set"):
        save(tmp_path, Checkpoint(1, {"x": {1, 2}}))
