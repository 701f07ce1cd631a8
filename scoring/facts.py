"""What a model may see of an alert: the same from a stored alert as from the draft it was made of."""

import json
from collections.abc import Sequence

from django.db import connection

from feedback.models import Alert, Scorer
from feedback.services import AlertDraft
from scoring.features import AlertFacts


def facts_of_alert(alert: Alert) -> AlertFacts:
    """The facts of a stored alert. Reads `alert.scorer` and `alert.customer`: select them along."""
    return AlertFacts(
        text=alert.text,
        features=alert.features,
        upstream_score=alert.upstream_score,
        scorer=alert.scorer.name,
        scorer_version=alert.scorer_version,
        customer=alert.customer.external_id,
    )


def facts_of_draft(draft: AlertDraft, scorer: Scorer) -> AlertFacts:
    """The facts of an alert that is being raised."""
    return AlertFacts(
        text=draft.text,
        features=draft.features,
        upstream_score=draft.upstream_score,
        scorer=scorer.name,
        scorer_version=draft.scorer_version,
        customer=draft.customer_id,
    )


# What `facts_of_row` takes, of an alert `a`; written as SQL: learning, re-ranking and searching read many of them.
COLUMNS = "a.text, a.features::text, a.upstream_score, s.name, a.scorer_version, c.external_id"
BESIDE = "JOIN feedback_scorer s ON s.id = a.scorer_id JOIN feedback_customer c ON c.id = a.customer_id"
_FACTS = f"SELECT a.id, {COLUMNS} FROM feedback_alert a {BESIDE} WHERE a.id = ANY(%s)"  # noqa: S608 - made of constants


def facts_of_row(
    text: str, features: str, upstream: float | None, scorer: str, scorer_version: str, customer: str
) -> AlertFacts:
    """The facts of a stored alert from its `COLUMNS`."""
    return AlertFacts(text, json.loads(features), upstream, scorer, scorer_version, customer)


def facts_of_alerts(alert_ids: Sequence[int]) -> dict[int, AlertFacts]:
    """The facts of many stored alerts by id."""
    if not alert_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, [list(alert_ids)])
        return {pk: facts_of_row(*row) for pk, *row in cursor.fetchall()}
