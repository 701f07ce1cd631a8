"""A person's own verdicts in a queue, newest first, with what each still means."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan

from feedback import rules
from feedback.desk.access import DESK_ROLES
from feedback.models import Kind, LedgerEntry, Queue, Source, Value
from feedback.people import Person, id_of
from feedback.reach import reach_of
from feedback.selectors import entries_about, queue_for
from feedback.services.ledger import facts_of

PAGE_ROWS = 30
# The undo key reaches back to midnight, and so far at least: shifts go past it.
UNDO_REACH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Judged:
    """One verdict of a person. `stands`: it keeps its alert out of the queue, or is a check that was not taken back."""

    entry: LedgerEntry
    stands: bool
    retracted: bool
    decision_id: uuid.UUID = field(default_factory=uuid.uuid4)
    undo_id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def others(self) -> list[str]:
        """The verdicts that one may change to."""
        return [value for value in Value.values if value != self.entry.value]


@dataclass(frozen=True, slots=True)
class JudgedPage:
    """A page of one's verdicts. `next` is the position after which the next page begins, if there is one."""

    queue: Queue
    rows: list[Judged]
    next: int | None


def judged_by(*, user: Person, slug: str, before: int | None = None) -> JudgedPage:
    """A page of a person's verdicts. Raises `Queue.DoesNotExist` where the queue is not theirs."""
    queue = queue_for(user, slug, *DESK_ROLES)
    mine = LedgerEntry.objects.filter(queue=queue, judge_id=id_of(user), kind=Kind.VERDICT)
    if before is not None:
        mine = _before(mine, queue, before)
    found = list(
        mine.select_related("alert__customer", "retraction").order_by("-recorded_at", "-position")[: PAGE_ROWS + 1]
    )
    shown = found[:PAGE_ROWS]
    return JudgedPage(queue, _with_standing(shown), shown[-1].position if len(found) > PAGE_ROWS else None)


def _before(entries: QuerySet[LedgerEntry], queue: Queue, position: int) -> QuerySet[LedgerEntry]:
    """Those that are listed after the row at a position: by time, for two clicks at once may be written in turn."""
    at = LedgerEntry.objects.filter(queue=queue, position=position).values_list("recorded_at", flat=True).first()
    if at is None:
        return entries.filter(position__lt=position)
    return entries.filter(TupleLessThan(Tuple("recorded_at", "position"), (at, position)))


def last_judged(user: Person, queue: Queue, now: datetime) -> LedgerEntry | None:
    """The verdict that the undo key takes back next: a person's newest at the desk, or None past its reach."""
    at_desk = LedgerEntry.objects.filter(
        queue=queue, judge_id=id_of(user), kind=Kind.VERDICT, source__in=[Source.REP, Source.LEAD], retraction=None
    )
    recent = at_desk.filter(recorded_at__gte=reach_of(now, UNDO_REACH)).select_related("alert__customer")
    return recent.order_by("-recorded_at", "-position").first()


def _with_standing(entries: list[LedgerEntry]) -> list[Judged]:
    about = entries_about({entry.alert_id for entry in entries})
    facts = {alert_id: facts_of(rows) for alert_id, rows in about.items()}
    return [_judged(entry, facts[entry.alert_id]) for entry in entries]


def _judged(entry: LedgerEntry, facts: list[rules.Fact]) -> Judged:
    closing = rules.closing_verdict(facts)
    standing = rules.effective_verdicts(facts) if entry.is_check else [closing] if closing else []
    stands = any(fact.position == entry.position for fact in standing)
    return Judged(entry, stands=stands, retracted=getattr(entry, "retraction", None) is not None)
