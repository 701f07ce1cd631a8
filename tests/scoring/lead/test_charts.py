"""The drawings: safe markup that says what it shows."""

import itertools
import re
from xml.etree import ElementTree

import pytest
from django.template import Context, Template

from scoring.charts import (
    BOTTOM,
    HEIGHT,
    TOP,
    TYPE,
    Bar,
    Line,
    Point,
    Scale,
    Svg,
    Tick,
    Words,
    bar_chart,
    line_chart,
    reliability_chart,
    sparkline,
)

WORDS = Words("churn", "Precision <b>", 'rose & "fell"')
LINE = Line(
    [Point(0.1, 0.5, 0.4, 0.6, "5 < 6"), Point(0.5, 0.6, 0.5, 0.7), Point(0.9, 0.7, 0.6, 0.8)], band=True, dots=True
)
TICKS = [Tick(0.0, "0%"), Tick(1.0, "100%")]


def drawn() -> dict[str, Svg]:
    point = Point(0.7, 0.69, 0.6, 0.8, "<70%>")
    return {
        "line": line_chart(WORDS, [LINE], [Tick(0.5, "六月 & <June>")], TICKS, Scale()),
        "bar": bar_chart(
            WORDS, [Bar((3, 2, 1), "<Monday>"), Bar((0, 0, 0))], TICKS, [Tick(0, "0"), Tick(6, "6")], Scale(0, 6)
        ),
        "reliability": reliability_chart(WORDS, [point], TICKS, TICKS),
        "spark": sparkline(WORDS, LINE, Scale()),
    }


class TestEnds:
    def places(self, *lines: Line) -> list[tuple[str, float]]:
        chart = ElementTree.fromstring(line_chart(WORDS, lines, [], [], Scale()))  # noqa: S314 - our own markup
        return [(str(one.text), float(one.attrib["y"])) for one in chart.iter("text")]

    def line(self, share: float, word: str, kind: str = "") -> Line:
        return Line([Point(0.1, share), Point(0.9, share)], kind=kind, ends=("", word))

    def test_words_of_lines_that_end_together_stand_apart(self) -> None:
        places = self.places(self.line(0.5, "50%"), self.line(0.51, "51%"), self.line(0.59, "59%", "reference"))
        heights = sorted(y for _word, y in places)
        assert all(low - high >= TYPE for high, low in itertools.pairwise(heights))

    def test_words_that_have_room_stay_where_they_are(self) -> None:
        alone = self.places(self.line(0.8, "80%")) + self.places(self.line(0.2, "20%", "reference"))
        assert self.places(self.line(0.8, "80%"), self.line(0.2, "20%", "reference")) == alone

    def test_a_word_does_not_lie_on_a_dot(self) -> None:
        dotted = Line([Point(0.1, 0.5), Point(0.9, 0.46)], dots=True)
        ((_word, y),) = self.places(self.line(0.5, "50%", "reference"), dotted)
        dot = Scale().pixels(0.46)
        assert not y - 11 < dot < y + 3

    def test_at_the_foot_they_are_spread_upwards(self) -> None:
        heights = [y for _word, y in self.places(*[self.line(0.0, f"{n}", "reference") for n in range(3)])]
        assert max(heights) <= HEIGHT - BOTTOM
        assert sorted(heights) == [HEIGHT - BOTTOM - 2 * TYPE, HEIGHT - BOTTOM - TYPE, HEIGHT - BOTTOM]


@pytest.mark.parametrize("kind", ["line", "bar", "reliability", "spark"])
class TestEveryChart:
    def test_it_is_well_formed_whatever_the_words(self, kind: str) -> None:
        assert ElementTree.fromstring(drawn()[kind]).tag == "svg"  # noqa: S314 - our own markup

    def test_it_is_an_image_with_a_title_and_a_description(self, kind: str) -> None:
        chart = ElementTree.fromstring(drawn()[kind])  # noqa: S314
        assert chart.attrib["role"] == "img"
        assert [chart[0].tag, chart[0].text, chart[0].attrib["id"]] == [
            "title",
            "Precision <b>",
            chart.attrib["aria-labelledby"],
        ]
        assert [chart[1].tag, chart[1].attrib["id"]] == ["desc", chart.attrib["aria-describedby"]]

    def test_it_carries_no_style_and_no_script(self, kind: str) -> None:
        assert not re.search(r"style=|<script|<style|\son\w+=|href", drawn()[kind])

    def test_a_template_shows_it_unescaped(self, kind: str) -> None:
        assert Template("{{ svg }}").render(Context({"svg": drawn()[kind]})) == drawn()[kind]


class TestLineChart:
    def test_a_week_without_a_figure_breaks_the_line_and_has_no_dot(self) -> None:
        gap = Line([Point(0.1, 0.5), Point(0.3, 0.5), Point(0.5, None), Point(0.7, 0.5), Point(0.9, 0.5)], dots=True)
        chart = line_chart(WORDS, [gap], [], [], Scale())
        assert chart.count("<path") == 2
        assert chart.count("<circle") == 4

    def test_a_line_of_unknowns_draws_nothing_and_labels_nothing(self) -> None:
        chart = line_chart(WORDS, [Line([Point(0.5, None)], band=True, dots=True, ends=("a", "b"))], [], [], Scale())
        assert not re.search("<path|<circle|<text", chart)

    def test_values_stand_where_the_scale_says(self) -> None:
        chart = line_chart(WORDS, [Line([Point(0.25, 1.0), Point(0.75, 0.5)])], [], [], Scale(0.5, 1.0))
        assert 'd="M250.0 0.0L750.0 1000.0"' in chart

    def test_its_band_goes_up_one_limit_and_back_the_other(self) -> None:
        band = Line([Point(0.0, 0.5, 0.25, 0.75), Point(1.0, 0.5, 0.25, 0.75)], band=True)
        assert 'd="M0.0 250.0L1000.0 250.0L1000.0 750.0L0.0 750.0Z"' in line_chart(WORDS, [band], [], [], Scale())


class TestBarChart:
    def test_each_count_is_as_high_as_its_share_of_the_scale(self) -> None:
        chart = ElementTree.fromstring(bar_chart(WORDS, [Bar((3, 1, 0))], [], [], Scale(0, 4)))  # noqa: S314
        heights = [float(bar.attrib["height"]) for bar in chart.iter("rect")]
        assert heights[0] == pytest.approx(3 * heights[1], abs=0.2)
        assert min(float(bar.attrib["y"]) for bar in chart.iter("rect")) == TOP

    def test_days_without_verdicts_draw_no_bar(self) -> None:
        assert "<rect" not in bar_chart(WORDS, [Bar((0, 0, 0))], [], [], Scale(0, 1))


class TestReliabilityChart:
    def test_its_whisker_spans_the_interval(self) -> None:
        chart = reliability_chart(WORDS, [Point(0.7, 0.69, 0.5, 1.0)], [], [])
        scale = Scale()
        assert f'y1="{scale.pixels(0.5):.1f}" y2="{scale.pixels(1.0):.1f}"' in chart
        assert scale.pixels(1.0) == TOP < scale.pixels(0.0) < HEIGHT
