"""A labeler's answers: each is a verdict in the ledger, written together with the lease it spends."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from feedback import rules
from feedback.errors import AlreadyRetracted
from feedback.models import LedgerEntry, Source, Value
from feedback.reach import reach_of
from feedback.services import Recorded, facts_of, record_verdict, retract_verdict
from labeling.errors import AlreadyAnswered, NotAnswered, SlotTaken, TooLongAgo
from labeling.models import Hold, Lease, Question, State
from labeling.services import checks
from labeling.services.leases import free_slot, hold, let_go, lock_labeler, lock_lease

if TYPE_CHECKING:
    from django.db.models import QuerySet

# The undo key reaches back to midnight, and so far at least: shifts go past it.
UNDO_REACH = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What an undo did: the lease as it is now, and the verdict that was taken back; None where that was a skip."""

    lease: Lease
    verdict: LedgerEntry | None


def answer(
    *, question: Question, labeler: AbstractBaseUser, value: Value, decision_id: uuid.UUID, now: datetime
) -> Recorded:
    """Record a labeler's answer as a verdict and spend the slot they hold, in one transaction.

    1. Lock the question and the labeler's lease. 2. Where the lease has ended meanwhile, or they had skipped, take a
    slot that is still free. 3. Append the verdict; a known decision id is a repeat and changes nothing. 4. Spend the
    slot, and close the question with its last one; of a check, keep that this was the first answer.

    Raises `NotHeld`, `SlotTaken`, `AlreadyAnswered`, and what `record_verdict` raises; nothing is written then.
    """
    with transaction.atomic():
        lease = lock_lease(question, labeler)
        if lease.answer is not None and lease.answer.decision_id != decision_id:
            raise AlreadyAnswered(lease.answer)
        if lease.state in (Hold.LAPSED, Hold.SKIPPED):
            lease.slot = _slot_still_free(lease, now)
        recorded = _record(lease, labeler, value, decision_id, now)
        if recorded.created:
            _spend(lease, recorded.entry, now)
            checks.answered(question=lease.question, entry=recorded.entry)
        return recorded


def change_answer(
    *, question: Question, labeler: AbstractBaseUser, value: Value, decision_id: uuid.UUID, now: datetime
) -> Recorded:
    """Replace the labeler's own answer by a later verdict of theirs. The same value again is no change.

    Raises `NotHeld`, `NotAnswered`, and what `record_verdict` raises; nothing is written then.
    """
    with transaction.atomic():
        lease = lock_lease(question, labeler)
        if lease.answer is None:
            raise NotAnswered(f"question {question.pk} has no answer of {labeler} to change")
        if lease.answer.value == value and lease.answer.decision_id != decision_id:
            return Recorded(lease.answer, created=False)
        recorded = _record(lease, labeler, value, decision_id, now)
        if recorded.created:
            lease.answer = recorded.entry
            lease.save(update_fields=["answer"])
        return recorded


def undo(
    *, question: Question, labeler: AbstractBaseUser, decision_id: uuid.UUID, now: datetime, any_age: bool = False
) -> TakenBack:
    """Take back the labeler's last act on a question: a change, an answer or a skip. A repeat changes nothing.

    The act is of today or of the last hours (`UNDO_REACH`), unless `any_age`: then the labeler has opened it to see it.

    1. Retract the verdict. 2. Where it had replaced an earlier one, that one stands again. 3. Otherwise the question is
    this labeler's once more; the one they held meanwhile goes back.

    Raises `NotPermitted`, `NotHeld`, `TooLongAgo`, `SlotTaken` (a skipped question that colleagues took), and what
    `retract_verdict` raises; nothing is written then.
    """
    with transaction.atomic():
        lock_labeler(question.queue_id, labeler)
        lease = lock_lease(question, labeler)
        known = LedgerEntry.objects.filter(decision_id=decision_id).select_related("retracts").first()
        if known is not None or lease.state in (Hold.HELD, Hold.LAPSED):
            return TakenBack(lease, known.retracts if known is not None and known.judge_id == labeler.pk else None)
        if not any_age and lease.acted_at < reach_of(now, UNDO_REACH):
            raise TooLongAgo(f"the last act on question {question.pk} is of {lease.acted_at}")
        slot = lease.slot if lease.answer else _slot_still_free(lease, now)
        verdict = lease.answer
        if verdict is not None and (earlier := _take_back(verdict, labeler, decision_id, now)) is not None:
            lease.answer = earlier
            lease.save(update_fields=["answer"])
            return TakenBack(lease, verdict)
        let_go(question.queue_id, labeler, now)
        _reopen(lease.question)
        return TakenBack(hold(lease, slot, now), verdict)


