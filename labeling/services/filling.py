"""Keeping questions ready: what is asked next, chosen by the worker."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef

from feedback.locks import Lock, take_if_free
from feedback.models import Kind, LedgerEntry, Queue, Source, Value
from labeling import pool
from labeling.models import Because, Hold, Lease, Question, QuestionPlan, State
from labeling.plans import plan_of
from labeling.services.answers import ask_again
from scoring.facts import facts_of_alerts
from scoring.features import extract
from scoring.fold import Belief
from scoring.replica import replica_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from labeling.querying import Pick

# Questions that nobody has seen are chosen anew when the ledger has grown by so many rows since.
STALE_ROWS = 100


@dataclass(frozen=True, slots=True)
class Filled:
    """What one filling did: questions asked, withdrawn because they were settled, and dropped to choose better ones."""

    asked: int = 0
    withdrawn: int = 0
    dropped: int = 0


def fill_questions(*, queue: Queue, now: datetime) -> Filled:
    """Keep a queue's plan: as many open questions as it wants, each still worth an answer.

    1. One worker at a time; another one's turn does ours. 2. Open again what lacks an answer that a lead took back.
    3. Withdraw what a rep has settled and what no labeler is left for. 4. Drop unseen questions that an older model
    chose. 5. Ask what is missing, once a quarter is.
    """
    with transaction.atomic():
        if not take_if_free(Lock.FILL, queue.pk):
            return Filled()
        plan = plan_of(queue.pk)
        ask_again(queue_id=queue.pk, now=now)
        withdrawn = _withdraw_settled(queue.pk, now) + _withdraw_unwanted(queue.pk, now)
        with replica_of(queue.pk).hold(sync_limit=None) as belief:
            dropped = _drop_stale(queue.pk, belief.position)
            missing = plan.open_questions - _ready(queue.pk)
            picks = _choose(queue.pk, belief, plan, missing) if missing >= max(1, plan.open_questions // 4) else []
            position = belief.position
        Question.objects.bulk_create([_question(queue, pick, plan, position, now) for pick in picks])
        return Filled(len(picks), withdrawn, dropped)


def _withdraw_settled(queue_id: int, now: datetime) -> int:
    """Withdraw questions whose alert was decided after they were asked; the one on a labeler's screen stays."""
    decided = LedgerEntry.objects.filter(
        alert_id=OuterRef("alert_id"), position__gt=OuterRef("position"), kind=Kind.VERDICT, retraction__isnull=True,
        value__in=[Value.ACCURATE, Value.FALSE_POSITIVE],
    ).exclude(source=Source.LABELER)  # fmt: skip
    return _withdraw(Question.objects.filter(Exists(decided), queue_id=queue_id), now)


def _withdraw_unwanted(queue_id: int, now: datetime) -> int:
    """Withdraw questions that every labeler of the queue has skipped, or answered where one more should have."""
    return _withdraw(Question.objects.filter(pool.nobody_left(queue_id), queue_id=queue_id), now)


def _ready(queue_id: int) -> int:
    """How many open questions nobody has dealt with: others wait for those who have not, who may be long in coming."""
    dealt = Lease.objects.filter(question=OuterRef("pk"), state__in=[Hold.ANSWERED, Hold.SKIPPED])
    return Question.objects.filter(~Exists(dealt), queue_id=queue_id, state=State.OPEN).count()


def _withdraw(questions: QuerySet[Question], now: datetime) -> int:
    """Those locked are being claimed or answered at this moment: the next sweep looks at them."""
    held = Lease.objects.filter(question=OuterRef("pk"), state=Hold.HELD)
    free = questions.filter(~Exists(held), state=State.OPEN).select_for_update(of=("self",), skip_locked=True)
    ids = list(free.order_by("pk").values_list("pk", flat=True))
    return Question.objects.filter(pk__in=ids, state=State.OPEN).update(state=State.WITHDRAWN, closed_at=now)


def _drop_stale(queue_id: int, position: int) -> int:
    """Delete questions that an older model chose and nobody has seen. Why they were asked holds no longer."""
    seen = Lease.objects.filter(question=OuterRef("pk"))
    stale = Question.objects.filter(
        ~Exists(seen), queue_id=queue_id, state=State.OPEN, position__lte=position - STALE_ROWS,
        because__in=[Because.UNCERTAIN, Because.DIVERSE, Because.COLD],
    )  # fmt: skip
    ids = list(stale.select_for_update(of=("self",), skip_locked=True).order_by("pk").values_list("pk", flat=True))
    return Question.objects.filter(~Exists(seen), pk__in=ids).delete()[0]


def _choose(queue_id: int, belief: Belief, plan: QuestionPlan, count: int) -> list[Pick]:
    """Let modAL choose. It is imported here: only workers come here, and it would double a web process."""
    from labeling import querying

    seed = f"{queue_id}:{belief.position}"
    looks = {look.alert_id: look for look in pool.second_looks(queue_id, belief.position)}
    open_ids, seen_ids = pool.askable(queue_id, seed), pool.lately_seen(queue_id, belief.position)
    facts = facts_of_alerts(sorted({*open_ids, *looks, *seen_ids}))
    features = {pk: extract(known, belief.config) for pk, known in facts.items()}
    candidates = [
        querying.Candidate(pk, features[pk], drawn=drawn) for pk, drawn in open_ids.items() if pk not in looks
    ]
    candidates += [
        querying.Candidate(pk, features[pk], look.because)
        for pk, look in looks.items()
        if look.accurate is None or abs(belief.model.predict(features[pk]) - look.accurate) >= pool.FAR
    ]
    wish = querying.Wish(
        count=count, strategy=plan.strategy, random_share=plan.random_share,
        second_look_share=plan.second_look_share, learnt=belief.model.learnt, seed=seed,
    )  # fmt: skip
    return querying.choose(candidates, belief.model, wish, seen=[features[pk] for pk in sorted(seen_ids)])


def _question(queue: Queue, pick: Pick, plan: QuestionPlan, position: int, now: datetime) -> Question:
    """A question as it is first asked. Which ones one labeler more answers is drawn by the alert's id."""
    draw = int.from_bytes(hashlib.blake2b(f"double:{pick.alert_id}".encode(), digest_size=4).digest()) / 2**32
    return Question(
        queue=queue, alert_id=pick.alert_id, because=pick.because, overlap=plan.overlap + (draw < plan.double_share),
        utility=pick.utility, uncertainty=pick.uncertainty, probability=pick.probability,
        position=position, asked_at=now,
    )  # fmt: skip
