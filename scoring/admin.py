"""Policies, model configurations and checkpoints: versions are appended, never edited."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from feedback.admin import FactAdmin
from scoring.models import Checkpoint, ModelConfiguration, PolicyVersion, Reranking
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
        new = change_policy(queue=obj.queue, changed_by=request.user, **{name: getattr(obj, name) for name in fields})
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


@admin.register(ModelConfiguration)
class ModelConfigurationAdmin(FactAdmin):
    """The frozen configuration of each model."""

    list_display = ("queue", "version", "created_at")


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
