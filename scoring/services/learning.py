"""What the worker does when a ledger grew: learn, keep a checkpoint, re-rank the open alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import structlog
from django.db.models import Max, OuterRef, Subquery

from feedback.locks import Lock, turn
from feedback.models import LedgerEntry, Queue, Tier
from feedback.selectors import head_of
from scoring import checkpoints, policy
from scoring.board import Board, Standings
from scoring.fold import NEAR, Belief, configuration_of
from scoring.models import Amendment, ModelConfiguration, PolicyVersion, Reranking
from scoring.replica import SYNC_LIMIT, replica_of
from scoring.services import generations
from scoring.services.following import follow_queue
from scoring.services.policies import policy_in_force
from scoring.services.standings import write_standings

log = structlog.get_logger(__name__)

# Half a percentage point: the least that shows on screen. A smaller move is not written.
LEAST_MOVE = 0.005
# Ledger rows learnt before the next look at whether a checkpoint is due: what a killed worker does again at most.
STEP = 5_000
KEEP_RERANKINGS = timedelta(days=30)

_boards: dict[int, Board] = {}


def learn(*, queue_id: int, now: datetime, defer: bool = False) -> Reranking | None:
    """Bring a queue's model up to the ledger's head and re-rank what is open.

    1. One worker at a time; another one's turn includes ours. An erased queue is nothing to do. 2. Where labels were
    withdrawn that are too old to be unlearnt at once, train again the generations that knew them. 3. Learn, a long way
    in steps: a worker that is killed goes on from the last one. 4. Train and adopt the generation that is due.
    5. Let the policy follow the queue. 6. Re-rank. Returns the re-ranking, or None where there was nothing to do.
    `defer` leaves 2 and 4, which take long, for another turn; new verdicts are learnt on top of the last good state.
    """
    with turn(Lock.RERANK, queue_id) as mine:
        queue = Queue.objects.filter(pk=queue_id).first() if mine else None
        if queue is None:
            return None
        limit = SYNC_LIMIT if _deep_change(queue, now, defer) else None
        if limit is None:
            _learn_to_head(queue, now, train=not defer)
        follow_queue(queue_id=queue_id, now=now)
        in_force = policy_in_force(queue_id)
        last = Reranking.objects.filter(queue_id=queue_id).order_by("-pk").first() or Reranking(to_position=0)
        with replica_of(queue_id).hold(sync_limit=limit) as belief:
            deferred = belief.stale or generations.due(queue_id=queue_id, belief=belief, now=now)
            if (belief.position, belief.amendment, deferred, in_force.version) == (
                last.to_position, last.amendment, last.stale, last.policy_version
            ):  # fmt: skip
                return None
            return _rerank(queue_id, belief, in_force, last.to_position, deferred, now)


def _deep_change(queue: Queue, now: datetime, defer: bool) -> bool:
    """Whether a deep change is left for another turn; otherwise what it needs is made ready here."""
    deep = replica_of(queue.pk).again() > NEAR
    if deep and not defer:
        generations.repair(queue=queue, end=head_of(queue.pk), now=now)
    return deep and defer


def _learn_to_head(queue: Queue, now: datetime, train: bool) -> None:
    """Learn in steps, keeping a checkpoint after each where one is due; at the head, see to the generations."""
    configuration, adopted = configuration_of(queue.pk), True
    while adopted:
        behind = True
        while behind:
            with replica_of(queue.pk).hold(sync_limit=None, at_most=STEP) as belief:
                behind = belief.behind > 0
                _keep(configuration, belief, now)
                if behind:
                    log.info("learning", queue=queue.pk, position=belief.position, behind=belief.behind)
        adopted = train and generations.advance(queue=queue, belief=belief, now=now) > 0


def _keep(configuration: ModelConfiguration, belief: Belief, now: datetime) -> None:
    """Keep a checkpoint where one is due: after so many rows, or after an amendment, which is dear to learn again."""
    if checkpoints.is_due(configuration, belief.position, belief.amendment, now):
        checkpoints.write(configuration, belief.model, belief.position, now, belief.amendment)


def behind() -> list[int]:
    """The queues whose ledger, policy or amendments moved past their last re-ranking: what the sweep must nudge."""
    policies = PolicyVersion.objects.filter(queue=OuterRef("pk")).order_by("-version").values("version")[:1]
    amendments = Amendment.objects.filter(queue=OuterRef("pk")).order_by("-number").values("number")[:1]
    last = Reranking.objects.filter(queue=OuterRef("pk")).order_by("-pk")
    rows = Queue.objects.annotate(
        policy=Subquery(policies),
        amended=Subquery(amendments),
        applied=Subquery(last.values("policy_version")[:1]),
        known=Subquery(last.values("amendment")[:1]),
        stale=Subquery(last.values("stale")[:1]),
    ).values_list("pk", "policy", "applied", "amended", "known", "stale")
    changed = {
        pk
        for pk, wanted, applied, amended, known, stale in rows
        if (wanted is not None and wanted != applied) or (amended or 0) > (known or 0) or stale
    }
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


def _rerank(
    queue_id: int, belief: Belief, in_force: policy.Policy, since: int, deferred: bool, now: datetime
) -> Reranking:
    """Score every open alert in one product, write what moved, and say what of it reps see: what is hidden may move."""
    board = _boards.pop(queue_id, None)  # one that breaks off half refreshed is not used again
    if board is None or board.config != belief.config:
        board = Board(queue_id, belief.config)
    before = board.refresh()
    _boards[queue_id] = board
    after = _standings_after(before, belief.model.predict_matrix(board.matrix), in_force)
    moved = (np.abs(after.probability - before.probability) >= LEAST_MOVE) | (after.tier != before.tier)
    changed = moved | (np.abs(after.urgency - before.urgency) >= LEAST_MOVE)
    write_standings(after=after, changed=changed, position=belief.position)
    seen = before.visible
    return Reranking.objects.create(
        queue_id=queue_id,
        from_position=since,
        to_position=belief.position,
        amendment=belief.amendment,
        stale=deferred,
        policy_version=in_force.version,
        open_alerts=len(before.alert_id),
        moved=int((moved & seen).sum()),
        raised_tier=int(((after.tier > before.tier) & seen).sum()),
        lowered_tier=int(((after.tier < before.tier) & seen).sum()),
        left_red=int(((before.tier == Tier.RED) & (after.tier < Tier.RED) & seen).sum()),
        finished_at=now,
    )


def _standings_after(before: Standings, probability: npt.NDArray[np.float64], in_force: policy.Policy) -> Standings:
    """Where the alerts stand with new probabilities: tiers by threshold, except where a hard rule gave the tier.

    One that is judged blind stands where the draw puts it: its place would give its score away.
    """
    tier = np.where(before.hard, before.tier, policy.tiers(probability, in_force))
    urgency = policy.urgencies(in_force.stage, tier, probability, before.upstream_score)
    drawn = policy.blind_urgencies(in_force, before.alert_id, before.upstream_score)
    urgency = np.where(before.blind, drawn, urgency)
    return replace(before, tier=tier, probability=probability, urgency=urgency)


def forget_boards() -> None:
    """Drop what this process keeps of the open alerts: tests, and a queue that was erased."""
    _boards.clear()
