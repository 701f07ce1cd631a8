"""How a queue wants its questions: its own plan, or the defaults."""

from labeling.models import QuestionPlan


def plan_of(queue_id: int) -> QuestionPlan:
    """The queue's plan. A queue without one gets an unsaved one with the defaults."""
    return QuestionPlan.objects.filter(queue_id=queue_id).first() or QuestionPlan(queue_id=queue_id)
