"""A rep's day in a real browser: by keyboard, by thumb, without script, with colleagues and a broken line."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from feedback.models import Alert, LedgerEntry, OpenAlert, Queue, Scorer, Value
from feedback.services import issue_key
from scoring.services import learn
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

Enter = Callable[[User, str], Page]
DESK = "/queues/churn/"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def inbox(queue: Queue, upstream: Scorer) -> list[Alert]:
    """Five open alerts, most urgent first."""
    scores = (0.9, 0.8, 0.7, 0.6, 0.5)
    return [
        factories.raise_alert(queue, upstream, f"Letter {n}: we may leave", upstream_score=s)
        for n, s in enumerate(scores, 1)
    ]


def shows(page: Page, alert: Alert) -> None:
    expect(page.locator("#alert h1")).to_contain_text(str(alert.customer))


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

    def test_the_focus_moves_to_the_next_alert(self, inbox: list[Alert], rhea: User, enter: Enter) -> None:
        page = enter(rhea, DESK)
        page.keyboard.press("a")
        shows(page, inbox[1])
        expect(page.locator("#alert h1")).to_be_focused()
        expect(page.locator("#count-churn")).to_have_text("4")

    def test_backspace_takes_the_last_verdict_back(self, inbox: list[Alert], rhea: User, enter: Enter) -> None:
        page = enter(rhea, DESK)
        page.keyboard.press("x")
        expect(page.locator("#receipt")).to_contain_text("Marked false positive")
        page.keyboard.press("Backspace")
        expect(page.locator("#receipt")).to_contain_text("Verdict taken back")
        shows(page, inbox[0])
        expect(page.locator(f"#row-{inbox[0].pk} a")).to_have_attribute("aria-current", "true")

    def test_space_leaves_an_alert_for_later(self, inbox: list[Alert], rhea: User, enter: Enter) -> None:
        page = enter(rhea, DESK)
        page.keyboard.press("Space")
        shows(page, inbox[1])
        assert values() == []

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


class TestWithoutScript:
    def test_a_rep_judges_and_undoes_with_plain_forms(
        self, inbox: list[Alert], rhea: User, browser: Browser, live_server: LiveServer
    ) -> None:
        page = browser.new_context(java_script_enabled=False).new_page()
        page.goto(live_server.url + DESK)
        page.get_by_label("Username").fill("rhea")
        page.get_by_label("Password").fill("rhea")
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("button", name="Accurate").click()
        shows(page, inbox[1])
        page.locator("#receipt").get_by_role("button", name="Undo").click()
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
