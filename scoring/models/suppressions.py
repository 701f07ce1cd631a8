"""Suppressions that people make, with a scope and an end. Append-only: what ends one early is a row that names it."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from feedback.models import Alert, Customer, Queue, Scorer
from feedback.models.protect import append_only


class Scope(models.TextChoices):
    """What a suppression is about; a lift ends another row."""

    CUSTOMER = "customer", _("customer")
    SCORER = "scorer", _("scorer")
    PHRASE = "phrase", _("phrase")
    FEATURE = "feature", _("feature")
    LIFT = "lift", _("lifted")


class Suppression(models.Model):
    """Alerts of one scope are hidden until a moment, except for an audited share and what hard rules show."""

    MAX_DAYS: ClassVar[int] = 180

    queue = models.ForeignKey(
        Queue, on_delete=models.CASCADE, related_name="suppressions", db_index=False, verbose_name=_("queue")
    )
    scope = models.CharField(_("scope"), max_length=8, choices=Scope.choices)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    scorer = models.ForeignKey(Scorer, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    scorer_version = models.CharField(_("scorer version"), max_length=Alert.MAX_VERSION, blank=True)
    phrase = models.CharField(_("phrase"), max_length=200, blank=True)
    feature = models.CharField(_("feature"), max_length=80, blank=True)
    value = models.CharField(_("value"), max_length=80, blank=True)
    until = models.DateTimeField(_("until"), null=True)
    # The bar of a customer's suppression (scoring.quiet.Bar): a worse alert is shown and ends it.
    bar_tier = models.SmallIntegerField(null=True)
    bar_probability = models.FloatField(null=True)
    bar_upstream = models.FloatField(null=True)
    audit_share = models.FloatField(
        _("audit share"), default=0.1, validators=[MinValueValidator(0.01), MaxValueValidator(1.0)]
    )
    note = models.CharField(_("why"), max_length=500, blank=True)
    # The alert it was made from; of a lift, the alert that was worse.
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    ends = models.OneToOneField("self", on_delete=models.CASCADE, null=True, related_name="lift")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        indexes = [
            models.Index(fields=["queue", "-id"], name="suppression_newest"),
            # Partial index: policylab.quieted asks it for every alert on the desk.
            models.Index(fields=["customer", "queue"], condition=Q(scope="customer"), name="suppression_of_customer"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="lift", ends__isnull=False, until__isnull=True)
                | (~Q(scope="lift") & Q(ends__isnull=True, until__isnull=False)),
                name="suppression_ends_or_is_ended",
            ),
            models.CheckConstraint(
                condition=Q(scope="lift")
                | Q(scope="customer", customer__isnull=False, bar_tier__isnull=False, bar_probability__isnull=False)
                | Q(scope="scorer", scorer__isnull=False)
                | (Q(scope="phrase") & ~Q(phrase=""))
                | (Q(scope="feature") & ~Q(feature="")),
                name="suppression_has_its_scope",
            ),
            models.CheckConstraint(condition=Q(audit_share__gt=0, audit_share__lte=1), name="suppression_audits"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.scope} #{self.pk}"
