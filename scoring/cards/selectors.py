"""Reads of a report card. Each is bounded by its window, whatever the number of alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter

from django.db.models import Min

from feedback import rules
from feedback.models import Alert, Queue
from feedback.selectors import entries_about
from feedback.services import facts_of
from scoring.amended import amendments_of
from scoring.batch import judge_many
from scoring.cards.reliability import Reliability, reliability
from scoring.cards.segments import Segment, weak_segments
from scoring.cards.trial import Trial
from scoring.cards.wording import Wording, tell_tale_wordings
from scoring.estimation import naive_precision, weighted_precision
from scoring.facts import facts_of_alert
from scoring.lead.periods import WINDOW_WEEKS, midnight, monday_of, window
from scoring.models import JudgedAlert, WeeklyFigure
from scoring.online_model import Reason
from scoring.replica import replica_of
from scoring.sample import Cell, Counts, Sample, together
from scoring.shares import Interval, Share, difference

NEWEST = 1_000  # judged alerts that a card looks into
CANDIDATES = 30  # false positives that today's model reads again
CLEAREST = 10
WORDS = 3  # reasons of each of these
WEEKS = WINDOW_WEEKS
UNCOUNTED = 5_000  # of a queue's newest alerts: looked at for a version that no worker has counted yet


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a scorer in a queue: its weeks, and what became of the alerts of the last `WEEKS`."""

    scorer_id: int
    scorer: str
    version: str
    first_week: date
    last_week: date
    sample: Sample

    @property
    def is_counted(self) -> bool:
        """False between a version's first alert and its first count, a minute or so later."""
        return self.sample.total.raised > 0

    @property
    def precision(self) -> Share:
        """Of all alerts raised, weighted by propensity."""
        return weighted_precision(self.sample)

    @property
    def naive(self) -> Share:
        """Of those that were shown and judged."""
        return naive_precision(self.sample)


@dataclass(frozen=True, slots=True)
class Example:
    """A false positive, and the words and values that weighed against it."""

    external_id: str
    probability: float
    upstream_score: float | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ReportCard:
    """All that a scorer's owner is told of one version. `looked_into`: the judged alerts behind the details."""

    version: Version
    versions: list[Version]
    previous: Version | None
    change: Interval | None
    looked_into: int
    reasons: list[tuple[str, int]]
    segments: list[Segment]
    wordings: list[Wording]
    examples: list[Example]
    reliability: Reliability | None
    previous_reliability: Reliability | None


def versions_of(queue_id: int, now: datetime, scorer_id: int | None = None) -> list[Version]:
    """The versions of the scorers (or of one) that raised alerts in the window, each scorer's newest first."""
    weeks = window(now)
    rows = WeeklyFigure.objects.filter(queue_id=queue_id, week__gte=weeks[0], week__lte=weeks[-1])
    if scorer_id is not None:
        rows = rows.filter(scorer_id=scorer_id)
    found: dict[tuple[str, int, str], list[tuple[date, Sample]]] = {}
    for name, pk, version, week, propensity, tier, band, *counts in rows.values_list(
        "scorer__name", "scorer_id", "scorer_version", "week", "propensity", "tier", "band",
        "raised", "shown", "judged", "accurate",
    ):  # fmt: skip
        sample = Sample({Cell(propensity, tier, band, week.toordinal()): Counts(*counts)})
        found.setdefault((name, pk, version), []).append((week, sample))
    made = [
        Version(pk, name, version, min(week for week, _ in of), max(week for week, _ in of),
                together(sample for _, sample in of))
        for (name, pk, version), of in found.items()
    ]  # fmt: skip
    return sorted(_newest_first(made), key=attrgetter("scorer"))


