"""`model_at(P)`: the model as a pure function of the first P ledger rows, the frozen configuration and the amendments.

The fold learns the labels that are effective at P in the order of their anchors, and adopts generations between them.
It starts from the nearest state that still holds: the caller's, or a checkpoint's, or nothing. Where a model begins
anew with each generation, it takes in what lies before the last one on the way without learning it (decision 91).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from feedback.rules import Fact
from feedback.selectors import facts_touched
from scoring import checkpoints
from scoring.amended import amendments_of, generation_of
from scoring.amendments import Amendment, Amendments
from scoring.elders import first_configuration
from scoring.learner.chain import extend
from scoring.learner.generation import is_due
from scoring.lessons import with_features
from scoring.models import AmendmentKind, ModelConfiguration, Reign
from scoring.online_model import ModelConfig, OnlineModel, Told
from scoring.plan import Lesson, lessons_between, rewind_below

# Rows of the ledger read at a time.
STRIDE = 2_000
# An adoption learns what is remembered again: it counts as so many ledger rows, or as many as were learnt by then.
ADOPTION_COST = 2_000
# A way of so many rows is gone at once, without a look at checkpoints.
NEAR = 1_000


@dataclass(frozen=True, slots=True)
class Belief:
    """A model, the position it has learnt, and the newest amendment it knows.

    `stale`: it goes on learning, but still knows what was withdrawn: the last good state, while the worker folds the
    ledger anew. `behind`: ledger rows that it has not learnt.
    """

    model: OnlineModel
    config: ModelConfig
    position: int
    amendment: int = 0
    behind: int = 0
    stale: bool = False


class TooLong(Exception):
    """The way to the position is longer than the caller may go, from wherever it starts."""


def configuration_of(queue_id: int) -> ModelConfiguration:
    """The configuration in force; the first use of a queue freezes today's defaults, and what other queues know."""
    mine = ModelConfiguration.objects.filter(queue_id=queue_id)
    appointed = mine.filter(appointments__kind=AmendmentKind.APPOINT).order_by("-appointments__number").first()
    in_force = appointed or mine.filter(reign=Reign.AT_ONCE).order_by("-version").first()
    if in_force is not None:
        return in_force
    made, _created = ModelConfiguration.objects.get_or_create(
        queue_id=queue_id, version=1, defaults=first_configuration(queue_id)
    )
    return made


def nothing_learnt(configuration: ModelConfiguration) -> Belief:
    """The model at position 0."""
    config = ModelConfig.from_dict(configuration.parameters)
    return Belief(OnlineModel(config), config, 0)


def model_at(
    configuration: ModelConfiguration,
    end: int,
    start: Belief | None = None,
    limit: int | None = None,
    trust_checkpoints: bool = True,
    amendments: Amendments | None = None,
) -> Belief:
    """The model at position `end`. `start` is used up: its model is the one that goes on learning where it can.

    `amendments`: those to go by; today's where none are given. Raises `TooLong`: see `Way.go`.
    """
    way = Way(configuration, end, amendments_of(configuration.queue_id) if amendments is None else amendments)
    return way.go(start, limit, trust_checkpoints)


