"""Candidates for the most similar past alerts, by signature: through pgvector's HNSW index, or one by one.

One by one is exact and needs nothing but PostgreSQL; it is the way for a queue of moderate size, and for the newest
alerts of any queue on a server without the extension `vector`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper

from scoring.models.similar import as_bits

log = structlog.get_logger(__name__)

INDEX: Final = "scoring_remembered_hnsw"
# Alerts that are compared one by one: up to here that is quicker than, and exacter than, an index shared with others.
# Without an index the newest so many are compared, and a larger queue says so on screen.
ONE_BY_ONE: Final = 50_000
# Entries of the index that a search keeps in hand: more find more of the truly nearest, and take longer.
EF_SEARCH: Final = 200
# The first pgvector that can index bits, and scan on until a filter has let enough through.
LEAST_VERSION: Final = (0, 8)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A remembered alert, its label, and the position of the verdict that its label hangs on."""

    alert_id: int
    accurate: bool
    anchor: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates, nearest first, and how many past alerts were looked through; None: all, through the index."""

    rows: tuple[Candidate, ...]
    newest: int | None


_ONE_BY_ONE = """
    SELECT alert_id, accurate, anchor FROM (
        SELECT alert_id, accurate, anchor, signature FROM scoring_rememberedalert
        WHERE queue_id = %(queue)s ORDER BY anchor DESC LIMIT %(newest)s
    ) AS newest WHERE alert_id <> %(alert)s
    ORDER BY bit_count(signature # %(signature)s::bit varying), anchor DESC LIMIT %(count)s
"""

_BY_INDEX = """
    SELECT alert_id, accurate, anchor FROM scoring_rememberedalert
    WHERE queue_id = %(queue)s AND alert_id <> %(alert)s
    ORDER BY signature <~> %(signature)s::bit varying LIMIT %(count)s
"""

_SETTINGS = "SELECT set_config('hnsw.ef_search', %s, true), set_config('hnsw.iterative_scan', 'relaxed_order', true)"
_INDEXED = "SELECT to_regclass(%s) IS NOT NULL"
_SIZE = "SELECT count(*) FROM (SELECT 1 FROM scoring_rememberedalert WHERE queue_id = %s LIMIT %s) AS few"
# Queues that were found larger: they do not become small again, and counting them takes as long as a third of a search.
_large: set[int] = set()


def candidates(queue_id: int, alert_id: int, signature: bytes, count: int) -> Candidates:
    """The `count` remembered alerts of a queue whose signatures differ least from this one; never the alert itself."""
    known: dict[str, int | str] = {
        "queue": queue_id, "alert": alert_id, "signature": as_bits(signature), "count": count, "newest": ONE_BY_ONE,
    }  # fmt: skip
    with connection.cursor() as cursor:
        if _is_large(cursor, queue_id) and _is_indexed(cursor):
            return Candidates(_by_index(known), None)
        cursor.execute(_ONE_BY_ONE, known)
        return Candidates(
            tuple(Candidate(*row) for row in cursor.fetchall()), ONE_BY_ONE if queue_id in _large else None
        )


def _is_large(cursor: CursorWrapper, queue_id: int) -> bool:
    if queue_id not in _large:
        cursor.execute(_SIZE, [queue_id, ONE_BY_ONE + 1])
        if cursor.fetchone()[0] > ONE_BY_ONE:
            _large.add(queue_id)
    return queue_id in _large


def _is_indexed(cursor: CursorWrapper) -> bool:
    cursor.execute(_INDEXED, [INDEX])
    return bool(cursor.fetchone()[0])


def _by_index(known: dict[str, int | str]) -> tuple[Candidate, ...]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SETTINGS, [str(EF_SEARCH)])
        cursor.execute(_BY_INDEX, known)
        return tuple(Candidate(*row) for row in cursor.fetchall())


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
            )
    except DatabaseError as error:
        log.warning("similar_alerts_without_index", why=str(error).strip())
        return False
    return True
