"""From posted alerts to drafts, and from what became of them to answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.conf import settings
from pydantic import BaseModel, ValidationError

from feedback.models import Queue
from feedback.services import AlertDraft, Standing
from scoring.api.authentication import Caller
from scoring.api.problems import FieldError, Problem, Refusal, pointer
from scoring.api.schemas import AlertIn, ReasonOut, Scored, Taken
from scoring.services import Intake, take_in

Model = TypeVar("Model", bound=BaseModel)
STATUS = {Standing.CREATED: 201, Standing.REPEATED: 200}


def post_alerts(caller: Caller, items: Sequence[Any], now: datetime) -> list[Taken[Scored] | Problem]:
    """Take posted alerts in; a result per item, in order. A refused item leaves the others alone.

    1. Read every item. 2. Take in what is well formed, queue by queue. 3. Answer in the order of the request.
    """
    read = [_draft_of(caller, item, now) for item in items]
    results: list[Any] = list(read)
    for queue, places in _by_queue(read):
        drafts = [draft for _, draft in places]
        intakes = take_in(queue=queue, scorer=caller.scorer, drafts=drafts, now=now)
        for (index, draft), intake in zip(places, intakes, strict=True):
            results[index] = _answer(queue, draft, intake)
    return results


def at_most_a_batch(items: Any) -> list[Any]:
    """The items of a batch. Raises `Problem` where it is no array, empty, or larger than `API_MAX_BATCH`."""
    if not isinstance(items, list) or not items:
        wrong = FieldError(pointer="", detail="A batch is an array with at least one item.")
        raise Problem(Refusal.INVALID, errors=[wrong])
    if len(items) > settings.API_MAX_BATCH:
        detail = f"The batch has {len(items)} items; {settings.API_MAX_BATCH} (API_MAX_BATCH) are the most."
        raise Problem(Refusal.TOO_LARGE, detail)
    return items


def checked(model: type[Model], value: Any) -> Model:
    """A posted value as its model. Raises `Problem`, naming every field that is wrong."""
    if isinstance(value, Problem):  # a line of NDJSON that is not JSON
        raise value
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise Problem(Refusal.INVALID, errors=_field_errors(error)) from None


def _draft_of(caller: Caller, item: Any, now: datetime) -> tuple[Queue, AlertDraft] | Problem:
    try:
        alert = checked(AlertIn, item)
        return caller.queue(alert.queue), draft_of(alert, now)
    except Problem as problem:
        return problem


def draft_of(alert: AlertIn, now: datetime) -> AlertDraft:
    """A posted alert as the ledger's services take it."""
    return AlertDraft(
        external_id=alert.external_id,
        customer_id=alert.customer_id,
        raised_at=alert.raised_at or now,
        customer_name=alert.customer_name,
        text=alert.text,
        features=alert.features,
        evidence=[{"label": line.label, "value": line.value} for line in alert.evidence],
        upstream_score=alert.upstream_score,
        channel=alert.channel,
        scorer_version=alert.scorer_version,
        raised_at_given=alert.raised_at is not None,
    )


def _by_queue(
    read: Iterable[tuple[Queue, AlertDraft] | Problem],
) -> Iterable[tuple[Queue, list[tuple[int, AlertDraft]]]]:
    queues: dict[int, tuple[Queue, list[tuple[int, AlertDraft]]]] = {}
    for index, one in enumerate(read):
        if not isinstance(one, Problem):
            queue, draft = one
            queues.setdefault(queue.pk, (queue, []))[1].append((index, draft))
    return queues.values()


def _answer(queue: Queue, draft: AlertDraft, intake: Intake) -> Taken[Scored] | Problem:
    if intake.standing is Standing.CONFLICT:
        detail = f"An alert {draft.external_id!r} with other content exists."
        return Problem(Refusal.CONFLICT, detail, [FieldError(pointer="/external_id", detail=detail)])
    reasons = [ReasonOut.model_validate(reason, from_attributes=True) for reason in intake.reasons]
    scored = Scored(
        external_id=draft.external_id, queue=queue.slug, standing=intake.standing.value, probability=intake.probability,
        tier=intake.tier, decision=intake.decision, propensity=intake.propensity, position=intake.position,
        policy_version=intake.policy_version, reasons=reasons,
    )  # fmt: skip
    return Taken(STATUS[intake.standing], scored)


def _field_errors(error: ValidationError) -> list[FieldError]:
    """Pydantic's errors as pointers; the several ways in which a feature fits no type are one error."""
    found: dict[str, str] = {}
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        path = one["loc"]
        message = one["msg"].removeprefix("Value error, ")
        if path[:1] == ("features",) and len(path) > 2:
            if path[2] != "[key]":
                message = (
                    "A feature is a number within ±(2^53-1), true, false, null, or text of at most 500 characters."
                )
            path = path[:2]
        if path[:1] == ("names",) and len(path) in (3, 5) and path[-1] == "[key]":  # of a feature, of one of its values
            path = path[:-1]
        found.setdefault(pointer(path), message)
    return [FieldError(pointer=place, detail=detail) for place, detail in found.items()]
