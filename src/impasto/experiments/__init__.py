"""The reports' experiments, one file each: a sweep, then a table, figures and a page (see docs/experiments.md)."""

from __future__ import annotations

from impasto.registry import Entry

EXPERIMENTS: dict[str, Entry] = {
    "autograd": Entry("impasto.experiments.autograd:run", "Backward passes written by hand against PyTorch's own."),
    "colour": Entry("impasto.experiments.colour:run", "Ways to keep a photo's colours in style transfer."),
    "histogram-loss": Entry("impasto.experiments.histogram_loss:run", "Gram matrices against histograms of features."),
    "style-layers": Entry("impasto.experiments.style_variants.layers:run", "Content by each layer; more style layers."),
    "style-networks": Entry("impasto.experiments.style_variants.networks:run", "Networks and poolings for style."),
    "style-optimizers": Entry("impasto.experiments.style_variants.optimizers:run", "Adam, SGD and L-BFGS for style."),
    "style-reconstruction": Entry(
        "impasto.experiments.style_variants.reconstruction:run", "Style and content found again from more layers."
    ),
    "texture-methods": Entry("impasto.experiments.texture_methods:run", "Ways to make a texture, compared."),
    "texture-scales": Entry("impasto.experiments.texture_scales:run", "A texture with 1, 2, 3 ... scales."),
}
"""Every experiment by the name that calls it; its module is imported when it is asked for."""

DEMO = Entry("impasto.demo.tour:tour", "The tour: real inputs, a few minutes, one contact sheet.")
