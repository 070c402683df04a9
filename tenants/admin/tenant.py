"""Companies, tenants, their tenancies and stores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from core import strict
from core.actors import Actor
from core.clock import today
from core.doors.admin import (
    CLOSE,
    REOPEN,
    OpenFilter,
    Operation,
    OperationForm,
    RecordAdmin,
    ScopedModelAdmin,
    ServiceForm,
    ShownInline,
    choice_field,
    related_field,
    style,
)
from core.doors.formfields import WordsField
from core.policy import ADD, CHANGE
from tenants import services
from tenants.choices import Platform
from tenants.models import Company, Lease, Store, Tenancy, Tenant


@admin.register(Company)
class CompanyAdmin(RecordAdmin):
    """Companies come with their first tenant; here their names are corrected."""

    writes = frozenset({CHANGE})
    list_display = ("credit_code", "name_zh", "name_en")
    search_fields = ("credit_code", "name_zh", "name_en")
    fields = ("credit_code", "name_zh", "name_en")
    fixed_fields = ("credit_code",)


class TenancyInline(ShownInline):
    model = Tenancy
    fields = ("park", "from_day", "to_day")


class LeaseInline(ShownInline):
    model = Lease
    fields = ("number", "state", "from_day", "to_day", "rent_per_month")


class TenantAddForm(ServiceForm):
    """A firm that moves in: its company is found by the credit code, or made."""

    park = related_field(Tenancy, "park")
    credit_code = style(forms.CharField, _("credit code"), max_length=18)
    company_name = style(forms.CharField, _("company name"), max_length=200)
    from_day = style(forms.DateField, _("in the park since"), initial=today)

    def clean_credit_code(self) -> str:
        code = strict.code(self.cleaned_data["credit_code"], 18).upper()
        if not code.isalnum() or not code.isascii():
            raise forms.ValidationError(_("A credit code has capital letters and digits only."))
        return code


class MoveForm(OperationForm):
    """Where to, and from which day on."""

    park = related_field(Tenancy, "park")
    from_day = style(forms.DateField, _("from"), initial=today)


class LeaveForm(OperationForm):
    """From which day on a firm is gone."""

    day = style(
        forms.DateField,
        _("leaves on"),
        initial=today,
        help_text=_("From this day on it is in no park: today or a past day."),
    )


@admin.register(Tenant)
class TenantAdmin(ScopedModelAdmin):
    writes = frozenset({ADD, CHANGE})
    list_display = ("code", "name_zh", "kind", "industry", "headcount", "wall_visibility", "closed_on")
    list_filter = ("kind", "wall_visibility", "has_own_brand", OpenFilter)
    search_fields = ("code", "name_zh", "name_en", "industry")
    fieldsets = (
        (None, {"fields": ("code", ("name_zh", "name_en"), "company", ("kind", "industry"), "cluster")}),
        (_("The firm"), {"fields": ("headcount", "website", "has_own_brand", "is_synthetic")}),
        (_("Who sees what"), {"fields": ("wall_visibility", "shares_orders_with_park")}),
    )
    add_form = TenantAddForm
    add_fieldsets = (
        (
            None,
            {
                "fields": (
                    "park",
                    "from_day",
                    "code",
                    ("name_zh", "name_en"),
                    ("kind", "industry"),
                    "headcount",
                )
            },
        ),
        (_("Company"), {"fields": ("credit_code", "company_name")}),
    )
    # What others may see of a tenant is the tenant's own choice.
    fixed_fields = ("code", "company", "is_synthetic", "wall_visibility", "shares_orders_with_park")
    autocomplete_fields = ("cluster",)
    inlines = (TenancyInline, LeaseInline)
    operations = (
        Operation(
            "move",
            _("Move to another park"),
            services.tenancy_move,
            row="tenant",
            form=MoveForm,
            icon="swap_horiz",
            question=_(
                "Its sales belong to the new park from that day on; what happened before stays with the old one."
            ),
            danger=True,
            when=lambda tenant: not tenant.is_closed,
        ),
        Operation(
            "leave",
            _("Leaves the park"),
            services.tenant_leave,
            row="tenant",
            form=LeaveForm,
            icon="logout",
            question=_(
                "It books, rents and sells here no longer, and its people lose their portal. Its keys stay, for "
                "refunds come for weeks, and what is due is still to be paid."
            ),
            danger=True,
            when=lambda tenant: tenant.closed_on is None,
        ),
        Operation(
            "return",
            _("Take in again"),
            services.tenancy_move,
            row="tenant",
            form=MoveForm,
            icon="login",
            question=_(
                "Its sales belong to the park again from that day on; those of the days between to none."
            ),
            when=lambda tenant: tenant.closed_on is not None,
        ),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> Tenant:
        return services.tenant_create(actor=actor, **values)

    def update(self, actor: Actor, row: Tenant, values: dict[str, Any]) -> None:
        services.tenant_update(actor=actor, tenant=row, **values)


@admin.register(Tenancy)
class TenancyAdmin(ScopedModelAdmin):
    list_display = ("tenant", "park", "from_day", "to_day")
    list_filter = ("park", "tenant", "from_day")
    search_fields = ("tenant__code", "tenant__name_zh", "tenant__name_en")
    fields = ("tenant", "park", "from_day", "to_day")


class MembersForm(OperationForm):
    """Whose goods a store sells: firms by their codes, for those of other parks cannot be looked up."""

    from_row = ("member_codes",)

    member_codes = style(
        WordsField,
        _("members"),
        required=False,
        help_text=_("Codes of firms, with commas between them. Each reads what the store sold of its goods."),
    )


class StoreAddForm(ServiceForm):
    """A store is found by its platform as sessions and orders name it."""

    platform = choice_field(Platform.choices, _("platform"))


@admin.register(Store)
class StoreAdmin(RecordAdmin):
    list_display = ("name_zh", "tenant", "platform", "account", "closed_on")
    list_filter = ("tenant", OpenFilter)
    search_fields = ("name_zh", "name_en", "account", "tenant__name_zh")
    add_form = StoreAddForm
    add_fieldsets = ((None, {"fields": ("tenant", ("name_zh", "name_en"), ("platform", "account"))}),)
    fields = ("tenant", ("name_zh", "name_en"), ("platform", "account"), "members_told")
    readonly_fields = ("members_told",)
    fixed_fields = ("tenant", "platform", "account")
    operations = (
        Operation(
            "members", _("Members"), services.store_members_set, row="store", form=MembersForm, icon="groups"
        ),
        replace(CLOSE, service=services.store_close, row="store"),
        replace(REOPEN, service=services.store_reopen, row="store"),
    )

    def create(self, actor: Actor, values: dict[str, Any]) -> Store:
        return services.store_create(actor=actor, **values)

    @admin.display(description=_("members"))
    def members_told(self, store: Store) -> str:
        return ", ".join(map(str, store.members.order_by("code"))) if store.pk else ""
