"""Questions, the leases under which labelers hold them, and how a queue wants its questions chosen."""

from datetime import datetime

import pghistory
import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from feedback.models import Alert, Check, LedgerEntry, Queue

_SHARE = [MinValueValidator(0.0), MaxValueValidator(1.0)]

_SLOT_WITHIN_OVERLAP = """
    IF NEW.slot > (SELECT overlap FROM labeling_question WHERE id = NEW.question_id) THEN
        RAISE EXCEPTION 'question % has no slot %', NEW.question_id, NEW.slot USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Strategy(models.TextChoices):
    """How a queue's questions are chosen (labeling.querying)."""

    MIXED = "mixed", _("least sure and varied, with random checks")
    UNCERTAIN = "uncertain", _("least sure first")
    DIVERSE = "diverse", _("as varied as possible")
    RANDOM = "random", _("at random")


@pghistory.track()
class QuestionPlan(models.Model):
    """How a queue asks. A queue without a row asks by the defaults below."""

    queue = models.OneToOneField(Queue, on_delete=models.CASCADE, related_name="question_plan", verbose_name=_("queue"))
    strategy = models.CharField(_("strategy"), max_length=9, choices=Strategy.choices, default=Strategy.MIXED)
    open_questions = models.PositiveSmallIntegerField(
        _("open questions"), default=20, help_text=_("How many questions are kept ready.")
    )
    random_share = models.FloatField(
        _("random share"), default=0.25, validators=_SHARE,
        help_text=_("The share of the questions drawn at random: they check what the model believes it knows."),
    )  # fmt: skip
    second_look_share = models.FloatField(
        _("second look share"), default=0.2, validators=_SHARE,
        help_text=_("At most this share goes to alerts where a rep was unsure, or the model and a verdict disagree."),
    )  # fmt: skip
    overlap = models.PositiveSmallIntegerField(
        _("overlap"), default=1, validators=[MinValueValidator(1)], help_text=_("How many labelers answer a question.")
    )
    double_share = models.FloatField(
        _("double share"), default=0.1, validators=_SHARE,
        help_text=_("The share of the questions that one labeler more answers, to see how far labelers agree."),
    )  # fmt: skip
    lease_seconds = models.PositiveIntegerField(
        _("lease seconds"), default=120, validators=[MinValueValidator(10)],
        help_text=_("A question that nobody looks at any more goes to somebody else after this long."),
    )  # fmt: skip
    daily_goal = models.PositiveSmallIntegerField(_("daily goal"), default=120)

    class Meta:
        verbose_name = _("question plan")
        verbose_name_plural = _("question plans")
        constraints = [
            models.CheckConstraint(condition=Q(strategy__in=Strategy.values), name="plan_strategy_known"),
            models.CheckConstraint(condition=Q(overlap__gte=1), name="plan_overlap_positive"),
            models.CheckConstraint(condition=Q(lease_seconds__gte=10), name="plan_lease_long_enough"),
            models.CheckConstraint(
                condition=Q(random_share__gte=0, random_share__lte=1)
                & Q(second_look_share__gte=0, second_look_share__lte=1)
                & Q(double_share__gte=0, double_share__lte=1),
                name="plan_shares",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue_id}: {self.strategy}"


class Because(models.TextChoices):
    """Why an alert is put before labelers."""

    UNCERTAIN = "uncertain", _("the model is least sure of it")
    DIVERSE = "diverse", _("nothing like it was judged before")
    REP_UNSURE = "rep_unsure", _("a rep was not sure")
    DISAGREEMENT = "disagreement", _("the model and a verdict disagree")
    RANDOM = "random", _("a random check of the model")
    COLD = "cold", _("the model has learnt nothing yet")


class State(models.TextChoices):
    """Where a question stands. A check is never open to anybody, and never answered: it is one labeler's alone."""

    OPEN = "open", _("open")
    ANSWERED = "answered", _("answered")
    WITHDRAWN = "withdrawn", _("withdrawn")
    CHECK = "check", _("check")


class Question(models.Model):
    """An alert put before labelers: asked because of something, answered by `overlap` of them.

    With `check_row` it asks one labeler what was settled before. It looks like the others, so `because` is taken from
    them; nothing is chosen, counted as asked or learnt by it.
    """

    queue = models.ForeignKey(
        Queue, on_delete=models.CASCADE, related_name="questions", db_index=False, verbose_name=_("queue")
    )
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="questions", verbose_name=_("alert"))
    because = models.CharField(_("asked because"), max_length=12, choices=Because.choices)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    check_row = models.OneToOneField(
        Check, on_delete=models.CASCADE, null=True, blank=True, related_name="question", verbose_name=_("check")
    )
    overlap = models.PositiveSmallIntegerField(_("overlap"), default=1)
    # Larger is asked first. What the model said when it asked stays off the labeler's screen.
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
            models.CheckConstraint(
                condition=Q(state="check", check_row__isnull=False, overlap=1)
                | (~Q(state="check") & Q(check_row__isnull=True)),
                name="question_check_has_its_state",
            ),
            models.CheckConstraint(condition=Q(because__in=Because.values), name="question_because_known"),
            models.CheckConstraint(condition=Q(probability__gte=0, probability__lte=1), name="question_probability"),
        ]
        triggers = [
            # Lease.slot is held against `overlap`, so it may not shrink afterwards.
            pgtrigger.Protect(
                name="overlap_is_fixed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__overlap__df=pgtrigger.F("new__overlap")),
            )
        ]

    def __str__(self) -> str:
        return f"{self.queue_id}: alert {self.alert_id} ({self.because})"

    @property
    def is_check(self) -> bool:
        """Whether it was settled before."""
        return self.check_row_id is not None


