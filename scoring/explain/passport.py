"""The model's passport at a score: how far it has learnt, how true such scores were, and who taught it."""

from __future__ import annotations

from dataclasses import dataclass

from feedback.models import Source
from scoring.fold import Belief
from scoring.models import MemoryStanding


@dataclass(frozen=True, slots=True)
class Taught:
    """How many of the queue's labels come from one kind of source, and their share of all."""

    source: str
    labels: int
    share: float

    @property
    def title(self) -> str:
        """The source in the reader's language."""
        return str(Source(self.source).label)


@dataclass(frozen=True, slots=True)
class Passport:
    """What stands behind a probability.

    `learnt`: labels; `generation`: how many of them the slow model was trained on, None without one, and the beginning
    of its digest. `prior_share`: how much still leans on the scorer's own score, 0..1. `verdicts` recent ones (decayed)
    on alerts with about this score: `predicted` on average, `observed` to be accurate. `taught`: today's labels by
    source, the largest share first.
    """

    position: int
    amendment: int
    learnt: int
    generation: int | None
    digest: str
    prior_share: float
    verdicts: int
    predicted: float
    observed: float
    taught: tuple[Taught, ...]


def passport_of(queue_id: int, belief: Belief, probability: float) -> Passport:
    """The passport of a belief at a probability that it gave."""
    known, reliability = belief.model.passport(), belief.model.calibration_at(probability)
    generation = known["generation"] or {"learnt": None, "digest": ""}
    return Passport(
        position=belief.position,
        amendment=belief.amendment,
        learnt=known["learnt"],
        generation=generation["learnt"],
        digest=generation["digest"][:12],
        prior_share=known["prior_share"],
        verdicts=round(reliability.n),
        predicted=reliability.predicted,
        observed=reliability.observed,
        taught=taught(queue_id),
    )


def taught(queue_id: int) -> tuple[Taught, ...]:
    """Where the labels of a queue come from; empty while the worker has counted none."""
    standing = MemoryStanding.objects.filter(queue_id=queue_id).first()
    counts = {source: number for source, number in (standing.taught if standing else {}).items() if number > 0}
    total = sum(counts.values())
    found = [Taught(source, number, number / total) for source, number in counts.items()]
    return tuple(sorted(found, key=lambda one: (-one.labels, one.source)))
