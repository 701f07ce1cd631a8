"""`make run` itself, as a person would: start, look, stop; start again; pull the plug; start again."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from config.environment import BASE_DIR

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="follows the kernel's parent signal"),
]

NOT_OURS = ("PYTEST_VERSION", "DATABASE_URL", "CELERY_BROKER_URL", "SECRET_KEY")


@dataclass
class Running:
    """A runner on a port of its own; `data` is its data folder, `notes` is for its log."""

    data: Path
    notes: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    family: list[psutil.Process] = field(default_factory=list)

    def start(self) -> None:
        chosen = {"PORT": str(self.port), "ALERTLOOP_DATA": str(self.data), "DEMO": "0"}
        clean = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        with (self.notes / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.runner"], cwd=BASE_DIR, env=clean | chosen, stdout=log, stderr=log
            )

    def ready_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10) as answer:
                    self.family = psutil.Process(self.process.pid).children(recursive=True)
                    return bool(json.load(answer)["ready"])
            except OSError:
                time.sleep(0.2)
        return False

    def end(self, how: signal.Signals) -> int:
        assert self.process
        self.process.send_signal(how)
        return self.process.wait(60)

    def orphans(self) -> list[str]:
        _, alive = psutil.wait_procs(self.family, timeout=30)
        return [process.name() for process in alive if process.status() != psutil.STATUS_ZOMBIE]

    def log(self) -> str:
        return (self.notes / "log").read_text()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Empty before the first start, which sets it up; the tests after that start on what the one before has left."""
    return tmp_path_factory.mktemp("home") / "the data"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


@pytest.fixture
def running(data: Path, tmp_path: Path) -> Iterator[Running]:
    made = Running(data, tmp_path, free_port())
    yield made
    if made.process and made.process.poll() is None:
        made.end(signal.SIGTERM)


class TestTwoAtOnce:
    def test_one_sets_up_while_the_other_waits_and_both_serve(self, running: Running, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        other = Running(running.data, tmp_path / "other", free_port())
        both = [running, other]
        for one in both:
            one.start()
        try:
            assert all(one.ready_within(120) for one in both), running.log() + other.log()
        finally:
            left = [one.end(signal.SIGTERM) for one in both]
        assert left == [0, 0]
        assert sorted("Another `make run` is setting up" in one.log() for one in both) == [False, True]
        assert sorted("Preparing the database." in one.log() for one in both) == [False, True]


class TestMakeRun:
    def test_it_serves_until_ctrl_c_and_leaves_no_process_behind(self, running: Running) -> None:
        running.start()
        assert running.ready_within(120), running.log()
        assert {"postgres"} < {process.name() for process in running.family}
        assert running.end(signal.SIGINT) == 0
        assert running.orphans() == []
        assert f"Alertloop is ready: http://localhost:{running.port}" in running.log()

    def test_it_starts_again_after_it_was_killed_and_leaves_nothing_behind_then_either(self, running: Running) -> None:
        running.start()
        assert running.ready_within(120), running.log()
        running.end(signal.SIGKILL)
        assert running.orphans() == []
        running.start()
        assert running.ready_within(120), running.log()

    def test_a_killed_worker_is_started_again(self, running: Running) -> None:
        running.start()
        assert running.ready_within(120), running.log()
        next(process for process in running.family if "worker" in process.cmdline()).kill()
        deadline = time.monotonic() + 60
        while "starting it again" not in running.log() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert "worker | ended with -9; starting it again" in running.log()
        assert running.ready_within(60), running.log()

    def test_a_killed_database_is_started_again(self, running: Running) -> None:
        running.start()
        assert running.ready_within(120), running.log()
        psutil.Process(int((running.data / "postgres" / "postmaster.pid").read_text().split()[0])).kill()
        deadline = time.monotonic() + 60
        while "PostgreSQL had died and runs again" not in running.log() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert "PostgreSQL had died and runs again" in running.log()
        assert running.ready_within(60), running.log()
