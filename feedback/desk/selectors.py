"""What the desk shows, page by page. No page counts its rows: a queue may have a million."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.db.models.functions import Coalesce, Left, NullIf

from feedback import rules
from feedback.desk.access import DESK_ROLES
from feedback.desk.cursor import Cursor
from feedback.models import Alert, Exposure, LedgerEntry, Membership, OpenAlert, Queue, Role, Source, Tier
from feedback.people import Person, id_of
from feedback.reach import midnight_before
from feedback.selectors import history_of
from feedback.services import checks
from feedback.services.ledger import facts_of

PAGE_ROWS = 30
MOST_COUNTED = 100
PREVIEW_CHARACTERS = 90


@dataclass(frozen=True, slots=True)
class Row:
    """One open alert in the list. `probability` is None where it is to be judged blind; a hold may have ended."""

    cursor: Cursor
    customer: str
    words: str
    tier: str
    probability: float | None
    raised_at: datetime
    held_by_id: int | None
    holder: str
    held_until: datetime | None

    @property
    def alert_id(self) -> int:
        return self.cursor.alert_id


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of a queue's open alerts, most urgent first: what it comes after, and the cursor of the next page."""

    rows: list[Row]
    after: Cursor | None
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Work:
    """One alert on the desk, and what its verdict form needs.

    `standing` is the closing verdict, None where the alert is open. `colleague` is who else has it on their desk.
    `check`: the alert was settled before, and is shown as if it were not; `place` is where the list goes on after it.
    `decision_id` and `undo_id` are new for every form that is shown.
    """

    alert: Alert
    standing: LedgerEntry | None
    history: list[LedgerEntry]
    colleague: str = ""
    check: bool = False
    place: Cursor | None = None
    decision_id: uuid.UUID = field(default_factory=uuid.uuid4)
    undo_id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def open(self) -> OpenAlert | None:
        return getattr(self.alert, "open", None)

    @property
    def cursor(self) -> Cursor | None:
        return self.place if self.open is None else Cursor(self.open.urgency, self.alert.pk)

    @property
    def blind(self) -> bool:
        """Whether the model's opinion stays off the page until the verdict."""
        return self.check or is_blind(self.alert)

    @property
    def waits(self) -> bool:
        """Whether it is shown as waiting for a verdict."""
        return self.check or self.open is not None

    @property
    def tier(self) -> str:
        """The tier's name; empty where there is none, or where it would give the model's opinion away."""
        return "" if self.open is None or self.blind else tier_word(self.open.tier)

    @property
    def rule(self) -> str:
        """The hard rule that gives an open alert its tier; empty where none does."""
        if self.open is None or self.blind or not self.open.hard:
            return ""
        exposures = Exposure.objects.filter(alert=self.alert).order_by("-pk")
        return exposures.values_list("rule", flat=True).first() or ""


@dataclass(frozen=True, slots=True)
class Pulse:
    """How far a person is in a queue: verdicts since midnight and alerts still open, each counted up to `MOST_COUNTED`.

    Verdicts that were taken back do not count. `newest` is the largest id among the alerts: what has a larger one is
    new to the page. `paused`: a lead has paused the person's work here.
    """

    judged: int
    left: int
    newest: int
    paused: bool

    @property
    def total(self) -> int:
        return max(1, self.judged + self.left)


@dataclass(frozen=True, slots=True)
class Desk:
    """The whole desk: where (queue), which (inbox), what (work; None where the queue is clear)."""

    queue: Queue
    inbox: Inbox
    work: Work | None
    pulse: Pulse


def tier_word(tier: int) -> str:
    """The tier's name in the markup: yellow, orange or red."""
    return Tier(tier).name.lower()


# Four index ranges in one round trip; every page of the desk asks it.
_PULSE = """
    SELECT
        (SELECT count(*) FROM (
            SELECT 1 FROM feedback_ledgerentry AS e
            WHERE judge_id = %(judge)s AND recorded_at >= %(midnight)s AND queue_id = %(queue)s AND kind = 'verdict'
              AND NOT EXISTS (SELECT 1 FROM feedback_ledgerentry AS r WHERE r.retracts_id = e.id)
            LIMIT %(most)s
        ) AS judged),
        (SELECT count(*) FROM (
            SELECT 1 FROM feedback_openalert WHERE queue_id = %(queue)s AND visible LIMIT %(most)s
        ) AS waiting),
        (SELECT COALESCE(max(id), 0) FROM feedback_alert WHERE queue_id = %(queue)s),
        (SELECT COALESCE(bool_and(paused_at IS NOT NULL), false) FROM feedback_membership
         WHERE queue_id = %(queue)s AND user_id = %(judge)s AND role = ANY(%(roles)s))
"""


