"""Generations of the slow model: train one where it is due, train again what knew a withdrawn label, adopt.

A generation is a pure function of the first n lessons of the ledger, so it can be made again at any time, byte for
byte. Training takes seconds and holds no lock; what it gives takes effect by an amendment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from feedback.models import Queue
from scoring.amended import amendments_of
from scoring.amendments import Amendments
from scoring.fold import Belief, Way, configuration_of
from scoring.learner import generation
from scoring.learner.chain import START, extend
from scoring.lessons import with_features
from scoring.models import FailedTraining, Generation, ModelConfiguration
from scoring.online_model import ModelConfig, OnlineModel
from scoring.plan import Lesson
from scoring.services.amending import adopt

log = structlog.get_logger(__name__)


# What could not be trained on some labels is tried on the same ones again after this time, and not before the ledger
# grew: a release may have mended it.
TRY_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A generation to train on the first `learnt` lessons, and the position at which it takes effect."""

    learnt: int
    since: int


def due(*, queue_id: int, belief: Belief, now: datetime) -> bool:
    """Whether the queue's model has learnt enough for a new generation, which was not tried in vain of late."""
    learnt = _newest_due(belief.model)
    if learnt is None:
        return False
    wanted = [Wanted(learnt, belief.position)]
    return bool(_untried(configuration_of(queue_id), wanted, belief.model.milestones, now))


def advance(*, queue: Queue, belief: Belief, now: datetime, configuration: ModelConfiguration | None = None) -> int:
    """Train and adopt what is due at a state that has learnt the whole ledger; returns how many were adopted.

    `configuration`: that of the model, where it is not the one in force.

    1. Generations that knew a label which was withdrawn are trained again without it and adopted where they were.
    2. The newest due one is trained, older ones that were missed are not. One that cannot be trained is left out, and
    remembered.
    """
    configuration = configuration or configuration_of(queue.pk)
    amendments = amendments_of(queue.pk)
    wanted = _untried(configuration, missing(belief, configuration, amendments), belief.model.milestones, now)
    if not wanted:
        return 0
    lessons = Way(configuration, belief.position, amendments).lessons()
    return _make(queue, configuration, lessons, milestones_of(lessons), wanted, now)


def missing(belief: Belief, configuration: ModelConfiguration, amendments: Amendments) -> list[Wanted]:
    """What a model that has learnt the whole ledger should have and has not: what knew a withdrawn label, the due."""
    wanted = withdrawn(amendments, configuration.pk, belief.model.milestones)
    if (learnt := _newest_due(belief.model)) is not None and learnt not in {one.learnt for one in wanted}:
        wanted.append(Wanted(learnt, belief.position))
    return wanted


def repair(*, queue: Queue, end: int, now: datetime) -> int:
    """Train again, from the ledger alone, what knew a label that is withdrawn at `end`; returns how many.

    For a change so old that the model must be folded anew in the background: done before that, so that no older
    generation has to serve in between.
    """
    configuration = configuration_of(queue.pk)
    amendments = amendments_of(queue.pk)
    if not amendments.adoptions(configuration.pk):
        return 0
    lessons = Way(configuration, end, amendments).lessons()
    milestones = milestones_of(lessons)
    wanted = _untried(configuration, withdrawn(amendments, configuration.pk, milestones), milestones, now)
    return _make(queue, configuration, lessons, milestones, wanted, now)


def withdrawn(amendments: Amendments, configuration: int, milestones: Mapping[int, str]) -> list[Wanted]:
    """The adopted generations that knew other lessons than those that count now, and have no successor yet.

    One whose count of lessons is not reached any more is left out: in a ledger that never had the withdrawn labels it
    would not exist.
    """
    adoptions = amendments.adoptions(configuration)
    sound = {row.learnt for row in adoptions if milestones.get(row.learnt) == row.chain}
    stale = {row.learnt: row.since for row in reversed(adoptions) if row.learnt not in sound}
    return [Wanted(learnt, since) for learnt, since in sorted(stale.items()) if learnt in milestones]


