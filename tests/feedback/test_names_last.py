"""What alerts are learnt by stays as it is: a scorer's name and a customer's id, once there is an alert."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, models
from django.test import Client
from django.urls import reverse

from feedback.models import Alert, Customer, Scorer

LEARNT_BY = [(Scorer, "name"), (Customer, "external_id")]


def change_page(row: models.Model) -> str:
    """The address of a row in the admin."""
    return reverse(f"admin:feedback_{row._meta.model_name}_change", args=[row.pk])


@pytest.fixture
def office(client: Client, db: None) -> Client:
    """An administrator's browser."""
    client.force_login(User.objects.create_superuser("office"))
    return client


@pytest.mark.parametrize(("model", "field"), LEARNT_BY)
class TestWhatAlertsAreLearntBy:
    def test_the_database_keeps_it(self, alert: Alert, model: type[models.Model], field: str) -> None:
        with pytest.raises(IntegrityError, match="has alerts"):
            model._default_manager.update(**{field: "another"})

    def test_the_admin_shows_it(self, office: Client, alert: Alert, model: type[models.Model], field: str) -> None:
        page = office.get(change_page(model._default_manager.get())).content.decode()
        assert f'name="{field}"' not in page


class TestBeforeTheFirstAlert:
    def test_a_name_can_be_mended(self, office: Client, upstream: Scorer) -> None:
        office.post(change_page(upstream), {"name": "voice", "queues": upstream.queues.get().pk, "is_active": "on"})
        assert Scorer.objects.get().name == "voice"


class TestWhatIsNotLearnt:
    def test_a_customer_can_be_called_otherwise(self, office: Client, alert: Alert) -> None:
        office.post(change_page(alert.customer), {"name": "North & Co"})
        assert Customer.objects.get().name == "North & Co"

    def test_a_scorer_can_be_switched_off(self, office: Client, alert: Alert) -> None:
        office.post(change_page(alert.scorer), {"queues": alert.queue_id})
        assert not Scorer.objects.get().is_active
