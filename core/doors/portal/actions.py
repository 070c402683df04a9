"""What a page of the portal does: one call of a service, from a form or from a button."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.doors.context import page_named
from core.doors.portal.forms import ScopedForm
from core.doors.portal.pages import TenantPage
from core.errors import DomainError, InvalidInput, NotFound


class ServiceFormPage(TenantPage):
    """Shows a form and, when its shape is right, calls one service. What the service refuses appears in the form."""

    form_class: ClassVar[type[ScopedForm]]

    def get_form(self, data: Any = None, files: Any = None) -> ScopedForm:
        initial = None if data is not None else self.get_initial()
        return self.form_class(data, files, actor=self.actor, tenant=self.tenant, initial=initial)

    def get_initial(self) -> dict[str, Any]:
        return {}

    def carry_out(self, form: Any) -> HttpResponse:
        """Call the service with the form's clean values and say where to go next."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=self.get_form()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self.get_form(request.POST, request.FILES)
        refused: DomainError | None = None
        if form.is_valid():
            try:
                return self.carry_out(form)
            except DomainError as error:
                form.show(error)
                refused = error
        response = self.render_to_response(self.get_context_data(form=form, refused=refused))
        response.status_code = refused.status if refused else 400
        return response


class ServiceAction(TenantPage):
    """A button: POST calls one service, then back to the page it stood on. What is refused is shown there."""

    http_method_names = ["post", "options"]
    done: ClassVar[Any] = ""

    def carry_out(self) -> None:
        raise NotImplementedError

    def back_to(self) -> str:
        """Where the button stands, unless the form names another page of this site."""
        raise NotImplementedError

    def read(self, form: forms.Form) -> dict[str, Any]:
        """The clean values of the button's own small form. InvalidInput names what is wrong."""
        if not form.is_valid():
            field, found = next(iter(form.errors.items()))
            raise InvalidInput(f"{form.fields[field].label}: {' '.join(found)}", field=field)  # type: ignore[arg-type]
        return form.cleaned_data

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            self.carry_out()
        except NotFound:
            raise
        except DomainError as error:
            messages.error(request, str(error.detail))
        else:
            if self.done:
                messages.success(request, self.done)
        return redirect(page_named(request) or self.back_to())
