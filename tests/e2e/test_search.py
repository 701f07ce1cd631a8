"""A rep looks for a customer in a real browser: by keyboard, by thumb, without script."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Alert, LedgerEntry, Queue, Scorer
from tests import factories
from tests.e2e.test_rep import log_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

Enter = Callable[[User, str], Page]
DESK = "/queues/churn/"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def northwind(inbox: list[Alert], queue: Queue, upstream: Scorer, tom: User) -> list[Alert]:
    """Among five others: an open alert of Northwind's, and one that tom judged."""
    names = {"customer_id": "c-88", "customer_name": "Northwind 北风", "upstream_score": 0.1}
    waiting, judged = (factories.raise_alert(queue, upstream, f"Outage {n}", **names) for n in range(2))
    factories.judge(judged, tom, now=timezone.now() - timedelta(hours=2))
    return [waiting, judged]


def rows(page: Page) -> list[str]:
    return [row.get_attribute("id") or "" for row in page.locator("#list .alert-row").all()]


class TestSearch:
    def test_by_keyboard_the_focus_stays_and_back_leads_back(
        self, northwind: list[Alert], inbox: list[Alert], rhea: User, enter: Enter
    ) -> None:
        page = enter(rhea, DESK)
        page.keyboard.press("/")
        page.keyboard.type("north ax 北")
        expect(page.locator("#found")).to_contain_text("Nothing found")
        page.keyboard.press("Escape")
        expect(page.locator("#list .alert-row")).to_have_count(6)
        page.keyboard.type("北风 outa")
        expect(page.locator("#found")).to_contain_text("Open: 1 · judged since")
        expect(page.get_by_role("searchbox", name="Search this queue")).to_be_focused()
        assert rows(page) == [f"row-{alert.pk}" for alert in northwind]
        assert not LedgerEntry.objects.filter(judge=rhea).exists()
        page.locator(f"#row-{northwind[1].pk} a").click()
        expect(page.locator("#alert h1")).to_contain_text("Northwind")
        expect(page.locator("#alert .standing")).to_contain_text("Accurate")
        page.go_back()
        expect(page.get_by_role("searchbox")).to_have_value("北风 outa")
        expect(page.locator("#list .alert-row")).to_have_count(2)
        page.go_back()
        expect(page.get_by_role("searchbox")).to_have_value("")
        expect(page.locator("#list .alert-row")).to_have_count(6)

    def test_on_a_phone_it_is_one_tap_away_and_its_results_are_too(
        self, northwind: list[Alert], rhea: User, page: Page, enter: Enter
    ) -> None:
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        enter(rhea, DESK)
        page.get_by_role("link", name="Search").click()
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type("C-88")
        expect(page.locator("#list .alert-row")).to_have_count(2)
        assert Axe().run(page).response["violations"] == []
        page.locator(f"#row-{northwind[0].pk} a").click()
        expect(page.locator("#alert h1")).to_be_focused()
        page.get_by_role("link", name="‹ “C-88”").click()
        expect(page.get_by_role("searchbox")).to_have_value("C-88")
        expect(page.locator("#list .alert-row")).to_have_count(2)

    def test_a_verdict_takes_its_alert_off_the_results_and_a_list_of_none_stays(
        self, northwind: list[Alert], rhea: User, enter: Enter
    ) -> None:
        page = enter(rhea, f"{DESK}?alert={northwind[0].pk}&q=outage+0")
        page.keyboard.press("x")
        expect(page.locator("#receipt")).to_contain_text("False positive · ")
        expect(page.locator("#list .alert-row")).to_have_count(0)
        page.keyboard.press("Backspace")
        expect(page.locator(f"#row-{northwind[0].pk}")).to_be_visible()

    def test_without_script(
        self, northwind: list[Alert], rhea: User, browser: Browser, live_server: LiveServer
    ) -> None:
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(f"{live_server.url}/login/?next={DESK}")
        log_in(page)
        page.get_by_role("searchbox").fill("northwind")
        page.get_by_role("searchbox").press("Enter")
        assert rows(page) == [f"row-{alert.pk}" for alert in northwind]
        page.context.close()
