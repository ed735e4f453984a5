"""Which pictures a step gets, and what becomes of them."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from impasto.data import Batches, Part, Pictures, unit
from impasto.data.order import hashes, of_step
from impasto.errors import InputError
from impasto.observers import Checkpoint, snapshot
from impasto.runs import checkpoint


def numbered(count, side=4):
    """Pictures each of whose bytes are its number, labelled by it modulo 3."""
    pixels = torch.arange(count, dtype=torch.uint8)[:, None, None, None].expand(-1, 3, side, side)
    return Pictures.of(pixels, [number % 3 for number in range(count)], ("a", "b", "c"), "numbered")


def seen(batch):
    return (batch.pictures[:, 0, 0, 0] * 255).round().int().tolist()


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 300), st.integers(1, 130), st.integers(0, 2**63 - 1))
def test_every_epoch_has_every_picture_once_however_the_batches_fall(count, batch, seed):
    steps = -(-2 * count // batch)
    row = np.concatenate([of_step(step, batch=batch, count=count, seed=seed) for step in range(steps)])
    for epoch in (row[:count], row[count : 2 * count]):
        assert np.array_equal(np.sort(epoch), np.arange(count))


def test_all_orders_of_four_pictures_come_equally_often():
    orders = Counter(tuple(of_step(0, batch=4, count=4, seed=seed).tolist()) for seed in range(480))
    expected = 480 / 24
    assert len(orders) == 24
    assert sum((each - expected) ** 2 / expected for each in orders.values()) < 49.7  # chi-squared of 23, p = .001


def test_the_order_of_many_is_as_random_as_numpys():
    count = 20_000
    first, other = (of_step(0, batch=count, count=count, seed=seed) for seed in (0, 1))
    later = of_step(1, batch=count, count=count, seed=0)
    for one, two in ((first, other), (first, later), (first[:-1], first[1:]), (first, np.arange(count))):
        assert abs(np.corrcoef(one, two)[0, 1]) < 4 / count**0.5
    assert (first == later).sum() < 10  # one is expected
    of_three_million = of_step(11_718, batch=256, count=3_000_000, seed=5)
    assert len(set(of_three_million.tolist())) >= 255  # an epoch ends within this batch


def test_hashes_are_the_published_numbers_of_splitmix64():
    """The first of Vigna's generator (splitmix64.c) for the state 0."""
    assert [hex(each) for each in hashes(np.arange(1, 4), 0).tolist()] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]


def test_a_batch_is_a_function_of_its_step_alone():
    data = numbered(40)
    straight = Batches(data, batch=16, seed=3, flip=True, workers=2)
    in_order = [straight.at(step) for step in range(6)]
    back = Batches(data, batch=16, seed=3, flip=True, workers=0)
    for step in (5, 0, 3):
        for one, two in zip(in_order[step][:2], back.at(step)[:2]):
            assert torch.equal(one, two)
    assert seen(Batches(data, batch=16, seed=4, prepare=unit).at(0)) != seen(
        Batches(data, batch=16, seed=3, prepare=unit).at(0)
    )


def test_processes_share_what_one_alone_would_have():
    data = numbered(50)
    alone = Batches(data, batch=10, seed=0, prepare=unit, flip=True, crop=3).at(7)
    team = [SimpleNamespace(rank=rank, size=3) for rank in range(3)]
    parts = [Batches(data, batch=10, seed=0, prepare=unit, flip=True, crop=3, team=member).at(7) for member in team]
    assert [len(part.labels) for part in parts] == [3, 3, 4]
    assert torch.equal(torch.cat([part.pictures for part in parts]), alone.pictures)
    assert torch.equal(torch.cat([part.labels for part in parts]), alone.labels)


def test_pictures_become_floats_with_their_labels():
    batch = Batches(numbered(256), batch=256, seed=0).at(0)
    values = batch.pictures[:, 0, 0, 0]
    assert (float(values.min()), float(values.max())) == (-1, 1)
    assert batch.pictures.dtype == torch.float32
    assert torch.equal(((values + 1) * 127.5).round().long() % 3, batch.labels)


def test_flips_and_crops_are_drawn_evenly_and_alike_for_both_of_a_pair():
    ramp = torch.arange(36, dtype=torch.uint8).reshape(1, 1, 6, 6).expand(600, 2, 6, 6).contiguous()
    pairs = Pictures("pairs", ramp.numpy(), "", paired=True)
    batch = Batches(pairs, batch=600, seed=1, prepare=unit, flip=True, crop=4).at(0)
    assert torch.equal(batch.pictures, batch.partners)
    assert batch.pictures.shape == (600, 3, 4, 4)
    rows = (batch.pictures[:, 0] * 255).round().int()
    mirrored = rows[:, 0, 0] > rows[:, 0, 1]
    corners = Counter(torch.minimum(rows[:, 0, 0], rows[:, 0, 3]).tolist())
    assert 250 < int(mirrored.sum()) < 350
    assert set(corners) == {6 * y + x for y in range(3) for x in range(3)}
    assert min(corners.values()) > 35


def test_going_on_with_other_pictures_is_refused(tmp_path):
    batches = Batches(numbered(9), batch=2, seed=0)
    checkpoint.save(tmp_path, Checkpoint(1, snapshot({"data": batches})))
    state = checkpoint.load(tmp_path).state["data"]
    Batches(numbered(9), batch=4, seed=1).load_state_dict(state)
    with pytest.raises(InputError, match=r"numbered: the pictures are not those .*\(9 then, 8 now\)"):
        Batches(numbered(8), batch=2, seed=0).load_state_dict(state)


def test_a_part_of_a_set_is_a_set():
    part = Part(numbered(9), np.array([7, 2, 5]))
    assert [int(part[number].picture[0, 0, 0]) for number in range(3)] == [7, 2, 5]
    assert part.take([2, 0]).labels.tolist() == [2, 1]
    assert len({part.fingerprint, part.whole.fingerprint, Part(part.whole, np.array([2, 7, 5])).fingerprint}) == 3
    with pytest.raises(IndexError):
        numbered(9)[9]


def test_what_cannot_be_cropped_is_refused():
    with pytest.raises(InputError, match="crop must be at most 4, the pictures being 4x4, got 5"):
        Batches(numbered(3), batch=1, seed=0, crop=5)
