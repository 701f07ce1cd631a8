"""A scorer's client: JSON over HTTP, with a key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from feedback.models import Queue, Scorer
from feedback.services import issue_key
from tests.factories import make_scorer


@dataclass
class ApiClient:
    """Posts and gets as one scorer does. `key` None sends no key."""

    key: str | None

    def get(self, path: str, **query: Any) -> Any:
        """GET below /api/v1/."""
        return Client(headers=self.headers()).get(f"/api/v1/{path}", query)

    def post(self, path: str, body: Any, content_type: str = "application/json", **headers: str) -> Any:
        """POST below /api/v1/; a body that is no bytes is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        client = Client(headers=self.headers() | headers)
        return client.post(f"/api/v1/{path}", content, content_type=content_type)

    def lines(self, path: str, *items: Any) -> Any:
        """POST as NDJSON."""
        text = b"\n".join(item if isinstance(item, bytes) else json.dumps(item).encode() for item in items)
        return self.post(path, text, "application/x-ndjson")

    def headers(self) -> dict[str, str]:
        """What every request says."""
        return {"Authorization": f"Api-Key {self.key}"} if self.key else {}


def client_of(scorer: Scorer) -> ApiClient:
    """A client with a key of the scorer."""
    return ApiClient(issue_key(scorer=scorer, name="test")[1])


@pytest.fixture
def api(upstream: Scorer) -> ApiClient:
    """The churn scorer's client."""
    return client_of(upstream)


@pytest.fixture
def stranger(other_queue: Queue) -> ApiClient:
    """The client of a scorer that was given another queue."""
    return client_of(make_scorer("keyword-rules", other_queue))


def alert(**fields: Any) -> dict[str, Any]:
    """A posted alert."""
    return {"external_id": "t-1", "customer_id": "c-7", "text": "I want to cancel.", "upstream_score": 0.7} | fields
