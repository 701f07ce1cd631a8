"""The most similar past alerts of a queue, with what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Final

from feedback.models import Alert, LedgerEntry
from scoring.explain.searching import Candidate, Candidates, candidates
from scoring.facts import facts_of_alert, facts_of_alerts
from scoring.features import AlertFacts, extract
from scoring.nearest import closest, profile_of, signature
from scoring.replica import replica_of

COUNT: Final = 5
# Candidates that are compared word by word, and the characters that may be read for it.
CANDIDATES: Final = 60
CHARACTERS: Final = 40_000


@dataclass(frozen=True, slots=True)
class SimilarAlert:
    """A past alert: how alike (0..1), what its verdicts add up to, and when that was decided."""

    alert: Alert
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
        profile = profile_of(extract(facts, belief.config), belief.model.weights.sparse)
    found = candidates(alert.queue_id, alert.pk, signature(profile), CANDIDATES)
    past = _readable(facts_of_alerts([one.alert_id for one in found.rows]), found)
    with replica_of(alert.queue_id).hold() as belief:
        sparse = belief.model.weights.sparse
        profiles = {pk: profile_of(extract(one, belief.config), sparse) for pk, one in past.items()}
        order = closest(profile_of(extract(facts, belief.config), sparse), profiles, count)
    return Similar(_told(alert.queue_id, order, found), found.newest)


def _readable(past: Mapping[int, AlertFacts], found: Candidates) -> dict[int, AlertFacts]:
    """The nearest candidates as far as their texts are short enough to be read while somebody waits."""
    lengths = accumulate(len(past[one.alert_id].text) for one in found.rows)
    return {
        one.alert_id: past[one.alert_id]
        for one, reached in zip(found.rows, lengths, strict=True)
        if reached <= CHARACTERS or one is found.rows[0]
    }


def _told(queue_id: int, order: Sequence[tuple[int, float]], found: Candidates) -> tuple[SimilarAlert, ...]:
    """The chosen ones with their customers and dates."""
    known: dict[int, Candidate] = {one.alert_id: one for one in found.rows}
    alerts = Alert.objects.select_related("customer", "scorer").in_bulk([pk for pk, _ in order])
    anchors = [known[pk].anchor for pk, _ in order]
    entries = LedgerEntry.objects.filter(queue_id=queue_id, position__in=anchors)
    decided = dict(entries.values_list("position", "recorded_at"))
    return tuple(SimilarAlert(alerts[pk], alike, known[pk].accurate, decided[known[pk].anchor]) for pk, alike in order)
