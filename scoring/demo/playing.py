"""Plays the story's events one by one through the services, each at its own time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from feedback.errors import AlreadyJudged
from feedback.models import Alert, LedgerEntry, Queue, Source, Value
from feedback.services import AlertDraft, record_outcome, record_verdict, retract_verdict
from scoring.demo.events import AlertRaised, Event, OutcomeArrived, VerdictGiven, VerdictRetracted
from scoring.demo.library import queue_stories
from scoring.demo.stage import CRM, Stage
from scoring.policylab.forms import wish_in_force
from scoring.policylab.selectors import in_force
from scoring.policylab.services import StepRefused, apply_wish
from scoring.services import Intake, learn, take_in
from scoring.thresholds import Goal

if TYPE_CHECKING:
    from scoring.demo.build import Labelers

# Scorers post in batches: what they found within this time, unless somebody judges one of the alerts before.
BATCH_SPAN = timedelta(hours=8)
# How often the story stops for the lead's and the worker's part: steps are asked for, the model learns, open alerts are
# re-ranked.
TURN = timedelta(days=7)
# In these turns labelers answer questions: few long sittings, for a second look at an old verdict makes the model learn
# all that came after it again.
LABELING_TURNS = range(9, 26, 8)


class Player:
    """Knows which rows the story's ids became. Events must come in time order."""

    def __init__(self, stage: Stage, labelers: Labelers) -> None:
        self.stage, self.labelers = stage, labelers
        self.alerts: dict[str, Alert] = {}
        self.truths: dict[str, dict[int, bool]] = defaultdict(dict)
        self.verdicts = self.answers = 0
        self._intakes: dict[str, Intake] = {}
        self._entries: dict[UUID, LedgerEntry] = {}
        self._waiting: dict[str, dict[str, list[AlertRaised]]] = defaultdict(dict)
        self._steps = {story.slug: list(story.policy) for story in queue_stories()}
        self._began: datetime | None = None
        self._turns = 0

    def play(self, event: Event) -> None:
        """Let one event happen."""
        self._pass_time(event.at)
        self._post_due(event)
        if isinstance(event, AlertRaised):
            self._waiting[event.queue].setdefault(event.scorer, []).append(event)
        elif isinstance(event, VerdictGiven):
            self._judge(event)
        elif isinstance(event, VerdictRetracted):
            self._take_back(event)
        else:
            self._settle(event)

    def finish(self, now: datetime) -> None:
        """Post what still waits, have questions ready, and do the worker's part once more."""
        for slug, queue in self.stage.queues.items():
            self._post(slug, now)
            self.labelers.ask(queue=queue, now=now)
            learn(queue_id=queue.pk, now=now)

    def _pass_time(self, at: datetime) -> None:
        self._began = self._began or at
        while at >= self._began + (self._turns + 1) * TURN:
            self._turns += 1
            self._turn(self._began + self._turns * TURN)

    def _turn(self, now: datetime) -> None:
        for slug, queue in self.stage.queues.items():
            self._post(slug, now)
            self._take_steps(slug, queue, now)
            if self._turns in LABELING_TURNS:
                self.labelers.ask(queue=queue, now=now)
                self.answers += self.labelers.answer(queue=queue, truths=self.truths[slug], now=now)
            learn(queue_id=queue.pk, now=now, defer=True)  # outcomes of weeks ago are unlearnt at the end

    def _take_steps(self, slug: str, queue: Queue, now: datetime) -> None:
        """What the lead does who waits for a step: asks for it every week from some day on, until it is granted."""
        steps = self._steps[slug]
        with suppress(StepRefused):
            while steps and self._turns * TURN >= timedelta(days=steps[0][0]):
                self._ask_for_step(queue, steps[0][1], now)
                steps.pop(0)

    def _ask_for_step(self, queue: Queue, asked: Mapping[str, Any], now: datetime) -> None:
        version = in_force(queue).version
        goal = Goal(asked.get("target", version.target), asked.get("cap", version.cap))
        others = {name: asked[name] for name in asked.keys() - {"target", "cap"}}
        wish = replace(wish_in_force(version), goal=goal, **others)
        apply_wish(queue=queue, wish=wish, seen_version=version.version, by=self.stage.people["lena"], now=now)

    def _post_due(self, event: Event) -> None:
        """Post a scorer's waiting alerts where the oldest waited long enough, or the event is about one of them."""
        for scorer, waiting in list(self._waiting[event.queue].items()):
            about_one = any(one.external_id == event.external_id for one in waiting)
            if about_one or event.at - waiting[0].at > BATCH_SPAN:
                self._take_in(event.queue, scorer, self._waiting[event.queue].pop(scorer), event.at)

    def _post(self, slug: str, now: datetime) -> None:
        """Post everything that waits in a queue."""
        for scorer, waiting in self._waiting.pop(slug, {}).items():
            self._take_in(slug, scorer, waiting, now)

    def _take_in(self, slug: str, scorer: str, events: Sequence[AlertRaised], now: datetime) -> None:
        queue = self.stage.queues[slug]
        intakes = take_in(
            queue=queue, scorer=self.stage.scorers[scorer], drafts=[_draft(event) for event in events],
            now=min(now, events[0].at + BATCH_SPAN),
        )  # fmt: skip
        for event, intake in zip(events, intakes, strict=True):
            self.alerts[event.external_id] = Alert(pk=intake.alert_id, queue=queue)
            self._intakes[event.external_id] = intake
            self.truths[slug][intake.alert_id] = event.truth

    def _judge(self, event: VerdictGiven) -> None:
        """Nobody judges what was hidden, nor what an outcome or a colleague settled before them."""
        intake = self._intakes[event.external_id]
        if intake.decision == "hide":
            return
        with suppress(AlreadyJudged):
            recorded = record_verdict(
                alert=self.alerts[event.external_id], judge=self.stage.people[event.person], value=Value(event.value),
                decision_id=event.decision_id, source=Source.REP, now=event.at, reason=event.reason, note=event.note,
                blind=intake.blind,
            )  # fmt: skip
            self._entries[event.decision_id] = recorded.entry
            self.verdicts += 1

    def _take_back(self, event: VerdictRetracted) -> None:
        verdict = self._entries.get(event.retracts)
        if verdict is not None:
            judge = self.stage.people[event.person]
            retract_verdict(verdict=verdict, judge=judge, decision_id=event.decision_id, now=event.at, note=event.note)

    def _settle(self, event: OutcomeArrived) -> None:
        record_outcome(
            alert=self.alerts[event.external_id], scorer=self.stage.scorers[CRM], now=event.at,
            value=Value.ACCURATE if event.accurate else Value.FALSE_POSITIVE, decision_id=event.decision_id,
        )  # fmt: skip


def _draft(event: AlertRaised) -> AlertDraft:
    return AlertDraft(
        external_id=event.external_id, customer_id=event.customer_id, customer_name=event.customer_name,
        raised_at=event.at, text=event.text, features=event.features,
        evidence=[asdict(line) for line in event.evidence], upstream_score=event.upstream_score,
        channel=event.channel, scorer_version=event.scorer_version,
    )  # fmt: skip
