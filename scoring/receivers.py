"""What scoring does when a ledger grew: nudge the worker, and say where an alert stands that is open again.

If either is lost, the sweep finds the queue, and its re-ranking does both.
"""

from typing import Any

from django.dispatch import receiver

from feedback.nudges import nudge
from feedback.signals import ledger_grew
from scoring.services.standings import stand_again
from scoring.task_names import LEARN


@receiver(ledger_grew, dispatch_uid="scoring.nudge_learner")
def nudge_learner(sender: object, *, queue_id: int, position: int, **_kwargs: Any) -> None:
    """Have the worker learn what was just committed."""
    nudge(LEARN, queue_id)


@receiver(ledger_grew, dispatch_uid="scoring.stand_again")
def stand_at_once(sender: object, *, reopened: int | None = None, **_kwargs: Any) -> None:
    """Give an alert that is open again its tier and place before the page that shows it is made."""
    if reopened is not None:
        stand_again(alert_id=reopened)
