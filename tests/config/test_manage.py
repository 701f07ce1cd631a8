"""Commands at a database that is not ready for them."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tests.config.test_settings import python


@pytest.fixture
def never_migrated(worker_id: str) -> Iterator[str]:
    """The address of an empty database."""
    url, name = os.environ["DATABASE_URL"], f"alertloop_empty_{worker_id}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield f"{url.rsplit('/', 1)[0]}/{name}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


class TestADatabaseThatWasNeverMigrated:
    def test_a_command_says_what_to_do(self, never_migrated: str) -> None:
        ended = python("manage.py", "rebuild_model", "churn", DATABASE_URL=never_migrated)
        assert ended.returncode == 1
        assert "run manage.py migrate" in ended.stderr
        assert "Traceback" not in ended.stderr
