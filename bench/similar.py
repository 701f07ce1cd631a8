"""Similar past alerts among a million: how long the search takes, and how many of the truly nearest it finds.

    python -m bench.similar [--alerts 1000000] [--queries 200]

Texts are spliced from real ones (the streams in ALERTLOOP_SHARED, else the demo's vocabulary), with structured values;
four queues hold 70, 25, 3 and 2 % of the alerts, so that the index must look past other queues. Each queue's model has
learnt 3,000 of its alerts. "Exact" compares the profiles of all alerts of the queue; what is searched among is written
straight into the tables. One process, the embedded PostgreSQL with its own settings.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from bench.harness import database, percentile

SHARES = {"large": 0.70, "medium": 0.25, "small": 0.03, "tiny": 0.02}
START = datetime(2026, 1, 1, tzinfo=UTC)
LEARN = 3_000
BATCH = 20_000
_ALERT_COLUMNS = (
    "id, queue_id, scorer_id, scorer_version, external_id, content_digest, customer_id, channel, text, features,"
    " evidence, upstream_score, raised_at, received_at"
)
STREAMS = ("waimai", "shop10", "airline", "banking77")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--alerts", type=int, default=1_000_000)
    options.add_argument("--queries", type=int, default=200)
    chosen = options.parse_args()
    with database():
        drop_index()
        world = {name: fill(name, int(share * chosen.alerts)) for name, share in SHARES.items()}
        compare(world, chosen.queries)


def clauses() -> list[str]:
    """Pieces of real texts; without the streams, the demo's words."""
    from bench.million import WORDS
    from scoring.replay.stream import read_stream

    folder = Path(os.environ.get("ALERTLOOP_SHARED", "")) / "data"
    texts = [
        alert.text for name in STREAMS if (path := folder / f"{name}.csv.gz").exists() for alert in read_stream(path)
    ]
    print(f"{len(texts)} real texts" if texts else "no real texts here: the demo's words", flush=True)
    return [part for text in texts for part in re.split(r"[,.!?;，。！？；\s]{1,3}(?=\S{4})", text) if part] or WORDS


def facts_like(pieces: list[str], draw: random.Random) -> Iterator[Any]:
    """Alerts without end: two to five clauses and four values; accurate where some words or values say so."""
    from scoring.features import AlertFacts

    while True:
        text = "，".join(draw.sample(pieces, draw.randint(2, 5)))
        calls, plan = int(draw.lognormvariate(1.5, 1.0)), draw.choice(("pro", "basic", "team"))
        features = {"calls": calls, "plan": plan, "value": round(draw.lognormvariate(6, 1.5), 2)}
        yield AlertFacts(text[:300], features, round(draw.random(), 2), "bench", "1")


def accurate(facts: Any) -> bool:
    """A rule to learn: many calls, or words that bear one of a few characters."""
    return facts.features["calls"] > 8 or any(
        word in facts.text for word in ("差", "慢", "退", "late", "cancel", "not")
    )


def fill(name: str, count: int) -> dict[str, Any]:
    """A queue with its taught model, alerts, ledger rows and signatures; keeps the profiles for the exact answer."""
    from feedback.models import Customer, Queue, Scorer
    from scoring import checkpoints
    from scoring.features import extract
    from scoring.fold import configuration_of, nothing_learnt

    queue, scorer = Queue.objects.create(slug=name, name=name), Scorer.objects.get_or_create(name="bench")[0]
    customer = Customer.objects.get_or_create(external_id="c-1")[0]
    draw = random.Random(name)
    stream = facts_like(clauses(), draw)
    configuration = configuration_of(queue.pk)
    model = nothing_learnt(configuration).model
    for one in islice(stream, min(LEARN, count)):
        model.learn(extract(one, model.config), accurate(one))
    kept: list[tuple[Any, Any]] = []
    started = time.perf_counter()
    for low in range(0, count, BATCH):
        batch = list(islice(stream, min(BATCH, count - low)))
        kept += write(queue.pk, scorer.pk, customer.pk, low, batch, model)
    checkpoints.write(configuration, model, count, datetime.now(UTC))
    print(f"{name}: {count:,} alerts sketched and written in {time.perf_counter() - started:.0f} s", flush=True)
    return {"queue": queue, "model": model, "matrix": _matrix(kept), "stream": stream, "scorer": scorer,
            "customer": customer}  # fmt: skip


