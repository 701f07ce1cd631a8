"""`manage.py prepare`: bring the database and the static files up to date before serving."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, call_command


class Command(BaseCommand):
    """What `make run` and a container's start do first."""

    help = "Migrate, collect static files, and make the demo workspace when the database is empty."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """In an order in which each step needs the one before."""
        self.stdout.write("Preparing the database.")
        call_command("migrate", interactive=False, verbosity=0, stdout=self.stdout)
        if not settings.DEBUG:
            call_command("collectstatic", interactive=False, verbosity=0)
        if settings.DEMO:
            call_command("demo", "--if-empty", stdout=self.stdout)
        if not get_user_model().objects.filter(is_superuser=True).exists():
            self.stdout.write("Nobody can log in yet: manage.py createsuperuser makes the first administrator.")
