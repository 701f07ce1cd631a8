"""The running API keeps what its OpenAPI document says, whatever is sent: schemathesis with all its checks.

ALERTLOOP_CONTRACT_CASES is the number of cases in all; CI sets 2,000. Requests in NDJSON are left to tests/scoring/api:
schemathesis would not know which bodies break a line format.
"""

import os
from datetime import datetime, timedelta

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from feedback.models import Queue
from feedback.services import issue_key
from scoring.api import openapi
from tests.factories import make_scorer

CASES = int(os.environ.get("ALERTLOOP_CONTRACT_CASES", "200"))
OPERATIONS = sum(len(methods) for methods in openapi.document()["paths"].values())

# RFC 3339, within the ten years that the API takes.
NOW = datetime.now()  # noqa: DTZ005 - strategies take naive bounds
schemathesis.openapi.format(
    "date-time", st.datetimes(NOW - timedelta(days=3650), NOW - timedelta(days=1)).map(lambda at: f"{at.isoformat()}Z")
)
# A batch with too many items is refused with 413, which schemathesis does not expect.
CONFIG = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": ["4xx"]}}})
schema = schemathesis.openapi.from_dict(openapi.document(), config=CONFIG)


@pytest.fixture
def key(queue: Queue, settings: Settings) -> str:
    """The key of a scorer that may post as fast as it likes, and has posted before."""
    settings.API_RATE_PER_MINUTE = settings.API_BURST = 10**9
    scorer = make_scorer("upstream", queue)
    return issue_key(scorer=scorer, name="contract")[1]


def test_the_document_is_served(live_server: LiveServer) -> None:
    answer = requests.get(f"{live_server.url}/api/v1/openapi.json", timeout=10)
    assert answer.json() == openapi.document()


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=CASES // OPERATIONS, deadline=None, suppress_health_check=list(HealthCheck))
def test_answers_as_its_document_says(case: schemathesis.Case, live_server: LiveServer, key: str) -> None:
    case.call_and_validate(live_server.url, headers={"Authorization": f"Api-Key {key}"})
