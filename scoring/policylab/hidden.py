"""The list of hidden alerts and of the suppressions in force, as its template reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from django.db.models import Exists, OuterRef, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.desk.access import DESK_ROLES
from feedback.desk.selectors import is_blind
from feedback.models import Alert, Check, Exposure, Membership, OpenAlert, Queue, Role, Scorer
from feedback.people import Person, id_of
from feedback.selectors import names_of, queue_for
from scoring import policy
from scoring.facts import facts_of_alert
from scoring.lead.tables import NOTHING, apart, percent
from scoring.models import PolicyVersion, Suppression
from scoring.models.suppressions import Scope
from scoring.policy import TIERS
from scoring.policylab.preview import Preview
from scoring.policylab.quiet_forms import SuppressForm
from scoring.quiet import HIGH_FROM, MARGIN, cause_of, suppression_in
from scoring.services.policies import rules_in_force
from scoring.services.quieting import in_force_rows

PAGE_ROWS = 30
# Hidden alerts, newest first, that are looked through for those that would be shown today.
LOOKED_THROUGH = 2_000


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
    came_at: datetime


@dataclass(frozen=True, slots=True)
class SuppressionLine:
    """One suppression in force, in words. `worse`: what "until it gets worse" means, where that may be told."""

    row: Suppression
    about: str
    worse: str
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
    before: int | None = None
    preview: Preview | None = None

    @property
    def what_is_worse(self) -> str:
        """What "worse" means where one of the suppressions speaks of it; empty elsewhere."""
        return what_is_worse() if any(line.worse for line in self.suppressions) else ""


def hidden_page(
    *,
    user: Person,
    slug: str,
    now: datetime,
    before: int | None = None,
    form: SuppressForm | None = None,
    problem: str = "",
    preview: Preview | None = None,
) -> HiddenPage:
    """Hidden alerts of a queue, newest first, for its reps and leads. Raises `Queue.DoesNotExist` for others."""
    queue = queue_for(user, slug, *DESK_ROLES)
    leads = is_lead(user, queue)
    rows = list(_hidden(queue, before)[: PAGE_ROWS + 1])
    in_force = list(in_force_rows(queue.pk, now))
    asked = _asked(user, in_force)
    lines = [_line(row, queue, user, leads, now, row.alert_id in asked) for row in in_force]
    shown = _rows(queue, rows[:PAGE_ROWS], now)
    following = rows[PAGE_ROWS - 1].pk if len(rows) > PAGE_ROWS else None
    blank = form or SuppressForm(scorers=Scorer.objects.filter(queues=queue))
    return HiddenPage(queue, shown, following, lines, leads, blank, problem, before, preview)


def is_lead(user: Person, queue: Queue) -> bool:
    """Whether the person leads the queue."""
    return Membership.objects.filter(user_id=id_of(user), queue=queue, role=Role.LEAD).exists()


def shown_today(queue: Queue, now: datetime, most: int) -> list[Alert]:
    """Hidden alerts that the policy in force would put before the reps, newest first."""
    would = _Today(queue, now)
    newest = _hidden(queue, None)[:LOOKED_THROUGH]
    return [one.alert for one in newest if would.show(one)][:most]


class _Today:
    """What the policy and the suppressions in force would do with an alert that arrived with what is believed now."""

    def __init__(self, queue: Queue, now: datetime) -> None:
        self.now, (self.policy, self.quiet) = now, rules_in_force(queue.pk)

    def show(self, standing: Any) -> bool:
        """Whether they would put it before the reps, other than to check."""
        facts, key = facts_of_alert(standing.alert), f"{standing.alert.scorer.name}:{standing.alert.external_id}"
        decided = policy.decide(standing.probability, facts, self.policy, key, self.quiet, self.now)
        return decided.decision == "show"


def _hidden(queue: Queue, before: int | None) -> Any:
    first = Exposure.objects.filter(alert=OuterRef("alert")).order_by("pk")
    found = OpenAlert.objects.filter(queue=queue, visible=False).order_by("-alert")
    if before is not None:
        found = found.filter(alert__lt=before)
    parts = {name: Subquery(first.values(name)[:1]) for name in ("cause", "policy_version")}
    said = Subquery(first.values("probability")[:1])
    return found.select_related("alert__customer", "alert__scorer").annotate(said=said, **parts)


def _rows(queue: Queue, found: list[Any], now: datetime) -> list[HiddenRow]:
    """The alerts in words. Whether one would be shown today is the policy's own answer, on what is believed now."""
    wanted = {standing.policy_version for standing in found}
    versions = PolicyVersion.objects.filter(queue=queue, version__in=wanted)
    thresholds = dict(versions.values_list("version", "hide_below"))
    would = _Today(queue, now)
    rows = []
    for standing in found:
        why, likely = _why(standing, thresholds[standing.policy_version])
        alert, shown = standing.alert, would.show(standing)
        rows.append(HiddenRow(alert.pk, str(alert.customer), alert.text[:160], why, likely, shown, alert.received_at))
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


