"""A worker's picture of a queue's open alerts, kept so that a re-ranking is one sparse product.

The features of an alert never change, so they are extracted once, when the alert is first seen open; where it stands
now is read anew at each re-ranking, in one pass over the open alerts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring import wire
from scoring.facts import facts_of_alerts
from scoring.features import extract_many
from scoring.online_model import ModelConfig, OpenMatrix

# Alerts whose text is read at a time while the board is filled.
STRIDE = 1_000


@dataclass(frozen=True, slots=True)
class Standings:
    """Where the open alerts of a queue stand, column by column; all arrays have one entry an alert, in order of id."""

    alert_id: npt.NDArray[np.int64]
    # Where PostgreSQL keeps the row, until it is next written: found faster than by its id.
    place: npt.NDArray[np.void]
    tier: npt.NDArray[np.integer[Any]]
    probability: npt.NDArray[np.float64]
    urgency: npt.NDArray[np.float64]
    hard: npt.NDArray[np.bool_]
    blind: npt.NDArray[np.bool_]
    visible: npt.NDArray[np.bool_]
    # NaN where the scorer gave none.
    upstream_score: npt.NDArray[np.float64]


# In the order of `Standings`. The OFFSET keeps parallel workers away, which cost more than they bring.
_KINDS = ("i8", "V6", "i2", "f8", "f8", "b1", "b1", "b1", "f8")
_STANDINGS = """
    SELECT array_send(array_agg(alert_id)), array_send(array_agg(ctid)), array_send(array_agg(tier)),
           array_send(array_agg(probability)), array_send(array_agg(urgency)), array_send(array_agg(hard)),
           array_send(array_agg(blind)), array_send(array_agg(visible)),
           array_send(array_agg(COALESCE(upstream_score, 'NaN')))
    FROM (
        SELECT ctid, * FROM feedback_openalert WHERE queue_id = %s AND (visible OR NOT visible) OFFSET 0
    ) AS standing
"""


class Board:
    """The open alerts of one queue as a matrix, in this worker process."""

    def __init__(self, queue_id: int, config: ModelConfig) -> None:
        self.queue_id = queue_id
        self.config = config
        self.matrix = OpenMatrix(config)
        self.seen: set[int] = set()

    def refresh(self) -> Standings:
        """Read where the open alerts stand; add the new ones to the matrix and drop the settled ones."""
        standings = self._read()
        now_open = set(standings.alert_id.tolist())
        self.matrix.remove(sorted(self.seen - now_open))
        new = sorted(now_open - self.seen)
        for low in range(0, len(new), STRIDE):
            self._add(new[low : low + STRIDE])
        self.seen = now_open
        return standings

    def _add(self, alert_ids: list[int]) -> None:
        facts = facts_of_alerts(alert_ids)
        features = extract_many([facts[alert_id] for alert_id in alert_ids], self.config)
        for alert_id, found in zip(alert_ids, features, strict=True):
            self.matrix.add(alert_id, found)

    def _read(self) -> Standings:
        with wire.cursor() as cursor:
            (sent,) = cursor.execute(_STANDINGS, [self.queue_id]).fetchall()
        columns = [wire.column(array, kind) for array, kind in zip(sent, _KINDS, strict=True)]
        order = np.argsort(columns[0], kind="stable")
        return Standings(*(column[order] for column in columns))
