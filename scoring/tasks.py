"""Background work of scoring. Every task is a nudge: what must happen is a row that the sweep finds."""

from celery import shared_task
from django.utils import timezone

from feedback.nudges import nudge
from scoring import services
from scoring.lead.services import count_queues_behind
from scoring.receivers import LEARN


@shared_task
def learn(queue_id: int) -> None:
    """Learn the queue's ledger to its head and re-rank its open alerts."""
    services.learn(queue_id=queue_id, now=timezone.now())


@shared_task
def count() -> None:
    """Bring the figures of the leads' pages up to date."""
    count_queues_behind(now=timezone.now())


@shared_task
def sweep() -> None:
    """Find the queues that no nudge reached, and let old re-rankings go."""
    for queue_id in services.behind():
        nudge(LEARN, queue_id)
    services.prune(now=timezone.now())
