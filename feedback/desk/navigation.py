"""Where a person can go: the sidebar's sections, from their memberships."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from feedback.desk.access import DESK_ROLES
from feedback.desk.selectors import MOST_COUNTED
from feedback.models import Membership, Queue, Role
from feedback.people import Person, id_of

# Each queue's visible open alerts, counted up to a limit: 100 index entries a queue however long it is.
_OPEN_COUNTS = """
    SELECT wanted.id, (
        SELECT count(*) FROM (
            SELECT 1 FROM feedback_openalert WHERE queue_id = wanted.id AND visible LIMIT %s
        ) AS few
    ) FROM unnest(%s::int[]) AS wanted(id)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the sidebar. `count` is text, empty where there is none; by `mark` a page finds and renews it."""

    label: str
    url: str
    count: str = ""
    current: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines of the sidebar under one heading."""

    title: str
    items: list[Place]


def queues_by_role(user: Person) -> dict[str, list[Queue]]:
    """The queues in which a person has each role, oldest first."""
    mine = (
        Membership.objects.filter(user_id=id_of(user), queue__throwaway=False)
        .select_related("queue")
        .order_by("queue_id")
    )
    found: dict[str, list[Queue]] = {}
    for membership in mine:
        found.setdefault(membership.role, []).append(membership.queue)
    return found


def desk_queues(by_role: dict[str, list[Queue]]) -> list[Queue]:
    """The queues whose desk a person may work, oldest first."""
    unique = {queue.pk: queue for role in DESK_ROLES for queue in by_role.get(role, [])}
    return [unique[pk] for pk in sorted(unique)]


def open_counts(queues: list[Queue]) -> dict[int, str]:
    """How many alerts wait in each queue, as text: 0 to 99, or 99+."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_COUNTS, [MOST_COUNTED, [queue.pk for queue in queues]])
        return {pk: str(count) if count < MOST_COUNTED else f"{MOST_COUNTED - 1}+" for pk, count in cursor.fetchall()}


def sections_for(request: HttpRequest) -> list[Section]:
    """The sidebar of the person who asks; empty for a visitor."""
    if not request.user.is_authenticated:
        return []
    by_role = queues_by_role(request.user)
    mine = desk_queues(by_role)
    sections = [
        _desk_section(request, mine), _here_section(request, mine),
        _label_section(request, by_role), _lead_section(request, by_role),
    ]  # fmt: skip
    return [section for section in sections if section.items]


def _desk_section(request: HttpRequest, queues: list[Queue]) -> Section:
    counts = open_counts(queues) if queues else {}
    items = [_place(request, queue.title, "desk:desk", counts[queue.pk], slug=queue.slug) for queue in queues]
    return Section(_("My queues"), [item for item in items if item])


def _here_section(request: HttpRequest, queues: list[Queue]) -> Section:
    """What a person may look back on in the queue at hand: their verdicts, and what is kept off the desk."""
    here = request.resolver_match.kwargs.get("slug") if request.resolver_match else None
    names = ((_("My verdicts"), "desk:judged"), (_("Hidden alerts"), "lead:quiet"))
    found = [queue for queue in queues if queue.slug == here]
    items = [_place(request, label, name, slug=queue.slug) for queue in found for label, name in names]
    return Section(found[0].title if found else "", [item for item in items if item])


def _label_section(request: HttpRequest, by_role: dict[str, list[Queue]]) -> Section:
    labels = by_role.get(Role.LABELER, [])
    items = [_place(request, queue.title, "labeling:label", slug=queue.slug) for queue in labels]
    return Section(_("Questions"), [item for item in items if item])


def _lead_section(request: HttpRequest, by_role: dict[str, list[Queue]]) -> Section:
    leads = by_role.get(Role.LEAD, [])
    items = [_place(request, queue.title, "lead:queue", slug=queue.slug) for queue in leads]
    if len(leads) > 1:
        items.insert(0, _place(request, _("All queues"), "lead:overview"))
    return Section(_("Figures"), [item for item in items if item])


def _place(request: HttpRequest, label: str, name: str, count: str = "", **kwargs: Any) -> Place | None:
    """A line that leads to a named page, or None where the product has no such page."""
    try:
        url = reverse(name, kwargs=kwargs)
    except NoReverseMatch:
        return None
    return Place(label, url, count, current=request.path == url, mark=f"count-{kwargs.get('slug', 'all')}")
