"""Telling a background worker that there is something to do, without ever depending on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog
from celery import current_app

log = structlog.get_logger(__name__)

_muted: ContextVar[bool] = ContextVar("nudges_muted", default=False)


@contextmanager
def muted() -> Iterator[None]:
    """Send no nudge in here: whoever writes in bulk does the worker's part itself, or leaves it to the sweep."""
    token = _muted.set(True)
    try:
        yield
    finally:
        _muted.reset(token)


def nudge(task: str, *args: int | str, after_seconds: float = 0.0) -> bool:
    """Send a task by name; False when the broker is away.

    Never raises: the work is a row that a sweep finds within seconds, so a lost nudge costs time and nothing else.
    Call it after commit (`transaction.on_commit`).
    """
    if _muted.get():
        return False
    try:
        current_app.send_task(task, args=args, retry=False, countdown=after_seconds or None)
    except Exception as error:  # noqa: BLE001 - each broker has errors of its own
        log.warning("nudge lost, a sweep will catch up", task=task, error=f"{type(error).__name__}: {error}")
        return False
    return True
