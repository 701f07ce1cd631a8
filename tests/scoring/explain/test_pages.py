"""Behind the score: who may look, and what they see."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation

from feedback.models import Alert, OpenAlert, Queue, Role, Scorer, Source, Value
from scoring.explain.selectors import details_for
from scoring.explain.services import remember
from tests import factories
from tests.factories import judge, raise_alert

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def lived(queue: Queue, upstream: Scorer, tom: User) -> Alert:
    """An open alert in a queue in which a dozen like it were judged since it came."""
    alert = raise_alert(queue, upstream, "The price is too high for us.")
    for number in range(12):
        judge(raise_alert(queue, upstream, f"The price is too high, number {number}"), tom, Value.FALSE_POSITIVE)
        judge(raise_alert(queue, upstream, f"Nobody answers the phone {number}"), tom)
    remember(queue_id=queue.pk)
    return alert


def as_person(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def why(person: User, alert: Alert, **headers: str) -> str:
    answer = as_person(person).get(f"/alerts/{alert.pk}/why/", **headers)  # type: ignore[arg-type]
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


class TestBehindTheScore:
    def test_says_what_moved_it_and_which_verdicts_did(self, rhea: User, lived: Alert) -> None:
        said = why(rhea, lived, **HTMX)
        assert re.search(r"\d+% → \d+% since .* 24 ledger entries learnt", said)
        assert "12 verdicts since: 0 accurate, 12 false" in said

    def test_shows_five_similar_past_alerts_with_their_verdicts(self, rhea: User, lived: Alert) -> None:
        said = why(rhea, lived, **HTMX)
        assert "0 of 5 were accurate" in said and said.count("% alike") == 5

    def test_shows_the_passport(self, rhea: User, lived: Alert) -> None:
        said = why(rhea, lived, **HTMX)
        assert "Labels learnt 24" in said and "Taught by rep 100%" in said

    def test_names_no_part_that_is_written_as_nothing(self, rhea: User, lived: Alert) -> None:
        _alert, details = details_for(rhea, lived.pk)
        assert details is not None and details.parts and details.others
        assert min(abs(part.contribution) for part in details.parts) >= 0.05
        named = sum(part.contribution for part in details.parts)
        assert details.baseline + named + details.rest == pytest.approx(details.log_odds)

    def test_adds_up(self, rhea: User, lived: Alert) -> None:
        parts = why(rhea, lived, **HTMX).split("in log-odds")[1].split("In all")
        numbers = [float(one.replace("−", "-")) for one in re.findall(r"[+−]\d+\.\d(?= |$)", parts[0])]
        total = re.search(r"[+−]\d+\.\d", parts[1])
        assert total and abs(sum(numbers) - float(total[0].replace("−", "-"))) < 0.05 * (len(numbers) + 1)

    def test_is_a_page_of_its_own_without_script(self, rhea: User, lived: Alert) -> None:
        assert "Behind the score: Customer" in why(rhea, lived)

    def test_speaks_chinese(self, rhea: User, lived: Alert) -> None:
        with translation.override("zh-hans"):
            assert (
                as_person(rhea).get(f"/alerts/{lived.pk}/why/", headers={"accept-language": "zh-hans"}).status_code
                == 200
            )

    def test_is_offered_on_the_desk_and_not_asked_for_before_it_is_opened(self, rhea: User, lived: Alert) -> None:
        page = as_person(rhea).get(f"/queues/churn/?alert={lived.pk}").content.decode()
        assert f'hx-get="/alerts/{lived.pk}/why/"' in page and "% alike" not in page


class TestWhoMayLook:
    def test_another_queues_people_may_not(self, mallory: User, lived: Alert) -> None:
        assert as_person(mallory).get(f"/alerts/{lived.pk}/why/").status_code == 404

    def test_nobody_may_without_a_login(self, lived: Alert) -> None:
        assert Client().get(f"/alerts/{lived.pk}/why/").status_code == 302

    def test_what_is_judged_blind_stays_blind(self, rhea: User, lived: Alert) -> None:
        OpenAlert.objects.filter(alert=lived).update(blind=True)
        said = why(rhea, lived, **HTMX)
        assert "judged without the model" in said and "%" not in said

    def test_a_labeler_may_once_they_have_answered(self, ada: User, lived: Alert) -> None:
        assert as_person(ada).get(f"/alerts/{lived.pk}/why/").status_code == 404
        judge(lived, ada, source=Source.LABELER, blind=True)
        assert "alike" in why(ada, lived, **HTMX)

    def test_a_rep_who_labels_elsewhere_too_is_a_rep_here(self, lived: Alert, other_queue: Queue) -> None:
        both = factories.make_person("bo", (lived.queue, Role.REP), (other_queue, Role.LABELER))
        assert "alike" in why(both, lived, **HTMX)

    def test_a_throwaway_queue_has_no_page(self, rhea: User) -> None:
        replayed = factories.make_queue("replayed", throwaway=True)
        rep = factories.make_person("ines", (replayed, Role.REP))
        alert = raise_alert(replayed, factories.make_scorer("stream", replayed))
        assert as_person(rep).get(f"/alerts/{alert.pk}/why/").status_code == 404
