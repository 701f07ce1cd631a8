"""What the worker does when a ledger grew: learn, keep a checkpoint, re-rank the open alerts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import structlog
from django.db import connection, transaction
from django.db.models import Max, OuterRef, Subquery

from feedback.models import LedgerEntry, Queue, Tier
from scoring import checkpoints, policy
from scoring.board import Board, Standings
from scoring.fold import Belief, configuration_of
from scoring.models import PolicyVersion, Reranking
from scoring.replica import replica_of
from scoring.services.policies import policy_in_force

log = structlog.get_logger(__name__)

# Half a percentage point: the least that shows on screen. A smaller move is not written.
LEAST_MOVE = 0.005
# Rows updated in one short transaction, so that a verdict never waits long for a row.
CHUNK = 1_000
# Ledger rows learnt before the next look at whether a checkpoint is due: what a killed worker does again at most.
STEP = 5_000
# First half of the advisory lock that lets one worker at a time re-rank a queue.
RERANK_LOCK = 0x5EED
KEEP_RERANKINGS = timedelta(days=30)

_boards: dict[int, Board] = {}


def learn(*, queue_id: int, now: datetime) -> Reranking | None:
    """Bring a queue's model up to the ledger's head and re-rank what is open.

    1. One worker at a time; another one's turn includes ours. An erased queue is nothing to do. 2. Learn, a long way in
    steps: a worker that is killed goes on from the last one. 3. Keep a checkpoint after a step where one is due.
    4. Re-rank. Returns the re-ranking, or None where there was nothing to do.
    """
    with _turn(queue_id) as mine:
        if not mine or not Queue.objects.filter(pk=queue_id).exists():
            return None
        _learn_to_head(queue_id, now)
        in_force = policy_in_force(queue_id)
        last = Reranking.objects.filter(queue_id=queue_id).order_by("-pk").first() or Reranking(to_position=0)
        with replica_of(queue_id).hold(sync_limit=None) as belief:
            if (belief.position, in_force.version) == (last.to_position, last.policy_version):
                return None
            return _rerank(queue_id, belief, in_force, last.to_position, now)


def _learn_to_head(queue_id: int, now: datetime) -> None:
    """Learn in steps, keeping a checkpoint after each where one is due."""
    configuration, behind = configuration_of(queue_id), True
    while behind:
        with replica_of(queue_id).hold(sync_limit=None, at_most=STEP) as belief:
            behind = belief.behind > 0
            if checkpoints.is_due(configuration, belief.position, now):
                checkpoints.write(configuration, belief.model, belief.position)
            if behind:
                log.info("learning", queue=queue_id, position=belief.position, behind=belief.behind)


def behind() -> list[int]:
    """The queues whose ledger or policy has moved past their last re-ranking: what the sweep must nudge."""
    wanted = PolicyVersion.objects.filter(queue=OuterRef("pk")).order_by("-version").values("version")[:1]
    applied = Reranking.objects.filter(queue=OuterRef("pk")).order_by("-pk").values("policy_version")[:1]
    rows = Queue.objects.annotate(wanted=Subquery(wanted), applied=Subquery(applied)).values_list(
        "pk", "wanted", "applied"
    )
    changed = {pk for pk, wanted, applied in rows if wanted is not None and wanted != applied}
    return sorted(changed | {queue_id for queue_id, lag in lags().items() if lag > 0})


def lags() -> dict[int, int]:
    """Ledger rows that each queue's open alerts have not been re-ranked for, by queue id."""
    head = LedgerEntry.objects.filter(queue=OuterRef("pk")).order_by("-position").values("position")[:1]
    reached = Reranking.objects.filter(queue=OuterRef("pk")).order_by("-to_position").values("to_position")[:1]
    rows = Queue.objects.annotate(head=Subquery(head), reached=Subquery(reached)).values_list("pk", "head", "reached")
    return {pk: (head or 0) - (reached or 0) for pk, head, reached in rows}


def prune(*, now: datetime) -> int:
    """Drop re-rankings older than a month, keeping each queue's newest; returns how many went."""
    newest = Reranking.objects.values("queue").annotate(last=Max("pk")).values("last")
    return Reranking.objects.filter(finished_at__lt=now - KEEP_RERANKINGS).exclude(pk__in=newest).delete()[0]


@contextmanager
def _turn(queue_id: int) -> Iterator[bool]:
    """Whether it is this process's turn to re-rank the queue."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [RERANK_LOCK, queue_id])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [RERANK_LOCK, queue_id])


def _rerank(queue_id: int, belief: Belief, in_force: policy.Policy, since: int, now: datetime) -> Reranking:
    """Score every open alert in one product, write what moved, and say what moved."""
    board = _boards.get(queue_id)
    if board is None or board.config != belief.config:
        board = _boards[queue_id] = Board(queue_id, belief.config)
    before = board.refresh()
    after = _standings_after(before, belief.model.predict_matrix(board.matrix), in_force)
    moved = (np.abs(after.probability - before.probability) >= LEAST_MOVE) | (after.tier != before.tier)
    _write(after, moved | (np.abs(after.urgency - before.urgency) >= LEAST_MOVE), belief.position)
    return Reranking.objects.create(
        queue_id=queue_id,
        from_position=since,
        to_position=belief.position,
        policy_version=in_force.version,
        open_alerts=len(before.alert_id),
        moved=int(moved.sum()),
        raised_tier=int((after.tier > before.tier).sum()),
        lowered_tier=int((after.tier < before.tier).sum()),
        left_red=int(((before.tier == Tier.RED) & (after.tier < Tier.RED)).sum()),
        finished_at=now,
    )


def _standings_after(before: Standings, probability: npt.NDArray[np.float64], in_force: policy.Policy) -> Standings:
    """Where the alerts stand with new probabilities: tiers by threshold, except where a hard rule gave the tier."""
    tier = np.where(before.hard, before.tier, policy.tiers(probability, in_force))
    urgency = policy.urgencies(in_force.stage, tier, probability, before.upstream_score)
    return replace(before, tier=tier, probability=probability, urgency=urgency)


_UPDATE = """
    UPDATE feedback_openalert o SET tier = n.tier, probability = n.probability, urgency = n.urgency, position = %s
    FROM (
        SELECT n.* FROM unnest(%s::bigint[], %s::smallint[], %s::float8[], %s::float8[])
            AS n(alert_id, tier, probability, urgency)
        JOIN feedback_openalert held ON held.alert_id = n.alert_id AND held.position <= %s
        ORDER BY n.alert_id FOR UPDATE OF held SKIP LOCKED
    ) n WHERE o.alert_id = n.alert_id
"""


def _write(after: Standings, changed: npt.NDArray[np.bool_], position: int) -> None:
    """Write the new standings. A row that a verdict is taking away right now is skipped: it is no longer open."""
    columns = [array[changed].tolist() for array in (after.alert_id, after.tier, after.probability, after.urgency)]
    for low in range(0, len(columns[0]), CHUNK):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_UPDATE, [position, *(column[low : low + CHUNK] for column in columns), position])


def forget_boards() -> None:
    """Drop what this process keeps of the open alerts: tests, and a queue that was erased."""
    _boards.clear()
