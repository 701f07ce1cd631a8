"""What the lead's page counts: rollups of the ledger. All of them can be rebuilt from facts (scoring.lead.services)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from feedback.models import Alert, Queue, Scorer


class FigureStanding(models.Model):
    """How far a queue's figures have followed its ledger, and which weeks still have to be counted again."""

    queue = models.OneToOneField(Queue, on_delete=models.CASCADE, primary_key=True, related_name="figure_standing")
    position = models.BigIntegerField(_("position"), default=0)
    # The newest amendment that the labels know: who is held back counts in no figure.
    amendment = models.PositiveIntegerField(default=0)
    # The newest exposure that was seen when weeks were counted: a later one may carry an earlier moment.
    exposure_id = models.BigIntegerField(default=0)
    # ISO dates of Mondays, oldest first.
    stale_weeks = models.JSONField(_("weeks to count again"), default=list)
    counted_at = models.DateTimeField(_("counted at"), null=True)

    class Meta:
        verbose_name = _("standing of the figures")
        verbose_name_plural = _("standings of the figures")

    def __str__(self) -> str:
        return f"{self.queue_id}@{self.position}"


class JudgedAlert(models.Model):
    """An alert that has a label, beside what was believed and done when it arrived. Of ledger and exposures.

    `sampled`: it was shown by its policy. A hidden alert that labelers judged or a lead raised again has a label and
    is no sample.
    """

    alert = models.OneToOneField(Alert, on_delete=models.CASCADE, primary_key=True, related_name="+")
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+", db_index=False)
    accurate = models.BooleanField(_("accurate"))
    # The position at which the label was learnt (feedback.rules.Label.anchor).
    anchor = models.BigIntegerField(_("position"))
    probability = models.FloatField(_("probability"))
    upstream_score = models.FloatField(_("upstream score"), null=True)
    decided_at = models.DateTimeField(_("decided at"))
    scorer = models.ForeignKey(Scorer, on_delete=models.CASCADE, related_name="+", db_index=False)
    scorer_version = models.CharField(_("scorer version"), max_length=Alert.MAX_VERSION, blank=True)
    propensity = models.FloatField(_("propensity"))
    sampled = models.BooleanField(_("sampled"))

    class Meta:
        verbose_name = _("judged alert")
        verbose_name_plural = _("judged alerts")
        indexes = [
            # A report card reads the newest of one version of a scorer (scoring.cards.selectors).
            models.Index(
                fields=["queue", "scorer", "scorer_version", "-anchor"],
                condition=models.Q(sampled=True),
                name="judged_alert_card",
            ),
            # The calibration reads the newest; a learning block reads its stretch of positions.
            models.Index(fields=["queue", "anchor"], name="judged_alert_anchor"),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id}: {self.accurate} p={self.probability:.3f}"


class WeeklyFigure(models.Model):
    """Counts of the alerts that one version of a scorer raised in one week, by cell (scoring.estimation.Cell).

    An alert counts by what was first done with it. `judged` are the shown ones that have a label, `said` sums the
    probabilities that the model gave those on arrival.
    """

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="weekly_figures", db_index=False)
    week = models.DateField(_("week"))
    scorer = models.ForeignKey(Scorer, on_delete=models.CASCADE, related_name="+", db_index=False)
    scorer_version = models.CharField(_("scorer version"), max_length=Alert.MAX_VERSION, blank=True)
    propensity = models.FloatField(_("propensity"))
    tier = models.SmallIntegerField(_("tier"))
    # The number of scoring.estimation.BANDS at or below the probability.
    band = models.SmallIntegerField(_("band of probability"))
    raised = models.PositiveIntegerField(_("raised"))
    shown = models.PositiveIntegerField(_("shown"))
    judged = models.PositiveIntegerField(_("judged"))
    accurate = models.PositiveIntegerField(_("accurate"))
    said = models.FloatField()

    class Meta:
        verbose_name = _("weekly figure")
        verbose_name_plural = _("weekly figures")
        constraints = [
            models.UniqueConstraint(
                fields=["queue", "week", "scorer", "scorer_version", "propensity", "tier", "band"],
                name="weekly_figure_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.week}: {self.accurate}/{self.judged}/{self.shown}/{self.raised}"


class WeeklyAgreement(models.Model):
    """Verdicts of reps on the alerts of one week, apart by band of probability and whether the score was to be seen.

    Each rep's first standing verdict on an alert counts.
    """

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="weekly_agreements", db_index=False)
    week = models.DateField(_("week"))
    band = models.SmallIntegerField(_("band of probability"))
    blind = models.BooleanField(_("blind"))
    judged = models.PositiveIntegerField(_("judged"))
    accurate = models.PositiveIntegerField(_("accurate"))

    class Meta:
        verbose_name = _("weekly agreement")
        verbose_name_plural = _("weekly agreements")
        constraints = [
            models.UniqueConstraint(fields=["queue", "week", "band", "blind"], name="weekly_agreement_once"),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.week} band {self.band}: {self.accurate}/{self.judged}"


class LearningBlock(models.Model):
    """How well probabilities made on arrival ordered the labels of one stretch of the ledger.

    `pairs` counts accurate-and-false pairs within the block and `concordant` how many of them the model ordered rightly
    (a tie is a half), so blocks add up: AUC = sum(concordant) / sum(pairs). The `upstream_` columns are the same for
    the alerts that came with an upstream score.
    """

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="learning_blocks", db_index=False)
    # Positions number * SIZE + 1 to (number + 1) * SIZE, see scoring.lead.services.
    number = models.PositiveIntegerField(_("number"))
    judged = models.PositiveIntegerField(_("judged"))
    accurate = models.PositiveIntegerField(_("accurate"))
    pairs = models.FloatField()
    concordant = models.FloatField()
    variance = models.FloatField(help_text=_("Variance of `concordant`."))
    log_loss = models.FloatField(help_text=_("Sum over the block, in nats."))
    upstream_pairs = models.FloatField()
    upstream_concordant = models.FloatField()
    upstream_variance = models.FloatField()

    class Meta:
        verbose_name = _("learning block")
        verbose_name_plural = _("learning blocks")
        constraints = [models.UniqueConstraint(fields=["queue", "number"], name="learning_block_once")]

    def __str__(self) -> str:
        return f"{self.queue_id} block {self.number}: {self.judged}"
