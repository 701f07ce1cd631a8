"""Who holds which question, until when.

Everybody locks in one order: the labeler's membership, the question, the lease, the ledger. A slot is given and taken
only under its question's lock; the unique constraints of `Lease` say the same again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction

from feedback.errors import NotPermitted
from feedback.models import Membership, Queue, Role
from feedback.services.pauses import pause_of
from labeling.errors import NotHeld
from labeling.models import Hold, Lease, Question
from labeling.plans import plan_of
from labeling.services import checks

# A page that is left open does not keep a question for ever: so many lease lengths, then it lapses.
LONGEST_HOLD = 8

_BEST = """
    SELECT q.* FROM labeling_question q
    WHERE q.queue_id = %(queue)s AND q.state = 'open'
      AND (SELECT count(*) FROM labeling_lease l WHERE l.question_id = q.id
           AND (l.state = 'answered' OR (l.state = 'held' AND l.expires_at > %(now)s))) < q.overlap
      AND NOT EXISTS (SELECT 1 FROM labeling_question asked JOIN labeling_lease l ON l.question_id = asked.id
                      WHERE asked.alert_id = q.alert_id AND l.labeler_id = %(labeler)s AND l.state <> 'lapsed')
      AND NOT EXISTS (SELECT 1 FROM feedback_ledgerentry e WHERE e.alert_id = q.alert_id AND e.judge_id = %(labeler)s
                      AND e.source <> 'labeler')
      AND NOT EXISTS (SELECT 1 FROM feedback_check c WHERE c.alert_id = q.alert_id AND c.person_id = %(labeler)s)
    ORDER BY q.utility DESC, q.id
    LIMIT 1
    FOR UPDATE OF q
"""


def claim_next(*, queue: Queue, labeler: AbstractBaseUser, now: datetime) -> Lease | None:
    """The labeler's question: the one they hold, else the most useful one that has a slot; None where there is none.

    1. Serialise this labeler's claims (two tabs); whoever is paused gives back what they hold. 2. What they hold comes
    back to them, and for longer. 3. Now and then it is a check. 4. Else lock the best question, passing over those that
    colleagues are claiming at this moment, and waiting for them only where nothing else is left. 5. Take its slot, if
    one is still free now that it is locked; look again if not.

    Raises `NotPermitted` where the person neither labels nor leads the queue.
    """
    with transaction.atomic():
        if lock_labeler(queue.pk, labeler):
            let_go(queue.pk, labeler, now)
            return None
        held = Lease.objects.filter(labeler_id=labeler.pk, queue=queue, state=Hold.HELD).first()
        if held is not None and _prolong(held, now):
            return held
        if (check := _claim_check(queue, labeler, now)) is not None:
            return check
        while (question := _lock_best(queue, labeler, now)) is not None:  # ends: a full question is not found again
            if (slot := free_slot(question, now)) is not None:
                return _take(question, labeler, slot, now)
    return None


def extend(*, question: Question, labeler: AbstractBaseUser, now: datetime) -> bool:
    """The page is still open: hold the question for longer.

    False where the lease has gone, was held long enough, or the labeler is paused.
    """
    if pause_of(queue_id=question.queue_id, person=labeler, roles=[Role.LABELER, Role.LEAD]) is not None:
        return False
    held = Lease.objects.filter(question=question, labeler_id=labeler.pk, state=Hold.HELD).first()
    longest = timedelta(seconds=LONGEST_HOLD * plan_of(question.queue_id).lease_seconds)
    return held is not None and now < held.leased_at + longest and _prolong(held, now)


def skip(*, question: Question, labeler: AbstractBaseUser, now: datetime) -> Lease:
    """Leave a question to the others. It returns to this labeler only when they ask for it. A repeat changes nothing.

    Raises `NotHeld`.
    """
    with transaction.atomic():
        lease = lock_lease(question, labeler)
        if lease.state in (Hold.HELD, Hold.LAPSED):
            lease.state, lease.ended_at = Hold.SKIPPED, now
            lease.save(update_fields=["state", "ended_at"])
            checks.put_off(question=lease.question, now=now)
        return lease


def release_expired(*, now: datetime) -> int:
    """Give back every lease that ended without an answer; how many there were. Those in use at this moment wait."""
    expired = Lease.objects.select_for_update(skip_locked=True).filter(state=Hold.HELD, expires_at__lte=now)
    with transaction.atomic():
        ids = list(expired.values_list("pk", flat=True)[:1_000])
        return Lease.objects.filter(pk__in=ids).update(state=Hold.LAPSED, ended_at=now)


def lock_labeler(queue_id: int, labeler: AbstractBaseUser) -> bool:
    """Serialise what one labeler does in one queue until the transaction ends; whether they are paused there.

    Raises `NotPermitted`.
    """
    memberships = Membership.objects.filter(queue_id=queue_id, user_id=labeler.pk, role__in=[Role.LABELER, Role.LEAD])
    paused = list(memberships.select_for_update(no_key=True).order_by("pk").values_list("paused_at", flat=True))
    if not paused:
        raise NotPermitted(f"{labeler} does not label queue {queue_id}")
    return None not in paused


def lock_lease(question: Question, labeler: AbstractBaseUser) -> Lease:
    """Lock a question, then the labeler's lease on it. Raises `NotHeld` where they never had one."""
    locked = Question.objects.select_for_update().get(pk=question.pk)
    lease = Lease.objects.select_for_update().filter(question=locked, labeler_id=labeler.pk).first()
    if lease is None:
        raise NotHeld(f"question {question.pk} was never given to {labeler}")
    lease.question = locked
    return lease


