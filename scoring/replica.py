"""A process's own copy of a queue's model, brought up to date with the ledger before it answers.

The newest usable checkpoint plus the tail of the ledger, applied in order. Nothing is shipped between processes, so
nothing is lost or learnt twice whatever dies when: a replica is thrown away and made again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.db import connection

from scoring import checkpoints
from scoring.amended import amendments_of
from scoring.amendments import Amendments
from scoring.fold import Belief, TooLong, Way, configuration_of, newest_known
from scoring.models import ModelConfiguration

# A web request folds at most this many ledger rows itself; a longer way is the worker's, and the last good state
# serves.
SYNC_LIMIT = 3_000


class Replica:
    """One queue's model in this process. Use `hold()`; the lock keeps learning and predicting apart."""

    def __init__(self, queue_id: int) -> None:
        self.queue_id = queue_id
        self._lock = threading.RLock()
        self._configuration: ModelConfiguration | None = None
        self._belief: Belief | None = None
        self._amendments = Amendments()

    @contextmanager
    def hold(self, *, sync_limit: int | None = SYNC_LIMIT, at_most: int | None = None) -> Iterator[Belief]:
        """The belief with every committed verdict learnt, for as long as the lock is held.

        `sync_limit` None waits for a replay of any length (the worker's way). Otherwise what takes longer is left to
        the worker, and the belief is `stale` meanwhile. `at_most` goes only so many rows further, and `behind` says
        what is left.
        """
        with self._lock:
            yield self._caught_up(sync_limit, at_most)

    def again(self) -> int:
        """How many ledger rows must be learnt again, because of a change that reaches back."""
        with self._lock:
            head, version, number = pulse(self.queue_id)
            return Way(self._configured(version), head, self._amended(number)).again(self._belief)

    def _caught_up(self, sync_limit: int | None, at_most: int | None) -> Belief:
        head, version, number = pulse(self.queue_id)
        configuration = self._configured(version)
        belief = self._belief
        if belief is not None and belief.position > head:
            belief = None  # the ledger was restored from a backup
        if belief is None or belief.stale or (belief.position, belief.amendment) != (head, number):
            self._belief = None  # a fold that breaks off has half learnt its tail
            end = head if at_most is None else min(head, self._reached(configuration, belief, head) + at_most)
            way = Way(configuration, end, self._amended(number))
            try:
                belief = way.go(belief, sync_limit)
            except TooLong:
                belief = way.extend(belief or newest_known(configuration, head), sync_limit)
            self._belief = belief
        return replace(belief, behind=head - belief.position)

    def _reached(self, configuration: ModelConfiguration, belief: Belief | None, head: int) -> int:
        places = checkpoints.places(configuration, head) if belief is None else []
        return belief.position if belief is not None else places[0].position if places else 0

    def _amended(self, number: int) -> Amendments:
        if self._amendments.number != number:
            self._amendments = amendments_of(self.queue_id)
        return self._amendments

    def _configured(self, version: int) -> ModelConfiguration:
        if self._configuration is None or self._configuration.version != version:
            self._configuration, self._belief = configuration_of(self.queue_id), None
        return self._configuration


_replicas: dict[int, Replica] = {}
_registry_lock = threading.Lock()


def replica_of(queue_id: int) -> Replica:
    """This process's replica of a queue's model."""
    with _registry_lock:
        return _replicas.setdefault(queue_id, Replica(queue_id))


def forget_replicas() -> None:
    """Drop every replica of this process: tests, and a queue that was erased."""
    with _registry_lock:
        _replicas.clear()


def pulse(queue_id: int) -> tuple[int, int, int]:
    """The queue's ledger head, the version of the configuration in force, the newest amendment: in one round trip."""
    with connection.cursor() as cursor:
        cursor.execute(_PULSE, {"queue": queue_id})
        head, version, number = cursor.fetchone()
    return head, version, number


_PULSE = """
    SELECT COALESCE((SELECT max(position) FROM feedback_ledgerentry WHERE queue_id = %(queue)s), 0),
           COALESCE((SELECT c.version FROM scoring_amendment a JOIN scoring_modelconfiguration c
                     ON c.id = a.configuration_id WHERE a.queue_id = %(queue)s AND a.kind = 'appoint'
                     ORDER BY a.number DESC LIMIT 1),
                    (SELECT max(version) FROM scoring_modelconfiguration
                     WHERE queue_id = %(queue)s AND reign = 'at_once'), 0),
           COALESCE((SELECT max(number) FROM scoring_amendment WHERE queue_id = %(queue)s), 0)
"""
