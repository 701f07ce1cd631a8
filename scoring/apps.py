"""What is believed right now."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScoringConfig(AppConfig):
    """Beliefs: models, scores, policies. Reads the ledger of feedback."""

    name = "scoring"
    verbose_name = _("Scoring")

    def ready(self) -> None:
        """Listen to the one signal: the ledger of a queue grew."""
        from scoring import receivers  # noqa: F401 - models must be loaded first
