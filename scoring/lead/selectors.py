"""Reads of the lead's page. Every one is bounded by its window, whatever the size of the queue."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Subquery, Sum

from feedback.models import Kind, LedgerEntry, Queue, Value
from scoring.anchoring import Verdicts
from scoring.evaluation import Block, Calibration, Ordering, calibration
from scoring.lead.periods import RECENT_WEEKS, days_until, midnight, seven_days_until, window
from scoring.models import (
    Amendment,
    AmendmentKind,
    FigureStanding,
    JudgedAlert,
    LearningBlock,
    PolicyVersion,
    Reranking,
    WeeklyAgreement,
    WeeklyFigure,
)
from scoring.sample import Cell, Counts, Sample, together

CALIBRATION_VERDICTS = 2_000
Agreements = dict[bool, dict[int, Verdicts]]
PACE_VERDICTS = 300  # of each person, newest first
PAUSE_SECONDS = 600  # a longer gap between two verdicts of a person is a pause, not work

_COUNTS = ("raised", "shown", "judged", "accurate")
_CELL = ("propensity", "tier", "band")


# (day, the person's id or None for an outcome, the verdict's value or "retracted", how many)
Activity = list[tuple[date, int | None, str, int]]


@dataclass(frozen=True, slots=True)
class Week:
    """What arrived in the week that began on a Monday."""

    monday: date
    sample: Sample
    said: float = 0.0  # the sum of the probabilities of the judged ones


@dataclass(frozen=True, slots=True)
class ScorerFigures:
    """What one version of a scorer raised within the window."""

    name: str
    version: str
    sample: Sample


@dataclass(slots=True)
class QueueFigures:
    """A queue's weekly counts: `weeks` has every week of the window, oldest first, empty ones too."""

    weeks: list[Week]
    scorers: list[ScorerFigures] = field(default_factory=list)

    @property
    def recent(self) -> Sample:
        """The last `RECENT_WEEKS` weeks with the running one."""
        return together(week.sample for week in self.weeks[-RECENT_WEEKS:])

    @property
    def whole(self) -> Sample:
        """All weeks of the window."""
        return together(week.sample for week in self.weeks)

    @property
    def rolling(self) -> list[Sample]:
        """For every week the `RECENT_WEEKS` weeks that end with it: audits are too rare for one week."""
        samples = [week.sample for week in self.weeks]
        return [together(samples[max(0, i - RECENT_WEEKS + 1) : i + 1]) for i in range(len(samples))]

    @property
    def earliest(self) -> Sample:
        """As many weeks from the first with a judged alert on; empty where they would reach into the recent ones."""
        begun = next((i for i, week in enumerate(self.weeks) if week.sample.total.judged), len(self.weeks))
        end = begun + RECENT_WEEKS
        return (
            together(week.sample for week in self.weeks[begun:end])
            if end <= len(self.weeks) - RECENT_WEEKS
            else Sample()
        )

    @property
    def earliest_monday(self) -> date | None:
        """The first week with a judged alert."""
        return next((week.monday for week in self.weeks if week.sample.total.judged), None)


@dataclass(frozen=True, slots=True)
class Day:
    """The verdicts recorded on a day, later retracted ones included, and the retractions."""

    day: date
    accurate: int = 0
    false_positive: int = 0
    unsure: int = 0
    retracted: int = 0

    @property
    def verdicts(self) -> int:
        """All verdicts of the day."""
        return self.accurate + self.false_positive + self.unsure


