"""Writing alerts and exposures, many at a time: one statement a table, whatever the size of the batch."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from django.db import connection, transaction

from feedback.models import Alert, Queue, Scorer


@dataclass(frozen=True, slots=True)
class AlertDraft:
    """An alert as a scorer posted it, checked for form but not yet written."""

    external_id: str
    customer_id: str
    raised_at: datetime
    customer_name: str = ""
    text: str = ""
    features: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    evidence: Sequence[Mapping[str, str]] = ()
    upstream_score: float | None = None
    channel: str = ""
    scorer_version: str = ""
    # False where the scorer gave no time of its own: then the time of receipt is no part of the content.
    raised_at_given: bool = True

    def digest(self, queue_slug: str) -> str:
        """SHA-256 of the content; equal drafts for the same queue have equal digests."""
        content = {name: getattr(self, name) for name in _CONTENT} | {"queue": queue_slug}
        if self.raised_at_given:
            content["raised_at"] = self.raised_at
        return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)).hexdigest()


# Everything but the time, which counts only where the scorer gave it.
_CONTENT = tuple(one.name for one in fields(AlertDraft) if one.name != "raised_at")


class Standing(StrEnum):
    """What became of one draft."""

    CREATED = "created"
    REPEATED = "repeated"  # the same id with the same content: the same alert
    CONFLICT = "conflict"  # the same id with other content: refused


@dataclass(frozen=True, slots=True)
class Raised:
    """The alert a draft stands for now. In a conflict it is the alert that already has the id."""

    alert_id: int
    standing: Standing


@dataclass(frozen=True, slots=True)
class ExposureDraft:
    """What a policy decided about a new alert; `urgency` is its first place among the open alerts."""

    alert_id: int
    decision: str
    tier: int
    probability: float
    propensity: float
    policy_version: int
    position: int
    urgency: float
    raised_at: datetime
    rule: str = ""
    upstream_score: float | None = None
    amendment: int = 0
    cause: str = ""
    blind: bool = False


def raise_alerts(*, queue: Queue, scorer: Scorer, drafts: Sequence[AlertDraft], now: datetime) -> list[Raised]:
    """Write the alerts that are new and say of every draft, in order, what it stands for.

    1. Make the customers that are new. 2. Insert, leaving out ids that exist. 3. Compare the rest by digest.
    A repeat within the batch is treated like a repeat of an earlier request.
    """
    digests = [draft.digest(queue.slug) for draft in drafts]
    with transaction.atomic(savepoint=False):  # within take_in's: two round trips fewer
        customers = _customers(_names(drafts), now)
        first = {draft.external_id: index for index, draft in reversed(list(enumerate(drafts)))}
        rows = [_alert_row(drafts[i], digests[i], customers[drafts[i].customer_id]) for i in sorted(first.values())]
        created = _insert_alerts(queue, scorer, rows, now)
        known = _known_alerts(scorer, [draft.external_id for draft in drafts], created)
    result = []
    for index, draft in enumerate(drafts):
        alert_id = created.get(draft.external_id)
        if alert_id is not None and first[draft.external_id] == index:
            result.append(Raised(alert_id, Standing.CREATED))
            continue
        alert_id, digest = (alert_id, digests[first[draft.external_id]]) if alert_id else known[draft.external_id]
        result.append(Raised(alert_id, Standing.REPEATED if digest == digests[index] else Standing.CONFLICT))
    return result


def expose(*, queue: Queue, drafts: Sequence[ExposureDraft], now: datetime) -> None:
    """Write what was decided about new alerts, and put them among the open ones, in one statement."""
    if not drafts:
        return
    with connection.cursor() as cursor:
        cursor.execute(_EXPOSE, [orjson.dumps(drafts).decode(), queue.pk, now, queue.pk, now])


# One JSON parameter instead of an array a column: psycopg quotes arrays item by item, in Python.
_EXPOSE = """
    WITH draft AS (
        SELECT * FROM json_to_recordset(%s::json) AS t(
            alert_id bigint, decision text, tier smallint, probability float8, propensity float8, policy_version int,
            position bigint, rule text, urgency float8, raised_at timestamptz, upstream_score float8, amendment int,
            cause text, blind boolean
        )
    ), exposed AS (
        INSERT INTO feedback_exposure
            (alert_id, queue_id, decision, tier, probability, propensity, policy_version, position, amendment, rule,
             cause, blind, decided_at)
        SELECT alert_id, %s, decision, tier, probability, propensity, policy_version, position, amendment, rule,
               cause, blind, %s
        FROM draft
    )
    INSERT INTO feedback_openalert
        (alert_id, queue_id, visible, blind, tier, probability, position, upstream_score, hard, urgency, raised_at,
        opened_at)
    SELECT alert_id, %s, decision <> 'hide', decision = 'audit' OR blind, tier, probability, position, upstream_score,
           rule <> '', urgency, raised_at, %s
    FROM draft
