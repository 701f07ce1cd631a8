"""The parts of the page that say how far the figures and the model can be trusted."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from scoring.anchoring import Anchoring, anchoring
from scoring.charts import Line, Scale, Words, line_chart
from scoring.lead.panels import QUARTERS, Panel, month_ticks, share_cells, share_columns, week_points
from scoring.lead.selectors import Agreements, QueueFigures
from scoring.lead.sentences import FEW, in_hundred
from scoring.lead.tables import Cell, Column, Table, count, percent, points
from scoring.models import DriftAlarm
from scoring.sample import BANDS
from scoring.shares import Share, proportion


def anchoring_panel(verdicts: Agreements) -> Panel:
    """Whether people lean towards a score that they see."""
    found = anchoring(verdicts[False], verdicts[True])
    columns = [
        Column("band", _("The model said"), "text"),
        Column("seen", _("Judged with the score")), Column("seen_accurate", _("real"), "share"),
        Column("blind", _("Judged blind")), Column("blind_accurate", _("real"), "share"),
    ]  # fmt: skip
    rows = [_band_row(verdicts, band) for band in sorted({*verdicts[True], *verdicts[False]})]
    note = _(
        "Agreement with the model of verdicts given with and without its score, on alerts of the same probability: "
        "%(n)s verdicts can be compared."
    )
    return Panel(anchoring_sentence(found), note % {"n": count(found.compared)}, Table("anchoring", columns, rows))


def _band_row(verdicts: Agreements, band: int) -> list[Cell]:
    low, high = (0.0, *BANDS)[band], (*BANDS, 1.0)[band]
    row: list[Cell] = [f"{percent(low)}\N{EN DASH}{percent(high)}"]
    for blind in (False, True):
        found = verdicts[blind].get(band)
        row += [found.judged, found.accurate / found.judged] if found else [0, None]
    return row


def anchoring_sentence(found: Anchoring) -> str:
    """What may be said of the effect."""
    if found.effect is None or found.seen.value is None or found.blind.value is None or found.compared < FEW:
        return _("Does the score sway people? Not known: too few like alerts were judged with and without it")
    words = {
        "seen": in_hundred(found.seen.value), "blind": in_hundred(found.blind.value),
        "effect": f"{found.effect.low * 100:+.0f} … {found.effect.high * 100:+.0f}",
    }  # fmt: skip
    if not found.clear:
        text = _("No clear sway: %(seen)s of 100 agree with the score when they see it, %(blind)s when not")
    elif found.effect.low > 0:
        text = _(
            "The score sways people: %(seen)s of 100 agree when they see it, %(blind)s when not (%(effect)s points)"
        )
    else:
        text = _(
            "People lean against it: %(seen)s of 100 agree when they see it, %(blind)s when not (%(effect)s points)"
        )
    return text % words


def weekly_calibration_panel(figures: QueueFigures) -> Panel:
    """What the model said on arrival and what turned out real, week by week."""
    shares = [proportion(week.sample.total.accurate, week.sample.total.judged) for week in figures.weeks]
    said = [
        Share(week.said / week.sample.total.judged, 0.0, 0.0, 0) if week.sample.total.judged else Share(None, 0, 0, 0)
        for week in figures.weeks
    ]
    sentence = said_sentence(figures)
    lines = [
        Line(week_points(figures.weeks, said), kind="reference"),
        Line(week_points(figures.weeks, shares), band=True, dots=True),
    ]
    words = Words("said", _("What the model said, week by week"), sentence)
    ticks = month_ticks([week.monday for week in figures.weeks])
    columns = [
        Column("week", _("Week from"), "day"), Column("judged", _("Judged")),
        Column("said", _("The model said"), "share"),
        *share_columns("real", _("Real")),
    ]  # fmt: skip
    rows = [
        [week.monday, week.sample.total.judged, told.value, *share_cells(share)]
        for week, told, share in reversed(list(zip(figures.weeks, said, shares, strict=True)))
    ]
    note = _("Of the shown and judged alerts of each week. Dashed: the mean of what the model said on arrival.")
    return Panel(sentence, note, Table("said", columns, rows), line_chart(words, lines, ticks, QUARTERS, Scale()))


def said_sentence(figures: QueueFigures) -> str:
    """Whether the probabilities of the last four weeks kept what they promised."""
    weeks = figures.weeks[-4:]
    judged, accurate = (sum(getattr(week.sample.total, name) for week in weeks) for name in ("judged", "accurate"))
    if judged < FEW:
        return _("Calibration of the last four weeks: too few judged alerts to check it")
    share = proportion(accurate, judged)
    said = sum(week.said for week in weeks) / judged
    words = {"said": percent(said), "share": percent(share.value), "interval": points((share.low, share.high))}
    if share.low <= said <= share.high:
        return _("In four weeks the model promised %(said)s, %(share)s (%(interval)s) was real: it holds") % words
    if said > share.high:
        return _("In four weeks the model promised %(said)s, only %(share)s (%(interval)s) was real: too much") % words
    return _("In four weeks the model promised %(said)s, %(share)s (%(interval)s) was real: too little") % words


def drift_panel(alarms: Sequence[DriftAlarm]) -> Panel:
    """What moved, as the drift watch tells it."""
    open_ones = [alarm for alarm in alarms if alarm.closed_at is None]
    columns = [
        Column("since", _("Since"), "day"), Column("what", _("What moved"), "text"),
        Column("state", _("State"), "text"),
        Column("movements", _("Movements")),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            timezone.localtime(alarm.since_at).date(),
            str(alarm.get_family_display()),
            _state(alarm),
            len(alarm.movements),
        ]
        for alarm in alarms
    ]
    if not alarms:
        sentence = _("No drift alarm: alerts and errors are as the model knows them")
    elif not open_ones:
        sentence = _("No drift alarm is open; %(n)s closed by themselves") % {"n": len(alarms)}
    else:
        names = ", ".join(sorted({str(alarm.get_family_display()) for alarm in open_ones}))
        sentence = _("Drift alarm: %(names)s moved") % {"names": names}
    return Panel(
        sentence, _("Details and actions are on the page Model."), Table("drift", columns, rows), is_table=True
    )


def _state(alarm: DriftAlarm) -> str:
    if alarm.closed_at is not None:
        return _("closed")
    return _("seen by a lead") if alarm.acknowledged_at else _("open")
