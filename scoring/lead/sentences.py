"""What the figures say, in words. A sentence claims a change or a difference only where the intervals allow it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import sqrt

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from scoring.estimation import Number, hidden_accurate, naive_precision, shown_precision, weighted_precision
from scoring.estimation import recall as recall_of
from scoring.evaluation import Calibration, LearningPoint, Ordering, Told, is_better
from scoring.lead.periods import SEVEN_DAYS
from scoring.lead.prose import prose
from scoring.lead.selectors import Day, PersonFigures, ScorerFigures
from scoring.lead.tables import NOTHING, count, percent, points, two_places
from scoring.models import PolicyVersion, Stage
from scoring.sample import Sample
from scoring.shares import Z95, Share, trend

FEW = 30  # below this many judged alerts, a share is told as "5 of 7" and nothing more is claimed


def in_hundred(share: float) -> int:
    """A share as "84 of 100"."""
    return round(share * 100)


def judged_share(sample: Sample) -> str:
    """How many of the shown alerts the figures rest on."""
    words = {"judged": count(sample.total.judged), "shown": count(sample.total.shown)}
    return _("%(judged)s of %(shown)s shown alerts judged") % words


def why_unknown(sample: Sample) -> str:
    """Why the weighted figure of a sample has no value."""
    if sample.total.raised == 0:
        return _("Not known: no alert arrived")
    if sample.total.judged == 0:
        return _("Not known: no shown alert has been judged yet")
    if sample.drawn.raised and sample.drawn.shown == 0:
        return _("Not known: of %(hidden)s alerts to hide, the draw has shown none yet") % {
            "hidden": count(sample.drawn.hidden)
        }
    if sample.drawn.raised and sample.drawn.judged == 0:
        return _("Not known: none of the %(shown)s audited alerts has been judged yet") % {
            "shown": count(sample.drawn.shown)
        }
    return _("Not known: only audited alerts have been judged yet")


def weighted(sample: Sample) -> str:
    """What stands under the weighted figure: its interval and its sample, or why there is none."""
    share = weighted_precision(sample)
    if share.value is None:
        return why_unknown(sample)
    if sample.drawn.raised == 0:
        return _("the same figure: nothing was hidden")
    words = {"interval": points((share.low, share.high)), "audited": count(sample.drawn.judged)}
    return _("95%% interval %(interval)s · with %(audited)s audited") % words


def naive(sample: Sample) -> str:
    """What stands under the naive figure: its interval, and what it would be if every shown alert were judged."""
    share, every = naive_precision(sample), shown_precision(sample)
    if share.value is None:
        return judged_share(sample)
    words = {"interval": points((share.low, share.high)), "judged": judged_share(sample)}
    if every.value is None:
        return _("naive · 95%% interval %(interval)s · %(judged)s") % words
    words["every"] = f"{percent(every.value)} ({points((every.low, every.high))})"
    return _("naive · 95%% interval %(interval)s · %(judged)s · with those not judged yet %(every)s") % words


def recall(sample: Sample) -> str:
    """What stands under recall."""
    share = recall_of(sample)
    if share.value is None:
        return why_unknown(sample)
    if sample.drawn.hidden == 0:
        return _("nothing was hidden")
    words = {"interval": points((share.low, share.high)), "audited": count(share.n)}
    return _("95%% interval %(interval)s · from %(audited)s audited · naive: 100%%, for nobody sees the others") % words


def hidden(sample: Sample) -> str:
    """What stands under the number of accurate alerts that were hidden."""
    lost = hidden_accurate(sample)
    if lost.of == 0:
        return _("nothing was hidden")
    words = {
        "low": count(round(lost.low)), "high": count(round(lost.high)), "hidden": count(lost.of),
        "audited": count(sample.drawn.judged),
    }  # fmt: skip
    if lost.value is None:
        return _("anything from 0 to %(hidden)s: no audited alert has been judged yet") % words
    return _("95%% interval %(low)s–%(high)s · of %(hidden)s hidden, from %(audited)s audited · naive: 0") % words


def number(estimated: Number) -> str:
    """An estimated count, whole."""
    return NOTHING if estimated.value is None else count(round(estimated.value))


def learning(curve: Sequence[LearningPoint]) -> str:
    """Whether the model learnt to order alerts."""
    known = [point for point in curve if point.block.model.auc is not None]
    if not known:
        return _("Learning curve: it begins when both accurate and false alerts have been judged")
    first, last = known[0], known[-1]
    if len(known) == 1:
        words = {"verdicts": count(last.verdicts), "auc": two_places(last.block.model.auc)}
        return (
            _("Learning curve: one stretch of %(verdicts)s verdicts so far (AUC %(auc)s), too few to see it move")
            % words
        )
    words = {
        "first": two_places(first.block.model.auc), "last": two_places(last.block.model.auc),
        "verdicts": count(last.verdicts),
    }  # fmt: skip
    better = is_better(last.block.model, first.block.model)
    if better is None:
        return (
            _("The model's order: no clear change over %(verdicts)s verdicts, AUC %(first)s at first, %(last)s now")
            % words
        )
    if better:
        return (
            _("The model learnt to order alerts: AUC %(first)s at first, %(last)s after %(verdicts)s verdicts") % words
        )
    return (
        _("The model orders alerts worse than at first: AUC %(first)s then, %(last)s after %(verdicts)s verdicts")
        % words
    )


def against_upstream(curve: Sequence[LearningPoint]) -> str:
    """How the model's order compares with the scorers' own on the same alerts."""
    model, upstream = (curve[-1].block.model, curve[-1].block.upstream) if curve else (Ordering(), Ordering())
    if upstream.auc is None or model.auc is None:
        return _("There is no upstream score to compare with.")
    words = {"model": two_places(model.auc), "upstream": two_places(upstream.auc)}
    better = is_better(model, upstream)
    if better is None:
        return (
            _(
                "No clear difference to the upstream score (dashed): "
                "%(model)s against %(upstream)s on the newest alerts."
            )
            % words
        )
    if better:
        return (
            _("Better than the upstream score (dashed): %(model)s against %(upstream)s on the newest alerts.") % words
        )
    return _("Worse than the upstream score (dashed): %(model)s against %(upstream)s on the newest alerts.") % words


def calibration(found: Calibration) -> str:
    """Whether the model's probabilities can be taken at their word."""
    if found.n < FEW:
        return _("The model's probabilities: too early to check them (%(n)s of %(few)s judged alerts)") % {
            "n": found.n,
            "few": FEW,
        }
    text = _(
        "The model's probabilities are %(error)s points off on average "
        "(chance alone: about %(chance)s), over %(n)s judged alerts"
    )
    return text % {**errors(found.error, found.chance), "n": count(found.n)}


