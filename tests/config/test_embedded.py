"""The default database, started for real: each cluster here is a folder of its own."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded import SOCKET, SOCKET_PATH_BYTES, Cluster, EmbeddedDatabaseError


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path / "a folder", careless=True)
    yield cluster
    cluster.stop()


def ask(cluster: Cluster, question: str) -> object:
    with psycopg.connect(cluster.url()) as connection:
        row = connection.execute(question).fetchone()
        return row[0] if row else None


def postmaster(cluster: Cluster) -> psutil.Process:
    return psutil.Process(int((cluster.folder / "postmaster.pid").read_text().split()[0]))


def kill(process: psutil.Process) -> None:
    process.kill()
    with_parent = process.parent()
    if with_parent is not None and with_parent.pid == os.getpid():
        os.waitpid(process.pid, 0)


class TestAPrivateServer:
    def test_it_listens_on_no_port(self, cluster: Cluster) -> None:
        cluster.start()
        assert ask(cluster, "SHOW listen_addresses") == ""
        kinds = {connection.status for connection in postmaster(cluster).net_connections("inet")}
        assert "LISTEN" not in kinds

    def test_its_socket_and_secrets_are_for_this_user_only(self, cluster: Cluster) -> None:
        cluster.start()
        modes = [path.stat().st_mode for path in (cluster.socket_folder(), cluster.folder, cluster.home)]
        assert [stat.S_IMODE(mode) for mode in modes] == [0o700, 0o700, 0o700]
        assert stat.S_IMODE((cluster.home / "postgres.password").stat().st_mode) == 0o600

    def test_it_refuses_a_wrong_password(self, cluster: Cluster) -> None:
        cluster.start()
        (cluster.home / "postgres.password").write_text("wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            ask(cluster, "SELECT 1")
        assert ask_hba(cluster) == {"scram-sha-256"}

    def test_it_does_not_run_as_root(self, cluster: Cluster) -> None:
        cluster.start()
        assert postmaster(cluster).uids().effective != 0

    def test_its_socket_fits_however_deep_the_folder_is(self, tmp_path: Path) -> None:
        deep = Cluster(tmp_path.joinpath(*["a rather long name"] * 12))
        assert len(os.fsencode(deep.socket_folder() / SOCKET)) <= SOCKET_PATH_BYTES


def ask_hba(cluster: Cluster) -> set[str]:
    lines = (cluster.folder / "pg_hba.conf").read_text().splitlines()
    return {line.split()[-1] for line in lines if line and not line.startswith("#")}


class TestStartingAgain:
    def test_it_keeps_what_was_committed(self, cluster: Cluster) -> None:
        cluster.start()
        with psycopg.connect(cluster.url()) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        cluster.stop()
        cluster.start()
        assert ask(cluster, "SELECT answer FROM kept") == 42

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as somebody else")
    def test_a_copy_that_root_made_without_owners_serves(self, cluster: Cluster, tmp_path: Path) -> None:
        cluster.start()
        with psycopg.connect(cluster.url()) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        cluster.stop()
        restored = Cluster(shutil.copytree(cluster.home, tmp_path / "copied"), careless=True)
        restored.start()
        assert ask(restored, "SELECT answer FROM kept") == 42
        restored.stop()

    def test_it_takes_over_after_the_server_was_killed(self, cluster: Cluster) -> None:
        cluster.start()
        killed = postmaster(cluster)
        kill(killed)
        again = Cluster(cluster.home, careless=True)
        again.start()
        assert ask(again, "SELECT 1") == 1
        assert postmaster(again).pid != killed.pid
        again.stop()

    def test_it_is_started_again_where_it_died(self, cluster: Cluster) -> None:
        cluster.start()
        assert not cluster.start_if_dead()
        killed = postmaster(cluster)
        killed.kill()
        killed.wait()
        assert cluster.start_if_dead()
        assert ask(cluster, "SELECT 1") == 1
        assert not cluster.start_if_dead()

    def test_a_user_who_only_joined_starts_it_again_too(self, cluster: Cluster) -> None:
        cluster.start()
        second = Cluster(cluster.home, careless=True)
        second.start()
        kill(postmaster(cluster))
        assert second.start_if_dead()
        assert ask(cluster, "SELECT 1") == 1
        second.stop()

    def test_a_lock_file_that_names_another_program_is_stale(self, cluster: Cluster) -> None:
        cluster.start()
        cluster.stop()
        (cluster.folder / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.folder}\n1\n5432\n\n\n")
        cluster.start()
        assert ask(cluster, "SELECT 1") == 1

    def test_it_refuses_a_folder_of_another_major_version(self, cluster: Cluster) -> None:
        cluster.start()
        cluster.stop()
        (cluster.folder / "PG_VERSION").write_text("16\n")
        with pytest.raises(EmbeddedDatabaseError, match="written by PostgreSQL 16, and this is PostgreSQL 18"):
            cluster.start()

    def test_a_stopped_server_leaves_nothing_behind(self, cluster: Cluster) -> None:
        cluster.start()
        server = postmaster(cluster)
        cluster.stop()
        assert not server.is_running()
        assert not cluster.socket_folder().exists()


class TestSeveralUsers:
    def test_a_second_user_joins_the_running_server(self, cluster: Cluster) -> None:
        cluster.start()
        second = Cluster(cluster.home)
        second.start()
        assert second._process is None
        second.stop()

    def test_the_last_to_leave_stops_it(self, cluster: Cluster) -> None:
        cluster.start()
        second = Cluster(cluster.home)
        second.start()
        server = postmaster(cluster)
        cluster.stop()
        assert server.is_running()
        second.stop()
        assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE


STARTER = """
import sys, time
from pathlib import Path
from config.embedded import Cluster
Cluster(Path(sys.argv[1]), careless=True).start(die_with_parent=True)
print("up", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
class TestAKilledParent:
    def test_the_server_does_not_outlive_it(self, cluster: Cluster) -> None:
        command = [sys.executable, "-c", STARTER, str(cluster.home)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
            assert parent.stdout
            parent.stdout.readline()
            server = postmaster(cluster)
            parent.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 20
        while server.is_running() and server.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not server.is_running() or server.status() == psutil.STATUS_ZOMBIE
