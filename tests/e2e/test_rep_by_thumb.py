"""What a thumb finds on the rep's desk: targets that are large enough, and signs of what was pressed and chosen."""

import time
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, Route, expect

from feedback.models import Alert, Queue, Scorer
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

Enter = Callable[[User, str], Page]
DESK = "/queues/churn/"
SPINNING = "[...document.querySelectorAll('.spinner')].filter((one) => getComputedStyle(one).display !== 'none').length"


@pytest.fixture
def phone(page: Page, inbox: list[Alert], rhea: User, enter: Enter) -> Page:
    """Rhea's desk on a phone, with five open alerts."""
    page.set_viewport_size({"width": 390, "height": 844})
    return enter(rhea, DESK)


def box(target: Locator) -> tuple[float, float, float, float]:
    """Left, top, width and height of what is seen."""
    found = target.bounding_box()
    assert found is not None
    return found["x"], found["y"], found["width"], found["height"]


def is_for_a_thumb(target: Locator) -> bool:
    return min(box(target)[2:]) >= 44


class TestTargets:
    def test_the_receipts_undo_is_large_enough(self, phone: Page) -> None:
        phone.get_by_role("button", name="Accurate").click()
        expect(phone.locator("#receipt")).to_contain_text("Accurate · ")
        assert is_for_a_thumb(phone.locator("#receipt").get_by_role("button", name="Undo"))

    def test_the_menu_and_what_it_holds_are_large_enough(self, phone: Page) -> None:
        menu = phone.get_by_role("button", name="Menu")
        assert is_for_a_thumb(menu)
        menu.click()
        phone.locator(".sidebar summary").click()
        targets = [phone.get_by_role("button", name=name) for name in ("Log out", "Light", "简体中文")]
        assert [is_for_a_thumb(target) for target in targets] == [True] * 3

    def test_the_way_to_ones_verdicts_and_new_alerts_are_large_enough(
        self, phone: Page, queue: Queue, upstream: Scorer
    ) -> None:
        phone.goto(f"{phone.url.split('?')[0]}?view=list")
        assert is_for_a_thumb(phone.locator(".list-head").get_by_role("link", name="My verdicts"))
        factories.raise_alert(queue, upstream)
        new = phone.get_by_role("link", name="1 new alert")
        expect(new).to_be_visible(timeout=10_000)
        assert is_for_a_thumb(new)

    def test_quiet_and_done_are_apart(self, phone: Page) -> None:
        phone.get_by_role("button", name="More").click()
        quiet, done = phone.get_by_role("button", name="Quiet this"), phone.get_by_role("button", name="Done")
        assert is_for_a_thumb(quiet) and is_for_a_thumb(done)
        assert box(done)[1] - (box(quiet)[1] + box(quiet)[3]) >= 24


class TestSigns:
    def test_a_reason_that_was_chosen_shows_when_the_sheet_is_closed(self, phone: Page) -> None:
        more = phone.get_by_role("button", name="More")
        expect(more).to_have_accessible_name("More")
        more.click()
        phone.get_by_text("Already handled").click()
        phone.get_by_role("button", name="Done").click()
        expect(more).to_have_accessible_name("More (a reason or a note is set)")

    def test_so_does_a_note_until_it_is_empty(self, phone: Page) -> None:
        sign, note = phone.locator(".verdict-bar__set"), phone.locator("textarea[name=note]")
        phone.get_by_role("button", name="More").click()
        note.fill("called them")
        expect(sign).to_be_visible()
        note.fill("")
        expect(sign).to_be_hidden()

    def test_only_the_button_that_was_pressed_is_busy(self, phone: Page) -> None:
        def slow(route: Route) -> None:
            time.sleep(1)
            route.continue_()

        phone.route("**/verdict/", slow)
        phone.evaluate(f"setTimeout(() => {{ window.spinning = {SPINNING}; }}, 400)")
        phone.get_by_role("button", name="Accurate").click()
        expect(phone.locator("#receipt")).to_contain_text("Accurate · ")
        assert phone.evaluate("window.spinning") == 1

    def test_so_is_later(self, phone: Page, hold_back: Callable[[str], list[Route]]) -> None:
        hold_back("**/later/")
        later = phone.get_by_role("button", name="Later")
        later.click()
        expect(later.locator(".spinner")).to_be_visible()
        assert phone.evaluate(SPINNING) == 1

    def test_the_verdict_that_stands_is_marked_and_in_full_colour(
        self, phone: Page, inbox: list[Alert], rhea: User
    ) -> None:
        factories.judge(inbox[0], rhea)
        phone.goto(f"{phone.url.split('?')[0]}?alert={inbox[0].pk}")
        chosen = phone.get_by_role("button", name="Accurate", pressed=True)
        expect(chosen).to_contain_text("✓")
        expect(chosen).to_have_css("opacity", "1")
        expect(phone.get_by_role("button", pressed=True)).to_have_count(1)
