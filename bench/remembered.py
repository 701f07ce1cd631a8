"""Four queues of remembered alerts for bench/similar.py, written straight into the tables.

Texts are spliced from real ones (the streams in ALERTLOOP_SHARED, else the demo's vocabulary), with structured values;
the queues hold 70, 25, 3 and 2 % of the alerts, so that an index must look past other queues. Each queue's model has
learnt 3,000 of its alerts. The profiles are kept beside the database, for the exact answer.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

SHARES = {"large": 0.70, "medium": 0.25, "small": 0.03, "tiny": 0.02}
START = datetime(2026, 1, 1, tzinfo=UTC)
LEARN = 3_000
BATCH = 20_000
STREAMS = ("waimai", "shop10", "airline", "banking77")
_ALERT_COLUMNS = (
    "id, queue_id, scorer_id, scorer_version, external_id, content_digest, customer_id, channel, text, features,"
    " evidence, upstream_score, raised_at, received_at"
)


def world(alerts: int, keep: Path | None) -> dict[str, Any]:
    """The queues by name: those of a database that was kept, else new ones."""
    if keep and all((keep / f"{name}.npz").exists() for name in SHARES):
        return {name: known(name, keep) for name in SHARES}
    return made(alerts, keep)


def made(alerts: int, keep: Path | None) -> dict[str, Any]:
    """Four queues with their alerts; what the database does not hold is written beside it."""
    drop_index()  # it is made when all is written
    queues = {name: fill(name, int(share * alerts)) for name, share in SHARES.items()}
    for name, one in queues.items() if keep else ():
        sparse.save_npz(f"{keep}/{name}.npz", one["matrix"], compressed=False)
    return queues


def known(name: str, keep: Path) -> dict[str, Any]:
    """A queue of a database that was kept."""
    from feedback.models import Customer, Queue, Scorer
    from scoring.replica import replica_of

    queue = Queue.objects.get(slug=name)
    with replica_of(queue.pk).hold() as belief:
        model = belief.model
    scorer, customer = Scorer.objects.get(name="bench"), Customer.objects.get(external_id="c-1")
    return {"queue": queue, "model": model, "matrix": sparse.load_npz(keep / f"{name}.npz"), "scorer": scorer,
            "customer": customer}  # fmt: skip


def asked(name: str) -> Iterator[Any]:
    """The alerts that are asked about: others than the queue holds, the same in every run."""
    return facts_like(clauses(), random.Random(f"{name} asked"))


@cache
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
    from scoring.models import MemoryStanding

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
    MemoryStanding.objects.create(queue=queue, position=count, taught={"outcome": count})
    print(f"{name}: {count:,} alerts sketched and written in {time.perf_counter() - started:.0f} s", flush=True)
    return {"queue": queue, "model": model, "matrix": matrix_of(kept), "scorer": scorer,
            "customer": customer}  # fmt: skip


def write(queue: int, scorer: int, customer: int, low: int, batch: list[Any], model: Any) -> list[tuple[Any, Any]]:
    """Alerts, verdicts and signatures by COPY; returns (keys, weights) of each profile."""
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


def matrix_of(profiles: list[tuple[Any, Any]]) -> Any:
    """All profiles of a queue as rows of a matrix."""
    ends = np.cumsum([0, *(len(keys) for keys, _ in profiles)])
    weights = np.concatenate([weights for _, weights in profiles]).astype(np.float32)
    columns = columns_of(np.concatenate([keys for keys, _ in profiles]))
    return sparse.csr_matrix((weights, columns, ends), (len(profiles), 1 << 21))


def columns_of(keys: Any) -> Any:
    """The columns of a profile's keys; those of the table are folded into 2**20."""
    return np.where(keys < 1 << 20, keys, (1 << 20) + keys % (1 << 20)).astype(np.int32)


def drop_index() -> None:
    """Let nothing stand between the bench and the tables: each way of searching makes its own index."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX IF EXISTS scoring_remembered_hnsw")
