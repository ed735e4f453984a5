"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch


def pytest_sessionstart() -> None:
    """Fixtures of modules are made before those of their tests, and are compared to what these make."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Whatever is compared to the last bit runs on one thread, and so do the tests that run side by side."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
