"""Background work of the operations app."""

from celery import shared_task
from django.utils import timezone

from ops import services


@shared_task
def beat_heart() -> None:
    """Sent by the clock and run by a worker: its row is proof that clock, broker, worker and database work together."""
    services.record_heartbeat(name=services.WORKER, now=timezone.now())
