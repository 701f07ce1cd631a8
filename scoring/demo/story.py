"""The whole history of the demo workspace from a seed: the same events in any process, whoever asks."""

from dataclasses import dataclass
from datetime import datetime

from scoring.demo import judging
from scoring.demo.customers import Company, companies
from scoring.demo.events import AlertRaised, Event, OutcomeArrived, VerdictGiven, VerdictRetracted
from scoring.demo.library import QueueStory, queue_stories
from scoring.demo.people import PEOPLE, Person
from scoring.demo.raising import raise_alerts

# At the same second an alert comes before its verdict, and a verdict before what takes it back.
_RANK = {AlertRaised: 0, VerdictRetracted: 1, VerdictGiven: 2, OutcomeArrived: 3}


@dataclass(frozen=True, slots=True)
class Story:
    """Queues, people and companies, and everything that happened in the six months until `now`, in time order."""

    seed: int
    now: datetime
    queues: tuple[QueueStory, ...]
    people: tuple[Person, ...]
    companies: tuple[Company, ...]
    events: tuple[Event, ...]


def tell(*, seed: int, now: datetime) -> Story:
    """Tell the six months that end at `now` (an aware datetime). A pure function of its arguments."""
    firms = companies(seed=seed, now=now)
    events: list[Event] = []
    for queue in queue_stories():
        told = raise_alerts(queue=queue, companies=firms, now=now, seed=seed)
        events.extend(one.alert for one in told)
        events.extend(judging.judge(queue=queue, told=told, now=now, seed=seed))
        if queue.slug == "churn":
            events.extend(judging.outcomes(told=told, now=now, seed=seed))
    return Story(seed, now, queue_stories(), PEOPLE, firms, tuple(sorted(events, key=_when)))


def _when(event: Event) -> tuple[datetime, int, str, str]:
    return event.at, _RANK[type(event)], event.queue, event.external_id
