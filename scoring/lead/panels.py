"""The parts of the page: each a sentence, a picture and the numbers it was drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.utils.translation import gettext as _

from scoring.charts import (
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
from scoring.estimation import naive_precision, weighted_precision
from scoring.evaluation import Calibration, LearningPoint, Ordering, entropy
from scoring.lead import headlines, sentences
from scoring.lead.prose import prose
from scoring.lead.selectors import Day, PersonFigures, QueueFigures, ScorerFigures, Week
from scoring.lead.tables import Cell, Column, Table, count, day, day_on_axis, percent, points, two_places
from scoring.shares import Share, proportion

QUARTERS = [Tick(each / 4, percent(each / 4)) for each in range(5)]


@dataclass(frozen=True, slots=True)
class Panel:
    """A part of the page. `is_table`: the table is what there is to see; else it stands folded below `svg`."""

    sentence: str
    note: str
    table: Table
    svg: Svg | None = None
    is_table: bool = False


def precision_panel(figures: QueueFigures) -> Panel:
    """Precision week by week: naive with its interval, and the weighted figure beside it."""
    sentence = headlines.precision(figures)
    note = _(
        "Each dot is a week's alerts that were shown and judged, the band its 95%% interval. "
        "Dashed: all alerts raised, hidden ones included, by propensity, four weeks at a time. %(judged)s."
    )
    naive = week_points(figures.weeks, [naive_precision(week.sample) for week in figures.weeks])
    lines = [Line(naive, band=True, dots=True, ends=_end_words(naive))]
    if figures.whole.drawn.raised:  # else the weighted figure is the naive one
        every = week_points(figures.weeks, [weighted_precision(sample) for sample in figures.rolling])
        lines.insert(0, Line(every, kind="reference", ends=("", _end_words(every)[1])))
    words = Words("precision", _("Precision week by week"), sentence)
    svg = line_chart(words, lines, month_ticks([week.monday for week in figures.weeks]), QUARTERS, Scale())
    return Panel(sentence, note % {"judged": sentences.judged_share(figures.whole)}, _precision_table(figures), svg)


def week_points(weeks: Sequence[Week], shares: Sequence[Share]) -> list[Point]:
    """A point in the middle of each week."""
    return [
        Point(
            (i + 0.5) / len(weeks),
            share.value,
            share.low,
            share.high,
            f"{day(week.monday)}: {sentences.share_words(share)}",
        )
        for i, (week, share) in enumerate(zip(weeks, shares, strict=True))
    ]


def _end_words(points: Sequence[Point]) -> tuple[str, str]:
    """The first and the last known value; a single one stands at the end."""
    known = [percent(point.y) for point in points if point.y is not None]
    return (known[0] if len(known) > 1 else "", known[-1] if known else "")


def _precision_table(figures: QueueFigures) -> Table:
    columns = [
        Column("week", _("Week from"), "day"), Column("raised", _("Raised")), Column("shown", _("Shown")),
        Column("judged", _("Judged")), Column("audited", _("of them audited")),
        *share_columns("shown_precision", _("Real among shown")),
        *share_columns("all_precision_four_weeks", _("Real among all raised, four weeks")),
    ]  # fmt: skip
    rows = [
        [week.monday, week.sample.total.raised, week.sample.total.shown, week.sample.total.judged,
         week.sample.drawn.judged,
         *share_cells(naive_precision(week.sample)), *share_cells(weighted_precision(four_weeks))]
        for week, four_weeks in reversed(list(zip(figures.weeks, figures.rolling, strict=True)))
    ]  # fmt: skip
    return Table("weeks", columns, rows)


def share_columns(key: str, title: str) -> list[Column]:
    """A column of a share, with its two limits."""
    return [Column(key, title, "share_interval"), Column(f"{key}_low", "", "limit"), Column(f"{key}_high", "", "limit")]


def share_cells(share: Share) -> list[Cell]:
    """The cells of a share; empty where it is unknown."""
    return [share.value, share.low, share.high] if share.value is not None else [None, None, None]


def month_ticks(days: Sequence[date]) -> list[Tick]:
    """The month's name at the first of the days in each month; the cut-off first month only where it has room."""
    starts = [0, *(i + 1 for i, (one, two) in enumerate(pairwise(days)) if one.month != two.month)]
    if len(starts) > 1 and starts[1] < 3:
        starts = starts[1:]
    return [Tick((i + 0.5) / len(days), sentences.short_month(days[i])) for i in starts]


def learning_panel(curve: Sequence[LearningPoint]) -> Panel:
    """The learning curve: how well the probability made on arrival ordered the labels that came later."""
    sentence = sentences.learning(curve)
    total = curve[-1].verdicts if curve else 1
    lines = [
        Line([_order_point(point, point.block.upstream, total) for point in curve], kind="reference"),
        Line([_order_point(point, point.block.model, total) for point in curve], band=True, dots=True),
    ]
    areas = [each.y for line in lines for each in line.points if each.y is not None]
    scale = Scale(min(0.5, int(min(areas, default=0.5) * 10) / 10), 1.0)
    up = [Tick(value / 10, f"{value / 10:.1f}") for value in range(round(scale.low * 10), 11)]
    note = _(
        "AUC: how often an accurate alert stood above a false one, by the probability made on arrival; 0.5 is a coin."
    )
    svg = line_chart(Words("learning", _("Learning curve"), sentence), lines, _verdict_ticks(total), up, scale)
    return Panel(
        sentence,
        prose(note, sentences.against_upstream(curve)),
        _learning_table(curve),
        svg if curve else None,
    )


def _order_point(point: LearningPoint, order: Ordering, total: int) -> Point:
    tip = f"{count(point.verdicts)}: {two_places(order.auc)}"
    return Point(point.verdicts / total, order.auc, order.interval.low, order.interval.high, tip)


