"""Sums by memory that several see, here threads in the place of processes, against sums of all parts."""

from __future__ import annotations

import errno
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from impasto.errors import InputError
from impasto.training import shared_sums
from impasto.training.shared_sums import SLOT, SharedSums

SIZES = (1, 7, SLOT // 4, SLOT // 4 + 1, SLOT + 5)  # numbers of four bytes: one slot is full, one has one left over


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_each_gets_the_sum_of_all_parts(dtype, tmp_path):
    ends = [SharedSums(tmp_path, rank, 3) for rank in range(3)]
    random = torch.Generator().manual_seed(0)
    parts = [torch.randn(3, size, generator=random, dtype=dtype) for size in SIZES for _ in range(3)]

    def add(rank: int) -> list[torch.Tensor]:
        made = [each[rank].clone() for each in parts]
        for each in made:
            ends[rank].add(each)
        return made

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(add, range(3)))
    for number, each in enumerate(parts):
        assert torch.allclose(found[0][number], each.sum(0), atol=1e-6)
        assert all(torch.equal(other[number], found[0][number]) for other in found[1:])


def test_who_waits_for_one_that_has_ended_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(shared_sums, "EAGER", 0.0)
    monkeypatch.setattr(shared_sums, "DOUBT", 2)
    ends = [SharedSums(tmp_path, rank, 2) for rank in range(2)]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ends[0].add, torch.ones(3))
        ends[1].close()
        with pytest.raises(RuntimeError, match="process 1 of 2 has ended"):
            waiting.result(20)


def test_one_that_ended_after_its_part_is_not_missed(tmp_path, monkeypatch):
    monkeypatch.setattr(shared_sums, "EAGER", 0.0)
    monkeypatch.setattr(shared_sums, "DOUBT", 1)
    monkeypatch.setattr(shared_sums, "REST", 0.3)
    ends = [SharedSums(tmp_path, rank, 2) for rank in range(2)]
    with ThreadPoolExecutor(2) as pool:
        values = torch.ones(3)
        waiting = pool.submit(ends[0].add, values)
        time.sleep(0.1)  # it has looked, and rests
        pool.submit(ends[1].add, torch.ones(3)).result(20)
        ends[1].close()
        waiting.result(20)
    assert values.tolist() == [2, 2, 2]


def test_a_disk_without_space_is_told(tmp_path, monkeypatch):
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(InputError, match="no space"):
        SharedSums(tmp_path, 0, 2)
