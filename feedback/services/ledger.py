"""Writing the ledger: record a verdict, take one back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import connection, transaction

from feedback import rules
from feedback.errors import AlreadyJudged, AlreadyRetracted, DecisionConflict, NotPermitted, NotYours, Paused
from feedback.locks import Lock, take
from feedback.models import (
    Alert,
    Kind,
    LedgerEntry,
    Membership,
    RepeatedDecision,
    Role,
    Scorer,
    Source,
    Value,
)
from feedback.people import Person, id_of
from feedback.services.standing import reopen
from feedback.signals import ledger_grew


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the ledger answers: the entry, and whether this request wrote it (False: a repeat)."""

    entry: LedgerEntry
    created: bool


_ROLES_FOR_SOURCE = {
    Source.REP: (Role.REP, Role.LEAD),
    Source.LABELER: (Role.LABELER, Role.LEAD),
    Source.LEAD: (Role.LEAD,),
}


def record_verdict(
    *,
    alert: Alert,
    judge: Person,
    value: Value,
    decision_id: uuid.UUID,
    source: Source,
    now: datetime,
    reason: str = "",
    note: str = "",
    blind: bool = False,
    seen: uuid.UUID | None = None,
    is_check: bool = False,
) -> Recorded:
    """Append a person's verdict on an alert.

    `seen` is the decision id of the closing verdict that the person had on screen (None: the alert looked open). It
    guards reps and leads against overwriting what they never saw: two tabs, two people, a stale page. `is_check`: the
    alert was settled before; where it is open again, a rep's verdict is one like any other, a labeler's stays a check.

    1. Take the queue's ledger lock, if the judge may judge here. 2. A known decision id is a repeat: answer it again.
    3. Refuse where a closing verdict stands that was not seen. 4. Append, and take the alert out of the reps' queue.
    5. After commit, nudge. Raises `NotPermitted` (`Paused`), `DecisionConflict`, `AlreadyJudged`; nothing is written.
    """
    entry = LedgerEntry(
        queue_id=alert.queue_id, alert=alert, decision_id=decision_id, kind=Kind.VERDICT, value=value,
        source=source, judge_id=id_of(judge), reason=reason, note=note, blind=blind, is_check=is_check, recorded_at=now,
    )  # fmt: skip
    with transaction.atomic():
        _lock_ledger_for(alert.queue_id, judge, _ROLES_FOR_SOURCE[source])
        before = _about(entry)
        if (known := _known_among(before, entry)) is not None:
            return Recorded(known, created=False)
        standing = _closing(before, alert.pk) if source in rules.CLOSING_SOURCES else None
        entry.is_check = is_check and (standing is not None or source == Source.LABELER)
        if standing is not None and not is_check and standing.decision_id != seen:
            if standing.judge_id == id_of(judge) and standing.value == value:
                return Recorded(standing, created=False)
            raise AlreadyJudged(standing)
        return _append(entry)


def record_outcome(*, alert: Alert, scorer: Scorer, value: Value, decision_id: uuid.UUID, now: datetime) -> Recorded:
    """Append the truth that arrived later (churned, renewed) as a verdict whose source is the outcome.

    Where the scorer's outcome stands and says the same, it is answered again: a second row would teach nothing and move
    the place where the label is learnt. The id is remembered: it has been answered, and says nothing new later either.
    Raises `DecisionConflict` where the decision id stands for another decision.
    """
    entry = LedgerEntry(
        queue_id=alert.queue_id, alert=alert, decision_id=decision_id, kind=Kind.VERDICT, value=value,
        source=Source.OUTCOME, scorer=scorer, recorded_at=now,
    )  # fmt: skip
    with transaction.atomic():
        take(Lock.LEDGER, alert.queue_id)
        before = _about(entry)
        if (known := _known_among(before, entry) or _answered_with(entry)) is not None:
            return Recorded(known, created=False)
        standing = _outcome_by(before, alert.pk, scorer)
        if standing is not None and standing.value == value:
            _remember(entry, standing)
            return Recorded(standing, created=False)
        return _append(entry)


def retract_verdict(
    *, verdict: LedgerEntry, judge: Person, decision_id: uuid.UUID, now: datetime, note: str = ""
) -> Recorded:
    """Append the row that takes a verdict back; where no closing verdict is left, the alert is open again.

    A person takes back their own verdicts; a lead of the queue anybody's.
    Raises `NotYours`, `AlreadyRetracted`, `DecisionConflict`; nothing is written then.
    """
    entry = LedgerEntry(
        queue_id=verdict.queue_id, alert_id=verdict.alert_id, decision_id=decision_id, kind=Kind.RETRACTION,
        source=Source.LEAD if verdict.judge_id != id_of(judge) else verdict.source, judge_id=id_of(judge), note=note,
        retracts=verdict, recorded_at=now,
    )  # fmt: skip
    with transaction.atomic():
        if verdict.judge_id != id_of(judge) and not _has_role(verdict.queue_id, judge, (Role.LEAD,)):
            raise NotYours(f"verdict {verdict.decision_id} is another person's")
        take(Lock.LEDGER, verdict.queue_id)
        if (known := _known(entry)) is not None:
            return Recorded(known, created=False)
        if LedgerEntry.objects.filter(retracts=verdict).exists():
            raise AlreadyRetracted(f"verdict {verdict.decision_id} was taken back before")
        return _append(entry)


def facts_of(entries: Iterable[LedgerEntry]) -> list[rules.Fact]:
    """Ledger entries of one alert as the rules read them."""
    rows = list(entries)
    positions = {entry.pk: entry.position for entry in rows}
    return [
        rules.Fact(
            position=entry.position,
            value=entry.value,
            source=entry.source,
            judge=entry.judge_id if entry.judge_id is not None else f"scorer:{entry.scorer_id}",
            retracts=None if entry.retracts_id is None else positions[entry.retracts_id],
            reason=entry.reason,
            check=entry.is_check,
        )
        for entry in rows
    ]


