"""Similar past alerts among a million: how long the search takes, and how many of the truly nearest it finds.

    python -m bench.similar [--alerts 1000000] [--queries 200] [--keep FOLDER] [--ways WAY ...]

Four queues as bench/remembered.py writes them. "Exact" compares the profiles of all alerts of a queue. One process, the
embedded PostgreSQL with its own settings. With --keep the database stands in a folder and is used again, with the index
that it has.
"""

from __future__ import annotations

import argparse
import statistics
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from bench.harness import database, percentile
from bench.remembered import asked, columns_of, drop_index, world, write

_IVFFLAT = """
    CREATE INDEX scoring_remembered_hnsw ON scoring_rememberedalert USING ivfflat (signature bit_hamming_ops)
    WITH (lists = 1000)
"""
PRODUCTS = "the product's own"
# What is compared: the statement that makes the index, what it is asked with, and the bound of searching.py.
WAYS: dict[str, tuple[str, str, int | None]] = {
    "hnsw": (PRODUCTS, "", None),
    "no extension": ("", "", None),
    "no extension, all": ("", "", 10**9),
    "ivfflat": (_IVFFLAT, "SET ivfflat.probes = 20", 0),
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--alerts", type=int, default=1_000_000)
    options.add_argument("--queries", type=int, default=200)
    options.add_argument("--keep", type=Path, help="a folder for the database, used again when it is there")
    options.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    chosen = options.parse_args()
    with database(chosen.keep):
        compare(world(chosen.alerts, chosen.keep), chosen.queries, chosen.ways)


def compare(queues: dict[str, Any], queries: int, ways: list[str]) -> None:
    """Each way of searching on each queue."""
    from scoring.explain import searching

    usual = searching.INDEX, searching.ONE_BY_ONE
    for name in ways:
        index, setting, bound = WAYS[name]
        searching.INDEX = usual[0] if index else "none"
        searching.ONE_BY_ONE = usual[1] if bound is None else bound
        if index:
            build(name, index, setting)
        for one in queues.values():
            report(name, one, queries if name != "no extension, all" else queries // 10)
        if name == "hnsw":
            measure_inserts(queues["large"])


def build(name: str, index: str, setting: str) -> None:
    """The index, unless it is there: seconds and size."""
    from django.db import connection

    from scoring.explain.searching import install_index

    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'scoring_remembered_hnsw'")
        known = cursor.fetchone()
        if known is None or name not in known[0]:
            drop_index()
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("SET maintenance_work_mem = '1GB'")
            started = time.perf_counter()
            if index == PRODUCTS:
                install_index()
            else:
                cursor.execute(index)
            print(f"{name}: built in {time.perf_counter() - started:.0f} s", flush=True)
        cursor.execute(setting or "SELECT 1")
        cursor.execute(
            "SELECT pg_size_pretty(pg_relation_size('scoring_remembered_hnsw'::regclass)),"
            " pg_size_pretty(pg_relation_size('scoring_rememberedalert'::regclass))"
        )
        size, table = cursor.fetchone()
        print(f"{name}: {size} beside a table of {table}", flush=True)


def report(way: str, one: dict[str, Any], queries: int) -> None:
    """Search for so many new alerts of a queue; milliseconds, and what of the truly nearest was found.

    The time that this process and its PostgreSQL backend spend on a processor hardly depends on what else is running.
    """
    from feedback.models import Alert
    from scoring.explain.similar import similar_to

    timings, python, backend, recalls, likeness = [], [], [], [], []
    served_by = backend_id()
    for number, facts in enumerate(islice(asked(one["queue"].slug), queries + 5)):
        alert = Alert(id=number + 1, queue=one["queue"], scorer=one["scorer"], customer=one["customer"],
                      scorer_version="1", text=facts.text, features=facts.features,
                      upstream_score=facts.upstream_score)  # fmt: skip
        began = on_processor(served_by)
        started, burnt = time.perf_counter(), time.process_time()
        found = similar_to(alert)
        if number < 5:  # the first ones warm up
            continue
        timings.append(1000 * (time.perf_counter() - started))
        python.append(1000 * (time.process_time() - burnt))
        backend.append(on_processor(served_by) - began)
        exact = np.sort(likeness_of_all(one, facts))[-5:]
        recalls.append(sum(similar.similarity >= exact[0] - 1e-5 for similar in found.alerts) / 5)
        likeness.append(sum(similar.similarity for similar in found.alerts) / exact.sum())
    both = [sum(one) for one in zip(python, backend, strict=True)]
    spent = f"p50 {statistics.median(both):4.1f}  p95 {percentile(both, 0.95):4.1f} ms"
    print(
        f"{way:17} {one['queue'].slug:6} {one['matrix'].shape[0]:9,}  p50 {statistics.median(timings):5.1f}  p95 "
        f"{percentile(timings, 0.95):5.1f} ms  processor: Python {statistics.median(python):4.1f}, PostgreSQL "
        f"{statistics.median(backend):4.1f}, both {spent}"
        f"  recall@5 {statistics.mean(recalls):.3f}  likeness {statistics.mean(likeness):.3f}",
        flush=True,
    )


def backend_id() -> int:
    """The process of PostgreSQL that serves this connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def on_processor(pid: int) -> float:
    """Milliseconds that a process has spent on a processor (Linux)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


def likeness_of_all(one: dict[str, Any], facts: Any) -> Any:
    """The similarity of an alert to every remembered one of its queue."""
    from scoring.features import extract
    from scoring.nearest import profile_of

    profile = profile_of(extract(facts, one["model"].config), one["model"].weights.sparse)
    query = np.zeros(one["matrix"].shape[1], dtype=np.float32)
    np.add.at(query, columns_of(profile.keys), profile.weights)
    return one["matrix"] @ query


def measure_inserts(one: dict[str, Any]) -> None:
    """What it costs to remember one more alert beside the full index."""
    from django.db import transaction

    batch = list(islice(asked(one["queue"].slug), 1_000))
    with transaction.atomic():
        started = time.perf_counter()
        write(one["queue"].pk, one["scorer"].pk, one["customer"].pk, 5_000_000, batch, one["model"])
        print(f"one more alert, with its index entry: {time.perf_counter() - started:.2f} ms", flush=True)
        transaction.set_rollback(True)


if __name__ == "__main__":
    main()
