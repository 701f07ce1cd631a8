"""How fast alerts are taken in, beside bare DRF endpoints that only validate and insert them (bench/bare.py).

    python -m bench.intake [--rounds 7] [--seconds 3] [--clients 2]

One gunicorn on loopback serves both, over a throwaway embedded PostgreSQL with durable commits. The clients are
processes of their own that keep their connection. The queue's model has learnt some hundred verdicts, so scores have
reasons. Runs alternate, and figures are medians over the rounds; a ratio is taken within each round.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import random
import statistics
import sys
import time
import uuid
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil

from bench.harness import database, free_port, process

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BATCH, VERDICTS, CUSTOMERS = 200, 400, 500
CONTENT = {"Content-Type": "application/json"}
GOOD = "快递 很快 客服 解答 耐心 满意 续费 顺利 great support quick reply happy renew thanks works fine".split()
BAD = "太慢 退款 投诉 失望 没人管 取消 错误 cancel refund angry broken never again competitor slow lawyer".split()
PLAIN = "今天 我们 公司 账户 合同 报表 the team about our account invoice yesterday meeting please check".split()


@dataclass(frozen=True, slots=True)
class Target:
    """One endpoint under load."""

    name: str
    path: str
    size: int
    bare: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One target in one round: alerts a second, processor milliseconds an alert (web, database)."""

    rate: float
    web_ms: float
    database_ms: float


TARGETS = (
    Target("one by one, bare", "/api/bare/alerts", 1, bare=True),
    Target("one by one, ours", "/api/v1/alerts", 1, bare=False),
    Target("batches, bare", "/api/bare/batch", BATCH, bare=True),
    Target("batches, ours", "/api/v1/alerts/batch", BATCH, bare=False),
)


@dataclass(frozen=True, slots=True)
class World:
    """What the clients must know."""

    port: int
    key: str
    queue: int
    scorer: int
    customers: list[int]


def make_alert(rng: random.Random, accurate: bool) -> dict[str, Any]:
    """An alert as a scorer posts it: some 100 characters in two languages, ten features, two lines of evidence."""
    mood = BAD if accurate else GOOD
    words = [rng.choice(mood if rng.random() < 0.35 else PLAIN) for _ in range(20)]
    features = {f"figure_{i}": round(rng.gauss(accurate, 1), 3) for i in range(6)}
    kinds = {"plan": rng.choice(["pro", "basic", "team"]), "region": rng.choice("东南西北"), "vip": rng.random() < 0.1}
    return {
        "external_id": uuid.UUID(int=rng.getrandbits(128)).hex,
        "text": " ".join(words),
        "features": {**features, **kinds, "seats": rng.randint(1, 500)},
        "evidence": [
            {"label": "Last login", "value": "12 days ago"},
            {"label": "Tickets", "value": str(rng.randint(0, 9))},
        ],
        "upstream_score": round(rng.random(), 3),
        "channel": "chat",
        "scorer_version": "3.1",
        "raised_at": (START + timedelta(seconds=rng.randint(0, 10**6))).isoformat(),
    }


def body_of(target: Target, world: World, rng: random.Random) -> bytes:
    """A request's body; half of the alerts are accurate."""
    alerts = [make_alert(rng, rng.random() < 0.5) for _ in range(target.size)]
    for alert in alerts:
        customer = rng.randrange(CUSTOMERS)
        names = {"queue": world.queue, "scorer": world.scorer, "customer": world.customers[customer]}
        alert.update(
            names if target.bare else {"customer_id": f"c-{customer}", "customer_name": f"Customer {customer}"}
        )
    return json.dumps(alerts if target.size > 1 else alerts[0]).encode()


