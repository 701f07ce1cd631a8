"""The most similar past alerts of a queue, with what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Final

from feedback.models import Alert
from scoring.explain.searching import Candidate, Candidates, candidates
from scoring.facts import facts_of_alert
from scoring.features import extract, extract_many
from scoring.nearest import closest, profile_of, signature
from scoring.replica import replica_of

COUNT: Final = 5
# Candidates that are compared word by word, and the characters that may be read for it.
CANDIDATES: Final = 60
CHARACTERS: Final = 40_000


@dataclass(frozen=True, slots=True)
class SimilarAlert:
    """A past alert: how alike (0..1), what its verdicts add up to, and when that was decided."""

    alert_id: int
    external_id: str
    scorer_id: int
    customer: str
    text: str
    similarity: float
    accurate: bool
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Similar:
    """The most similar past alerts, the most alike first. `newest`: only so many were searched; None: all."""

    alerts: tuple[SimilarAlert, ...]
    newest: int | None

    @property
    def accurate(self) -> int:
        """How many of them were accurate."""
        return sum(one.accurate for one in self.alerts)


def similar_to(alert: Alert, count: int = COUNT) -> Similar:
    """The past alerts of the same queue most like this one that have a label. Reads `alert.scorer` and `.customer`.

    1. Sketch the alert. 2. Find candidates by their sketches. 3. Order them by how alike they are word by word.
    """
    facts = facts_of_alert(alert)
    with replica_of(alert.queue_id).hold() as belief:
        config, sparse = belief.config, belief.model.weights.sparse.copy()  # a search is too long to keep the lock
    features = extract(facts, config)
    found = candidates(alert.queue_id, alert.pk, signature(profile_of(features, sparse)), CANDIDATES)
    past = {one.alert_id: one for one in _readable(found)}
    read = dict(zip(past, extract_many([one.facts for one in past.values()], config), strict=True))
    order = closest(features, read, sparse, count)
    return Similar(tuple(_told(past[pk], alike) for pk, alike in order), found.newest)


def _readable(found: Candidates) -> list[Candidate]:
    """The nearest candidates as far as their texts are short enough to be read while somebody waits."""
    lengths = accumulate(len(one.facts.text) for one in found.rows)
    return [
        one for one, reached in zip(found.rows, lengths, strict=True) if reached <= CHARACTERS or one is found.rows[0]
    ]


def _told(one: Candidate, alike: float) -> SimilarAlert:
    return SimilarAlert(
        one.alert_id, one.external_id, one.scorer_id, one.customer, one.facts.text, alike, one.accurate, one.decided_at
    )
