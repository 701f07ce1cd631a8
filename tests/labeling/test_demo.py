"""The demo workspace: made of the generated story by the product's own services, all of it or nothing."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.test import Client

from feedback.models import (
    Alert,
    Decision,
    Exposure,
    FeatureName,
    LedgerEntry,
    Membership,
    OpenAlert,
    Queue,
    Role,
    Scorer,
    Source,
)
from labeling.demo import DemoLabelers
from labeling.management.commands import demo
from labeling.models import Question
from scoring.demo.build import Built, WorkspaceNotEmpty, build
from scoring.demo.events import AlertRaised, OutcomeArrived, VerdictGiven
from scoring.demo.library import queue_stories
from scoring.demo.people import EVERY_QUEUE, PASSWORD
from scoring.demo.story import Story, tell
from scoring.demo.workdays import start_of
from scoring.models import Checkpoint, JudgedAlert, PolicyVersion, Stage
from scoring.replica import forget_replicas
from scoring.services import lags, policy_in_force
from scoring.services.rebuilding import rebuild
from tests import factories

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


@cache
def last_weeks() -> Story:
    """A story short enough for a test: its last alerts with all that was said of them."""
    story = tell(seed=7, now=NOW)
    late = {
        event.external_id
        for event in story.events
        if isinstance(event, AlertRaised) and event.at > NOW - timedelta(days=18)
    }
    chosen = {name for name in late if name.startswith(("churn", "wrong"))}
    return replace(story, events=tuple(event for event in story.events if event.external_id in chosen))


@pytest.fixture
def story() -> Story:
    return last_weeks()


@pytest.fixture
def labelers() -> DemoLabelers:
    return DemoLabelers(seed=7)


@pytest.fixture
def short_story(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command plays the short story."""
    monkeypatch.setattr(demo, "tell", lambda **_arguments: last_weeks())


@pytest.fixture(scope="class")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Built]:
    """The short story, built once for all tests of a class, with labelers from the first week on."""
    forget_replicas()
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr("scoring.demo.playing.LABELING_TURNS", range(1, 4))
        yield build(story=last_weeks(), labelers=DemoLabelers(seed=7))
        transaction.set_rollback(True)


