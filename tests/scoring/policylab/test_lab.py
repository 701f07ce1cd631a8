"""The policy lab over HTTP."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from feedback.models import Queue, Scorer
from feedback.services import expose, raise_alerts
from scoring.lead.tables import percent
from scoring.models import PolicyVersion, Stage
from scoring.services import change_policy
from tests import factories
from tests.scoring.lead.history import NOW
from tests.scoring.policylab.conftest import HISTORY, exposed

PAGE = "/lead/churn/policy/"


def wish(seen: int, rules: list[dict[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
    """What the form sends."""
    asked = {
        "stage": "rank", "target": "100", "cap": "5", "audit_share": "10", "audit_share_orange": "20",
        "audit_share_red": "30", "blind_share": "10", "adaptive": "on", "seen": str(seen),
    }  # fmt: skip
    given = rules or []
    formset = {"rules-TOTAL_FORMS": str(len(given)), "rules-INITIAL_FORMS": "0"}
    typed = {f"rules-{i}-{key}": value for i, rule in enumerate(given) for key, value in rule.items()}
    return {**asked, **formset, **typed, **fields}


def simulate(client: Client, **sent: Any) -> str:
    response = client.post(PAGE, sent)
    assert response.status_code == 200, response.content.decode()
    return response.content.decode()


def apply(client: Client, **sent: Any) -> Any:
    """Simulate, then press apply, as the page does."""
    name = re.search(r'name="simulated" value="(\w+)"', simulate(client, **sent))
    assert name is not None
    return client.post(f"{PAGE}apply/", {**sent, "simulated": name[1]})


def newest(queue: Queue) -> PolicyVersion:
    return PolicyVersion.objects.filter(queue=queue).latest("version")


class TestTheLab:
    def test_shows_the_stage_and_what_the_next_step_asks_for(self, history: Queue, lena_at: Client) -> None:
        page = lena_at.get(PAGE).content.decode()
        assert "policy version 1, stage rank" in page
        assert "360 verdicts given without the score on screen; it takes 100" in page
        assert "The step to suppress asks for" in page

    def test_says_which_question_it_answers_and_where_the_other_is(self, history: Queue, lena_at: Client) -> None:
        page = lena_at.get(PAGE).content.decode()
        assert "what would a policy hide of the last 360 alerts?" in page
        assert 'on the page <a href="/lead/churn/">Figures</a>' in page

    def test_of_a_new_queue_explains_what_is_missing(self, queue: Queue, lena_at: Client) -> None:
        page = lena_at.get(PAGE).content.decode()
        assert "0 of 50 verdicts given without the score on screen" in page
        assert "no alert of this queue has been judged yet" in page

    def test_simulates_beside_today_and_changes_nothing(self, history: Queue, lena_at: Client) -> None:
        page = simulate(lena_at, **wish(1, stage="suppress"))
        assert "Apply what was simulated" in page
        assert re.search(r"it would show \d+ where today&#x27;s policy shows 360", page)
        assert "Real ones hidden" in page
        assert PolicyVersion.objects.filter(queue=history).count() == 1

    def test_the_real_and_the_false_ones_hidden_add_up_to_what_is_not_shown(
        self, history: Queue, upstream: Scorer, lena_at: Client
    ) -> None:
        drafts = [factories.make_draft(raised_at=NOW) for _ in range(60)]  # the last sixty have no verdict
        waiting = [one.alert_id for one in raise_alerts(queue=history, scorer=upstream, drafts=drafts, now=NOW)]
        said = [exposed(pk, n / 60, HISTORY + 1, NOW) for n, pk in enumerate(waiting)]
        expose(queue=history, drafts=said, now=NOW)
        page = simulate(lena_at, **wish(1, stage="suppress"))

        def of(name: str) -> int:
            row = re.search(rf'<th scope="row">{name}</th>.*?<td.*?<td class="number">(\d+)', page)
            assert row is not None
            return int(row[1])

        assert 0 < of("False alerts spared") == HISTORY + 60 - of("Alerts shown") - of("Real ones hidden")

    def test_shows_which_alerts_fall_under_a_rule_that_is_typed(
        self, queue: Queue, upstream: Scorer, lena_at: Client
    ) -> None:
        change_policy(queue=queue, now=NOW, stage=Stage.RANK)
        factories.raise_alert(queue, upstream, "I cancel today", customer_name="Ada Ltd")
        factories.raise_alert(queue, upstream, "All is well")
        page = simulate(lena_at, **wish(1, [{"name": "leaving", "phrase": "cancel"}]), action="try")
        assert "1 of the last 2 alerts falls under the hard rules." in page
        assert "Ada Ltd" in page

    @pytest.mark.parametrize(
        "rule",
        [{"name": "x"}, {"phrase": "cancel"}, {"name": "x", "feature": "mrr"},
         {"name": "x", "phrase": "a", "feature": "mrr", "at_least": "3"},
         {"name": "x", "feature": "f", "at_least": "nan"}],
        ids=str,
    )  # fmt: skip
    def test_refuses_a_rule_that_cannot_be_read(self, queue: Queue, lena_at: Client, rule: dict[str, str]) -> None:
        lena_at.get(PAGE)
        response = lena_at.post(PAGE, wish(1, [rule]))
        assert response.status_code == 422
        assert "field__error" in response.content.decode()

    @pytest.mark.parametrize(
        "wrong", [{"cap": "0"}, {"cap": "50"}, {"target": "101"}, {"audit_share": "0"}, {"stage": "x"}, {"seen": ""}],
        ids=str,
    )  # fmt: skip
    def test_refuses_what_no_policy_can_be(self, queue: Queue, lena_at: Client, wrong: dict[str, str]) -> None:
        lena_at.get(PAGE)
        assert lena_at.post(PAGE, wish(1) | wrong).status_code == 422

    def test_says_where_it_hides_only_of_a_stage_that_hides(self, history: Queue, lena_at: Client) -> None:
        said = re.compile(r"<p>Hides below \d")
        assert said.search(simulate(lena_at, **wish(1, stage="suppress")))
        assert not said.search(simulate(lena_at, **wish(1, stage="rank")))


class TestApplying:
    def test_appends_a_version_with_what_was_simulated(self, history: Queue, lena_at: Client, lena: User) -> None:
        response = apply(lena_at, **wish(1, stage="suppress", note="the cap can be kept"))
        version = newest(history)
        assert (response.status_code, response["Location"]) == (302, PAGE)
        assert (version.version, version.stage, version.created_by, version.note) == (
            2, "suppress", lena, "the cap can be kept",
        )  # fmt: skip
        assert 0 < version.hide_below <= version.orange_from
        assert version.expected["lost_limit"] <= version.cap == 0.05

    def test_says_after_the_redirect_what_is_in_force(self, history: Queue, lena_at: Client) -> None:
        page = lena_at.get(apply(lena_at, **wish(1, stage="suppress"))["Location"]).content.decode()
        below = percent(newest(history).hide_below)
        said = f"version 2, stage suppress. It hides below {below}; the cap is 5.0% of the real ones."
        assert f"Now in force in {history.title}: {said}" in page
        assert "Now in force" not in lena_at.get(PAGE).content.decode()

    def test_what_was_not_simulated_is_simulated_instead(self, history: Queue, lena_at: Client) -> None:
        response = lena_at.post(f"{PAGE}apply/", wish(1, stage="suppress", simulated="0" * 32))
        assert response.status_code == 409
        assert "had not been simulated" in response.content.decode()
        assert newest(history).version == 1

    def test_on_a_page_that_is_out_of_date_changes_nothing(self, history: Queue, lena_at: Client) -> None:
        simulated = wish(1, cap="3")
        change_policy(queue=history, now=NOW, red_from=0.9)
        assert apply(lena_at, **simulated).status_code == 409
        assert newest(history).version == 2

    def test_keeps_rules_that_were_typed(self, history: Queue, lena_at: Client) -> None:
        apply(lena_at, **wish(1, [{"name": "big", "feature": "mrr", "at_least": "900"}, {"name": ""}]))
        assert newest(history).hard_rules == [{"name": "big", "feature": "mrr", "at_least": 900.0}]


class TestAStepWhoseConditionIsNotMet:
    def test_into_suppress_is_refused_whatever_the_reason(self, queue: Queue, lena_at: Client) -> None:
        change_policy(queue=queue, now=NOW, stage=Stage.RANK)
        page = simulate(lena_at, **wish(1, stage="suppress"))
        assert "Apply what was simulated" not in page and 'name="overrule"' not in page
        response = apply(lena_at, **wish(1, stage="suppress", note="I am sure", overrule="on"))
        assert response.status_code == 409
        assert newest(queue).stage == "rank"

    def test_into_rank_asks_why(self, queue: Queue, lena_at: Client) -> None:
        lena_at.get(PAGE)
        assert apply(lena_at, **wish(1, overrule="on")).status_code == 409
        assert newest(queue).stage == "observe"

    def test_into_rank_is_taken_with_a_reason_that_is_recorded(self, queue: Queue, lena_at: Client) -> None:
        lena_at.get(PAGE)
        page = simulate(lena_at, **wish(1))
        assert "Apply what was simulated" in page and 'name="overrule"' in page
        apply(lena_at, **wish(1, note="the scorer is new, its order is worse", overrule="on"))
        assert (newest(queue).stage, newest(queue).note) == ("rank", "the scorer is new, its order is worse")
        assert newest(queue).expected["unmet"] == ["blind", "order"]

    def test_leaves_out_no_stage(self, history: Queue, lena_at: Client) -> None:
        change_policy(queue=history, now=NOW, stage=Stage.OBSERVE)
        assert "Apply what was simulated" not in simulate(lena_at, **wish(2, stage="suppress"))
        assert apply(lena_at, **wish(2, stage="suppress", note="x", overrule="on")).status_code == 409


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}apply/", f"{PAGE}back/"])
class TestWhoMay:
    @pytest.mark.parametrize("name", ["rhea", "ada", "mallory"])
    def test_for_others_the_queue_does_not_exist(
        self, queue: Queue, rhea: User, ada: User, mallory: User, client: Client, address: str, name: str
    ) -> None:
        client.force_login(User.objects.get(username=name))
        assert client.post(address, wish(1)).status_code == 404
        assert PolicyVersion.objects.filter(queue=queue).count() == 0

    def test_a_visitor_is_asked_to_log_in(self, queue: Queue, client: Client, address: str) -> None:
        assert client.post(address, wish(1))["Location"].startswith("/login/")

    def test_a_forged_form_is_refused(self, queue: Queue, lena: User, address: str) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(lena)
        assert strict.post(address, wish(1)).status_code == 403


class TestTheTabs:
    def test_lead_to_the_pages_that_there_are(self, queue: Queue, lena_at: Client) -> None:
        page = lena_at.get("/lead/churn/").content.decode()
        assert f'<a href="{PAGE}">Policy</a>' in page
        assert '<a href="/lead/churn/" aria-current="page">Figures</a>' in page


class TestTheAdmin:
    def test_shows_versions_and_adds_none(self, admin_client: Client, queue: Queue) -> None:
        stored = change_policy(queue=queue, now=NOW, stage=Stage.RANK)
        assert "rank" in admin_client.get("/admin/scoring/policyversion/").content.decode()
        assert admin_client.get(f"/admin/scoring/policyversion/{stored.pk}/change/").status_code == 200
        wish = {"queue": queue.pk, "stage": "suppress", "red_from": 0.9, "orange_from": 0.9, "hide_below": 0.9}
        sent = wish | {"audit_share": 0.1, "hard_rules": "[]"}
        assert admin_client.post("/admin/scoring/policyversion/add/", sent).status_code == 403
        assert queue.policies.get() == stored
