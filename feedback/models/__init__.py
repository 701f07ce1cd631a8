"""What happened: queues and people, scorers and customers, alerts and exposures, and the ledger of verdicts."""

from feedback.models.alerts import Alert, Decision, Exposure, OpenAlert, Tier
from feedback.models.checks import Check, CloserLook
from feedback.models.ledger import Kind, LedgerEntry, Reason, RepeatedDecision, Source, Value
from feedback.models.names import FeatureName
from feedback.models.queues import Membership, Queue, Role
from feedback.models.scorers import Customer, Scorer, ScorerKey

__all__ = [
    "Alert",
    "Check",
    "CloserLook",
    "Customer",
    "Decision",
    "Exposure",
    "FeatureName",
    "Kind",
    "LedgerEntry",
    "Membership",
    "OpenAlert",
    "Queue",
    "Reason",
    "RepeatedDecision",
    "Role",
    "Scorer",
    "ScorerKey",
    "Source",
    "Tier",
    "Value",
]
