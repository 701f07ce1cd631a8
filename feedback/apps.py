"""The ledger of what happened."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FeedbackConfig(AppConfig):
    """Facts: alerts, exposures, verdicts. Imports neither scoring nor labeling."""

    name = "feedback"
    verbose_name = _("Feedback")
