"""Setting the workspace up: queues, scorers and their keys, people and their roles. Facts are shown, never edited."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from rest_framework_api_key.models import APIKey

from feedback.models import Alert, Customer, Exposure, FeatureName, LedgerEntry, Membership, Queue, Scorer, ScorerKey
from feedback.services import issue_key, revoke_key

admin.site.site_header = admin.site.site_title = "Alertloop"
admin.site.index_title = _("Administration")
admin.site.unregister(APIKey)  # a scorer's key is a ScorerKey: one without a scorer opens nothing


def _column(field: str, title: StrOrPromise, *, boolean: bool = False) -> Callable[[Any], Any]:
    """A column of a field that has no name of ours to translate."""
    return admin.display(description=title, ordering=field, boolean=boolean)(lambda row: getattr(row, field))


class MembershipInline(admin.TabularInline[Membership, models.Model]):
    """Who belongs to what."""

    model = Membership
    extra = 1
    autocomplete_fields = ("user", "queue")


class FeatureNameForm(forms.ModelForm[FeatureName]):
    """A feature's name. What a person changes is theirs: the scorer that sent it no longer does."""

    class Meta:
        model = FeatureName
        fields = ("feature", "value", "name", "name_zh")

    def save(self, commit: bool = True) -> FeatureName:
        """Take the name over."""
        self.instance.scorer = None
        return super().save(commit)


class FeatureNameInline(admin.TabularInline[FeatureName, models.Model]):
    """What the queue calls its features and their values, and which scorer sent a name that no person has changed."""

    model = FeatureName
    form = FeatureNameForm
    extra = 1
    fields = ("feature", "value", "name", "name_zh", "scorer")
    readonly_fields = ("scorer",)


@admin.register(Queue)
class QueueAdmin(admin.ModelAdmin[Queue]):
    """Queues, their people, and what they call the features of their alerts."""

    list_display = ("name", "name_zh", "slug", "is_demo", "created_at")
    search_fields = ("name", "name_zh", "slug")
    prepopulated_fields = {"slug": ("name",)}
    inlines = (MembershipInline, FeatureNameInline)

    def has_delete_permission(self, request: HttpRequest, obj: Queue | None = None) -> bool:
        """A queue with facts stays; the ledger is never deleted."""
        return obj is not None and not obj.alerts.exists() and super().has_delete_permission(request, obj)


class RolesInline(admin.TabularInline[Membership, models.Model]):
    """A person's roles."""

    model = Membership
    fk_name = "user"
    extra = 1
    autocomplete_fields = ("queue",)


admin.site.unregister(get_user_model())


@admin.register(User)
class PersonAdmin(UserAdmin[User]):
    """People and their roles in queues."""

    inlines = (RolesInline,)
    list_display = ("username", "first_name", "last_name", "email", "is_active", "is_staff")

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Whoever wrote in the ledger is made inactive, not deleted."""
        return obj is not None and not obj.entries.exists() and super().has_delete_permission(request, obj)


@admin.register(Scorer)
class ScorerAdmin(admin.ModelAdmin[Scorer]):
    """Upstream systems and the queues they may post to."""

    list_display = ("name", "description", "is_active", "created_at")
    search_fields = ("name", "description")
    filter_horizontal = ("queues",)

    def get_readonly_fields(self, request: HttpRequest, obj: Scorer | None = None) -> Any:
        """Its alerts are learnt by its name."""
        return ("name",) if obj is not None and obj.alerts.exists() else ()


class ScorerKeyForm(forms.ModelForm[ScorerKey]):
    """A key; the library that keeps it names its fields in English only."""

    class Meta:
        model = ScorerKey
        fields = ("scorer", "name", "expiry_date")
        labels = {
            "name": _("name"),
            "expiry_date": _("expires at"),
            "prefix": _("prefix"),
            "created": _("created at"),
            "revoked": _("revoked"),
        }
        help_texts = {
            "name": _("To tell keys apart, 50 characters at most."),
            "expiry_date": _("The key is refused from then on. Leave it empty for a key that does not expire."),
            "revoked": _("A revoked key is refused for good."),
        }


@admin.register(ScorerKey)
class ScorerKeyAdmin(admin.ModelAdmin[ScorerKey]):
    """API keys: the key is shown once, when it is made; what is stored is a hash."""

    form = ScorerKeyForm
    list_display = (
        _column("name", _("name")),
        "scorer",
        _column("prefix", _("prefix")),
        _column("created", _("created at")),
        "last_used_at",
        _column("revoked", _("revoked"), boolean=True),
        _column("expiry_date", _("expires at")),
    )
    list_filter = ("revoked", "scorer")
    search_fields = ("name", "prefix", "scorer__name")
    fields = ("scorer", "name", "expiry_date", "prefix", "created", "last_used_at", "revoked")
    readonly_fields = ("prefix", "created", "last_used_at", "revoked")
    actions = ("revoke",)

    def get_readonly_fields(self, request: HttpRequest, obj: ScorerKey | None = None) -> Any:
        """A key never changes hands."""
        return (*self.readonly_fields, "scorer") if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: ScorerKey, form: Any, change: bool) -> None:
        """Make the key through the service and show it this one time."""
        if change:
            super().save_model(request, obj, form, change)
            return
        made, key = issue_key(scorer=obj.scorer, name=obj.name, expires_at=obj.expiry_date)
        obj.__dict__.update(made.__dict__)
        messages.success(request, _("The key, shown this once: %(key)s") % {"key": key})

    @admin.action(description=_("Revoke the selected keys"), permissions=("change",))
    def revoke(self, request: HttpRequest, queryset: models.QuerySet[ScorerKey]) -> None:
        """Refuse the keys from now on."""
        for key in queryset.filter(revoked=False):
            revoke_key(key=key)
        messages.success(request, _("The keys are refused from now on."))

    def has_delete_permission(self, request: HttpRequest, obj: ScorerKey | None = None) -> bool:
        """Keys are revoked, so that their last use stays on record."""
        return False


class FactAdmin(admin.ModelAdmin[Any]):
    """A table that is read here and written only by the services."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Facts are written by services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Facts never change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Facts are never deleted."""
        return False


@admin.register(Alert)
class AlertAdmin(FactAdmin):
    """Alerts."""

    list_display = ("id", "queue", "scorer", "external_id", "raised_at")
    list_select_related = ("queue", "scorer")
    search_fields = ("=external_id",)
    ordering = ("-id",)


@admin.register(Exposure)
class ExposureAdmin(FactAdmin):
    """What was done with alerts."""

    list_display = (
        "id",
        "queue",
        _column("alert_id", _("alert")),
        "decision",
        "tier",
        "probability",
        "propensity",
        "policy_version",
        "position",
    )
    list_select_related = ("queue",)
    ordering = ("-id",)


@admin.register(LedgerEntry)
class LedgerEntryAdmin(FactAdmin):
    """The ledger."""

    list_display = (
        "position",
        "queue",
        "kind",
        "value",
        "source",
        "judge",
        _column("alert_id", _("alert")),
        "recorded_at",
    )
    list_select_related = ("queue", "judge")
    list_filter = ("queue", "kind", "source")
    ordering = ("-id",)


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin[Customer]):
    """Customers."""

    list_display = ("external_id", "name")
    search_fields = ("=external_id", "name")
    show_full_result_count = False

    def get_readonly_fields(self, request: HttpRequest, obj: Customer | None = None) -> Any:
        """Their alerts are learnt by their id."""
        return ("external_id",) if obj is not None and obj.alerts.exists() else ()

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        """Alerts name their customers."""
        return False
