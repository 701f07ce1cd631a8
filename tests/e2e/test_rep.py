"""A rep's day in a real browser: by keyboard, by thumb, without script, with colleagues and a broken line."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Alert, LedgerEntry, OpenAlert, Queue
from scoring.services import learn
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

Enter = Callable[[User, str], Page]
DESK = "/queues/churn/"
PHONE = {"width": 390, "height": 844}


def shows(page: Page, alert: Alert) -> None:
    """Wait until the alert is on screen and takes a verdict."""
    expect(page.locator("#alert h1")).to_contain_text(str(alert.customer))
    expect(page.locator("html[data-unread]")).to_have_count(0)


def log_in(page: Page) -> None:
    """Fill in the login page as Rhea."""
    page.get_by_label("Username").fill("rhea")
    page.get_by_label("Password").fill("rhea")
    page.get_by_role("button", name="Log in").click()


def values() -> list[str]:
    return list(LedgerEntry.objects.order_by("position").values_list("value", flat=True))


class TestByKeyboard:
    def test_a_rep_clears_an_inbox_without_touching_the_mouse(
        self, inbox: list[Alert], rhea: User, enter: Enter
    ) -> None:
        page = enter(rhea, DESK)
        for alert, key in zip(inbox, "axuax", strict=True):
            shows(page, alert)
            page.keyboard.press(key)
        expect(page.get_by_text("The queue is clear")).to_be_visible()
        assert values() == ["accurate", "false_positive", "unsure", "accurate", "false_positive"]
        assert not OpenAlert.objects.exists()

    def test_the_console_stays_silent_where_the_judged_alert_is_not_in_the_list(
        self, inbox: list[Alert], rhea: User, enter: Enter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("feedback.desk.selectors.PAGE_ROWS", 2)
        page = enter(rhea, f"{DESK}?alert={inbox[4].pk}")
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.keyboard.press("x")
        expect(page.locator("#receipt")).to_contain_text("False positive · ")
        shows(page, inbox[0])
        page.keyboard.press("x")
        expect(page.locator(f"#row-{inbox[0].pk}")).to_have_count(0)
        assert said == []

    def test_the_focus_moves_to_the_next_alert(self, inbox: list[Alert], rhea: User, enter: Enter) -> None:
        page = enter(rhea, DESK)
        page.keyboard.press("a")
        shows(page, inbox[1])
        expect(page.locator("#alert h1")).to_be_focused()
        expect(page.locator("#count-churn")).to_have_text("4")

    def test_backspace_takes_the_last_verdict_back(self, inbox: list[Alert], rhea: User, enter: Enter) -> None:
        page = enter(rhea, DESK)
        page.keyboard.press("x")
        expect(page.locator("#receipt")).to_contain_text(f"False positive · {inbox[0].customer}")
        page.keyboard.press("Backspace")
        expect(page.locator("#receipt")).to_contain_text(f"Taken back: false positive · {inbox[0].customer}")
        shows(page, inbox[0])
        expect(page.locator(f"#row-{inbox[0].pk} a")).to_have_attribute("aria-current", "true")

    def test_backspace_goes_on_with_the_verdict_before(self, inbox: list[Alert], rhea: User, enter: Enter) -> None:
        page = enter(rhea, DESK)
        for alert in inbox[:2]:
            shows(page, alert)
            page.keyboard.press("x")
        expect(page.locator("#receipt")).to_contain_text(f"False positive · {inbox[1].customer}")
        for alert in (inbox[1], inbox[0]):
            page.keyboard.press("Backspace")
            shows(page, alert)
            expect(page.locator("#receipt")).to_contain_text(f"Taken back: false positive · {alert.customer}")
        expect(page.locator("#receipt")).to_contain_text("Nothing more of today to take back.")
        assert OpenAlert.objects.count() == 5

    def test_space_leaves_an_alert_for_later(self, inbox: list[Alert], rhea: User, enter: Enter) -> None:
        page = enter(rhea, DESK)
        page.locator("textarea[name=note]").fill("ask Ann")
        page.locator("#alert h1").focus()
        page.keyboard.press("Space")
        shows(page, inbox[1])
        expect(page.locator("#receipt")).to_contain_text(f"{inbox[0].customer} · Put off")
        page.goto(page.url.split("?")[0])
        shows(page, inbox[1])
        assert values() == []

    def test_backspace_brings_what_was_put_off_back_with_what_was_typed(
        self, inbox: list[Alert], rhea: User, enter: Enter
    ) -> None:
        page = enter(rhea, DESK)
        page.locator("textarea[name=note]").fill("ask Ann")
        page.locator("#alert h1").focus()
        page.keyboard.press("Space")
        shows(page, inbox[1])
        page.keyboard.press("Backspace")
        shows(page, inbox[0])
        expect(page.locator("#receipt")).to_contain_text(f"Here again: {inbox[0].customer}.")
        expect(page.locator("textarea[name=note]")).to_have_value("ask Ann")

    def test_j_and_k_walk_the_list(self, inbox: list[Alert], rhea: User, enter: Enter) -> None:
        page = enter(rhea, DESK)
        for key, alert in zip("jjjkk", (*inbox[1:4], inbox[2], inbox[1]), strict=True):
            page.keyboard.press(key)
            shows(page, alert)

    def test_a_number_picks_the_reason(self, inbox: list[Alert], rhea: User, enter: Enter) -> None:
        page = enter(rhea, DESK)
        page.keyboard.press("2")
        page.keyboard.press("x")
        shows(page, inbox[1])
        assert LedgerEntry.objects.get().reason == "handled"

    def test_keys_rest_while_a_person_types(self, inbox: list[Alert], rhea: User, enter: Enter) -> None:
        page = enter(rhea, DESK)
        page.locator("textarea[name=note]").click()
        page.keyboard.type("a fax, 1 2 3 ?")
        expect(page.locator("textarea[name=note]")).to_have_value("a fax, 1 2 3 ?")
        shows(page, inbox[0])
        assert values() == []

    def test_keys_rest_while_a_modifier_is_held_or_a_key_repeats(
        self, inbox: list[Alert], rhea: User, enter: Enter
    ) -> None:
        page = enter(rhea, DESK)
        page.keyboard.press("Control+a")
        page.keyboard.press("Alt+x")
        page.evaluate(
            "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', repeat: true, bubbles: true}))"
        )
        page.wait_for_timeout(300)
        assert values() == []

    def test_keys_can_be_switched_off(self, inbox: list[Alert], rhea: User, enter: Enter) -> None:
        page = enter(rhea, DESK)
        page.locator(".sidebar summary").click()
        page.get_by_role("form", name="Single-key shortcuts").get_by_role("button", name="Off").click()
        page.keyboard.press("a")
        page.wait_for_timeout(300)
        assert values() == []
        expect(page.locator(".verdict-bar .key").first).to_be_hidden()

    def test_a_question_mark_lists_the_keys_and_they_rest_meanwhile(
        self, inbox: list[Alert], rhea: User, enter: Enter
    ) -> None:
        page = enter(rhea, DESK)
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys on this page")).to_be_visible()
        page.keyboard.press("a")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys on this page")).to_be_hidden()
        assert values() == []


class TestOnAPhone:
    def test_a_rep_clears_an_inbox_by_thumb(self, inbox: list[Alert], rhea: User, page: Page, enter: Enter) -> None:
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        enter(rhea, DESK)
        for alert, name in zip(inbox, ["Accurate", "False positive"] * 2 + ["Not sure"], strict=True):
            shows(page, alert)
            page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_text("The queue is clear")).to_be_visible()
        assert len(values()) == 5

    def test_nothing_is_wider_than_the_screen_and_thumbs_hit_their_targets(
        self, inbox: list[Alert], rhea: User, page: Page, enter: Enter
    ) -> None:
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        enter(rhea, DESK)
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        boxes = [button.bounding_box() for button in page.locator(".verdict-bar__buttons > .button:visible").all()]
        assert all(box is not None and box["height"] >= 44 and box["width"] >= 44 for box in boxes)

    def test_reason_and_note_are_one_tap_away(self, inbox: list[Alert], rhea: User, page: Page, enter: Enter) -> None:
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        enter(rhea, DESK)
        page.get_by_role("button", name="More").click()
        page.get_by_text("Already handled").click()
        page.locator("textarea[name=note]").fill("called them")
        page.get_by_role("button", name="Done").click()
        page.get_by_role("button", name="False positive").click()
        shows(page, inbox[1])
        entry = LedgerEntry.objects.get()
        assert (entry.reason, entry.note) == ("handled", "called them")

    def test_a_customer_is_quieted_and_the_alert_stays_on_the_desk(
        self, inbox: list[Alert], rhea: User, page: Page, enter: Enter
    ) -> None:
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        enter(rhea, DESK)
        page.get_by_role("button", name="More").click()
        expect(page.get_by_role("group", name="More about this alert")).to_be_visible()
        page.locator("textarea[name=note]").fill("called them")
        page.get_by_role("button", name="Quiet this customer").click()
        expect(page.locator("#receipt")).to_contain_text("stay hidden until one is worse")
        expect(page.locator("#verdict-more")).to_be_hidden()
        shows(page, inbox[0])
        expect(page.locator("textarea[name=note]")).to_have_value("called them")

    def test_the_language_is_two_taps_away(self, inbox: list[Alert], rhea: User, page: Page, enter: Enter) -> None:
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        enter(rhea, DESK)
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("button", name="简体中文").click()
        expect(page.locator("html")).to_have_attribute("lang", "zh-hans")

    def test_the_list_is_one_tap_away_and_leads_back(
        self, inbox: list[Alert], rhea: User, page: Page, enter: Enter
    ) -> None:
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        enter(rhea, DESK)
        page.get_by_role("link", name="‹ Churn warning").click()
        page.locator(f"#row-{inbox[3].pk} a").click()
        shows(page, inbox[3])
        expect(page.get_by_role("button", name="Accurate")).to_be_visible()


class TestReceipt:
    def test_says_what_the_click_changed_once_the_worker_has_re_ranked(
        self, inbox: list[Alert], queue: Queue, rhea: User, enter: Enter
    ) -> None:
        page = enter(rhea, DESK)
        page.keyboard.press("a")
        expect(page.locator("#receipt")).to_contain_text("learnt, re-ranking")
        learn(queue_id=queue.pk, now=factories.NOON)
        expect(page.locator("#receipt")).to_contain_text("4 open alerts moved", timeout=10_000)


class TestWithoutScript:
    def test_a_rep_judges_and_undoes_with_plain_forms(
        self, inbox: list[Alert], rhea: User, browser: Browser, live_server: LiveServer
    ) -> None:
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(live_server.url + DESK)
        log_in(page)
        page.get_by_role("button", name="Accurate").click()
        shows(page, inbox[1])
        page.locator("#receipt").get_by_role("button", name="Undo").click()
        shows(page, inbox[0])
        page.get_by_role("button", name="Later").click()
        shows(page, inbox[1])
        page.locator("#receipt").get_by_role("link", name="Back to it").click()
        shows(page, inbox[0])
        assert values() == ["accurate", ""]
        page.context.close()


@pytest.mark.parametrize("size", [PHONE, {"width": 1440, "height": 900}], ids=["phone", "desktop"])
@pytest.mark.parametrize("theme", ["light", "dark"])
class TestForEverybody:
    def test_no_page_of_the_desk_has_a_barrier_that_axe_knows(
        self,
        inbox: list[Alert],
        rhea: User,
        tom: User,
        page: Page,
        enter: Enter,
        size: dict[str, int],
        theme: str,
        live_server: LiveServer,
    ) -> None:
        factories.judge(inbox[4], rhea)
        factories.judge(inbox[3], tom)
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.context.add_cookies([{"name": "theme", "value": theme, "url": live_server.url}])
        for path in (
            DESK,
            f"{DESK}?view=list",
            f"{DESK}?alert={inbox[3].pk}",
            f"{DESK}judged/",
            "/queues/",
            "/no/such/page/",
        ):
            enter(rhea, path)
            found = Axe().run(page).response["violations"]
            assert [(path, item["id"], item["nodes"][0]["html"]) for item in found] == []
