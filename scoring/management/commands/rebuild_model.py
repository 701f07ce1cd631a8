"""Rebuild a queue's model from its ledger, and compare it with what the checkpoints say."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from feedback.models import Queue
from scoring.services.rebuilding import Rebuilt, rebuild


class Command(BaseCommand):
    """`manage.py rebuild_model churn --verify`."""

    help = (
        "Replay a queue's ledger from the beginning; --verify compares digests "
        "with every checkpoint, else one is written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Queue and mode."""
        parser.add_argument("queue", help="the queue's slug")
        parser.add_argument("--verify", action="store_true", help="write nothing; exit 1 where a digest differs")

    def handle(self, *args: Any, **options: Any) -> None:
        """Translate, call, say."""
        queue = Queue.objects.filter(slug=options["queue"]).first()
        if queue is None:
            raise CommandError(f"There is no queue “{options['queue']}”. Queues: {', '.join(self._slugs())}")
        rebuilt = rebuild(queue=queue, verify=options["verify"], now=timezone.now(), on_progress=self._progress)
        self.stdout.write(f"{queue.slug} at position {rebuilt.position}: {rebuilt.digest}")
        self._compare(rebuilt)

    def _progress(self, position: int, end: int) -> None:
        self.stderr.write(f"  {position} of {end} ledger rows", ending="\r" if position < end else "\n")

    def _compare(self, rebuilt: Rebuilt) -> None:
        for position in rebuilt.differing:
            self.stdout.write(self.style.ERROR(f"checkpoint at {position} differs from the ledger"))
        self.stdout.write(f"{rebuilt.compared} checkpoints compared, {len(rebuilt.differing)} differ")
        if rebuilt.differing:
            raise CommandError("The ledger is the truth: run rebuild_model without --verify to replace them.")

    @staticmethod
    def _slugs() -> list[str]:
        return list(Queue.objects.filter(throwaway=False).values_list("slug", flat=True))
