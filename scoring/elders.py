"""What a new queue's first configuration takes from the queues that were there before it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from django.db import connection

from feedback.models import Alert, Queue, Scorer
from scoring.experience import BINS, NONE, Experience, Tally, experience
from scoring.learner.model_config import ModelConfig

# Labels read of each queue, newest first, and texts that tell its language.
NEWEST_LABELS, TEXTS = 20_000, 20
CHINESE_FROM = 0.3

# A throwaway queue neither reads the others nor is read by them: a replay is the same whatever else is there.
_TALLIES = """
    SELECT q.id, s.name, LEAST(%(bins)s - 1, floor(j.upstream_score * %(bins)s))::int, j.accurate, count(*)
    FROM feedback_queue q
    JOIN LATERAL (
        SELECT alert_id, accurate, upstream_score FROM scoring_judgedalert
        WHERE queue_id = q.id AND upstream_score IS NOT NULL ORDER BY anchor DESC LIMIT %(newest)s
    ) j ON true
    JOIN feedback_alert a ON a.id = j.alert_id
    JOIN feedback_scorer s ON s.id = a.scorer_id
    WHERE q.id <> %(queue)s AND NOT q.throwaway GROUP BY 1, 2, 3, 4
"""


def first_configuration(queue_id: int) -> dict[str, Any]:
    """The fields of a new queue's first `ModelConfiguration`: today's defaults, and the experience of others."""
    prior = experience_for(queue_id)
    config = replace(
        ModelConfig(),
        experience_intercept=prior.intercept,
        experience_gain=prior.gain,
        experience_verdicts=float(prior.verdicts),
    )
    return {"parameters": (config if prior.verdicts else ModelConfig()).to_dict(), "experience_queues": prior.queues}


def experience_for(queue_id: int) -> Experience:
    """What the other queues' labels say of this one, its scorers and its language first."""
    if Queue.objects.filter(pk=queue_id, throwaway=True).exists():
        return NONE
    tallies = tallies_besides(queue_id)
    return experience(tallies, scorer_of(queue_id), language_of(queue_id)) if tallies else NONE


def tallies_besides(queue_id: int) -> list[Tally]:
    """Every other living queue's newest labels by scorer and upstream score."""
    with connection.cursor() as cursor:
        cursor.execute(_TALLIES, {"bins": BINS, "newest": NEWEST_LABELS, "queue": queue_id})
        rows = cursor.fetchall()
    counts: dict[tuple[int, str], tuple[list[int], list[int]]] = {}
    for queue, scorer, place, accurate, count in rows:
        hits, total = counts.setdefault((queue, scorer), ([0] * BINS, [0] * BINS))
        total[place] += count
        hits[place] += count if accurate else 0
    languages = {queue: language_of(queue) for queue, _ in counts}
    return [
        Tally(queue, scorer, languages[queue], tuple(hits), tuple(total))
        for (queue, scorer), (hits, total) in sorted(counts.items())
    ]


def scorer_of(queue_id: int) -> str:
    """Who raises a queue's alerts: of the first ones, or who may; empty where that is several or nobody."""
    raised = Counter(Alert.objects.filter(queue_id=queue_id).values_list("scorer__name", flat=True)[:TEXTS])
    if raised:
        return raised.most_common(1)[0][0]
    named = list(Scorer.objects.filter(queues=queue_id).values_list("name", flat=True)[:2])
    return named[0] if len(named) == 1 else ""


def language_of(queue_id: int) -> str:
    """The language of a queue's texts: "zh", "other", or empty where there are none."""
    texts = Alert.objects.filter(queue_id=queue_id).exclude(text="").values_list("text", flat=True)[:TEXTS]
    written = [text for text in texts if any(letter.isalpha() for letter in text)]
    if not written:
        return ""
    letters = [letter for text in written for letter in text[:500] if letter.isalpha()]
    return "zh" if sum("\u3400" <= letter <= "\u9fff" for letter in letters) > CHINESE_FROM * len(letters) else "other"
