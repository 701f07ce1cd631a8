"""What the tests of a lead's pages share."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client


@pytest.fixture
def lena_reads(client: Client, lena: User) -> Callable[[str], str]:
    """What lena sees at an address."""
    client.force_login(lena)

    def read(address: str) -> str:
        response = client.get(address)
        assert response.status_code == 200, response
        return response.content.decode()

    return read
