"""The rows on which the generated story is played: queues, scorers, people and their roles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from feedback.models import FeatureName, Membership, Queue, Scorer
from scoring.demo.library import QueueStory, queue_stories
from scoring.demo.people import PASSWORD, PEOPLE, Person
from scoring.services import change_policy
from scoring.services.policies import BLIND_AT_FIRST

# Posts the outcomes, as a company's CRM would.
CRM = "crm-demo"


@dataclass(frozen=True, slots=True)
class Stage:
    """The rows by the names that the story uses: queue slugs, scorer names, user names."""

    queues: dict[str, Queue]
    scorers: dict[str, Scorer]
    people: dict[str, User]


def set_stage(*, now: datetime) -> Stage:
    """Make the queues, their scorers and their people, at the moment the story begins.

    A person who exists already keeps their password.
    """
    queues = {story.slug: _queue(story, now) for story in queue_stories()}
    scorers = {one.name: one for story in queue_stories() for one in _scorers(story, queues[story.slug])}
    scorers[CRM] = _scorer(CRM, "Generated: posts the outcomes. 演示：回传结果", queues["churn"])
    password = make_password(PASSWORD)
    people = {person.username: _user(person, password) for person in PEOPLE}
    Membership.objects.bulk_create(
        Membership(user=people[person.username], queue=queues[slug], role=person.role)
        for person in PEOPLE
        for slug in person.queues
    )
    return Stage(queues, scorers, people)


def _queue(story: QueueStory, now: datetime) -> Queue:
    queue = Queue.objects.create(
        slug=story.slug, name=story.names["en"], name_zh=story.names["zh"], claim=story.claim["en"],
        claim_zh=story.claim["zh"], guideline=story.guidelines["en"].strip(),
        guideline_zh=story.guidelines["zh"].strip(), is_demo=True,
    )  # fmt: skip
    FeatureName.objects.bulk_create(
        FeatureName(queue=queue, feature=one.key, value=value, name=called["en"], name_zh=called["zh"])
        for one in story.features
        for value, called in {"": one.label, **one.values}.items()
    )
    change_policy(
        queue=queue, now=now, stage="observe", blind_share=BLIND_AT_FIRST, hard_rules=list(story.hard_rules)
    )  # fmt: skip
    return queue


def _scorers(story: QueueStory, queue: Queue) -> list[Scorer]:
    return [_scorer(one.name, f"Generated: {one.fails['en']}. 演示：{one.fails['zh']}", queue) for one in story.scorers]


def _scorer(name: str, description: str, queue: Queue) -> Scorer:
    scorer, _created = Scorer.objects.get_or_create(name=name, defaults={"description": description[:200]})
    scorer.queues.add(queue)
    return scorer


def _user(person: Person, password: str) -> User:
    admin = person.role == "admin"
    fields = {"first_name": person.name, "password": password, "is_staff": admin, "is_superuser": admin}
    user, _created = get_user_model().objects.get_or_create(username=person.username, defaults=fields)
    return user
