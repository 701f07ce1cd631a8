"""Counting one week, or one stretch of the ledger, from facts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

import numpy as np
from django.db import connection

from scoring.evaluation import Ordering, log_loss_sum, ordering
from scoring.lead.periods import WEEK, midnight
from scoring.models import LearningBlock, WeeklyAgreement, WeeklyFigure
from scoring.sample import BANDS

BLOCK_SIZE = 100  # positions; a queue of half a million verdicts has 5,000 blocks, which a page reads in milliseconds

# An alert counts by its first exposure: one that was hidden and raised again by a person was not sampled.
_THIS_WEEK = """
    exposure.queue_id = %(queue)s AND exposure.decided_at >= %(start)s AND exposure.decided_at < %(end)s
    AND NOT EXISTS (
        SELECT FROM feedback_exposure AS earlier WHERE earlier.alert_id = exposure.alert_id AND earlier.id < exposure.id
    )
"""
_COUNT_WEEK = f"""
    INSERT INTO scoring_weeklyfigure
        (queue_id, week, scorer_id, scorer_version, propensity, tier, band, raised, shown, judged, accurate, said)
    SELECT exposure.queue_id, %(week)s::date, alert.scorer_id, alert.scorer_version, exposure.propensity, exposure.tier,
           width_bucket(exposure.probability, %(bands)s::float8[]),
           count(*), count(*) FILTER (WHERE decision <> 'hide'), count(judged.alert_id),
           count(*) FILTER (WHERE accurate), COALESCE(sum(judged.probability), 0)
    FROM feedback_exposure AS exposure
    JOIN feedback_alert AS alert ON alert.id = exposure.alert_id
    LEFT JOIN scoring_judgedalert AS judged ON judged.alert_id = exposure.alert_id AND judged.sampled
    WHERE {_THIS_WEEK}
    GROUP BY 1, 3, 4, 5, 6, 7
"""  # noqa: S608 - constants of this file

# A check is blind, too, but nobody drew it for its score: it was settled, which alerts of its band need not be.
_COUNT_AGREEMENT = f"""
    INSERT INTO scoring_weeklyagreement (queue_id, week, band, blind, judged, accurate)
    SELECT %(queue)s, %(week)s::date, band, blind, count(*), count(*) FILTER (WHERE value = 'accurate')
    FROM (
        SELECT DISTINCT ON (entry.alert_id, entry.judge_id)
               width_bucket(exposure.probability, %(bands)s::float8[]) AS band, entry.blind, entry.value
        FROM feedback_exposure AS exposure
        JOIN feedback_ledgerentry AS entry ON entry.alert_id = exposure.alert_id
        WHERE {_THIS_WEEK} AND entry.source = 'rep' AND entry.value IN ('accurate', 'false_positive')
            AND NOT entry.is_check
            AND NOT EXISTS (SELECT FROM feedback_ledgerentry AS taken_back WHERE taken_back.retracts_id = entry.id)
        ORDER BY entry.alert_id, entry.judge_id, entry.position
    ) AS verdict
    GROUP BY band, blind
"""  # noqa: S608 - constants of this file

_BLOCK_ROWS = """
    SELECT number, accurate, probability, upstream_score
    FROM unnest(%s::bigint[]) AS number
    JOIN scoring_judgedalert ON queue_id = %s AND anchor BETWEEN number * %s + 1 AND (number + 1) * %s
    ORDER BY anchor
"""


class Judgement(NamedTuple):
    """A label, and what was said of its alert on arrival."""

    accurate: bool
    probability: float
    upstream_score: float | None


def recount_weeks(queue_id: int, weeks: Collection[date]) -> None:
    """Count the alerts that arrived in the weeks (Mondays) again."""
    for rollup in (WeeklyFigure, WeeklyAgreement):
        rollup._default_manager.filter(queue_id=queue_id, week__in=weeks).delete()
    with connection.cursor() as cursor:
        for week in weeks:
            limits = {"week": week, "start": midnight(week), "end": midnight(week + WEEK)}
            for statement in (_COUNT_WEEK, _COUNT_AGREEMENT):
                cursor.execute(statement, {"queue": queue_id, "bands": list(BANDS), **limits})


def recount_blocks(queue_id: int, anchors: Iterable[int]) -> None:
    """Count the stretches of the ledger that hold the positions again."""
    numbers = sorted({(anchor - 1) // BLOCK_SIZE for anchor in anchors})
    rows: dict[int, list[Judgement]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_BLOCK_ROWS, [numbers, queue_id, BLOCK_SIZE, BLOCK_SIZE])
        for number, *judgement in cursor.fetchall():
            rows[number].append(Judgement(*judgement))
    LearningBlock.objects.filter(queue_id=queue_id, number__in=numbers).delete()
    LearningBlock.objects.bulk_create([_block(queue_id, number, rows[number]) for number in numbers if rows[number]])


def _block(queue_id: int, number: int, rows: list[Judgement]) -> LearningBlock:
    truth = np.array([row.accurate for row in rows], dtype=bool)
    said = np.array([row.probability for row in rows])
    model, upstream = ordering(said, truth), _upstream_ordering(rows)
    return LearningBlock(
        queue_id=queue_id, number=number, judged=len(rows), accurate=int(truth.sum()), pairs=model.pairs,
        concordant=model.concordant, variance=model.variance, log_loss=log_loss_sum(said, truth),
        upstream_pairs=upstream.pairs, upstream_concordant=upstream.concordant, upstream_variance=upstream.variance,
    )  # fmt: skip


def _upstream_ordering(rows: list[Judgement]) -> Ordering:
    scored = [row for row in rows if row.upstream_score is not None]
    return ordering([row.upstream_score or 0.0 for row in scored], [row.accurate for row in scored])
