"""A lead reads the page, in a real browser: at a desk, on a phone, in both themes and both languages."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, expect

from feedback.models import Membership, Queue, Role, Scorer
from scoring.lead.services import catch_up
from scoring.models import Stage
from scoring.services import change_policy
from tests.scoring.lead.history import NOW, alert_at, judged_at, weeks_ago

PHONE = {"width": 390, "height": 844}
AA = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _it_is_june(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def lived(queue: Queue, upstream: Scorer, rhea: User) -> Queue:
    """Nine weeks in which precision rises, the last of them with a policy that hides."""
    for week in range(9):
        for number in range(10):
            moment = weeks_ago(8.5 - week - number / 22)
            judged_at(queue, upstream, rhea, moment, number < (4 if week < 5 else 9), probability=0.3 + number / 20)
    for number in range(20):
        alert_at(queue, upstream, weeks_ago(number / 10), 0.05, 0.1, "hide")
    judged_at(queue, upstream, rhea, weeks_ago(1), False, probability=0.05, propensity=0.1, decision="audit")
    change_policy(queue=queue, now=NOW, stage=Stage.SUPPRESS)
    catch_up(queue=queue, now=NOW)
    return queue


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser complained of: errors, and everything that the content security policy blocked."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert found == []


Enter = Callable[[User, str], Page]


def assert_accessible(page: Page) -> None:
    violations = Axe().run(page, options=AA).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in violations] == []


def assert_fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


class TestLead:
    def test_a_lead_reads_from_the_overview_to_the_numbers(
        self, lived: Queue, other_queue: Queue, lena: User, enter: Enter, complaints: list[str]
    ) -> None:
        Membership.objects.create(user=lena, queue=other_queue, role=Role.LEAD)
        page = enter(lena, "/lead/")
        expect(page.get_by_role("heading", level=1)).to_have_text("Precision rose in 1 of your 2 queues")
        page.get_by_role("main").get_by_role("link", name="Churn warning: ").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("shown alerts are real, up from")
        chart = page.get_by_role("figure").filter(has_text="Precision of what was shown rose")
        expect(chart.get_by_role("img", name="Precision week by week")).to_be_visible()
        expect(chart.get_by_role("table")).to_be_hidden()
        chart.get_by_text("Numbers").click()
        expect(chart.get_by_role("columnheader", name="Real among all raised, four weeks")).to_be_visible()
        with page.expect_download() as download:
            chart.get_by_role("link", name="Download as CSV").click()
        assert download.value.suggested_filename == "churn-weeks.csv"

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_every_page_is_accessible_in_both_themes(
        self, lived: Queue, lena: User, enter: Enter, page: Page, complaints: list[str], scheme: str
    ) -> None:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for address in ("/lead/", "/lead/churn/"):
            enter(lena, address)
            page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true })")
            assert_accessible(page)

    def test_it_fits_a_phone(self, lived: Queue, lena: User, enter: Enter, page: Page, complaints: list[str]) -> None:
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        for address in ("/lead/", "/lead/churn/"):
            enter(lena, address)
            page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true })")
            assert_fits(page)
            assert_accessible(page)

    def test_the_tab_at_hand_is_in_view_on_a_phone(self, queue: Queue, lena: User, enter: Enter, page: Page) -> None:
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        enter(lena, "/lead/churn/model/")
        box = page.locator(".tabs [aria-current]").bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]

    def test_the_lines_fill_the_width_and_stay_inside_their_card(
        self, lived: Queue, lena: User, enter: Enter, page: Page
    ) -> None:
        enter(lena, "/lead/churn/")
        plot, line = (
            page.locator("svg.plot").first,
            page.locator("svg.plot .chart__line:not(.chart__line--reference)").first,
        )
        outer, inner = plot.bounding_box(), line.bounding_box()
        assert outer and inner
        assert inner["width"] > outer["width"] / 4
        assert outer["x"] <= inner["x"] and inner["x"] + inner["width"] <= outer["x"] + outer["width"]
        assert outer["y"] <= inner["y"] and inner["y"] + inner["height"] <= outer["y"] + outer["height"]

    def test_it_reads_in_chinese(self, lived: Queue, lena: User, enter: Enter, page: Page) -> None:
        page.set_extra_http_headers({"Accept-Language": "zh-CN"})
        enter(lena, "/lead/churn/")
        assert page.locator("html").get_attribute("lang") == "zh-hans"
        expect(page.get_by_role("heading", level=1)).to_contain_text("流失预警")

    def test_an_empty_queue_is_accessible_too(
        self, queue: Queue, lena: User, enter: Enter, page: Page, complaints: list[str]
    ) -> None:
        enter(lena, "/lead/churn/")
        expect(page.get_by_role("heading", level=1)).to_contain_text("has been judged yet")
        assert_accessible(page)
        assert_fits(page)

    def test_a_rep_does_not_find_it(self, lived: Queue, rhea: User, enter: Enter, page: Page) -> None:
        enter(rhea, "/lead/churn/")
        expect(page.get_by_role("heading", level=1)).not_to_contain_text("Churn")
