"""Whose address counts when somebody fails to log in."""

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from ops.proxies import client_address


class TestTheClientsAddress:
    @pytest.mark.parametrize(
        ("proxies", "forwarded", "address"),
        [
            (0, "198.51.100.7", "10.0.0.1"),
            (1, "198.51.100.7", "198.51.100.7"),
            (1, "192.0.2.66, 198.51.100.7", "198.51.100.7"),
            (2, "192.0.2.66, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
            (2, "198.51.100.7", "10.0.0.1"),
            (1, "", "10.0.0.1"),
        ],
    )
    def test_it_is_what_the_outermost_trusted_proxy_saw(
        self, settings: LazySettings, proxies: int, forwarded: str, address: str
    ) -> None:
        settings.TRUSTED_PROXIES = proxies
        request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": forwarded})
        assert client_address(request) == address


@pytest.mark.django_db
class TestGuessingAPassword:
    def test_it_ends_after_a_few_failures_from_one_address(self, client: Client, settings: LazySettings) -> None:
        settings.AXES_ENABLED = True
        User.objects.create_user("rhea", password="right")
        for _ in range(settings.AXES_FAILURE_LIMIT):
            client.post("/login/", {"username": "rhea", "password": "wrong"})
        assert client.post("/login/", {"username": "rhea", "password": "right"}).status_code == 429
        elsewhere = client.post("/login/", {"username": "rhea", "password": "right"}, REMOTE_ADDR="203.0.113.9")
        assert elsewhere.status_code == 302
