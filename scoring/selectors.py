"""Reads of what is believed: a queue's model, why an alert stands where it does, what a verdict changed."""

from __future__ import annotations

from dataclasses import dataclass

from feedback.models import Alert, Exposure, LedgerEntry, OpenAlert, Queue, Tier
from scoring.facts import facts_of_alert
from scoring.features import extract
from scoring.models import Reranking
from scoring.online_model import Highlight, Reason
from scoring.replica import replica_of
from scoring.services.learning import lags


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the model thinks of an alert now, and why.

    `position`: the ledger position it has learnt. `behind`: ledger rows it has not (0 unless a long replay is under
    way). `cold`: it has learnt nothing yet in this queue and leans on the upstream score.
    """

    probability: float
    position: int
    tier: str
    decision: str
    reasons: tuple[Reason, ...]
    highlights: tuple[Highlight, ...]
    cold: bool
    behind: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a ledger entry changed among the open alerts. Not `ready` until the worker has re-ranked past it.

    `together_with`: how many other entries the same re-ranking took in; the counts are theirs too.
    """

    entry: LedgerEntry
    ready: bool
    moved: int = 0
    raised_tier: int = 0
    lowered_tier: int = 0
    left_red: int = 0
    together_with: int = 0


def explanation_of(alert: Alert, reasons: int = 6) -> Explanation:
    """The current score of an alert with its reasons, every committed verdict learnt. Reads `alert.scorer`."""
    facts = facts_of_alert(alert)
    standing: OpenAlert | None = getattr(alert, "open", None)  # loaded already where the desk shows it
    exposure = Exposure.objects.filter(alert=alert).order_by("-pk").first()
    with replica_of(alert.queue_id).hold() as belief:
        features = extract(facts, belief.config)
        return Explanation(
            probability=belief.model.predict(features),
            position=belief.position,
            tier=_tier_word(standing, exposure),
            decision=exposure.decision if exposure else "show",
            reasons=tuple(belief.model.reasons(facts, features, top=reasons)),
            highlights=tuple(belief.model.highlights(facts, features)),
            cold=belief.model.learnt == 0,
            behind=belief.behind,
        )


def receipt_of(entry: LedgerEntry) -> Receipt:
    """What the click that wrote `entry` changed."""
    covering = Reranking.objects.filter(queue_id=entry.queue_id, to_position__gte=entry.position).order_by(
        "to_position", "pk"
    )
    found = covering.first()
    if found is None or found.from_position >= entry.position:
        return Receipt(entry, ready=found is not None)
    return Receipt(
        entry,
        ready=True,
        moved=found.moved,
        raised_tier=found.raised_tier,
        lowered_tier=found.lowered_tier,
        left_red=found.left_red,
        together_with=found.to_position - found.from_position - 1,
    )


def learner_lag() -> dict[str, int]:
    """Ledger rows that each queue's open alerts have not been re-ranked for, by queue slug."""
    behind = lags()
    return {slug: behind.get(pk, 0) for pk, slug in Queue.objects.values_list("pk", "slug")}


def _tier_word(standing: OpenAlert | None, exposure: Exposure | None) -> str:
    known = standing or exposure
    return Tier(known.tier).name.lower() if known else Tier.YELLOW.name.lower()
