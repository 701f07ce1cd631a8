"""Changes to what is asked: fill the queue, hand out questions under a lease, take answers."""

from labeling.services.answers import TakenBack, answer, change_answer, undo
from labeling.services.filling import Filled, fill_questions
from labeling.services.leases import claim_next, extend, release_expired, skip

__all__ = [
    "Filled",
    "TakenBack",
    "answer",
    "change_answer",
    "claim_next",
    "extend",
    "fill_questions",
    "release_expired",
    "skip",
    "undo",
]
