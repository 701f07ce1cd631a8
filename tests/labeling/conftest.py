"""More of the cast: ben and cora label the churn queue beside ada; questions about its alerts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from feedback.models import Alert, Queue, Role, Scorer
from labeling.models import Because, Question
from tests.factories import NOON, make_person, raise_alert

Ask = Callable[..., Question]


@pytest.fixture
def ben(queue: Queue) -> User:
    """Another labeler."""
    return make_person("ben", (queue, Role.LABELER))


@pytest.fixture
def cora(queue: Queue) -> User:
    """A third labeler."""
    return make_person("cora", (queue, Role.LABELER))


@pytest.fixture
def ask(queue: Queue, upstream: Scorer) -> Ask:
    """Put a question about a new alert, or a given one."""

    def put(alert: Alert | None = None, **fields: Any) -> Question:
        defaults = {
            "because": Because.UNCERTAIN, "overlap": 1, "utility": 0.5, "uncertainty": 0.4, "probability": 0.6,
            "position": 0, "asked_at": NOON,
        }  # fmt: skip
        return Question.objects.create(
            queue=queue, alert=alert or raise_alert(queue, upstream), **{**defaults, **fields}
        )

    return put


@pytest.fixture
def question(ask: Ask, alert: Alert) -> Question:
    """A question about the alert."""
    return ask(alert)


@pytest.fixture
def client_of_ada(client: Client, ada: User) -> Client:
    """Ada's browser."""
    client.force_login(ada)
    return client
