"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tiny import Place


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


@pytest.fixture(scope="session")
def place(tmp_path_factory) -> Place:
    """A folder with pictures and trained networks, all tiny; each is made when it is first asked for."""
    return Place(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def tiny_texture_network(place) -> Path:
    """The run in which a tiny texture network was trained."""
    return place.path("texture-network")


@pytest.fixture(scope="session")
def tiny_style_network(place) -> Path:
    """The run in which a tiny style network was trained."""
    return place.path("style-network")
