"""Small charts drawn on the server: classes only, labels that never clip, and the same numbers as a table.

A function takes plain data and gives a Chart; `<c-chart :chart="chart" />` shows it with its table. Bars,
waterfall and heat are rows of text beside a stretched bar, so a label may have any length in any language;
lines and timeline are drawn for three widths, so that text keeps its size.
"""

from .clock import clock_ring, share_meaning
from .lines import Series, lines
from .rows import Bar, bars, heat, waterfall
from .svg import Chart
from .timeline import Mark, timeline

__all__ = [
    "Bar",
    "Chart",
    "Mark",
    "Series",
    "bars",
    "clock_ring",
    "heat",
    "lines",
    "share_meaning",
    "timeline",
    "waterfall",
]
