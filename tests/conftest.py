"""What all tests share: one thread, tiny things to run methods on, and a limit to what a test may cost."""

from __future__ import annotations

import gc
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from impasto.cli.allocator import keep_freed_memory, share_the_cores

share_the_cores()  # as each command does before torch is loaded
keep_freed_memory()

import torch  # noqa: E402

from tiny import Place  # noqa: E402

LIMIT = float(os.environ.get("IMPASTO_TEST_SECONDS", "5"))  # seconds of a test without its fixtures; 0: no limit
USUAL = 0.035  # seconds in which a processor counts to a million; a slower one has more time
SLOW = {
    "tests/contract/test_killed.py": "runs that live, and are killed, some hundred times",
    "tests/contract/test_promises.py::test_stopped_at": "three lives of a case",
    "tests/cli/test_batches.py::test_a_killed": "a process, and runs that wait at each step",
    "tests/cli/test_clip_commands.py::test_ctrl_c": "three processes that import everything",
    "tests/cli/test_command_processes.py::test_a_killed": "two processes, and two runs that wait at each step",
    "tests/cli/test_command_processes.py::test_the_second": "a process that waits three seconds at a step",
    "tests/demo/test_tour.py::test_an_early_end": "the tour once more",
    "tests/export/test_export.py::test_colours_are": "torch exports a graph of any size",
    "tests/export/test_export.py::test_patches_are": "torch exports a graph of any size",
    "tests/export/test_export.py::test_style_fast": "torch exports a graph of a thousand nodes",
    "tests/preparation/test_shared_duplicates.py::test_processes": "a process that imports everything",
    "tests/styles/test_network_style.py::test_onnxruntime": "a training, and an export",
    "tests/synthesis/test_cost_forecast.py::test_the_memory": "real runs in processes of their own",
    "tests/synthesis/test_tiled_objective.py::test_a_picture": "pictures of several tiles",
    "tests/training/test_processes.py": "two further processes, which import everything",
    "tests/test_examples.py": "drawings of full size",
    "tests/textures/test_gram_texture.py::test_a_tile": "whole syntheses",
}
"""Tests that may take longer, by the beginnings of their names, and why."""
FOLDERS = 10  # in the table of the slowest


class Budget:
    """Adds up what the tests of each folder cost, says so at the end, and fails the session for a test over the limit.

    With pytest-xdist the process that hands out the tests sees the reports of all others.
    """

    def __init__(self) -> None:
        self._seconds: Counter[str] = Counter()
        self._tests: Counter[str] = Counter()
        self._over: dict[str, float] = {}
        self._limit = LIMIT * slowness() if is_compiled() else 0.0  # the first runs of a new checkout compile

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test's setup, call or teardown is done."""
        folder = str(PurePosixPath(report.nodeid.partition("::")[0]).parent)
        self._seconds[folder] += report.duration
        if report.when == "call":
            self._tests[folder] += 1
            if 0 < self._limit < report.duration and not report.nodeid.startswith(tuple(SLOW)):
                self._over[report.nodeid] = report.duration

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """All tests are done."""
        if self._over and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the slowest folders, and the tests that are too slow."""
        terminalreporter.section("slowest folders")
        for folder, seconds in self._seconds.most_common(FOLDERS):
            terminalreporter.write_line(f"{seconds:7.1f} s  {self._tests[folder]:5} tests  {folder}")
        if self._over:
            terminalreporter.section("too slow", red=True)
        for name, seconds in sorted(self._over.items()):
            terminalreporter.write_line(
                f"{seconds:7.1f} s  {name}: over {self._limit:.1f} s, and not in SLOW of conftest.py"
            )


def slowness() -> float:
    """How many times as long as usual this machine takes, at least once."""
    started, number = time.process_time(), 0
    while number < 1_000_000:
        number += 1
    return max(1.0, (time.process_time() - started) / USUAL)


def is_compiled() -> bool:
    """Whether numba has all kernels on the disk, no older than their sources."""
    for source in (Path(__file__).parents[1] / "src").rglob("*kernels.py"):
        made = [path.stat().st_mtime for path in (source.parent / "__pycache__").glob(f"{source.stem}.*.nbi")]
        if source.stat().st_mtime > max(made, default=0):
            return False
    return True


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # of pytest-xdist
        config.pluginmanager.register(Budget(), "budget")


def pytest_sessionstart() -> None:
    """Fixtures of modules are made before those of their tests, and are compared to what these make."""
    torch.set_num_threads(1)


def pytest_collection_finish() -> None:
    """What is here by now stays: thousands of tests and whole libraries, which garbage is not looked for in again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Whatever is compared to the last bit runs on one thread, and so do the tests that run side by side."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """What a test wrote need not outlive a power cut: a run syncs some thirty files, each for milliseconds or more."""
    real, os.fsync = os.fsync, lambda _: None
    yield
    os.fsync = real


@pytest.fixture(scope="session", autouse=True)
def _key_of_their_own(tmp_path_factory) -> None:
    """The key that runs are sealed with, and the cache, are the tests' own, also in the processes that they start."""
    os.environ["XDG_STATE_HOME"] = str(tmp_path_factory.mktemp("state"))
    os.environ["IMPASTO_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def place(tmp_path_factory) -> Place:
    """A folder with pictures and trained networks, all tiny; each is made when it is first asked for."""
    return Place(tmp_path_factory.mktemp("tiny"))
