"""The rep's pages with a million alerts of which a hundred thousand are open: queue page, next alert, verdict.

    python -m bench.pages [--alerts 1000000] [--open 100000] [--clients 4] [--rounds 100]

The product as `make run` serves it (gunicorn, worker) over a throwaway embedded PostgreSQL; each client is a person
with a session of their own. Wall-clock milliseconds as a client sees them, and the web's memory.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import psutil
import requests

from bench.harness import await_port, database, free_port, percentile, process

_ALERT = re.compile(r'action="/alerts/(\d+)/verdict/"')
_FIELD = re.compile(r'name="(csrfmiddlewaretoken|decision_id|past|seen)"\s+value="([^"]*)"')
Timings = dict[str, list[float]]


class Rep:
    """A person with a browser session."""

    def __init__(self, base: str, name: str) -> None:
        self.base, self.session, self.timings = base, requests.Session(), defaultdict(list)
        page = self.session.get(f"{base}/login/").text
        form = {"username": name, "password": name, **dict(_FIELD.findall(page))}
        answer = self.session.post(f"{base}/login/", form, headers={"Referer": base})
        assert "/login/" not in answer.url, f"{name} could not log in"

    def work(self, rounds: int) -> Timings:
        """Open the queue, take the next alert, judge it - so many times."""
        for number in range(rounds):
            page = self.timed("queue page", "GET", "/queues/million/")
            alert = _ALERT.search(page)
            assert alert, "the page has no verdict form"
            self.timed("next alert", "GET", f"/queues/million/?alert={alert[1]}", htmx=True)
            value = "accurate" if number % 3 else "false_positive"
            form = {**dict(_FIELD.findall(page)), "value": value}
            self.timed("verdict", "POST", f"/alerts/{alert[1]}/verdict/", form, htmx=True)
        return self.timings

    def timed(self, name: str, method: str, path: str, form: dict[str, str] | None = None, htmx: bool = False) -> str:
        """One request; a conflict with another rep is an answer too."""
        headers = {"Referer": self.base} | (
            {"HX-Request": "true", "X-CSRFToken": (form or {}).get("csrfmiddlewaretoken", "")} if htmx else {}
        )
        started = time.perf_counter()
        answer = self.session.request(method, self.base + path, data=form, headers=headers)
        self.timings[name].append(1000 * (time.perf_counter() - started))
        assert answer.status_code in (200, 409), f"{path}: {answer.status_code} {answer.text[:300]}"
        return answer.text


def main() -> None:
    """Build, serve, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alerts", type=int, default=1_000_000)
    parser.add_argument("--open", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=100)
    options = parser.parse_args()
    with database() as home:
        from bench import million  # needs Django set up

        million.build(options.alerts, options.open, options.clients)
        port = free_port()
        serve = ("gunicorn", "--config", "python:config.gunicorn", "config.wsgi:application")
        work = (
            "celery",
            "--quiet",
            "--app",
            "config",
            "worker",
            "--concurrency",
            "1",
            "--beat",
            "--schedule",
            str(home / "beat"),
        )
        with process(*serve, port=port) as web, process(*work, port=port, wait=False):
            await_port(port)
            report(*measure(port, options.clients, options.rounds), web.pid)


def measure(port: int, clients: int, rounds: int) -> tuple[Timings, float]:
    """Everybody works at once; the first rounds warm the replicas up and do not count."""
    people = [Rep(f"http://127.0.0.1:{port}", f"rep{number}") for number in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda rep: rep.work(3), people))
        for rep in people:
            rep.timings.clear()
        started = time.perf_counter()
        done = list(pool.map(lambda rep: rep.work(rounds), people))
    merged: Timings = defaultdict(list)
    for timings in done:
        for name, values in timings.items():
            merged[name] += values
    return merged, time.perf_counter() - started


def report(timings: Timings, seconds: float, web: int) -> None:
    """The table."""
    print("| | requests | median ms | p95 ms | worst ms |\n| --- | ---: | ---: | ---: | ---: |")
    for name, values in timings.items():
        middle, high = statistics.median(values), percentile(values, 0.95)
        print(f"| {name} | {len(values)} | {middle:.0f} | {high:.0f} | {max(values):.0f} |")
    print(
        f"\n{sum(map(len, timings.values())) / seconds:.0f} requests/s from {len(timings) and 'all clients together'}"
    )
    for child in psutil.Process(web).children():
        print(f"web process: {child.memory_info().rss / 2**20:.0f} MB")


if __name__ == "__main__":
    main()