def _asked(user: Person, rows: list[Suppression]) -> set[int]:
    """Which alerts behind suppressions are checks that the person has not answered yet: they are judged blind."""
    behind = [row.alert_id for row in rows if row.alert_id is not None]
    checks = Check.objects.filter(person_id=id_of(user), alert__in=behind, entry=None)
    return set(checks.values_list("alert_id", flat=True))


def _line(row: Suppression, queue: Queue, user: Person, leads: bool, now: datetime, asked: bool) -> SuppressionLine:
    told = "" if asked else worse(row)
    return SuppressionLine(row, about(row, queue), told, left(row, now), leads or row.created_by_id == id_of(user))


def hidden_by(row: Suppression) -> int:
    """How many alerts of the list a suppression hid."""
    covered = Exposure.objects.filter(alert=OuterRef("alert"), cause=cause_of(row.pk))
    return OpenAlert.objects.filter(queue=row.queue_id, visible=False).filter(Exists(covered)).count()


def left(row: Suppression, now: datetime) -> str:
    """How long a suppression in force has to go, rounded up; a customer's may end sooner: at most how long."""
    assert row.until is not None
    hours = ceil((row.until - now) / timedelta(hours=1))
    days, limit = ceil(hours / 24), row.scope == Scope.CUSTOMER
    if hours < 24 and limit:
        return ngettext("for at most %(n)s hour", "for at most %(n)s hours", hours) % {"n": hours}
    if hours < 24:
        return ngettext("%(n)s more hour", "%(n)s more hours", hours) % {"n": hours}
    if limit:
        return ngettext("for at most %(n)s day", "for at most %(n)s days", days) % {"n": days}
    return ngettext("%(n)s more day", "%(n)s more days", days) % {"n": days}


def about(row: Suppression, queue: Queue) -> str:
    """What a suppression of the queue is about, in words."""
    if row.scope == Scope.CUSTOMER:
        return _("%(customer)s, until it gets worse") % {"customer": str(row.customer)}
    if row.scope == Scope.SCORER:
        return _("scorer %(name)s") % {"name": f"{row.scorer} {row.scorer_version}".strip()}
    if row.scope == Scope.PHRASE:
        return _("text with “%(phrase)s”") % {"phrase": row.phrase}
    names = names_of(queue)
    words = {"feature": names.of(row.feature), "value": names.of_value(row.feature, row.value)}
    return _("%(feature)s is %(value)s") % words


def worse(row: Suppression) -> str:
    """What "worse" means for a customer who was quieted; nothing where the alert behind it is still to be judged blind.

    The bar lies a fixed step above that alert's own scores, so it would tell them.
    """
    if row.scope != Scope.CUSTOMER or (row.alert is not None and is_blind(row.alert)):
        return ""
    assert row.bar_probability is not None and row.bar_tier is not None  # the database refuses a customer's without
    words = {"probability": apart(row.bar_probability, 1.0)[0], "score": _short_of_one(row.bar_upstream)}
    top, scored = row.bar_tier >= len(TIERS) - 1, row.bar_upstream is not None
    if top and scored:
        text = _("worse means a probability of %(probability)s, or the scorer’s own score of %(score)s")
    elif top:
        text = _("worse means a probability of %(probability)s or more")
    elif scored:
        text = _("worse means a higher tier, a probability of %(probability)s, or the scorer’s own score of %(score)s")
    else:
        text = _("worse means a higher tier, or a probability of %(probability)s or more")
    return text % words


def what_is_worse() -> str:
    """How far above the alert that a customer was quieted at "worse" begins."""
    words = {"points": round(100 * MARGIN), "high": percent(HIGH_FROM)}
    text = _(
        "A customer comes back with an alert that is worse than the one at which they were quieted: by %(points)s "
        "points of probability or of the scorer’s own score; above %(high)s by half of what was missing to certainty."
    )
    return text % words


def _short_of_one(score: float | None) -> str:
    """A score, with as many digits as tell it from 1."""
    if score is None:
        return NOTHING
    texts = [f"{score:.{places}f}" for places in range(2, 6)]
    return next((text for text in texts if float(text) < 1), texts[0])
