"""The reports' experiments, one file each: a sweep, then a table, figures and a page (see docs/experiments.md)."""

from __future__ import annotations

from impasto.registry import Entry

EXPERIMENTS: dict[str, Entry] = {
    "autograd": Entry("impasto.experiments.autograd:run", "Backward passes written by hand against PyTorch's own."),
    "texture-methods": Entry("impasto.experiments.texture_methods:run", "Ways to make a texture, compared."),
    "texture-scales": Entry("impasto.experiments.texture_scales:run", "A texture with 1, 2, 3 ... scales."),
}
"""Every experiment by the name that calls it; its module is imported when it is asked for."""

DEMO = Entry("impasto.demo.tour:tour", "The tour: real inputs, a few minutes, one contact sheet.")
