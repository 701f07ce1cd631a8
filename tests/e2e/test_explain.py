"""Behind the score, opened with one key or a tap."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from feedback.models import Alert, Queue, Scorer, Value
from scoring.explain.services import remember
from tests.factories import judge, raise_alert

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

Enter = Callable[[User, str], Page]


@pytest.fixture
def waiting(queue: Queue, upstream: Scorer, tom: User) -> Alert:
    """An open alert, and past ones like it that were judged since it came."""
    alert = raise_alert(
        queue, upstream, "配送太慢了，等了一个半小时，我要退款！", features={"plan": "pro", "orders": 12}
    )
    for number in range(8):
        late = raise_alert(
            queue, upstream, f"送餐太慢了，等了{number}个小时，要退款", features={"plan": "pro", "orders": number}
        )
        judge(late, tom)
        kind = raise_alert(
            queue, upstream, f"师傅很快，味道也好，第{number}次点了", features={"plan": "basic", "orders": 30}
        )
        judge(kind, tom, Value.FALSE_POSITIVE)
    remember(queue_id=queue.pk)
    return alert


class TestBehindTheScore:
    def test_one_key_opens_it_and_fetches_it_then(self, waiting: Alert, rhea: User, enter: Enter) -> None:
        page = enter(rhea, "/queues/churn/")
        expect(page.locator(".why__similar")).to_have_count(0)
        page.keyboard.press("e")
        expect(page.locator(".why__similar > li")).to_have_count(5)
        expect(page.locator(".why__moved")).to_contain_text("→")
        report = Axe().run(page)
        assert report.violations_count == 0, report.generate_report()

    def test_it_fits_a_phone(self, waiting: Alert, rhea: User, enter: Enter) -> None:
        page = enter(rhea, f"/alerts/{waiting.pk}/why/")
        page.set_viewport_size({"width": 390, "height": 844})
        expect(page.locator(".why__similar > li")).to_have_count(5)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
