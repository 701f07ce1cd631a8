"""Logging in: the sentence of a refusal, and the field that is typed next."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

pytestmark = pytest.mark.django_db


def focused(page: str) -> list[str]:
    """The names of the fields that ask for the focus."""
    return [re.findall(r'name="(\w+)"', tag)[0] for tag in re.findall(r"<input[^>]*\bautofocus\b[^>]*>", page)]


class TestLoggingIn:
    def test_it_begins_with_the_name(self) -> None:
        assert focused(Client().get("/login/").content.decode()) == ["username"]

    def test_a_wrong_password_is_typed_again_and_the_name_is_not(self, rhea: User) -> None:
        page = Client().post("/login/", {"username": "rhea", "password": "wrong"}).content.decode()
        assert "User name or password is wrong." in page
        assert 'value="rhea"' in page
        assert focused(page) == ["password"]

    def test_without_a_name_that_is_typed_first(self, rhea: User) -> None:
        page = Client().post("/login/", {"username": "", "password": "right"}).content.decode()
        assert focused(page) == ["username"]

    def test_the_right_password_leads_to_the_work(self, rhea: User) -> None:
        rhea.set_password("right")
        rhea.save()
        assert Client().post("/login/", {"username": "rhea", "password": "right"})["Location"] == "/"