def _read(client: Client, address: str) -> set[str]:
    """The words of a page that look like keys, written with underscores or with blanks for them."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    text = re.sub(r"<[^>]*>", "|", re.sub(r"(?s)<datalist.*?</datalist>", "", answer.content.decode()))
    words = re.findall(r"[a-z0-9]+(?:[_ ][a-z0-9]+)+", text)
    parts = [re.split("[_ ]", run) for run in words]
    return {
        "_".join(run[i:j]) for run in parts for i in range(len(run)) for j in range(i + 2, min(i + 5, len(run)) + 1)
    }


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("demo", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("built", "db")
class TestBuilding:
    def test_every_alert_was_raised_scored_and_exposed_at_its_time(self, story: Story, built: Built) -> None:
        raised = {event.external_id: event.at for event in story.events if isinstance(event, AlertRaised)}
        assert dict(Alert.objects.values_list("external_id", "raised_at")) == raised
        assert Exposure.objects.filter(decided_at__gte=F("alert__raised_at")).count() == len(raised) == built.alerts

    def test_every_verdict_on_what_was_shown_stands_in_the_ledger_at_its_time(self, story: Story, built: Built) -> None:
        shown = set(Exposure.objects.exclude(decision=Decision.HIDE).values_list("alert__external_id", flat=True))
        given = {event.decision_id: event.at for event in story.events if isinstance(event, VerdictGiven)}
        rows = LedgerEntry.objects.filter(source=Source.REP, kind="verdict").select_related("alert")
        assert {row.decision_id: row.recorded_at for row in rows}.items() <= given.items()
        assert len(rows) == built.verdicts >= 0.95 * len(given)
        assert {row.alert.external_id for row in rows} <= shown

    def test_verdicts_are_blind_where_the_score_was_off_the_screen(self) -> None:
        drawn = set(Exposure.objects.filter(blind=True).values_list("alert_id", flat=True))
        audited = set(Exposure.objects.filter(decision=Decision.AUDIT).values_list("alert_id", flat=True))
        judged = LedgerEntry.objects.filter(source=Source.REP, kind="verdict")
        blind = set(judged.filter(blind=True).values_list("alert_id", flat=True))
        assert drawn & blind
        assert blind == (drawn | audited) & set(judged.values_list("alert_id", flat=True))

    def test_policies_and_checkpoints_bear_the_dates_of_the_story(self) -> None:
        assert set(PolicyVersion.objects.values_list("created_at", flat=True)) == {start_of(NOW)}
        kept = set(Checkpoint.objects.values_list("created_at", flat=True))
        assert len(kept) > 1 and max(kept) <= NOW

    def test_the_ledger_is_in_time_order(self) -> None:
        for queue in Queue.objects.all():
            moments = LedgerEntry.objects.filter(queue=queue, source=Source.REP).order_by("position")
            assert list(moments) == sorted(moments, key=lambda entry: entry.recorded_at)

    def test_a_rep_finds_work(self) -> None:
        for slug in ("churn", "wrong-answer"):
            assert OpenAlert.objects.filter(queue__slug=slug, visible=True).count() >= 20

    def test_labelers_have_answered_and_find_questions(self, built: Built) -> None:
        assert LedgerEntry.objects.filter(source=Source.LABELER).count() == built.answers > 0
        assert Question.objects.filter(state="open", queue__slug="churn").exists()

    def test_outcomes_are_posted_by_the_crm(self, story: Story) -> None:
        came = sum(isinstance(event, OutcomeArrived) for event in story.events)
        assert LedgerEntry.objects.filter(source=Source.OUTCOME, scorer__name="crm-demo").count() == came

    def test_the_learner_owes_nothing_and_can_be_rebuilt(self) -> None:
        assert set(lags().values()) == {0}
        assert rebuild(queue=Queue.objects.get(slug="churn"), verify=True, now=NOW).differing == ()

    def test_the_lead_finds_figures(self) -> None:
        assert JudgedAlert.objects.filter(queue__slug="churn").exists()

    def test_everything_is_named_as_generated(self) -> None:
        assert all(Queue.objects.values_list("is_demo", flat=True))
        assert all(
            scorer.name.endswith("-demo") and "Generated" in scorer.description for scorer in Scorer.objects.all()
        )

    def test_every_feature_has_a_name_in_both_languages(self) -> None:
        for queue in Queue.objects.all():
            named = {row.feature for row in queue.feature_names.all() if row.name and row.name_zh}
            sent = Alert.objects.filter(queue=queue).values_list("features", flat=True)
            assert named and named >= {key for features in sent for key in features}

    def test_every_value_of_a_category_has_one_too(self) -> None:
        for queue in Queue.objects.all():
            named = {(row.feature, row.value) for row in queue.feature_names.all() if row.name and row.name_zh}
            sent = Alert.objects.filter(queue=queue).values_list("features", flat=True)
            told = {(key, value) for one in sent for key, value in one.items() if isinstance(value, str)}
            assert told <= named

    def test_every_rule_is_named_in_both_languages(self) -> None:
        names = [rule["name"] for rules in PolicyVersion.objects.values_list("hard_rules", flat=True) for rule in rules]
        assert names and all(re.fullmatch(r"[ -~]+ · [\u4e00-\u9fff]+", name) for name in names)

    def test_no_chinese_page_shows_a_features_key(self) -> None:
        keys = {key for key in FeatureName.objects.values_list("feature", flat=True) if "_" in key}
        client = Client(headers={"accept-language": "zh-hans"})
        client.force_login(User.objects.get(username="lena"))
        for page in ("", "policy/", "quiet/", "people/", "scorers/", "scorers/voice-llm-demo/", "model/"):
            assert not _read(client, f"/lead/churn/{page}") & keys, page
        alert = OpenAlert.objects.filter(queue__slug="churn", visible=True, blind=False).latest("urgency")
        for address in (f"/queues/churn/?alert={alert.alert_id}", f"/alerts/{alert.alert_id}/why/"):
            assert not _read(client, address) & keys, address

    def test_people_have_their_roles_and_the_password_that_is_printed(self) -> None:
        assert Membership.objects.filter(user__username="lena", role=Role.LEAD).count() == len(EVERY_QUEUE)
        assert Membership.objects.filter(user__username="rhea", role=Role.REP).count() == 3
        assert all(user.check_password(PASSWORD) for user in User.objects.all())
        assert User.objects.get(is_superuser=True).username == "admin"

    def test_a_second_build_is_refused_and_changes_nothing(self, story: Story, labelers: DemoLabelers) -> None:
        before = LedgerEntry.objects.count(), Alert.objects.count(), User.objects.count()
        with pytest.raises(WorkspaceNotEmpty):
            build(story=story, labelers=labelers)
        assert (LedgerEntry.objects.count(), Alert.objects.count(), User.objects.count()) == before


@pytest.mark.django_db
class TestPolicySteps:
    @pytest.fixture(autouse=True)
    def _asked_in_the_first_week(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The lead asks from the first week on."""
        told = tuple(replace(one, policy=((7, {"stage": "rank"}),)) for one in queue_stories())
        monkeypatch.setattr("scoring.demo.playing.queue_stories", lambda: told)

    def test_a_step_is_not_taken_before_its_conditions_are_met(self, story: Story, labelers: DemoLabelers) -> None:
        build(story=story, labelers=labelers)
        assert {policy_in_force(queue.pk).stage for queue in Queue.objects.all()} == {Stage.OBSERVE}

    def test_a_step_is_the_leads_on_the_day_that_grants_it(
        self, story: Story, labelers: DemoLabelers, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("scoring.stages.BLIND_TO_RANK", 1)
        monkeypatch.setattr("scoring.stages.AUC_TO_RANK", 0.0)
        build(story=story, labelers=labelers)
        step = PolicyVersion.objects.get(queue__slug="churn", version=2)
        assert (step.stage, step.expected["unmet"]) == (Stage.RANK, [])
        assert step.created_by is not None and step.created_by.username == "lena"
        assert step.created_at - story.events[0].at in (timedelta(days=7), timedelta(days=14))


@pytest.mark.django_db
class TestInterruption:
    def test_an_interrupted_build_leaves_nothing_and_the_next_one_is_whole(
        self, story: Story, labelers: DemoLabelers
    ) -> None:
        def interrupt(done: int, total: int) -> None:
            if done > total // 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            build(story=story, labelers=labelers, on_progress=interrupt)
        assert not Queue.objects.exists() and not Alert.objects.exists() and not User.objects.exists()
        assert build(story=story, labelers=labelers).alerts == Alert.objects.count() > 0


@pytest.mark.django_db
class TestCommand:
    @pytest.fixture(autouse=True)
    def _short(self, short_story: None) -> None:
        """Every test here plays the short story."""

    def test_it_reports_progress_and_prints_the_logins(self) -> None:
        said = run("--if-empty")
        assert "50 %" in said and "100 %" in said
        assert "rhea (rep)" in said and PASSWORD in said

    def test_it_can_be_run_again(self) -> None:
        run()
        before = LedgerEntry.objects.count()
        assert "nothing changed" in run()
        assert "nothing changed" in run("--if-empty")
        assert LedgerEntry.objects.count() == before

    def test_it_refuses_a_workspace_in_use(self, queue: Queue) -> None:
        with pytest.raises(CommandError, match="empty database"):
            run()
        assert Queue.objects.get() == queue

    def test_if_empty_it_leaves_a_workspace_in_use_alone(self, queue: Queue) -> None:
        assert "nothing changed" in run("--if-empty")
        assert Queue.objects.get() == queue

    def test_a_person_who_exists_keeps_their_password(self) -> None:
        tom = factories.make_person("tom")
        run()
        tom.refresh_from_db()
        assert tom.check_password("tom")


class TestProgress:
    def test_on_a_terminal_it_is_one_line_that_changes(self) -> None:
        class Terminal(StringIO):
            def isatty(self) -> bool:
                return True

        terminal = Terminal()
        progress = demo.Progress(demo.OutputWrapper(terminal))
        for done in range(1001):
            progress(done, 1000)
        assert terminal.getvalue().count("\r") == 101
        assert terminal.getvalue().count("\n") == 1
