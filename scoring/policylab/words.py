"""What the policy lab says, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from scoring.lead.prose import prose
from scoring.lead.tables import NOTHING, Cell, Column, Table, apart, count, percent, points, two_places
from scoring.models import PolicyVersion, Stage
from scoring.models.policies import Origin
from scoring.policylab.returning import Return
from scoring.shares import Share
from scoring.simulation import Outlook
from scoring.stages import Apprentice, Condition
from scoring.thresholds import Choice

FEW = 10


# Of what a step counts: where there is enough of it, and where there is not.
_COUNTED: Mapping[str, tuple[Promise, Promise]] = {
    "blind": (
        gettext_lazy("%(found)s verdicts given without the score on screen; it takes %(needed)s"),
        gettext_lazy("%(found)s of %(needed)s verdicts given without the score on screen"),
    ),
    "judged": (
        gettext_lazy("%(found)s judged alerts to choose a threshold on; it takes %(needed)s"),
        gettext_lazy("%(found)s of %(needed)s judged alerts to choose a threshold on"),
    ),
    "accurate": (
        gettext_lazy("%(found)s real ones among them; it takes %(needed)s"),
        gettext_lazy("%(found)s of %(needed)s real ones among them"),
    ),
}


def condition(one: Condition) -> str:
    """What a step asks for, and how much of it there is."""
    if one.asked in _COUNTED:
        met, unmet = _COUNTED[one.asked]
        return str(met if one.met else unmet) % {"found": count(round(one.found)), "needed": count(round(one.needed))}
    if one.asked == "order":
        words = {"found": two_places(one.found), "needed": two_places(one.needed)}
        return _("it orders those alerts with an AUC of %(needed)s for certain; the lower limit is %(found)s") % words
    if one.met:
        return _("hiding below %(threshold)s keeps the cap") % {"threshold": percent(one.found)}
    return _("no threshold keeps the cap yet")


def apprentice(score: Apprentice) -> str:
    """How well the model agrees with people who did not see what it thinks."""
    if score.n < FEW:
        text = ngettext(
            "The apprentice: %(n)s verdict without the score so far, too few to compare",
            "The apprentice: %(n)s verdicts without the score so far, too few to compare",
            score.n,
        )
        return text % {"n": score.n}
    words = {
        "agreed": percent(score.agreement.value), "interval": points((score.agreement.low, score.agreement.high)),
        "n": count(score.n), "auc": two_places(score.order.auc),
        "low": two_places(score.order.interval.low), "high": two_places(score.order.interval.high),
    }  # fmt: skip
    return (
        _(
            "The apprentice agrees with %(agreed)s (%(interval)s) of %(n)s verdicts that were given without its score; "
            "it orders them with an AUC of %(auc)s (%(low)s–%(high)s)"
        )
        % words
    )


def chosen(choice: Choice) -> str:
    """Where the threshold lies and what it was that stopped it there."""
    words = {
        "below": percent(choice.hide_below), "lost": percent(choice.expected), "limit": percent(choice.upper),
        "judged": count(choice.judged), "accurate": count(choice.accurate),
    }  # fmt: skip
    texts = {
        "evidence": _("Too little evidence for a threshold: %(judged)s judged alerts, %(accurate)s of them real."),
        "cap": _("Hides below %(below)s: the cap allows no more. Expected loss %(lost)s, limit %(limit)s."),
        "target": _("Hides below %(below)s: that reaches the target. Expected loss %(lost)s, limit %(limit)s."),
        "highest": _("Hides below %(below)s, never what is more likely real than not. Expected loss %(lost)s."),
    }
    text = texts[choice.bound] % words
    if choice.bound == "cap" and choice.hide_below == 0:
        text = _("No threshold keeps the cap: nothing would be hidden.")
    return prose(text, _overdrawn(choice))


def _overdrawn(choice: Choice) -> str:
    """Why what comes may lose more, or must lose less, than the cap; nothing where it makes no difference."""
    matters = choice.bound == "cap" or choice.upper > choice.cap
    if not matters or percent(choice.allowed) == percent(choice.cap):
        return ""
    words = {"cap": percent(choice.cap), "allowed": percent(choice.allowed)}
    if choice.allowed > choice.cap:
        text = _("So far less than the cap of %(cap)s was hidden, so up to %(allowed)s of what comes may be.")
    else:
        text = _("So far more than the cap of %(cap)s was hidden, so no more than %(allowed)s of what comes may be.")
    return text % words


def now_in_force(version: PolicyVersion) -> str:
    """Which version of which queue's policy a click has put in force, and what it hides."""
    words = {
        "queue": version.queue.title, "version": version.version, "stage": version.get_stage_display(),
        "old": version.restores,
    }  # fmt: skip
    if version.restores:
        made = _("Now in force in %(queue)s: version %(version)s, as version %(old)s was; stage %(stage)s.")
    else:
        made = _("Now in force in %(queue)s: version %(version)s, stage %(stage)s.")
    return prose(made % words, _hides(version, version.hide_below), _then(version, version.hide_below))


