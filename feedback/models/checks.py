"""Alerts that were settled before and are put before a person all the same, to see how far they agree."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from feedback.models.alerts import Alert
from feedback.models.ledger import LedgerEntry, Source
from feedback.models.queues import Queue


class Check(models.Model):
    """One settled alert that was drawn for one person. Never twice the same, never one that they judged before.

    `certain`: the answer is known (a lead, an outcome, labelers who agree). Otherwise a colleague has judged it, and
    this is a second look. `source`: where it is asked, at the desk (rep) or among the questions (labeler). `entry` is
    the person's first verdict on it.
    """

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="checks", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="+", db_index=False)
    source = models.CharField(
        _("source"), max_length=8, choices=Source.choices, default=Source.REP, db_default=Source.REP
    )
    certain = models.BooleanField(_("answer is known"))
    drawn_at = models.DateTimeField(_("drawn at"))
    put_off_at = models.DateTimeField(_("put off at"), null=True)
    entry = models.OneToOneField(LedgerEntry, on_delete=models.CASCADE, null=True, related_name="check_row")

    class Meta:
        verbose_name = _("check")
        verbose_name_plural = _("checks")
        constraints = [
            models.UniqueConstraint(fields=["person", "alert"], name="check_once"),
            models.CheckConstraint(
                condition=Q(source=Source.REP) | Q(source=Source.LABELER, certain=True), name="check_source_known"
            ),
        ]
        indexes = [models.Index(fields=["person", "queue"], name="check_person_queue")]

    def __str__(self) -> str:
        return f"{self.queue_id}: alert {self.alert_id} for {self.person_id}"


class CloserLook(models.Model):
    """Somebody who is checked more often for now; written by who measures judges. A projection: it may be dropped."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("closer look")
        verbose_name_plural = _("closer looks")
        constraints = [models.UniqueConstraint(fields=["queue", "person"], name="closer_look_once")]

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.person_id}"
