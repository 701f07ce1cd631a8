"""The pages as templates read them: figures brought up to date, read, and put into words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.utils.translation import gettext as _

from feedback.models import Queue, Role
from feedback.selectors import queue_for, queues_of
from scoring.charts import Svg
from scoring.estimation import hidden_accurate, naive_precision, recall, spared, weighted_precision
from scoring.evaluation import learning_curve
from scoring.lead import headlines, panels, selectors, sentences, trust_panels
from scoring.lead.panels import Panel
from scoring.lead.selectors import QueueFigures, Standing
from scoring.lead.services import follow_ledger
from scoring.lead.tables import NOTHING, Table, count, percent
from scoring.lifecycle.selectors import alarms_of
from scoring.sample import Sample

Person = AbstractBaseUser | AnonymousUser

# What a page may catch up by itself; a worker does the rest (scoring.tasks.count), and the page says what is missing.
PAGE_ENTRIES, PAGE_ALERTS = 300, 10_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its interval and its sample. `low` and `high` are None where there is nothing to draw."""

    name: str
    value: str
    note: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A queue's page."""

    queue: Queue
    headline: str
    figures: list[Figure]
    panels: dict[str, Panel]
    standing: Standing
    policy: str

    @property
    def pending(self) -> int:
        """Ledger entries that the figures do not hold yet."""
        return self.standing.head - self.standing.figures_position


@dataclass(frozen=True, slots=True)
class Line:
    """One queue of the overview."""

    queue: Queue
    headline: str
    figures: list[Figure]
    spark: Svg
    standing: Standing
    policy: str
    verdicts: int


def queue_page(*, user: Person, slug: str, now: datetime) -> QueuePage:
    """The page of a queue that the person leads. Raises `Queue.DoesNotExist` for any other."""
    queue = queue_for(user, slug, Role.LEAD)
    follow_ledger(queue=queue, now=now, entries=PAGE_ENTRIES, alerts=PAGE_ALERTS)
    reads, standing = Reads(queue, now), selectors.standings_of([queue])[queue.pk]
    return QueuePage(
        queue,
        headlines.headline(queue.title, reads.figures),
        _figures(reads.figures),
        {name: make(reads) for name, make in _PANELS.items()},
        standing,
        sentences.policy(standing.policy),
    )


class Reads:
    """What the panels of a queue are drawn from, each read once and only where it is asked for."""

    def __init__(self, queue: Queue, now: datetime) -> None:
        self.queue, self.now = queue, now

    @cached_property
    def figures(self) -> QueueFigures:
        """The weekly counts."""
        return selectors.figures_of([self.queue.pk], self.now)[self.queue.pk]

    @cached_property
    def activity(self) -> selectors.Activity:
        """Who wrote to the ledger, day by day."""
        return selectors.activity_of(self.queue.pk, self.now)


_PANELS: dict[str, Callable[[Reads], Panel]] = {
    "weeks": lambda reads: panels.precision_panel(reads.figures),
    "said": lambda reads: trust_panels.weekly_calibration_panel(reads.figures),
    "calibration": lambda reads: panels.calibration_panel(selectors.calibration_of(reads.queue.pk)),
    "learning": lambda reads: panels.learning_panel(learning_curve(selectors.blocks_of(reads.queue.pk))),
    "anchoring": lambda reads: trust_panels.anchoring_panel(selectors.agreements_of(reads.queue.pk, reads.now)),
    "drift": lambda reads: trust_panels.drift_panel(alarms_of(reads.queue.pk, closed=True)),
    "days": lambda reads: panels.days_panel(selectors.days_of(reads.activity, reads.now)),
    "scorers": lambda reads: panels.scorers_panel(reads.figures.scorers),
    "people": lambda reads: panels.people_panel(selectors.people_of(reads.queue.pk, reads.activity, reads.now)),
}


def table_of(*, user: Person, slug: str, name: str, now: datetime) -> Table | None:
    """One table of a queue that the person leads, None where there is no such table.

    Raises `Queue.DoesNotExist` for a queue they do not lead.
    """
    queue = queue_for(user, slug, Role.LEAD)
    if name not in _PANELS:
        return None
    return _PANELS[name](Reads(queue, now)).table


@dataclass(frozen=True, slots=True)
class Overview:
    """All queues of a lead."""

    headline: str
    lines: list[Line]


def overview(*, user: Person, now: datetime) -> Overview:
    """All queues that the person leads."""
    queues = list(queues_of(user, Role.LEAD))
    for queue in queues:
        follow_ledger(queue=queue, now=now, entries=PAGE_ENTRIES, alerts=PAGE_ALERTS)
    ids = [queue.pk for queue in queues]
    figures, standings = selectors.figures_of(ids, now), selectors.standings_of(queues)
    verdicts = selectors.verdicts_in_seven_days(ids, now)
    lines = [_line(queue, figures[queue.pk], standings[queue.pk], verdicts[queue.pk]) for queue in queues]
    return Overview(headlines.headline_of_all(list(figures.values())), lines)


def _line(queue: Queue, figures: QueueFigures, standing: Standing, verdicts: int) -> Line:
    headline = headlines.headline(queue.title, figures)
    spark = panels.precision_spark(queue.slug, figures, headline)
    policy = sentences.policy(standing.policy)
    return Line(queue, headline, _figures(figures)[:4], spark, standing, policy, verdicts)


def _figures(figures: QueueFigures) -> list[Figure]:
    """The tiles: the naive figure never without the weighted one; of the whole window what rests on rare audits."""
    recent, whole = figures.recent, figures.whole
    naive, every, found, lost = (
        naive_precision(recent), weighted_precision(recent), recall(whole), hidden_accurate(whole),
    )  # fmt: skip
    return [
        Figure(_("Real among shown"), percent(naive.value), sentences.naive(recent), *_limits(naive)),
        Figure(
            _("Real among all raised, hidden ones too"),
            percent(every.value),
            sentences.weighted(recent),
            *_limits(every),
        ),
        Figure(
            _("Real alerts that people could see, six months"),
            percent(found.value),
            sentences.recall(whole),
            *_limits(found),
        ),
        Figure(_("Real alerts we hid, six months"), sentences.number(lost), sentences.hidden(whole)),
        _spared_figure(whole),
    ]


def _limits(share: Any) -> tuple[float | None, float | None]:
    return (share.low, share.high) if share.value is not None and share.high > share.low else (None, None)


def _spared_figure(sample: Sample) -> Figure:
    name, found = _("False alerts spared, six months"), spared(sample)
    if found.of == 0:
        return Figure(name, count(0), _("nothing was hidden"))
    if found.value is None:
        return Figure(name, NOTHING, sentences.why_unknown(sample))
    words = {"low": count(round(found.low)), "high": count(round(found.high)), "hidden": count(found.of)}
    return Figure(name, sentences.number(found), _("95%% interval %(low)s–%(high)s · of %(hidden)s hidden") % words)
