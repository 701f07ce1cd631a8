"""Outcomes that a scorer's CRM reports weeks later: verdicts whose source is the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from feedback.errors import DecisionConflict
from feedback.models import Alert, Value
from feedback.services import record_outcome
from scoring.api.authentication import Caller
from scoring.api.intake import checked
from scoring.api.problems import FieldError, Problem, Refusal
from scoring.api.schemas import OutcomeIn, OutcomeOut, Taken


def post_outcomes(caller: Caller, items: Sequence[Any], now: datetime) -> list[Taken[OutcomeOut] | Problem]:
    """Record outcomes, each in a transaction of its own; a result per item, in order."""
    read = [_read(item) for item in items]
    wanted = {one.external_id for one in read if isinstance(one, OutcomeIn)}
    mine = Alert.objects.filter(scorer=caller.scorer, external_id__in=wanted).select_related("queue")
    alerts = {alert.external_id: alert for alert in mine}
    return [one if isinstance(one, Problem) else _record(one, caller, alerts.get(one.external_id), now) for one in read]


def _read(item: Any) -> OutcomeIn | Problem:
    try:
        return checked(OutcomeIn, item)
    except Problem as problem:
        return problem


def _record(posted: OutcomeIn, caller: Caller, alert: Alert | None, now: datetime) -> Taken[OutcomeOut] | Problem:
    if alert is None:
        detail = f"This scorer has no alert {posted.external_id!r}."
        return Problem(Refusal.NOT_FOUND, detail, [FieldError(pointer="/external_id", detail=detail)])
    value, decision_id = Value(posted.value), posted.decision_id
    try:
        recorded = record_outcome(alert=alert, scorer=caller.scorer, value=value, decision_id=decision_id, now=now)
    except DecisionConflict:
        detail = f"The decision id {decision_id} was used for another decision."
        return Problem(Refusal.CONFLICT, detail, [FieldError(pointer="/decision_id", detail=detail)])
    outcome = OutcomeOut(
        external_id=posted.external_id,
        queue=alert.queue.slug,
        value=posted.value,
        decision_id=recorded.entry.decision_id,
        position=recorded.entry.position,
        recorded_at=recorded.entry.recorded_at,
        standing="created" if recorded.created else "repeated",
    )
    return Taken(201 if recorded.created else 200, outcome)
