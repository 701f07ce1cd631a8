"""`manage.py prepare`, on a database that is migrated."""

import io

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.management import call_command


def prepared(settings: LazySettings) -> str:
    settings.DEMO, settings.DEBUG = False, True
    said = io.StringIO()
    call_command("prepare", stdout=said)
    return said.getvalue()


@pytest.mark.django_db
class TestAnEmptyDatabase:
    def test_it_says_how_the_first_person_is_made(self, settings: LazySettings) -> None:
        assert "manage.py createsuperuser makes the first administrator" in prepared(settings)

    def test_it_says_nothing_of_it_once_there_is_one(self, settings: LazySettings) -> None:
        User.objects.create_superuser("boss", password="a long enough password")
        assert "createsuperuser" not in prepared(settings)