class Hold(models.TextChoices):
    """What became of a lease. Held and answered leases take up a slot of their question; the others do not."""

    HELD = "held", _("held")
    ANSWERED = "answered", _("answered")
    SKIPPED = "skipped", _("skipped")
    LAPSED = "lapsed", _("lapsed")


class Lease(models.Model):
    """One labeler's hold on one of a question's `overlap` slots.

    The unique slot and the trigger keep a question from ever getting more answers than its overlap; the unique labeler
    keeps one person from answering twice; one held lease a queue keeps a labeler from hoarding.
    """

    question = models.ForeignKey(
        Question, on_delete=models.CASCADE, related_name="leases", db_index=False, verbose_name=_("question")
    )
    queue = models.ForeignKey(
        Queue, on_delete=models.CASCADE, related_name="+", db_index=False, verbose_name=_("queue")
    )
    labeler = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="leases",
        db_index=False,
        verbose_name=_("labeler"),
    )
    slot = models.PositiveSmallIntegerField(_("slot"))
    state = models.CharField(_("state"), max_length=8, choices=Hold.choices, default=Hold.HELD)
    leased_at = models.DateTimeField(_("leased at"))
    expires_at = models.DateTimeField(_("expires at"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    answer = models.OneToOneField(
        LedgerEntry, on_delete=models.PROTECT, null=True, blank=True, related_name="lease", verbose_name=_("answer")
    )

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")
        indexes = [
            # A labeler's last answers: the strip, the undo key, today's progress.
            models.Index(
                models.F("labeler"), models.F("queue"), models.F("ended_at").desc(),
                condition=Q(state__in=["answered", "skipped"]), name="lease_labeler_recent",
            ),
            # services.release_expired reads it.
            models.Index(fields=["expires_at"], condition=Q(state="held"), name="lease_held_expiry"),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(
                fields=["question", "slot"], condition=Q(state__in=["held", "answered"]), name="lease_slot_once"
            ),
            models.UniqueConstraint(fields=["question", "labeler"], name="lease_labeler_once"),
            models.UniqueConstraint(fields=["labeler", "queue"], condition=Q(state="held"), name="lease_held_once"),
            models.CheckConstraint(condition=Q(slot__gte=1), name="lease_slot_from_one"),
            models.CheckConstraint(
                condition=Q(state="held", answer__isnull=True, ended_at__isnull=True)
                | Q(state="answered", answer__isnull=False, ended_at__isnull=False)
                | Q(state__in=["skipped", "lapsed"], answer__isnull=True, ended_at__isnull=False),
                name="lease_state_and_content_agree",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="slot_within_overlap",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_SLOT_WITHIN_OVERLAP,
            )
        ]

    def __str__(self) -> str:
        return f"question {self.question_id} slot {self.slot}: {self.labeler_id} {self.state}"

    @property
    def acted_at(self) -> datetime:
        """When the labeler last answered, changed the answer or skipped. Only of a lease that has ended."""
        moment = self.ended_at if self.answer is None else self.answer.recorded_at
        assert moment is not None
        return moment
