"""The lead's page about the people of a queue, as its template reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import fmean
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, User
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.models import Membership, Queue, Role
from feedback.people import Person
from feedback.selectors import queue_for
from scoring.charts import Svg, Words
from scoring.lead.prose import prose
from scoring.lead.tables import NOTHING, count, percent, points
from scoring.models import Amendment, JudgeFigure, Ruling, Suspect, Vetting
from scoring.trust import drawing, selectors
from scoring.trust.again import Closed, closed_alone

RULINGS_SHOWN = 10
# Fewer answers than this say too little to draw.
LEAST_SEEN = 1.0


@dataclass(frozen=True, slots=True)
class Work:
    """Somebody's work in the queue, which a lead may pause. `since`: of the pause; None where they work."""

    person: int
    name: str
    since: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """Somebody held back: what happened, in words, and whether it can still be let in or kept out.

    `closed`: the alerts that nobody else has judged, where the verdicts are kept out. `work`: whether they are paused.
    """

    suspect: Suspect
    name: str
    sentence: str
    evidence: str
    closed: Closed | None = None
    work: Work | None = None

    @property
    def is_open(self) -> bool:
        return self.suspect.ruling == Ruling.OPEN

    @property
    def can_let_in(self) -> bool:
        """What was let in is in; everything else can be let in at any time."""
        return self.suspect.ruling != Ruling.LET_IN


@dataclass(frozen=True, slots=True)
class Row:
    """One person of the queue. Texts are ready to show; `strip` is None where nothing can be compared, and `work` where
    it cannot be paused.
    """

    name: str
    roles: str
    verdicts: str
    weight: str
    held: bool
    pace: str = NOTHING
    accurate: str = NOTHING
    expected: str = NOTHING
    known: str = NOTHING
    checks: str = NOTHING
    right: str = NOTHING
    on_accurate: str = NOTHING
    on_false: str = NOTHING
    strip: Svg | None = None
    work: Work | None = None


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """The whole page. `looked` says how far the worker has looked.

    The estimates are of the last `compared` ledger rows, everything else of the last `lately`.
    """

    queue: Queue
    sentence: str
    waiting: list[Case]
    earlier: list[Case]
    rows: list[Row]
    looked: Vetting | None
    lately: int = selectors.LATELY
    compared: int = selectors.COMPARED


def people_page(*, user: Person, slug: str) -> PeoplePage:
    """The people of a queue that the person leads. Raises `Queue.DoesNotExist` for any other."""
    queue = queue_for(user, slug, Role.LEAD)
    works = _works(queue)
    cases = [replace(_case(suspect), work=works.get(suspect.judge_id)) for suspect in _suspects(queue)]
    waiting = [case for case in cases if case.is_open]
    earlier = [case for case in cases if not case.is_open][:RULINGS_SHOWN]
    rows = _rows(queue, works)
    return PeoplePage(
        queue,
        _sentence(rows, waiting),
        waiting,
        [replace(case, closed=closed_alone(case.suspect)) for case in earlier],
        rows,
        Vetting.objects.filter(queue=queue).first(),
    )


def name_of(user: AbstractBaseUser) -> str:
    """How colleagues call somebody."""
    return (user.get_full_name() if isinstance(user, User) else "") or user.get_username()


def _suspects(queue: Queue) -> list[Suspect]:
    return list(
        Suspect.objects.filter(queue=queue).select_related("judge", "ruled_by", "hold").order_by("-noticed_at")[:50]
    )


def _case(suspect: Suspect) -> Case:
    words = {
        "name": name_of(suspect.judge), "verdicts": count(suspect.verdicts), "since": count(suspect.since + 1),
        "accurate": percent(suspect.accurate), "expected": percent(suspect.expected),
    }  # fmt: skip
    sentences = {
        Suspect.Way.FALSE: _("%(name)s seems to mark everything false."),
        Suspect.Way.ACCURATE: _("%(name)s seems to mark everything accurate."),
        Suspect.Way.FLIPPED: _("%(name)s seems to mark alerts the wrong way round."),
    }
    evidence = _(
        "From verdict %(since)s on: %(accurate)s of %(verdicts)s verdicts said accurate, where the team would have "
        "said so of %(expected)s."
    )
    known = ngettext(
        "%(wrong)s of %(known)s known answer was wrong.",
        "%(wrong)s of %(known)s known answers were wrong.",
        suspect.known,
    ) % {"wrong": suspect.wrong, "known": suspect.known}
    said = prose(evidence % words, known if suspect.known else "")
    return Case(suspect, words["name"], sentences[Suspect.Way(suspect.way)] % words, said)


