"""Features on every page that shows one: by the name that the queue gives them, in the reader's language."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from feedback.models import Alert, Exposure, FeatureName, OpenAlert, Queue, Scorer
from feedback.services import issue_key
from labeling.models import Because, Question
from scoring.demo.library import queue_stories
from scoring.lifecycle.watch import Movement
from scoring.models import DriftAlarm, Stage
from scoring.services import change_policy
from scoring.services.quieting import About, suppress
from tests import factories
from tests.factories import NOON

Counted = Callable[[int], AbstractContextManager[Any]]

STORY = next(story for story in queue_stories() if story.slug == "churn")
CHINESE = {one.key: one.label["zh"] for one in STORY.features}
ENGLISH = {one.key: one.label["en"] for one in STORY.features}
FACTS: dict[str, Any] = dict.fromkeys(CHINESE, 3) | {"plan": "x", "segment": "y", "champion": "z", "nps_last": None}
HOSTILE = '"><script>alert(1)</script>'


def name(queue: Queue) -> None:
    """Call the features as the demo does."""
    FeatureName.objects.bulk_create(
        FeatureName(queue=queue, feature=key, name=ENGLISH[key], name_zh=CHINESE[key]) for key in CHINESE
    )


@pytest.fixture
def lived(queue: Queue, upstream: Scorer, rhea: User) -> Alert:
    """An open alert with all the features of the demo, in a queue that has learnt from them."""
    for number in range(12):
        facts = {**FACTS, "logins_30d": 40 * (number % 2), "plan": "ab"[number % 2]}
        value = ("accurate", "false_positive")[number % 2]
        factories.judge(factories.raise_alert(queue, upstream, features=facts), rhea, value)  # type: ignore[arg-type]
    facts = {key: value for key, value in FACTS.items() if key != "tickets_open"}
    alert = factories.raise_alert(queue, upstream, features=facts | {"plan": "a"})
    OpenAlert.objects.update(blind=False)
    name(queue)
    return alert


def read(person: User, address: str, language: str = "zh-hans") -> str:
    client = Client(headers={"accept-language": language})
    client.force_login(person)
    answer = client.get(address, follow=True)
    assert answer.status_code == 200, address
    return answer.content.decode()


def text_of(page: str) -> str:
    """What a person reads of a page: no attributes, and nothing of what is offered to whoever types a key."""
    page = re.sub(r"(?s)<(script|style|datalist).*?</\1>", "", page)
    return unescape(re.sub(r"<[^>]*>", " ", page))


def keys_in(page: str) -> list[str]:
    """The keys that a person reads on a page, as they are sent or with blanks for underscores."""
    text = text_of(page)
    return [key for key in CHINESE if re.search(rf"\b({key}|{key.replace('_', ' ')})\b", text)]


class TestTheDesk:
    def test_facts_and_reasons_are_called_by_their_names(self, lived: Alert, rhea: User) -> None:
        page = read(rhea, f"/queues/churn/?alert={lived.pk}")
        assert keys_in(page) == []
        assert f'<span class="soft" title="logins_30d">{CHINESE["logins_30d"]}</span>' in page
        assert f'title="plan">{CHINESE["plan"]}：' in page.replace("： ", "：")

    def test_in_english_too(self, lived: Alert, rhea: User) -> None:
        text = text_of(read(rhea, f"/queues/churn/?alert={lived.pk}", "en"))
        assert "Logins in 30 days" in text and "Plan is a" in text and CHINESE["plan"] not in text

    def test_what_has_no_name_is_its_key_in_words(self, lived: Alert, rhea: User) -> None:
        FeatureName.objects.all().delete()
        assert "logins 30d" in text_of(read(rhea, f"/queues/churn/?alert={lived.pk}"))

    def test_names_take_no_query_more(self, lived: Alert, rhea: User, django_assert_max_num_queries: Counted) -> None:
        address = f"/queues/churn/?alert={lived.pk}"
        client = Client()
        client.force_login(rhea)
        client.get(address)
        with django_assert_max_num_queries(100) as warm:  # type: ignore[var-annotated]
            client.get(address)
        assert not [one for one in warm.captured_queries if "feedback_featurename" in one["sql"]]

    def test_a_name_is_no_markup(self, lived: Alert, rhea: User, ada: User, lena: User) -> None:
        FeatureName.objects.update(name=HOSTILE, name_zh=HOSTILE)
        FeatureName.objects.create(queue=lived.queue, feature='"><b>x', name=HOSTILE)
        ask(lived)
        drift(lived.queue)
        addresses = [f"/queues/churn/?alert={lived.pk}", f"/alerts/{lived.pk}/why/", "/lead/churn/model/",
                     "/lead/churn/policy/", "/lead/churn/quiet/"]  # fmt: skip
        pages = [read(lena, one) for one in addresses] + [read(ada, "/label/churn/")]
        assert all("<script>alert" not in page and "<b>x" not in page for page in pages)
        assert all("&lt;script&gt;alert" in page for page in pages)


class TestTheExplanation:
    def test_names_what_counts(self, lived: Alert, rhea: User) -> None:
        page = read(rhea, f"/alerts/{lived.pk}/why/")
        assert keys_in(page) == []
        assert re.search(rf'title="plan">{CHINESE["plan"]}：\s*a<', page)


def ask(alert: Alert) -> None:
    Question.objects.create(
        queue=alert.queue, alert=alert, because=Because.UNCERTAIN, overlap=1, utility=0.5, uncertainty=0.4,
        probability=0.6, position=0, asked_at=NOON,
    )  # fmt: skip


class TestALabelersPage:
    def test_names_the_values(self, lived: Alert, ada: User) -> None:
        ask(lived)
        page = read(ada, "/label/churn/")
        assert keys_in(page) == []
        assert f'<dt title="logins_30d">{CHINESE["logins_30d"]}</dt>' in page


def drift(queue: Queue) -> None:
    """Two movements: of a feature, and of our own input."""
    moved = [Movement("share", feature, "x", 0.12, 0.41, 60, NOON.isoformat(), 600, 3.6).to_dict() | {"ended": ""}
             for feature in ("plan", "*scorer")]  # fmt: skip
    DriftAlarm.objects.create(
        queue=queue, family="inputs", detector="ADWIN", movements=moved, since_position=600, since_at=NOON, level=0.4,
        opened_at=NOON,
    )  # fmt: skip


class TestALeadsPages:
    def test_drift_says_what_moved(self, lived: Alert, lena: User) -> None:
        drift(lived.queue)
        page = read(lena, "/lead/churn/model/")
        assert keys_in(page) == []
        assert re.search(rf'<li title="plan">[^<]*{CHINESE["plan"]}', page) and 'title="*scorer"' not in page

    def test_a_suppression_says_what_it_hides(self, lived: Alert, lena: User) -> None:
        about = About(feature="plan", value="a")
        suppress(queue=lived.queue, about=about, days=3, by=lena, now=timezone.now(), note="sale")
        page = read(lena, "/lead/churn/quiet/")
        assert keys_in(page) == []
        assert re.search(rf'<b title="plan">[^<]*{CHINESE["plan"]}', page)

    def test_a_hidden_alert_is_listed_without_keys(self, lived: Alert, lena: User) -> None:
        OpenAlert.objects.filter(alert=lived).update(visible=False)
        assert Exposure.objects.filter(alert=lived).exists()
        assert keys_in(read(lena, "/lead/churn/quiet/")) == []

    def test_a_rule_has_the_name_beside_the_key(self, lived: Alert, lena: User) -> None:
        rules = [{"name": "large", "feature": "contract_value", "at_least": 600_000}]
        change_policy(queue=lived.queue, now=NOON, stage=Stage.OBSERVE, hard_rules=rules)
        page = read(lena, "/lead/churn/policy/")
        assert keys_in(page) == [] and 'value="contract_value"' in page
        assert f'_helptext">{CHINESE["contract_value"]}</p>' in page

    @pytest.mark.parametrize("address", ["/lead/churn/policy/", "/lead/churn/quiet/"])
    def test_whoever_types_a_key_is_offered_them_with_their_names(self, lived: Alert, lena: User, address: str) -> None:
        page = read(lena, address)
        assert f'<option value="plan">{CHINESE["plan"]}</option>' in page and 'list="feature-keys"' in page

    @pytest.mark.parametrize("address", ["/lead/", "/lead/churn/", "/lead/churn/people/", "/lead/churn/scorers/"])
    def test_the_others_show_none(self, lived: Alert, lena: User, address: str) -> None:
        assert keys_in(read(lena, address)) == []


class TestOutputs:
    def test_the_api_keeps_the_keys(self, lived: Alert, upstream: Scorer) -> None:
        key = issue_key(scorer=upstream, name="test")[1]
        answer = Client(headers={"Authorization": f"Api-Key {key}"}).get(f"/api/v1/alerts/{lived.external_id}")
        assert "logins_30d" in answer.json()["features"]
        assert {one["name"] for one in answer.json()["explanation"]["reasons"]} & CHINESE.keys()
