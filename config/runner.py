"""`make run`: the whole product in one terminal, until Ctrl-C.

1. See that the port is free. 2. Start the embedded PostgreSQL unless DATABASE_URL is set. 3. Wait for another runner
that sets up in the same data folder. 4. Unless nothing changed since the last time: migrate, collect static files, make
the demo workspace when the database is empty. 5. Start the web; when it answers, print the address, let the next runner
set up, and start worker and beat. 6. Keep them running. 7. Stop them, then the database.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from config.embedded import Cluster, EmbeddedDatabaseError
from config.environment import BASE_DIR, env
from config.files import locked
from config.processes import Child, say, stop_all

ANSWER_SECONDS = 60.0


class Stopped(Exception):
    """Ctrl-C or SIGTERM."""


class Runner:
    """Everything `make run` has started, so that it can stop it."""

    def __init__(self) -> None:
        self.cluster = None if env.DATABASE_URL else Cluster(env.ALERTLOOP_DATA)
        self.children: list[Child] = []
        self.logins = ""  # of the demo workspace, in a sentence
        self.metrics = Path(tempfile.mkdtemp(prefix="alertloop-metrics-"))

    def run(self) -> None:
        """Serve until stopped."""
        try:
            check_port(env.HOST, env.PORT)
            if self.cluster:
                self.cluster.start(die_with_parent=True)
                say("setup", f"PostgreSQL runs in {self.cluster.folder}")
            with alone_in(env.ALERTLOOP_DATA):
                check_port(env.HOST, env.PORT)  # whom this one has waited for may have taken it
                self._prepare()
                self._open()
            self._serve()
        finally:
            # A second Ctrl-C must not interrupt the stopping.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            stop_all(self.children)
            if self.cluster:
                self.cluster.stop()
            shutil.rmtree(self.metrics, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        url = env.DATABASE_URL or (self.cluster.url() if self.cluster else "")
        # One thread of linear algebra a process: the processes are the parallelism, and each thread costs memory.
        threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
        return os.environ | threads | {"DATABASE_URL": url, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(BASE_DIR)}

    def _child(self, name: str, *command: str, **extra: str) -> Child:
        child = Child(name, [sys.executable, "-m", *command], self._environment() | extra)
        self.children.append(child)
        child.start()
        return child

    def _prepare(self) -> None:
        known = env.ALERTLOOP_DATA / "prepared"
        if self.cluster and known.exists():
            state, _, self.logins = known.read_text().partition("\n")
            if state == self._state():
                return
        setup = self._child("setup", "django", "prepare", DJANGO_SETTINGS_MODULE="config.settings")
        code = setup.finish()
        self.children.remove(setup)
        if code:
            raise SystemExit(f"Setting up failed with exit code {code}; the lines above say why.")
        self.logins = next((line for line in setup.last_lines if line.startswith("Log in as")), "")
        if self.cluster:
            known.write_text(f"{self._state()}\n{self.logins}")

    def _state(self) -> str:
        """A digest of what `manage.py prepare` looks at: this database, the migrations and the static files."""
        seen = [env.ALERTLOOP_DATA / "postgres" / "PG_VERSION", BASE_DIR / "staticfiles" / "staticfiles.json"]
        seen += sorted([*BASE_DIR.glob("*.lock"), *BASE_DIR.glob("*/migrations/*.py"), *BASE_DIR.glob("static/**/*")])
        stats = [(str(path), path.stat().st_mtime_ns, path.stat().st_ino) for path in seen if path.exists()]
        return hashlib.sha256(repr((stats, [path for path in seen if not path.exists()])).encode()).hexdigest()

    def _shared(self) -> dict[str, str]:
        self.metrics.mkdir(exist_ok=True)  # a cleaner of temporary folders may have come by during a long set-up
        return {"PROMETHEUS_MULTIPROC_DIR": str(self.metrics)}

    def _open(self) -> None:
        web = ("gunicorn", "--config", "python:config.gunicorn", "config.wsgi:application")
        self._child("web", *web, **self._shared())
        if self._answers():  # worker and beat wait for this, for the first page comes sooner that way
            say("setup", f"Alertloop is ready: {env.public_url}  (Ctrl-C stops it)")
            if self.logins:
                say("setup", self.logins)

    def _serve(self) -> None:
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--concurrency")
        celery = ("celery", "--quiet", "--app", "config")
        self._child("worker", *celery, "worker", *quiet, str(env.WORKER_PROCESSES), **self._shared())
        schedule = str(env.ALERTLOOP_DATA / "beat-schedule")
        self._child("beat", *celery, "beat", "--schedule", schedule, "--pidfile", "")
        while True:
            time.sleep(0.5)
            self._keep_database()
            for child in self.children:
                child.restart_if_dead()

    def _keep_database(self) -> None:
        """The embedded server is no `Child`, but it ought to run like one: all the others wait for it."""
        try:
            if self.cluster and self.cluster.start_if_dead():
                say("setup", "PostgreSQL had died and runs again. What was committed is there.")
        except EmbeddedDatabaseError as error:  # a full disk, say: the next round tries again
            say("setup", str(error))

    def _answers(self) -> bool:
        host = "127.0.0.1" if env.HOST == "0.0.0.0" else env.HOST  # noqa: S104 - compared, not bound
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline and self.children[0].returncode() is None:
            try:
                with urllib.request.urlopen(f"http://{host}:{env.PORT}/livez", timeout=2):
                    return True
            except OSError:
                time.sleep(0.05)
        say("web", "does not answer")
        return False


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Only one runner of a data folder sets up at a time: two that migrate at once would both end with an error."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        turn = locked(folder / "setup.lock", fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("setup", "Another `make run` is setting up in this folder. This one goes on when that has its first page.")
        turn = locked(folder / "setup.lock", fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(turn)


def check_port(host: str, port: int) -> None:
    """Raise SystemExit with a sentence that helps when the port cannot be listened on."""
    try:
        with socket.create_server((host, port)):
            return
    except OverflowError:
        reason = "is not a port number"
    except OSError as error:
        reason = f"cannot be used on {host} ({error.strerror})"
    raise SystemExit(f"Port {port} {reason}. Choose another: make run PORT={port + 123 if port < 65000 else 8123}")


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise Stopped


def main() -> None:
    """The entry point of `python -m config.runner`."""
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGHUP, _stop)
    try:
        Runner().run()
    except Stopped:
        say("setup", "Stopped. Everything is saved; `make run` continues where you left off.")
    except EmbeddedDatabaseError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
