"""Reads of amendments and generations, as the pure core wants them."""

from __future__ import annotations

import json
from functools import lru_cache

from django.db import connection
from django.db.models import OuterRef, Subquery

from scoring.amendments import Amendment, AmendmentKind, Amendments
from scoring.learner.checkpoint_format import CheckpointCorrupt
from scoring.learner.generation import Generation
from scoring.models import Amendment as AmendmentRow
from scoring.models import Generation as GenerationRow

# Of each queue of a query.
NEWEST_AMENDMENT = Subquery(AmendmentRow.objects.filter(queue=OuterRef("pk")).order_by("-number").values("number")[:1])
_AMENDMENTS = """
    SELECT a.number, a.kind, a.since, a.until, a.judge_id, e.number, a.weights, g.id, g.learnt, g.chain,
           COALESCE(g.configuration_id, a.configuration_id)
    FROM scoring_amendment a
    LEFT JOIN scoring_amendment e ON e.id = a.ends_id
    LEFT JOIN scoring_generation g ON g.id = a.generation_id
    WHERE a.queue_id = %s AND (%s::int IS NULL OR a.number <= %s) ORDER BY a.number
"""


class GenerationCorrupt(Exception):
    """The stored bytes of a generation do not match their digest: delete the row, and the worker trains it again."""


def amendments_of(queue_id: int, number: int | None = None) -> Amendments:
    """A queue's amendments, up to `number` where one is given."""
    with connection.cursor() as cursor:
        cursor.execute(_AMENDMENTS, [queue_id, number, number])
        return Amendments(tuple(_amendment(*row) for row in cursor.fetchall()))


def _amendment(
    number: int, kind: AmendmentKind, since: int, until: int | None, judge: int | None, ends: int | None,
    weights: str | dict[str, float], generation: int | None, learnt: int | None, chain: str | None,
    configuration: int | None,
) -> Amendment:  # fmt: skip
    by_judge = weights if isinstance(weights, dict) else json.loads(weights)
    return Amendment(
        number, kind, since, until, judge, ends, {int(one): weight for one, weight in by_judge.items()},
        generation, learnt or 0, chain or "", configuration,
    )  # fmt: skip


@lru_cache(maxsize=32)
def generation_of(generation_id: int) -> Generation:
    """A stored generation. By primary key: a row never changes. Raises `GenerationCorrupt`."""
    row = GenerationRow.objects.get(pk=generation_id)
    try:
        generation = Generation.load(bytes(row.payload))
    except CheckpointCorrupt as error:
        raise GenerationCorrupt(f"generation {generation_id}: {error}") from error
    if generation.digest() != row.digest:
        raise GenerationCorrupt(f"generation {generation_id} does not match its digest")
    return generation
