"""The lead's page about the people of a queue."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from feedback.models import Membership, Queue, Scorer, Source, Value
from scoring.charts import Words
from scoring.models import Ruling, Suspect
from scoring.services import amending
from scoring.trust import drawing
from scoring.trust.selectors import COMPARED, LATELY
from scoring.trust.services import vet_judges
from tests.factories import NOON, judge, raise_alert

LATER = NOON + timedelta(days=1)


@pytest.fixture
def suspect(queue: Queue, upstream: Scorer, tom: User) -> Suspect:
    """Tom is held back since the beginning."""
    judge(raise_alert(queue, upstream), tom)
    hold = amending.hold_back(queue=queue, since=0, until=None, judge=tom, note="gate: false", by=None, now=NOON)
    return Suspect.objects.create(
        queue=queue, judge=tom, hold=hold, way="false", since=0, at=1, score=13.0, verdicts=41, accurate=0.0,
        expected=0.62, known=5, wrong=4, noticed_at=NOON,
    )  # fmt: skip


@pytest.fixture
def page(client: Client, lena: User, queue: Queue) -> Any:
    client.force_login(lena)

    def read() -> str:
        return client.get(reverse("lead:people", args=[queue.slug])).content.decode()

    return read


class TestThePage:
    def test_it_names_who_judges_though_nothing_can_be_compared(self, page: Any, rhea: User, ada: User) -> None:
        assert "Rhea" in page() and "Ada" in page() and "Nobody’s verdicts can be compared yet" in page()

    def test_it_says_what_somebody_seems_to_do_and_by_what_it_is_seen(self, page: Any, suspect: Suspect) -> None:
        assert "Tom seems to mark everything false" in page()
        assert "0% of 41 verdicts said accurate" in page() and "62%" in page()
        assert "4 of 5 known answers were wrong" in page()

    def test_it_and_the_documentation_say_of_which_rows_each_figure_is(self, page: Any, settings: Any) -> None:
        guide = (settings.BASE_DIR / "docs" / "trust.md").read_text()
        for rows in (f"last {LATELY:,}", f"last {COMPARED:,}"):
            assert rows in page() and f"{rows} ledger rows" in guide

    def test_a_judge_with_figures_has_a_strip_with_a_title(
        self, page: Any, queue: Queue, upstream: Scorer, rhea: User, tom: User
    ) -> None:
        for number in range(6):
            alert = raise_alert(queue, upstream, f"alert {number}")
            first = judge(alert, rhea)
            judge(alert, tom, seen=first.decision_id)
        vet_judges(queue=queue, now=LATER)
        assert page().count('<svg class="interval strip"') == 2 and "Rhea: right in" in page()

    def test_it_says_how_many_checks_each_had_and_how_many_were_right(
        self, page: Any, queue: Queue, upstream: Scorer, ada: User, lena: User
    ) -> None:
        for number in range(3):
            alert = raise_alert(queue, upstream)
            judge(alert, lena, source=Source.LEAD)
            value = Value.FALSE_POSITIVE if number == 0 else Value.ACCURATE
            judge(alert, ada, value, Source.LABELER, is_check=True)
        vet_judges(queue=queue, now=LATER)
        assert '<td class="number" data-label="Checks right">2/3</td>' in page()

    @pytest.mark.parametrize("who", ["rhea", "ada", "mallory"])
    def test_for_anybody_but_a_lead_it_does_not_exist(
        self, client: Client, queue: Queue, suspect: Suspect, who: str, request: pytest.FixtureRequest
    ) -> None:
        client.force_login(request.getfixturevalue(who))
        assert client.get(reverse("lead:people", args=[queue.slug])).status_code == 404

    def test_the_other_pages_of_the_lead_say_that_somebody_is_held_back(
        self, client: Client, lena: User, queue: Queue, suspect: Suspect
    ) -> None:
        client.force_login(lena)
        said = client.get(reverse("lead:queue", args=[queue.slug])).content.decode()
        assert "held back from the model until you decide" in said and reverse("lead:people", args=[queue.slug]) in said


class TestTheButtons:
    def send(self, client: Client, suspect: Suspect, ruling: str) -> Any:
        address = reverse("lead:people_decide", args=[suspect.queue.slug, suspect.pk])
        return client.post(address, {"ruling": ruling}, follow=True)

    @pytest.mark.parametrize("ruling", [Ruling.LET_IN, Ruling.KEPT_OUT, Ruling.CLOSED])
    def test_one_click_decides(self, client: Client, lena: User, suspect: Suspect, ruling: Ruling) -> None:
        client.force_login(lena)
        assert self.send(client, suspect, ruling).status_code == 200
        suspect.refresh_from_db()
        assert (suspect.ruling, suspect.ruled_by) == (ruling, lena)

    def test_a_stale_page_is_told_so(self, client: Client, lena: User, suspect: Suspect) -> None:
        client.force_login(lena)
        self.send(client, suspect, "let_in")
        assert "decided otherwise meanwhile" in self.send(client, suspect, "kept_out").content.decode()

    @pytest.mark.parametrize("ruling", ["", "x", "open"])
    def test_what_is_no_answer_changes_nothing(self, client: Client, lena: User, suspect: Suspect, ruling: str) -> None:
        client.force_login(lena)
        self.send(client, suspect, ruling)
        suspect.refresh_from_db()
        assert suspect.ruling == Ruling.OPEN

    @pytest.mark.parametrize("who", ["rhea", "mallory"])
    def test_nobody_else_decides(
        self, client: Client, suspect: Suspect, who: str, request: pytest.FixtureRequest
    ) -> None:
        client.force_login(request.getfixturevalue(who))
        assert self.send(client, suspect, "let_in").status_code == 404
        suspect.refresh_from_db()
        assert suspect.ruling == Ruling.OPEN

    def test_looking_changes_nothing(self, client: Client, lena: User, suspect: Suspect) -> None:
        client.force_login(lena)
        address = reverse("lead:people_decide", args=[suspect.queue.slug, suspect.pk])
        assert client.get(address).status_code == 405


class TestPausing:
    def press(self, client: Client, name: str, queue: Queue, person: User) -> Any:
        return client.post(reverse(f"lead:people_{name}", args=[queue.slug, person.pk]), follow=True)

    def test_one_click_pauses_and_one_lets_go_on(
        self, client: Client, lena: User, rhea: User, queue: Queue, page: Any
    ) -> None:
        assert "Let them go on" not in page()
        assert "Let them go on" in self.press(client, "pause", queue, rhea).content.decode()
        assert Membership.objects.get(user=rhea).paused_by == lena
        assert "Let them go on" not in self.press(client, "go_on", queue, rhea).content.decode()
        assert Membership.objects.get(user=rhea).paused_at is None

    def test_beside_who_is_held_back_it_says_what_a_pause_would_change(
        self, client: Client, page: Any, suspect: Suspect, tom: User, queue: Queue
    ) -> None:
        assert "Tom still gets alerts" in page()
        self.press(client, "pause", queue, tom)
        assert "Tom is paused: colleagues judge what comes." in page()

    def test_who_leads_has_no_button_and_is_refused(self, client: Client, page: Any, lena: User, queue: Queue) -> None:
        address = reverse("lead:people_pause", args=[queue.slug, lena.pk])
        assert address not in page()
        assert "Whoever leads the queue cannot be paused" in self.press(client, "pause", queue, lena).content.decode()

    @pytest.mark.parametrize("who", ["rhea", "ada", "mallory"])
    def test_nobody_else_can(
        self, client: Client, queue: Queue, tom: User, who: str, request: pytest.FixtureRequest
    ) -> None:
        client.force_login(request.getfixturevalue(who))
        assert self.press(client, "pause", queue, tom).status_code == 404
        assert Membership.objects.get(user=tom).paused_at is None

    def test_nobody_of_another_queue(self, client: Client, page: Any, queue: Queue, mallory: User) -> None:
        assert self.press(client, "pause", queue, mallory).status_code == 404


def test_a_strip_escapes_what_people_are_called() -> None:
    drawn = drawing.strip(Words("judge-1", "<b>Tom</b>", "x"), (0.9, 0.8, 0.95), 0.9)
    assert "<b>" not in drawn and "&lt;b&gt;" in drawn
