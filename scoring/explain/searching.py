"""Candidates for the most similar past alerts, by signature: through pgvector's HNSW index, or one by one.

One by one is exact and needs nothing but PostgreSQL; it is the way for a queue of moderate size, and for the newest
alerts of any queue on a server without the extension `vector`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from django.db import DatabaseError, connection, transaction

from scoring.facts import BESIDE, COLUMNS, facts_of_row
from scoring.features import AlertFacts
from scoring.models.similar import as_bits

log = structlog.get_logger(__name__)

INDEX: Final = "scoring_remembered_hnsw"
# Alerts that are compared one by one: up to here that is quicker than, and exacter than, an index shared with others.
# Without an index the newest so many are compared, and a larger queue says so on screen.
ONE_BY_ONE: Final = 50_000
# Entries of the index that a search, and the making of an entry, keep in hand: more find more of the truly nearest, and
# take longer. A well made index spares every search: see docs/decisions/0080.
EF_SEARCH: Final = 60
EF_CONSTRUCTION: Final = 128
# The first pgvector that can index bits, and scan on until a filter has let enough through.
LEAST_VERSION: Final = (0, 8)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A remembered alert: what it says, whose it is, what its verdicts add up to, and when that was decided."""

    alert_id: int
    external_id: str
    scorer_id: int
    customer: str
    accurate: bool
    decided_at: datetime
    facts: AlertFacts


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates, nearest first, and how many past alerts were looked through; None: all of the queue's."""

    rows: tuple[Candidate, ...]
    newest: int | None


# How many alerts of the queue are remembered (the worker counts them), and whether there is an index.
_STANDING = """
    SELECT COALESCE((SELECT sum(labels.number::bigint)
                     FROM scoring_memorystanding, jsonb_each_text(taught) AS labels (source, number)
                     WHERE queue_id = %s), 0), to_regclass(%s) IS NOT NULL
"""

_NEWEST = """
    SELECT alert_id, accurate, anchor, {apart} AS apart FROM (
        SELECT alert_id, accurate, anchor, signature FROM scoring_rememberedalert
        WHERE queue_id = %(queue)s ORDER BY anchor DESC LIMIT %(newest)s
    ) AS newest WHERE alert_id <> %(alert)s ORDER BY apart, anchor DESC LIMIT %(count)s
"""
# The same number of bits: the second is pgvector's, and takes half as long.
_PLAIN = _NEWEST.format(apart="bit_count(signature # %(signature)s::bit varying)")
_WITH_VECTOR = _NEWEST.format(apart="signature <~> %(signature)s::bit varying")

_BY_INDEX = """
    SELECT alert_id, accurate, anchor, signature <~> %(signature)s::bit varying AS apart FROM scoring_rememberedalert
    WHERE queue_id = %(queue)s AND alert_id <> %(alert)s
    ORDER BY signature <~> %(signature)s::bit varying LIMIT %(count)s
"""

# For the one statement after it, with which it is sent: two at once are a transaction of their own.
_SETTINGS = """
    SELECT set_config('hnsw.ef_search', %(ef_search)s, true), set_config('hnsw.iterative_scan', 'relaxed_order', true);
"""

# The date by a query of its own a row: a join would read a whole ledger where the planner thinks it small.
_TOLD = f"""
    WITH near AS MATERIALIZED ({{near}})
    SELECT near.alert_id, a.external_id, a.scorer_id, COALESCE(NULLIF(c.name, ''), c.external_id), near.accurate,
           (SELECT e.recorded_at FROM feedback_ledgerentry e
            WHERE e.queue_id = %(queue)s AND e.position = near.anchor), {COLUMNS}
    FROM near JOIN feedback_alert a ON a.id = near.alert_id {BESIDE} ORDER BY near.apart, near.anchor DESC
"""  # noqa: S608 - made of constants


def candidates(queue_id: int, alert_id: int, signature: bytes, count: int) -> Candidates:
    """The `count` remembered alerts of a queue whose signatures differ least from this one; never the alert itself."""
    known: dict[str, int | str] = {
        "queue": queue_id, "alert": alert_id, "signature": as_bits(signature), "count": count, "newest": ONE_BY_ONE,
        "ef_search": str(EF_SEARCH),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [queue_id, INDEX])
        size, indexed = cursor.fetchone()
        if indexed and size > ONE_BY_ONE:
            cursor.execute(_SETTINGS + _TOLD.format(near=_BY_INDEX), known)
            cursor.nextset()
        else:
            cursor.execute(_TOLD.format(near=_WITH_VECTOR if indexed else _PLAIN), known)
        rows = tuple(_candidate(*row) for row in cursor.fetchall())
    return Candidates(rows, None if indexed or size <= ONE_BY_ONE else ONE_BY_ONE)


def _candidate(
    alert_id: int, external_id: str, scorer_id: int, customer: str, accurate: bool, decided_at: datetime, *facts: Any
) -> Candidate:
    return Candidate(alert_id, external_id, scorer_id, customer, accurate, decided_at, facts_of_row(*facts))


def install_index() -> bool:
    """Make the index where the server has pgvector; says whether there is one. Repeatable: `migrate` calls it.

    Where the extension is missing, too old, or not this user's to install, the search does without.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT default_version FROM pg_available_extensions WHERE name = 'vector'")
        row = cursor.fetchone()
    if row is None or tuple(int(part) for part in row[0].split(".")[:2]) < LEAST_VERSION:
        return False
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS vector")
            cursor.execute(
                f"CREATE INDEX IF NOT EXISTS {INDEX} ON scoring_rememberedalert USING hnsw (signature bit_hamming_ops)"
                f" WITH (ef_construction = {EF_CONSTRUCTION})"
            )
    except DatabaseError as error:
        log.warning("similar_alerts_without_index", why=str(error).strip())
        return False
    return True
