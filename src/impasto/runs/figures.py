"""Charts as pictures, in the look of the house's pages."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from impasto.tables import Chart

DPI = 150
INK = "#23201c"
COLORS = ("#b4532a", "#2f6d8f", "#6a8c3a", "#8a5a9e", "#c9992e", "#4a4a4a")


def drawn(chart: Chart) -> bytes:
    """The chart as a PNG."""
    from cycler import cycler
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    look: Any = {
        "axes.prop_cycle": cycler(color=COLORS),
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.alpha": 0.25,
        "legend.frameon": False,
        "font.size": 10,
    }
    with rc_context(look):
        figure = Figure(figsize=chart.size, layout="constrained")
        FigureCanvasAgg(figure)
        chart.draw(figure.add_subplot())
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": None})
    return stream.getvalue()
