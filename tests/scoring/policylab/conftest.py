"""A queue with a history that supports a threshold."""

import random
import uuid
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from feedback.models import Kind, LedgerEntry, OpenAlert, Queue, Scorer, Source, Value
from feedback.services import ExposureDraft, expose, raise_alerts
from scoring.models import Stage
from scoring.services import change_policy
from tests import factories
from tests.scoring.lead.history import NOW

HISTORY = 360


def exposed(alert_id: int, probability: float, position: int, moment: datetime) -> ExposureDraft:
    return ExposureDraft(alert_id, "show", 0, probability, 1.0, 1, position, probability, moment)


@pytest.fixture
def history(queue: Queue, upstream: Scorer, rhea: User) -> Queue:
    """Alerts that the model orders well, all judged without its score on screen; the queue ranks."""
    rng = random.Random(1)
    change_policy(queue=queue, now=NOW, stage=Stage.RANK)
    drafts = [factories.make_draft(raised_at=NOW - timedelta(hours=HISTORY - n)) for n in range(HISTORY)]
    raised = [one.alert_id for one in raise_alerts(queue=queue, scorer=upstream, drafts=drafts, now=NOW)]
    said = [rng.random() for _ in raised]
    expose(queue=queue, drafts=[exposed(pk, said[n], n + 1, NOW) for n, pk in enumerate(raised)], now=NOW)
    verdicts = [
        LedgerEntry(
            queue=queue, position=n + 1, decision_id=uuid.uuid4(), kind=Kind.VERDICT, alert_id=pk, judge=rhea,
            blind=True, source=Source.REP, recorded_at=NOW,
            value=Value.ACCURATE if rng.random() < 1.2 * said[n] - 0.15 else Value.FALSE_POSITIVE,
        )
        for n, pk in enumerate(raised)
    ]  # fmt: skip
    LedgerEntry.objects.bulk_create(verdicts)
    OpenAlert.objects.filter(queue=queue).delete()
    return queue


@pytest.fixture
def lena_at(client: Client, lena: User) -> Client:
    """lena's browser."""
    client.force_login(lena)
    return client


@pytest.fixture
def hides(queue: Queue) -> Queue:
    """A queue that hides everything it may, audits almost nothing, and has a hard rule."""
    rule = {"name": "leaving", "phrase": "cancel"}
    change_policy(
        now=NOW, queue=queue, stage=Stage.SUPPRESS, hide_below=1.0, orange_from=1.0, red_from=1.0, audit_share=0.0001,
        hard_rules=[rule], adaptive=False,
    )  # fmt: skip
    return queue
