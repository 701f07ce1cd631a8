"""Going back to an older version of a policy: one click, and no more hidden than today's evidence allows."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from feedback.models import Queue
from scoring.models import PolicyVersion, Stage
from scoring.services import change_policy
from scoring.services.amending import hold_back
from tests.scoring.lead.history import NOW
from tests.scoring.policylab.test_lab import PAGE, apply, newest, wish


class TestGoingBack:
    def test_is_one_click_to_what_was_before(self, history: Queue, lena_at: Client) -> None:
        apply(lena_at, **wish(1, stage="suppress"))
        assert "Back to version 1 (rank)" in lena_at.get(PAGE).content.decode()
        lena_at.post(f"{PAGE}back/", {"version": "1", "seen": "2"})
        version = newest(history)
        assert (version.version, version.stage, version.hide_below, version.restores) == (3, "rank", 0.1, 1)

    def test_says_what_the_version_is_that_it_goes_back_to(self, history: Queue, lena_at: Client) -> None:
        apply(lena_at, **wish(1, stage="suppress"))
        for _ in range(2):  # the worker came between
            change_policy(queue=history, now=NOW, origin="threshold", hide_below=0.062)
        apply(lena_at, **wish(4, stage="rank"))
        page = lena_at.get(PAGE).content.decode()
        made = "Made on 24 Jun 2026. It hides below 6.2%; the cap is 5.0% of the real ones."
        assert made in page[page.index("Back to version 4 (suppress)") :]

    def test_says_what_is_in_force_again(self, history: Queue, lena_at: Client) -> None:
        apply(lena_at, **wish(1, stage="suppress"))
        page = lena_at.post(f"{PAGE}back/", {"version": "1", "seen": "2"}, follow=True).content.decode()
        assert "version 3, as version 1 was; stage rank. It hides nothing." in page

    def test_is_never_a_step_up(self, history: Queue, lena_at: Client) -> None:
        apply(lena_at, **wish(1, stage="suppress"))
        lena_at.post(f"{PAGE}back/", {"version": "1", "seen": "2"})
        assert lena_at.post(f"{PAGE}back/", {"version": "2", "seen": "3"}).status_code == 409
        assert newest(history).version == 3

    def test_undoes_a_leads_own_step_down(self, history: Queue, lena_at: Client) -> None:
        apply(lena_at, **wish(1, stage="suppress"))
        apply(lena_at, **wish(2, stage="observe"))
        change_policy(queue=history, now=NOW, origin="drift", drift=0.1)  # the worker came between
        assert "Back to version 2 (suppress)" in lena_at.get(PAGE).content.decode()
        assert lena_at.post(f"{PAGE}back/", {"version": "2", "seen": "4"}).status_code == 302
        assert (newest(history).stage, newest(history).restores) == ("suppress", 2)

    def test_undoes_no_step_down_of_another_lead(self, history: Queue, lena_at: Client, ada: User) -> None:
        apply(lena_at, **wish(1, stage="suppress"))
        change_policy(queue=history, now=NOW, changed_by=ada, stage=Stage.RANK)
        page = lena_at.get(PAGE).content.decode()
        assert "Back to version 1 (rank)" in page
        assert re.findall(r"Bring back.*?version (\d+)", page) == ["1"]
        assert lena_at.post(f"{PAGE}back/", {"version": "2", "seen": "3"}).status_code == 409

    @pytest.mark.parametrize("sent", [{}, {"version": "9", "seen": "1"}, {"version": "x", "seen": "1"}], ids=str)
    def test_to_what_was_never_there_changes_nothing(
        self, history: Queue, lena_at: Client, sent: dict[str, str]
    ) -> None:
        assert lena_at.post(f"{PAGE}back/", sent).status_code == 409
        assert newest(history).version == 1


class TestGoingBackToWhatHidMore:
    """Version 2 hides as today's evidence allows; 3 hid more in its day, 4 hides less."""

    @pytest.fixture
    def supported(self, history: Queue, lena_at: Client) -> float:
        apply(lena_at, **wish(1, stage="suppress"))
        for below in (0.4, 0.01):
            change_policy(queue=history, now=NOW, hide_below=below, orange_from=0.4, adaptive=False)
        return PolicyVersion.objects.get(queue=history, version=2).hide_below

    def back(self, client: Client, to: int, seen: int) -> str:
        return client.post(f"{PAGE}back/", {"version": to, "seen": seen}, follow=True).content.decode()

    def test_hides_no_more_than_todays_evidence_allows(self, history: Queue, supported: float, lena_at: Client) -> None:
        said = "In its day it hid below 40%; today&#x27;s evidence does not support that."
        assert said in lena_at.get(PAGE).content.decode()
        assert said in self.back(lena_at, 3, 4)
        assert (newest(history).restores, newest(history).hide_below) == (3, supported)
        assert 0.01 < supported < 0.4

    def test_is_what_it_was_where_the_evidence_supports_it(
        self, history: Queue, supported: float, lena_at: Client
    ) -> None:
        assert "In its day" not in self.back(lena_at, 2, 4)
        assert newest(history).hide_below == supported

    def test_asks_for_no_evidence_where_it_hides_less_than_today(
        self, history: Queue, supported: float, rhea: User, lena_at: Client
    ) -> None:
        change_policy(queue=history, now=NOW, hide_below=0.4)
        hold_back(queue=history, since=0, until=None, judge=rhea, note="", by=None, now=NOW)
        self.back(lena_at, 2, 5)
        assert newest(history).hide_below == supported

    @pytest.mark.parametrize("less", [{"audit_share": 0.2}, {"hard_rules": [{"name": "leaving", "phrase": "cancel"}]}])
    def test_asks_for_it_where_less_is_shown_below_the_same_threshold(
        self, history: Queue, supported: float, rhea: User, lena_at: Client, less: dict[str, Any]
    ) -> None:
        change_policy(queue=history, now=NOW, hide_below=supported, **less)
        hold_back(queue=history, since=0, until=None, judge=rhea, note="", by=None, now=NOW)
        assert "It hides nothing yet" in self.back(lena_at, 2, 5)
        assert newest(history).hide_below == 0

    def test_holds_for_a_leads_own_step_down_too(
        self, history: Queue, supported: float, rhea: User, lena_at: Client
    ) -> None:
        apply(lena_at, **wish(4, stage="rank"))
        hold_back(queue=history, since=0, until=None, judge=rhea, note="", by=None, now=NOW)
        assert "Back to version 4 (suppress)" in lena_at.get(PAGE).content.decode()
        self.back(lena_at, 4, 5)
        assert (newest(history).stage, newest(history).hide_below) == ("suppress", 0)