def _verdict_ticks(total: int) -> list[Tick]:
    return [
        Tick(0.0, count(0)),
        Tick(0.5, count(round(total / 2))),
        Tick(1.0, _("%(n)s verdicts") % {"n": count(total)}),
    ]


def _learning_table(curve: Sequence[LearningPoint]) -> Table:
    columns = [
        Column("verdicts", _("Verdicts")), Column("accurate_share", _("Real"), "share"),
        Column("model_auc", _("Model's AUC"), "number_interval"), Column("model_auc_low", "", "limit"),
        Column("model_auc_high", "", "limit"), Column("upstream_auc", _("Upstream AUC"), "number"),
        Column("log_loss", _("Log loss"), "number"), Column("log_loss_of_average", _("of the average"), "number"),
    ]  # fmt: skip
    return Table("learning", columns, [_learning_row(point) for point in curve])


def _learning_row(point: LearningPoint) -> list[Cell]:
    block = point.block
    share = block.accurate / block.judged
    low, high = block.model.interval if block.model.auc is not None else (None, None)
    return [
        point.verdicts,
        share,
        block.model.auc,
        low,
        high,
        block.upstream.auc,
        block.log_loss / block.judged,
        entropy(share),
    ]


def calibration_panel(found: Calibration) -> Panel:
    """The reliability diagram."""
    sentence = sentences.calibration(found)
    columns = [
        Column("said", _("The model said"), "share"), Column("n", _("Alerts")), *share_columns("real", _("Real")),
    ]  # fmt: skip
    table = Table("calibration", columns, [[each.said, each.n, each.share, *each.interval] for each in found.bins])
    if found.n < sentences.FEW:
        return Panel(sentence, _("Said on arrival, before anybody judged."), table)
    dots = [
        Point(
            each.said,
            each.share,
            *each.interval,
            f"{percent(each.said)} → {percent(each.share)} ({points(each.interval)})",
        )
        for each in found.bins
    ]
    svg = reliability_chart(Words("calibration", _("Calibration"), sentence), dots, QUARTERS, QUARTERS)
    return Panel(sentence, sentences.calibration_note(found), table, svg)


def days_panel(days: Sequence[Day]) -> Panel:
    """Verdicts per day, by what they said."""
    sentence = sentences.verdicts(days)
    columns = [
        Column("day", _("Day"), "day"), Column("verdicts", _("Verdicts")), Column("accurate", _("Accurate")),
        Column("false_positive", _("False positive")), Column("unsure", _("Not sure")),
        Column("retracted", _("Taken back")),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [each.day, each.verdicts, each.accurate, each.false_positive, each.unsure, each.retracted]
        for each in reversed(days)
    ]
    bars = [
        Bar((each.accurate, each.false_positive, each.unsure), f"{day(each.day)}: {count(each.verdicts)}")
        for each in days
    ]
    most = max((each.verdicts for each in days), default=0)
    across = [Tick((i + 0.5) / len(days), day_on_axis(days[i].day)) for i in range(0, len(days), 7)]
    up, scale = _count_scale(most)
    note = _("From the bottom: accurate, false positive, not sure. Outcomes and verdicts later taken back are counted.")
    words = Words("days", _("Verdicts per day"), sentence)
    return Panel(
        sentence, note, Table("days", columns, rows), bar_chart(words, bars, across, up, scale) if most else None
    )


def _count_scale(most: int) -> tuple[list[Tick], Scale]:
    """Round steps from 0 to at least the largest count."""
    step = next(unit * 10**power for power in range(12) for unit in (1, 2, 5) if unit * 10**power * 4 >= most)
    ticks = [Tick(value, count(value)) for value in range(0, step * 5, step) if value - step < most]
    return ticks, Scale(0.0, float(max(ticks[-1].at, 1)))


def scorers_panel(rows: Sequence[ScorerFigures]) -> Panel:
    """Each scorer's precision, by version."""
    columns = [
        Column("scorer", _("Scorer"), "text"), Column("version", _("Version"), "text"), Column("raised", _("Alerts")),
        Column("judged", _("Judged")), *share_columns("precision", _("Real among shown")),
    ]  # fmt: skip
    cells = [
        [
            row.name,
            row.version,
            row.sample.total.raised,
            row.sample.total.judged,
            *share_cells(naive_precision(row.sample)),
        ]
        for row in rows
    ]
    note = _("Of the alerts of the last six months that were shown and judged; a new version is a line of its own.")
    return Panel(sentences.scorers(rows), note, Table("scorers", columns, cells), is_table=True)


def people_panel(rows: Sequence[PersonFigures]) -> Panel:
    """What each person did. No judgement of how reliable they are: that needs alerts which several judged."""
    columns = [
        Column("person", _("Person"), "text"), Column("verdicts", _("Verdicts")),
        *share_columns("accurate_share", _("Marked accurate")), Column("retractions", _("Taken back")),
        Column("median_seconds", _("Between two"), "seconds"),
    ]  # fmt: skip
    cells = [
        [row.name, row.verdicts, *share_cells(proportion(row.accurate, row.decided)), row.retractions, row.seconds]
        for row in rows
    ]
    note = _(
        "How often a person marks alerts accurate is no measure of their care: they may see other alerts. "
        "Between two: median time from one verdict to the next, pauses left out."
    )
    return Panel(sentences.people(rows), note, Table("people", columns, cells), is_table=True)


def precision_spark(key: str, figures: QueueFigures, sentence: str) -> Svg:
    """The naive precision of the window as one small line."""
    line = Line(week_points(figures.weeks, [naive_precision(week.sample) for week in figures.weeks]), band=True)
    return sparkline(Words(f"spark-{key}", _("Precision week by week"), sentence), line, Scale())
