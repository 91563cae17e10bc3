from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from duecause.web import charts
from duecause.web.charts.lines import nice_top
from tests.apps.web.lookbook.views import every_chart

HOSTILE = '"><script>alert(1)</script><b onmouseover=x style="color:red">&'
NOW = datetime(2026, 11, 20, 17, 2, tzinfo=UTC)
BOX = re.compile(r'<text class="haloed[^"]*" x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)">([^<]*)<')


def hostile_charts() -> list[charts.Chart]:
    bar = charts.Bar(HOSTILE, 5, href=HOSTILE, meaning=HOSTILE)
    return [
        charts.bars(HOSTILE, [bar], unit=HOSTILE, note=HOSTILE),
        charts.waterfall(HOSTILE, start=bar, removed=[bar], end_label=HOSTILE, end_href=HOSTILE),
        charts.clock_ring(HOSTILE, used=1, total=3, left=HOSTILE, words=HOSTILE, detail=HOSTILE),
        charts.heat(HOSTILE, rows=[HOSTILE], columns=[HOSTILE], values=[[3]]),
        charts.timeline(HOSTILE, [charts.Mark(NOW, HOSTILE, HOSTILE)]),
        charts.lines(HOSTILE, [charts.Series(HOSTILE, (1, 2))], labels=[HOSTILE, "b"], area=True),
    ]


class Tags(HTMLParser):
    """Start tags and attribute names as a browser sees them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _value in attrs}


@pytest.mark.parametrize("chart", hostile_charts())
def test_a_hostile_label_stays_text(chart: charts.Chart) -> None:
    seen = Tags(chart.picture)
    assert not seen.tags & {"script", "style", "b", "foreignobject"}
    assert not {name for name in seen.names if name.startswith("on") or name == "style"}


@pytest.mark.parametrize("name", every_chart())
def test_a_chart_needs_no_style_and_says_the_same_as_a_table(name: str) -> None:
    chart = every_chart()[name]
    assert "style" not in Tags(chart.picture).names
    assert chart.rows
    assert all(len(row) == len(chart.columns) for row in chart.rows)


@pytest.mark.parametrize("name", ["clock", "timeline", "lines"])
def test_a_drawing_has_a_name_and_a_description(name: str) -> None:
    picture = every_chart()[name].picture
    assert picture.count('role="img"') == picture.count("<title>") == picture.count("<desc>") > 0


def test_a_waterfall_adds_up_and_every_bar_may_lead_to_its_rows() -> None:
    chart = every_chart()["waterfall"]
    assert chart.rows[-1][1:] == ("15,020", "15,020")
    assert chart.picture.count('<a href="#rows">') == 5


def test_a_waterfall_that_takes_more_than_there_was_is_an_error() -> None:
    with pytest.raises(ValueError, match="cannot end at -2"):
        charts.waterfall("x", start=charts.Bar("in", 3), removed=[charts.Bar("out", 5)], end_label="left")


def test_a_single_row_among_fifty_thousand_can_still_be_seen() -> None:
    chart = charts.bars("x", [charts.Bar("many", 50_000), charts.Bar("one", 1), charts.Bar("none", 0)])
    widths = re.findall(r'class="chart-fill" x="0" y="0" width="([\d.]+)"', chart.picture)
    assert widths == ["1000", "4", "0"]


def test_numbers_and_words_follow_the_language() -> None:
    with translation.override("nl"):
        assert "48.210" in every_chart()["waterfall"].picture
    with translation.override("fr"):
        assert "48\u202f210" in every_chart()["waterfall"].picture


@pytest.mark.parametrize(
    ("used", "meaning"), [(0, "ok"), (14, "ok"), (15, "watch"), (26, "act"), (30, "stopped"), (99, "stopped")]
)
def test_a_clock_says_how_urgent_it_is(used: float, meaning: str) -> None:
    chart = charts.clock_ring("x", used=used, total=30, left="1 d", words="Answer by Monday")
    assert f'data-meaning="{meaning}"' in chart.picture


words = st.text(alphabet="abcdeé ", min_size=1, max_size=60).filter(str.strip)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60 * 24 * 30), words), min_size=1, max_size=9))
def test_no_label_of_a_timeline_covers_another_or_leaves_the_picture(marks: list[tuple[int, str]]) -> None:
    chart = charts.timeline("x", [charts.Mark(NOW + timedelta(minutes=at), label) for at, label in marks])
    for width, svg in zip((320, 480, 720), chart.picture.split("<svg ")[1:], strict=True):
        boxes = []
        for x, y, anchor, text in BOX.findall(svg):
            wide = len(text) * 6.6
            left = float(x) - (wide if anchor == "end" else 0)
            boxes.append((left, left + wide, float(y) - 11, float(y) + 2))
        assert all(left >= -1 and right <= width + 1 for left, right, _top, _bottom in boxes)
        for place, one in enumerate(boxes):
            for two in boxes[place + 1 :]:
                beside = one[0] >= two[1] or two[0] >= one[1]
                below = one[2] >= two[3] or two[2] >= one[3]
                assert beside or below, (one, two)


@given(st.floats(0, 1e9))
def test_an_axis_ends_at_a_round_number_above_its_values(value: float) -> None:
    top = nice_top(value)
    assert top >= value
    assert top <= max(2, value * 2.01)
    assert top / 2 == int(top / 2)


def test_lines_must_have_a_value_for_every_label() -> None:
    with pytest.raises(ValueError, match="each with 3 values"):
        charts.lines("x", [charts.Series("a", (1, 2))], labels=["1", "2", "3"])


def test_charts_of_nothing_are_drawn_all_the_same() -> None:
    assert charts.bars("x", []).rows == ()
    assert charts.timeline("x", []).rows == ()
    assert charts.lines("x", [], labels=[]).rows == ()
    assert charts.heat("x", rows=[], columns=[], values=[]).rows == ()
