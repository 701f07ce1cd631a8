"""The database every test runs against."""

import pytest
from django.db import connection


@pytest.mark.django_db
class TestDatabase:
    def test_it_is_a_real_postgresql(self) -> None:
        assert connection.vendor == "postgresql"
        assert connection.pg_version >= 150000
