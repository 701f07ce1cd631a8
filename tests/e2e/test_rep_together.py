"""A rep among others in a real browser: colleagues at the same queue, a broken line, new alerts."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Alert, Queue, Scorer, Value
from feedback.services import issue_key, pauses
from tests import factories
from tests.e2e.test_rep import shows, values

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

Enter = Callable[[User, str], Page]
DESK = "/queues/churn/"
PHONE = {"width": 390, "height": 844}


class TestNewAlerts:
    def test_wait_behind_a_button_while_the_list_stays(
        self, inbox: list[Alert], queue: Queue, upstream: Scorer, rhea: User, enter: Enter
    ) -> None:
        page = enter(rhea, DESK)
        newer = factories.raise_alert(queue, upstream, "Cancel now", upstream_score=0.99)
        expect(page.get_by_role("link", name="1 new alert")).to_be_visible(timeout=10_000)
        assert page.locator("#list .alert-row").count() == 5
        page.get_by_role("link", name="1 new alert").click()
        expect(page.locator("#list .alert-row").first).to_have_id(f"row-{newer.pk}")
        shows(page, inbox[0])

    def test_that_a_scorer_posts_appear_on_an_open_page_and_keep_a_phone_informed(
        self, queue: Queue, upstream: Scorer, rhea: User, page: Page, enter: Enter, live_server: LiveServer
    ) -> None:
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        enter(rhea, DESK)
        expect(page.get_by_text("The queue is clear")).to_be_visible()
        _, key = issue_key(scorer=upstream, name="test")
        alert = {"external_id": "t-1", "customer_id": "c-1", "customer_name": "Paper Crane", "text": "请帮我取消续费"}
        headers = {"Authorization": f"Api-Key {key}"}
        answer = page.request.post(f"{live_server.url}/api/v1/alerts", data=alert, headers=headers)
        assert answer.status == 201
        page.get_by_role("link", name="1 new alert").click(timeout=10_000)
        expect(page.get_by_role("heading", name="Paper Crane may leave")).to_be_visible()

    def test_come_to_an_empty_page_without_a_reload(
        self, queue: Queue, upstream: Scorer, rhea: User, enter: Enter
    ) -> None:
        page = enter(rhea, DESK)
        expect(page.get_by_text("The queue is clear")).to_be_visible()
        newer = factories.raise_alert(queue, upstream)
        page.get_by_role("link", name="1 new alert").click(timeout=10_000)
        shows(page, newer)


class TestAPause:
    def test_meets_an_open_page_and_stays_put(
        self, inbox: list[Alert], queue: Queue, rhea: User, lena: User, enter: Enter
    ) -> None:
        page = enter(rhea, DESK)
        shows(page, inbox[0])
        pauses.pause(user=lena, slug=queue.slug, person_id=rhea.pk, now=timezone.now())
        page.keyboard.press("a")
        expect(page.get_by_text("this verdict was not recorded")).to_be_visible()
        expect(page.get_by_role("heading", name="You are paused in this queue")).to_be_visible()
        expect(page.locator("#list .alert-row")).to_have_count(0)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(1_500)
        assert len([url for url in asked if "/fresh/" not in url]) == 0
        assert values() == []

    def test_ends_with_the_next_look(
        self, inbox: list[Alert], queue: Queue, rhea: User, lena: User, enter: Enter
    ) -> None:
        pauses.pause(user=lena, slug=queue.slug, person_id=rhea.pk, now=timezone.now())
        page = enter(rhea, DESK)
        expect(page.get_by_role("heading", name="You are paused in this queue")).to_be_visible()
        pauses.go_on(user=lena, slug=queue.slug, person_id=rhea.pk)
        page.reload()
        shows(page, inbox[0])


class TestColleagues:
    def test_a_verdict_given_meanwhile_is_shown_and_can_be_overruled_knowingly(
        self, inbox: list[Alert], rhea: User, tom: User, enter: Enter
    ) -> None:
        page = enter(rhea, DESK)
        factories.judge(inbox[0], tom)
        page.locator("textarea[name=note]").fill("I called them")
        page.get_by_role("button", name="False positive").click()
        expect(page.get_by_role("alert").filter(has_text="Someone judged this alert")).to_be_visible()
        expect(page.locator("textarea[name=note]")).to_have_value("I called them")
        page.get_by_role("button", name="False positive").click()
        shows(page, inbox[1])
        assert values() == ["accurate", "false_positive"]

    def test_two_reps_clear_one_inbox_without_ever_seeing_the_same_alert(
        self,
        inbox: list[Alert],
        rhea: User,
        tom: User,
        enter: Enter,
        browser: Browser,
        live_server: LiveServer,
    ) -> None:
        first = enter(rhea, DESK)
        context = browser.new_context()
        client = Client()
        client.force_login(tom)
        session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        context.add_cookies([session])  # type: ignore[list-item]
        second = context.new_page()
        second.goto(live_server.url + DESK)
        shows(first, inbox[0])
        shows(second, inbox[1])
        first.keyboard.press("a")
        shows(first, inbox[2])
        second.keyboard.press("x")
        shows(second, inbox[3])
        context.close()

    def test_a_double_click_is_one_verdict(self, inbox: list[Alert], rhea: User, enter: Enter) -> None:
        page = enter(rhea, DESK)
        page.get_by_role("button", name="Accurate").dblclick()
        shows(page, inbox[1])
        page.wait_for_timeout(300)
        assert values() == [Value.ACCURATE]


class TestBrokenLine:
    def test_a_verdict_that_did_not_arrive_is_never_shown_as_saved(
        self, inbox: list[Alert], rhea: User, enter: Enter
    ) -> None:
        page = enter(rhea, DESK)
        page.context.set_offline(True)
        page.keyboard.press("a")
        expect(page.get_by_role("alert").filter(has_text="Not saved")).to_be_visible()
        shows(page, inbox[0])
        page.context.set_offline(False)
        page.keyboard.press("a")
        shows(page, inbox[1])
        expect(page.get_by_role("alert").filter(has_text="Not saved")).to_be_hidden()
        assert values() == ["accurate"]
