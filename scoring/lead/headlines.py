"""What precision did, in words: the first sentences of the pages."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.estimation import naive_precision
from scoring.lead.periods import RECENT_WEEKS, WEEK
from scoring.lead.selectors import QueueFigures
from scoring.lead.sentences import FEW, in_hundred
from scoring.lead.tables import percent, points
from scoring.shares import Trend, trend


def month_of(figures: QueueFigures) -> str:
    """The name of the month that most of the first weeks with verdicts lie in; empty where there are none."""
    begun = figures.earliest_monday
    return date_format(begun + WEEK * RECENT_WEEKS / 2, "MONTH_FORMAT") if begun else ""


def precision_trend(figures: QueueFigures) -> Trend:
    """The change of the naive precision from the first weeks of the window to the last; of a few verdicts, unclear."""
    before, after = naive_precision(figures.earliest), naive_precision(figures.recent)
    return trend(before, after) if min(before.n, after.n) >= FEW else Trend("unclear", before, after)


def headline(name: str, figures: QueueFigures) -> str:
    """The page's first sentence: how many of the shown alerts are real, and since when that changed."""
    change, now = precision_trend(figures), figures.recent.total
    words = {"queue": name, "accurate": now.accurate, "judged": now.judged}
    if now.judged < FEW:
        return _few(words)
    words["share"] = in_hundred(change.after.value or 0.0)
    if change.before.value is None:
        return _("%(queue)s: %(share)s of 100 shown alerts are real") % words
    words |= {"before": in_hundred(change.before.value), "month": month_of(figures)}
    return {
        "rose": _("%(queue)s: %(share)s of 100 shown alerts are real, up from %(before)s in %(month)s"),
        "fell": _("%(queue)s: %(share)s of 100 shown alerts are real, down from %(before)s in %(month)s"),
        "steady": _("%(queue)s: %(share)s of 100 shown alerts are real, as in %(month)s"),
        "unclear": _("%(queue)s: %(share)s of 100 shown alerts are real, no clear change since %(month)s"),
    }[change.direction] % words


def headline_of_all(lines: Sequence[QueueFigures]) -> str:
    """The first sentence of the overview: in how many queues precision changed for sure."""
    directions = [precision_trend(figures).direction for figures in lines]
    words = {"queues": len(lines), "rose": directions.count("rose"), "fell": directions.count("fell")}
    if not words["rose"] and not words["fell"]:
        return (
            ngettext(
                "No clear change of precision in your queue",
                "No clear change of precision in your %(queues)s queues",
                len(lines),
            )
            % words
        )
    if not words["fell"]:
        return (
            ngettext("Precision rose in your queue", "Precision rose in %(rose)s of your %(queues)s queues", len(lines))
            % words
        )
    if not words["rose"]:
        return (
            ngettext("Precision fell in your queue", "Precision fell in %(fell)s of your %(queues)s queues", len(lines))
            % words
        )
    return _("Precision rose in %(rose)s of your %(queues)s queues and fell in %(fell)s") % words


def _few(words: dict[str, object]) -> str:
    if words["judged"] == 0:
        return _("%(queue)s: none of the alerts of the last four weeks has been judged yet") % words
    return _("%(queue)s: %(accurate)s of %(judged)s judged alerts are real, too few to say more") % words


def precision(figures: QueueFigures) -> str:
    """What the weekly precision shows."""
    change = precision_trend(figures)
    before, after = change.before, change.after
    if before.value is None or after.value is None:
        return _("Precision of what was shown: too few weeks with verdicts to speak of a change")
    words = {
        "before": percent(before.value), "after": percent(after.value), "month": month_of(figures),
        "first": points((before.low, before.high)), "last": points((after.low, after.high)),
    }  # fmt: skip
    return {
        "rose": _("Precision of what was shown rose from %(before)s in %(month)s to %(after)s"),
        "fell": _("Precision of what was shown fell from %(before)s in %(month)s to %(after)s"),
        "steady": _("Precision of what was shown held: %(before)s in %(month)s, %(after)s now"),
        "unclear": _(
            "Precision of what was shown: no clear change, "
            "%(before)s (%(first)s) in %(month)s, %(after)s (%(last)s) now"
        ),
    }[change.direction] % words
