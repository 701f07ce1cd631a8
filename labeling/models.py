"""Questions, and the leases under which labelers hold them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from feedback.models import Alert, LedgerEntry, Queue


class Because(models.TextChoices):
    """Why an alert is put before labelers."""

    UNCERTAIN = "uncertain", _("the model is least sure of it")
    DIVERSE = "diverse", _("nothing like it was judged before")
    REP_UNSURE = "rep_unsure", _("a rep was not sure")
    DISAGREEMENT = "disagreement", _("the model and a verdict disagree")
    RANDOM = "random", _("a random check of the model")


class State(models.TextChoices):
    """Where a question stands."""

    OPEN = "open", _("open")
    ANSWERED = "answered", _("answered")
    WITHDRAWN = "withdrawn", _("withdrawn")


class Question(models.Model):
    """An alert put before labelers: asked because of something, answered by `overlap` of them."""

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="questions", db_index=False)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="questions")
    because = models.CharField(_("asked because"), max_length=12, choices=Because.choices)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    overlap = models.PositiveSmallIntegerField(_("overlap"), default=1)
    # The query's utility: larger is asked first. What the model said when it asked stays off the labeler's screen.
    utility = models.FloatField(_("utility"))
    uncertainty = models.FloatField(_("uncertainty"))
    probability = models.FloatField(_("probability when asked"))
    position = models.BigIntegerField(_("position when asked"))
    asked_at = models.DateTimeField(_("asked at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        indexes = [
            # Partial index: services.claim_next reads it in order of utility.
            models.Index(
                models.F("queue"), models.F("utility").desc(), models.F("id"),
                condition=Q(state="open"), name="question_open",
            ),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(fields=["alert"], condition=Q(state="open"), name="question_open_once"),
            models.CheckConstraint(condition=Q(overlap__gte=1), name="question_overlap_positive"),
            models.CheckConstraint(condition=Q(state__in=State.values), name="question_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id}: alert {self.alert_id} ({self.because})"


class Lease(models.Model):
    """One labeler's hold on one of a question's `overlap` slots; with `answer`, the slot is spent.

    A slot is free again when its lease ended without an answer. The unique slot keeps a question from ever getting more
    answers than its overlap; the unique labeler keeps one person from answering twice.
    """

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="leases")
    slot = models.PositiveSmallIntegerField(_("slot"))
    labeler = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="leases")
    leased_at = models.DateTimeField(_("leased at"))
    expires_at = models.DateTimeField(_("expires at"))
    answer = models.OneToOneField(LedgerEntry, on_delete=models.PROTECT, null=True, blank=True, related_name="lease")
    skipped_at = models.DateTimeField(_("skipped at"), null=True, blank=True)

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")
        indexes = [models.Index(fields=["labeler", "-leased_at"], name="lease_labeler_recent")]
        constraints = [
            # A skipped lease keeps the question from coming back to the same labeler, and holds no slot.
            models.UniqueConstraint(
                fields=["question", "slot"], condition=Q(skipped_at__isnull=True), name="lease_slot_once"
            ),
            models.UniqueConstraint(fields=["question", "labeler"], name="lease_labeler_once"),
        ]

    def __str__(self) -> str:
        return f"question {self.question_id} slot {self.slot}: {self.labeler_id}"
