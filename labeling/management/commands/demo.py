"""`manage.py demo`: make the demo workspace. Here, on the top floor, because its labelers answer questions too."""

import time
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.core.management.base import OutputWrapper
from django.utils import timezone

from labeling.demo import DemoLabelers
from scoring.demo.build import WorkspaceNotEmpty, build
from scoring.demo.people import PASSWORD, PEOPLE
from scoring.demo.story import tell


class Command(BaseCommand):
    """Six queues with six months of generated history."""

    help = (
        "Make the demo workspace: six queues, people, and six months of generated history that goes "
        "through the product's own services. Only in a database without queues. Interrupted, it leaves nothing behind."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """See `help`."""
        parser.add_argument("--if-empty", action="store_true", help="do nothing, quietly, where there are queues")
        parser.add_argument("--seed", type=int, default=7, help="another number tells another story (7)")

    def handle(self, *_args: Any, if_empty: bool, seed: int, **_options: Any) -> None:
        """One call."""
        story, labelers = tell(seed=seed, now=timezone.now()), DemoLabelers(seed=seed)
        try:
            built = build(story=story, labelers=labelers, on_progress=Progress(self.stdout))
        except WorkspaceNotEmpty as refused:
            if not (refused.generated or if_empty):
                raise CommandError(str(refused)) from None
            self.stdout.write("There are queues already: no demo workspace is made, nothing changed.")
            if refused.generated:
                self.stdout.write(logins())
        else:
            self.stdout.write(f"Demo (generated): {built}\n{logins()}")


class Progress:
    """Says how far it is: one line that changes on a terminal, a line every tenth in a log."""

    def __init__(self, out: OutputWrapper) -> None:
        self.out, self.live = out, out.isatty()
        self.said, self.began = -1, time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        """`done` of `total` events have been played."""
        step = 100 if self.live else 10
        share = step * done // max(1, total)
        if share == self.said:
            return
        self.said = share
        line = f"Making the demo workspace: {100 * share // step} % ({time.monotonic() - self.began:.0f} s)"
        self.out.write(f"\r{line}" if self.live else line, ending="\n" if done >= total or not self.live else "")
        self.out.flush()


def logins() -> str:
    """Who can log in, and how."""
    people = ", ".join(f"{person.username} ({person.role})" for person in PEOPLE)
    return f"Log in as {people}. The password is “{PASSWORD}” for everyone."
