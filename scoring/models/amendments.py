"""What changes how a queue's ledger is learnt: generations of the slow model, and the amendments that name them."""

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from feedback.models import Queue
from feedback.models.protect import append_only
from scoring.models.learner import ModelConfiguration


class Generation(models.Model):
    """A generation of the slow model: what it was trained on, and its state as bytes with their digest.

    Trained on the first `learnt` labels of the ledger, whose chain (scoring.learner.chain) it names. Can be made again
    from the ledger, byte for byte.
    """

    configuration = models.ForeignKey(
        ModelConfiguration,
        on_delete=models.CASCADE,
        related_name="generations",
        db_index=False,
        verbose_name=_("model configuration"),
    )
    learnt = models.PositiveIntegerField(_("labels learnt"))
    chain = models.CharField(_("chain"), max_length=64)
    digest = models.CharField(_("digest"), max_length=64)
    payload = models.BinaryField()
    # scoring.learner.generation.Generation.report
    report = models.JSONField(_("report"), default=dict)
    trained_at = models.DateTimeField(_("trained at"))

    class Meta:
        verbose_name = _("generation")
        verbose_name_plural = _("generations")
        ordering = ["configuration", "-learnt"]
        constraints = [models.UniqueConstraint(fields=["configuration", "learnt", "chain"], name="generation_once")]
        triggers = [pgtrigger.Protect(name="generation_is_frozen", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.configuration} · {self.learnt}"


class FailedTraining(models.Model):
    """A generation that could not be trained: on which labels, when, and what scikit-learn said to it.

    The same labels give the same, so it is not tried again at once (scoring.services.generations). Written once the
    attempt has failed: what a killed worker was at is tried again.
    """

    MAX_SAID: ClassVar[int] = 200

    configuration = models.ForeignKey(
        ModelConfiguration,
        on_delete=models.CASCADE,
        related_name="failed_trainings",
        db_index=False,
        verbose_name=_("model configuration"),
    )
    learnt = models.PositiveIntegerField(_("labels learnt"))
    chain = models.CharField(_("chain"), max_length=64)
    said = models.CharField(_("what was wrong"), max_length=MAX_SAID)
    failed_at = models.DateTimeField(_("failed at"))

    class Meta:
        verbose_name = _("failed training")
        verbose_name_plural = _("failed trainings")
        constraints = [models.UniqueConstraint(fields=["configuration", "learnt"], name="failed_training_once")]

    def __str__(self) -> str:
        return f"{self.configuration} · {self.learnt}: {self.said}"


class AmendmentKind(models.TextChoices):
    """What an amendment does."""

    ADOPT = "adopt", _("generation adopted")
    HOLD_BACK = "hold_back", _("verdicts held back")
    LET_IN = "let_in", _("verdicts let in")
    WEIGH = "weigh", _("verdicts weighed")
    APPOINT = "appoint", _("configuration put in force")


class Amendment(models.Model):
    """A change of how the ledger is learnt, at a position. Append-only; `number` has no gaps within a queue.

    The same ledger under the same amendments is the same model (scoring.amendments). A state that has learnt up to
    `since` at most is not touched by it.
    """

    MAX_NOTE: ClassVar[int] = 500

    queue = models.ForeignKey(
        Queue, on_delete=models.CASCADE, related_name="amendments", db_index=False, verbose_name=_("queue")
    )
    number = models.PositiveIntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=9, choices=AmendmentKind.choices)
    since = models.BigIntegerField(_("since position"))
    until = models.BigIntegerField(_("until position"), null=True)
    judge = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("judge"),
    )
    # {"17": 0.4}: judge's id -> weight of their labels, above 0 and at most 1.
    weights = models.JSONField(_("weights"), default=dict)
    generation = models.ForeignKey(
        Generation,
        on_delete=models.CASCADE,
        null=True,
        related_name="adoptions",
        db_index=False,
        verbose_name=_("generation"),
    )
    configuration = models.ForeignKey(
        ModelConfiguration,
        on_delete=models.CASCADE,
        null=True,
        related_name="appointments",
        db_index=False,
        verbose_name=_("model configuration"),
    )
    ends = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, related_name="ended_by", verbose_name=_("ends")
    )
    note = models.CharField(_("note"), max_length=MAX_NOTE, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("made by"),
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("amendment")
        verbose_name_plural = _("amendments")
        ordering = ["queue", "number"]
        constraints = [
            models.UniqueConstraint(fields=["queue", "number"], name="amendment_number_once"),
            models.CheckConstraint(
                condition=Q(since__gte=0) & (Q(until__isnull=True) | Q(until__gt=F("since"))), name="amendment_range"
            ),
            models.CheckConstraint(
                condition=Q(kind=AmendmentKind.ADOPT, generation__isnull=False)
                | Q(kind=AmendmentKind.LET_IN, ends__isnull=False)
                | Q(kind=AmendmentKind.APPOINT, configuration__isnull=False)
                | Q(kind__in=[AmendmentKind.HOLD_BACK, AmendmentKind.WEIGH], generation__isnull=True),
                name="amendment_kind_and_content_agree",
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.queue_id}#{self.number}: {self.kind} since {self.since}"
