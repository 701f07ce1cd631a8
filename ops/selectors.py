"""Is the product ready to serve? Each check says what it found."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from ops.models import Heartbeat
from ops.services import WORKER

_migrated = False  # true once seen: applied migrations are never taken back under a running process


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
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            return Check(ok=False, detail=f"{len(missing)} not applied: run manage.py migrate")
        _migrated = True
    return Check(ok=True, detail="applied")


def _learner(_now: datetime) -> Check:
    if find_spec("scoring.selectors") is None:
        return Check(ok=True, detail="no learner yet")
    lag = import_module("scoring.selectors").learner_lag()
    return Check(ok=lag <= settings.READY_MAX_LAG_SECONDS, detail=f"{lag:.1f} seconds behind the ledger")


def _worker(now: datetime) -> Check:
    beat_at = Heartbeat.objects.filter(name=WORKER).values_list("beat_at", flat=True).first()
    if beat_at is None:
        return Check(ok=False, detail="no worker has run yet")
    age = (now - beat_at).total_seconds()
    return Check(ok=age <= settings.READY_MAX_LAG_SECONDS, detail=f"last seen {age:.1f} seconds ago")
