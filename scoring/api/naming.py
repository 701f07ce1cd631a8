"""What a scorer's features are called: read, and sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from feedback.models import FeatureName, Queue
from feedback.services import name_features
from scoring.api.authentication import Caller
from scoring.api.naming_schemas import NameOut, NamesIn, NamesOut


def put_names(caller: Caller, sent: NamesIn) -> NamesOut:
    """Take the caller's names in the place of those that it sent before; what others named stays."""
    queue = caller.queue(sent.queue)
    names = {feature: (name.en, name.zh) for feature, name in sent.names.items()}
    return _in_force(caller, queue, name_features(queue=queue, scorer=caller.scorer, names=names))


def read_names(caller: Caller, slug: str | None) -> NamesOut:
    """Every name in one of the caller's queues."""
    return _in_force(caller, caller.queue(slug))


def _in_force(caller: Caller, queue: Queue, kept: Sequence[str] = ()) -> NamesOut:
    rows = FeatureName.objects.filter(queue=queue)
    named = {row.feature: NameOut(en=row.name, zh=row.name_zh, by=_giver(row, caller)) for row in rows}
    return NamesOut(queue=queue.slug, names=named, kept=list(kept))


def _giver(row: FeatureName, caller: Caller) -> Literal["you", "another_scorer", "person"]:
    if row.scorer_id is None:
        return "person"
    return "you" if row.scorer_id == caller.scorer.pk else "another_scorer"
