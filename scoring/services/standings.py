"""Writing where open alerts stand now: many, fast and so that no verdict waits long for a row; or one, at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg

from feedback.models import OpenAlert
from scoring import policy, wire
from scoring.board import Standings
from scoring.facts import facts_of_alert
from scoring.features import extract
from scoring.policy import TIERS
from scoring.replica import replica_of
from scoring.services.policies import policy_in_force

# Rows updated in one short transaction, so that a verdict never waits long for a row.
CHUNK = 2_000
# Set by the statement for its own transaction, so that a chunk is one trip to the server. Nobody waits for the disk:
# the commit of the re-ranking, which comes after these, makes them durable with itself.
_HASTE = "(SELECT set_config('synchronous_commit', 'off', true) || set_config('lock_timeout', '10ms', true)) <> ''"

_KINDS = {"alert_id": "i8", "place": "V6", "tier": "i2", "probability": "f8", "urgency": "f8"}
_NEW = """(
        SELECT unnest(%s::bigint[]) AS alert_id, unnest(%s::tid[]) AS place, unnest(%s::smallint[]) AS tier,
               unnest(%s::float8[]) AS probability, unnest(%s::float8[]) AS urgency
    )"""
_AT_ITS_PLACE = f"""
    UPDATE feedback_openalert o SET tier = n.tier, probability = n.probability, urgency = n.urgency, position = %s
    FROM {_NEW} n
    WHERE {_HASTE} AND o.ctid = n.place AND o.alert_id = n.alert_id AND o.position <= %s
"""  # noqa: S608 - a constant
_BY_ITS_ID = f"""
    UPDATE feedback_openalert o SET tier = n.tier, probability = n.probability, urgency = n.urgency, position = %s
    FROM (
        SELECT n.* FROM {_NEW} n JOIN feedback_openalert held ON held.alert_id = n.alert_id AND held.position <= %s
        WHERE (held.tier, held.probability, held.urgency) IS DISTINCT FROM (n.tier, n.probability, n.urgency)
        ORDER BY n.alert_id FOR UPDATE OF held SKIP LOCKED
    ) n WHERE {_HASTE} AND o.alert_id = n.alert_id
"""  # noqa: S608 - a constant


def write_standings(*, after: Standings, changed: npt.NDArray[np.bool_], position: int) -> None:
    """Write the new standings of the rows that changed.

    1. Chunk by chunk, each row where it was read: that spares an index. 2. Again, and by their ids, the chunks where a
    row was not there any more, for somebody holds the alert since, or was locked: what is still locked is skipped, for
    a verdict is taking it away, and what has its new standing is left alone.
    """
    rows = np.flatnonzero(changed)
    chunks = [rows[low : low + CHUNK] for low in range(0, len(rows), CHUNK)]
    with wire.cursor() as cursor:
        for statement in (_AT_ITS_PLACE, _BY_ITS_ID):
            chunks = [chunk for chunk in chunks if not _write(cursor, statement, after, chunk, position)]


def _write(
    cursor: psycopg.Cursor[Any], statement: str, after: Standings, chunk: npt.NDArray[np.int64], position: int
) -> bool:
    """Write some rows in one statement, and so in a transaction of its own; whether all were there and free."""
    columns = [wire.Column(getattr(after, name)[chunk], kind) for name, kind in _KINDS.items()]
    try:
        cursor.execute(statement, [position, *columns, position])
    except psycopg.errors.LockNotAvailable:
        return False
    return cursor.rowcount == len(chunk)


def stand_again(*, alert_id: int) -> None:
    """Give an open alert the tier, the probability and the place that the next re-ranking will give it.

    A verdict that was taken back put it where its exposure had it, the day it came. What was judged meanwhile is not
    open, and what a worker has re-ranked for a later position stays as it is.
    """
    standing = OpenAlert.objects.select_related("alert__scorer", "alert__customer").filter(alert=alert_id).first()
    if standing is None:
        return
    in_force, facts = policy_in_force(standing.queue_id), facts_of_alert(standing.alert)
    with replica_of(standing.queue_id).hold() as belief:
        position, probability = belief.position, belief.model.predict(extract(facts, belief.config))
    tier = standing.tier if standing.hard else int(policy.tiers(np.array([probability]), in_force)[0])
    urgency = policy.place(in_force, alert_id, standing.blind, TIERS[tier], probability, facts.upstream_score)
    OpenAlert.objects.filter(alert=alert_id, position__lte=position).update(
        tier=tier, probability=probability, urgency=urgency, position=position
    )
