"""The database every test runs against."""

import os

import pytest
from django.db import connection

from tests import template


@pytest.mark.django_db
class TestDatabase:
    def test_it_is_a_real_postgresql(self) -> None:
        assert connection.vendor == "postgresql"
        assert connection.pg_version >= 150000

    @pytest.mark.skipif(template.LOCK not in os.environ, reason="only a parallel session makes a template")
    def test_it_is_copied_where_several_need_one(self) -> None:
        assert connection.settings_dict["TEST"]["TEMPLATE"] == template.NAME
