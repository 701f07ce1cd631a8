"""The database every test runs against."""

import os

import pytest
from django.db import connection

from feedback.models import Queue
from tests import factories, template


@pytest.fixture(scope="module")
def told(whole_module: None) -> None:
    factories.make_queue()


@pytest.mark.django_db
class TestDatabase:
    def test_it_is_a_real_postgresql(self) -> None:
        assert connection.vendor == "postgresql"
        assert connection.pg_version >= 150000

    @pytest.mark.skipif(template.LOCK not in os.environ, reason="only a parallel session makes a template")
    def test_it_is_copied_where_several_need_one(self) -> None:
        assert connection.settings_dict["TEST"]["TEMPLATE"] == template.NAME

    @pytest.mark.parametrize("reader", ["the first", "the next"])
    def test_what_a_module_is_told_once_every_test_finds_as_it_was(self, told: None, reader: str) -> None:
        assert Queue.objects.get().name == "Churn warning"
        Queue.objects.update(name=reader)
