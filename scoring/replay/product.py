"""The replay through the product's own services: raise, score, expose, judge, learn, in a throwaway queue."""

from __future__ import annotations

import itertools
import uuid
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from feedback.locks import Lock, turn
from feedback.models import Alert, Customer, Membership, Queue, Role, Scorer, Source, Value
from feedback.nudges import muted
from feedback.services import AlertDraft, erase_throwaway, record_verdict
from scoring.models import Stage
from scoring.policylab.forms import wish_in_force
from scoring.policylab.selectors import in_force
from scoring.policylab.services import StepRefused, apply_wish
from scoring.replay.stream import Arrival, StreamAlert, in_order
from scoring.replica import replica_of
from scoring.services import Intake, change_policy, learn, take_in
from scoring.services.generations import due
from scoring.thresholds import Goal

# Alerts between two turns of the worker's part: a checkpoint, and a re-ranking of what is open.
WORKER_EVERY = 250
# In a replay that may hide: the turns at which the lead looks whether the step is open, and the worker follows.
TURN_EVERY = 50

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Score:
    """One line of scores.csv: what the product answered when the alert arrived, before its own verdict."""

    seq: str
    probability: float
    tier: str
    decision: str
    propensity: float
    position: int


@dataclass(slots=True)
class Replayed:
    """What a replay made. `verdicts` counts those that were given: hidden alerts get none."""

    scores: list[Score] = field(default_factory=list)
    verdicts: int = 0


@dataclass(frozen=True, slots=True)
class Stagehands:
    """The throwaway queue and those who act in it."""

    queue: Queue
    scorer: Scorer
    rep: User
    ends: Stage


def replay(
    alerts: Sequence[StreamAlert],
    *,
    seed: int,
    stage: Stage,
    goal: Goal | None = None,
    on_progress: Progress | None = None,
) -> Replayed:
    """Feed the alerts through the services, each verdict as soon as it may be known, and clean up whatever happens.

    A replay in *suppress* ranks until the condition for hiding under `goal` is met; then its lead takes the step.
    """
    replayed = Replayed()
    with muted(), stagehands(seed, stage, goal or Goal(), alerts[0].raised_at) as cast:
        raised: dict[int, Intake] = {}
        for event in in_order(alerts):
            alert = alerts[event.index]
            if isinstance(event, Arrival):
                raised[event.index] = _raise(cast, alert)
                replayed.scores.append(_score(alert, raised[event.index]))
                _work(cast, alert, len(replayed.scores), len(alerts), on_progress)
            elif raised[event.index].decision != "hide":
                _judge(cast, alert, raised[event.index].alert_id, seed)
                _train(cast, alert)
                replayed.verdicts += 1
    return replayed


@contextmanager
def stagehands(seed: int, stage: Stage, goal: Goal, now: datetime) -> Iterator[Stagehands]:
    """A throwaway queue with a scorer and a rep; all of it is erased at the end. The policy begins at `now`.

    Their name is the same for every replay of a seed, because a score depends on who raised the alert and an audit draw
    on its id; a replay that runs beside another takes the next name. What a killed replay left under a name goes first.
    """
    with _own_name(seed) as name:
        _erase(name)
        queue = Queue.objects.create(slug=name, name=name, throwaway=True)
        scorer = Scorer.objects.create(name=name, is_active=False)
        rep = get_user_model().objects.create(username=name, is_active=False)
        Membership.objects.create(user=rep, queue=queue, role=Role.REP)
        begins = Stage.RANK if stage == Stage.SUPPRESS else stage
        change_policy(queue=queue, now=now, stage=begins, target=goal.target, cap=goal.cap)
        try:
            yield Stagehands(queue, scorer, rep, ends=Stage(stage))
        finally:
            _erase(name)


@contextmanager
def _own_name(seed: int) -> Iterator[str]:
    """The first name for this seed that no running replay has; the database frees it if this process dies."""
    for number in itertools.count():
        name = f"{scorer_name(seed)}-{number}" if number else scorer_name(seed)
        key = zlib.crc32(name.encode()) - 2**31
        with turn(Lock.REPLAY, key) as mine:
            if mine:
                yield name
                return


def scorer_name(seed: int) -> str:
    """The name of the scorer that raises a replay's alerts."""
    return f"replay-{seed}"


def _erase(name: str) -> None:
    for queue in Queue.objects.filter(slug=name, throwaway=True):
        erase_throwaway(queue=queue)
    Scorer.objects.filter(name=name).delete()
    Customer.objects.filter(external_id=name).delete()
    get_user_model().objects.filter(username=name).delete()


def _raise(cast: Stagehands, alert: StreamAlert) -> Intake:
    draft = AlertDraft(
        external_id=alert.seq,
        customer_id=cast.queue.slug,
        raised_at=alert.raised_at,
        text=alert.text,
        features=alert.features,
        upstream_score=alert.upstream_score,
    )
    (intake,) = take_in(queue=cast.queue, scorer=cast.scorer, drafts=[draft], now=alert.raised_at)
    return intake


def _score(alert: StreamAlert, intake: Intake) -> Score:
    assert intake.probability is not None and intake.propensity is not None and intake.position is not None
    return Score(
        alert.seq, intake.probability, intake.tier or "", intake.decision or "", intake.propensity, intake.position
    )


def _judge(cast: Stagehands, alert: StreamAlert, alert_id: int, seed: int) -> None:
    record_verdict(
        alert=Alert(pk=alert_id, queue=cast.queue),
        judge=cast.rep,
        value=Value.ACCURATE if alert.accurate else Value.FALSE_POSITIVE,
        decision_id=uuid.uuid5(uuid.NAMESPACE_OID, f"{cast.queue.slug}:{seed}:{alert.seq}"),
        source=Source.REP,
        now=alert.judged_at or alert.raised_at,
        blind=True,
    )


def _train(cast: Stagehands, alert: StreamAlert) -> None:
    """The worker's turn where a generation is due: in the product it is nudged by every verdict."""
    now = alert.judged_at or alert.raised_at
    with replica_of(cast.queue.pk).hold() as belief:
        wanted = due(queue_id=cast.queue.pk, belief=belief, now=now)
    if wanted:
        learn(queue_id=cast.queue.pk, now=now)


def _work(cast: Stagehands, alert: StreamAlert, done: int, total: int, on_progress: Progress | None) -> None:
    """The worker's and the lead's part, every so often, and word of the progress."""
    if done % (TURN_EVERY if cast.ends == Stage.SUPPRESS else WORKER_EVERY) == 0:
        learn(queue_id=cast.queue.pk, now=alert.raised_at)
        if cast.ends == Stage.SUPPRESS:
            _take_the_step(cast, alert.raised_at)
    if on_progress is not None:
        on_progress(done, total)


def _take_the_step(cast: Stagehands, now: datetime) -> None:
    """What a lead does who waits for the step: takes it when its condition is met."""
    version = in_force(cast.queue).version
    if version.stage == Stage.RANK:
        wish = replace(wish_in_force(version), stage="suppress")
        with suppress(StepRefused):
            apply_wish(queue=cast.queue, wish=wish, seen_version=version.version, by=cast.rep, now=now)
