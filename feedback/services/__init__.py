"""Changes to what happened: raise alerts, expose them, record and retract verdicts."""

from feedback.services.intake import AlertDraft, ExposureDraft, Raised, Standing, expose, raise_alerts
from feedback.services.ledger import Recorded, facts_of, record_outcome, record_verdict, retract_verdict
from feedback.services.naming import name_features
from feedback.services.standing import AGAIN, raise_again, raise_all_again, reopen
from feedback.services.workspace import erase_throwaway, issue_key, note_key_use, revoke_key

__all__ = [
    "AGAIN",
    "AlertDraft",
    "ExposureDraft",
    "Raised",
    "Recorded",
    "Standing",
    "erase_throwaway",
    "expose",
    "facts_of",
    "issue_key",
    "name_features",
    "note_key_use",
    "raise_again",
    "raise_alerts",
    "raise_all_again",
    "record_outcome",
    "record_verdict",
    "reopen",
    "retract_verdict",
    "revoke_key",
]