_LOCK_FOR = """
    SELECT (SELECT bool_or(paused_at IS NULL) FROM feedback_membership
            WHERE queue_id = %s AND user_id = %s AND role = ANY(%s)),
           pg_advisory_xact_lock(%s, %s)
"""


def _lock_ledger_for(queue_id: int, person: Person, roles: Iterable[Role]) -> None:
    """Take the lock for a person who has one of the roles, in one round trip.

    Raises `NotPermitted` for others, and `Paused` where a lead has paused all of them.
    """
    wanted = [role.value for role in roles]
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_FOR, [queue_id, id_of(person), wanted, Lock.LEDGER.value, queue_id])
        (permitted, _locked) = cursor.fetchone()
    if permitted is None:
        raise NotPermitted(f"{person} may not give this verdict in queue {queue_id}")
    if not permitted:
        raise Paused(f"{person}'s work in queue {queue_id} is paused")


# Written as SQL, as is `_NEXT`: every verdict asks both, and to compile the queries took longer than to answer them.
_ABOUT = "SELECT * FROM feedback_ledgerentry WHERE alert_id = %(alert)s OR decision_id = %(decision)s"


def _about(entry: LedgerEntry) -> list[LedgerEntry]:
    """The entries about an entry's alert, and the one that its decision id already wrote."""
    return list(LedgerEntry.objects.raw(_ABOUT, {"alert": entry.alert_id, "decision": entry.decision_id}))


def _known(entry: LedgerEntry) -> LedgerEntry | None:
    """The entry that this decision id already wrote, if it is the same decision."""
    return _known_among(LedgerEntry.objects.filter(decision_id=entry.decision_id), entry)


def _known_among(entries: Iterable[LedgerEntry], entry: LedgerEntry) -> LedgerEntry | None:
    known = next((one for one in entries if one.decision_id == entry.decision_id), None)
    return None if known is None else _the_same(known, entry)


def _the_same(known: LedgerEntry, entry: LedgerEntry) -> LedgerEntry:
    """What a decision id stands for, if it is the same decision."""
    same = ("queue_id", "alert_id", "kind", "value", "source", "judge_id", "scorer_id", "retracts_id")
    if any(getattr(known, name) != getattr(entry, name) for name in same):
        raise DecisionConflict(f"decision id {entry.decision_id} was used for another decision; make a new one")
    return known


def _answered_with(entry: LedgerEntry) -> LedgerEntry | None:
    """The entry with which this decision id was answered without writing one, if it is the same decision."""
    rows = RepeatedDecision.objects.filter(decision_id=entry.decision_id).select_related("entry")
    return next((_the_same(row.entry, entry) for row in rows), None)


def _remember(entry: LedgerEntry, standing: LedgerEntry) -> None:
    """Keep what a decision id was answered with. Queues have locks of their own: another may have the id already."""
    row = RepeatedDecision(
        decision_id=entry.decision_id, queue_id=entry.queue_id, entry=standing, recorded_at=entry.recorded_at
    )
    RepeatedDecision.objects.bulk_create([row], ignore_conflicts=True)


def _closing(before: Iterable[LedgerEntry], alert_id: int) -> LedgerEntry | None:
    """The verdict that keeps an alert out of the reps' queue."""
    entries = {row.position: row for row in before if row.alert_id == alert_id}
    closing = rules.closing_verdict(facts_of(entries.values()))
    return None if closing is None else entries[closing.position]


def _outcome_by(before: Iterable[LedgerEntry], alert_id: int, scorer: Scorer) -> LedgerEntry | None:
    """What a scorer's outcome on an alert says now."""
    entries = {row.position: row for row in before if row.alert_id == alert_id}
    said = (entries[fact.position] for fact in rules.effective_verdicts(facts_of(entries.values())))
    return next((entry for entry in said if entry.source == Source.OUTCOME and entry.scorer_id == scorer.pk), None)


# The newest position stands in a query of its own: beside a WITH, PostgreSQL reads a whole ledger for its max().
_NEXT = """
    WITH closed AS (DELETE FROM feedback_openalert WHERE alert_id = %(closed)s)
    SELECT 1 + COALESCE((SELECT max(position) FROM feedback_ledgerentry WHERE queue_id = %(queue)s), 0)
"""


def _append(entry: LedgerEntry) -> Recorded:
    """Give the entry the next position, write it, and bring the reps' queue in line. The caller holds the lock."""
    retracts = entry.kind == Kind.RETRACTION
    closes = not retracts and entry.source in rules.CLOSING_SOURCES and not entry.is_check
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {"queue": entry.queue_id, "closed": entry.alert_id if closes else None})
        (entry.position,) = cursor.fetchone()
    entry.save(force_insert=True)
    reopened = entry.alert_id if retracts and _reopened(entry) else None
    told = {"queue_id": entry.queue_id, "position": entry.position, "reopened": reopened}
    transaction.on_commit(partial(ledger_grew.send_robust, sender=LedgerEntry, **told))
    return Recorded(entry, created=True)


def _reopened(retraction: LedgerEntry) -> bool:
    """Put the alert back before the reps where no closing verdict is left; whether it was not there."""
    entries = LedgerEntry.objects.filter(alert_id=retraction.alert_id)
    settled = rules.closing_verdict(facts_of(entries)) is not None
    return not settled and reopen(alert_id=retraction.alert_id, now=retraction.recorded_at)


def _has_role(queue_id: int, person: Person, roles: Iterable[Role]) -> bool:
    return Membership.objects.filter(queue_id=queue_id, user_id=id_of(person), role__in=list(roles)).exists()
