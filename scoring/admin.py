"""Policies, model configurations and checkpoints: versions are appended, never edited."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

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


@admin.register(PolicyVersion)
class PolicyVersionAdmin(FactAdmin):
    """Every policy that was ever in force. The policy lab makes new ones: it holds a step to its conditions."""

    list_display = ("queue", "version", "stage", "red_from", "orange_from", "hide_below", "audit_share", "created_at")
    list_select_related = ("queue",)
    list_filter = ("queue", "stage")


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
