"""Alerts of which it is plain whether they are accurate."""

from feedback.models import Alert, Queue, Scorer, Value
from scoring.services import take_in
from tests.factories import NOON, make_draft


def ninety(queue: Queue, scorer: Scorer) -> list[Alert]:
    """Ninety alerts, of which those about leaving are accurate."""
    drafts = [
        make_draft("We are leaving you." if n % 2 else "Thanks, all is fine.", upstream_score=0.9 if n % 2 else 0.1)
        for n in range(90)
    ]
    taken = take_in(queue=queue, scorer=scorer, drafts=drafts, now=NOON)
    return list(Alert.objects.filter(pk__in=[one.alert_id for one in taken]).order_by("pk"))


def truth(alert: Alert) -> Value:
    """What is to be said of one of them."""
    return Value.ACCURATE if "leaving" in alert.text else Value.FALSE_POSITIVE
