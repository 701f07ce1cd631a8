"""Values of categories on every page that shows one: by the name that the queue gives, in the reader's language."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from feedback.models import Alert, FeatureName, OpenAlert, Queue, Scorer
from feedback.services import issue_key
from scoring.services.quieting import About, suppress
from tests import factories
from tests.journeys.test_named_features import HOSTILE, ask, drift, read, text_of

# Words of their own, which no page says elsewhere.
NAMES = {
    ("plan", ""): ("Tariff", "套餐"), ("plan", "p-bas"): ("Basic", "基础版"), ("plan", "p-pro"): ("Pro", "专业版"),
    ("plan", "x"): ("Trial", "试用版"), ("vip", "true"): ("a key account", "重点客户"),
}  # fmt: skip


@pytest.fixture
def named(queue: Queue, upstream: Scorer, rhea: User) -> Alert:
    """An open alert of a category and a truth value that have names, in a queue that has learnt from them."""
    for number in range(12):
        facts: dict[str, Any] = {"plan": ("p-bas", "p-pro")[number % 2], "vip": number % 2 == 0}
        value = ("accurate", "false_positive")[number % 2]
        factories.judge(factories.raise_alert(queue, upstream, features=facts), rhea, value)  # type: ignore[arg-type]
    alert = factories.raise_alert(queue, upstream, features={"plan": "p-bas", "vip": True})
    OpenAlert.objects.update(blind=False)
    FeatureName.objects.bulk_create(
        FeatureName(queue=queue, feature=feature, value=value, name=pair[0], name_zh=pair[1])
        for (feature, value), pair in NAMES.items()
    )
    return alert


@pytest.mark.parametrize(
    ("language", "plan", "vip"), [("en", "Basic", "a key account"), ("zh-hans", "基础版", "重点客户")]
)
class TestAValue:
    def test_is_called_by_its_name_on_the_desk(
        self, named: Alert, rhea: User, language: str, plan: str, vip: str
    ) -> None:
        page = read(rhea, f"/queues/churn/?alert={named.pk}", language)
        assert f"<span>{plan}</span>" in page and f"<span>{vip}</span>" in page
        assert "p-bas" not in text_of(page)

    def test_is_called_by_it_under_why(self, named: Alert, rhea: User, language: str, plan: str, vip: str) -> None:
        text = text_of(read(rhea, f"/alerts/{named.pk}/why/", language))
        assert plan in text and vip in text and "p-bas" not in text

    def test_is_called_by_it_where_labelers_judge(
        self, named: Alert, ada: User, language: str, plan: str, vip: str
    ) -> None:
        ask(named)
        text = text_of(read(ada, "/label/churn/", language))
        assert plan in text and vip in text and "p-bas" not in text

    def test_is_called_by_it_in_what_a_lead_hides(
        self, named: Alert, lena: User, language: str, plan: str, vip: str
    ) -> None:
        about = About(feature="plan", value="p-bas")
        suppress(queue=named.queue, about=about, days=3, by=lena, now=timezone.now(), note="sale")
        text = text_of(read(lena, "/lead/churn/quiet/", language))
        assert plan in text and "p-bas" not in text


class TestElsewhere:
    def test_drift_says_which_value_moved(self, named: Alert, lena: User) -> None:
        drift(named.queue)
        assert re.search(r'<li title="plan">[^<]*套餐 = 试用版', read(lena, "/lead/churn/model/"))

    def test_one_without_a_name_is_shown_as_it_came(self, named: Alert, rhea: User) -> None:
        FeatureName.objects.exclude(value="").delete()
        page = read(rhea, f"/queues/churn/?alert={named.pk}")
        assert "<span>p-bas</span>" in page and "<span>是</span>" in page

    def test_a_name_is_no_markup(self, named: Alert, rhea: User, ada: User, lena: User) -> None:
        FeatureName.objects.update(name=HOSTILE, name_zh=HOSTILE)
        ask(named)
        drift(named.queue)
        for person, address in ((rhea, f"/queues/churn/?alert={named.pk}"), (rhea, f"/alerts/{named.pk}/why/"),
                                (ada, "/label/churn/"), (lena, "/lead/churn/model/")):  # fmt: skip
            page = read(person, address)
            assert "<script>alert" not in page and "&lt;script&gt;alert" in page, address

    def test_the_api_keeps_the_value(self, named: Alert, upstream: Scorer) -> None:
        key = issue_key(scorer=upstream, name="test")[1]
        answer = Client(headers={"Authorization": f"Api-Key {key}"}).get(f"/api/v1/alerts/{named.external_id}").json()
        assert answer["features"] == {"plan": "p-bas", "vip": True}
        assert "p-bas" in {one["value"] for one in answer["explanation"]["reasons"]}
