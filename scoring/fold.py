"""`model_at(P)`: the model as a pure function of the first P ledger rows and the queue's frozen configuration.

The fold learns the labels that are effective at P in the order of their anchors. It starts from the nearest state whose
labels still hold at P: the caller's, or a checkpoint's, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from feedback.rules import Fact
from feedback.selectors import facts_touched
from scoring import checkpoints
from scoring.lessons import with_features
from scoring.models import ModelConfiguration
from scoring.online_model import ModelConfig, OnlineModel
from scoring.plan import lessons_between, rewind_below

# Rows of the ledger read at a time: bounds the memory of a rebuild.
STRIDE = 2_000


@dataclass(frozen=True, slots=True)
class Belief:
    """A model, the position it has learnt, and how many ledger rows it is behind (0 but in a long replay)."""

    model: OnlineModel
    config: ModelConfig
    position: int
    behind: int = 0


class TooLong(Exception):
    """The way to the position is longer than the caller may go, from wherever it starts."""


def configuration_of(queue_id: int) -> ModelConfiguration:
    """The configuration in force; the first use of a queue freezes today's defaults for it."""
    newest = ModelConfiguration.objects.filter(queue_id=queue_id).order_by("-version").first()
    if newest is not None:
        return newest
    made, _created = ModelConfiguration.objects.get_or_create(
        queue_id=queue_id, version=1, defaults={"parameters": ModelConfig().to_dict()}
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
) -> Belief:
    """The model at position `end`. `start` is used up: its model is the one that goes on learning where it can.

    1. Find the nearest state that holds at `end`: `start`, a newer checkpoint, an older one, nothing. 2. Learn from
    there. Without `trust_checkpoints` only `start` and nothing are considered: that is how checkpoints are verified.
    Raises `TooLong`, with `start` untouched, where that is more than `limit` ledger rows.
    """
    reached = 0 if start is None else start.position
    if limit is not None and end - reached > limit and end - position_of(configuration, end) > limit:
        raise TooLong(f"more than {limit} ledger rows to learn for queue {configuration.queue_id}")
    if start is not None and end - reached <= STRIDE:
        facts = facts_touched(configuration.queue_id, start.position, end, end)
        if rewind_below(start.position, facts) is None:
            return _advance(start, end, facts)
    base = _nearest(configuration, end, start, trust_checkpoints)
    if limit is not None and end - base.position > limit:
        raise TooLong(f"{end - base.position} ledger rows to learn for queue {configuration.queue_id}")
    return fold(configuration.queue_id, base, end)


def position_of(configuration: ModelConfiguration, bound: int) -> int:
    """The position of the newest checkpoint at or before `bound`; 0 where there is none."""
    return next(iter(checkpoints.positions(configuration, bound)), 0)


def newest_known(configuration: ModelConfiguration, bound: int) -> Belief:
    """The newest state that is ready at once: a checkpoint at or before `bound`, or nothing learnt."""
    for position in checkpoints.positions(configuration, bound):
        if (belief := _loaded(configuration, position)) is not None:
            return belief
    return nothing_learnt(configuration)


def fold(queue_id: int, base: Belief, end: int, on_stride: Callable[[int], None] | None = None) -> Belief:
    """Learn the labels effective at `end` with anchors in (base.position, end], a stride of ledger rows at a time.

    `on_stride` is told the position that has been reached: progress for whoever waits.
    """
    for low in range(base.position, end, STRIDE):
        high = min(low + STRIDE, end)
        base = _advance(base, high, facts_touched(queue_id, low, high, end))
        if on_stride is not None:
            on_stride(high)
    return base


def _advance(base: Belief, end: int, facts: Mapping[int, Sequence[Fact]]) -> Belief:
    """Learn the labels with anchors in (base.position, end]; `facts` are those that `lessons_between` asks for."""
    for one, features in with_features(lessons_between(base.position, end, facts), base.config):
        base.model.learn(features, one.accurate, one.weight)
    return Belief(base.model, base.config, end)


def _nearest(configuration: ModelConfiguration, end: int, start: Belief | None, trust_checkpoints: bool) -> Belief:
    """The state nearest before `end` from which `end` is reached by learning alone."""
    bound = end
    if start is not None:
        rewind = _rewind(configuration.queue_id, start.position, end)
        if rewind is None and end - start.position <= STRIDE:
            return start
        bound = end if rewind is None else rewind - 1
        start = start if rewind is None else None
    found = _checkpoint(configuration, bound, end, start) if trust_checkpoints else None
    return found or start or nothing_learnt(configuration)


def _checkpoint(configuration: ModelConfiguration, bound: int, end: int, start: Belief | None) -> Belief | None:
    """The newest checkpoint at or before `bound`, and after `start`, whose labels hold at `end`."""
    for position in checkpoints.positions(configuration, bound):
        if start is not None and position <= start.position:
            return None
        if position > bound:
            continue
        rewind = _rewind(configuration.queue_id, position, end)
        if rewind is not None:
            bound = rewind - 1
        elif (belief := _loaded(configuration, position)) is not None:
            return belief
    return None


def _loaded(configuration: ModelConfiguration, position: int) -> Belief | None:
    config = ModelConfig.from_dict(configuration.parameters)
    model = checkpoints.load(configuration, config, position)
    return None if model is None else Belief(model, config, position)


def _rewind(queue_id: int, start: int, end: int) -> int | None:
    """The smallest anchor at or before `start` whose label is another one at `end`; None where all hold."""
    if start == 0:
        return None
    strides = ((low, min(low + STRIDE, end)) for low in range(start, end, STRIDE))
    bounds = [rewind_below(start, facts_touched(queue_id, low, high, end)) for low, high in strides]
    return min((bound for bound in bounds if bound is not None), default=None)