def pulse_of(user: Person, queue: Queue, now: datetime) -> Pulse:
    """How far a person is today, by the product's clock."""
    midnight = midnight_before(now)
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"judge": id_of(user), "midnight": midnight, "queue": queue.pk, "most": MOST_COUNTED}
        cursor.execute(_PULSE, {**asked, "roles": [role.value for role in DESK_ROLES]})
        return Pulse(*cursor.fetchone())


def is_open(alert: Alert) -> bool:
    """Whether an alert waits for a verdict. Reads `alert.open`."""
    return getattr(alert, "open", None) is not None


def is_blind(alert: Alert) -> bool:
    """Whether an alert is to be judged without the model's opinion. Reads `alert.open`."""
    standing: OpenAlert | None = getattr(alert, "open", None)
    return standing is not None and standing.blind


_ROW = (
    "urgency", "alert_id", "tier", "blind", "probability",
    "customer", "words", "raised_at", "held_by_id", "holder", "held_until",
)  # fmt: skip


def inbox_page(queue: Queue, after: Cursor | None = None) -> Inbox:
    """The open alerts after a cursor, a page of them."""
    rows = rows_of(visible(queue, after), PAGE_ROWS + 1)
    return Inbox(rows[:PAGE_ROWS], after, rows[PAGE_ROWS - 1].cursor if len(rows) > PAGE_ROWS else None)


def visible(queue: Queue, after: Cursor | None = None) -> QuerySet[OpenAlert]:
    """The open alerts in order: one range of open_alert_inbox, also where thousands are equally urgent."""
    found = OpenAlert.objects.filter(queue=queue, visible=True).order_by("-urgency", "-alert")
    if after is None:
        return found
    return found.filter(TupleLessThan(Tuple("urgency", "alert_id"), (after.urgency, after.alert_id)))


def rows_of(standings: QuerySet[OpenAlert], most: int) -> list[Row]:
    """The first of some open alerts, as the list shows them."""
    found = standings.annotate(
        customer=Coalesce(NullIf("alert__customer__name", Value("")), "alert__customer__external_id"),
        words=Left("alert__text", PREVIEW_CHARACTERS),
        holder=Coalesce(NullIf("held_by__first_name", Value("")), "held_by__username", Value("")),
    )
    return [_row(**row) for row in found.values(*_ROW)[:most]]


def alert_on_desk(user: Person, alert_id: int, queue: Queue | None = None) -> Alert:
    """An alert with all that the desk shows of it, in one query. Raises `Alert.DoesNotExist` where it is not theirs."""
    mine = Alert.objects.select_related("queue", "customer", "scorer", "open__held_by")
    if queue is not None:
        return mine.get(pk=alert_id, queue=queue)
    memberships = Membership.objects.filter(user_id=id_of(user), role__in=DESK_ROLES, queue__throwaway=False)
    return mine.get(pk=alert_id, queue__in=memberships.values("queue"))


def work_of(alert: Alert) -> Work:
    """An alert with its history and the verdict that stands."""
    history = history_of(alert)
    by_position = {entry.position: entry for entry in history}
    closing = rules.closing_verdict(facts_of(history))
    return Work(alert, None if closing is None else by_position[closing.position], history)


def work_for(user: Person, alert: Alert) -> Work:
    """An alert as a person may see it: what others said of a blind one stays off the page until they have judged it."""
    work = work_of(alert)
    if is_blind(alert):
        return replace(work, history=[])
    check = None if is_open(alert) else checks.check_on(user, alert.pk)
    if check is None or work.standing is None or not checks.is_unanswered(check, work.history):
        return work
    return Work(alert, None, [], check=True)


def arrived_since(queue: Queue, alert_id: int) -> int:
    """How many visible alerts arrived after the newest one that a page knew, counted up to `MOST_COUNTED`."""
    return Alert.objects.filter(queue=queue, pk__gt=alert_id, open__visible=True)[:MOST_COUNTED].count()


def source_of(user: Person, alert: Alert, seen: uuid.UUID | None) -> Source:
    """What a verdict on the desk counts as: a lead who overrules a verdict that they saw adjudicates; else a rep's.

    Whoever changes their own verdict gives one of the same kind: a rep's would not move the label of an adjudication.
    """
    if seen is None:
        return Source.REP
    own = LedgerEntry.objects.filter(decision_id=seen, judge_id=id_of(user)).values_list("source", flat=True).first()
    if own is not None and own != Source.LEAD:
        return Source.REP
    leads = Membership.objects.filter(user_id=id_of(user), queue_id=alert.queue_id, role=Role.LEAD)
    return Source.LEAD if leads.exists() else Source.REP


def _row(*, urgency: float, alert_id: int, tier: int, blind: bool, probability: float, **shown: Any) -> Row:
    if blind:
        return Row(Cursor(urgency, alert_id), tier="", probability=None, **shown)
    return Row(Cursor(urgency, alert_id), tier=tier_word(tier), probability=probability, **shown)
