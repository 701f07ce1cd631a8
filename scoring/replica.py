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

from scoring.fold import Belief, TooLong, configuration_of, model_at
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

    @contextmanager
    def hold(self, *, sync_limit: int | None = SYNC_LIMIT) -> Iterator[Belief]:
        """The belief with every committed verdict learnt, for as long as the lock is held.

        `sync_limit` None waits for a replay of any length (the worker's way).
        """
        with self._lock:
            yield self._caught_up(sync_limit)

    def forget(self) -> None:
        """Drop the state; the next use starts from a checkpoint."""
        with self._lock:
            self._belief = self._configuration = None

    def _caught_up(self, sync_limit: int | None) -> Belief:
        head, version = pulse(self.queue_id)
        if self._configuration is None or self._configuration.version != version:
            self._configuration = configuration_of(self.queue_id)
            self._belief = None
        belief = self._belief
        if belief is not None and belief.position == head:
            return belief
        if belief is not None and belief.position > head:
            belief = None  # the ledger was restored from a backup
        try:
            self._belief = model_at(self._configuration, head, belief, None if belief is None else sync_limit)
        except TooLong:
            assert belief is not None
            return replace(belief, behind=head - belief.position)
        except BaseException:
            self._belief = None  # a fold that broke off has half learnt its tail
            raise
        return self._belief


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


def pulse(queue_id: int) -> tuple[int, int]:
    """The queue's ledger head and its configuration's version, in one round trip."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE((SELECT max(position) FROM feedback_ledgerentry WHERE queue_id = %s), 0),"
            " COALESCE((SELECT max(version) FROM scoring_modelconfiguration WHERE queue_id = %s), 0)",
            [queue_id, queue_id],
        )
        head, version = cursor.fetchone()
    return head, version
