"""How tests make the world: short functions over the real services."""

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from feedback.models import Alert, LedgerEntry, Membership, Queue, Role, Scorer, Source, Value
from feedback.services import AlertDraft, record_verdict
from scoring.services import take_in

# Tests tell the time; nothing reads the clock.
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_serial = itertools.count(1)


def make_queue(slug: str = "churn", **fields: Any) -> Queue:
    """A queue with names in both languages."""
    names = {"name": "Churn warning", "name_zh": "流失预警", "claim": "may leave", "claim_zh": "可能要流失"}
    return Queue.objects.create(slug=slug, **{**names, **fields})


def make_person(name: str, *memberships: tuple[Queue, Role]) -> User:
    """A person with roles in queues; the password is the name."""
    person = get_user_model().objects.create_user(name, password=name, first_name=name.title())
    for queue, role in memberships:
        Membership.objects.create(user=person, queue=queue, role=role)
    return person


def make_scorer(name: str, *queues: Queue) -> Scorer:
    """A scorer that may post to the queues."""
    scorer = Scorer.objects.create(name=name)
    scorer.queues.set(queues)
    return scorer


def make_draft(text: str = "We are thinking of leaving.", **fields: Any) -> AlertDraft:
    """A draft with an id of its own."""
    number = next(_serial)
    defaults: dict[str, Any] = {
        "external_id": f"x-{number}",
        "customer_id": f"c-{number}",
        "customer_name": f"Customer {number}",
        "features": {"logins": 3, "plan": "pro"},
        "upstream_score": 0.6,
        "raised_at": NOON,
    }
    return AlertDraft(text=text, **{**defaults, **fields})


def raise_alert(queue: Queue, scorer: Scorer, text: str = "We are thinking of leaving.", **fields: Any) -> Alert:
    """One alert that went through the real intake: written, scored, exposed, open."""
    draft = make_draft(text, **fields)
    (intake,) = take_in(queue=queue, scorer=scorer, drafts=[draft], now=draft.raised_at)
    return Alert.objects.select_related("queue", "scorer", "customer").get(pk=intake.alert_id)


def judge(
    alert: Alert, person: User, value: Value = Value.ACCURATE, source: Source = Source.REP, **fields: Any
) -> LedgerEntry:
    """A person's verdict through the real service."""
    defaults: dict[str, Any] = {"decision_id": uuid.uuid4(), "now": NOON + timedelta(hours=1)}
    recorded = record_verdict(alert=alert, judge=person, value=value, source=source, **{**defaults, **fields})
    return recorded.entry
