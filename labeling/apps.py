"""What should be asked next."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LabelingConfig(AppConfig):
    """Questions: what a human should be asked next. Reads scoring and feedback."""

    name = "labeling"
    verbose_name = _("Labeling")
