"""What moved an alert's probability since it arrived, and which verdicts did it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from feedback import rules
from feedback.models import Alert, Exposure
from feedback.selectors import facts_touched
from scoring.amended import amendments_of
from scoring.explain.breakdown import Move, breakdown_of, moves
from scoring.explain.past import NotReproduced, Score, reproduced
from scoring.facts import facts_of_alert, facts_of_alerts
from scoring.features import AlertFacts, extract
from scoring.fold import TooLong
from scoring.online_model import Reason
from scoring.replica import replica_of
from scoring.text import contains_phrase, fold

# Ledger rows that a page may learn again to know how things were: some tenths of a second.
REWIND: Final = 1_500
# Of the verdicts since, so many are looked at for what they say.
LOOK_BACK: Final = 1_000
NAMED: Final = 4
LEAST: Final = 0.05  # log-odds
_CHINESE: Final = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Cause:
    """A part that moved, by how much (log-odds), and what verdicts since said of alerts that share it.

    `accurate` and `false` are 0 where no verdict was about such an alert, or where it cannot be told.
    """

    reason: Reason
    by: float
    accurate: int = 0
    false: int = 0

    @property
    def judged(self) -> int:
        """How many verdicts that was."""
        return self.accurate + self.false


@dataclass(frozen=True, slots=True)
class Moved:
    """From the probability on arrival to that of now: when that was, verdicts since, and the largest causes.

    `causes` is None where too much has been learnt since to go back while somebody waits. `rest`: log-odds of all
    that is not named. `generation`: whether another slow model says what the parts are worth since then.
    """

    before: float
    after: float
    since: datetime
    verdicts: int
    causes: tuple[Cause, ...] | None
    rest: float = 0.0
    generation: bool = False

    @property
    def has_moved(self) -> bool:
        """Whether it shows on screen."""
        return round(100 * self.before) != round(100 * self.after)


def moved_since_arrival(alert: Alert) -> Moved | None:
    """What moved an alert since it was scored on arrival. Reads `alert.scorer` and `alert.customer`.

    1. Make the score of the arrival again. 2. Take both scores apart. 3. Ask the verdicts since about what moved most.
    """
    exposure = Exposure.objects.filter(alert=alert).order_by("pk").first()
    if exposure is None:
        return None
    with replica_of(alert.queue_id).hold() as belief:
        after, position = belief.model.predict(extract(facts_of_alert(alert), belief.config)), belief.position
    found = Moved(exposure.probability, after, exposure.decided_at, max(0, position - exposure.position), ())
    if not found.has_moved:
        return found
    try:
        then = reproduced(alert, exposure, limit=REWIND)
    except (TooLong, NotReproduced):
        return Moved(found.before, after, found.since, found.verdicts, None)
    causes, rest, generation = _causes(alert, then, position)
    return Moved(found.before, after, found.since, found.verdicts, causes, rest, generation)


def _causes(alert: Alert, then: Score, position: int) -> tuple[tuple[Cause, ...], float, bool]:
    """The largest causes, what all others sum up to, and whether another generation is in force."""
    facts = facts_of_alert(alert)
    with replica_of(alert.queue_id).hold() as belief:
        features = extract(facts, belief.config)
        now = belief.model, breakdown_of(belief.model, facts, features)
        found = moves(facts, features, (then.belief.model, then.breakdown), now)
        generations = [one and one.digest() for one in (then.belief.model.generation, belief.model.generation)]
    largest = list(islice((one for one in found if abs(one.by) >= LEAST), NAMED))
    said = _said_since(alert, max(then.belief.position, position - LOOK_BACK), position)
    rest = sum(one.by for one in found) - sum(one.by for one in largest)
    return tuple(_cause(one, said.values()) for one in largest), rest, generations[0] != generations[1]


def _said_since(alert: Alert, low: int, high: int) -> Mapping[int, tuple[AlertFacts, bool]]:
    """Labels, as the model learnt them, of the alerts judged between two positions, and what those alerts said."""
    amendments, touched = amendments_of(alert.queue_id), facts_touched(alert.queue_id, low, high, high)
    found = {pk: rules.label_of(amendments.applied(facts)) for pk, facts in touched.items()}
    labels = {pk: label.accurate for pk, label in found.items() if label is not None}
    return {pk: (facts, labels[pk]) for pk, facts in facts_of_alerts(sorted(labels)).items()}


def _cause(move: Move, said: Iterable[tuple[AlertFacts, bool]]) -> Cause:
    shared = [accurate for facts, accurate in said if _shares(move.reason, facts)]
    return Cause(move.reason, move.by, sum(shared), len(shared) - sum(shared))


def _shares(reason: Reason, facts: AlertFacts) -> bool:
    """Whether another alert has what a reason names."""
    if reason.kind == "text" and reason.value:
        return _says(fold(facts.text), fold(str(reason.value)).strip())
    if reason.kind == "category":
        return facts.features.get(reason.name) == reason.value
    if reason.kind == "lately":
        return facts.scorer == reason.value
    return reason.kind == "customer" and facts.customer == reason.value


def _says(text: str, phrase: str) -> bool:
    """Whether a text has a phrase; of a Chinese one, which is cut nowhere for sure, half of its pairs are enough."""
    if contains_phrase(text, phrase):
        return True
    pairs = [phrase[place : place + 2] for place in range(len(phrase) - 1)] if _CHINESE.search(phrase) else []
    return bool(pairs) and sum(pair in text for pair in pairs) >= len(pairs) / 2
