"""Several child processes under one roof: readable prefixed output, restart when one dies, and an end without orphans.

Our own, because the children must not outlive the runner, not even when it is killed with SIGKILL, and the database
must stay up until the last of them has stopped.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.binaries import follow_parent

COLOURS = {"web": "36", "worker": "33", "beat": "35", "setup": "32"}
RESTART_SECONDS = 1.0
GRACE_SECONDS = 10.0


def say(name: str, line: str) -> None:
    """Print a line behind its process's name; in colour on a terminal."""
    label = f"{name:<6} |"
    if sys.stdout.isatty():
        label = f"\x1b[{COLOURS.get(name, '0')}m{label}\x1b[0m"
    with contextlib.suppress(BrokenPipeError):
        print(label, line, flush=True)


@dataclass
class Child:
    """A process that ought to run: its name in the log, its command and its surroundings."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[str] | None = field(default=None, repr=False)
    started: float = 0.0
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=20), repr=False)
    _reader: threading.Thread | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it in a process group of its own, which follows us when we are killed."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            bufsize=1,
            start_new_session=True,  # Ctrl-C reaches only the runner, which then stops its children in order
            preexec_fn=follow_parent(signal.SIGTERM),
        )
        self._reader = threading.Thread(target=self._relay, args=(self.process,), daemon=True)
        self._reader.start()

    def _relay(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        for line in process.stdout:
            if line.strip():
                self.last_lines.append(line.rstrip())
                say(self.name, line.rstrip())

    def returncode(self) -> int | None:
        """None while it runs."""
        return self.process.poll() if self.process else None

    def finish(self) -> int:
        """Wait until it has ended and its last line is shown; its exit code."""
        while (code := self.returncode()) is None:  # not wait(): a signal's handler must get its turn
            time.sleep(0.05)
        if self._reader:
            self._reader.join(1.0)
        return code

    def send(self, how: signal.Signals) -> None:
        """Signal the process; SIGKILL goes to its whole group."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
        if self.process and how == signal.SIGKILL:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, how)

    def restart_if_dead(self) -> None:
        """Start it again, at most once in RESTART_SECONDS, after what is left of its group is gone."""
        if (code := self.returncode()) is not None and time.monotonic() - self.started > RESTART_SECONDS:
            say(self.name, f"ended with {code}; starting it again")
            self.send(signal.SIGKILL)
            self.start()


def stop_all(children: list[Child], grace: float = GRACE_SECONDS) -> None:
    """Ask every child to finish what it does; after `grace` seconds, kill what is left."""
    for child in children:
        child.send(signal.SIGTERM)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline and any(child.process and child.returncode() is None for child in children):
        time.sleep(0.05)
    for child in children:
        child.send(signal.SIGKILL)
        if child.process:
            child.process.wait()