def ask_again(*, queue_id: int, now: datetime) -> int:
    """Open the questions again that lack an answer because a lead took one back; returns how many did.

    Where the labeler had changed that answer, the one before stands again and is theirs. Otherwise the slot is free,
    for a colleague or for them. A question that somebody answers at this moment has its turn with the next sweep.
    """
    taken = Lease.objects.filter(
        queue_id=queue_id, state=Hold.ANSWERED, answer__retraction__isnull=False,
        question__state__in=[State.OPEN, State.ANSWERED],
    )  # fmt: skip
    with transaction.atomic():
        questions = Question.objects.filter(pk__in=taken.values("question"))
        locked = questions.select_for_update(of=("self",), skip_locked=True).order_by("pk")
        return sum([_lacks_an_answer(question, taken, now) for question in locked])


def _lacks_an_answer(question: Question, taken: QuerySet[Lease], now: datetime) -> bool:
    lacks = False
    for lease in taken.filter(question=question).select_related("answer"):
        assert lease.answer is not None
        lease.answer = _standing(lease.answer.alert_id, lease.labeler_id)
        if lease.answer is None:
            lease.state, lease.ended_at, lacks = Hold.LAPSED, now, True
        lease.save(update_fields=["answer", "state", "ended_at"])
    if lacks:
        _reopen(question)
    return lacks


def _record(lease: Lease, labeler: AbstractBaseUser, value: Value, decision_id: uuid.UUID, now: datetime) -> Recorded:
    return record_verdict(
        alert=lease.question.alert, judge=labeler, value=value, decision_id=decision_id, source=Source.LABELER,
        blind=True, is_check=lease.question.is_check, now=now,
    )  # fmt: skip


def _slot_still_free(lease: Lease, now: datetime) -> int:
    slot = free_slot(lease.question, now)
    if slot is None:
        raise SlotTaken(f"colleagues answered or hold question {lease.question_id}")
    return slot


def _spend(lease: Lease, entry: LedgerEntry, now: datetime) -> None:
    """Tie the answer to its slot; with the last slot the question is answered."""
    lease.state, lease.answer, lease.ended_at = Hold.ANSWERED, entry, now
    lease.save(update_fields=["slot", "state", "answer", "ended_at"])
    question = lease.question
    answers = Lease.objects.filter(question=question, state=Hold.ANSWERED).count()
    if answers >= question.overlap and question.state == State.OPEN:
        question.state, question.closed_at = State.ANSWERED, now
        question.save(update_fields=["state", "closed_at"])


def _reopen(question: Question) -> None:
    """An answered question lacks an answer again. A withdrawn one stays withdrawn for everybody else."""
    if question.state == State.ANSWERED:
        question.state, question.closed_at = State.OPEN, None
        question.save(update_fields=["state", "closed_at"])


def _take_back(
    verdict: LedgerEntry, labeler: AbstractBaseUser, decision_id: uuid.UUID, now: datetime
) -> LedgerEntry | None:
    """Retract a verdict; returns the labeler's earlier one on the alert where it counts again."""
    with suppress(AlreadyRetracted):  # by a lead: the question still comes back
        retract_verdict(verdict=verdict, judge=labeler, decision_id=decision_id, now=now)
    return _standing(verdict.alert_id, labeler.pk)


def _standing(alert_id: int, labeler_id: int) -> LedgerEntry | None:
    """A labeler's answer on an alert that counts now."""
    entries = {entry.position: entry for entry in LedgerEntry.objects.filter(alert_id=alert_id)}
    for fact in rules.effective_verdicts(facts_of(entries.values())):
        if fact.source == Source.LABELER and fact.judge == labeler_id:
            return entries[fact.position]
    return None
