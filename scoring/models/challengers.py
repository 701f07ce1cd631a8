"""A challenger: another configuration that learns beside the one in force, and what it would have said."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from feedback.models import Alert, Queue
from scoring.models.learner import ModelConfiguration


class ChallengerEnd(models.TextChoices):
    """How a challenger's contest ended."""

    PROMOTED = "promoted", _("promoted")
    DROPPED = "dropped", _("dropped")


class Challenger(models.Model):
    """A configuration that learns the same ledger beside the champion. A queue has one at a time."""

    MAX_PRESET: ClassVar[int] = 40

    queue = models.ForeignKey(
        Queue, on_delete=models.CASCADE, related_name="challengers", db_index=False, verbose_name=_("queue")
    )
    configuration = models.OneToOneField(
        ModelConfiguration, on_delete=models.CASCADE, related_name="challenger", verbose_name=_("model configuration")
    )
    preset = models.CharField(_("preset"), max_length=MAX_PRESET)
    # How far it has learnt the ledger and scored what arrived.
    position = models.BigIntegerField(_("position"), default=0)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("started by"),
    )
    started_at = models.DateTimeField(_("started at"))
    ended = models.CharField(_("ended"), max_length=8, choices=ChallengerEnd.choices, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("ended by"),
    )
    ended_at = models.DateTimeField(_("ended at"), null=True)

    class Meta:
        verbose_name = _("challenger")
        verbose_name_plural = _("challengers")
        ordering = ["queue", "-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["queue"], condition=Q(ended_at__isnull=True), name="challenger_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended="", ended_at__isnull=True)
                | Q(ended__in=ChallengerEnd.values, ended_at__isnull=False),
                name="challenger_end_has_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.preset}"


class ShadowScore(models.Model):
    """What a challenger would have said of an alert on arrival, at the position at which the champion scored it.

    Bounded: the newest `scoring.lifecycle.challenging.KEPT_SCORES` of each challenger are kept.
    """

    challenger = models.ForeignKey(
        Challenger, on_delete=models.CASCADE, related_name="scores", db_index=False, verbose_name=_("challenger")
    )
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="+", verbose_name=_("alert"))
    probability = models.FloatField(_("probability"))
    position = models.BigIntegerField(_("position"))

    class Meta:
        verbose_name = _("shadow score")
        verbose_name_plural = _("shadow scores")
        constraints = [models.UniqueConstraint(fields=["challenger", "alert"], name="shadow_score_once")]

    def __str__(self) -> str:
        return f"{self.challenger_id}: {self.alert_id} p={self.probability:.3f}"