"""

# Ids are given in the order of the drafts, rows are written in the order of their external ids: two batches that hold
# the same new ids wait for one another instead of each for the other.
_INSERT_ALERTS = """
    INSERT INTO feedback_alert (id, queue_id, scorer_id, received_at, scorer_version, external_id, content_digest,
                                customer_id, channel, text, features, evidence, upstream_score, raised_at)
    SELECT draft.id, %s, %s, %s, scorer_version, external_id, content_digest, customer_id, channel, text, features,
           evidence, upstream_score, raised_at
    FROM (
        SELECT nextval(pg_get_serial_sequence('feedback_alert', 'id')) AS id, posted.*
        FROM json_to_recordset(%s::json) AS posted(
            scorer_version text, external_id text, content_digest text, customer_id bigint, channel text, text text,
            features jsonb, evidence jsonb, upstream_score float8, raised_at timestamptz
        )
    ) AS draft
    ORDER BY external_id
    ON CONFLICT (scorer_id, external_id) DO NOTHING
    RETURNING external_id, id
"""


def _alert_row(draft: AlertDraft, digest: str, customer: int) -> dict[str, Any]:
    copied = {name: getattr(draft, name) for name in _COPIED}
    return copied | {"content_digest": digest, "customer_id": customer}


_COPIED = (
    "scorer_version", "external_id", "channel", "text", "features", "evidence", "upstream_score", "raised_at",
)  # fmt: skip


def _insert_alerts(queue: Queue, scorer: Scorer, rows: list[dict[str, Any]], now: datetime) -> dict[str, int]:
    """Insert what is new; returns the new ids by external id."""
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_ALERTS, [queue.pk, scorer.pk, now, orjson.dumps(rows).decode()])
        return dict(cursor.fetchall())


def _known_alerts(scorer: Scorer, external_ids: list[str], created: dict[str, int]) -> dict[str, tuple[int, str]]:
    """Id and digest of the alerts that already had one of the external ids."""
    wanted = set(external_ids) - created.keys()
    if not wanted:
        return {}
    rows = Alert.objects.filter(scorer=scorer, external_id__in=wanted).values_list(
        "external_id", "pk", "content_digest"
    )
    return {external_id: (pk, digest) for external_id, pk, digest in rows}


_KNOWN_CUSTOMERS = "SELECT external_id, id, name FROM feedback_customer WHERE external_id = ANY(%s)"
_INSERT_CUSTOMERS = """
    INSERT INTO feedback_customer (external_id, name, created_at)
    SELECT x, n, %s FROM unnest(%s::text[], %s::text[]) AS draft(x, n)
    ON CONFLICT (external_id) DO UPDATE SET name = CASE WHEN feedback_customer.name = '' THEN EXCLUDED.name
                                                        ELSE feedback_customer.name END
    RETURNING external_id, id
"""


def _names(drafts: Sequence[AlertDraft]) -> dict[str, str]:
    """What drafts call their customers, by id: the first name of each, empty where none has one."""
    names: dict[str, str] = {}
    for draft in drafts:
        names[draft.customer_id] = names.get(draft.customer_id) or draft.customer_name
    return names


def _customers(names: Mapping[str, str], now: datetime) -> dict[str, int]:
    """Ids of the customers by external id; new ones are made, named by the first scorer that has a name."""
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN_CUSTOMERS, [list(names)])
        rows = {key: (pk, name) for key, pk, name in cursor.fetchall()}
        known = {key: pk for key, (pk, name) in rows.items() if name or not names[key]}
        # Sorted: two batches that make or name the same customers lock them in the same order.
        missing = sorted(names.keys() - known.keys())
        if missing:
            cursor.execute(_INSERT_CUSTOMERS, [now, missing, [names[key] for key in missing]])
            known.update(cursor.fetchall())
    return known