def errors(error: float, chance: float) -> dict[str, str]:
    """A calibration error and what chance alone would make of it, in points."""
    return {"error": f"{error * 100:.1f}", "chance": f"{chance * 100:.1f}"}


def outlier(found: Told | None) -> str:
    """Where a probability is wrong for certain and the most."""
    if found is None:
        return _("No single group is off by more than chance explains.")
    words = {"said": percent(found.said), "share": share_words(found.share), "judged": count(found.share.n)}
    if found.said > (found.share.value or 0.0):
        return _("Farthest off, beyond chance: where it says %(said)s, only %(share)s of %(judged)s are real.") % words
    return _("Farthest off, beyond chance: where it says %(said)s, %(share)s of %(judged)s are real.") % words


def calibration_note(found: Calibration) -> str:
    """Where the model's probabilities are farthest off, and how the diagram is to be read."""
    text = _("Last %(n)s judged alerts in groups of equal size, whiskers 95%% intervals.")
    return prose(outlier(found.outlier), text % {"n": count(found.n)})


def verdicts(days: Sequence[Day]) -> str:
    """How much was judged, and whether the last seven days differ from the seven before."""
    parts = (days, days[-SEVEN_DAYS:], days[-2 * SEVEN_DAYS : -SEVEN_DAYS])
    total, last, before = (sum(day.verdicts for day in part) for part in parts)
    if total == 0:
        return _("No verdict in the last four weeks")
    if total == 1:
        return _("One verdict in four weeks")
    words = {"total": count(total), "last": count(last), "before": count(before)}
    if abs(last - before) <= Z95 * sqrt(last + before):
        return (
            _("%(total)s verdicts in four weeks; %(last)s in the last seven days, about as many as the week before")
            % words
        )
    if last > before:
        return _("%(total)s verdicts in four weeks; %(last)s in the last seven days, up from %(before)s") % words
    return _("%(total)s verdicts in four weeks; %(last)s in the last seven days, down from %(before)s") % words


def scorers(rows: Sequence[ScorerFigures]) -> str:
    """Whether one scorer is clearly more precise than another."""
    known = [(row, share) for row in rows if (share := naive_precision(row.sample)).n >= FEW]
    if not known:
        return _("Scorers: too few of their alerts have been judged to compare them")
    (best, top), (worst, bottom) = (pick(known, key=lambda each: each[1].value or 0.0) for pick in (max, min))
    if len(known) == 1:
        words = {"best": scorer_name(best), "top": percent(top.value), "interval": points((top.low, top.high))}
        return _("%(best)s: %(top)s (%(interval)s) of what was shown is real") % words
    if trend(bottom, top).direction != "rose":
        return _("No scorer is clearly more precise than another")
    words = {
        "best": scorer_name(best), "top": percent(top.value),
        "worst": scorer_name(worst), "bottom": percent(bottom.value),
    }  # fmt: skip
    return _("%(best)s is the most precise (%(top)s), %(worst)s the least (%(bottom)s)") % words


def scorer_name(row: ScorerFigures) -> str:
    """A scorer with its version."""
    return f"{row.name} {row.version}".strip()


def people(rows: Sequence[PersonFigures]) -> str:
    """Who judged."""
    total = sum(row.verdicts for row in rows)
    if total == 0:
        return _("Nobody has judged an alert in the last four weeks")
    busy = sum(1 for row in rows if row.verdicts)
    if total == 1:
        return _("One verdict in four weeks")
    text = ngettext(
        "%(n)s person gave %(total)s verdicts in four weeks", "%(n)s people gave %(total)s verdicts in four weeks", busy
    )
    return text % {"n": busy, "total": count(total)}


def policy(version: PolicyVersion | None) -> str:
    """What the queue's policy does with a probability."""
    if version is None or version.stage == Stage.OBSERVE:
        return _("The model only predicts: it neither orders nor hides alerts")
    if version.stage == Stage.RANK:
        return _("The model orders the alerts and hides none")
    words = {"below": percent(version.hide_below), "share": percent(version.audit_share)}
    return (
        _("The model hides alerts below %(below)s and shows %(share)s of those anyway, unmarked, to check itself")
        % words
    )


def share_words(share: Share) -> str:
    """A share with its interval: 84% (80–87)."""
    return f"{percent(share.value)} ({points((share.low, share.high))})" if share.value is not None else percent(None)


def short_month(day: date) -> str:
    """The month's name, short enough for an axis."""
    return date_format(day, "MONTH_ON_AXIS_FORMAT")
