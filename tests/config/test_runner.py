"""Keeping several processes together."""

import io
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

import pytest

from config import processes
from config.processes import Child, stop_all
from config.runner import check_port

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)


def child(code: str) -> Child:
    made = Child("child", [sys.executable, "-c", code], os.environ)
    made.start()
    return made


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is shown from now on. pytest's own capture loses what a thread writes between its reading and emptying."""
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stdout", shown)
    return shown


class TestAPort:
    def test_one_that_is_taken_is_refused_with_a_way_out(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(SystemExit, match=rf"Port {port} cannot be used.*make run PORT="):
                check_port("127.0.0.1", port)

    def test_a_free_one_is_accepted(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
        check_port("127.0.0.1", port)


class TestAChild:
    def test_its_lines_are_shown_behind_its_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shown = terminal(monkeypatch)
        made = child("print('hello')")
        assert eventually(lambda: "child  | hello" in shown.getvalue())
        assert eventually(lambda: made.returncode() == 0)

    def test_a_dead_one_is_started_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(processes, "RESTART_SECONDS", 0.0)
        made = child("import time; time.sleep(60)")
        made.send(signal.SIGKILL)
        assert eventually(lambda: made.returncode() is not None)
        made.restart_if_dead()
        assert made.returncode() is None
        stop_all([made])

    def test_one_that_does_not_listen_is_killed_in_the_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shown = terminal(monkeypatch)
        made = child(STUBBORN)
        assert eventually(lambda: "deaf" in shown.getvalue())
        stop_all([made], grace=0.3)
        assert made.returncode() == -signal.SIGKILL
