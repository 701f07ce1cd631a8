"""The refusals of the ledger, by name. Each says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feedback.models import LedgerEntry


class FeedbackError(Exception):
    """A request that the ledger refuses; nothing was written."""


class DecisionConflict(FeedbackError):
    """The decision id was already used for another decision. Make a new id for a new decision."""


class AlreadyJudged(FeedbackError):
    """Somebody's verdict stands that the judge had not seen. `standing` is it; confirm to add another."""

    def __init__(self, standing: LedgerEntry) -> None:
        super().__init__(f"alert {standing.alert_id} was judged {standing.value} at position {standing.position}")
        self.standing = standing


class AlreadyRetracted(FeedbackError):
    """The verdict was taken back before. There is nothing left to undo."""


class NotYours(FeedbackError):
    """The verdict is another person's. Its author or a lead can take it back."""


class NotPermitted(FeedbackError):
    """The person has no role in this queue that allows it."""


class Paused(NotPermitted):
    """A lead has paused the person's work in this queue. A lead can let them go on."""


class CannotPause(FeedbackError):
    """Only a rep's or a labeler's work can be paused, and nobody's who leads the queue."""


class QueueNotEmpty(FeedbackError):
    """Only a throwaway queue can be erased."""
