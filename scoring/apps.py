"""What is believed right now."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ScoringConfig(AppConfig):
    """Beliefs: models, scores, policies. Reads the ledger of feedback."""

    name = "scoring"
    verbose_name = _("Scoring")

    def ready(self) -> None:
        """Listen to the one signal: the ledger of a queue grew. After `migrate`, use what the server has to offer."""
        from scoring import receivers  # noqa: F401 - models must be loaded first

        post_migrate.connect(_install_index, sender=self)


def _install_index(using: str = "default", **_: Any) -> None:
    from django.db import connections

    from scoring.explain.searching import install_index

    if "scoring_rememberedalert" in connections[using].introspection.table_names():  # not after `migrate scoring zero`
        install_index()