def failures(
    configuration: ModelConfiguration, wanted: Sequence[Wanted], milestones: Mapping[int, str]
) -> list[FailedTraining]:
    """Those of the wanted that could not be trained on the labels as they are now, the one with the most first."""
    counts = {one.learnt for one in wanted}
    rows = FailedTraining.objects.filter(configuration=configuration, learnt__in=counts) if counts else []
    found = [row for row in rows if milestones.get(row.learnt) == row.chain]
    return sorted(found, key=lambda row: -row.learnt)


def milestones_of(lessons: Sequence[Lesson]) -> dict[int, str]:
    """The chain at each set count of lessons, as the model that learns them has it."""
    chain, found = START, {}
    for learnt, one in enumerate(lessons, start=1):
        chain = extend(chain, one.alert_id, one.accurate, one.weight, one.teaches_text)
        if generation.is_due(learnt):
            found[learnt] = chain
    return found


def _newest_due(model: OnlineModel) -> int | None:
    """The newest milestone that the model has passed and has no generation of."""
    newest = max(model.milestones, default=0)
    known = 0 if model.generation is None else model.generation.learnt
    return newest if newest > known else None


def _untried(
    configuration: ModelConfiguration, wanted: Sequence[Wanted], milestones: Mapping[int, str], now: datetime
) -> list[Wanted]:
    """Those that were not tried in vain of late on the same labels."""
    rows = failures(configuration, wanted, milestones)
    in_vain = {row.learnt for row in rows if row.failed_at > now - TRY_AGAIN}
    return [one for one in wanted if one.learnt not in in_vain]


def _make(
    queue: Queue,
    configuration: ModelConfiguration,
    lessons: list[Lesson],
    chains: Mapping[int, str],
    wanted: Sequence[Wanted],
    now: datetime,
) -> int:
    """Train each wanted generation and adopt it where it belongs, but not before its last lesson was learnt.

    `chains`: the milestones of the lessons. Returns how many were adopted: what cannot be trained keeps neither the
    others nor the queue waiting.
    """
    made = 0
    for one in wanted:
        row = _tried(configuration, lessons[: one.learnt], chains[one.learnt], now)
        if row is not None:
            made += 1
            adopt(queue=queue, generation=row, since=max(one.since, lessons[one.learnt - 1].anchor), now=now)
            log.info("generation_adopted", queue=queue.pk, learnt=one.learnt, since=one.since, digest=row.digest[:12])
    return made


def _tried(
    configuration: ModelConfiguration, lessons: Sequence[Lesson], chain: str, now: datetime
) -> Generation | None:
    """The generation of these lessons; None where they are data that nothing can be trained on."""
    failed = FailedTraining.objects.filter(configuration=configuration, learnt=len(lessons))
    try:
        row = _trained(configuration, lessons, chain, now)
    except ValueError as error:
        log.exception("generation_failed", queue=configuration.queue_id, learnt=len(lessons))
        what = {"chain": chain, "said": str(error)[: FailedTraining.MAX_SAID], "failed_at": now}
        failed.update_or_create(what, configuration=configuration, learnt=len(lessons))
        return None
    failed.delete()
    return row


def _trained(configuration: ModelConfiguration, lessons: Sequence[Lesson], chain: str, now: datetime) -> Generation:
    """The generation of these lessons: the stored one, or one that is trained now."""
    known = Generation.objects.filter(configuration=configuration, learnt=len(lessons), chain=chain).first()
    if known is not None:
        return known
    config = ModelConfig.from_dict(configuration.parameters)
    made = generation.train(
        [
            generation.TrainingLesson(found, one.accurate, one.weight, one.teaches_text)
            for one, found in with_features(lessons, config)
        ],
        config,
    )
    payload, digest = made.dump(), made.digest()
    with transaction.atomic():
        row, _created = Generation.objects.get_or_create(
            configuration=configuration,
            learnt=len(lessons),
            chain=chain,
            defaults={"payload": payload, "digest": digest, "report": made.report, "trained_at": now},
        )
    return row
