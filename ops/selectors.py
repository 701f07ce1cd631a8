"""Is the product ready to serve? Each check says what it found."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from ops.models import Heartbeat
from ops.services import WORKER
from scoring.selectors import learner_lag

MIGRATED = "ops.migrations-applied"  # in this process' own cache


@dataclass(frozen=True)
class Check:
    """One condition of readiness."""

    ok: bool
    detail: str
    milliseconds: float = 0.0


def readiness(now: datetime) -> dict[str, Check]:
    """Every check by name, in the order an operator would look at them."""
    checks: dict[str, Callable[[datetime], Check]] = {
        "database": _database,
        "migrations": _migrations,
        "learner": _learner,
        "worker": _worker,
    }
    return {name: _timed(check, now) for name, check in checks.items()}


def missing_migrations() -> int:
    """How many migrations the database lacks of those that this version has."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _timed(check: Callable[[datetime], Check], now: datetime) -> Check:
    began = time.perf_counter()
    try:
        found = check(now)
    except DatabaseError as error:
        found = Check(ok=False, detail=type(error).__name__)  # its text may name hosts and accounts
    return Check(found.ok, found.detail, round(1000 * (time.perf_counter() - began), 1))


def _database(_now: datetime) -> Check:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT 1")
    return Check(ok=True, detail="answers")


def _migrations(_now: datetime) -> Check:
    known = cache.get(MIGRATED)  # once seen: applied migrations are not taken back under a running process
    if not known:
        if missing := missing_migrations():
            return Check(ok=False, detail=f"{missing} not applied: run manage.py migrate")
        cache.set(MIGRATED, True, timeout=None)
    return Check(ok=True, detail="applied")


def _learner(_now: datetime) -> Check:
    behind = learner_lag()
    slowest = max(behind, key=lambda queue: behind[queue], default=None)
    if slowest is None:
        return Check(ok=True, detail="no queue yet")
    ok = behind[slowest] <= settings.READY_MAX_BEHIND
    return Check(ok=ok, detail=f"{behind[slowest]} verdicts behind at most, in {slowest}")


def _worker(now: datetime) -> Check:
    beat_at = Heartbeat.objects.filter(name=WORKER).values_list("beat_at", flat=True).first()
    if beat_at is None:
        return Check(ok=False, detail="no worker has run yet")
    age = (now - beat_at).total_seconds()
    return Check(ok=age <= settings.READY_MAX_SILENCE_SECONDS, detail=f"last seen {age:.1f} seconds ago")