@dataclass(frozen=True, slots=True)
class PersonFigures:
    """What a person did in the last `RECENT_DAYS` days. `seconds`: the median between two verdicts, None if unknown."""

    name: str
    verdicts: int
    accurate: int
    decided: int
    retractions: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a queue stands: its policy, the ledger's head, and how far model and figures have followed it.

    `held_back`: whether verdicts before the head do not count, after a roll-back or of a judge who was held back.
    """

    policy: PolicyVersion | None
    head: int
    model_position: int
    figures_position: int
    stale_weeks: int
    counted_at: datetime | None
    held_back: bool


def figures_of(queue_ids: Collection[int], now: datetime) -> dict[int, QueueFigures]:
    """The weekly counts of the queues, in one query."""
    weeks = window(now)
    by_week: dict[tuple[int, date], list[Sample]] = defaultdict(list)
    by_scorer: dict[tuple[int, str, str], list[Sample]] = defaultdict(list)
    said: Counter[tuple[int, date]] = Counter()
    rows = WeeklyFigure.objects.filter(queue_id__in=queue_ids, week__gte=weeks[0], week__lte=weeks[-1])
    for queue_id, week, name, version, told, *numbers in rows.values_list(
        "queue_id", "week", "scorer__name", "scorer_version", "said", *_CELL, *_COUNTS
    ):
        propensity, tier, band, *counts = numbers
        sample = Sample({Cell(propensity, tier, band, week.toordinal()): Counts(*counts)})
        by_week[queue_id, week].append(sample)
        by_scorer[queue_id, name, version].append(sample)
        said[queue_id, week] += told
    figures = {
        pk: QueueFigures([Week(week, together(by_week[pk, week]), said[pk, week]) for week in weeks])
        for pk in queue_ids
    }
    for (queue_id, name, version), samples in by_scorer.items():
        figures[queue_id].scorers.append(ScorerFigures(name, version, together(samples)))
    for each in figures.values():
        each.scorers.sort(key=lambda row: (-row.sample.total.raised, row.name, row.version))
    return figures


def agreements_of(queue_id: int, now: datetime) -> Agreements:
    """The verdicts of reps in the window by band of probability, apart by whether they were blind."""
    weeks = window(now)
    rows = WeeklyAgreement.objects.filter(queue_id=queue_id, week__gte=weeks[0], week__lte=weeks[-1])
    found: Agreements = {True: {}, False: {}}
    for blind, band, judged, accurate in rows.values_list("blind", "band").annotate(Sum("judged"), Sum("accurate")):
        found[blind][band] = Verdicts(judged, accurate)
    return found


def blocks_of(queue_id: int) -> list[Block]:
    """The stretches of the ledger, in order."""
    rows = LearningBlock.objects.filter(queue_id=queue_id).order_by("number").values_list(
        "judged", "accurate", "log_loss", "pairs", "concordant", "variance",
        "upstream_pairs", "upstream_concordant", "upstream_variance",
    )  # fmt: skip
    return [Block(*row[:3], Ordering(*row[3:6]), Ordering(*row[6:])) for row in rows]


def calibration_of(queue_id: int) -> Calibration:
    """The reliability of the newest `CALIBRATION_VERDICTS` labels' probabilities."""
    newest = JudgedAlert.objects.filter(queue_id=queue_id).order_by("-anchor")[:CALIBRATION_VERDICTS]
    rows = list(newest.values_list("probability", "accurate"))
    return calibration([row[0] for row in rows], [row[1] for row in rows])


_ACTIVITY = """
    SELECT (recorded_at AT TIME ZONE %(zone)s)::date, judge_id, COALESCE(NULLIF(value, ''), 'retracted'), count(*)
    FROM feedback_ledgerentry
    WHERE queue_id = %(queue)s AND recorded_at >= %(start)s AND recorded_at <= %(now)s
    GROUP BY 1, 2, 3
"""


def activity_of(queue_id: int, now: datetime) -> Activity:
    """Who wrote how much of what to the ledger in the last `RECENT_DAYS` days, day by day: one scan for all of it."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVITY, _recent(queue_id, now))
        return [(day, judge_id, value, count) for day, judge_id, value, count in cursor.fetchall()]


def days_of(activity: Activity, now: datetime) -> list[Day]:
    """The verdicts of each of the last `RECENT_DAYS` days, quiet ones too."""
    counts: dict[date, Counter[str]] = {day: Counter() for day in days_until(now)}
    for day, _judge_id, value, count in activity:
        counts[day][value] += count
    return [Day(day, **values) for day, values in counts.items()]


# The newest verdicts of each person only: the median of some hundred gaps is as good as that of ten thousand.
_PACES = """
    SELECT judge_id, percentile_cont(.5) WITHIN GROUP (ORDER BY gap) FILTER (WHERE gap <= %(pause)s)
    FROM unnest(%(judges)s::bigint[]) AS judges(judge_id)
    CROSS JOIN LATERAL (
        SELECT EXTRACT(EPOCH FROM recorded_at - lag(recorded_at) OVER (ORDER BY recorded_at))::float8 AS gap
        FROM (
            SELECT recorded_at FROM feedback_ledgerentry AS entry
            WHERE entry.judge_id = judges.judge_id AND queue_id = %(queue)s AND kind = 'verdict'
                AND recorded_at >= %(start)s AND recorded_at <= %(now)s
            ORDER BY recorded_at DESC LIMIT %(newest)s
        ) AS recent
    ) AS gaps
    GROUP BY judge_id
