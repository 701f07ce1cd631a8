"""Queues and the people who belong to them."""

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from feedback.naming import in_language


@pghistory.track(exclude=["names_stamp"])
class Queue(models.Model):
    """One kind of alert (churn, complaint, ...): its people, its words, its guideline. Beliefs are elsewhere."""

    # A 32-bit key: the ledger's advisory lock takes it as its second half.
    id = models.AutoField(primary_key=True)
    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_zh = models.CharField(_("name in Chinese"), max_length=80, blank=True)
    claim = models.CharField(
        _("claim"), max_length=80, blank=True, help_text=_("Completes a title after the customer's name: “may leave”.")
    )
    claim_zh = models.CharField(_("claim in Chinese"), max_length=80, blank=True)
    guideline = models.TextField(
        _("guideline"), blank=True, help_text=_("What counts as accurate and what as a false positive, for labelers.")
    )
    guideline_zh = models.TextField(_("guideline in Chinese"), blank=True)
    is_demo = models.BooleanField(_("generated"), default=False, help_text=_("Its history was generated, not lived."))
    throwaway = models.BooleanField(
        _("throwaway"), default=False, editable=False, help_text=_("Made for a replay and erased with its facts.")
    )
    # Another one whenever a feature's name changes; null while none was ever given. A trigger of FeatureName sets it.
    names_stamp = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        ordering = ["id"]
        triggers = [
            # append_only() lets a throwaway queue's facts be deleted, so a real queue must never become one.
            pgtrigger.Protect(
                name="throwaway_is_for_life",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__throwaway__df=pgtrigger.F("new__throwaway")),
            ),
            # save() writes every column as it was read: an old stamp would bring old names back.
            pgtrigger.Trigger(
                name="stamp_comes_from_the_names",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__names_stamp__df=pgtrigger.F("new__names_stamp")),
                func="IF pg_trigger_depth() = 1 THEN NEW.names_stamp := OLD.names_stamp; END IF; RETURN NEW;",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The name in the active language, falling back to the other one."""
        return in_language(self.name, self.name_zh)

    @property
    def claim_text(self) -> str:
        """The claim in the active language."""
        return in_language(self.claim, self.claim_zh)

    @property
    def guideline_text(self) -> str:
        """The guideline in the active language."""
        return in_language(self.guideline, self.guideline_zh)


class Role(models.TextChoices):
    """The three kinds of people."""

    REP = "rep", _("rep")
    LABELER = "labeler", _("labeler")
    LEAD = "lead", _("lead")


@pghistory.track()
class Membership(models.Model):
    """A person's role in a queue. Nobody sees a queue without one."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("queue"))
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    # A lead has paused the person's work here: no alerts, no questions, no verdicts. What was said stays.
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True, editable=False)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", verbose_name=_("paused by"),
        null=True, blank=True, editable=False,
    )  # fmt: skip

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["user", "queue", "role"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.queue} · {self.get_role_display()}"
