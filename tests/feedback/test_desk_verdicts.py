"""Verdicts on the desk, through its addresses, as plain forms: given, refused, changed, taken back."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from feedback.desk.judged import judged_by, last_judged
from feedback.models import Alert, LedgerEntry, Membership, OpenAlert, Queue, Role, Scorer, Source, Value
from feedback.selectors import label_of_alert
from tests import factories
from tests.feedback.test_desk import at_desk, decide, hidden

pytestmark = pytest.mark.django_db


def undo(client: Client, entry: LedgerEntry) -> str:
    """The page that follows an undo."""
    sent = {"decision_id": uuid.uuid4()}
    return client.post(f"/verdicts/{entry.decision_id}/undo/", sent, follow=True).content.decode()


class TestVerdict:
    def test_is_written_to_the_ledger_with_its_reason_and_note(self, alert: Alert, rhea: User) -> None:
        decide(at_desk(rhea), alert, "false_positive", reason="misread", note="a joke")
        entry = LedgerEntry.objects.get()
        assert (entry.value, entry.reason, entry.note) == ("false_positive", "misread", "a joke")
        assert (entry.judge, entry.source, entry.blind) == (rhea, Source.REP, False)

    def test_leads_to_the_next_alert_with_a_receipt(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        first, second = (factories.raise_alert(queue, upstream, upstream_score=score) for score in (0.9, 0.5))
        client = at_desk(rhea)
        past = hidden(client.get("/queues/churn/").content.decode(), "past")
        answer = client.post(
            f"/alerts/{first.pk}/verdict/",
            {"value": "accurate", "decision_id": uuid.uuid4(), "past": past},
            follow=True,
        )
        page = answer.content.decode()
        assert f"{second.customer} may leave" in page
        assert f"Accurate · {first.customer} · " in page
        assert f'action="/verdicts/{LedgerEntry.objects.get().decision_id}/undo/"' in page

    def test_on_an_audited_alert_is_recorded_as_blind(self, alert: Alert, rhea: User) -> None:
        OpenAlert.objects.filter(alert=alert).update(blind=True)
        decide(at_desk(rhea), alert)
        assert LedgerEntry.objects.get().blind

    def test_sent_twice_is_one_verdict(self, alert: Alert, rhea: User) -> None:
        client, decision_id = at_desk(rhea), uuid.uuid4()
        for _ in range(2):
            assert decide(client, alert, decision_id=decision_id).status_code == 302
        assert LedgerEntry.objects.count() == 1

    def test_on_an_alert_that_somebody_judged_meanwhile_is_held_back_with_both_ways_out(
        self, alert: Alert, rhea: User, tom: User
    ) -> None:
        toms = factories.judge(alert, tom)
        answer = decide(at_desk(rhea), alert, "false_positive", note="typed with care")
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "Someone judged this alert while you had it open" in page
        assert "Tom" in page
        assert "typed with care" in page
        assert hidden(page, "seen") == str(toms.decision_id)
        assert LedgerEntry.objects.count() == 1

    def test_given_anyway_is_recorded_beside_the_one_that_was_seen(self, alert: Alert, rhea: User, tom: User) -> None:
        toms = factories.judge(alert, tom)
        decide(at_desk(rhea), alert, "false_positive", seen=toms.decision_id)
        assert list(LedgerEntry.objects.values_list("judge__username", "source")) == [("tom", "rep"), ("rhea", "rep")]

    def test_of_a_lead_over_a_reps_adjudicates(self, alert: Alert, tom: User, lena: User) -> None:
        toms = factories.judge(alert, tom)
        decide(at_desk(lena), alert, "false_positive", seen=toms.decision_id)
        assert LedgerEntry.objects.latest("position").source == Source.LEAD

    def test_of_a_lead_who_thinks_an_adjudication_over_adjudicates_again(
        self, alert: Alert, tom: User, lena: User
    ) -> None:
        client = at_desk(lena)
        decide(client, alert, "false_positive", seen=factories.judge(alert, tom).decision_id)
        decide(client, alert, "accurate", seen=LedgerEntry.objects.latest("position").decision_id)
        label = label_of_alert(alert)
        assert label is not None
        assert label.accurate

    def test_with_the_id_of_another_decision_is_refused(self, alert: Alert, rhea: User) -> None:
        client, decision_id = at_desk(rhea), uuid.uuid4()
        decide(client, alert, "accurate", decision_id=decision_id)
        assert decide(client, alert, "false_positive", decision_id=decision_id).status_code == 409
        assert LedgerEntry.objects.get().value == "accurate"

    @pytest.mark.parametrize(
        "fields",
        [
            {"value": "maybe"},
            {"decision_id": "x"},
            {"reason": "x"},
            {"note": "n" * 2001},
            {"note": "a\0b"},
            {"seen": "x"},
        ],
    )
    def test_that_cannot_be_read_is_refused_and_nothing_is_written(
        self, alert: Alert, rhea: User, fields: dict[str, str]
    ) -> None:
        answer = at_desk(rhea).post(
            f"/alerts/{alert.pk}/verdict/", {"value": "accurate", "decision_id": uuid.uuid4(), **fields}
        )
        assert answer.status_code == 422
        assert not LedgerEntry.objects.exists()

    def test_that_was_too_long_keeps_what_was_typed(self, alert: Alert, rhea: User) -> None:
        page = decide(at_desk(rhea), alert, note="n" * 2001).content.decode()
        assert "keep it under 2000 characters" in page
        assert "n" * 2001 in page

    def test_needs_the_token_of_our_own_page(self, alert: Alert, rhea: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(rhea)
        assert decide(client, alert).status_code == 403
        assert not LedgerEntry.objects.exists()


class TestUndo:
    def test_of_an_undo_is_not_found(self, alert: Alert, rhea: User) -> None:
        client, entry = at_desk(rhea), factories.judge(alert, rhea)
        undo(client, entry)
        taken_back = LedgerEntry.objects.get(retracts=entry)
        answer = client.post(f"/verdicts/{taken_back.decision_id}/undo/", {"decision_id": uuid.uuid4()})
        assert answer.status_code == 404
        assert LedgerEntry.objects.count() == 2

    def test_opens_the_alert_again_and_says_so(self, alert: Alert, rhea: User) -> None:
        entry = factories.judge(alert, rhea)
        page = at_desk(rhea).post(f"/verdicts/{entry.decision_id}/undo/", {"decision_id": uuid.uuid4()}, follow=True)
        assert f"Taken back: accurate · {alert.customer} · " in page.content.decode()
        assert OpenAlert.objects.filter(alert=alert).exists()

    def test_sent_twice_takes_back_once(self, alert: Alert, rhea: User) -> None:
        entry, client, undo = factories.judge(alert, rhea), at_desk(rhea), {"decision_id": uuid.uuid4()}
        for _ in range(2):
            assert client.post(f"/verdicts/{entry.decision_id}/undo/", undo).status_code == 302
        assert LedgerEntry.objects.count() == 2

    def test_of_what_was_taken_back_before_changes_nothing(self, alert: Alert, rhea: User) -> None:
        entry, client = factories.judge(alert, rhea), at_desk(rhea)
        client.post(f"/verdicts/{entry.decision_id}/undo/", {"decision_id": uuid.uuid4()})
        assert client.post(f"/verdicts/{entry.decision_id}/undo/", {"decision_id": uuid.uuid4()}).status_code == 409
        assert LedgerEntry.objects.count() == 2

    def test_takes_it_out_of_what_was_judged_today(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        alert, _other = (factories.raise_alert(queue, upstream) for _ in range(2))
        client = at_desk(rhea)
        decide(client, alert, "accurate")
        assert "1 judged · 1 left" in client.get("/queues/churn/").content.decode()
        client.post(f"/verdicts/{LedgerEntry.objects.get().decision_id}/undo/", {"decision_id": uuid.uuid4()})
        assert "0 judged · 2 left" in client.get("/queues/churn/").content.decode()

    def test_goes_on_with_the_one_before_and_says_when_there_is_none(
        self, queue: Queue, upstream: Scorer, rhea: User
    ) -> None:
        alerts, client = [factories.raise_alert(queue, upstream) for _ in range(3)], at_desk(rhea)
        for alert in alerts:
            decide(client, alert, "accurate")
        entries = list(LedgerEntry.objects.order_by("-position"))
        for entry, before in zip(entries, [*entries[1:], None], strict=True):
            page = undo(client, entry)
            assert f"Taken back: accurate · {entry.alert.customer}" in page
            offered = re.findall(r'action="/verdicts/([\w-]+)/undo/"[^>]*hx-target="#alert"[^>]*>.*?Backspace', page)
            assert offered == ([str(before.decision_id)] if before else [])
        assert "Nothing more of today to take back." in page
        assert OpenAlert.objects.count() == 3

    def test_goes_no_further_than_today(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        old, new = (factories.raise_alert(queue, upstream) for _ in range(2))
        factories.judge(old, rhea, now=timezone.now() - timedelta(days=1, hours=2))
        page = undo(at_desk(rhea), factories.judge(new, rhea, now=timezone.now()))
        assert "Nothing more of today to take back." in page

    def test_past_midnight_goes_back_an_hour(self, alert: Alert, rhea: User, settings: Any) -> None:
        settings.TIME_ZONE, midnight = "UTC", factories.NOON + timedelta(hours=12)
        entry = factories.judge(alert, rhea, now=midnight - timedelta(minutes=50))
        assert last_judged(rhea, alert.queue, midnight + timedelta(minutes=10)) == entry
        assert last_judged(rhea, alert.queue, midnight + timedelta(minutes=11)) is None

    def test_goes_on_with_nothing_of_a_colleague_s_nor_of_another_role(
        self, queue: Queue, upstream: Scorer, rhea: User, tom: User
    ) -> None:
        Membership.objects.create(queue=queue, user=rhea, role=Role.LABELER)
        toms, labeled, own = (factories.raise_alert(queue, upstream) for _ in range(3))
        factories.judge(toms, tom, now=timezone.now())
        factories.judge(labeled, rhea, source=Source.LABELER, now=timezone.now())
        assert "Nothing more of today" in undo(at_desk(rhea), factories.judge(own, rhea, now=timezone.now()))

    def test_of_another_reps_verdict_is_refused(self, alert: Alert, rhea: User, tom: User) -> None:
        entry = factories.judge(alert, tom)
        answer = at_desk(rhea).post(f"/verdicts/{entry.decision_id}/undo/", {"decision_id": uuid.uuid4()})
        assert answer.status_code == 409
        assert "its author or a lead can take it back" in answer.content.decode()
        assert LedgerEntry.objects.count() == 1


class TestMyVerdicts:
    def test_are_listed_newest_first_with_what_became_of_them(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        older, newer = (factories.raise_alert(queue, upstream) for _ in range(2))
        factories.judge(older, rhea)
        factories.judge(newer, rhea, Value.FALSE_POSITIVE, now=factories.NOON + timedelta(hours=2))
        page = at_desk(rhea).get("/queues/churn/judged/").content.decode()
        assert page.index(str(newer.customer)) < page.index(str(older.customer))

    def test_say_for_what_reason_and_with_what_note(self, alert: Alert, rhea: User) -> None:
        factories.judge(alert, rhea, Value.FALSE_POSITIVE, reason="handled", note="last week")
        page = at_desk(rhea).get("/queues/churn/judged/").content.decode()
        assert "already handled — “last week”" in page

    def test_hold_nobody_elses(self, alert: Alert, rhea: User, tom: User) -> None:
        factories.judge(alert, tom)
        assert "No verdict yet" in at_desk(rhea).get("/queues/churn/judged/").content.decode()

    def test_can_be_changed_in_place(self, alert: Alert, rhea: User) -> None:
        entry = factories.judge(alert, rhea)
        answer = decide(at_desk(rhea), alert, "false_positive", seen=entry.decision_id, back="judged")
        assert answer["Location"] == "/queues/churn/judged/"
        assert "replaced by a later verdict" in at_desk(rhea).get("/queues/churn/judged/").content.decode()

    def test_are_paged_without_losing_one_that_was_clicked_first_and_written_last(
        self, queue: Queue, upstream: Scorer, rhea: User
    ) -> None:
        clicked = [*range(1, 34), 0]
        for minute in clicked:
            judged = factories.judge(
                factories.raise_alert(queue, upstream), rhea, now=factories.NOON + timedelta(minutes=minute)
            )
        pages = [judged_by(user=rhea, slug=queue.slug)]
        pages.append(judged_by(user=rhea, slug=queue.slug, before=pages[0].next))
        rows = [row for page in pages for row in page.rows]
        assert (len(rows), rows[-1].entry) == (34, judged)

    def test_are_paged_without_repeating_any(self, queue: Queue, upstream: Scorer, rhea: User) -> None:
        for minute in range(35):
            factories.judge(
                factories.raise_alert(queue, upstream), rhea, now=factories.NOON + timedelta(minutes=minute)
            )
        client = at_desk(rhea)
        first = client.get("/queues/churn/judged/").content.decode()
        second = client.get(
            "/queues/churn/judged/" + re.findall(r'rel="next" href="([^"]+)"', first)[0]
        ).content.decode()
        alerts = [re.findall(r"\?alert=(\d+)", page) for page in (first, second)]
        assert [len(page) for page in alerts] == [30, 5]
        assert len({*alerts[0], *alerts[1]}) == 35
