"""Rebuilding a queue's model from nothing but its ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from feedback.models import Queue
from feedback.selectors import head_of
from scoring import checkpoints
from scoring.amended import amendments_of
from scoring.fold import Belief, Way, configuration_of, model_at, nothing_learnt
from scoring.models import Checkpoint

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A model made anew, and how the stored checkpoints compare with the ledger."""

    position: int
    digest: str
    compared: int
    differing: tuple[int, ...]


def rebuild(*, queue: Queue, verify: bool, now: datetime, on_progress: Progress | None = None) -> Rebuilt:
    """Fold the whole ledger from position 0.

    With `verify`, nothing is written: every checkpoint is compared with the model that its own prefix of the ledger
    gives, and the model that a replica would serve now (newest checkpoint plus tail) with the fold from nothing.
    Without, the checkpoints are replaced by one of the rebuilt model: all of it, or nothing where that fails.
    """
    configuration, amendments = configuration_of(queue.pk), amendments_of(queue.pk)
    way = Way(configuration, head_of(queue.pk), amendments)
    tell = None if on_progress is None else (lambda position: on_progress(position, way.end))
    rebuilt = way.fold(nothing_learnt(configuration), tell)
    compared, differing = _verify(way, rebuilt) if verify else (0, ())
    if not verify:
        with transaction.atomic():
            Checkpoint.objects.filter(configuration=configuration).delete()
            checkpoints.write(configuration, rebuilt.model, way.end, now, rebuilt.amendment)
    return Rebuilt(way.end, rebuilt.model.digest(), compared, differing)


def _verify(way: Way, rebuilt: Belief) -> tuple[int, tuple[int, ...]]:
    """How many digests were compared, and the positions where one differs (the head stands for what is served)."""
    configuration, differing = way.configuration, []
    rows = Checkpoint.objects.filter(configuration=configuration).values_list("position", "amendment", "model_digest")
    start = nothing_learnt(configuration)
    for position, amendment, digest in sorted(rows):
        known = way.amendments.up_to(amendment)
        start = model_at(configuration, position, start, trust_checkpoints=False, amendments=known)
        if start.model.digest() != digest:
            differing.append(position)
    served = model_at(configuration, way.end, amendments=way.amendments)
    if served.model.digest() != rebuilt.model.digest():
        differing.append(way.end)
    return len(rows) + 1, tuple(dict.fromkeys(differing))
