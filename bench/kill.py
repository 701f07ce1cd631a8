"""SIGKILL web and worker processes at any moment while clients replay a stream; nothing may be lost or learnt twice.

    python -m bench.kill [--kills 200] [--every 0.7] [--clients 4] [STREAM.csv.gz]

The product as `make run` starts it, on a throwaway database. Every client posts alerts through the API and judges
them on the
desk like a person with a browser; on a broken connection, a 5xx or a time-out it sends the same request again, with
the same
ids. Without a stream, alerts are made up. At the end: 1. every acknowledged verdict is in the ledger exactly once, and
the ledger has no gap; 2. the worker has caught up; 3. `rebuild_model --verify` agrees with every checkpoint and with
what is served; 4. the served model has learnt as many labels as the ledger has.
"""

from __future__ import annotations

import argparse
import random
import re
import signal
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import requests

from bench.harness import await_port, database, free_port, process

_ALERT = re.compile(r'action="/alerts/(\d+)/verdict/"')
_FIELD = re.compile(r'name="(csrfmiddlewaretoken|decision_id|past|seen)"\s+value="([^"]*)"')
TARGETS = {"gunicorn": "web", "celery": "worker"}


@dataclass
class Tally:
    """What the clients were told, by decision id; and how often they had to ask again."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    again: int = 0
    least: int = 1
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Client(threading.Thread):
    """Posts an alert, judges it, and so on; asks until it is answered."""

    def __init__(self, base: str, name: str, key: str, alerts: Iterator[dict[str, Any]], tally: Tally) -> None:
        super().__init__(daemon=True)
        self.base, self.person, self.key, self.alerts, self.tally = base, name, key, alerts, tally
        self.session, self.rng = requests.Session(), random.Random(name)
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            self.log_in()
            while not self.tally.stop.is_set():
                self.one()
        except BaseException as error:  # noqa: BLE001 - main() says it
            self.failure = error
            self.tally.stop.set()

    def log_in(self) -> None:
        page = self.until_answered("GET", "/login/").text
        token = dict(_FIELD.findall(page))["csrfmiddlewaretoken"]
        self.until_answered(
            "POST", "/login/", data={"username": self.person, "password": self.person, "csrfmiddlewaretoken": token}
        )

    def one(self) -> None:
        """Post an alert, then judge whatever the desk gives this person next."""
        with self.tally.lock:
            alert = next(self.alerts)
        posted = self.until_answered(
            "POST", "/api/v1/alerts", json=alert, headers={"Authorization": f"Api-Key {self.key}"}
        )
        assert posted.status_code in (200, 201), posted.text
        page = self.until_answered("GET", "/queues/churn/").text
        if (found := _ALERT.search(page)) is None:
            return  # the others hold everything that is open
        form = {**dict(_FIELD.findall(page)), "value": self.rng.choice(["accurate", "false_positive"])}
        judged = self.until_answered("POST", f"/alerts/{found[1]}/verdict/", data=form, allow_redirects=False)
        assert judged.status_code in (302, 409), (judged.status_code, judged.text[:500])
        if judged.status_code == 302:
            self.tally.acknowledged[form["decision_id"]] = form["value"]
            if self.rng.random() < 0.1:
                self.undo(form)

    def undo(self, form: dict[str, str]) -> None:
        """Take the verdict back, like somebody whose thumb slipped."""
        retraction = {**form, "decision_id": str(uuid.UUID(int=self.rng.getrandbits(128)))}
        address = f"/verdicts/{form['decision_id']}/undo/"
        undone = self.until_answered("POST", address, data=retraction, allow_redirects=False)
        assert undone.status_code == 302, (undone.status_code, undone.text[:500])
        self.tally.acknowledged[retraction["decision_id"]] = ""

    def until_answered(self, method: str, path: str, **more: Any) -> requests.Response:
        """The answer to a request that is sent again, unchanged, until there is one that is not a 5xx."""
        more["headers"] = {"Referer": self.base, **more.get("headers", {})}
        while True:
            with suppress(requests.RequestException):
                answer = self.session.request(method, self.base + path, timeout=10, **more)
                if answer.status_code < 500:
                    return answer
            self.tally.again += 1
            time.sleep(0.05)


def killer(runner: int, kills: int, every: float, seed: int, tally: Tally) -> dict[str, int]:
    """Kill a random web or worker process, parent or child, so many times; never twice while nothing gets done."""
    rng, done = random.Random(seed), dict.fromkeys(TARGETS.values(), 0)
    while sum(done.values()) < kills:
        before = len(tally.acknowledged)
        time.sleep(rng.uniform(0, 2 * every))
        while len(tally.acknowledged) == before and not tally.stop.is_set():
            time.sleep(rng.uniform(0.01, 0.1))
        victims = [(name, one) for one in psutil.Process(runner).children(recursive=True) if (name := kind(one))]
        if not victims:
            continue
        name, victim = rng.choice(victims)
        with suppress(psutil.Error):
            victim.send_signal(signal.SIGKILL)
            done[name] += 1
        if sum(done.values()) % 20 == 0:
            print(f"  {sum(done.values())} of {kills} kills", file=sys.stderr, flush=True)
        if tally.stop.is_set():
            break
    return done


def kind(one: psutil.Process) -> str | None:
    """Whether a process is a web or a worker process of the product."""
    with suppress(psutil.Error):
        command = " ".join(one.cmdline())
        return next(
            (name for word, name in TARGETS.items() if f"-m {word}" in command and " beat" not in command), None
        )
    return None


def made_up(seed: int) -> Iterator[dict[str, Any]]:
    """Alerts without end, in two languages."""
    rng = random.Random(seed)
    good, bad = "great thanks 挺好的 很满意 works happy".split(), "cancel refund 换别家 投诉 broken angry".split()
    while True:
        accurate = rng.random() < 0.5
        words = rng.choices(bad if accurate else good, k=4) + rng.choices([*good, *bad], k=3)
        yield {
            "text": " ".join(words),
            "features": {"logins": rng.randint(0, 30)},
            "upstream_score": rng.random(),
        }


def streamed(path: Path) -> Iterator[dict[str, Any]]:
    """The alerts of a stream, over and over."""
    from scoring.replay.stream import read_stream

    alerts = read_stream(path)
    while True:
        for one in alerts:
            yield {
                "text": one.text,
                "features": one.features,
                "upstream_score": one.upstream_score,
            }


def with_ids(alerts: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give each alert an id and a customer."""
    for number, alert in enumerate(alerts):
        yield {"external_id": f"k-{number}", "customer_id": f"c-{number % 300}", **alert}


