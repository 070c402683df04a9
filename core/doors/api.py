"""Base classes of the REST API. A view that inherits from `ScopedViewSet` cannot see foreign rows.

Each action declares what it needs in `permissions`; an undeclared one is refused (and raises in tests).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, mixins, relations, viewsets

from core.actors import Actor
from core.doors.credentials import actor_of
from core.errors import NotFound
from core.idempotency import Answer, answer_once
from core.scoping import visible_to

SAFE_ACTIONS = ("list", "retrieve")


@dataclass(frozen=True)
class Needs:
    """What an action needs: a verb on a model, and the scope a key must have."""

    verb: str
    key_scope: str
    model: type[Model] | None = None


class ScopedRelatedField(relations.SlugRelatedField):
    """A relation given by its public code or uid. Absent and foreign objects get the same answer."""

    default_error_messages = {
        "does_not_exist": _("There is no such object."),
        "invalid": _("There is no such object."),
    }

    def __init__(
        self, *, model: type[Model], slug_field: str = "uid", verb: str = "view", **kwargs: Any
    ) -> None:
        self.model, self.verb = model, verb
        super().__init__(
            slug_field=slug_field,
            queryset=None if kwargs.get("read_only") else model._default_manager.all(),
            **kwargs,
        )

    def get_queryset(self) -> QuerySet[Model]:
        return visible_to(self.model._default_manager.all(), self.context["view"].actor, self.verb)

    def to_internal_value(self, data: Any) -> Model:
        if not isinstance(data, str) or not data.isprintable() or len(data) > 64:
            self.fail("invalid")
        try:
            return super().to_internal_value(data)
        except (exceptions.ValidationError, ValueError, TypeError) as error:
            raise exceptions.ValidationError(
                self.error_messages["does_not_exist"], code="does_not_exist"
            ) from error


class ScopedViewSet(viewsets.GenericViewSet):
    """A viewset over the visible rows of one model, looked up by uid."""

    model: ClassVar[type[Model]]
    permissions: ClassVar[dict[str, Needs]] = {}
    lookup_field = "uid"

    @property
    def actor(self) -> Actor:
        """Made once per request."""
        if not hasattr(self.request, "_actor"):
            self.request._actor = actor_of(self.request)  # type: ignore[attr-defined]
        actor: Actor = self.request._actor  # type: ignore[attr-defined]
        return actor

    def needs(self) -> Needs | None:
        """What the current action declared. Undeclared ones raise where tests ask for it."""
        action = self.action
        if action is None:  # the method is not allowed here; DRF answers 405 after this check
            raise exceptions.MethodNotAllowed(str(self.request.method))
        declared = self.permissions.get(action)
        if declared is None and getattr(settings, "UNDECLARED_ACTIONS_RAISE", False):
            raise ImproperlyConfigured(f"{type(self).__name__}.{action} declares no permission")
        return declared

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        verb = "view" if self.action in SAFE_ACTIONS else self.permissions[self.action].verb
        return visible_to(self.base_queryset(), self.actor, "change" if verb == "change" else "view")

    def base_queryset(self) -> QuerySet[Any]:
        """All rows with what the serializer reads; scoping is added by `get_queryset`."""
        return self.model._default_manager.order_by("-pk")

    def get_object(self) -> Any:
        """The visible row named by the address; NotFound for absent, foreign and malformed names alike."""
        value = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        try:
            row = self.get_queryset().filter(**{self.lookup_field: value}).first()
        except (ValueError, TypeError, ValidationError) as error:
            raise NotFound from error
        if row is None:
            raise NotFound
        return row

    def answer_once(self, body: bytes, effect: Callable[[], Answer]) -> HttpResponse:
        """Carry out `effect() -> Answer`, honouring an Idempotency-Key, and send its exact text."""
        key = self.request.headers.get("Idempotency-Key", "")
        answer: Answer = (
            answer_once(
                credential=self.actor.credential, path=self.request.path, key=key, body=body, effect=effect
            )
            if key
            else effect()
        )
        response = HttpResponse(answer.text, status=answer.status, content_type="application/json")
        if answer.replayed:
            response["Idempotency-Replayed"] = "true"
        return response


class ReadOnlyScopedViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """List and retrieve."""
