"""What comes after a verdict on an alert that was found, or after it was left for later."""

import re
import uuid
from types import MappingProxyType

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from feedback.models import Alert, Queue, Scorer
from feedback.services.holds import hold
from tests import factories

DESK = "/queues/churn/"


@pytest.fixture
def client(rhea: User) -> Client:
    """rhea's browser."""
    client = Client()
    client.force_login(rhea)
    return client


@pytest.fixture
def outages(queue: Queue, upstream: Scorer) -> list[Alert]:
    """Two alerts that a search finds; a third one waits too."""
    factories.raise_alert(queue, upstream, "an invoice")
    return [factories.raise_alert(queue, upstream, f"outage {number}") for number in range(2)]


class TestAfterAVerdict:
    def judge(self, client: Client, alert: Alert, query: str, value: str = "accurate", **headers: str) -> HttpResponse:
        decision = {"decision_id": str(uuid.uuid4()), "value": value, "q": query}
        return client.post(f"/alerts/{alert.pk}/verdict/", decision, headers=headers)

    def test_the_form_knows_what_was_looked_for(self, outages: list[Alert], client: Client) -> None:
        page = client.get(DESK, {"alert": outages[0].pk, "q": "outage"}).content.decode()
        assert '<input type="hidden" name="q" value="outage">' in page
        assert 'type="hidden" name="q"' not in client.get(DESK, {"alert": outages[0].pk}).content.decode()

    def test_the_next_found_one_comes_then_the_queue_goes_on(self, outages: list[Alert], client: Client) -> None:
        answer = self.judge(client, outages[0], "outage", **{"HX-Request": "true"})
        assert answer["HX-Push-Url"] == f"{DESK}?alert={outages[1].pk}&q=outage"
        assert f'data-alert="{outages[1].pk}"' in answer.content.decode()
        answer = self.judge(client, outages[1], "outage", **{"HX-Request": "true"})
        assert "q=" not in answer["HX-Push-Url"] and "an invoice" in answer.content.decode()

    def test_without_script_it_is_an_address(self, outages: list[Alert], client: Client) -> None:
        address = self.judge(client, outages[0], "outage")["Location"]
        assert f"alert={outages[1].pk}" in address and address.endswith("q=outage")

    def test_one_that_a_colleague_has_is_left_to_them(self, outages: list[Alert], client: Client, tom: User) -> None:
        hold(alert_id=outages[1].pk, person=tom, now=timezone.now())
        address = self.judge(client, outages[0], "outage")["Location"]
        assert "q=" not in address and f"alert={outages[1].pk}" not in address

    def test_what_somebody_was_unsure_of_does_not_come_again(self, outages: list[Alert], client: Client) -> None:
        assert "q=outage" in self.judge(client, outages[0], "outage", "unsure")["Location"]
        assert "q=" not in self.judge(client, outages[1], "outage", "unsure")["Location"]


class TestAfterAnUndo:
    HTMX = MappingProxyType({"HX-Request": "true"})

    def judge(self, client: Client, alert: Alert, **headers: str) -> HttpResponse:
        decision = {"decision_id": str(uuid.uuid4()), "value": "accurate", "q": "outage"}
        return client.post(f"/alerts/{alert.pk}/verdict/", decision, headers=headers)

    def undo(self, client: Client, receipt: str, **headers: str) -> HttpResponse:
        """Send the form of a receipt as it stands."""
        form = re.search(r'action="(/verdicts/[^"]+/undo/)".*?</form>', receipt, re.DOTALL)
        assert form
        fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
        return client.post(form[1], fields, headers=headers)

    def test_the_search_goes_on(self, outages: list[Alert], client: Client) -> None:
        receipt = self.judge(client, outages[0], **self.HTMX).content.decode()
        answer = self.undo(client, receipt, **self.HTMX)
        assert answer["HX-Push-Url"] == f"{DESK}?alert={outages[0].pk}&q=outage"
        assert '<input type="hidden" name="q" value="outage">' in answer.content.decode()

    def test_of_the_last_one_that_was_found_it_goes_on_too(self, outages: list[Alert], client: Client) -> None:
        self.judge(client, outages[0])
        receipt = self.judge(client, outages[1], **self.HTMX).content.decode()
        answer = self.undo(client, receipt, **self.HTMX)
        assert answer["HX-Push-Url"] == f"{DESK}?alert={outages[1].pk}&q=outage"

    def test_without_script_it_is_an_address(self, outages: list[Alert], client: Client) -> None:
        page = client.get(self.judge(client, outages[0])["Location"]).content.decode()
        address = self.undo(client, page)["Location"]
        assert f"alert={outages[0].pk}" in address and address.endswith("q=outage")

    def test_without_a_search_there_is_none(self, outages: list[Alert], client: Client) -> None:
        decision = {"decision_id": str(uuid.uuid4()), "value": "accurate"}
        receipt = client.post(f"/alerts/{outages[0].pk}/verdict/", decision, headers=self.HTMX).content.decode()
        assert "q=" not in self.undo(client, receipt, **self.HTMX)["HX-Push-Url"]


class TestAfterLater:
    def leave(self, client: Client, alert: Alert, **headers: str) -> HttpResponse:
        return client.post(f"/alerts/{alert.pk}/later/", {"q": "outage"}, headers=headers)

    def test_the_next_found_one_comes_then_the_queue_goes_on(self, outages: list[Alert], client: Client) -> None:
        answer = self.leave(client, outages[0], **{"HX-Request": "true"})
        assert answer["HX-Push-Url"] == f"{DESK}?alert={outages[1].pk}&q=outage"
        assert f'data-alert="{outages[1].pk}"' in answer.content.decode()
        answer = self.leave(client, outages[1], **{"HX-Request": "true"})
        assert "q=" not in answer["HX-Push-Url"] and "an invoice" in answer.content.decode()

    def test_without_script_it_is_an_address(self, outages: list[Alert], client: Client) -> None:
        address = self.leave(client, outages[0])["Location"]
        assert address == f"{DESK}?alert={outages[1].pk}&put_off={outages[0].pk}&q=outage"
        assert f"?back={outages[0].pk}&amp;q=outage" in client.get(address).content.decode()

    def test_the_way_back_leads_to_it_and_to_what_was_looked_for(self, outages: list[Alert], client: Client) -> None:
        self.leave(client, outages[0])
        page = client.get(DESK, {"back": outages[0].pk, "q": "outage"}).content.decode()
        assert f'data-alert="{outages[0].pk}"' in page and '<input type="hidden" name="q" value="outage">' in page
