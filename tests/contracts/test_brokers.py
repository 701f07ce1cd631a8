"""A nudge reaches a worker, over whichever broker the environment names; by default over the database itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from config.environment import BASE_DIR
from tests import template

DATABASE = "alertloop_brokers"
NUDGE = "import django; django.setup(); from feedback.nudges import nudge; assert nudge('ops.tasks.beat_heart')"
WORKER = ["-m", "celery", "--quiet", "-A", "config", "worker", "-c", "2"]
WORKER += ["--without-gossip", "--without-mingle", "--without-heartbeat"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def environment(worker_id: str) -> Iterator[dict[str, str]]:
    """A migrated database of its own, and an interpreter that does not know it is tested."""
    model = sql.SQL(" TEMPLATE {}").format(sql.Identifier(made)) if (made := template.wait()) else sql.SQL("")
    url, name = os.environ["DATABASE_URL"], sql.Identifier(f"{DATABASE}_{worker_id}")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name) + model)
    inherited = {key: value for key, value in os.environ.items() if key != "PYTEST_VERSION"}
    fresh = f"{url.rsplit('/', 1)[0]}/{DATABASE}_{worker_id}"
    chosen = inherited | {"DATABASE_URL": fresh, "DJANGO_SETTINGS_MODULE": "config.settings"}
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], env=chosen, cwd=BASE_DIR, check=True)
    yield chosen
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "worker.log"


def start_worker(environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, *WORKER],
            env=environment,
            cwd=BASE_DIR,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def nudge(environment: dict[str, str]) -> None:
    subprocess.run([sys.executable, "-c", NUDGE], env=environment, cwd=BASE_DIR, check=True)


def beat_within(environment: dict[str, str], seconds: float) -> bool:
    """Whether a worker ran the task; takes its row away."""
    deadline = time.monotonic() + seconds
    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
        while time.monotonic() < deadline:
            if connection.execute("DELETE FROM ops_heartbeat RETURNING name").fetchone():
                return True
            time.sleep(0.05)
    return False


def stop(worker: subprocess.Popen[bytes], how: signal.Signals) -> None:
    worker.send_signal(how)
    worker.wait(30)


class TestANudge:
    def test_it_is_taken_by_a_worker(self, environment: dict[str, str], log: Path) -> None:
        worker = start_worker(environment, log)
        nudge(environment)
        try:
            assert beat_within(environment, 40), log.read_text()
        finally:
            stop(worker, signal.SIGTERM)

    def test_one_sent_while_no_worker_runs_waits_for_the_next(self, environment: dict[str, str], log: Path) -> None:
        stop(killed := start_worker(environment, log), signal.SIGKILL)
        beat_within(environment, 0.2)  # what another test's worker, given a message twice, has left behind
        nudge(environment)
        assert not beat_within(environment, 1)
        worker = start_worker(environment, log)
        try:
            assert killed.returncode == -signal.SIGKILL
            assert beat_within(environment, 40), log.read_text()
        finally:
            stop(worker, signal.SIGTERM)


class TestABrokerThatIsAway:
    def test_it_costs_a_web_request_nothing_but_the_nudge(self, environment: dict[str, str]) -> None:
        asked = NUDGE.replace("assert nudge", "assert not nudge")
        nowhere = environment | {"CELERY_BROKER_URL": "amqp://127.0.0.1:1"}
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", asked], env=nowhere, cwd=BASE_DIR, check=True)
        assert time.monotonic() - began < 20
