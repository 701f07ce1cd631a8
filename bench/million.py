"""A queue of a million alerts of which a hundred thousand are open, written straight into the tables.

Facts as the services would have written them, made by the database from `generate_series`: texts of some 60 characters
from a vocabulary in two languages, six structured values, an exposure each, and 900,000 verdicts in the ledger. One in
fifty decides, the rest are unsure: the bench is about pages, and learning all of them would take the worker minutes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import connection

from feedback.models import Membership, Queue, Role, Scorer
from scoring.models import Stage
from scoring.services import change_policy

START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = (
    "快递 客服 退款 投诉 换别家 挺好的 第三次 没人管 续费 发票 cancel refund angry great thanks export report "
    "price slow competitor invoice contract support login again waiting nobody answers happy renew"
).split()

_CUSTOMERS = """
    INSERT INTO feedback_customer (external_id, name, created_at)
    SELECT 'c-' || i, 'Customer ' || i, %(start)s FROM generate_series(1, 5000) i
"""

_ALERTS = """
    INSERT INTO feedback_alert (queue_id, scorer_id, scorer_version, external_id, content_digest, customer_id,
    channel, text,
                                features, evidence, upstream_score, raised_at, received_at)
    SELECT %(queue)s, %(scorer)s, '1.0', 'x-' || i, md5(i::text), c.first + i %% 5000, 'chat',
           (SELECT string_agg((%(words)s::text[])[1 + abs(hashint8(i * 31 + w)) %% %(count)s], ' ')
            FROM generate_series(1, 12) w),
           jsonb_build_object('logins', i %% 40, 'days_left', i %% 365,
                              'plan', (ARRAY['pro','basic','team'])[1 + i %% 3],
                              'value', i %% 9999, 'region', (ARRAY['东','南','西','北'])[1 + i %% 4], 'seats', i %%
                              300),
           '[{"label": "Last login", "value": "12 days ago"}]'::jsonb, (i %% 100) / 100.0,
           %(start)s::timestamptz + i * interval '10 seconds', %(start)s::timestamptz + i * interval '10 seconds'
    FROM generate_series(%(low)s, %(high)s) i, (SELECT min(id) AS first FROM feedback_customer) c
"""

_EXPOSURES = """
    INSERT INTO feedback_exposure (alert_id, queue_id, decision, tier, probability, propensity, policy_version,
                                   position, amendment, rule, decided_at)
    SELECT id, queue_id, 'show', id %% 3, (id %% 997) / 997.0, 1, 1, 0, 0, '', raised_at
    FROM feedback_alert WHERE queue_id = %(queue)s
"""

_OPEN = """
    INSERT INTO feedback_openalert (alert_id, queue_id, visible, blind, tier, probability, position, upstream_score,
    hard,
                                    urgency, raised_at, opened_at)
    SELECT id, queue_id, true, false, id %% 3, (id %% 997) / 997.0, 0, upstream_score, false,
           id %% 3 + (id %% 997) / 997.0, raised_at, raised_at
    FROM (SELECT * FROM feedback_alert WHERE queue_id = %(queue)s ORDER BY id DESC LIMIT %(open)s) newest
"""

_VERDICTS = """
    INSERT INTO feedback_ledgerentry (queue_id, position, decision_id, kind, alert_id, value, source, judge_id,
    reason, note,
                                      blind, recorded_at)
    SELECT %(queue)s, row_number() OVER (ORDER BY id), gen_random_uuid(), 'verdict', id,
           CASE WHEN id %% 50 > 0 THEN 'unsure'
                WHEN id %% 250 < 100 THEN 'accurate' ELSE 'false_positive' END,
           'rep', %(judge)s, '', '', false, raised_at
    FROM (SELECT id, raised_at FROM feedback_alert WHERE queue_id = %(queue)s ORDER BY id LIMIT %(judged)s) oldest
"""


def build(alerts: int = 1_000_000, still_open: int = 100_000, reps: int = 4) -> tuple[Queue, list[User]]:
    """Make the queue and its reps (password: the name), and let the database take stock. Prints how long it took."""
    made = fill(alerts, still_open, reps, say=print)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return made


def fill(alerts: int, still_open: int, reps: int, say: Callable[[str], None] | None = None) -> tuple[Queue, list[User]]:
    """The queue and its reps, written in the caller's transaction; `say` hears how long each table took."""
    queue = Queue.objects.create(slug="million", name="A million", claim="may leave")
    scorer = Scorer.objects.create(name="bench")
    scorer.queues.add(queue)
    people = [get_user_model().objects.create_user(f"rep{n}", password=f"rep{n}") for n in range(reps)]
    for person in people:
        Membership.objects.create(user=person, queue=queue, role=Role.REP)
    change_policy(queue=queue, now=datetime.now(UTC), stage=Stage.RANK)
    known = {
        "queue": queue.pk, "scorer": scorer.pk, "start": START, "words": WORDS, "count": len(WORDS), "low": 1,
        "high": alerts, "open": still_open, "judged": alerts - still_open, "judge": people[0].pk,
    }  # fmt: skip
    for name in ("_CUSTOMERS", "_ALERTS", "_EXPOSURES", "_OPEN", "_VERDICTS"):
        started = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(globals()[name], known)
        if say:
            say(f"{name[1:].lower()}: {time.perf_counter() - started:.0f} s")
    return queue, people
