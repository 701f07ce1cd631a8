"""`manage.py prepare`: bring the database and the static files up to date before serving."""

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, call_command, get_commands


class Command(BaseCommand):
    """What `make run` and a container's start do first."""

    help = "Migrate, collect static files, and make the demo workspace when the database is empty."

    def add_arguments(self, parser: Any) -> None:
        """See `help`."""
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *_args: Any, no_demo: bool, **_options: Any) -> None:
        """In an order in which each step needs the one before."""
        call_command("migrate", interactive=False, verbosity=1, stdout=self.stdout)
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        if no_demo:
            return
        if "demo" in get_commands():
            call_command("demo", "--if-empty", stdout=self.stdout)
        else:
            self.stdout.write("No demo command yet: starting with an empty workspace.")
