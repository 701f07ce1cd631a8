"""What the ledger says of those who wrote it."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import Max, OuterRef, Subquery

from feedback import rules
from feedback.models import LedgerEntry, Queue, Source, Value
from feedback.selectors import head_of
from feedback.services.ledger import facts_of
from scoring.models import Amendment, AmendmentKind, Suspect, Vetting
from scoring.trust.gate import Sighting
from scoring.trust.judges import Opinion

# Ledger rows in which the gate looks for a judge's verdicts, and in which comparable alerts are looked for: bounds what
# a look costs however long the ledger is.
LATELY, COMPARED = 3_000, 20_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """What there is to judge the judges by.

    `sightings`: verdicts in order of position. `opinions` are on alerts that can be compared; `known` are certain.
    """

    position: int
    sightings: list[Sighting]
    opinions: list[Opinion]
    known: dict[Hashable, bool]


# A verdict that was taken back, or replaced by the same person, is none; of a labeler's check the first answer counts,
# for it is marked as one afterwards. The first exposure is the model's opinion from before anybody judged the alert.
_SIGHTINGS = """
    WITH tail AS (
        SELECT id, position, alert_id, judge_id, source, value, is_check,
               is_check AND source = 'labeler' AS first_counts,
               EXTRACT(EPOCH FROM recorded_at - lag(recorded_at) OVER (PARTITION BY judge_id ORDER BY position))::float8
                   AS gap,
               row_number() OVER (PARTITION BY judge_id, source, alert_id ORDER BY
                   CASE WHEN is_check AND source = 'labeler' THEN position ELSE -position END) AS turn
        FROM feedback_ledgerentry
        WHERE queue_id = %(queue)s AND position > %(low)s AND kind = 'verdict' AND source IN ('rep', 'labeler')
            AND judge_id IS NOT NULL
    )
    SELECT tail.position, tail.judge_id, tail.value = 'accurate', exposure.probability, tail.gap, tail.alert_id,
           tail.is_check, exposure.position
    FROM tail CROSS JOIN LATERAL (
        SELECT probability, position FROM feedback_exposure WHERE alert_id = tail.alert_id ORDER BY id LIMIT 1
    ) AS exposure
    WHERE turn = 1 AND value <> 'unsure'
        AND (first_counts OR NOT EXISTS (SELECT 1 FROM feedback_ledgerentry AS back WHERE back.retracts_id = tail.id))
    ORDER BY tail.position
"""

_COMPARABLE = """
    SELECT alert_id FROM feedback_ledgerentry
    WHERE queue_id = %(queue)s AND position > %(low)s AND kind = 'verdict'
    GROUP BY alert_id HAVING count(DISTINCT (judge_id, scorer_id)) > 1
"""


def evidence_of(queue_id: int) -> Evidence:
    """Everything that the last verdicts of a queue say about its judges."""
    head = head_of(queue_id)
    facts = _facts_compared(queue_id, max(0, head - COMPARED))
    certain = {pk: rules.certain_answer(known) for pk, known in facts.items()}
    return Evidence(
        head,
        _sightings(queue_id, max(0, head - LATELY), facts),
        [one for pk, known in sorted(facts.items()) for one in _opinions(pk, known)],
        {pk: answer for pk, answer in certain.items() if answer is not None and _by_lead_or_outcome(facts[pk])},
    )


def _facts_compared(queue_id: int, low: int) -> dict[int, list[rules.Fact]]:
    """Every fact about the alerts that more than one has judged."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARABLE, {"queue": queue_id, "low": low})
        ids = [alert_id for (alert_id,) in cursor.fetchall()]
    entries: dict[int, list[LedgerEntry]] = {alert_id: [] for alert_id in ids}
    for entry in LedgerEntry.objects.filter(alert_id__in=ids).order_by("position"):
        entries[entry.alert_id].append(entry)
    return {alert_id: facts_of(rows) for alert_id, rows in entries.items()}


