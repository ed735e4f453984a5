"""What the tests of all methods share: the cases, one after the other, and each one's run that nobody stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
from whole import Whole

from tiny import CASES, Case


@pytest.fixture(scope="session", params=CASES, ids=lambda case: case.name)
def case(request) -> Case:
    """All tests of a case come together, so that what they share is made once, by one process."""
    found: Case = request.param
    return found


@pytest.fixture(scope="session")
def whole(case, place, tmp_path_factory) -> Whole:
    """The case's runs to the end."""
    return Whole(case, place, tmp_path_factory.mktemp("whole"))


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
