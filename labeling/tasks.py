"""Background work of labeling: keep questions ready, free what nobody holds any more. Each is found by the sweep."""

from celery import shared_task
from django.utils import timezone

from feedback.models import Queue
from feedback.nudges import nudge
from labeling import selectors, services

FILL = "labeling.tasks.fill"


@shared_task
def sweep() -> None:
    """Free ended leases, then have every queue filled that somebody labels: each on its own, so that none waits."""
    services.release_expired(now=timezone.now())
    for queue_id in selectors.labeled_queues():
        nudge(FILL, queue_id)


@shared_task
def fill(queue_id: int) -> None:
    """Keep one queue's questions ready."""
    services.fill_questions(queue=Queue.objects.get(pk=queue_id), now=timezone.now())
