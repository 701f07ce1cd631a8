"""What the features of a queue, and their values, are called."""

import pghistory
import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from feedback.models.queues import Queue
from feedback.models.scorers import Scorer
from feedback.naming import MOST_KEY, MOST_NAME, MOST_VALUE, check_key, check_name, check_value, in_language


@pghistory.track()
class FeatureName(models.Model):
    """What a queue calls a feature of its alerts, for the people who read them: learning and the API know the key.

    With a `value` it is what that value of the feature is called, a category's as it was sent, `true` or `false`.

    `scorer` sent the name. Where it is null a person wrote it, and no scorer changes it.
    """

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="feature_names", verbose_name=_("queue"))
    feature = models.CharField(
        _("feature"), max_length=MOST_KEY, validators=[check_key], help_text=_("As the scorer writes it.")
    )
    value = models.CharField(
        _("value"),
        max_length=MOST_VALUE,
        blank=True,
        default="",
        db_default="",
        validators=[check_value],
        help_text=_("As the scorer writes it. Empty: it is the feature itself that has the name."),
    )
    name = models.CharField(_("name"), max_length=MOST_NAME, blank=True, validators=[check_name])
    name_zh = models.CharField(_("name in Chinese"), max_length=MOST_NAME, blank=True, validators=[check_name])
    scorer = models.ForeignKey(
        Scorer,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="feature_names",
        verbose_name=_("sent by"),
    )

    class Meta:
        verbose_name = _("feature’s name")
        verbose_name_plural = _("features’ names")
        ordering = ["feature", "value"]
        constraints = [
            models.UniqueConstraint(fields=["queue", "feature", "value"], name="feature_named_once"),
            models.CheckConstraint(condition=~models.Q(name="", name_zh=""), name="feature_has_a_name"),
        ]
        triggers = [
            # Whoever has read the names knows by the queue's stamp that they are still these: selectors.names_of.
            pgtrigger.Trigger(
                name="stamps_the_queue",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func="UPDATE feedback_queue SET names_stamp = gen_random_uuid()"
                " WHERE id IN (OLD.queue_id, NEW.queue_id); RETURN NULL;",
            )
        ]

    def __str__(self) -> str:
        return in_language(self.name, self.name_zh)

    def clean(self) -> None:
        """Refuse a row without any name."""
        if not self.name and not self.name_zh:
            raise ValidationError(_("Give it a name in English, in Chinese, or in both."))
