"""A scorer's own report card."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from scoring.api.authentication import Caller
from scoring.api.card_schemas import (
    CardQuery,
    ChangeOut,
    ExampleOut,
    ReasonCount,
    ReliabilityOut,
    ReportCardOut,
    ScoreBinOut,
    SegmentOut,
    ShareOut,
    VersionOut,
    WordingOut,
)
from scoring.api.problems import Problem, Refusal
from scoring.api.schemas import ReasonOut
from scoring.cards.reliability import Reliability
from scoring.cards.selectors import WEEKS, Example, ReportCard, Version, card_of
from scoring.shares import Share


def read_card(caller: Caller, query: CardQuery, now: datetime) -> ReportCardOut:
    """The caller's card. Raises `Problem` where no alert of that version was received in the window."""
    queue = caller.queue(query.queue)
    card = card_of(queue=queue, scorer_id=caller.scorer.pk, version=query.version, now=now)
    if card is None:
        which = "" if query.version is None else f" of version {query.version!r}"
        raise Problem(Refusal.NOT_FOUND, f"This scorer raised no alert{which} in {queue.slug} in {WEEKS} weeks.")
    return ReportCardOut(
        queue=queue.slug,
        scorer=caller.scorer.name,
        weeks=WEEKS,
        looked_into=card.looked_into,
        counted=card.version.is_counted,
        card=_version(card.version),
        versions=[_version(one) for one in card.versions],
        change=_change(card),
        reasons=[ReasonCount(reason=reason, count=count) for reason, count in card.reasons],
        segments=[
            SegmentOut(feature=one.feature, value=one.value, precision=_share(one.share),
                       precision_elsewhere=_share(one.rest))
            for one in card.segments
        ],
        wordings=[
            WordingOut(phrase=one.phrase, false_positives=one.false, accurate=one.accurate,
                       of_false_positives=one.of_false, of_accurate=one.of_accurate)
            for one in card.wordings
        ],
        clearest_false_positives=[_example(one) for one in card.examples],
        reliability=_reliability(card.reliability),
        previous_reliability=_reliability(card.previous_reliability),
    )  # fmt: skip


def _share(share: Share) -> ShareOut:
    return ShareOut(value=share.value, low=share.low, high=share.high, n=share.n)


def _version(version: Version) -> VersionOut:
    total = version.sample.total
    return VersionOut(
        version=version.version,
        first_week=version.first_week,
        last_week=version.last_week,
        alerts=total.raised,
        shown=total.shown,
        judged=total.judged,
        precision=_share(version.precision),
        naive_precision=_share(version.naive),
    )


def _change(card: ReportCard) -> ChangeOut | None:
    if card.previous is None or card.change is None:
        return None
    direction = "rose" if card.change.low > 0 else "fell" if card.change.high < 0 else "unclear"
    return ChangeOut(version=card.previous.version, low=card.change.low, high=card.change.high, direction=direction)


def _example(example: Example) -> ExampleOut:
    return ExampleOut(
        external_id=example.external_id,
        probability=example.probability,
        upstream_score=example.upstream_score,
        reasons=[ReasonOut.model_validate(asdict(reason)) for reason in example.reasons],
    )


def _reliability(found: Reliability | None) -> ReliabilityOut | None:
    if found is None:
        return None
    return ReliabilityOut(
        n=found.n,
        bins=[ScoreBinOut(said=one.said, accurate=_share(one.share)) for one in found.bins],
        error=found.error,
        error_by_chance=found.chance,
        slope=found.slope,
        brier=found.brier,
        brier_of_average=found.brier_of_average,
        auc=found.order.auc,
        auc_low=found.order.interval.low,
        auc_high=found.order.interval.high,
    )
