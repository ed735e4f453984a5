"""Gram matrices against histograms of features (the fourth document, sections 2.2.2 and 4; Risser et al. 2017)."""

from __future__ import annotations

from impasto.experiments.histogram_loss.comparison import run

__all__ = ["run"]
