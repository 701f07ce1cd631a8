"""What a queue does with a probability, version by version."""

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from feedback.models import Queue


class Stage(models.TextChoices):
    """How far the model may act."""

    OBSERVE = "observe", _("observe")
    RANK = "rank", _("rank")
    SUPPRESS = "suppress", _("suppress")


class Origin(models.TextChoices):
    """What made a policy version."""

    LEAD = "lead", _("a lead")
    THRESHOLD = "threshold", _("thresholds followed the queue")
    DRIFT = "drift", _("audits followed drift")
    BACK = "back", _("a lead went back")


_SHARE = [MinValueValidator(0.0), MaxValueValidator(1.0)]


class PolicyVersion(models.Model):
    """A version of a queue's policy. The newest version is in force; a change is a new version."""

    queue = models.ForeignKey(
        Queue, on_delete=models.CASCADE, related_name="policies", db_index=False, verbose_name=_("queue")
    )
    version = models.PositiveIntegerField(_("version"))
    stage = models.CharField(_("stage"), max_length=8, choices=Stage.choices, default=Stage.RANK)
    red_from = models.FloatField(_("red from"), default=0.8, validators=_SHARE)
    orange_from = models.FloatField(_("orange from"), default=0.5, validators=_SHARE)
    hide_below = models.FloatField(_("hide below"), default=0.1, validators=_SHARE)
    audit_share = models.FloatField(_("audit share"), default=0.1, validators=_SHARE)
    # [{"name": ..., "phrase": ...} | {"name": ..., "feature": ..., "at_least": ...}]
    hard_rules = models.JSONField(_("hard rules"), default=list, blank=True)
    # What the lead asks for: scoring.thresholds.Goal.
    target = models.FloatField(_("precision target"), default=0.85, validators=_SHARE)
    cap = models.FloatField(_("cap on hidden accurate alerts"), default=0.01, validators=_SHARE)
    audit_share_orange = models.FloatField(_("audit share, orange"), default=0.2, validators=_SHARE)
    audit_share_red = models.FloatField(_("audit share, red"), default=0.3, validators=_SHARE)
    # How much the queue drifts, 0 to 1: audits grow with it (scoring.policy.Policy.audited).
    drift = models.FloatField(_("drift"), default=0.0, validators=_SHARE)
    blind_share = models.FloatField(_("judged without the score"), default=0.1, validators=_SHARE)
    # Whether a worker may move the thresholds within the cap.
    adaptive = models.BooleanField(_("thresholds follow the queue"), default=True)
    origin = models.CharField(_("made by"), max_length=9, choices=Origin.choices, default=Origin.LEAD)
    note = models.CharField(_("why"), max_length=500, blank=True)
    # The version that this one brings back.
    restores = models.PositiveIntegerField(_("brings back version"), null=True, blank=True)
    # The ledger's head when it was made, and what its simulation promised.
    position = models.BigIntegerField(_("position"), default=0)
    expected = models.JSONField(_("expected"), default=dict, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, verbose_name=_("changed by")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering = ["queue", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["queue", "version"], name="policy_version_once"),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="policy_stage_known"),
            models.CheckConstraint(
                condition=Q(hide_below__gte=0, hide_below__lte=F("orange_from"))
                & Q(orange_from__lte=F("red_from"), red_from__lte=1),
                name="policy_thresholds_in_order",
            ),
            # Propensity is the audit share where an alert would be hidden: never zero.
            models.CheckConstraint(condition=Q(audit_share__gt=0, audit_share__lte=1), name="policy_audits"),
            models.CheckConstraint(
                condition=Q(audit_share_orange__gt=0, audit_share_orange__lte=1)
                & Q(audit_share_red__gt=0, audit_share_red__lte=1),
                name="policy_audits_every_tier",
            ),
            models.CheckConstraint(
                condition=Q(target__gt=0, target__lte=1) & Q(cap__gt=0, cap__lte=0.2), name="policy_goal_in_range"
            ),
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="policy_origin_known"),
        ]
        triggers = [pgtrigger.Protect(name="versions_never_change", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.queue} v{self.version}: {self.get_stage_display()}"
