"""The pages of report cards as templates read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from feedback.models import Queue, Reason, Role, Scorer
from feedback.naming import Names
from feedback.people import Person
from feedback.selectors import names_of, queue_for
from scoring.cards import words
from scoring.cards.reliability import Reliability
from scoring.cards.selectors import Example, ReportCard, Version, card_of, versions_of
from scoring.charts import Point, Words, reliability_chart
from scoring.lead.pages import PAGE_ALERTS, PAGE_ENTRIES, Figure
from scoring.lead.panels import QUARTERS, Panel
from scoring.lead.prose import prose
from scoring.lead.services import follow_ledger
from scoring.lead.tables import Cell, Column, Table, count, percent, points, two_places
from scoring.shares import Share


@dataclass(frozen=True, slots=True)
class CardsPage:
    """All scorers of a queue, version by version.

    `rows`: the versions with the shown cells of `panel`, and why precision is not known where it is not.
    """

    queue: Queue
    headline: str
    panel: Panel
    rows: list[tuple[Version, list[str], str]]


@dataclass(frozen=True, slots=True)
class CardPage:
    """One card."""

    queue: Queue
    card: ReportCard
    headline: str
    change: str
    figures: list[Figure]
    panels: list[Panel]
    examples: list[Example]
    examples_head: str


def cards_page(*, user: Person, slug: str, now: datetime) -> CardsPage:
    """The scorers of a queue that the person leads. Raises `Queue.DoesNotExist` for any other."""
    queue = _followed(user, slug, now)
    versions = versions_of(queue.pk, now)
    table = Table("scorers", [
        Column("scorer", _("Scorer"), "text"), Column("version", _("Version"), "text"), Column("raised", _("Alerts")),
        Column("judged", _("Judged")), *_share_columns("precision", _("Real among all raised")),
        *_share_columns("naive", _("naive: among shown")),
    ], [
        [one.scorer, one.version, one.sample.total.raised, one.sample.total.judged,
         *_cells(one.precision), *_cells(one.naive)] for one in versions
    ])  # fmt: skip
    panel = Panel(words.weakest(versions), "", table, is_table=True)
    unknown = [words.unknown(one) if one.precision.value is None else "" for one in versions]
    rows = list(zip(versions, table.shown, unknown, strict=True))
    return CardsPage(queue, _("Report cards of the scorers"), panel, rows)


def card_page(*, user: Person, slug: str, scorer: str, version: str | None, now: datetime) -> CardPage:
    """A card in a queue that the person leads.

    Raises `Queue.DoesNotExist` for any other, `Scorer.DoesNotExist` where the scorer raised nothing there of late.
    """
    queue = _followed(user, slug, now)
    found = Scorer.objects.get(name=scorer)
    card = card_of(queue=queue, scorer_id=found.pk, version=version, now=now)
    if card is None:
        raise Scorer.DoesNotExist
    panels = [_segments(card, names_of(queue)), _wordings(card), _reasons(card), _own_score(card.reliability)]
    return CardPage(queue, card, words.headline(card), words.change(card), _figures(card), panels, card.examples,
                    words.examples(len(card.examples)))  # fmt: skip


def _followed(user: Person, slug: str, now: datetime) -> Queue:
    queue = queue_for(user, slug, Role.LEAD)
    follow_ledger(queue=queue, now=now, entries=PAGE_ENTRIES, alerts=PAGE_ALERTS)
    return queue


def _share_columns(key: str, title: str) -> list[Column]:
    return [Column(key, title, "share_interval"), Column(f"{key}_low", "", "limit"), Column(f"{key}_high", "", "limit")]


def _cells(share: Share) -> list[Cell]:
    return [share.value, share.low, share.high] if share.value is not None else [None, None, None]


def _figures(card: ReportCard) -> list[Figure]:
    total, order = card.version.sample.total, card.reliability.order if card.reliability else None
    raised = _("%(shown)s shown, %(judged)s judged") % {"shown": count(total.shown), "judged": count(total.judged)}
    own = two_places(order.auc if order else None)
    return [
        Figure(_("Alerts received in six months"), count(total.raised), raised),
        _share_figure(_("Real among all raised"), card.version.precision, words.unknown(card.version)),
        _share_figure(_("naive: real among shown"), card.version.naive, words.unjudged(card.version)),
        Figure(_("Order of its own score (AUC)"), own, words.order(order)),
    ]


def _share_figure(name: str, share: Share, unknown: str) -> Figure:
    if share.value is None:
        return Figure(name, percent(None), unknown)
    note = _("95%% interval %(interval)s · %(judged)s judged") % {
        "interval": points((share.low, share.high)), "judged": count(share.n),
    }  # fmt: skip
    return Figure(name, percent(share.value), note, share.low, share.high)


def _segments(card: ReportCard, names: Names) -> Panel:
    columns = [
        Column("feature", _("Feature"), "text"), Column("value", _("Value"), "text"),
        *_share_columns("precision", _("Real")), *_share_columns("elsewhere", _("Real elsewhere")),
        Column("judged", _("Judged")),
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            names.of(one.feature),
            names.of_value(one.feature, one.value),
            *_cells(one.share),
            *_cells(one.rest),
            one.share.n,
        ]
        for one in card.segments
    ]
    note = _("Values of its features that stand out of all that were compared.")
    table = Table("segments", columns, rows, [one.feature for one in card.segments])
    return Panel(words.segments(card, names), prose(note, words.looked_into(card)), table, is_table=True)


def _wordings(card: ReportCard) -> Panel:
    columns = [
        Column("phrase", _("Phrase"), "text"), Column("false", _("In false positives")),
        Column("accurate", _("In real ones")), Column("share", _("Real"), "share"),
    ]  # fmt: skip
    rows: list[list[Cell]] = [[one.phrase, one.false, one.accurate, one.share] for one in card.wordings]
    note = _("Phrases that false positives have more often than chance would give them.")
    return Panel(words.wordings(card), note, Table("wordings", columns, rows), is_table=True)


def _reasons(card: ReportCard) -> Panel:
    columns = [Column("reason", _("Reason"), "text"), Column("count", _("Times"))]
    names = dict(Reason.choices)
    rows: list[list[Cell]] = [[str(names.get(reason, _("none given"))), n] for reason, n in card.reasons]
    return Panel(words.reasons(card), _("What people said of its false positives."),
                 Table("reasons", columns, rows), is_table=True)  # fmt: skip


def _own_score(found: Reliability | None) -> Panel:
    columns = [Column("said", _("Its score"), "number"), *_share_columns("real", _("Real")), Column("n", _("Judged"))]
    bins = found.bins if found else ()
    table = Table("score", columns, [[one.said, *_cells(one.share), one.share.n] for one in bins])
    sentence = words.own_score(found)
    if found is None:
        return Panel(sentence, "", table)
    dots = [Point(one.said, one.share.value, one.share.low, one.share.high, _tip(one.said, one.share)) for one in bins]
    svg = reliability_chart(Words("own-score", _("Calibration of its own score"), sentence), dots, QUARTERS, QUARTERS)
    return Panel(sentence, words.score_note(found), table, svg)


def _tip(said: float, share: Share) -> str:
    return f"{two_places(said)} → {percent(share.value)} ({points((share.low, share.high))})"
