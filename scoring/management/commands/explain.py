"""Say why an alert got its score, and prove that the score comes out again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from scoring.explain import report
from scoring.explain.past import NotReproduced


class Command(BaseCommand):
    """`manage.py explain voice-llm:ticket-17 --at 250`."""

    help = "Make a score again from the ledger and say what it is made of; exits 1 where it does not come out again."

    def add_arguments(self, parser: CommandParser) -> None:
        """The alert, the position, the form."""
        parser.add_argument("alert", help="the alert's number, or SCORER:EXTERNAL_ID")
        parser.add_argument(
            "--at", type=int, metavar="POSITION", help="ledger position; by default that of its score on arrival"
        )
        parser.add_argument("--json", action="store_true", help="for machines, with every part")

    def handle(self, *args: Any, **options: Any) -> None:
        """Translate, call, say."""
        try:
            found = report.report_on(options["alert"], options["at"])
        except (report.NoSuchAlert, report.NoSuchPosition, NotReproduced) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(report.as_json(found) if options["json"] else report.as_text(found))