class Way:
    """The way of a queue's model to position `end` of its ledger under some amendments."""

    def __init__(self, configuration: ModelConfiguration, end: int, amendments: Amendments) -> None:
        self.configuration = configuration
        self.end = end
        self.amendments = amendments
        self._config = ModelConfig.from_dict(configuration.parameters)
        self._read: tuple[tuple[int, int], dict[int, list[Fact]]] | None = None
        # The smallest position whose label is another one at the end: generations adopted after it are passed over.
        self._changed = end + 1

    def go(self, start: Belief | None = None, limit: int | None = None, trust_checkpoints: bool = True) -> Belief:
        """The model at the end.

        1. Find the nearest state that holds there: `start`, a checkpoint, nothing. 2. Learn from it. Without
        `trust_checkpoints` only `start` and nothing are considered: that is how checkpoints are verified.
        Raises `TooLong`, with `start` untouched, where that is more than `limit` ledger rows.
        """
        for base in self.bases(start, trust_checkpoints, limit):
            if limit is not None and (cost := self.cost(base.position, base.amendment)) > limit:
                raise TooLong(f"{cost} ledger rows to learn for queue {self.configuration.queue_id}")
            belief = base if isinstance(base, Belief) else loaded(self.configuration, base)
            if belief is not None:
                return self.fold(belief)
        raise AssertionError("nothing learnt is a base of every way")

    def cost(self, position: int, known: int) -> int:
        """How far it is from a state at `position`, in ledger rows to learn."""
        pending = self.amendments.pending(self.configuration.pk, position, known, self.end)
        adopted = {row.generation: row.learnt for row in pending if row.since < self._changed}
        costs = [min(learnt, ADOPTION_COST) for learnt in adopted.values()]
        return self.end - position + (max(costs, default=0) if self._config.afresh else sum(costs))

    def bases(
        self, start: Belief | None, trust_checkpoints: bool, limit: int | None = None
    ) -> Iterator[Belief | checkpoints.Place]:
        """States from which `end` is reached by learning alone, the nearest first.

        A state holds where no amendment that it did not know reaches below it, and no label that it learnt is another
        one at `end`. The bytes of a checkpoint are not read yet. To see whether a state holds, all ledger rows after it
        are read: those more than `limit` rows away are passed over, for whoever asks would not go that far.
        """
        near = self.end - limit if limit is not None else 0
        pure = start is not None and not start.stale and start.position >= near
        held = start if pure and start and self._reach(start.position, start.amendment) is None else None
        if held is not None and self.cost(held.position, held.amendment) <= NEAR:
            yield held
        bound, best = self.end, None if held is None else self.cost(held.position, held.amendment)
        for place in checkpoints.places(self.configuration, bound) if trust_checkpoints else []:
            if place.position < near or (best is not None and self.cost(place.position, place.amendment) >= best):
                break
            if place.position <= bound:
                reach = self._reach(place.position, place.amendment)
                bound = bound if reach is None else reach - 1
                if reach is None:
                    yield place
        if held is not None:
            yield held
        yield checkpoints.Place(0, 0)

    def again(self, start: Belief | None) -> int:
        """How many ledger rows must be learnt again, because what was learnt of them no longer holds."""
        newest = start.position if start else next(iter(checkpoints.places(self.configuration, self.end)), (0,))[0]
        return max(0, newest - next(iter(self.bases(start, trust_checkpoints=True))).position)

    def _reach(self, position: int, known: int) -> int | None:
        """The smallest position up to `position` that must be learnt otherwise than it was; None where all holds."""
        if position > self.end or not self.amendments.known(known):
            return self.end + 1 if position > self.end else position
        below = [row.since + 1 for row in self.amendments.unknown_below(self.configuration.pk, position, known)]
        if position in (0, self.end) or below:
            return min(below, default=None)
        bounds = [rewind_below(position, self._facts(low, high)) for low, high in self._strides(position)]
        changed = min((bound for bound in bounds if bound is not None), default=None)
        self._changed = min(self._changed, self._changed if changed is None else changed)
        return changed

    def fold(self, base: Belief, on_stride: Callable[[int], None] | None = None) -> Belief:
        """Learn the labels effective at `end` with anchors after the base's position, a stride of rows at a time.

        `on_stride` is told the position that has been reached: progress for whoever waits.
        """
        base = self._leapt(base, on_stride)
        if base.position == self.end:
            return self._advance(base, self.end, {})
        for low, high in self._strides(base.position):
            base = self._advance(base, high, self._facts(low, high))
            if on_stride is not None:
                on_stride(high)
        return base

    def _leapt(self, base: Belief, on_stride: Callable[[int], None] | None) -> Belief:
        """The state at the last adoption on the way, where the model begins anew there; else the base.

        What is learnt between two adoptions does not outlive the second: only what is remembered does. All lessons up
        to there are held at once, as for a training: which adoption counts is known from their chain alone.
        """
        ahead = self.amendments.pending(self.configuration.pk, base.position, base.amendment, self.end)
        if not base.config.afresh or not ahead or ahead[-1].since == base.position:
            return base
        lessons = self.lessons(base.position, ahead[-1].since)
        goal = last_adopted(base.model, lessons, ahead)
        if goal is None or goal.generation is None:
            return base
        base.model.leap(_told(lessons, goal.since, base.config, on_stride), generation_of(goal.generation))
        return replace(base, position=goal.since)

    def extend(self, last_good: Belief, limit: int | None) -> Belief:
        """Learn what is new on top of a state that no longer holds: it serves until the ledger is folded anew.

        A tail of more than `limit` rows is left alone.
        """
        near = limit is None or self.cost(last_good.position, last_good.amendment) <= limit
        return replace(self.fold(last_good) if near else last_good, stale=True)

    def _strides(self, position: int, end: int | None = None) -> list[tuple[int, int]]:
        end = self.end if end is None else end
        return [(low, min(low + STRIDE, end)) for low in range(position, end, STRIDE)]

    def lessons(self, low: int = 0, high: int | None = None) -> list[Lesson]:
        """Every label effective at `end` with its anchor in (low, high], in order; `high` None: up to the end."""
        found: list[Lesson] = []
        for first, last in self._strides(low, high):
            found += lessons_between(first, last, self._facts(first, last))
        return found

    def _facts(self, low: int, high: int) -> dict[int, list[Fact]]:
        """The facts that count about the alerts that the rows in (low, high] are about."""
        if self._read is None or self._read[0] != (low, high):
            touched = facts_touched(self.configuration.queue_id, low, high, self.end)
            self._read = (low, high), {alert_id: self.amendments.applied(facts) for alert_id, facts in touched.items()}
        return self._read[1]

    def _advance(self, base: Belief, end: int, facts: Mapping[int, Sequence[Fact]]) -> Belief:
        """Learn the labels with anchors in (base.position, end], adopting what falls between them."""
        lessons = lessons_between(base.position, end, facts)
        pending = self.amendments.pending(self.configuration.pk, base.position, base.amendment, end)
        model = base.model
        for one, features in with_features(lessons, base.config, foresee=model.foresee):
            while pending and pending[0].since < one.anchor:
                _adopt(model, pending.pop(0))
            model.learn(features, one.accurate, one.weight, key=one.alert_id, text=one.teaches_text)
        for row in pending:
            _adopt(model, row)
        return Belief(model, base.config, end, self.amendments.number)


