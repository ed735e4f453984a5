"""Optimising a picture through a perceptual network: what texture, style and reconstruction share."""

from impasto.synthesis.cost import facts, forecast
from impasto.synthesis.descent import descend
from impasto.synthesis.objective import StyleObjective
from impasto.synthesis.schedule import Scale, schedule, total_steps
from impasto.synthesis.settings import SynthesisConfig, style_layers

__all__ = [
    "Scale",
    "StyleObjective",
    "SynthesisConfig",
    "descend",
    "facts",
    "forecast",
    "schedule",
    "style_layers",
    "total_steps",
]
