"""What scoring does when a ledger grew: nudge the worker. If the nudge is lost, the sweep finds the queue."""

from typing import Any

from django.dispatch import receiver

from feedback.nudges import nudge
from feedback.signals import ledger_grew

LEARN = "scoring.tasks.learn"


@receiver(ledger_grew, dispatch_uid="scoring.nudge_learner")
def nudge_learner(sender: object, *, queue_id: int, position: int, **_kwargs: Any) -> None:
    """Have the worker learn what was just committed."""
    nudge(LEARN, queue_id)