def free_slot(question: Question, now: datetime) -> int | None:
    """The lowest free slot of a question; leases on it that have ended give theirs back. The caller holds its lock."""
    Lease.objects.filter(question=question, state=Hold.HELD, expires_at__lte=now).update(
        state=Hold.LAPSED, ended_at=now
    )
    taken = Lease.objects.filter(question=question, state__in=[Hold.HELD, Hold.ANSWERED])
    free = set(range(1, question.overlap + 1)) - set(taken.values_list("slot", flat=True))
    return min(free, default=None)


def let_go(queue_id: int, labeler: AbstractBaseUser, now: datetime) -> None:
    """Give back what the labeler holds in a queue."""
    held = Lease.objects.filter(labeler_id=labeler.pk, queue_id=queue_id, state=Hold.HELD)
    held.update(state=Hold.LAPSED, ended_at=now)


def hold(lease: Lease, slot: int, now: datetime) -> Lease:
    """Make a lease the labeler's current one. The caller holds the question's lock."""
    seconds = plan_of(lease.queue_id).lease_seconds
    lease.slot, lease.state, lease.answer, lease.ended_at = slot, Hold.HELD, None, None
    lease.leased_at, lease.expires_at = now, now + timedelta(seconds=seconds)
    lease.save()
    return lease


def _claim_check(queue: Queue, labeler: AbstractBaseUser, now: datetime) -> Lease | None:
    """A check under a lease, where it is time for one and no other tab has answered it at this moment."""
    question = checks.question_of_check(queue=queue, labeler=labeler, now=now)
    if question is None:
        return None
    locked = Question.objects.select_for_update().get(pk=question.pk)
    slot = free_slot(locked, now)
    return None if slot is None else _take(locked, labeler, slot, now)


def _lock_best(queue: Queue, labeler: AbstractBaseUser, now: datetime) -> Question | None:
    names = {"queue": queue.pk, "labeler": labeler.pk, "now": now}
    passing_over = next(iter(Question.objects.raw(f"{_BEST} SKIP LOCKED", names)), None)
    return passing_over or next(iter(Question.objects.raw(_BEST, names)), None)


def _take(question: Question, labeler: AbstractBaseUser, slot: int, now: datetime) -> Lease:
    """Take a slot: a first lease, or the labeler's own one that had lapsed."""
    lapsed = Lease.objects.filter(question=question, labeler_id=labeler.pk).first()
    lease = lapsed or Lease(question=question, queue_id=question.queue_id, labeler_id=labeler.pk)
    lease.question = question
    return hold(lease, slot, now)


_PROLONG = """
    UPDATE labeling_lease l SET expires_at = greatest(l.expires_at, %s + make_interval(secs => %s))
    WHERE l.id = %s AND l.state = 'held' RETURNING l.expires_at
"""


def _prolong(lease: Lease, now: datetime) -> bool:
    """Extend a lease that is still held; False where a colleague's claim or the sweep has ended it just now."""
    with connection.cursor() as cursor:
        cursor.execute(_PROLONG, [now, plan_of(lease.queue_id).lease_seconds, lease.pk])
        row = cursor.fetchone()
    if row is not None:
        (lease.expires_at,) = row
    return row is not None
