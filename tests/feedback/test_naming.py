"""What a queue calls the features of its alerts: the names, who may give them, and how often they are read."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation

from feedback.models import FeatureName, Queue, Scorer
from feedback.naming import Names, check_name
from feedback.selectors import names_of
from feedback.services import name_features
from tests.factories import make_scorer

Counted = Callable[[int], AbstractContextManager[Any]]

LOGINS = {"logins_30d": ("Logins in 30 days", "近 30 天登录")}


def names(queue: Queue) -> Names:
    """What a page that is asked for now would say."""
    return names_of(Queue.objects.get(pk=queue.pk))


def given(queue: Queue) -> dict[str, tuple[str, str]]:
    return {row.feature: (row.name, row.name_zh) for row in FeatureName.objects.filter(queue=queue)}


class TestAName:
    @pytest.mark.parametrize(("language", "said"), [("en", "Logins in 30 days"), ("zh-hans", "近 30 天登录")])
    def test_is_said_in_the_readers_language(self, language: str, said: str) -> None:
        with translation.override(language):
            assert Names(LOGINS).of("logins_30d") == said

    @pytest.mark.parametrize("language", ["en", "zh-hans"])
    def test_of_one_language_only_is_said_in_both(self, language: str) -> None:
        with translation.override(language):
            assert Names({"plan": ("", "版本")}).of("plan") == "版本"

    def test_that_nobody_gave_is_the_key_in_words(self) -> None:
        assert Names(LOGINS).of("days_left") == "days left"

    @pytest.mark.parametrize("name", ["Logins", "近 30 天登录", "Ø-Umsatz, €", "a", "登", "<b>", "%(value)s"])
    def test_may_be_anything_that_is_seen(self, name: str) -> None:
        check_name(name)

    @pytest.mark.parametrize(
        "name",
        ["", " ", " a", "a ", "a\n", "a\x00b", "a\u200bb", "a\u202eb", "\u2066a", "a\ufeff", "\u3164", "a\u3000",
         "a\xadb", "a\U000e0041", "a\ufe0f"],
    )  # fmt: skip
    def test_has_nothing_that_is_not(self, name: str) -> None:
        with pytest.raises(ValidationError):
            check_name(name)


class TestAValuesName:
    NAMES = Names(
        {"plan": ("Tariff", "")}, {("plan", "pro"): ("Professional", "专业版"), ("vip", "true"): ("", "重点")}
    )

    @pytest.mark.parametrize(("language", "said"), [("en", "Professional"), ("zh-hans", "专业版")])
    def test_is_said_in_the_readers_language(self, language: str, said: str) -> None:
        with translation.override(language):
            assert self.NAMES.of_value("plan", "pro") == said

    @pytest.mark.parametrize(("feature", "value"), [("plan", "trial_2"), ("seats", "pro"), ("plan", "")])
    def test_that_nobody_gave_is_the_value_as_it_came(self, feature: str, value: str) -> None:
        assert self.NAMES.of_value(feature, value) == value

    def test_of_a_truth_is_found_by_the_words_of_json(self) -> None:
        assert (self.NAMES.given_value("vip", True), self.NAMES.given_value("vip", False)) == ("重点", "")


class TestInTheDatabase:
    def test_a_feature_is_named_once_in_a_queue(self, queue: Queue, other_queue: Queue) -> None:
        for one in (queue, other_queue):
            FeatureName.objects.create(queue=one, feature="plan", name="Plan")
        with pytest.raises(IntegrityError), transaction.atomic():
            FeatureName.objects.create(queue=queue, feature="plan", name="Tariff")

    def test_each_of_its_values_is_named_once(self, queue: Queue) -> None:
        for value in ("", "pro", "basic"):
            FeatureName.objects.create(queue=queue, feature="plan", value=value, name="Plan")
        with pytest.raises(IntegrityError), transaction.atomic():
            FeatureName.objects.create(queue=queue, feature="plan", value="pro", name="Professional")

    def test_a_row_without_a_name_is_refused(self, queue: Queue) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            FeatureName.objects.create(queue=queue, feature="plan")

    def test_what_it_was_before_is_kept(self, queue: Queue) -> None:
        row = FeatureName.objects.create(queue=queue, feature="plan", name="Plan")
        FeatureName.objects.update(name="Tariff")
        assert list(row.events.values_list("name", flat=True)) == ["Plan", "Tariff"]  # type: ignore[attr-defined]


class TestReading:
    def test_takes_no_query_where_none_was_ever_given(self, queue: Queue, django_assert_num_queries: Counted) -> None:
        with django_assert_num_queries(0):
            assert names_of(queue).of("logins_30d") == "logins 30d"

    def test_takes_one_query_in_a_process(
        self, queue: Queue, upstream: Scorer, django_assert_num_queries: Counted
    ) -> None:
        name_features(queue=queue, scorer=upstream, names=LOGINS)
        first, again = Queue.objects.get(pk=queue.pk), Queue.objects.get(pk=queue.pk)
        with django_assert_num_queries(1):
            assert names_of(first).of("logins_30d") == names_of(again).of("logins_30d") == "Logins in 30 days"

    def test_sees_every_change_at_once_however_it_was_made(self, queue: Queue) -> None:
        row = FeatureName.objects.create(queue=queue, feature="plan", name="Plan")
        assert names(queue).of("plan") == "Plan"
        FeatureName.objects.update(name="Tariff")
        assert names(queue).of("plan") == "Tariff"
        row.delete()
        assert names(queue).of("plan") == "plan"

    def test_sees_both_queues_where_a_name_moves(self, queue: Queue, other_queue: Queue) -> None:
        FeatureName.objects.create(queue=queue, feature="plan", name="Plan")
        assert (names(queue).of("plan"), names(other_queue).of("plan")) == ("Plan", "plan")
        FeatureName.objects.update(queue=other_queue)
        assert (names(queue).of("plan"), names(other_queue).of("plan")) == ("plan", "Plan")

    def test_a_queue_that_is_saved_as_it_was_read_does_not_bring_old_names_back(self, queue: Queue) -> None:
        FeatureName.objects.create(queue=queue, feature="plan", name="Plan")
        read_before = Queue.objects.get(pk=queue.pk)
        names_of(read_before)
        FeatureName.objects.update(name="Tariff")
        read_before.name = "Churn"
        read_before.save()
        assert names(queue).of("plan") == "Tariff"
        assert queue.events.count() == 2  # type: ignore[attr-defined]

    def test_what_was_rolled_back_was_never_said(self, queue: Queue) -> None:
        with transaction.atomic():
            FeatureName.objects.create(queue=queue, feature="plan", name="Plan")
            assert names(queue).of("plan") == "Plan"
            transaction.set_rollback(True)
        assert names(queue).of("plan") == "plan"


class TestAScorersNames:
    def test_take_the_place_of_those_it_sent_before(self, queue: Queue, upstream: Scorer) -> None:
        name_features(queue=queue, scorer=upstream, names=LOGINS | {"plan": ("Plan", "")})
        kept = name_features(queue=queue, scorer=upstream, names={"logins_30d": ("Logins", ""), "seats": ("", "席位")})
        assert kept == []
        assert given(queue) == {"logins_30d": ("Logins", ""), "seats": ("", "席位")}

    def test_leave_those_of_a_person_as_they_are(self, queue: Queue, upstream: Scorer) -> None:
        FeatureName.objects.create(queue=queue, feature="plan", name="Tariff")
        assert name_features(queue=queue, scorer=upstream, names={"plan": ("Plan", ""), **LOGINS}) == ["plan"]
        name_features(queue=queue, scorer=upstream, names={})
        assert given(queue) == {"plan": ("Tariff", "")}

    def test_leave_those_of_another_scorer_as_they_are(self, queue: Queue, upstream: Scorer) -> None:
        name_features(queue=queue, scorer=make_scorer("rules", queue), names={"plan": ("Tariff", "")})
        assert name_features(queue=queue, scorer=upstream, names={"plan": ("Plan", "")}) == ["plan"]
        assert given(queue) == {"plan": ("Tariff", "")}

    def test_name_values_beside_features(self, queue: Queue, upstream: Scorer) -> None:
        values = {("plan", "pro"): ("Professional", "专业版"), ("plan", "b"): ("Basic", "")}
        assert name_features(queue=queue, scorer=upstream, names={"plan": ("Plan", "")}, values=values) == []
        found = names(queue)
        said = [found.of("plan"), found.of_value("plan", "pro"), found.of_value("plan", "b"), *dict(found)]
        assert said == ["Plan", "Professional", "Basic", "plan"]
        name_features(queue=queue, scorer=upstream, names={"plan": ("Plan", "")}, values={("plan", "b"): ("Base", "")})
        assert [names(queue).of_value("plan", value) for value in ("pro", "b")] == ["pro", "Base"]

    def test_leave_a_persons_name_of_a_value_as_it_is(self, queue: Queue, upstream: Scorer) -> None:
        FeatureName.objects.create(queue=queue, feature="plan", value="pro", name="Pro")
        sent = {("plan", "pro"): ("Professional", ""), ("plan", "b"): ("Basic", "")}
        assert name_features(queue=queue, scorer=upstream, names={"plan": ("Plan", "")}, values=sent) == ["plan"]
        assert [names(queue).of_value("plan", value) for value in ("pro", "b")] == ["Pro", "Basic"]

    def test_are_of_one_queue(self, queue: Queue, other_queue: Queue, upstream: Scorer) -> None:
        for one in (queue, other_queue):
            name_features(queue=one, scorer=upstream, names=LOGINS)
        name_features(queue=queue, scorer=upstream, names={})
        assert (given(queue), given(other_queue)) == ({}, LOGINS)

    def test_that_are_sent_again_change_nothing(self, queue: Queue, upstream: Scorer) -> None:
        name_features(queue=queue, scorer=upstream, names=LOGINS)
        stamp = Queue.objects.get(pk=queue.pk).names_stamp
        name_features(queue=queue, scorer=upstream, names=LOGINS)
        assert Queue.objects.get(pk=queue.pk).names_stamp == stamp


@pytest.fixture
def admin(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def form(queue: Queue, rows: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    """The admin's form of a queue, with rows of names; those that have an id were there before."""
    typed: dict[str, Any] = {"slug": queue.slug, "name": queue.name}
    there = sum("id" in row for row in rows)
    for prefix, total, initial in (("memberships", 0, 0), ("feature_names", len(rows), there)):
        typed |= {f"{prefix}-TOTAL_FORMS": total, f"{prefix}-INITIAL_FORMS": initial}
    for i, row in enumerate(rows):
        typed |= {f"feature_names-{i}-{key}": value for key, value in ({"queue": queue.pk} | row).items()}
    return typed


