"""What the benches share: a throwaway database, a free port, the product as `make run` serves it, percentiles."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from config.embedded import Cluster


def free_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def database(keep: Path | None = None, **settings: str) -> Iterator[Path]:
    """A cluster with the product's tables and durable commits, and Django set up on it; yields its folder.

    It is thrown away at the end, unless it is to `keep`: then it stands in that folder, and is used again.
    """
    home = keep or Path(tempfile.mkdtemp(prefix="alertloop-bench-"))
    cluster = Cluster(home)
    cluster.start(die_with_parent=True)
    os.environ |= {
        "DATABASE_URL": cluster.url(),
        "ALERTLOOP_DATA": str(home),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    os.environ |= {"API_RATE_PER_MINUTE": "100000000", "API_BURST": "100000000", "LOG_LEVEL": "WARNING", **settings}
    import django
    from django.core.management import call_command

    django.setup()
    try:
        call_command("migrate", verbosity=0)
        call_command("collectstatic", verbosity=0, interactive=False)
        yield home
    finally:
        from django.db import connections

        for connection in connections.all():
            connection.close_pool() if getattr(connection, "pool", None) else connection.close()  # type: ignore[attr-defined]
        cluster.stop()
        if keep is None:
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def process(*command: str, port: int, wait: bool = True) -> Iterator[subprocess.Popen[bytes]]:
    """A Python module as a process of the product; with `wait`, once something listens on the port."""
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
    environment = os.environ | threads | {"PORT": str(port), "HOST": "127.0.0.1"}
    running = subprocess.Popen([sys.executable, "-m", *command], env=environment)
    try:
        if wait:
            await_port(port)
        yield running
    finally:
        running.terminate()
        running.wait()


def await_port(port: int, seconds: float = 60) -> None:
    """Return once something listens. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as found:
            if found.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
