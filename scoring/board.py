"""A worker's picture of a queue's open alerts, kept so that a re-ranking is one sparse product.

The features of an alert never change, so they are extracted once, when the alert is first seen open; where it stands
now is read anew at each re-ranking, in one pass over the open alerts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection

from scoring.facts import facts_of_alerts
from scoring.features import extract_many
from scoring.online_model import ModelConfig, OpenMatrix

# Alerts whose text is read at a time while the board is filled.
STRIDE = 1_000


@dataclass(frozen=True, slots=True)
class Standings:
    """Where the open alerts of a queue stand, column by column; all arrays have one entry an alert, in order of id."""

    alert_id: npt.NDArray[np.int64]
    tier: npt.NDArray[np.int64]
    probability: npt.NDArray[np.float64]
    urgency: npt.NDArray[np.float64]
    hard: npt.NDArray[np.bool_]
    blind: npt.NDArray[np.bool_]
    # NaN where the scorer gave none.
    upstream_score: npt.NDArray[np.float64]


_STANDINGS = """
    COPY (SELECT alert_id, tier, probability, urgency, hard, blind, COALESCE(upstream_score, 'NaN')
          FROM feedback_openalert WHERE queue_id = %s ORDER BY alert_id) TO STDOUT (FORMAT BINARY)
"""
# A row of a binary copy: how many fields, then each with its length before it. None is null, so all rows are alike.
_HEADER, _TRAILER = 19, 2
_FIELDS = {
    "alert_id": ">i8", "tier": ">i2", "probability": ">f8", "urgency": ">f8", "hard": "?", "blind": "?",
    "upstream_score": ">f8",
}  # fmt: skip
_SIZED = (part for name, kind in _FIELDS.items() for part in ((f"{name}_size", ">i4"), (name, kind)))
_ROW = np.dtype([("fields", ">i2"), *_SIZED])


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
        with connection.cursor() as cursor, cursor.copy(_STANDINGS, [self.queue_id]) as copy:
            body = b"".join(bytes(block) for block in copy)
        rows = np.frombuffer(body[_HEADER : len(body) - _TRAILER], dtype=_ROW)
        return Standings(
            alert_id=rows["alert_id"].astype(np.int64),
            tier=rows["tier"].astype(np.int64),
            probability=rows["probability"].astype(np.float64),
            urgency=rows["urgency"].astype(np.float64),
            hard=rows["hard"].astype(np.bool_),
            blind=rows["blind"].astype(np.bool_),
            upstream_score=rows["upstream_score"].astype(np.float64),
        )
