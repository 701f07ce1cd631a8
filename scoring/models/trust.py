"""What is thought of the judges: how far each can be believed, and who was held back until a lead has looked."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from feedback.models import Queue
from scoring.models.amendments import Amendment


class Vetting(models.Model):
    """How far a queue's judges have been looked at. A projection: it may be dropped and is made again."""

    queue = models.OneToOneField(Queue, on_delete=models.CASCADE, primary_key=True, related_name="vetting")
    position = models.BigIntegerField(_("position"), default=0)
    vetted_at = models.DateTimeField(_("looked at"))

    class Meta:
        verbose_name = _("look at the judges")
        verbose_name_plural = _("looks at the judges")

    def __str__(self) -> str:
        return f"{self.queue_id}@{self.position}"


class JudgeFigure(models.Model):
    """What is known of one judge in one queue (scoring.trust.judges.Reliability). A projection that is counted."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="judges", db_index=False)
    judge = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    # Of the newest verdicts (scoring.trust.selectors.LATELY): how many, how many of them accurate, and what share the
    # rest of the team would have called accurate; the median time between two of them.
    lately = models.PositiveIntegerField(_("verdicts"))
    accurate = models.PositiveIntegerField(_("accurate"))
    expected = models.FloatField(_("expected share"), null=True)
    pace_seconds = models.FloatField(_("seconds between two verdicts"), null=True)
    # Answers that could be compared, and of those whose truth is certain, how many were right.
    seen = models.FloatField(_("compared"))
    known = models.PositiveIntegerField(_("known answers"))
    known_right = models.PositiveIntegerField(_("known answers, right"))
    # Of the known answers, those that the judge was asked as a check.
    checks = models.PositiveIntegerField(_("checks"), default=0, db_default=0)
    checks_right = models.PositiveIntegerField(_("checks, right"), default=0, db_default=0)
    # Mean, low and high of each share: right either way, right on accurate alerts, right on false ones.
    right = models.JSONField(default=list)
    on_accurate = models.JSONField(default=list)
    on_false = models.JSONField(default=list)
    # What labels of this judge should weigh; what they do weigh is in the amendments.
    weight = models.FloatField(_("weight"))

    class Meta:
        verbose_name = _("figures of a judge")
        verbose_name_plural = _("figures of judges")
        constraints = [models.UniqueConstraint(fields=["queue", "judge"], name="judge_figure_once")]

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.judge_id} {self.weight:.2f}"


class Ruling(models.TextChoices):
    """What a lead made of a suspicion."""

    OPEN = "", _("not looked at yet")
    LET_IN = "let_in", _("let in")
    KEPT_OUT = "kept_out", _("kept out")
    CLOSED = "closed", _("kept out up to here, counts again from here on")


class Suspect(models.Model):
    """A judge whose verdicts were held back from the learner, why, and what a lead made of it."""

    class Way(models.TextChoices):
        FALSE = "false", _("marks everything false")
        ACCURATE = "accurate", _("marks everything accurate")
        FLIPPED = "flipped", _("marks the wrong way round")

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="suspects", db_index=False)
    judge = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    hold = models.OneToOneField(Amendment, on_delete=models.CASCADE, related_name="suspect")
    # scoring.trust.gate.Suspicion
    way = models.CharField(_("what it looks like"), max_length=8, choices=Way.choices)
    since = models.BigIntegerField(_("since position"))
    at = models.BigIntegerField(_("noticed at position"))
    score = models.FloatField(_("log-likelihood ratio"))
    verdicts = models.PositiveIntegerField(_("verdicts"))
    accurate = models.FloatField(_("share called accurate"))
    expected = models.FloatField(_("expected share"))
    known = models.PositiveIntegerField(_("known answers"))
    wrong = models.PositiveIntegerField(_("of them wrong"))
    noticed_at = models.DateTimeField(_("noticed at"))
    ruling = models.CharField(_("ruling"), max_length=8, choices=Ruling.choices, default=Ruling.OPEN, blank=True)
    ruled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    ruled_at = models.DateTimeField(_("looked at"), null=True)
    # The ledger's head when the lead ruled: the gate starts afresh after it.
    ruled_position = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("judge held back")
        verbose_name_plural = _("judges held back")
        indexes = [models.Index(fields=["queue", "-noticed_at"], name="suspect_queue")]
        constraints = [
            # Two workers, or a repeated look, suspect somebody once.
            models.UniqueConstraint(fields=["queue", "judge"], condition=Q(ruling=""), name="suspect_open_once"),
            models.CheckConstraint(
                condition=Q(ruling="", ruled_at__isnull=True) | (~Q(ruling="") & Q(ruled_at__isnull=False)),
                name="suspect_ruling_has_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.judge_id} {self.way} since {self.since}"
