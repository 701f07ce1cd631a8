"""Alerts, what was done with them, and the ones that still wait for a verdict."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from feedback.models.protect import append_only
from feedback.models.queues import Queue
from feedback.models.scorers import Customer, Scorer


class Alert(models.Model):
    """A scorer's claim about a customer at a moment, with its evidence. Never changes."""

    MAX_EXTERNAL_ID: ClassVar[int] = 200
    MAX_VERSION: ClassVar[int] = 40
    MAX_CHANNEL: ClassVar[int] = 40

    queue = models.ForeignKey(
        Queue, on_delete=models.PROTECT, related_name="alerts", db_index=False, verbose_name=_("queue")
    )
    scorer = models.ForeignKey(
        Scorer, on_delete=models.PROTECT, related_name="alerts", db_index=False, verbose_name=_("scorer")
    )
    scorer_version = models.CharField(_("scorer version"), max_length=MAX_VERSION, blank=True)
    external_id = models.CharField(_("external id"), max_length=MAX_EXTERNAL_ID)
    # SHA-256 of the canonical content: the same id with other content is a conflict, not an update.
    content_digest = models.CharField(max_length=64)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="alerts", verbose_name=_("customer"))
    channel = models.CharField(_("channel"), max_length=MAX_CHANNEL, blank=True)
    text = models.TextField(_("text"), blank=True)
    features = models.JSONField(_("features"), default=dict)
    evidence = models.JSONField(_("evidence"), default=list)
    upstream_score = models.FloatField(_("upstream score"), null=True)
    raised_at = models.DateTimeField(_("raised at"))
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        indexes = [
            # The lead's weekly figures read a queue's alerts by time.
            models.Index(fields=["queue", "raised_at"], name="alert_queue_raised"),
            # A desk that is open asks every few seconds which of a queue's alerts are newer than those it shows.
            models.Index(fields=["queue", "id"], name="alert_queue"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["scorer", "external_id"], name="alert_external_id_once"),
            models.CheckConstraint(
                condition=models.Q(upstream_score__isnull=True)
                | models.Q(upstream_score__gte=0, upstream_score__lte=1),
                name="alert_upstream_score_range",
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.scorer_id}:{self.external_id}"


class Tier(models.IntegerChoices):
    """How urgent an alert is. Numbers order them: red is largest."""

    YELLOW = 0, _("yellow")
    ORANGE = 1, _("orange")
    RED = 2, _("red")


class Decision(models.TextChoices):
    """What a policy did with an alert."""

    SHOW = "show", _("shown")
    HIDE = "hide", _("hidden")
    AUDIT = "audit", _("shown for audit")


class Exposure(models.Model):
    """What was done with an alert, by which policy version, with which probability. Append-only."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="exposures", verbose_name=_("alert"))
    queue = models.ForeignKey(
        Queue, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("queue")
    )
    decision = models.CharField(_("decision"), max_length=5, choices=Decision.choices)
    tier = models.SmallIntegerField(_("tier"), choices=Tier.choices)
    probability = models.FloatField(_("probability"))
    propensity = models.FloatField(_("propensity"))
    policy_version = models.PositiveIntegerField(_("policy version"))
    # The ledger position the model had learnt when it made `probability`, and the newest amendment of how it learns
    # that it knew: with both, the score can be made again.
    position = models.BigIntegerField(_("position"))
    amendment = models.PositiveIntegerField(_("amendment"), default=0)
    rule = models.CharField(_("hard rule"), max_length=60, blank=True)
    # Beside the policy version's thresholds: "quiet:ID", a suppression that a person made, or "again", a hidden alert
    # that a person raised again. The latter was not drawn: estimates rest on an alert's first exposure.
    cause = models.CharField(_("cause"), max_length=30, blank=True, db_default="")
    # Drawn to be judged without the score on screen; audits always are.
    blind = models.BooleanField(_("blind"), default=False, db_default=False)
    raised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("raised again by"),
    )
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("exposure")
        verbose_name_plural = _("exposures")
        indexes = [models.Index(fields=["queue", "decided_at"], name="exposure_queue_decided")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(probability__gte=0, probability__lte=1), name="exposure_probability_range"
            ),
            models.CheckConstraint(
                condition=models.Q(propensity__gt=0, propensity__lte=1), name="exposure_propensity_range"
            ),
            models.CheckConstraint(condition=models.Q(decision__in=Decision.values), name="exposure_decision_known"),
            models.CheckConstraint(condition=models.Q(position__gte=0), name="exposure_position_not_negative"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.alert_id}: {self.decision} p={self.probability:.3f}"


class OpenAlert(models.Model):
    """An alert that waits for a verdict, with its current standing. A projection: rebuilt from facts and beliefs."""

    alert = models.OneToOneField(Alert, on_delete=models.CASCADE, primary_key=True, related_name="open")
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="open_alerts", db_index=False)
    visible = models.BooleanField(default=True)
    # True where the exposure was an audit: no score on screen before the verdict.
    blind = models.BooleanField(default=False)
    tier = models.SmallIntegerField(choices=Tier.choices)
    probability = models.FloatField()
    position = models.BigIntegerField()
    upstream_score = models.FloatField(null=True)
    # True where a hard rule gave the tier: the model does not move it.
    hard = models.BooleanField(default=False)
    # The sort key, largest first (scoring.policy.urgency; blind_urgencies where it is judged blind).
    urgency = models.FloatField()
    raised_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    # Who has it on their desk, and until when it is kept from the others' "next". Not indexed: a hold is written often.
    held_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    held_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("open alert")
        verbose_name_plural = _("open alerts")
        # Every index gets an entry whenever a row's urgency moves, so there is none of all rows of a queue. Who wants
        # them asks for `visible OR NOT visible`: where they are few, the two partial ones find them.
        indexes = [
            # Partial index: selectors.inbox_page reads it; keeps the page under 5 ms at 100,000 open alerts.
            models.Index(
                models.F("queue"),
                models.F("urgency").desc(),
                models.F("alert").desc(),
                condition=models.Q(visible=True),
                name="open_alert_inbox",
            ),
            # Partial index: the list of hidden alerts, newest first.
            models.Index(fields=["queue", "-alert"], condition=models.Q(visible=False), name="open_alert_hidden"),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id}: {self.probability:.3f}"
