"""Background work of scoring. Every task is a nudge: what must happen is a row that the sweep finds."""

import time

from celery import shared_task
from django.utils import timezone

from feedback.nudges import nudge
from scoring import services
from scoring.explain.services import remember_behind
from scoring.lead.services import count_queues_behind
from scoring.lifecycle.challenging import challenge_all
from scoring.lifecycle.services import watch_queues
from scoring.task_names import LEARN
from scoring.trust.services import vet_queues_behind

# A queue rests for this many times as long as its last re-ranking took: a board of 100,000 alerts, re-ranked after
# every verdict, would take a processor for itself.
REST = 2.0
LONGEST_REST = 3.0
# After folding a ledger anew for what was withdrawn long ago, the next such change waits for this many times as long:
# outcomes that contradict old verdicts one by one must not keep the worker busy with nothing else.
DEEP_REST = 5.0
_rested: dict[int, float] = {}
_rested_deep: dict[int, float] = {}


@shared_task
def learn(queue_id: int) -> None:
    """Learn the queue's ledger to its head and re-rank its open alerts.

    A nudge that comes while the queue rests is put off. Verdicts that came while this one worked found the turn taken
    and left: it looks again when it is done.
    """
    started = time.monotonic()
    if (wait := _rested.get(queue_id, 0.0) - started) > 0:
        nudge(LEARN, queue_id, after_seconds=wait)
    elif services.learn(queue_id=queue_id, now=timezone.now(), defer=_rested_deep.get(queue_id, 0.0) > started):
        ended = time.monotonic()
        _rested[queue_id] = ended + min(LONGEST_REST, REST * (ended - started))
        _rested_deep[queue_id] = max(_rested_deep.get(queue_id, 0.0), ended + DEEP_REST * (ended - started))
        if services.lags().get(queue_id, 0):
            nudge(LEARN, queue_id, after_seconds=_rested[queue_id] - ended)


@shared_task
def count() -> None:
    """Bring the figures of the leads' pages up to date."""
    count_queues_behind(now=timezone.now())


@shared_task
def remember() -> None:
    """Remember what was judged, for the search for similar alerts."""
    remember_behind()


@shared_task
def watch() -> None:
    """Feed what arrived and what was judged to the drift detectors."""
    watch_queues(now=timezone.now())


@shared_task
def vet() -> None:
    """Look at the judges of the queues in which somebody judged."""
    vet_queues_behind(now=timezone.now())


@shared_task
def challenge() -> None:
    """Give every challenger its turn beside the champion."""
    challenge_all(now=timezone.now())


@shared_task
def sweep() -> None:
    """Find the queues that no nudge reached, and let old re-rankings go."""
    for queue_id in services.behind():
        nudge(LEARN, queue_id)
    services.prune(now=timezone.now())