def _works(queue: Queue) -> dict[int, Work]:
    """Whose work can be paused, or is: reps and labelers who do not lead the queue."""
    found: dict[int, Work] = {}
    members = Membership.objects.filter(queue=queue).select_related("user", "paused_by").order_by("pk")
    leads = {member.user_id for member in members if member.role == Role.LEAD}
    for member in members:
        if member.user_id not in leads or member.paused_at is not None:
            by = "" if member.paused_by is None else name_of(member.paused_by)
            found[member.user_id] = Work(member.user_id, name_of(member.user), member.paused_at, by)
    return found


def _rows(queue: Queue, works: Mapping[int, Work]) -> list[Row]:
    figures = {one.judge_id: one for one in JudgeFigure.objects.filter(queue=queue).select_related("judge")}
    roles: dict[int, list[str]] = {}
    people: dict[int, Any] = {pk: one.judge for pk, one in figures.items()}
    for membership in Membership.objects.filter(queue=queue).select_related("user").order_by("role"):
        people[membership.user_id] = membership.user
        roles.setdefault(membership.user_id, []).append(membership.role)
    weights, holds = selectors.weights_in_force(queue.pk), selectors.holds_in_force(queue.pk)
    compared = [one.right[0] for one in figures.values() if one.seen >= LEAST_SEEN]
    usual = fmean(compared) if compared else 0.0
    return [
        replace(_row(people[pk], roles.get(pk, []), figures.get(pk), weights, holds, usual), work=works.get(pk))
        for pk in sorted(people, key=lambda pk: (-(figures[pk].lately if pk in figures else 0), pk))
        if pk in figures or {Role.REP, Role.LABELER} & {*roles[pk]}
    ]


def _row(
    person: Any, roles: Sequence[str], found: JudgeFigure | None, weights: Mapping[Any, float],
    holds: Sequence[Amendment], usual: float,
) -> Row:  # fmt: skip
    held = any(hold.judge_id == person.pk and hold.until is None for hold in holds)
    name, role_words = name_of(person), ", ".join(str(Role(role).label) for role in roles) or NOTHING
    weight = f"{weights.get(person.pk, 1.0):.2f}"
    if found is None:
        return Row(name, role_words, "0", weight=weight, held=held)
    shown = found.seen >= LEAST_SEEN
    compared: dict[str, Any] = {
        "right": _share(found.right), "on_accurate": _share(found.on_accurate), "on_false": _share(found.on_false),
        "strip": _strip(person.pk, name, found.right, usual),
    }  # fmt: skip
    return Row(
        name, role_words, count(found.lately), weight, held, pace=_pace(found.pace_seconds),
        accurate=percent(found.accurate / found.lately if found.lately else None), expected=percent(found.expected),
        known=f"{found.known_right}/{found.known}" if found.known else NOTHING,
        checks=f"{found.checks_right}/{found.checks}" if found.checks else NOTHING, **(compared if shown else {}),
    )  # fmt: skip


def _strip(pk: int, name: str, right: Sequence[float], usual: float) -> Svg:
    title = _("%(name)s: right in %(share)s") % {"name": name, "share": _share(right)}
    description = _("The band is the 95 percent interval, the dashed line the team’s mean of %(usual)s.") % {
        "usual": percent(usual)
    }
    return drawing.strip(Words(f"judge-{pk}", title, description), (right[0], right[1], right[2]), usual)


def _share(limits: Sequence[float]) -> str:
    return f"{percent(limits[0])} ({points((limits[1], limits[2]))})"


def _pace(seconds: float | None) -> str:
    return NOTHING if seconds is None else _("%(seconds)s s") % {"seconds": f"{seconds:.0f}"}


def _sentence(rows: Sequence[Row], waiting: Sequence[Case]) -> str:
    """The page's headline: who waits for a decision, else how many can be compared."""
    if waiting:
        names = _(", ").join(case.name for case in waiting)
        return _("Held back until you decide: %(names)s") % {"names": names}
    compared = sum(row.strip is not None for row in rows)
    if not compared:
        return _("Nobody’s verdicts can be compared yet")
    return ngettext(
        "The verdicts of %(count)s person can be compared; nobody is suspected",
        "The verdicts of %(count)s people can be compared; nobody is suspected",
        compared,
    ) % {"count": compared}
