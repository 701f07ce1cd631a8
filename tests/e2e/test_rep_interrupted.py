"""What a rep's verdict meets: an undo in a hurry, and on a phone a second tap, a lost line, a session that ended."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, Route, expect

from feedback.models import Alert, LedgerEntry
from tests.e2e.test_rep import DESK, PHONE, log_in, shows, values

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

Enter = Callable[[User, str], Page]
HoldBack = Callable[[str], list[Route]]
NOTE = "Spoke to the manager"


@pytest.fixture
def phone(inbox: list[Alert], rhea: User, page: Page, enter: Enter) -> Page:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    return enter(rhea, DESK)


def tap(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def write_note(page: Page) -> None:
    tap(page, "More")
    page.get_by_text("Already handled").click()
    page.locator("textarea[name=note]").fill(NOTE)
    tap(page, "Done")


def is_kept(page: Page) -> None:
    tap(page, "More")
    expect(page.locator("textarea[name=note]")).to_have_value(NOTE)
    expect(page.get_by_label("Already handled")).to_be_checked()
    tap(page, "Done")


class TestASecondTap:
    def test_it_does_not_judge_the_next_alert_unread(self, inbox: list[Alert], phone: Page) -> None:
        tap(phone, "False positive")
        expect(phone.locator("#alert h1")).to_contain_text(str(inbox[1].customer))
        tap(phone, "False positive")
        phone.wait_for_timeout(400)
        assert values() == ["false_positive"]
        shows(phone, inbox[1])
        tap(phone, "Accurate")
        shows(phone, inbox[2])
        assert values() == ["false_positive", "accurate"]

    def test_it_does_not_put_the_next_alert_off_unread(self, inbox: list[Alert], phone: Page) -> None:
        tap(phone, "Later")
        expect(phone.locator("#alert h1")).to_contain_text(str(inbox[1].customer))
        tap(phone, "Later")
        phone.wait_for_timeout(400)
        shows(phone, inbox[1])
        expect(phone.locator("#receipt")).to_contain_text(f"{inbox[0].customer} · Put off")
        tap(phone, "Later")
        shows(phone, inbox[2])


class TestAnUndoInAHurry:
    @pytest.fixture
    def held(self, inbox: list[Alert], rhea: User, page: Page, enter: Enter, hold_back: HoldBack) -> list[Route]:
        """The second of two verdicts on its way, and an undo pressed meanwhile."""
        enter(rhea, DESK)
        page.keyboard.press("a")
        shows(page, inbox[1])
        on_its_way = hold_back("**/verdict/")
        page.keyboard.press("x")
        page.keyboard.press("Backspace")
        expect(page.locator("#receipt [data-hotkey=Backspace]")).to_have_attribute("aria-busy", "true")
        return on_its_way

    def test_it_waits_for_the_verdict_and_takes_that_one_back(
        self, inbox: list[Alert], page: Page, held: list[Route]
    ) -> None:
        held[0].continue_()
        expect(page.locator("#receipt")).to_contain_text(f"Taken back: false positive · {inbox[1].customer}")
        shows(page, inbox[1])
        assert values() == ["accurate", "false_positive", ""]

    def test_it_waits_for_the_first_verdict_of_a_page_too(
        self, inbox: list[Alert], rhea: User, page: Page, enter: Enter, hold_back: HoldBack
    ) -> None:
        enter(rhea, DESK)
        on_its_way = hold_back("**/verdict/")
        with page.expect_request("**/verdict/"):
            page.keyboard.press("x")
        page.keyboard.press("Backspace")
        on_its_way[0].continue_()
        expect(page.locator("#receipt")).to_contain_text(f"Taken back: false positive · {inbox[0].customer}")
        shows(page, inbox[0])
        assert values() == ["false_positive", ""]

    def test_it_takes_nothing_back_where_the_verdict_did_not_arrive(
        self, inbox: list[Alert], page: Page, held: list[Route]
    ) -> None:
        held[0].abort()
        expect(page.get_by_text("Not saved: the server did not answer.")).to_be_visible()
        expect(page.locator("#receipt [data-hotkey=Backspace]")).not_to_have_attribute("aria-busy", "true")
        shows(page, inbox[1])
        assert values() == ["accurate"]

    def test_a_press_on_the_receipt_of_the_verdict_before_rests(
        self, inbox: list[Alert], page: Page, held: list[Route]
    ) -> None:
        held[0].abort()
        expect(page.get_by_text("Not saved: the server did not answer.")).to_be_visible()
        page.keyboard.press("x")
        page.locator("#receipt").get_by_role("button", name="Undo").click()
        held[1].continue_()
        shows(page, inbox[2])
        expect(page.locator("#receipt")).to_contain_text(f"False positive · {inbox[1].customer}")
        assert values() == ["accurate", "false_positive"]


class TestALostLine:
    def test_the_warning_stays_while_the_page_asks_for_news(self, inbox: list[Alert], phone: Page) -> None:
        phone.context.set_offline(True)
        tap(phone, "Accurate")
        warning = phone.get_by_text("Not saved: the server did not answer.")
        expect(warning).to_be_visible()
        with phone.expect_event("requestfailed", timeout=10_000):
            pass  # the next look for new alerts
        expect(warning).to_be_visible()
        phone.context.set_offline(False)
        tap(phone, "Accurate")
        shows(phone, inbox[1])
        expect(warning).to_be_hidden()
        assert values() == ["accurate"]


class TestASessionThatEnded:
    def test_the_page_stays_says_so_and_keeps_what_was_written(
        self, inbox: list[Alert], rhea: User, phone: Page
    ) -> None:
        write_note(phone)
        Session.objects.all().delete()
        tap(phone, "False positive")
        expect(phone.get_by_text("You have been logged out, and nothing was saved since.")).to_be_visible()
        assert not LedgerEntry.objects.exists()
        phone.get_by_role("alert").get_by_role("link", name="Log in").click()
        log_in(phone)
        shows(phone, inbox[0])
        is_kept(phone)
        tap(phone, "False positive")
        shows(phone, inbox[1])
        assert list(LedgerEntry.objects.values_list("value", "reason", "note")) == [("false_positive", "handled", NOTE)]

    def test_a_login_in_another_tab_is_named_and_a_reload_is_enough(
        self, inbox: list[Alert], rhea: User, phone: Page
    ) -> None:
        write_note(phone)
        other = phone.context.new_page()
        phone.context.clear_cookies(name="sessionid")
        other.goto(phone.url)
        log_in(other)
        shows(other, inbox[0])
        tap(phone, "False positive")
        expect(phone.get_by_text("somebody has logged in since this page was opened")).to_be_visible()
        phone.get_by_role("alert").get_by_role("link", name="Reload").click()
        is_kept(phone)
        tap(phone, "False positive")
        shows(phone, inbox[1])
        assert values() == ["false_positive"]
