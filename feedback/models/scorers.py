"""The upstream systems that raise alerts, their keys, and the customers the alerts are about."""

from typing import ClassVar

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.models import AbstractAPIKey

from feedback.models.protect import lasting
from feedback.models.queues import Queue


@pghistory.track(exclude=["tokens", "tokens_at"])
class Scorer(models.Model):
    """An upstream system that raises alerts into the queues it was given."""

    name = models.SlugField(_("name"), max_length=60, unique=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    queues = models.ManyToManyField(Queue, related_name="scorers", verbose_name=_("queues"))
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    # The token bucket of its rate limit: how many alerts it may still post, and as of when.
    tokens = models.FloatField(default=0, editable=False)
    tokens_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("scorer")
        verbose_name_plural = _("scorers")
        ordering = ["name"]
        triggers = lasting("name", reference="scorer_id")

    def __str__(self) -> str:
        return self.name


class ScorerKey(AbstractAPIKey):
    """An API key of a scorer: shown once, stored as a hash, revocable."""

    scorer = models.ForeignKey(Scorer, on_delete=models.CASCADE, related_name="keys", verbose_name=_("scorer"))
    last_used_at = models.DateTimeField(_("last used at"), null=True, editable=False)

    class Meta(AbstractAPIKey.Meta):
        verbose_name = _("scorer key")  # type: ignore[assignment]
        verbose_name_plural = _("scorer keys")  # type: ignore[assignment]


class Customer(models.Model):
    """The person or company an alert is about; one id across all sources."""

    MAX_EXTERNAL_ID: ClassVar[int] = 200
    MAX_NAME: ClassVar[int] = 200

    external_id = models.CharField(_("customer id"), max_length=MAX_EXTERNAL_ID, unique=True)
    name = models.CharField(_("name"), max_length=MAX_NAME, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        triggers = lasting("external_id", reference="customer_id")

    def __str__(self) -> str:
        return self.name or self.external_id
