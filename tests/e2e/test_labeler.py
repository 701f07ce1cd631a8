"""A labeler's day in a real browser."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Kind, LedgerEntry, Queue, Role, Scorer, Source
from labeling.models import Hold, Lease
from labeling.services import fill_questions
from tests.factories import NOON, judge, make_person, make_queue, make_scorer, raise_alert

pytestmark = pytest.mark.django_db(transaction=True)

Enter = Callable[[User, str], Page]
HoldBack = Callable[[str], list[Route]]
TEXTS = (
    "How do I export our data for the auditors?", "Cancel at the end of the term.", "合同到期就不续了，已经在看别家",
    "The driver app is slow again today.", "月底审计要用，怎么导出数据？", "Thanks, that solved it!",
    "We moved the meeting to Friday.", "你们第三次答应修好了，再不行就换人", "Could we get a better price?",
    "Our new director wants one vendor only.", "发票抬头写错了，重开一下", "I was promised a call back.",
    "Everyone is on holiday this week.", "Please delete all of our records.",
)  # fmt: skip


@pytest.fixture
def queue(transactional_db: None) -> Queue:
    """The churn queue, with questions that modAL chose."""
    queue = make_queue(guideline="**Accurate**: they think of leaving.\n**False positive**: routine questions.")
    scorer = make_scorer("export-words", queue)
    for number, text in enumerate(TEXTS):
        raise_alert(queue, scorer, text, features={"logins_30d": number, "plan": "pro"})
    assert fill_questions(queue=queue, now=NOON).asked >= 12
    return queue


@pytest.fixture
def ada(queue: Queue) -> User:
    return make_person("ada", (queue, Role.LABELER))


def press(page: Page, key: str) -> None:
    """Press a key and wait for the next question: the form on the page is another one then."""
    before = page.locator("#label input[name=decision_id]").first.input_value()
    expect(page.locator("html[data-unread]")).to_have_count(0)
    page.keyboard.press(key)
    expect(page.locator("#label input[name=decision_id]").first).not_to_have_value(before)


def words(page: Page) -> str:
    return page.locator(".label .words").inner_text()


class TestALabeler:
    def test_answers_ten_by_keyboard_and_takes_one_back(self, enter: Enter, ada: User) -> None:
        page = enter(ada, "/label/churn/")
        for key in "axaxuaxaax":
            press(page, key)
        last = Lease.objects.filter(state=Hold.ANSWERED).latest("ended_at").question.alert.text
        assert words(page) != last
        press(page, "Backspace")
        assert words(page) == last
        assert LedgerEntry.objects.filter(kind=Kind.VERDICT, source=Source.LABELER).count() == 10
        assert LedgerEntry.objects.filter(kind=Kind.RETRACTION).count() == 1
        assert Lease.objects.filter(state=Hold.ANSWERED).count() == 9

    @pytest.mark.parametrize(("name", "address"), [("Accurate", "answer"), ("Skip", "skip"), ("Undo", "undo")])
    def test_the_button_that_was_pressed_is_busy_until_the_answer_has_come(
        self, enter: Enter, ada: User, hold_back: HoldBack, name: str, address: str
    ) -> None:
        page = enter(ada, "/label/churn/")
        press(page, "x")
        expect(page.locator("html[data-unread]")).to_have_count(0)
        on_its_way, button = hold_back(f"**/{address}/"), page.get_by_role("button", name=name)
        button.click()
        expect(button.locator(".spinner")).to_be_visible()
        expect(page.locator(".spinner:visible")).to_have_count(1)
        on_its_way[0].continue_()
        expect(page.locator(".spinner:visible")).to_have_count(0)

    def test_an_undo_in_a_hurry_takes_back_the_answer_on_its_way(
        self, enter: Enter, ada: User, hold_back: HoldBack
    ) -> None:
        page = enter(ada, "/label/churn/")
        press(page, "a")
        second, on_its_way = words(page), hold_back("**/answer/")
        expect(page.locator("html[data-unread]")).to_have_count(0)
        page.keyboard.press("x")
        page.keyboard.press("Backspace")
        expect(page.locator(".label__undo")).to_have_attribute("aria-busy", "true")
        on_its_way[0].continue_()
        expect(page.get_by_role("status").filter(has_text="Taken back")).to_be_visible()
        assert words(page) == second
        assert Lease.objects.get(state=Hold.ANSWERED).answer.value == "accurate"  # type: ignore[union-attr]

    def test_space_leaves_a_question_to_others(self, enter: Enter, ada: User) -> None:
        page = enter(ada, "/label/churn/")
        left = words(page)
        press(page, "Space")
        assert words(page) != left
        assert Lease.objects.get(state=Hold.SKIPPED).question.alert.text == left

    def test_a_second_tap_on_skip_leaves_the_next_question(self, enter: Enter, ada: User) -> None:
        page = enter(ada, "/label/churn/")
        first, skip = words(page), page.get_by_role("button", name="Skip")
        skip.click()
        expect(page.locator(".label .words")).not_to_have_text(first)
        second = words(page)
        skip.click()
        page.wait_for_timeout(400)
        assert words(page) == second
        assert Lease.objects.get(state=Hold.SKIPPED).question.alert.text == first

    def test_clicks_an_earlier_answer_and_changes_it(self, enter: Enter, ada: User) -> None:
        page = enter(ada, "/label/churn/")
        press(page, "a")
        page.locator(".strip a").first.click()
        expect(page.get_by_text("you answered: accurate")).to_be_visible()
        press(page, "x")
        assert Lease.objects.get(state=Hold.ANSWERED).answer.value == "false_positive"  # type: ignore[union-attr]

    def test_the_focus_moves_to_the_next_question(self, enter: Enter, ada: User) -> None:
        page = enter(ada, "/label/churn/")
        press(page, "a")
        expect(page.locator("#question-title")).to_be_focused()

    def test_is_asked_what_is_known_and_sees_it_afterwards(
        self, enter: Enter, ada: User, queue: Queue, settings: Any
    ) -> None:
        known = raise_alert(queue, Scorer.objects.get(), "Settled long ago.")
        judge(known, make_person("lena", (queue, Role.LEAD)), source=Source.LEAD)
        page = enter(ada, "/label/churn/")
        press(page, "a")
        expect(page.locator(".strip--check")).to_have_count(0)
        settings.CHECK_SHARE = 1.0
        press(page, "a")  # the next one is drawn now
        expect(page.locator(".words")).to_have_text("Settled long ago.")
        expect(page.locator(".strip--check")).to_have_count(0)
        press(page, "x")
        page.locator(".strip--check").click()
        expect(page.get_by_text("it was settled before, and nothing changes about it")).to_be_visible()
        assert Axe().run(page).violations_count == 0

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_the_page_has_no_barriers_that_axe_knows(self, enter: Enter, ada: User, scheme: str) -> None:
        page = enter(ada, "/label/churn/")
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for key in ("a", "x", "Space"):
            press(page, key)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()

    def test_does_the_same_without_script(
        self, browser: Browser, live_server: LiveServer, enter: Enter, ada: User
    ) -> None:
        cookies = enter(ada, "/label/churn/").context.cookies()
        context = browser.new_context(java_script_enabled=False)
        context.add_cookies(cookies)
        page = context.new_page()
        page.goto(live_server.url + "/label/churn/")
        for name in ("Accurate", "False positive", "Undo"):
            page.get_by_role("button", name=name, exact=False).click()
        assert LedgerEntry.objects.count() == 3
        assert Lease.objects.filter(labeler=ada, state=Hold.ANSWERED).count() == 1  # a question may want more than one
        context.close()