def _sightings(queue_id: int, low: int, facts: Mapping[int, list[rules.Fact]]) -> list[Sighting]:
    with connection.cursor() as cursor:
        cursor.execute(_SIGHTINGS, {"queue": queue_id, "low": low})
        return [
            Sighting(
                position,
                judge,
                said,
                probability,
                rules.certain_answer(facts.get(alert_id, ()), judge),
                gap,
                check,
                learnt,
            )
            for position, judge, said, probability, gap, alert_id, check, learnt in cursor.fetchall()
        ]


def _opinions(alert_id: int, facts: list[rules.Fact]) -> list[Opinion]:
    """What reps and labelers say of an alert, a person once: a labeler's answer before a rep's, a check before both."""
    said = {
        fact.judge: fact.value == Value.ACCURATE
        for source in (Source.REP, Source.LABELER)
        for fact in rules.effective_verdicts(rules.votes(facts))
        if fact.source == source and fact.value != Value.UNSURE
    }
    said.update(
        {judge: value == Value.ACCURATE for judge, value in rules.checked(facts).items() if value != Value.UNSURE}
    )
    return [Opinion(alert_id, judge, accurate) for judge, accurate in said.items()]


def _by_lead_or_outcome(facts: list[rules.Fact]) -> bool:
    """Labelers who agree are sure enough to test a rep by; among themselves they are opinions like others."""
    return any(fact.source in (Source.LEAD, Source.OUTCOME) for fact in rules.effective_verdicts(facts))


def weights_in_force(queue_id: int) -> dict[Hashable, float]:
    """What labels of each judge weigh by the amendments, 1 where a judge is not named."""
    rows = Amendment.objects.filter(queue_id=queue_id, kind=AmendmentKind.WEIGH).order_by("number")
    return {int(judge): weight for row in rows for judge, weight in row.weights.items()}


def weighed_at(queue_id: int) -> int | None:
    """The position from which the newest weights count; None where there are none."""
    rows = Amendment.objects.filter(queue_id=queue_id, kind=AmendmentKind.WEIGH)
    return rows.order_by("-number").values_list("since", flat=True).first()


def holds_in_force(queue_id: int) -> list[Amendment]:
    """The holds that no lead has ended, oldest first."""
    holds = Amendment.objects.filter(queue_id=queue_id, kind=AmendmentKind.HOLD_BACK, ended_by__isnull=True)
    return list(holds.order_by("number"))


def counted(sightings: Collection[Sighting], holds: Collection[Amendment], ruled: Mapping[int, int]) -> list[Sighting]:
    """The sightings by which judges are tested: not what is held back, nor what a lead has ruled on."""
    return [
        one for one in sightings
        if one.position > ruled.get(int(str(one.judge)), 0) and not any(_is_held(hold, one) for hold in holds)
    ]  # fmt: skip


def ruled_until(queue_id: int) -> dict[int, int]:
    """The position up to which a lead has looked at a judge's verdicts, by judge."""
    ruled = Suspect.objects.filter(queue_id=queue_id, ruled_position__isnull=False)
    return dict(ruled.values_list("judge_id").annotate(Max("ruled_position")))


def queues_to_vet() -> list[int]:
    """The queues in which somebody said something since the judges were last looked at."""
    # A queue's newest row by its index: max() by queue reads every ledger whole, and the sweep asks every few seconds.
    head = LedgerEntry.objects.filter(queue=OuterRef("pk")).order_by("-position").values("position")[:1]
    seen = dict(Vetting.objects.values_list("queue_id", "position"))
    queues = Queue.objects.filter(throwaway=False).annotate(head=Subquery(head)).values_list("pk", "head")
    return sorted(pk for pk, position in queues if (position or 0) > seen.get(pk, 0))


def open_suspects(queue_id: int) -> list[Suspect]:
    """Who was held back and waits for a lead, newest first."""
    waiting = Suspect.objects.filter(queue_id=queue_id, ruling="").select_related("judge")
    return list(waiting.order_by("-noticed_at"))


def _is_held(hold: Amendment, one: Sighting) -> bool:
    inside = hold.since < one.position and (hold.until is None or one.position <= hold.until)
    return inside and (hold.judge_id is None or hold.judge_id == one.judge)
