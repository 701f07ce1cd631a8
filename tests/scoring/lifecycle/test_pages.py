"""The model's page: what a lead reads there and can do, and what others cannot."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from feedback.models import Queue, Scorer, Value
from feedback.selectors import head_of
from scoring import checkpoints
from scoring.fold import configuration_of
from scoring.lifecycle import challenging, words
from scoring.lifecycle.comparison import Difference
from scoring.lifecycle.selectors import RECENT, past_of
from scoring.lifecycle.watch import Movement
from scoring.models import Amendment, Challenger, Checkpoint, DriftAlarm, Generation
from scoring.services import amending, learn
from tests import factories
from tests.factories import NOON
from tests.scoring.lifecycle.test_challenging import compared

MOVED = Movement("share", "channel", "app", 0.12, 0.41, 60, NOON.isoformat(), 600, 3.6).to_dict() | {"ended": ""}


@pytest.fixture(autouse=True)
def _fresh_beliefs() -> None:
    challenging._beliefs.clear()


@pytest.fixture
def alarm(queue: Queue) -> DriftAlarm:
    return DriftAlarm.objects.create(
        queue=queue, family="inputs", detector="ADWIN", movements=[MOVED], since_position=600, since_at=NOON,
        level=0.4, opened_at=NOON,
    )  # fmt: skip


@pytest.fixture
def taught(queue: Queue, upstream: Scorer, rhea: User, monkeypatch: pytest.MonkeyPatch) -> Queue:
    """A queue with two checkpoints."""
    monkeypatch.setattr(checkpoints, "EVERY_ROWS", 3)
    for low in (0, 3):
        for number in range(low, low + 3):
            alert = factories.raise_alert(queue, upstream, f"refund {number}")
            factories.judge(alert, rhea, Value.ACCURATE if number % 2 else Value.FALSE_POSITIVE)
        learn(queue_id=queue.pk, now=NOON + timedelta(hours=low))
    return queue


def rows_of(page: HttpResponse) -> dict[int, str]:
    """What the page says of each checkpoint, by position."""
    rows = re.findall(r'<tr[^>]*><th scope="row">(\d+)</th>(.*?)</tr>', page.content.decode(), re.DOTALL)
    said = re.compile(r"Back to here|in force|held back")
    return {int(position): said.search(rest)[0] for position, rest in rows if said.search(rest)}  # type: ignore[index]


def address(queue: Queue, deed: str = "") -> str:
    return reverse("lead:model_act", args=[queue.slug, deed]) if deed else reverse("lead:model", args=[queue.slug])


@pytest.fixture
def leading(client: Client, lena: User) -> Client:
    client.force_login(lena)
    return client


class TestNumbers:
    def test_are_rounded_as_in_a_table(self) -> None:
        assert (words.auc(0.8349), words.plain_number(0.996), words.plain_number(19.96)) == ("0.835", "1.00", "20.0")
        assert (words.share(0.1296), words.share(0.0096)) == ("13 %", "1.0 %")
        assert words.size(1_990) == "2 kB"
        assert "AUC 0.835" in words.generation({"learnt": 9, "digest": "d"}, {"auc": 0.8346})[1]
        assert words.difference(Difference(0.8346, 0.8396, 0.0, 0.01), 3).startswith("0.835 → 0.840")


class TestThePage:
    def test_a_new_queue_has_one_too(self, leading: Client, queue: Queue) -> None:
        page = leading.get(address(queue)).content.decode()
        assert "nothing learnt yet" in page and "leans on the upstream score" in page

    def test_it_tells_what_moved_from_where_to_where(self, leading: Client, queue: Queue, alarm: DriftAlarm) -> None:
        page = leading.get(address(queue)).content.decode()
        assert "share of channel = app: 12 % → 41 %" in page and "I have seen this" in page

    def test_it_shows_the_passport_and_the_memory(self, leading: Client, taught: Queue) -> None:
        page = leading.get(address(taught)).content.decode()
        assert "every verdict is in" in page and " of the prior is left" in page and "bound: 60 MB" in page

    def test_it_costs_a_bounded_number_of_queries(
        self, leading: Client, taught: Queue, alarm: DriftAlarm, django_assert_max_num_queries: object
    ) -> None:
        leading.get(address(taught))
        with django_assert_max_num_queries(40):  # type: ignore[operator]
            leading.get(address(taught))


class TestGenerations:
    def generation(self, queue: Queue, learnt: int, since: int | None, hours: int = 0) -> Generation:
        made = Generation.objects.create(
            configuration=configuration_of(queue.pk), learnt=learnt, chain=f"{learnt}/{since}", payload=b"",
            digest=f"d{learnt}", trained_at=NOON + timedelta(hours=hours),
        )  # fmt: skip
        if since is not None:
            amending.adopt(queue=queue, generation=made, since=since, now=NOON)
        return made

    def test_the_last_adopted_comes_first_however_little_it_learnt(self, queue: Queue) -> None:
        for hours, (learnt, since) in enumerate([(60, 60), (240, 240), (120, 300), (480, None)]):
            self.generation(queue, learnt, since, hours)
        lines = past_of(queue.pk, {"learnt": 120, "digest": "d120"}).generations
        assert [(one.generation.learnt, one.since) for one in lines] == [(480, None), (120, 300), (240, 240), (60, 60)]
        assert [one.generation.learnt for one in lines if one.in_force] == [120]

    def test_the_one_in_force_is_among_them_however_old(self, queue: Queue) -> None:
        for number in range(RECENT + 2):
            self.generation(queue, 10 + number, 10 + number, number)
        lines = past_of(queue.pk, {"learnt": 10, "digest": "d10"}).generations
        assert len(lines) == RECENT + 1 and lines[-1].in_force and lines[0].since == 10 + RECENT + 1
        assert not any(one.in_force for one in past_of(queue.pk, None).generations)


class TestWhoMaySee:
    @pytest.mark.parametrize("name", ["rhea", "ada", "mallory"])
    def test_for_others_it_does_not_exist(
        self, name: str, client: Client, queue: Queue, rhea: User, ada: User, mallory: User
    ) -> None:
        client.force_login(User.objects.get(username=name))
        assert client.get(address(queue)).status_code == 404
        assert client.post(address(queue, "challenge"), {"preset": "only_text"}).status_code == 404
        assert not Challenger.objects.exists()

    def test_a_stranger_is_asked_to_log_in(self, client: Client, queue: Queue) -> None:
        assert client.get(address(queue)).status_code == 302

    def test_nothing_is_changed_by_reading(self, leading: Client, queue: Queue) -> None:
        assert leading.get(address(queue, "challenge")).status_code == 405

    def test_an_unknown_deed_does_not_exist(self, leading: Client, queue: Queue) -> None:
        assert leading.post(address(queue, "explode")).status_code == 404

    def test_another_queues_alarm_does_not_exist(
        self, leading: Client, queue: Queue, other_queue: Queue, alarm: DriftAlarm
    ) -> None:
        DriftAlarm.objects.update(queue=other_queue)
        assert leading.post(address(queue, "acknowledge"), {"alarm": alarm.pk}).status_code == 404
        assert DriftAlarm.objects.get().acknowledged_at is None

    @pytest.mark.parametrize("number", ["", "x", "9" * 40])
    def test_a_number_that_is_none_does_not_exist(self, leading: Client, taught: Queue, number: str) -> None:
        assert leading.post(address(taught, "roll-back"), {"position": number, "note": "x"}).status_code == 404


class TestDeeds:
    def test_an_alarm_is_acknowledged(self, leading: Client, queue: Queue, alarm: DriftAlarm, lena: User) -> None:
        leading.post(address(queue, "acknowledge"), {"alarm": alarm.pk})
        alarm.refresh_from_db()
        assert alarm.acknowledged_by == lena

    def test_a_challenger_is_started_and_dropped(self, leading: Client, taught: Queue) -> None:
        leading.post(address(taught, "challenge"), {"preset": "remember_longer"})
        challenger = Challenger.objects.get(queue=taught)
        assert "Remember longer" in leading.get(address(taught)).content.decode()
        leading.post(address(taught, "drop"), {"challenger": challenger.pk})
        challenger.refresh_from_db()
        assert challenger.ended == "dropped"

    def test_a_challenger_has_a_number_and_says_what_differs(self, leading: Client, taught: Queue) -> None:
        leading.post(address(taught, "challenge"), {"preset": "forget_faster"})
        leading.post(address(taught, "drop"), {"challenger": Challenger.objects.get().pk})
        leading.post(address(taught, "challenge"), {"preset": "forget_faster"})
        page = leading.get(address(taught)).content.decode()
        assert "<strong>Forget faster (version 3)</strong> learns beside" in page
        assert "Forget faster (version 2), dropped on" in page
        row = r"<code>counts_span</code></th><td[^>]*>250</td><td[^>]*>500</td>"
        assert re.search(row, page) and "counts_span 500 → 250" in page

    def test_what_is_in_force_is_not_offered(self, leading: Client, taught: Queue) -> None:
        page = leading.get(address(taught)).content.decode()
        assert re.findall(r'value="(\w+)" required disabled', page) == ["todays_defaults"]
        answer = leading.post(address(taught, "challenge"), {"preset": "todays_defaults"})
        assert answer.status_code == 409 and "choose something else to try" in answer.content.decode()
        assert not Challenger.objects.exists()

    def test_configurations_that_reigned_say_how_they_differ(
        self, leading: Client, taught: Queue, upstream: Scorer
    ) -> None:
        leading.post(address(taught, "challenge"), {"preset": "without_text"})
        compared(Challenger.objects.get(), upstream)
        leading.post(address(taught, "promote"), {"challenger": Challenger.objects.get().pk})
        page = leading.get(address(taught)).content.decode()
        assert "Without the text (version 2), frozen on" in page and "Version 1, frozen on" in page
        assert "In force → this one: max_text_ids 0 → " in page

    def test_a_challenger_is_promoted_and_the_old_one_taken_back(
        self, leading: Client, taught: Queue, upstream: Scorer
    ) -> None:
        leading.post(address(taught, "challenge"), {"preset": "only_text"})
        compared(Challenger.objects.get(), upstream)
        assert "Put it in force" in leading.get(address(taught)).content.decode()
        leading.post(address(taught, "promote"), {"challenger": Challenger.objects.get().pk})
        assert "version 2" in leading.get(address(taught)).content.decode()
        leading.post(address(taught, "put-in-force"), {"version": 1})
        assert "version 1" in leading.get(address(taught)).content.decode()

    def test_a_challenger_without_a_comparison_is_not_put_in_force(self, leading: Client, taught: Queue) -> None:
        leading.post(address(taught, "challenge"), {"preset": "only_text"})
        assert "Put it in force" not in leading.get(address(taught)).content.decode()
        answer = leading.post(address(taught, "promote"), {"challenger": Challenger.objects.get().pk})
        assert answer.status_code == 409
        assert answer.content.decode().count("Too few judged alerts have both scores") == 2  # refused, and explained
        assert Challenger.objects.get().ended_at is None

    def test_a_preset_that_does_not_exist_is_refused(self, leading: Client, queue: Queue) -> None:
        answer = leading.post(address(queue, "challenge"), {"preset": "x"}, follow=True).content.decode()
        assert "Choose what the challenger should try." in answer and not Challenger.objects.exists()

    def test_the_model_is_taken_back_to_a_checkpoint_and_its_verdicts_let_in_again(
        self, leading: Client, taught: Queue
    ) -> None:
        first = Checkpoint.objects.filter(queue=taught).order_by("position")[0]
        leading.post(address(taught, "roll-back"), {"position": first.position, "note": "a bad import"})
        hold = Amendment.objects.get(queue=taught, kind="hold_back")
        assert (hold.since, hold.until, hold.note) == (first.position, head_of(taught.pk), "a bad import")
        page = leading.get(address(taught)).content.decode()
        assert "are held back" in page and "a bad import" in page
        assert f"<h1>{taught.title}: 1 stretch of verdicts is held back</h1>" in page
        assert "up to date" not in page and "every verdict is in" not in page
        leading.post(address(taught, "let-in"), {"hold": hold.number})
        assert "are held back" not in leading.get(address(taught)).content.decode()

    def test_the_checkpoint_in_force_is_marked_and_only_what_does_something_is_offered(
        self, leading: Client, taught: Queue
    ) -> None:
        first, last = Checkpoint.objects.filter(queue=taught).order_by("position").values_list("position", flat=True)
        assert rows_of(leading.get(address(taught))) == {first: "Back to here", last: "in force"}
        leading.post(address(taught, "roll-back"), {"position": first, "note": "a bad import"})
        page = leading.get(address(taught))
        assert rows_of(page) == {first: "in force", last: "held back"}
        assert f"the model at position {first}; {first + 1} to {last} are held back" in page.content.decode()

    def test_what_comes_after_a_rollback_can_be_taken_back_too(
        self, leading: Client, taught: Queue, upstream: Scorer, rhea: User
    ) -> None:
        first = Checkpoint.objects.filter(queue=taught).order_by("position")[0].position
        leading.post(address(taught, "roll-back"), {"position": first, "note": "a bad import"})
        factories.judge(factories.raise_alert(taught, upstream), rhea)
        assert rows_of(leading.get(address(taught)))[first] == "Back to here"

    def test_to_where_the_model_stands_already_is_refused(self, leading: Client, taught: Queue) -> None:
        first = Checkpoint.objects.filter(queue=taught).order_by("position")[0]
        for _ in range(2):
            answer = leading.post(
                address(taught, "roll-back"), {"position": first.position, "note": "a bad import"}, follow=True
            )
        assert "the model stands there already" in answer.content.decode()
        assert Amendment.objects.filter(kind="hold_back").count() == 1

    def test_a_rollback_needs_a_reason_and_says_so_beside_the_field(self, leading: Client, taught: Queue) -> None:
        first = Checkpoint.objects.filter(queue=taught).order_by("position")[0]
        answer = leading.post(address(taught, "roll-back"), {"position": first.position, "note": "  "})
        page = answer.content.decode()
        assert answer.status_code == 409 and page.count("Say why: others will ask.") == 1
        assert re.search(
            r'<input id="note"[^>]* aria-invalid="true" aria-describedby="note_error"[^>]*><p[^>]*>Say', page
        )
        assert not Amendment.objects.filter(kind="hold_back").exists()

    def test_a_position_without_a_checkpoint_does_not_exist(self, leading: Client, taught: Queue) -> None:
        assert leading.post(address(taught, "roll-back"), {"position": 2, "note": "x"}).status_code == 404


class TestTheAdmin:
    def test_a_configuration_is_read_with_what_each_parameter_means(self, admin_client: Client, taught: Queue) -> None:
        stored = taught.model_configurations.get()
        page = admin_client.get(f"/admin/scoring/modelconfiguration/{stored.pk}/change/").content.decode()
        assert "drift_variance" in page and "past labels kept" in page

    @pytest.mark.parametrize("table", ["challenger", "generation", "amendment", "driftalarm", "checkpoint"])
    def test_every_table_of_the_life_cycle_opens(self, admin_client: Client, taught: Queue, table: str) -> None:
        assert admin_client.get(f"/admin/scoring/{table}/").status_code == 200
        assert admin_client.get(f"/admin/scoring/{table}/add/").status_code == 403
