"""A real queue in PostgreSQL: its model rebuilt from the ledger, and all its open alerts re-ranked with the writes.

    python -m bench.rebuild                        20,000 verdicts, 100,000 open alerts

Alerts of 20 words, ten numbers and ten categories (bench/learner_cost.py). Rebuilding is `manage.py rebuild_model`
without the checkpoint: of a queue that no generation was trained for, and, with --generations, of one that has all that
are due (the last adoption on the way learns what is remembered again). Re-ranking: what a worker does after a verdict
(only what moved by half a point is written), and after a change that moves every alert, such as a new generation.
Wall-clock and CPU, medians of some rounds.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import harness
from bench.learner_cost import made_up

START = datetime(2026, 1, 1, tzinfo=UTC)
ALERT = """COPY feedback_alert (queue_id, scorer_id, scorer_version, external_id, content_digest, customer_id, channel,
    text, features, evidence, upstream_score, raised_at, received_at) FROM STDIN"""
OPEN = """
    INSERT INTO feedback_openalert (alert_id, queue_id, visible, blind, tier, probability, position, upstream_score,
                                    hard, urgency, raised_at, opened_at)
    SELECT id, queue_id, true, false, 0, .5, 0, upstream_score, false, .5, raised_at, raised_at
    FROM feedback_alert WHERE queue_id = %s AND external_id LIKE 'open-%%'
"""
LEDGER = """
    INSERT INTO feedback_ledgerentry (queue_id, position, decision_id, kind, alert_id, value, source, judge_id, reason,
                                      note, blind, recorded_at)
    SELECT queue_id, row_number() OVER (ORDER BY id), gen_random_uuid(), 'verdict', id, channel, 'rep', %s, '', '',
           false, raised_at
    FROM feedback_alert WHERE queue_id = %s AND external_id LIKE 'judged-%%'
"""


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--verdicts", type=int, default=20_000)
    parser.add_argument("--open", type=int, default=100_000)
    parser.add_argument("--generations", action="store_true", help="train them too: minutes")
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    with harness.database():
        queue = build(wanted.verdicts, wanted.open)
        rebuilding(queue, wanted.verdicts, wanted.rounds, "no generation")
        if wanted.generations:
            rebuilding(queue, wanted.verdicts, wanted.rounds, f"{school(queue, wanted.verdicts)} generations")
        reranking(queue, wanted.rounds)


def build(judged: int, still_open: int) -> Any:
    """A queue with a ledger of `judged` verdicts, one an alert, and `still_open` open alerts."""
    from django.contrib.auth import get_user_model
    from django.db import connection

    from feedback.models import Customer, Queue, Scorer

    queue = Queue.objects.create(slug="bench", name="Bench", claim="may leave")
    scorer = Scorer.objects.create(name="rules")
    customer = Customer.objects.create(external_id="c-1", name="One", created_at=START)
    judge = get_user_model().objects.create_user("judge")
    with connection.cursor() as cursor:
        with cursor.copy(ALERT) as copy:
            for row in rows(queue.pk, scorer.pk, customer.pk, judged, still_open):
                copy.write_row(row)
        cursor.execute(LEDGER, [judge.pk, queue.pk])
        cursor.execute(OPEN, [queue.pk])
        cursor.execute("VACUUM ANALYZE")
    return queue


def rows(queue: int, scorer: int, customer: int, judged: int, still_open: int) -> Iterator[tuple[Any, ...]]:
    """Rows of `feedback_alert`; the verdict of a judged one stands in its channel."""
    draw = random.Random(0)
    for number in range(judged + still_open):
        facts, label = made_up(draw)
        name = f"judged-{number}" if number < judged else f"open-{number - judged}"
        value = ("accurate" if label else "false_positive") if number < judged else "chat"
        at = START + timedelta(seconds=number)
        features = json.dumps(dict(facts.features))
        yield (
            queue, scorer, "1", name, name, customer, value, facts.text, features, "[]", facts.upstream_score, at, at,
        )  # fmt: skip


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of wall-clock and of this process's CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def report(name: str, found: list[tuple[float, float]], amount: int) -> None:
    """One line: medians, and how many a second."""
    wall, cpu = (statistics.median(column) for column in zip(*found, strict=True))
    print(f"{name}: {wall:.2f} s, CPU {cpu:.2f} s; {amount / wall:,.0f} a second, {amount / cpu:,.0f} a CPU second")


def school(queue: Any, verdicts: int) -> int:
    """Train and adopt every generation that is due, as a worker that follows the verdicts does; returns how many."""
    from scoring.fold import configuration_of, model_at
    from scoring.learner.generation import milestones
    from scoring.services.generations import advance

    configuration, belief, due = configuration_of(queue.pk), None, milestones(verdicts)
    start = time.process_time()
    for learnt in due:
        belief = model_at(configuration, learnt, belief)
        advance(queue=queue, belief=belief, now=START)
    print(f"{len(due)} generations trained and adopted on the way: CPU {time.process_time() - start:.0f} s")
    return len(due)


def rebuilding(queue: Any, verdicts: int, rounds: int, schooled: str) -> None:
    """`rebuild`, which folds the ledger from nothing and writes a checkpoint."""
    from scoring.services.rebuilding import rebuild

    digests = set()
    now = datetime.now(UTC)
    found = [timed(lambda: digests.add(rebuild(queue=queue, verify=False, now=now).digest)) for _ in range(rounds)]
    report(f"rebuild of {verdicts:,} verdicts, {schooled}", found, verdicts)
    print(f"{len(digests)} digest of {rounds} rebuilds")


def reranking(queue: Any, rounds: int) -> None:
    """`learn`: the first time it fills its picture of the open alerts; then after a verdict; then everything moves."""
    from django.db import connection

    from feedback.models import LedgerEntry, OpenAlert
    from scoring.services.learning import learn

    count = OpenAlert.objects.filter(queue=queue).count()
    report(f"first re-ranking of {count:,}", [timed(lambda: learn(queue_id=queue.pk, now=START))], count)
    moving = "UPDATE feedback_openalert SET probability = .5, urgency = .5 WHERE queue_id = %s"
    written: list[tuple[float, float]] = []
    for number in range(rounds):
        with connection.cursor() as cursor:
            cursor.execute(moving, [queue.pk])
            cursor.execute("VACUUM feedback_openalert")
        another_verdict(queue.pk, number)
        written.append(timed(lambda: learn(queue_id=queue.pk, now=START)))
    report(f"re-ranking of {count:,}, every one moved and written", written, count)
    few = []
    for number in range(rounds):
        another_verdict(queue.pk, rounds + number)
        few.append(timed(lambda: learn(queue_id=queue.pk, now=START)))
    report(f"re-ranking of {count:,} after a verdict", few, count)
    moved = OpenAlert.objects.filter(queue=queue, position=LedgerEntry.objects.filter(queue=queue).count()).count()
    print(f"{moved:,} of them moved by half a point or more")


ANOTHER = """
    INSERT INTO feedback_ledgerentry (queue_id, position, decision_id, kind, alert_id, value, source, judge_id, reason,
                                      note, blind, recorded_at)
    SELECT queue_id, position + 1, gen_random_uuid(), 'verdict',
           (SELECT id FROM feedback_alert WHERE external_id = 'open-' || %s), value, 'rep', judge_id, '', '', false,
           recorded_at
    FROM feedback_ledgerentry WHERE queue_id = %s ORDER BY position DESC LIMIT 1
"""


def another_verdict(queue_id: int, number: int) -> None:
    """One more row of the ledger, about an alert that nobody has judged."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(ANOTHER, [number, queue_id])


if __name__ == "__main__":
    main()
