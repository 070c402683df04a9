"""Pages of the portal for shops: which tell of their orders, what they told, and what of it was not understood."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.doors.formfields import LineField
from core.doors.portal import ScopedForm, ScopedListPage, ServiceAction, ServiceFormPage
from core.policy import ADD, CHANGE
from core.scoping import may
from supplychain import services
from supplychain.choices import ShopMessageState
from supplychain.filters import ShopMessageFilter
from supplychain.forms import ShopChangeForm, ShopForm, ShopSecretForm
from supplychain.models import ShopHook, ShopMessage
from supplychain.shophooks import SHOPS

MOST_SHOWN = 10


class Shops(ScopedListPage, ServiceFormPage):
    """The firm's connections, what waits for somebody, and a form for another one. A new secret is in its answer."""

    template_name = "portal/shops.html"
    section = "shops"
    needs = ("view", ShopHook)
    model = ShopHook
    form_class = ShopForm
    page_size = 100

    def base_queryset(self) -> QuerySet[ShopHook]:
        dead = Count("messages", filter=Q(messages__state=ShopMessageState.DEAD))
        return ShopHook.objects.annotate(dead=dead).order_by("revoked_at", "-pk")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        told = self.own(ShopMessage.objects.select_related("hook"), lookup="hook__tenant_id")
        news = self.own(ShopMessage.objects.not_imported().select_related("hook"), lookup="hook__tenant_id")
        return super().get_context_data(
            can_add=may(self.actor, ADD, ShopHook, self.node.pk),
            can_replay=may(self.actor, CHANGE, ShopMessage, self.node.pk),
            dead=told.filter(state=ShopMessageState.DEAD).order_by("-pk")[:MOST_SHOWN],
            news=news.order_by("-pk")[:MOST_SHOWN],
            **kwargs,
        )

    def carry_out(self, form: Any) -> HttpResponse:
        made, secret = services.shop_hook_create(actor=self.actor, tenant=self.tenant, **form.cleaned_data)
        if not secret:
            return redirect(self.url("portal-shop", uid=made.uid))
        return self.render_to_response(self.get_context_data(form=self.get_form(), made=made, secret=secret))


class Shop(ScopedListPage, ServiceFormPage):
    """A connection: the address for the shop, what came over it, and forms to change it and its secret."""

    template_name = "portal/shop.html"
    section = "shops"
    needs = ("view", ShopHook)
    model = ShopMessage
    tenant_lookup = "hook__tenant_id"
    filterset_class = ShopMessageFilter
    form_class = ShopChangeForm

    def base_queryset(self) -> QuerySet[ShopMessage]:
        return ShopMessage.objects.filter(hook=self.hook()).order_by("-pk")

    def hook(self, verb: str = "view") -> ShopHook:
        row: ShopHook = self.named(ShopHook.objects.select_related("refusals"), verb)
        return row

    def secret_form(self, hook: ShopHook, data: Any = None) -> ScopedForm:
        """The form for another secret, with the second key where the shop has one."""
        form = ShopSecretForm(data, actor=self.actor, tenant=self.tenant)
        if not SHOPS[hook.kind].has_aes_key:
            del form.fields["aes_key"]
        return form

    def get_initial(self) -> dict[str, Any]:
        hook = self.hook()
        return {"name": hook.name, "shop_id": hook.shop_id}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        hook = self.hook()
        address = reverse("api-hook-in", kwargs={"uid": hook.uid})
        return super().get_context_data(
            hook=hook,
            address=self.request.build_absolute_uri(address),
            can_change=may(self.actor, CHANGE, ShopHook, self.node.pk),
            can_replay=may(self.actor, CHANGE, ShopMessage, self.node.pk),
            **{"secret_form": self.secret_form(hook), **kwargs},
        )

    def carry_out(self, form: Any) -> HttpResponse:
        hook = self.hook(CHANGE)
        services.shop_hook_update(actor=self.actor, hook=hook, **form.cleaned_data)
        messages.success(self.request, _("The connection is changed."))
        return redirect(self.url("portal-shop", uid=hook.uid))


class RenewShopSecret(Shop):
    """Gives a connection another secret; one that was made is shown on its page this once."""

    needs = (CHANGE, ShopHook)
    http_method_names = ["post", "options"]

    def get_form(self, data: Any = None, files: Any = None) -> ScopedForm:
        return self.secret_form(self.hook(CHANGE), data)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.pop("form")
        change = ShopChangeForm(actor=self.actor, tenant=self.tenant, initial=self.get_initial())
        return super().get_context_data(form=change, secret_form=form, **kwargs)

    def carry_out(self, form: Any) -> HttpResponse:
        hook, secret = services.shop_hook_renew(actor=self.actor, hook=self.hook(CHANGE), **form.cleaned_data)
        context = self.get_context_data(form=self.secret_form(hook), secret=secret, renewed=True)
        return self.render_to_response(context)


class RevokeShop(ServiceAction):
    """Ends a connection."""

    needs = (CHANGE, ShopHook)
    done = _("The connection is revoked. What came over it stays.")

    def carry_out(self) -> None:
        services.shop_hook_revoke(actor=self.actor, hook=self.named(ShopHook.objects.all(), CHANGE))

    def back_to(self) -> str:
        return self.url("portal-shop", uid=self.kwargs["uid"])


class ReadAgain(ServiceAction):
    """Reads a message again whose cause was mended."""

    needs = (CHANGE, ShopMessage)
    done: ClassVar[Any] = _("It is read again within seconds.")

    def message(self) -> ShopMessage:
        row: ShopMessage = self.named(ShopMessage.objects.select_related("hook"), CHANGE, "hook__tenant_id")
        return row

    def carry_out(self) -> None:
        services.shop_message_replay(actor=self.actor, message=self.message())

    def back_to(self) -> str:
        return self.url("portal-shop", uid=self.message().hook.uid)


class SetAsideForm(forms.Form):
    note = LineField(label=_("Reason"), max_length=300)


class SetAside(ReadAgain):
    """Sets a message aside that need not be understood, with the reason."""

    done = _("It is set aside. What it said stays.")

    def carry_out(self) -> None:
        given = self.read(SetAsideForm(self.request.POST))
        services.shop_message_close(actor=self.actor, message=self.message(), **given)
