"""What is said to be compiled already, against what numba then does."""

from __future__ import annotations

import importlib.util
import os

import pytest

from impasto import compilation
from impasto.compilation import is_compiled
from impasto.textures.kwatra import Kwatra, KwatraConfig
from impasto.textures.quilt import Quilt, QuiltConfig

SOURCE = """
from numba import njit

@njit(cache=True)
def doubled(x):
    return 2 * x
"""


def imported(path):
    spec = importlib.util.spec_from_file_location("kernels", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.doubled


def test_a_kernel_of_an_older_source_is_not_compiled(tmp_path):
    path = tmp_path / "kernels.py"
    path.write_text(SOURCE)
    kernel = imported(path)
    assert not is_compiled(kernel)
    assert kernel(2) == 4
    assert is_compiled(kernel)
    again = imported(path)
    assert is_compiled(again)
    again(2)
    assert sum(again.stats.cache_hits.values()) == 1  # as was said
    path.write_text(SOURCE.replace("2 * x", "x + x + 0"))
    os.utime(path, (1, 1))
    assert list((tmp_path / "__pycache__").glob("*.nbi"))
    assert not is_compiled(imported(path))


def test_an_index_that_cannot_be_read_is_none(tmp_path):
    path = tmp_path / "kernels.py"
    path.write_text(SOURCE)
    imported(path)(2)
    for index in (tmp_path / "__pycache__").glob("*.nbi"):
        index.write_bytes(b"")
    assert not is_compiled(imported(path))


@pytest.mark.parametrize("method", [Kwatra(KwatraConfig(device="cpu")), Quilt(QuiltConfig(device="cpu"))])
def test_a_forecast_says_what_is_to_be_compiled(method, monkeypatch):
    monkeypatch.setattr(compilation, "is_compiled", lambda _: False)
    assert method.forecast({"exemplar": [(64, 64)]}).notice.startswith("compiling ")
    monkeypatch.setattr(compilation, "is_compiled", lambda _: True)
    assert method.forecast({"exemplar": [(64, 64)]}).notice == ""
