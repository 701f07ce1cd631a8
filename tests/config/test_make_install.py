"""What `make` installs, where there is nothing yet: with a Python that only says what it was asked."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.environment import BASE_DIR

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="no make on this machine")

# Its installations take until the file `go` is there.
PYTHON = f"""#!/bin/sh
case "$*" in
  *alone.py*) exec {sys.executable} "$@" ;;
  *"-m venv"*) echo venv >> asked; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
  *" install "*) echo install >> asked; n=0; until test -e go || test $n -gt 600; do sleep 0.05; n=$((n + 1)); done ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout without an environment."""
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock", "config/alone.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((BASE_DIR / name).read_text())
    (tmp_path / "python").write_text(PYTHON)
    (tmp_path / "python").chmod(0o755)
    return tmp_path


def make(checkout: Path, target: str) -> subprocess.Popen[str]:
    """Have it made, in the background, by a make that knows of no other: the tests may be run by one."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", f"PYTHON={checkout / 'python'}", f".venv/.installed-{target}"]
    return subprocess.Popen(
        command, cwd=checkout, env=known, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def asked(checkout: Path) -> list[str]:
    log = checkout / "asked"
    return log.read_text().split() if log.exists() else []


def installs(checkout: Path) -> None:
    """Wait until one does."""
    deadline = time.monotonic() + 30
    while "install" not in asked(checkout) and time.monotonic() < deadline:
        time.sleep(0.05)


class TestTwoAtOnce:
    def test_one_installs_while_the_other_waits(self, checkout: Path) -> None:
        first = make(checkout, "run")
        installs(checkout)
        second = make(checkout, "run")
        assert second.stdout is not None
        said = second.stdout.readline()
        (checkout / "go").touch()
        assert (first.wait(30), second.wait(30)) == (0, 0)
        assert said.startswith("Another `make` installs")
        assert asked(checkout) == ["venv", "install"]

    def test_the_tools_for_tests_come_after_what_runs(self, checkout: Path) -> None:
        first = make(checkout, "run")
        installs(checkout)
        second = make(checkout, "dev")
        assert second.stdout is not None and second.stdout.readline().startswith("Another `make` installs")
        (checkout / "go").touch()
        assert (first.wait(30), second.wait(30)) == (0, 0)
        assert asked(checkout) == ["venv", "install", "install"]

    def test_nothing_is_installed_twice(self, checkout: Path) -> None:
        (checkout / "go").touch()
        assert [make(checkout, "run").wait(30) for _ in range(2)] == [0, 0]
        assert asked(checkout) == ["venv", "install"]
