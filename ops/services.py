"""Writes of the operations app."""

from datetime import datetime

from ops.models import Heartbeat

WORKER = "worker"


def record_heartbeat(*, name: str, now: datetime) -> None:
    """Note that `name` was running at `now`; one row a name."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now})
