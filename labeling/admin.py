"""What an administrator sees of questions: plans to change, questions and leases to look at."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from labeling.models import Lease, Question, QuestionPlan


@admin.register(QuestionPlan)
class QuestionPlanAdmin(admin.ModelAdmin[QuestionPlan]):
    """How a queue asks."""

    list_display = ("queue", "strategy", "open_questions", "random_share", "overlap", "double_share", "daily_goal")


class _ReadOnly:
    """Written by the services only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LeaseInline(_ReadOnly, admin.TabularInline[Lease, Question]):
    """Who held a question, and what came of it."""

    model = Lease
    fields = ("slot", "labeler", "state", "leased_at", "expires_at", "ended_at", "answer")
    raw_id_fields = ("labeler", "answer")
    extra = 0


@admin.register(Question)
class QuestionAdmin(_ReadOnly, admin.ModelAdmin[Question]):
    """What was asked, why, and of whom."""

    list_display = ("id", "queue", "because", "state", "overlap", "utility", "uncertainty", "probability", "asked_at")
    list_filter = ("queue", "state", "because")
    list_select_related = ("queue",)
    show_full_result_count = False
    inlines = (LeaseInline,)
