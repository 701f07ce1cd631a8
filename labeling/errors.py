"""The refusals of the labeler's queue, by name. Each says what to do; nothing was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feedback.models import LedgerEntry


class LabelingError(Exception):
    """A request that the labeler's queue refuses."""


class NotHeld(LabelingError):
    """The labeler never held this question. Ask for the next one."""


class SlotTaken(LabelingError):
    """The lease ended and colleagues answered, or hold, every slot of the question. Go on with the next one."""


class AlreadyAnswered(LabelingError):
    """The labeler's own answer stands. `standing` is it; change it instead of answering again."""

    def __init__(self, standing: LedgerEntry) -> None:
        super().__init__(f"alert {standing.alert_id} was answered {standing.value}")
        self.standing = standing


class TooLongAgo(LabelingError):
    """The act is older than the undo key reaches. Open it from the list of last answers and change it there."""


class NotAnswered(LabelingError):
    """There is no answer of this labeler to change."""
