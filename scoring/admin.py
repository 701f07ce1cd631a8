"""Policies, model configurations and checkpoints: versions are appended, never edited."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from feedback.admin import FactAdmin
from scoring.learner.model_config import every_parameter
from scoring.lifecycle.manual import sections
from scoring.models import (
    Amendment,
    Challenger,
    Checkpoint,
    DriftAlarm,
    Generation,
    ModelConfiguration,
    PolicyVersion,
    Reranking,
)
from scoring.policy import rules_from
from scoring.services import change_policy


@admin.register(PolicyVersion)
class PolicyVersionAdmin(admin.ModelAdmin[PolicyVersion]):
    """A change of a queue's policy is a new version; old ones stay readable."""

    list_display = ("queue", "version", "stage", "red_from", "orange_from", "hide_below", "audit_share", "created_at")
    list_select_related = ("queue",)
    list_filter = ("queue", "stage")
    fields = ("queue", "stage", "red_from", "orange_from", "hide_below", "audit_share", "hard_rules")

    def save_model(self, request: HttpRequest, obj: PolicyVersion, form: Any, change: bool) -> None:
        """Append the version through the service."""
        fields = ("stage", "red_from", "orange_from", "hide_below", "audit_share", "hard_rules")
        changes = {name: getattr(obj, name) for name in fields}
        new = change_policy(queue=obj.queue, now=timezone.now(), changed_by=request.user, **changes)
        obj.__dict__.update(new.__dict__)

    def get_form(
        self, request: HttpRequest, obj: PolicyVersion | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Check hard rules where they are typed."""
        form = super().get_form(request, obj, change, **kwargs)
        form.clean_hard_rules = _clean_hard_rules  # type: ignore[attr-defined]
        return form

    def has_change_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        """A version in force explains exposures: it never changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PolicyVersion | None = None) -> bool:
        """Exposures name their policy version."""
        return False


def _clean_hard_rules(form: Any) -> Any:
    rules = form.cleaned_data["hard_rules"]
    try:
        rules_from(rules)
    except (ValueError, TypeError, KeyError) as error:
        raise ValidationError(str(error)) from error
    return rules


def _parameter(name: str) -> Callable[[ModelConfiguration], Any]:
    """A parameter as a row of the page, also where the stored configuration does not name it."""
    return admin.display(description=name)(lambda stored: every_parameter(stored.parameters)[name])


_PARAMETERS = [(section, [_parameter(name) for name in section.names]) for section in sections()]


@admin.register(ModelConfiguration)
class ModelConfigurationAdmin(FactAdmin):
    """The frozen configuration of each model: every parameter with what it means."""

    list_display = ("queue", "version", "reign", "created_at")
    list_select_related = ("queue",)
    list_filter = ("queue",)
    readonly_fields: ClassVar[Any] = [parameter for _section, parameters in _PARAMETERS for parameter in parameters]
    fieldsets: ClassVar[Any] = [
        (None, {"fields": ["queue", "version", "reign", "experience_queues", "created_at"]}),
        *((section.title, {"description": section.text, "fields": found}) for section, found in _PARAMETERS),
    ]


@admin.register(Challenger)
class ChallengerAdmin(FactAdmin):
    """Configurations that learn, or learnt, beside the one in force."""

    list_display = ("queue", "preset", "configuration", "position", "started_at", "ended", "ended_at")
    list_select_related = ("queue", "configuration__queue")


@admin.register(Generation)
class GenerationAdmin(FactAdmin):
    """Generations of the slow model, without their bytes."""

    list_display = ("configuration", "learnt", "digest", "trained_at")
    list_select_related = ("configuration__queue",)
    exclude = ("payload",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave megabytes of state where they are."""
        return super().get_queryset(request).defer("payload")


@admin.register(Amendment)
class AmendmentAdmin(FactAdmin):
    """What changed how a ledger is learnt, row by row."""

    list_display = ("queue", "number", "kind", "since", "until", "judge", "note", "created_by", "created_at")
    list_select_related = ("queue", "judge", "created_by")
    list_filter = ("kind", "queue")


@admin.register(DriftAlarm)
class DriftAlarmAdmin(FactAdmin):
    """Drift alarms, open and closed."""

    list_display = ("queue", "family", "since_at", "level", "opened_at", "acknowledged_by", "closed_at")
    list_select_related = ("queue", "acknowledged_by")
    list_filter = ("family", "queue")


@admin.register(Checkpoint)
class CheckpointAdmin(FactAdmin):
    """Checkpoints, without their bytes."""

    list_display = ("queue", "position", "configuration", "model_digest", "created_at")
    list_select_related = ("queue", "configuration__queue")
    exclude = ("payload",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave megabytes of state where they are."""
        return super().get_queryset(request).defer("payload")


@admin.register(Reranking)
class RerankingAdmin(FactAdmin):
    """Re-rankings of open alerts."""

    list_display = ("queue", "from_position", "to_position", "open_alerts", "moved", "left_red", "finished_at")
    list_select_related = ("queue",)
    ordering = ("-id",)