def brought_back(found: Return) -> str:
    """What one click brings back, beside the button that names the version."""
    version, below = found.old, found.hide_below
    day = date_format(timezone.localtime(version.created_at), "DATE_FORMAT")
    then = _less_than_then(version.hide_below, below) if found.hides_less_than_then else ""
    return prose(_("Made on %(day)s.") % {"day": day}, _hides(version, below), then)


def _then(version: PolicyVersion, below: float) -> str:
    """That a version which came back hides less than it did in its day; empty where it does not."""
    then = version.expected.get("then", below) if version.restores else below
    return _less_than_then(then, below) if then > below else ""


def _less_than_then(then: float, below: float) -> str:
    """Why a version hides less when it comes back."""
    was, _now = apart(then, below)
    return _("In its day it hid below %(was)s; today's evidence does not support that.") % {"was": was}


def _hides(version: PolicyVersion, below: float) -> str:
    """What a version hides that hides below so much."""
    if version.stage != Stage.SUPPRESS:
        return _("It hides nothing.")
    words = {"below": percent(below), "cap": percent(version.cap)}
    if below == 0:
        return _("It hides nothing yet: no threshold is known that keeps the cap of %(cap)s.") % words
    return _("It hides below %(below)s; the cap is %(cap)s of the real ones.") % words


def comparison(today: Outlook, tried: Outlook | None) -> str:
    """What the simulation shows, as one sentence."""
    if today.judged == 0:
        return _("Nothing to simulate on: no alert of this queue has been judged yet")
    if tried is None:
        words = {"raised": count(today.raised), "shown": count(round(today.shown))}
        text = ngettext(
            "On its one alert so far, today's policy would show %(shown)s",
            "On its last %(raised)s alerts, today's policy would show %(shown)s",
            today.raised,
        )
        return text % words
    words = {
        "raised": count(today.raised), "before": count(round(today.shown)), "after": count(round(tried.shown)),
        "lost": count(round(tried.lost_expected)), "low": count(round(tried.lost_count.low)),
        "high": count(round(tried.lost_count.high)),
    }  # fmt: skip
    return (
        _(
            "On its last %(raised)s alerts, it would show %(after)s where today's policy shows %(before)s, "
            "and hide about %(lost)s real ones (%(low)s–%(high)s)"
        )
        % words
    )


def comparison_table(today: Outlook, tried: Outlook | None) -> Table:
    """Today's policy and the one that is tried, side by side."""
    columns = [Column("figure", _("Figure"), "text"), Column("today", _("Today's policy"), "text")]
    outlooks = [today] if tried is None else [today, tried]
    if tried is not None:
        columns.append(Column("tried", _("This one"), "text"))
    lines: Sequence[tuple[str, list[str]]] = [
        (_("Alerts shown"), [_shown(one) for one in outlooks]),
        (_("Real among shown"), [_share(one.precision) for one in outlooks]),
        (_("Real ones hidden"), [_lost_count(one) for one in outlooks]),
        (_("of all real ones"), [_share(one.lost) for one in outlooks]),
        (_("False alerts spared"), [_spared(one) for one in outlooks]),
    ]
    rows: list[list[Cell]] = [[name, *values] for name, values in lines]
    return Table("simulation", columns, rows)


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version of a policy as the list shows it."""

    version: PolicyVersion
    by: str
    hides_below: str
    audited: str
    may_come_back: bool


def version_line(version: PolicyVersion, may_come_back: bool) -> VersionLine:
    """What of a version the list shows."""
    below = percent(version.hide_below) if version.stage == Stage.SUPPRESS else NOTHING
    return VersionLine(version, origin(version), below, percent(version.audit_share), may_come_back)


def origin(version: PolicyVersion) -> str:
    """Who or what made a version."""
    if version.origin == Origin.THRESHOLD:
        return _("the worker: thresholds followed the queue")
    if version.origin == Origin.DRIFT:
        return _("the worker: audits followed drift")
    by = version.created_by
    name = NOTHING if by is None else by.get_full_name() or by.get_username()
    if version.restores:
        return _("%(name)s, back to version %(version)s") % {"name": name, "version": version.restores}
    return name


def _shown(one: Outlook) -> str:
    words = {"shown": count(round(one.shown)), "raised": count(one.raised), "share": percent(one.shown_share)}
    return _("%(shown)s of %(raised)s (%(share)s)") % words


def _share(share: Share) -> str:
    return NOTHING if share.value is None else f"{percent(share.value)} ({points((share.low, share.high))})"


def _lost_count(one: Outlook) -> str:
    if one.hidden == 0:
        return count(0)
    if one.spared is None:
        return NOTHING
    low, high = (count(round(limit)) for limit in one.lost_count)
    return f"{count(round(one.lost_expected))} ({low}–{high})"


def _spared(one: Outlook) -> str:
    """Beside the real ones hidden it adds up to the alerts not shown, in whole numbers too."""
    if one.hidden == 0:
        return count(0)
    if one.spared is None:
        return NOTHING
    gone, lost = one.raised - round(one.shown), (one.lost_expected, one.lost_count.high, one.lost_count.low)
    value, low, high = (max(0, gone - round(limit)) for limit in lost)
    return f"{count(value)} ({count(low)}–{count(high)})"
