"""The list of hidden alerts and of the suppressions in force, as its template reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.desk.access import DESK_ROLES
from feedback.models import Exposure, Membership, OpenAlert, Queue, Role, Scorer
from feedback.people import Person, id_of
from feedback.selectors import queue_for
from scoring.lead.tables import percent
from scoring.models import Suppression
from scoring.models.suppressions import Scope
from scoring.policylab.quiet_forms import SuppressForm
from scoring.services.quieting import in_force_rows

PAGE_ROWS = 30


@dataclass(frozen=True, slots=True)
class HiddenRow:
    """One hidden alert: why it is, and how likely it is to be real by now."""

    alert_id: int
    customer: str
    words: str
    why: str
    then: str
    now: str
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
    shown = [_row(row) for row in rows[:PAGE_ROWS]]
    following = rows[PAGE_ROWS - 1].pk if len(rows) > PAGE_ROWS else None
    blank = form or SuppressForm(scorers=Scorer.objects.filter(queues=queue))
    return HiddenPage(queue, shown, following, lines, leads, blank, problem)


def _hidden(queue: Queue, before: int | None) -> list[Any]:
    first = Exposure.objects.filter(alert=OuterRef("alert")).order_by("pk")
    found = OpenAlert.objects.filter(queue=queue, visible=False).select_related("alert__customer").order_by("-alert")
    if before is not None:
        found = found.filter(alert__lt=before)
    parts = {name: Subquery(first.values(name)[:1]) for name in ("cause", "policy_version")}
    said = Subquery(first.values("probability")[:1])
    return list(found.annotate(said=said, **parts)[: PAGE_ROWS + 1])


def _row(standing: Any) -> HiddenRow:
    alert = standing.alert
    if standing.cause.startswith("quiet:"):
        why = _("suppression %(number)s") % {"number": standing.cause.removeprefix("quiet:")}
    else:
        why = _("below the threshold of version %(version)s") % {"version": standing.policy_version}
    then, now = percent(standing.said), percent(standing.probability)
    return HiddenRow(alert.pk, str(alert.customer), alert.text[:160], why, then, now, standing.raised_at)


def _line(row: Suppression, user: Person, leads: bool, now: datetime) -> SuppressionLine:
    assert row.until is not None
    days, seconds = divmod(int((row.until - now).total_seconds()), 86_400)
    hours = seconds // 3_600
    left = ngettext("%(n)s more day", "%(n)s more days", days) % {"n": days} if days else (
        ngettext("%(n)s more hour", "%(n)s more hours", hours) % {"n": hours}
    )  # fmt: skip
    return SuppressionLine(row, about(row), left, leads or row.created_by_id == id_of(user))


def about(row: Suppression) -> str:
    """What a suppression is about, in words."""
    if row.scope == Scope.CUSTOMER:
        words = {"customer": str(row.customer), "probability": percent(row.bar_probability)}
        return _("%(customer)s, until it gets worse (from %(probability)s)") % words
    if row.scope == Scope.SCORER:
        return _("scorer %(name)s") % {"name": f"{row.scorer} {row.scorer_version}".strip()}
    if row.scope == Scope.PHRASE:
        return _("text with “%(phrase)s”") % {"phrase": row.phrase}
    return _("%(feature)s is %(value)s") % {"feature": row.feature, "value": row.value}
