"""What is known of a queue's drift: how far its alerts and errors were watched, and the alarms."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from feedback.models import Queue


class DriftStanding(models.Model):
    """How far a queue was watched, and the state of the watch as plain numbers. Can be made anew from the alerts."""

    queue = models.OneToOneField(Queue, on_delete=models.CASCADE, primary_key=True, related_name="drift_standing")
    # The newest alert that was watched, and the ledger position up to which errors were.
    alert_id = models.BigIntegerField(default=0)
    position = models.BigIntegerField(_("position"), default=0)
    # What the probabilities and errors depend on besides the alerts: another model or policy is no drift.
    belief = models.JSONField(default=dict)
    # scoring.lifecycle.frame.Frame.to_dict() and its known words, a bit each.
    frame = models.JSONField(default=dict)
    words = models.BinaryField(default=b"")
    # scoring.lifecycle.watch.Watch.to_dict()
    inputs = models.JSONField(default=dict)
    errors = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("standing of the drift watch")
        verbose_name_plural = _("standings of the drift watch")

    def __str__(self) -> str:
        return f"{self.queue_id}@{self.position}"


class DriftFamily(models.TextChoices):
    """What moved: the alerts that arrive, or how wrong the model is about them."""

    INPUTS = "inputs", _("what arrives")
    ERRORS = "errors", _("errors")


class DriftAlarm(models.Model):
    """Something moved in a queue. What moves while an alarm of its family is open joins it: there are no storms."""

    queue = models.ForeignKey(
        Queue, on_delete=models.CASCADE, related_name="drift_alarms", db_index=False, verbose_name=_("queue")
    )
    family = models.CharField(_("what moved"), max_length=6, choices=DriftFamily.choices)
    detector = models.CharField(_("detector"), max_length=20)
    # [scoring.lifecycle.alarms.Told.to_dict()], strongest first.
    movements = models.JSONField(_("movements"), default=list)
    since_position = models.BigIntegerField(_("since position"))
    since_at = models.DateTimeField(_("since"))
    # 0 to 1: how much the newest alerts differ from what the model has learnt on.
    level = models.FloatField(_("level"), default=0)
    opened_at = models.DateTimeField(_("opened at"))
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("acknowledged by"),
    )
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)

    class Meta:
        verbose_name = _("drift alarm")
        verbose_name_plural = _("drift alarms")
        ordering = ["queue", "-opened_at"]
        indexes = [models.Index(fields=["queue", "-opened_at"], name="drift_alarm_recent")]
        constraints = [
            models.UniqueConstraint(
                fields=["queue", "family"], condition=Q(closed_at__isnull=True), name="drift_alarm_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.family} since {self.since_position}"
