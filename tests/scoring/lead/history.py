"""A queue's history through the real services, told by the test: who was shown what, and what they said."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import User

from feedback.models import Alert, Exposure, Queue, Scorer, Value
from feedback.services import ExposureDraft, expose, raise_alerts
from scoring.services import take_in
from tests import factories

NOW = datetime.fromisoformat("2026-06-24T15:00:00+08:00")  # a Wednesday, in the product's default zone


def weeks_ago(weeks: float) -> datetime:
    """A moment that many weeks before `NOW`."""
    return NOW - timedelta(weeks=weeks)


def alert_at(queue: Queue, scorer: Scorer, moment: datetime, probability: float = 0.5, propensity: float = 1.0,
             decision: str = "show", upstream: float | None = 0.6, version: str = "") -> Alert:  # fmt: skip
    """An alert with an exposure that the test chose, written by the services that intake uses."""
    draft = factories.make_draft(raised_at=moment, upstream_score=upstream, scorer_version=version)
    (raised,) = raise_alerts(queue=queue, scorer=scorer, drafts=[draft], now=moment)
    choice = ExposureDraft(raised.alert_id, decision, 0, probability, propensity, 1, 0, probability, moment)
    expose(queue=queue, drafts=[choice], now=moment)
    return Alert.objects.get(pk=raised.alert_id)


def judged_at(
    queue: Queue, scorer: Scorer, person: User, moment: datetime, accurate: bool, **exposure: object
) -> Alert:
    """An alert that a rep judged an hour after it arrived."""
    alert = alert_at(queue, scorer, moment, **exposure)  # type: ignore[arg-type]
    value = Value.ACCURATE if accurate else Value.FALSE_POSITIVE
    factories.judge(alert, person, value, now=moment + timedelta(hours=1))
    return alert


def lived(
    queue: Queue, scorer: Scorer, people: Sequence[User], weeks: int, per_week: int, seed: int = 0
) -> Iterator[Alert]:
    """Alerts through intake, scored and judged for real: a price complaint is a true warning nine times out of ten."""
    rng = random.Random(seed)
    for number in range(weeks * per_week):
        moment = weeks_ago(weeks) + timedelta(weeks=number / per_week)
        about_price = rng.random() < 0.2 + 0.5 * number / (weeks * per_week)
        text = f"The new price is too high for us, {number}" if about_price else f"Where is the invoice, {number}"
        draft = factories.make_draft(text, raised_at=moment, upstream_score=round(rng.random(), 2))
        (intake,) = take_in(queue=queue, scorer=scorer, drafts=[draft], now=moment)
        alert = Alert.objects.get(pk=intake.alert_id)
        if Exposure.objects.get(alert=alert).decision != "hide":
            value = Value.ACCURATE if about_price == (rng.random() < 0.9) else Value.FALSE_POSITIVE
            factories.judge(alert, rng.choice(people), value, now=moment + timedelta(hours=2))
        yield alert