def client(target: Target, world: World, seconds: float, seed: int) -> tuple[int, float]:
    """Post for so long, over one connection; returns the alerts taken, and a second's. Bodies are made beforehand."""
    rng = random.Random(seed)
    count = int(seconds * (600 if target.size == 1 else 20)) + 5
    bodies = [body_of(target, world, rng) for _ in range(count)]
    connection = http.client.HTTPConnection("127.0.0.1", world.port)
    headers = CONTENT if target.bare else CONTENT | {"Authorization": f"Api-Key {world.key}"}
    began, taken = time.perf_counter(), 0
    while time.perf_counter() < began + seconds and bodies:
        connection.request("POST", target.path, bodies.pop(), headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{target.path}: {answer.status} {text[:300]!r}")
        taken += target.size
    return taken, taken / (time.perf_counter() - began)


def measure(target: Target, world: World, seconds: float, clients: int, pool: ProcessPoolExecutor, server: int) -> Run:
    """One run of one target."""
    web, database = processor_seconds(server), processor_seconds(None)
    seeds = [random.getrandbits(62) for _ in range(clients)]
    done = list(pool.map(client, *zip(*[(target, world, seconds, seed) for seed in seeds], strict=True)))
    taken = sum(count for count, _ in done)
    web, database = processor_seconds(server) - web, processor_seconds(None) - database
    return Run(sum(rate for _, rate in done), 1000 * web / taken, 1000 * database / taken)


def processor_seconds(server: int | None) -> float:
    """Processor time so far of the web processes, or of this bench's database (None)."""
    ours = psutil.Process(server).children(recursive=True) if server else psutil.Process().children(recursive=True)
    total = 0.0
    for one in ours:
        with suppress(psutil.Error):
            if server or one.name() == "postgres":
                times = one.cpu_times()
                total += times.user + times.system
    return total


def prepare() -> World:
    """A queue with a model that has learnt, a scorer with a key, customers. Django is set up by now."""
    from django.contrib.auth import get_user_model

    from feedback.models import Alert, Customer, Membership, Queue, Role, Scorer, Source, Value
    from feedback.services import AlertDraft, issue_key, record_verdict
    from scoring.services import take_in

    queue, scorer = Queue.objects.create(slug="churn", name="Churn"), Scorer.objects.create(name="voice-llm")
    scorer.queues.add(queue)
    rhea = get_user_model().objects.create_user("rhea")
    Membership.objects.create(user=rhea, queue=queue, role=Role.REP)
    made = Customer.objects.bulk_create(
        [Customer(external_id=f"c-{i}", name=f"Customer {i}") for i in range(CUSTOMERS)]
    )
    rng = random.Random(7)
    accurate = [rng.random() < 0.5 for _ in range(VERDICTS)]
    posts = [make_alert(rng, one) for one in accurate]
    drafts = [AlertDraft(**{**one, "raised_at": START, "customer_id": "c-0"}) for one in posts]
    intakes = take_in(queue=queue, scorer=scorer, drafts=drafts, now=START)
    for intake, good in zip(intakes, accurate, strict=True):
        record_verdict(
            alert=Alert.objects.get(pk=intake.alert_id), judge=rhea, decision_id=uuid.uuid4(), source=Source.REP,
            value=Value.ACCURATE if good else Value.FALSE_POSITIVE, now=START,
        )  # fmt: skip
    return World(free_port(), issue_key(scorer=scorer, name="bench")[1], queue.pk, scorer.pk, [one.pk for one in made])


def report(rounds: list[dict[str, Run]], clients: int) -> str:
    """The table of medians, and the ratios."""
    lines = ["| | alerts/s | web ms/alert | database ms/alert |", "| --- | ---: | ---: | ---: |"]
    for target in TARGETS:
        runs = [one[target.name] for one in rounds]
        rate, web, data = (statistics.median(getattr(run, name) for run in runs) for name in Run.__slots__)
        lines.append(f"| {target.name} | {rate:,.0f} | {web:.2f} | {data:.2f} |")
    for kind, bar in (("one by one", 0.4), ("batches", 0.8)):
        ratios = [one[f"{kind}, ours"].rate / one[f"{kind}, bare"].rate for one in rounds]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        lines.append(f"\n{kind}: ours / bare = {statistics.median(ratios):.2f} ({spread}); the bar is {bar}")
    lines.append(f"\n{len(rounds)} rounds, {clients} clients, batches of {BATCH}, {os.cpu_count()} processors")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--clients", type=int, default=2)
    options = parser.parse_args()
    spawn = multiprocessing.get_context("spawn")
    with database():
        world = prepare()
        serve = ("gunicorn", "--config", "python:config.gunicorn", "bench.bare:application")
        with process(*serve, port=world.port) as web, ProcessPoolExecutor(options.clients, spawn) as pool:
            server = web.pid
            for target in TARGETS:
                measure(target, world, 1, options.clients, pool, server)  # warm up
            rounds = []
            for number in range(options.rounds):
                order = TARGETS if number % 2 else TARGETS[::-1]
                rounds.append(
                    {t.name: measure(t, world, options.seconds, options.clients, pool, server) for t in order}
                )
                print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    print(report(rounds, options.clients))


if __name__ == "__main__":
    main()