def _adopt(model: OnlineModel, row: Amendment) -> None:
    """Adopt a generation where it takes effect."""
    if row.generation is not None and _takes_effect(row, model.milestones.get(row.learnt, ""), _in_force(model)):
        model.adopt(generation_of(row.generation))


def _takes_effect(row: Amendment, chain: str, in_force: int) -> bool:
    """Unless what was learnt by then has another chain, or the generation in force knows as many lessons.

    One that knew a label that was withdrawn waits to be trained again.
    """
    return row.generation is not None and row.chain == chain and in_force < row.learnt


def _in_force(model: OnlineModel) -> int:
    """How many lessons the generation in force was trained on; 0 without one."""
    return 0 if model.generation is None else model.generation.learnt


def last_adopted(model: OnlineModel, lessons: Sequence[Lesson], ahead: Sequence[Amendment]) -> Amendment | None:
    """The adoption that is in force after these lessons, of those ahead, in order; None where none of them is.

    What `_adopt` would come to, one after another; the model is left alone.
    """
    learnt, chain, reached = model.learnt, model.chain, {count: (mark, 0) for count, mark in model.milestones.items()}
    for one in lessons:
        learnt, chain = learnt + 1, extend(chain, one.alert_id, one.accurate, one.weight, one.teaches_text)
        if is_due(learnt):
            reached[learnt] = chain, one.anchor
    in_force, found = _in_force(model), None
    for row in ahead:
        mark, anchor = reached.get(row.learnt, ("", 0))
        if anchor <= row.since and _takes_effect(row, mark, in_force):
            in_force, found = row.learnt, row
    return found


def _told(
    lessons: Sequence[Lesson], end: int, config: ModelConfig, on_stride: Callable[[int], None] | None
) -> Iterator[Told]:
    for number, (one, features) in enumerate(with_features([one for one in lessons if one.anchor <= end], config), 1):
        yield features, one.accurate, one.weight, one.alert_id, one.teaches_text
        if on_stride is not None and number % STRIDE == 0:
            on_stride(one.anchor)


def newest_known(configuration: ModelConfiguration, bound: int) -> Belief:
    """The newest state that is ready at once: a checkpoint at or before `bound`, or nothing learnt.

    It may have learnt what has been withdrawn since: the last good state, while a long replay is under way.
    """
    for place in checkpoints.places(configuration, bound):
        if (belief := loaded(configuration, place)) is not None:
            return belief
    return nothing_learnt(configuration)


def loaded(configuration: ModelConfiguration, place: checkpoints.Place) -> Belief | None:
    """The state of a checkpoint, or None where its bytes cannot be trusted. At position 0 nothing is learnt."""
    if place.position == 0:
        return nothing_learnt(configuration)
    config = ModelConfig.from_dict(configuration.parameters)
    model = checkpoints.load(configuration, config, place.position)
    return None if model is None else Belief(model, config, place.position, place.amendment)