"""


def people_of(queue_id: int, activity: Activity, now: datetime) -> list[PersonFigures]:
    """What each person did in the last `RECENT_DAYS` days, most verdicts first."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for _day, judge_id, value, count in activity:
        if judge_id is not None:
            counts[judge_id][value] += count
    paces = _paces(queue_id, list(counts), now)
    people = get_user_model().objects.in_bulk(list(counts))
    rows = [_person(people[pk], counts[pk], paces.get(pk)) for pk in sorted(counts)]
    return sorted(rows, key=lambda row: -row.verdicts)


def _paces(queue_id: int, judges: list[int], now: datetime) -> dict[int, float | None]:
    """The median seconds between two verdicts of each person, pauses left out."""
    limits = {**_recent(queue_id, now), "judges": judges, "pause": PAUSE_SECONDS, "newest": PACE_VERDICTS}
    with connection.cursor() as cursor:
        cursor.execute(_PACES, limits)
        return dict(cursor.fetchall())


def _person(person: AbstractBaseUser, counts: Counter[str], seconds: float | None) -> PersonFigures:
    decided = counts[Value.ACCURATE] + counts[Value.FALSE_POSITIVE]
    verdicts = decided + counts[Value.UNSURE]
    return PersonFigures(_name_of(person), verdicts, counts[Value.ACCURATE], decided, counts["retracted"], seconds)


def _recent(queue_id: int, now: datetime) -> dict[str, int | str | datetime]:
    start = midnight(days_until(now)[0])
    return {"queue": queue_id, "start": start, "now": now, "zone": str(start.tzinfo)}


def standings_of(queues: Collection[Queue]) -> dict[int, Standing]:
    """Where each of the queues stands, in two queries."""
    ledger = LedgerEntry.objects.filter(queue=OuterRef("pk")).order_by("-position").values("position")[:1]
    model = Reranking.objects.filter(queue=OuterRef("pk")).order_by("-to_position").values("to_position")[:1]
    rows = Queue.objects.filter(pk__in=[queue.pk for queue in queues]).select_related("figure_standing")
    holds = Amendment.objects.filter(queue=OuterRef("pk"), kind=AmendmentKind.HOLD_BACK, ended_by=None)
    policies = {row.queue_id: row for row in PolicyVersion.objects.filter(queue__in=queues).order_by("version")}
    return {
        row.pk: _standing(row, policies.get(row.pk), row.head or 0, row.model or 0, row.held_back)
        for row in rows.annotate(head=Subquery(ledger), model=Subquery(model), held_back=Exists(holds))
    }


def _standing(queue: Queue, policy: PolicyVersion | None, head: int, model: int, held_back: bool) -> Standing:
    figures = getattr(queue, "figure_standing", None) or FigureStanding()
    counted = figures.position, len(figures.stale_weeks), figures.counted_at
    return Standing(policy, head, min(model, head), *counted, held_back)


def verdicts_in_seven_days(queue_ids: Collection[int], now: datetime) -> dict[int, int]:
    """How many verdicts each queue got in the last seven days, later retracted ones included."""
    recent = (seven_days_until(now), now)
    rows = LedgerEntry.objects.filter(queue_id__in=queue_ids, recorded_at__range=recent, kind=Kind.VERDICT)
    counts = dict(rows.order_by().values_list("queue_id").annotate(Count("pk")))
    return {queue_id: counts.get(queue_id, 0) for queue_id in queue_ids}


def _name_of(person: AbstractBaseUser) -> str:
    full_name = getattr(person, "get_full_name", str)()
    return full_name or person.get_username()
