"""The ledger: every verdict and every retraction, appended, with a gap-free position per queue."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from feedback.locks import Lock
from feedback.models.alerts import Alert
from feedback.models.protect import append_only
from feedback.models.queues import Queue
from feedback.models.scorers import Scorer

_CHECK_APPEND = f"""
    PERFORM pg_advisory_xact_lock({Lock.LEDGER.value}, NEW.queue_id);
    IF NEW.position <> 1 + COALESCE((SELECT max(position) FROM feedback_ledgerentry
                                     WHERE queue_id = NEW.queue_id), 0) THEN
        RAISE EXCEPTION 'position % would leave a gap in the ledger of queue %', NEW.position, NEW.queue_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM feedback_alert WHERE id = NEW.alert_id AND queue_id = NEW.queue_id) THEN
        RAISE EXCEPTION 'alert % is not of queue %', NEW.alert_id, NEW.queue_id USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.retracts_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM feedback_ledgerentry
        WHERE id = NEW.retracts_id AND alert_id = NEW.alert_id AND kind = 'verdict'
    ) THEN
        RAISE EXCEPTION 'a retraction takes back a verdict of the same alert' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""  # noqa: S608 - the lock's number is a constant


class Kind(models.TextChoices):
    """What a ledger entry is."""

    VERDICT = "verdict", _("verdict")
    RETRACTION = "retraction", _("retraction")


class Value(models.TextChoices):
    """What a verdict says of an alert."""

    ACCURATE = "accurate", _("accurate")
    FALSE_POSITIVE = "false_positive", _("false positive")
    UNSURE = "unsure", _("not sure")


class Source(models.TextChoices):
    """Who or what a verdict comes from."""

    REP = "rep", _("rep")
    LABELER = "labeler", _("labeler")
    LEAD = "lead", _("lead")
    OUTCOME = "outcome", _("outcome")


class Reason(models.TextChoices):
    """Why an alert was a false positive, or accurate and yet not useful."""

    MISREAD = "misread", _("text misread")
    HANDLED = "handled", _("already handled")
    EXPECTED = "expected", _("expected behaviour")
    WRONG_DATA = "wrong_data", _("wrong customer data")
    NOT_WORTH_IT = "not_worth_it", _("not worth it")


class LedgerEntry(models.Model):
    """One row of the ledger: a verdict, or the retraction of one. Nothing is ever updated or deleted.

    `decision_id` is made where the click is made; a repeat is the same answer, not a second entry.
    `position` counts 1, 2, 3 ... within the queue in commit order; it is the only clock that learning knows.
    """

    MAX_NOTE: ClassVar[int] = 2000

    queue = models.ForeignKey(
        Queue, on_delete=models.PROTECT, related_name="entries", db_index=False, verbose_name=_("queue")
    )
    position = models.BigIntegerField(_("position"))
    decision_id = models.UUIDField(_("decision id"), unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    alert = models.ForeignKey(
        Alert, on_delete=models.PROTECT, related_name="entries", db_index=False, verbose_name=_("alert")
    )
    value = models.CharField(_("verdict"), max_length=14, choices=Value.choices, blank=True)
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    judge = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="entries",
        db_index=False,
        verbose_name=_("judge"),
    )
    # Who posted an outcome.
    scorer = models.ForeignKey(
        Scorer, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("scorer")
    )
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices, blank=True)
    note = models.CharField(_("note"), max_length=MAX_NOTE, blank=True)
    # Whether the judge decided without having seen the model's score.
    blind = models.BooleanField(_("blind"), default=False)
    # Whether the alert was settled before and put before the judge to see how far they agree (services.checks).
    is_check = models.BooleanField(_("check"), default=False, db_default=False)
    retracts = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="retraction", verbose_name=_("takes back")
    )
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["queue", "position"]
        indexes = [
            models.Index(fields=["alert", "position"], name="entry_alert"),
            # A person's own recent verdicts: the "judged" list and the undo key.
            models.Index(fields=["judge", "-recorded_at"], name="entry_judge_recent"),
            models.Index(fields=["queue", "recorded_at"], name="entry_queue_recorded"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["queue", "position"], name="entry_position_once"),
            models.CheckConstraint(condition=Q(position__gte=1), name="entry_position_from_one"),
            models.CheckConstraint(
                condition=Q(kind=Kind.VERDICT, retracts__isnull=True, value__in=Value.values)
                | Q(kind=Kind.RETRACTION, retracts__isnull=False, value=""),
                name="entry_kind_and_content_agree",
            ),
            models.CheckConstraint(
                condition=Q(source=Source.OUTCOME, scorer__isnull=False)
                | (Q(judge__isnull=False) & ~Q(source=Source.OUTCOME)),
                name="entry_has_an_author",
            ),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="entry_source_known"),
            models.CheckConstraint(condition=Q(reason__in=["", *Reason.values]), name="entry_reason_known"),
        ]
        triggers = [
            *append_only(),
            pgtrigger.Trigger(name="gap_free", when=pgtrigger.Before, operation=pgtrigger.Insert, func=_CHECK_APPEND),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id}@{self.position}: {self.value or self.kind}"


class RepeatedDecision(models.Model):
    """A decision id that was answered with the entry that said the same already: a repeat of it is answered likewise.

    Without it, the id that comes once more after a correction would be a decision of its own, and undo the correction.
    """

    decision_id = models.UUIDField(_("decision id"), primary_key=True)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+", verbose_name=_("queue"))
    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="+", verbose_name=_("ledger entry"))
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.decision_id} → {self.entry_id}"
