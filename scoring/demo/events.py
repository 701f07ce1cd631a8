"""What happens in the generated workspace, as one stream of events in time order."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

Feature = float | int | str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line of evidence that a rep wants beside an alert, in the customer's language."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """A scorer raised an alert. `truth` is hidden from the product: only the builder's people know it."""

    at: datetime
    queue: str
    external_id: str
    scorer: str
    scorer_version: str
    customer_id: str
    customer_name: str
    channel: str
    lang: str
    text: str
    features: dict[str, Feature]
    evidence: tuple[Evidence, ...]
    upstream_score: float
    truth: bool


@dataclass(frozen=True, slots=True)
class VerdictGiven:
    """A rep judged an alert. `value` and `reason` are the ledger's words; the id is the same in every telling."""

    at: datetime
    queue: str
    external_id: str
    person: str
    value: str
    reason: str
    note: str
    decision_id: UUID


@dataclass(frozen=True, slots=True)
class VerdictRetracted:
    """A rep took back the verdict `retracts`."""

    at: datetime
    queue: str
    external_id: str
    person: str
    note: str
    retracts: UUID
    decision_id: UUID


@dataclass(frozen=True, slots=True)
class OutcomeArrived:
    """The CRM learnt, weeks later, whether the customer churned or renewed."""

    at: datetime
    queue: str
    external_id: str
    outcome: str
    accurate: bool
    decision_id: UUID


Event = AlertRaised | VerdictGiven | VerdictRetracted | OutcomeArrived
