"""The list of hidden alerts and of the suppressions in force, as its template reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.desk.access import DESK_ROLES
from feedback.desk.selectors import is_blind
from feedback.models import Exposure, Membership, OpenAlert, Queue, Role, Scorer
from feedback.people import Person, id_of
from feedback.selectors import queue_for
from scoring import policy
from scoring.facts import facts_of_alert
from scoring.lead.tables import apart, percent
from scoring.models import PolicyVersion, Suppression
from scoring.models.suppressions import Scope
from scoring.policylab.quiet_forms import SuppressForm
from scoring.quiet import cause_of, suppression_in
from scoring.services.policies import rules_in_force
from scoring.services.quieting import in_force_rows

PAGE_ROWS = 30


@dataclass(frozen=True, slots=True)
class HiddenRow:
    """One hidden alert: why it is, and how likely it is to be real by now.

    `shown_today`: with what is believed now, the policy in force would put it before the reps.
    """

    alert_id: int
    customer: str
    words: str
    why: str
    now: str
    shown_today: bool
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class SuppressionLine:
    """One suppression in force, in words."""

    row: Suppression
    about: str
    left: str
    may_lift: bool


@dataclass(frozen=True, slots=True)
class HiddenPage:
    """A page of the list. `next` is the id after which the next one begins, None at the end."""

    queue: Queue
    rows: list[HiddenRow]
    next: int | None
    suppressions: list[SuppressionLine]
    leads: bool
    form: SuppressForm
    problem: str = ""


def hidden_page(
    *,
    user: Person,
    slug: str,
    now: datetime,
    before: int | None = None,
    form: SuppressForm | None = None,
    problem: str = "",
) -> HiddenPage:
    """Hidden alerts of a queue, newest first, for its reps and leads. Raises `Queue.DoesNotExist` for others."""
    queue = queue_for(user, slug, *DESK_ROLES)
    leads = Membership.objects.filter(user_id=id_of(user), queue=queue, role=Role.LEAD).exists()
    rows = _hidden(queue, before)
    lines = [_line(row, user, leads, now) for row in in_force_rows(queue.pk, now)]
    shown = _rows(queue, rows[:PAGE_ROWS], now)
    following = rows[PAGE_ROWS - 1].pk if len(rows) > PAGE_ROWS else None
    blank = form or SuppressForm(scorers=Scorer.objects.filter(queues=queue))
    return HiddenPage(queue, shown, following, lines, leads, blank, problem)


def _hidden(queue: Queue, before: int | None) -> list[Any]:
    first = Exposure.objects.filter(alert=OuterRef("alert")).order_by("pk")
    found = OpenAlert.objects.filter(queue=queue, visible=False).order_by("-alert")
    if before is not None:
        found = found.filter(alert__lt=before)
    parts = {name: Subquery(first.values(name)[:1]) for name in ("cause", "policy_version")}
    said = Subquery(first.values("probability")[:1])
    found = found.select_related("alert__customer", "alert__scorer").annotate(said=said, **parts)
    return list(found[: PAGE_ROWS + 1])


def _rows(queue: Queue, found: list[Any], now: datetime) -> list[HiddenRow]:
    """The alerts in words. Whether one would be shown today is the policy's own answer, on what is believed now."""
    wanted = {standing.policy_version for standing in found}
    versions = PolicyVersion.objects.filter(queue=queue, version__in=wanted)
    thresholds = dict(versions.values_list("version", "hide_below"))
    in_force, quiet = rules_in_force(queue.pk)
    rows = []
    for standing in found:
        alert = standing.alert
        key = f"{alert.scorer.name}:{alert.external_id}"
        decided = policy.decide(standing.probability, facts_of_alert(alert), in_force, key, quiet, now)
        why, likely = _why(standing, thresholds[standing.policy_version])
        rows.append(HiddenRow(
            alert.pk, str(alert.customer), alert.text[:160], why, likely, decided.decision == "show",
            standing.raised_at,
        ))  # fmt: skip
    return rows


def _why(standing: Any, threshold: float) -> tuple[str, str]:
    """Why an alert is hidden, and how likely it is to be real by now; numbers told apart."""
    if (suppression := suppression_in(standing.cause)) is not None:
        words = {"number": suppression, "then": percent(standing.said)}
        now = percent(standing.probability)
        return _("suppression %(number)s, %(then)s on arrival") % words, _("%(now)s now") % {"now": now}
    below, then = apart(threshold, standing.said)
    _threshold, now = apart(threshold, standing.probability)
    words = {"then": then, "below": below, "version": standing.policy_version}
    why = _("%(then)s on arrival, below the %(below)s of version %(version)s") % words
    return why, _("%(now)s now") % {"now": now}


def _line(row: Suppression, user: Person, leads: bool, now: datetime) -> SuppressionLine:
    return SuppressionLine(row, about(row), left(row, now), leads or row.created_by_id == id_of(user))


def hidden_by(row: Suppression) -> int:
    """How many alerts of the list a suppression hid."""
    covered = Exposure.objects.filter(alert=OuterRef("alert"), cause=cause_of(row.pk))
    return OpenAlert.objects.filter(queue=row.queue_id, visible=False).filter(Exists(covered)).count()


def left(row: Suppression, now: datetime) -> str:
    """How long a suppression in force has to go."""
    assert row.until is not None
    days, seconds = divmod(int((row.until - now).total_seconds()), 86_400)
    if days:
        return ngettext("%(n)s more day", "%(n)s more days", days) % {"n": days}
    hours = seconds // 3_600
    return ngettext("%(n)s more hour", "%(n)s more hours", hours) % {"n": hours}


def about(row: Suppression) -> str:
    """What a suppression is about, in words; no probability of an alert that still is to be judged blind."""
    if row.scope == Scope.CUSTOMER:
        if row.alert is not None and is_blind(row.alert):
            return _("%(customer)s, until it gets worse") % {"customer": str(row.customer)}
        words = {"customer": str(row.customer), "probability": percent(row.bar_probability)}
        return _("%(customer)s, until it gets worse (from %(probability)s)") % words
    if row.scope == Scope.SCORER:
        return _("scorer %(name)s") % {"name": f"{row.scorer} {row.scorer_version}".strip()}
    if row.scope == Scope.PHRASE:
        return _("text with “%(phrase)s”") % {"phrase": row.phrase}
    return _("%(feature)s is %(value)s") % {"feature": row.feature, "value": row.value}