def prepare(clients: int) -> tuple[str, list[str]]:
    """A queue, its reps (password: the name) and a scorer's key. Django is set up."""
    from django.contrib.auth import get_user_model

    from feedback.models import Membership, Queue, Role, Scorer
    from feedback.services import issue_key

    queue, scorer = Queue.objects.create(slug="churn", name="Churn"), Scorer.objects.create(name="stream")
    scorer.queues.add(queue)
    names = [f"rep{number}" for number in range(clients)]
    for name in names:
        person = get_user_model().objects.create_user(name, password=name)
        Membership.objects.create(user=person, queue=queue, role=Role.REP)
    return issue_key(scorer=scorer, name="kill")[1], names


def verdict_on(tally: Tally) -> list[str]:
    """What is wrong after all that; empty where nothing is."""
    from feedback.models import LedgerEntry, Queue
    from feedback.rules import label_of
    from feedback.selectors import facts_touched
    from scoring.amended import amendments_of
    from scoring.fold import configuration_of, model_at
    from scoring.services import lags
    from scoring.services.rebuilding import rebuild

    queue, wrong = Queue.objects.get(slug="churn"), []
    entries = list(LedgerEntry.objects.order_by("position").values_list("position", "decision_id", "value"))
    if [position for position, *_ in entries] != list(range(1, len(entries) + 1)):
        wrong.append("the ledger has a gap")
    written = {str(decision): value for _, decision, value in entries}
    lost = [decision for decision, value in tally.acknowledged.items() if written.get(decision) != value]
    wrong += [f"{len(lost)} acknowledged verdicts are lost"] if lost else []
    deadline = time.monotonic() + 60
    while lags()[queue.pk] and time.monotonic() < deadline:
        time.sleep(0.5)
    wrong += [f"the worker is {lags()[queue.pk]} rows behind after a minute"] if lags()[queue.pk] else []
    rebuilt = rebuild(queue=queue, verify=True, now=datetime.now(UTC))
    wrong += [f"checkpoints at {rebuilt.differing} differ"] if rebuilt.differing else []
    learnt = model_at(configuration_of(queue.pk), rebuilt.position).model.learnt
    facts = facts_touched(queue.pk, 0, len(entries), len(entries))
    amendments = amendments_of(queue.pk)  # reps who guess are weighed or held back
    labels = sum(label_of(amendments.applied(one)) is not None for one in facts.values())
    wrong += [f"{learnt} labels learnt of {labels}"] if learnt != labels else []
    wrong += ["the clients hardly got anything done"] if len(tally.acknowledged) < tally.least else []
    print(f"{len(entries)} ledger rows, {len(tally.acknowledged)} acknowledged, {tally.again} requests sent again,")
    print(f"{rebuilt.compared} digests compared with a fold from nothing, {learnt} labels learnt of {labels}")
    return wrong


def main() -> None:
    """Prepare, run, kill, check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stream", type=Path, nargs="?")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--every", type=float, default=0.7, help="seconds between kills, on average")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    port, tally = free_port(), Tally(least=options.kills)
    with database():
        key, names = prepare(options.clients)
        alerts = with_ids(streamed(options.stream) if options.stream else made_up(options.seed))
        with process("config.runner", port=port) as runner:
            await_port(port)
            people = [Client(f"http://127.0.0.1:{port}", name, key, alerts, tally) for name in names]
            for person in people:
                person.start()
            done = killer(runner.pid, options.kills, options.every, options.seed, tally)
            tally.stop.set()
            for person in people:
                person.join(60)
            wrong = [repr(person.failure) for person in people if person.failure] + verdict_on(tally)
    print(f"killed: {done}; " + ("; ".join(wrong) if wrong else "nothing lost, nothing learnt twice"))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
