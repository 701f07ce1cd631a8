"""What the lab says of a trial before it is applied."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.test import Client

from feedback.models import Queue
from scoring.evidence import History
from scoring.models import PolicyVersion
from scoring.policy import Policy
from scoring.policylab import pages
from scoring.policylab.caution import Caution, caution_about, caution_about_today
from scoring.policylab.selectors import InForce
from scoring.policylab.services import Trial, Wish
from scoring.services import change_policy
from scoring.simulation import simulate
from scoring.thresholds import Choice, Evidence, Goal
from tests.scoring.lead.history import NOW
from tests.scoring.policylab.histories import all_shown, drawn, truth
from tests.scoring.policylab.test_lab import simulate as in_the_lab
from tests.scoring.policylab.test_lab import wish

HIDES = Policy(version=2, stage="suppress", hide_below=0.15, audit_share=0.2)


def cautioned(
    expected: float = 0.01, upper: float = 0.015, cap: float = 0.02, target: float = 1.0, policy: Policy = HIDES,
    evidence: Evidence | None = None,
) -> Caution:  # fmt: skip
    """What is said of a trial that was chosen so."""
    history = all_shown(*truth(1_000, 1)) if evidence is None else evidence
    choice = Choice(policy.hide_below, 0.8, "cap", expected, upper, 900, 300, cap=cap, allowed=1.6 * cap)
    asked = Wish(policy.stage, Goal(target, cap), 0.2, 0.2, 0.3, 0.1, True, 0.5)
    return caution_about(Trial(asked, choice, policy, simulate(history, policy), [], False), history)


class TestAShareJudgedBlind:
    @pytest.mark.parametrize("stage", ["rank", "suppress"])
    def test_that_nobody_lowered_says_what_it_costs(self, history: Queue, lena_at: Client, stage: str) -> None:
        said = "50% of what is shown would be judged without its score"
        assert said in in_the_lab(lena_at, **wish(1, stage=stage, blind_share="50"))
        assert said not in in_the_lab(lena_at, **wish(1, stage="observe", blind_share="50"))
        assert "would be judged without its score" not in in_the_lab(lena_at, **wish(1, stage=stage))


class TestAThresholdBeyondTheCap:
    def test_that_is_expected_says_both_numbers_and_why(self) -> None:
        said = cautioned(expected=0.027, upper=0.031).beyond_the_cap
        assert said.startswith(
            "Beyond your cap: of the real alerts to come 2.7% are expected to be hidden, the cap is 2.0%"
        )
        assert "so far less was hidden, so more of what comes may be" in said

    def test_that_only_its_limit_is_says_so(self) -> None:
        said = cautioned(expected=0.018, upper=0.024).beyond_the_cap
        assert said.startswith(
            "May go beyond your cap: of the real alerts to come up to 2.4% may be hidden, the cap is 2.0%"
        )
        assert "(1.8% expected)" in said

    def test_by_a_hair_is_told_from_the_cap(self) -> None:
        assert (
            "2.003% are expected to be hidden, the cap is 2.000%"
            in cautioned(expected=0.02003, upper=0.03).beyond_the_cap
        )

    def test_is_not_one_that_keeps_it(self) -> None:
        assert cautioned(expected=0.01, upper=0.02).beyond_the_cap == ""

    @pytest.mark.parametrize("policy", [replace(HIDES, stage="rank"), replace(HIDES, hide_below=0.0)])
    def test_does_not_matter_where_nothing_is_hidden(self, policy: Policy) -> None:
        said = cautioned(expected=0.03, upper=0.04, policy=policy)
        assert (said.beyond_the_cap, said.basis) == ("", "")


class TestTheBasis:
    def test_counts_the_judged_alerts_below_the_threshold_and_the_audits_among_them(self) -> None:
        chance, label = truth(2_000, 3)
        history = drawn(chance, label, 0.1, 0.25, seed=3)
        below = history.shown & (chance < HIDES.hide_below)
        audits = below & (chance < 0.1)
        assert 0 < audits.sum() < below.sum()
        assert f"{below.sum()}, of which {audits.sum()} are audits" in cautioned(evidence=history).basis

    def test_leaves_out_what_nobody_judged(self) -> None:
        chance, label = truth(1_000, 1)
        unknown = np.where(chance < HIDES.hide_below, np.nan, label)
        assert "0, of which 0 are audits" in cautioned(evidence=all_shown(chance, unknown)).basis


class TestAHint:
    def test_says_that_a_target_is_there_without_hiding(self) -> None:
        share = truth(1_000, 1)[1].mean()
        (hint,) = cautioned(target=share - 0.01).hints
        assert hint.startswith(f"With nothing hidden {share:.0%} of the alerts are real")
        assert cautioned(target=share + 0.01).hints == []

    def test_says_what_a_large_cap_lets_go(self) -> None:
        assert cautioned(cap=0.2).hints == ["A cap of 20% lets about one in 5 real alerts be hidden."]


class TestThePolicyInForce:
    def said(self, allowed: float, *, policy: Policy = HIDES, adaptive: bool = False) -> str:
        version = PolicyVersion(stage=policy.stage, cap=0.02, adaptive=adaptive)
        return caution_about_today(InForce(version, policy), Choice(allowed, 0.8, "cap", 0.01, 0.02, 900, 300, 0.02))

    def test_that_hides_more_than_its_cap_allows_by_now_says_how_much(self) -> None:
        assert self.said(0.08).startswith(
            "This policy hides below 15% and does not follow the queue: by what is known today, a cap of 2.0% allows "
            "hiding below 8.0%. Simulate"
        )
        assert "allows no hiding" in self.said(0.0)

    def test_that_keeps_it_or_will_by_itself_says_nothing(self) -> None:
        assert self.said(0.15) == self.said(0.3) == self.said(0.14) == ""
        assert self.said(0.08, adaptive=True) == ""
        assert self.said(0.0, policy=replace(HIDES, stage="rank")) == ""


class TestInTheLab:
    def test_a_pinned_policy_beyond_its_cap_is_warned_about_until_something_is_tried(
        self, history: Queue, lena_at: Client
    ) -> None:
        change_policy(queue=history, now=NOW, stage="suppress", hide_below=0.45, adaptive=False, cap=0.01)
        assert "does not follow the queue" in lena_at.get("/lead/churn/policy/").content.decode()
        assert "does not follow the queue" not in in_the_lab(lena_at, **wish(2, stage="suppress"))

    def test_the_warning_stands_beside_the_button_it_is_about(
        self, history: Queue, lena_at: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hid_little = drawn(*truth(2_000, 3), below=0.05, audit=0.2, seed=3)
        monkeypatch.setattr(pages, "history_of", lambda _queue: History(range(2_000), hid_little, None))
        page = in_the_lab(lena_at, **wish(1, stage="suppress", cap="5"))
        warning = page.index('id="beyond-the-cap"')
        button = page.index('value="apply" aria-describedby="beyond-the-cap"')
        assert 0 < button - warning < 1_500 and "<form" not in page[warning:button]
        assert "5.0%" in page[warning:button] and "so far less was hidden" in page[warning:button]
        assert re.search(r"judged ones below that threshold: \d+, of which [1-9]\d* are audits", page)

    @pytest.mark.parametrize(
        ("wrong", "hint"),
        [({"cap": "50"}, "At most 20 percent: no policy hides more than one in five real alerts."),
         ({"cap": "0"}, "At least 0.1 percent."), ({"target": "120"}, "At most 100 percent.")],
        ids=str,
    )  # fmt: skip
    def test_a_share_out_of_bounds_says_what_they_are(
        self, history: Queue, lena_at: Client, wrong: dict[str, Any], hint: str
    ) -> None:
        response = lena_at.post("/lead/churn/policy/", wish(1, stage="suppress") | wrong)
        assert response.status_code == 422 and hint in response.content.decode()
