"""What a lead sees of a suppression before it is made."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from feedback.models import OpenAlert, Queue, Scorer, Value
from scoring.models import Stage, Suppression
from scoring.services import change_policy
from tests import factories
from tests.factories import NOON

ADDRESS = "/lead/churn/quiet/suppress/"


@pytest.fixture(autouse=True)
def _it_is_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOON)


def sent(**fields: Any) -> dict[str, Any]:
    return {"phrase": "Invoice", "days": "14", "note": "billing run", **fields}


def looked_at(page: str) -> str:
    found = re.search(r'name="looked_at" value="(\w+)"', page)
    assert found is not None
    return found[1]


@pytest.fixture
def invoices(queue: Queue, upstream: Scorer, rhea: User) -> Queue:
    """Five alerts about invoices, of which four are judged, one as accurate; and one about something else."""
    change_policy(queue=queue, now=NOON, stage=Stage.RANK, cap=0.02)
    alerts = [factories.raise_alert(queue, upstream, f"Where is the invoice {n}?") for n in range(5)]
    for n, alert in enumerate(alerts[:4]):
        factories.judge(alert, rhea, Value.FALSE_POSITIVE if n else Value.ACCURATE)
    factories.raise_alert(queue, upstream, "We may leave.")
    return queue


class TestLooking:
    def test_says_what_it_would_have_covered_and_how_much_of_that_was_accurate(
        self, invoices: Queue, lena_at: Client
    ) -> None:
        page = lena_at.post(ADDRESS, sent(action="look", note="")).content.decode()
        assert "Of the last 6 alerts it would have covered 5; of these 1 of 4 judged were accurate." in page
        assert "It takes no open alert off the desk; it would cover 1 of the 2 most urgent there, which stay." in page
        assert not Suppression.objects.exists()

    def test_warns_where_more_were_accurate_than_the_cap_and_forbids_nothing(
        self, invoices: Queue, lena_at: Client
    ) -> None:
        page = lena_at.post(ADDRESS, sent(action="look")).content.decode()
        assert "25% of the judged ones were accurate, and the queue&#x27;s cap on hidden ones is 2.0%" in page
        assert 'value="suppress" aria-describedby="suppress-warning"' in page

    def test_does_not_warn_where_none_was(self, invoices: Queue, upstream: Scorer, rhea: User, lena_at: Client) -> None:
        factories.judge(factories.raise_alert(invoices, upstream, "Out of office"), rhea, Value.FALSE_POSITIVE)
        page = lena_at.post(ADDRESS, sent(action="look", phrase="out of office")).content.decode()
        assert "of these 0 of 1 judged were accurate" in page and "suppress-warning" not in page

    @pytest.mark.parametrize(
        ("about", "covered"),
        [({"feature": "plan", "value": "pro"}, 6), ({"scorer": "its id"}, 6), ({"phrase": "may leave"}, 1)],
    )
    def test_is_of_whatever_is_named(
        self, invoices: Queue, upstream: Scorer, lena_at: Client, about: dict[str, str], covered: int
    ) -> None:
        named = {key: str(upstream.pk) if key == "scorer" else value for key, value in about.items()}
        page = lena_at.post(ADDRESS, {"days": "1", "action": "look", **named}).content.decode()
        assert f"Of the last 6 alerts it would have covered {covered};" in page

    def test_of_what_nobody_judged_says_so(self, queue: Queue, upstream: Scorer, lena_at: Client) -> None:
        factories.raise_alert(queue, upstream, "invoice")
        page = lena_at.post(ADDRESS, sent(action="look")).content.decode()
        assert "it would have covered 1; none of these has been judged." in page


class TestSuppressing:
    def test_what_was_looked_at_takes_the_alerts_that_come_and_leaves_those_that_are_there(
        self, invoices: Queue, lena_at: Client
    ) -> None:
        page = lena_at.post(ADDRESS, sent(action="look")).content.decode()
        assert lena_at.post(ADDRESS, sent(action="suppress", looked_at=looked_at(page))).status_code == 302
        assert Suppression.objects.get().phrase == "Invoice"
        assert OpenAlert.objects.filter(queue=invoices, visible=True).count() == 2

    def test_what_was_not_looked_at_shows_it_first(self, invoices: Queue, lena_at: Client) -> None:
        page = lena_at.post(ADDRESS, sent(action="look")).content.decode()
        other = lena_at.post(ADDRESS, sent(action="suppress", phrase="may leave", looked_at=looked_at(page)))
        assert (other.status_code, Suppression.objects.count()) == (200, 0)
        assert "it would have covered 1;" in other.content.decode()

    def test_asks_for_a_reason_beside_its_field_and_keeps_what_was_seen(self, invoices: Queue, lena_at: Client) -> None:
        name = looked_at(lena_at.post(ADDRESS, sent(action="look")).content.decode())
        answer = lena_at.post(ADDRESS, sent(action="suppress", looked_at=name, note=" "))
        page = answer.content.decode()
        assert (answer.status_code, Suppression.objects.count()) == (422, 0)
        assert re.search(r'id="id_note_error">Say why: others will ask.', page) and looked_at(page) == name

    @pytest.mark.parametrize("phrase", ["x", "退", "\u200b\u200b"])
    def test_of_a_phrase_that_is_nearly_everywhere_is_refused(
        self, invoices: Queue, lena_at: Client, phrase: str
    ) -> None:
        answer = lena_at.post(ADDRESS, sent(action="look", phrase=phrase))
        assert (
            answer.status_code == 422 and "Too short: it would be found nearly everywhere." in answer.content.decode()
        )
        assert "Name one thing" not in answer.content.decode()