def card_of(*, queue: Queue, scorer_id: int, version: str | None, now: datetime) -> ReportCard | None:
    """The card of a version of a scorer, of the newest where none is named; None where it raised nothing of late.

    A version that nobody has counted yet has a card of zeros, and is no version to compare with.
    """
    counted = versions_of(queue.pk, now, scorer_id)
    versions = _newest_first([*counted, *_uncounted(queue.pk, scorer_id, counted, now)])
    own = next((one for one in versions if version is None or one.version == version), None)
    if own is None:
        return None
    trials = _trials(queue.pk, own)
    before = next((one for one in versions[versions.index(own) + 1 :] if one.is_counted), None)
    return ReportCard(
        version=own,
        versions=versions,
        previous=before,
        change=_change(own, before),
        looked_into=len(trials),
        reasons=_reasons(queue.pk, trials),
        segments=weak_segments(trials),
        wordings=tell_tale_wordings(trials),
        examples=_clearest(queue.pk, trials),
        reliability=reliability(trials),
        previous_reliability=reliability(_trials(queue.pk, before)) if before else None,
    )


def _newest_first(versions: Iterable[Version]) -> list[Version]:
    """By the week of their first alert in the window; of one week the last by name."""
    return sorted(versions, key=attrgetter("first_week", "version"), reverse=True)


def _uncounted(queue_id: int, scorer_id: int, counted: Sequence[Version], now: datetime) -> list[Version]:
    """The versions of a scorer whose first alerts have just arrived, as far as the queue's newest tell."""
    newest = Alert.objects.filter(queue_id=queue_id).order_by("-pk").values("pk")[:UNCOUNTED]
    found = Alert.objects.filter(pk__in=newest, scorer_id=scorer_id, received_at__gte=midnight(window(now)[0]))
    found = found.exclude(scorer_version__in=[one.version for one in counted])
    rows = found.values_list("scorer__name", "scorer_version").annotate(Min("received_at")).order_by()
    weeks = [(name, version, monday_of(first)) for name, version, first in rows]
    return [Version(scorer_id, name, version, week, week, Sample()) for name, version, week in weeks]


def _change(own: Version, before: Version | None) -> Interval | None:
    """The interval of the difference in precision; None where one of the two is not known."""
    if before is None or own.precision.value is None or before.precision.value is None:
        return None
    return difference(own.precision, before.precision)


def _trials(queue_id: int, version: Version) -> list[Trial]:
    """The newest judged alerts of a version that its policy showed, newest first."""
    rows = JudgedAlert.objects.filter(
        queue_id=queue_id, scorer_id=version.scorer_id, scorer_version=version.version, sampled=True
    ).order_by("-anchor")[:NEWEST]
    fields = ("alert_id", "alert__external_id", "accurate", "propensity", "upstream_score", "alert__text")
    return [
        Trial(pk, external_id, accurate, 1 / propensity, score, text, features)
        for pk, external_id, accurate, propensity, score, text, features in rows.values_list(*fields, "alert__features")
    ]


def _reasons(queue_id: int, trials: Sequence[Trial]) -> list[tuple[str, int]]:
    """How often each reason was given for the false positives, most often first; "" where none was.

    The one that each person gave last, where they still say so. What labelers were asked as a check is none, nor is
    what a judge who is held back said.
    """
    amendments = amendments_of(queue_id)
    about = entries_about(trial.alert_id for trial in trials if not trial.accurate).values()
    standing = (rules.effective_verdicts(rules.votes(amendments.believed(facts_of(entries)))) for entries in about)
    counts = Counter(fact.reason for facts in standing for fact in facts if fact.value == rules.FALSE_POSITIVE)
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def _clearest(queue_id: int, trials: Sequence[Trial]) -> list[Example]:
    """The false positives that today's model is surest of, with what weighed against them most.

    Only those that the model was surest of on arrival are read again: the cost does not grow with their number.
    """
    false = [trial.alert_id for trial in trials if not trial.accurate]
    newest = JudgedAlert.objects.filter(pk__in=false).order_by("probability")[:CANDIDATES]
    alerts = list(Alert.objects.filter(pk__in=newest.values("pk")).select_related("scorer", "customer"))
    if not alerts:
        return []
    with replica_of(queue_id).hold() as belief:
        judged = judge_many(belief.model, [facts_of_alert(alert) for alert in alerts], WORDS * 4)
    examples = [
        Example(alert.external_id, one.probability, alert.upstream_score, _against(one.reasons))
        for alert, one in zip(alerts, judged, strict=True)
    ]
    return sorted(examples, key=lambda one: (one.probability, one.external_id))[:CLEAREST]


def _against(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    return tuple(reason for reason in reasons if reason.contribution < 0)[:WORDS]
