"""What a scorer's features and their values are called: read, and sent."""

from __future__ import annotations

from collections.abc import Sequence

from feedback.models import FeatureName, Queue
from feedback.services import name_features
from scoring.api.authentication import Caller
from scoring.api.naming_schemas import Giver, NameOut, NamesIn, NamesOut, ValueNameOut


def put_names(caller: Caller, sent: NamesIn) -> NamesOut:
    """Take the caller's names in the place of those that it sent before; what others named stays."""
    queue = caller.queue(sent.queue)
    names = {feature: (name.en, name.zh) for feature, name in sent.names.items() if name.en or name.zh}
    values = {
        (feature, value): (one.en, one.zh) for feature, name in sent.names.items() for value, one in name.values.items()
    }
    return _in_force(caller, queue, name_features(queue=queue, scorer=caller.scorer, names=names, values=values))


def read_names(caller: Caller, slug: str | None) -> NamesOut:
    """Every name in one of the caller's queues."""
    return _in_force(caller, caller.queue(slug))


def _in_force(caller: Caller, queue: Queue, kept: Sequence[str] = ()) -> NamesOut:
    named: dict[str, NameOut] = {}
    for row in FeatureName.objects.filter(queue=queue):  # in order: a feature's own name comes before its values'
        told = ValueNameOut(en=row.name, zh=row.name_zh, by=_giver(row, caller))
        if row.value:
            known = named.setdefault(row.feature, NameOut(en="", zh="", by=None, values={}))
            known.values[row.value] = told
        else:
            named[row.feature] = NameOut(**told.model_dump(), values={})
    return NamesOut(queue=queue.slug, names=named, kept=list(kept))


def _giver(row: FeatureName, caller: Caller) -> Giver:
    if row.scorer_id is None:
        return "person"
    return "you" if row.scorer_id == caller.scorer.pk else "another_scorer"