def write(queue: int, scorer: int, customer: int, low: int, batch: list[Any], model: Any) -> list[tuple[Any, Any]]:
    """Alerts, verdicts and signatures by COPY; returns (keys, weights) of each profile."""
    import json

    from django.db import connection, transaction

    from scoring.features import extract
    from scoring.models.similar import as_bits
    from scoring.nearest import profile_of, signature

    profiles = [profile_of(extract(one, model.config), model.weights.sparse) for one in batch]
    first = queue * 10_000_000 + low + 1
    alerts = (
        (first + n, queue, scorer, "1", f"{queue}-{low + n}", "", customer, "", one.text, json.dumps(one.features),
         "[]", one.upstream_score, START, START) for n, one in enumerate(batch)
    )  # fmt: skip
    remembered = (
        (first + n, queue, accurate(one), low + n + 1, "outcome", as_bits(signature(profiles[n])))
        for n, one in enumerate(batch)
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        copy(cursor, f"feedback_alert ({_ALERT_COLUMNS})", alerts)
        copy(cursor, "scoring_rememberedalert (alert_id, queue_id, accurate, anchor, source, signature)", remembered)
        cursor.execute(
            "INSERT INTO feedback_ledgerentry (queue_id, position, decision_id, kind, alert_id, value, source,"
            " scorer_id, reason, note, blind, recorded_at) SELECT %s, %s + i, gen_random_uuid(), 'verdict', %s + i,"
            " 'unsure', 'outcome', %s, '', '', false, %s FROM generate_series(1, %s) i",
            [queue, low, first - 1, scorer, START, len(batch)],
        )
    return [(one.keys, one.weights) for one in profiles]


def copy(cursor: Any, into: str, rows: Iterator[tuple[Any, ...]]) -> None:
    """COPY rows into a table."""
    with cursor.copy(f"COPY {into} FROM STDIN") as stream:
        for row in rows:
            stream.write_row(row)


def _matrix(profiles: list[tuple[Any, Any]]) -> Any:
    """All profiles of a queue as rows; keys of the table are folded into 2**20 columns."""
    ends = np.cumsum([0, *(len(keys) for keys, _ in profiles)])
    weights = np.concatenate([weights for _, weights in profiles]).astype(np.float32)
    columns = _columns(np.concatenate([keys for keys, _ in profiles]))
    return sparse.csr_matrix((weights, columns, ends), (len(profiles), 1 << 21))


def _columns(keys: Any) -> Any:
    return np.where(keys < 1 << 20, keys, (1 << 20) + keys % (1 << 20)).astype(np.int32)


_HNSW = "CREATE INDEX scoring_remembered_hnsw ON scoring_rememberedalert USING hnsw (signature bit_hamming_ops)"
_IVFFLAT = "CREATE INDEX scoring_remembered_hnsw ON scoring_rememberedalert USING ivfflat (signature bit_hamming_ops) "
# What is compared: the statement that makes the index, what it is asked with, and the bound of searching.py.
WAYS: dict[str, tuple[str, str, int]] = {
    "hnsw": (_HNSW, "", 50_000),
    "ivfflat": (_IVFFLAT + "WITH (lists = 1000)", "SET ivfflat.probes = 20", 0),
    "one by one, newest 50,000": ("", "", 50_000),
    "one by one, all": ("", "", 10**9),
}


def compare(world: dict[str, Any], queries: int) -> None:
    """Each way of searching on each queue."""
    from scoring.explain import searching

    for name, (index, setting, searching.ONE_BY_ONE) in WAYS.items():
        searching._large.clear()
        build(name, index, setting)
        for one in world.values():
            report(name, one, queries if name != "one by one, all" else queries // 10)
        if name == "hnsw":
            measure_inserts(world["large"])


def drop_index() -> None:
    """Let nothing stand between the bench and the tables: each way of searching makes its own index."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS scoring_remembered_hnsw")


def build(name: str, index: str, setting: str) -> None:
    """An index from scratch: seconds and size."""
    from django.db import connection

    drop_index()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE scoring_rememberedalert")
        cursor.execute("SET maintenance_work_mem = '1GB'")
        if setting:
            cursor.execute(setting)
        if index:
            started = time.perf_counter()
            cursor.execute(index)
            took = time.perf_counter() - started
            cursor.execute(
                "SELECT pg_size_pretty(pg_relation_size('scoring_remembered_hnsw'::regclass)),"
                " pg_size_pretty(pg_relation_size('scoring_rememberedalert'::regclass))"
            )
            size, table = cursor.fetchone()
            print(f"{name}: built in {took:.0f} s, {size} beside a table of {table}", flush=True)


def report(way: str, one: dict[str, Any], queries: int) -> None:
    """Search for so many new alerts of a queue; milliseconds, and what of the truly nearest was found."""
    from feedback.models import Alert
    from scoring.explain.similar import similar_to

    timings, recalls, likeness = [], [], []
    for number, facts in enumerate(islice(one["stream"], queries + 5)):
        alert = Alert(id=number + 1, queue=one["queue"], scorer=one["scorer"], customer=one["customer"],
                      scorer_version="1", text=facts.text, features=facts.features,
                      upstream_score=facts.upstream_score)  # fmt: skip
        started = time.perf_counter()
        found = similar_to(alert)
        if number < 5:  # the first ones warm up
            continue
        timings.append(1000 * (time.perf_counter() - started))
        exact = np.sort(likeness_of_all(one, facts))[-5:]
        recalls.append(sum(similar.similarity >= exact[0] - 1e-5 for similar in found.alerts) / 5)
        likeness.append(sum(similar.similarity for similar in found.alerts) / exact.sum())
    print(
        f"{way:26} {one['queue'].slug:7} {one['matrix'].shape[0]:9,}  p50 {statistics.median(timings):6.1f} ms  p95 "
        f"{percentile(timings, 0.95):6.1f} ms  recall@5 {statistics.mean(recalls):.2f}  "
        f"likeness {statistics.mean(likeness):.3f}",
        flush=True,
    )


def likeness_of_all(one: dict[str, Any], facts: Any) -> Any:
    """The similarity of an alert to every remembered one of its queue."""
    from scoring.features import extract
    from scoring.nearest import profile_of

    profile = profile_of(extract(facts, one["model"].config), one["model"].weights.sparse)
    query = np.zeros(one["matrix"].shape[1], dtype=np.float32)
    np.add.at(query, _columns(profile.keys), profile.weights)
    return one["matrix"] @ query


def measure_inserts(one: dict[str, Any]) -> None:
    """What it costs to remember one more alert beside the full index."""
    batch = list(islice(one["stream"], 1_000))
    started = time.perf_counter()
    write(one["queue"].pk, one["scorer"].pk, one["customer"].pk, 5_000_000, batch, one["model"])
    print(f"one more alert, with its index entry: {time.perf_counter() - started:.2f} ms", flush=True)


if __name__ == "__main__":
    main()
