"""Makes the demo workspace: plays the story through the product's own services, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import connection, transaction

from feedback.locks import Lock, take
from feedback.models import Queue
from feedback.nudges import muted
from scoring.demo.playing import Player
from scoring.demo.stage import set_stage
from scoring.demo.story import Story
from scoring.demo.workdays import start_of
from scoring.lead.services import catch_up
from scoring.replica import forget_replicas
from scoring.services.learning import forget_boards

# Events between two looks at the tables' statistics, and the tables that grow.
ANALYZE_EVERY = 500
GROWING = (
    "feedback_alert", "feedback_customer", "feedback_exposure", "feedback_ledgerentry", "feedback_openalert",
    "labeling_lease", "labeling_question", "scoring_judgedalert", "scoring_reranking",
)  # fmt: skip

Progress = Callable[[int, int], None]


class Labelers(Protocol):
    """Whoever asks and answers questions while the story is played; scoring knows nothing of questions."""

    def ask(self, *, queue: Queue, now: datetime) -> None:
        """Have questions ready."""

    def answer(self, *, queue: Queue, truths: Mapping[int, bool], now: datetime) -> int:
        """Answer some of what is asked. `truths` has the hidden truth by alert id. Returns how many answers."""


class WorkspaceNotEmpty(Exception):
    """There are queues already; nothing was changed. `generated` says whether they are the demo workspace."""

    def __init__(self, *, generated: bool) -> None:
        super().__init__("The demo workspace is made in an empty database only; this one has queues.")
        self.generated = generated


@dataclass(frozen=True, slots=True)
class Built:
    """What the workspace holds now."""

    queues: int
    alerts: int
    verdicts: int
    answers: int

    def __str__(self) -> str:
        return (
            f"{self.queues} queues, {self.alerts} alerts, {self.verdicts} verdicts of reps, {self.answers} of labelers."
        )


def build(*, story: Story, labelers: Labelers, on_progress: Progress | None = None) -> Built:
    """Make the demo workspace in one transaction: interrupted at any moment, it leaves nothing behind.

    1. Wait for whoever builds already. 2. Refuse where there are queues. 3. Set the stage. 4. Play every event in time
    order through the services. 5. Count the lead's figures, so that the first page is complete.

    Raises `WorkspaceNotEmpty`; nothing is written then.
    """
    try:
        with muted(), transaction.atomic():
            take(Lock.BUILD, 0)
            _refuse_unless_empty()
            player = Player(set_stage(now=start_of(story.now)), labelers)
            _play(player, story, on_progress)
            for queue in player.stage.queues.values():
                catch_up(queue=queue, now=story.now)
    except BaseException:
        # What this process believes was rolled back with the rest.
        forget_replicas()
        forget_boards()
        raise
    return Built(len(story.queues), len(player.alerts), player.verdicts, player.answers)


def _refuse_unless_empty() -> None:
    generated = set(Queue.objects.filter(throwaway=False).values_list("is_demo", flat=True))
    if generated:
        raise WorkspaceNotEmpty(generated=generated == {True})


def _analyze() -> None:
    """Tell the planner how the tables have grown: autovacuum cannot see rows of an open transaction.

    Without it the last tenth of the build spent minutes in one badly planned query.
    """
    with connection.cursor() as cursor:
        for table in GROWING:
            cursor.execute(f"ANALYZE {table}")


def _play(player: Player, story: Story, on_progress: Progress | None) -> None:
    total = len(story.events)
    for done, event in enumerate(story.events):
        if done % ANALYZE_EVERY == 0:
            _analyze()
        player.play(event)
        if on_progress is not None:
            on_progress(done, total)
    player.finish(story.now)
    if on_progress is not None:
        on_progress(total, total)
