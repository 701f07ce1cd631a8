"""One migrated database, from which every process of a parallel test session copies its own.

Migrating takes a process ten seconds of CPU time, and twice that when coverage traces it; a copy takes half a second.
The session's first process starts `python -m tests.template` while the others still collect, and hands it a locked
file: who needs the template waits for the lock, which ends with the process that makes it, however that ends. Where
there is no template then, everybody migrates for himself, and meets the same error.
"""

import contextlib
import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

LOCK, NAME = "ALERTLOOP_TEST_TEMPLATE_LOCK", "alertloop_test_template"
MAKING = f"{NAME}_making"
ROOT = Path(__file__).resolve().parents[1]


def begin() -> None:
    """Start making it, beside whatever this process does next."""
    handle, os.environ[LOCK] = tempfile.mkstemp(prefix="alertloop-template-")
    fcntl.flock(handle, fcntl.LOCK_EX)
    subprocess.Popen([sys.executable, "-m", "tests.template"], cwd=ROOT, pass_fds=(handle,), stderr=subprocess.DEVNULL)
    os.close(handle)  # the child holds the lock now


def wait() -> str | None:
    """The name of the template once it is made; None when nobody makes one."""
    if LOCK not in os.environ:
        return None
    with Path(os.environ[LOCK]).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
    with _server() as connection:
        made = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
    return NAME if made else None


def end() -> None:
    """Take it away."""
    if LOCK in os.environ:
        with contextlib.suppress(psycopg.OperationalError):  # a server that is not there has failed every test already
            wait()
            _drop()
        Path(os.environ.pop(LOCK)).unlink()


def main() -> None:
    """Migrate a new database, and give it its name when it is whole."""
    _drop()
    with _server() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(MAKING)))
    url = f"{os.environ['DATABASE_URL'].rsplit('/', 1)[0]}/{MAKING}"
    command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(command, env=os.environ | {"DATABASE_URL": url}, cwd=ROOT, check=True)
    with _server() as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(MAKING), sql.Identifier(NAME))
        )


def _server() -> psycopg.Connection:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


def _drop() -> None:
    with _server() as connection:
        for name in (MAKING, NAME):
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


if __name__ == "__main__":
    main()
