"""The learner's rows: configuration, checkpoints, re-rankings. All of them can be rebuilt from the ledger."""

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from feedback.models import Queue


class Reign(models.TextChoices):
    """When a configuration comes into force."""

    AT_ONCE = "at_once", _("at once")
    ON_TRIAL = "on_trial", _("on trial")


class ModelConfiguration(models.Model):
    """A queue's frozen model configuration; a change is a new version.

    In force is the one that was appointed last (scoring.models.Amendment); where none was, the newest that is not on
    trial.
    """

    queue = models.ForeignKey(
        Queue, on_delete=models.CASCADE, related_name="model_configurations", db_index=False, verbose_name=_("queue")
    )
    version = models.PositiveIntegerField(_("version"))
    # scoring.online_model.ModelConfig.to_dict()
    parameters = models.JSONField(_("parameters"))
    reign = models.CharField(_("comes into force"), max_length=8, choices=Reign.choices, default=Reign.AT_ONCE)
    # How many other queues the prior in `parameters` rests on (scoring.experience).
    experience_queues = models.PositiveIntegerField(_("other queues it learnt from"), default=0)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("model configuration")
        verbose_name_plural = _("model configurations")
        constraints = [models.UniqueConstraint(fields=["queue", "version"], name="configuration_version_once")]
        triggers = [pgtrigger.Protect(name="configuration_is_frozen", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.queue} v{self.version}"


class Checkpoint(models.Model):
    """The model's state at a position, with the digest that its bytes must match before they are loaded."""

    queue = models.ForeignKey(
        Queue, on_delete=models.CASCADE, related_name="checkpoints", db_index=False, verbose_name=_("queue")
    )
    configuration = models.ForeignKey(
        ModelConfiguration, on_delete=models.CASCADE, related_name="checkpoints", verbose_name=_("model configuration")
    )
    position = models.BigIntegerField(_("position"))
    # The newest amendment that the state knows (scoring.amendments).
    amendment = models.PositiveIntegerField(_("amendment"), default=0)
    # SHA-256 of `payload`, and of the model's canonical state (scoring.online_model.OnlineModel.digest()).
    payload_digest = models.CharField(max_length=64)
    model_digest = models.CharField(_("model digest"), max_length=64)
    library_versions = models.JSONField(_("library versions"))
    payload = models.BinaryField()
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        ordering = ["queue", "-position"]
        constraints = [
            models.UniqueConstraint(fields=["queue", "configuration", "position"], name="checkpoint_position_once"),
        ]

    def __str__(self) -> str:
        return f"{self.queue}@{self.position}"


class Reranking(models.Model):
    """One re-ranking of a queue's open alerts after the model moved from one position to another.

    `open_alerts` counts all of them; what moved is counted among those that reps see.
    """

    queue = models.ForeignKey(
        Queue, on_delete=models.CASCADE, related_name="rerankings", db_index=False, verbose_name=_("queue")
    )
    from_position = models.BigIntegerField(_("from position"))
    to_position = models.BigIntegerField(_("to position"))
    policy_version = models.PositiveIntegerField(_("policy version"), default=0)
    amendment = models.PositiveIntegerField(_("amendment"), default=0)
    # Whether something was left for another turn: to unlearn a label of long ago, or to train a generation.
    stale = models.BooleanField(_("something left for later"), default=False)
    open_alerts = models.PositiveIntegerField(_("open alerts"))
    moved = models.PositiveIntegerField(_("moved"))
    raised_tier = models.PositiveIntegerField(_("raised a tier"), default=0)
    lowered_tier = models.PositiveIntegerField(_("lowered a tier"), default=0)
    left_red = models.PositiveIntegerField(_("left red"), default=0)
    finished_at = models.DateTimeField(_("finished at"))

    class Meta:
        verbose_name = _("re-ranking")
        verbose_name_plural = _("re-rankings")
        indexes = [models.Index(fields=["queue", "-to_position"], name="reranking_queue_to")]

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.from_position}→{self.to_position}, {self.moved} moved"
