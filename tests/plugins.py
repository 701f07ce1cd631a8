"""Gives every test session a real PostgreSQL.

Loaded by `-p tests.plugins` before Django's settings are read. When `DATABASE_URL` is not set, a throwaway cluster is
started in a temporary folder (fsync off), and stopped with the session; the processes of pytest-xdist share it, and
copy their databases from one template.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from config.embedded import Cluster
from tests import template

STARTED = pytest.StashKey[Cluster]()
TEMPLATE = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Before pytest-django reads the settings."""
    if not os.environ.get("DATABASE_URL"):
        cluster = Cluster(Path(tempfile.mkdtemp(prefix="alertloop-tests-")), careless=True)
        cluster.start(die_with_parent=True)
        early_config.stash[STARTED] = cluster
        os.environ["DATABASE_URL"] = cluster.url()
        os.environ.setdefault("SECRET_KEY", "only-for-tests")
    in_parallel = getattr(early_config.known_args_namespace, "numprocesses", None)
    if in_parallel and "PYTEST_XDIST_WORKER" not in os.environ:
        early_config.stash[TEMPLATE] = True
        template.begin()
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files with a slow test first: at the end of a parallel session one of them would leave the others idle."""
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow")}
        items.sort(key=lambda item: item.path not in slow)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """After the test databases are gone."""
    if TEMPLATE in config.stash:
        template.end()
    if cluster := config.stash.get(STARTED, None):
        cluster.stop()
        shutil.rmtree(cluster.home, ignore_errors=True)