class TestTheAdmin:
    def send(self, admin: Client, queue: Queue, *rows: dict[str, Any]) -> Any:
        return admin.post(f"/admin/feedback/queue/{queue.pk}/change/", form(queue, rows))

    def test_a_queues_names_are_written_on_its_page(self, admin: Client, queue: Queue) -> None:
        row = {"feature": "plan", "name": "Plan", "name_zh": "版本"}
        assert self.send(admin, queue, row).status_code == 302
        assert given(queue) == {"plan": ("Plan", "版本")} and FeatureName.objects.get().scorer is None

    def test_a_values_name_is_written_beside_its_feature(self, admin: Client, queue: Queue) -> None:
        rows = ({"feature": "plan", "name": "Plan"}, {"feature": "plan", "value": "pro", "name": "Professional"})
        assert self.send(admin, queue, *rows).status_code == 302
        assert names(queue).of_value("plan", "pro") == "Professional"

    def test_a_scorers_name_is_taken_over_only_by_who_changes_it(
        self, admin: Client, queue: Queue, upstream: Scorer
    ) -> None:
        sent = {"plan": ("Plan", ""), "seats": ("Seats", "")}
        name_features(queue=queue, scorer=upstream, names=sent)
        plan, seats = FeatureName.objects.filter(queue=queue)
        rows = (
            {"id": plan.pk, "feature": "plan", "name": "Tariff"},
            {"id": seats.pk, "feature": "seats", "name": "Seats"},
        )
        assert self.send(admin, queue, *rows).status_code == 302
        assert name_features(queue=queue, scorer=upstream, names=sent) == ["plan"]
        assert given(queue) == {"plan": ("Tariff", ""), "seats": ("Seats", "")}

    @pytest.mark.parametrize(
        "row",
        [{"name": "Plan"}, {"feature": "plan"}, {"feature": "plan", "name": "a\u202eb"},
         {"feature": "p\x01", "name": "a"}, {"feature": "p" * 81, "name": "a"},
         {"feature": "p", "value": "a\x01", "name": "a"}, {"feature": "p", "name": "a" * 81}],
    )  # fmt: skip
    def test_what_is_no_name_is_refused_in_its_row(self, admin: Client, queue: Queue, row: dict[str, str]) -> None:
        answer = self.send(admin, queue, row)
        assert answer.status_code == 200 and not FeatureName.objects.exists()
        assert any(each.errors for each in answer.context["inline_admin_formsets"][1].formset.forms)

    def test_a_page_of_as_many_names_as_scorers_send_can_be_saved(
        self, admin: Client, queue: Queue, upstream: Scorer
    ) -> None:
        name_features(queue=queue, scorer=upstream, names={f"f{n}": (f"Name {n}", "") for n in range(1_000)})
        rows = [
            {"id": one.pk, "feature": one.feature, "value": "", "name": one.name, "name_zh": ""}
            for one in FeatureName.objects.all()
        ]
        assert self.send(admin, queue, *rows).status_code == 302
