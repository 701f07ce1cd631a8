"""A real Chromium against the live server. Where there is none, the journeys are skipped, and say so."""

import os
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Alert, Queue, Scorer
from tests import factories

# Playwright's sync API runs an event loop in this thread; the ORM is used beside it, never inside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# What is expected is waited for, and machines are busy: the usual five seconds were too few now and then.
expect.set_options(timeout=10_000)

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test in this folder is `e2e`; without a browser it is skipped with a reason."""
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.e2e)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine (set CHROMIUM to its path)"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium, with nothing that looks for a network."""
    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
    ]
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": flags}


@pytest.fixture
def enter(page: Page, live_server: LiveServer) -> Callable[[User, str], Page]:
    """`enter(rhea, "/queues/churn/")`: a person's page, logged in."""

    def opened(person: User, path: str) -> Page:
        client = Client()
        client.force_login(person)
        cookie = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page.goto(live_server.url + path)
        return page

    return opened


@pytest.fixture
def hold_back(page: Page) -> Callable[[str], list[Route]]:
    """`hold_back("**/verdict/")`: from now on such requests stay on their way, until the test lets them go."""

    def held(pattern: str) -> list[Route]:
        on_its_way: list[Route] = []

        def keep(route: Route) -> None:
            on_its_way.append(route)

        page.route(pattern, keep)
        return on_its_way

    return held


@pytest.fixture
def inbox(queue: Queue, upstream: Scorer) -> list[Alert]:
    """Five open alerts, most urgent first."""
    scores = (0.9, 0.8, 0.7, 0.6, 0.5)
    return [
        factories.raise_alert(queue, upstream, f"Letter {n}: we may leave", upstream_score=s)
        for n, s in enumerate(scores, 1)
    ]
