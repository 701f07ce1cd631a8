"""The history that report cards are about, and how a test adds to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User

from feedback.models import Alert, Queue, Scorer, Value
from feedback.services import ExposureDraft, expose, raise_alerts
from tests import factories
from tests.scoring.lead.history import weeks_ago


def raised(
    queue: Queue, scorer: Scorer, person: User | None, accurate: bool, *, weeks: float = 1.0, propensity: float = 1.0,
    decision: str = "show", reason: str = "", **given: Any,
) -> Alert:  # fmt: skip
    """An alert with a chosen exposure, judged an hour later where a person is given."""
    moment = weeks_ago(weeks)
    draft = factories.make_draft(raised_at=moment, **given)
    (one,) = raise_alerts(queue=queue, scorer=scorer, drafts=[draft], now=moment)
    said = 0.9 if accurate else 0.1
    exposure = ExposureDraft(one.alert_id, decision, 0, said, propensity, 1, 0, 0.5, moment)
    expose(queue=queue, drafts=[exposure], now=moment)
    alert = Alert.objects.get(pk=one.alert_id)
    if person is not None:
        value = Value.ACCURATE if accurate else Value.FALSE_POSITIVE
        factories.judge(alert, person, value, reason=reason, now=moment + timedelta(hours=1))
    return alert


def two_versions(queue: Queue, upstream: Scorer, rhea: User) -> None:
    """Version 1, right half of the time; version 2, wrong where trial users ask for invoices; some of it hidden."""
    good: dict[str, Any] = {"scorer_version": "2", "upstream_score": 0.8, "features": {"plan": "pro"}}
    bad: dict[str, Any] = {"scorer_version": "2", "upstream_score": 0.6, "features": {"plan": "trial"}}
    hidden: dict[str, Any] = {"scorer_version": "2", "features": {"plan": "pro"}, "text": "hello", "propensity": 0.2}
    for number in range(60):
        raised(queue, upstream, rhea, number % 2 == 0, scorer_version="1", weeks=9.0, upstream_score=0.9)
    for number in range(40):
        reason = "misread" if number % 4 else ""
        raised(queue, upstream, rhea, True, text=f"准备换一家 {number}", **good)
        raised(
            queue,
            upstream,
            rhea,
            False,
            text=f"发票抬头写错 {number}",
            reason=reason,
            external_id=f"bad-{number}",
            **bad,
        )
    for number in range(20):
        audited = number < 4
        raised(queue, upstream, rhea if audited else None, False, decision="audit" if audited else "hide", **hidden)
