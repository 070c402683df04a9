"""Base classes of the REST API. A view that inherits from `ScopedViewSet` cannot see foreign rows.

Each action declares what it needs in `permissions`; an undeclared one is refused (and raises in tests).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import msgspec
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, RequestDataTooBig
from django.db.models import Model, QuerySet
from django.http import HttpResponse, UnreadablePostError
from django.utils.translation import gettext as _
from django_filters import FilterSet
from rest_framework import exceptions, mixins, serializers, viewsets
from rest_framework.request import Request

from core.actors import Actor
from core.doors.credentials import actor_of
from core.doors.fields import StrictSerializer, is_public_name
from core.errors import InvalidInput, NotFound, TooLarge
from core.idempotency import Answer, answer_once
from core.locking import retried
from core.policy import VIEW
from core.scoping import may, visible_to
from core.strict import shown

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Needs:
    """What an action needs: a verb on the view's model (or another), and for keys one of these scopes.

    `Needs("")` takes anybody who is known; no key scopes means that any key will do.
    """

    verb: str
    key_scopes: tuple[str, ...] = ()
    model: type[Model] | None = field(default=None, kw_only=True)

    def granted_to(self, actor: Actor, model: type[Model]) -> bool:
        if actor.key_id is not None and self.key_scopes and not actor.key_scopes & set(self.key_scopes):
            return False
        return not self.verb or may(actor, self.verb, self.model or model)


class ScopedViewSet(viewsets.GenericViewSet[Any]):
    """A viewset over the visible rows of one model, looked up by uid.

    `inputs` names the serializer that reads each writing action; `serializer_class` shows rows.
    """

    model: ClassVar[type[Model]]
    permissions: ClassVar[dict[str, Needs]] = {}
    inputs: ClassVar[dict[str, type[StrictSerializer]]] = {}
    lookup_field = "uid"
    metadata_class = None
    filterset_class: ClassVar[type[FilterSet] | None] = None
    body = b""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        request._request.actor = self.actor  # type: ignore[attr-defined]  # what filters shared with pages ask for
        super().initial(request, *args, **kwargs)
        check_query_names(self, request)
        if request.method in UNSAFE:
            self.body = body_of(request)

    @property
    def actor(self) -> Actor:
        """Made once per request."""
        if not hasattr(self, "_actor"):
            self._actor = actor_of(self.request)
        return self._actor

    def needs(self) -> Needs | None:
        """What the current action declared. Undeclared ones raise where tests ask for it."""
        if self.action is None:  # the method is not allowed here
            raise exceptions.MethodNotAllowed(str(self.request.method))
        declared = self.permissions.get(self.action)
        if declared is None and getattr(settings, "UNDECLARED_ACTIONS_RAISE", False):
            raise ImproperlyConfigured(f"{type(self).__name__}.{self.action} declares no permission")
        return declared

    def get_queryset(self) -> QuerySet[Any]:
        """The rows on which the actor holds the verb of the action (of another model: that it may look at)."""
        if getattr(self, "swagger_fake_view", False):
            return self.model._default_manager.none()
        needs = self.permissions[self.action]
        verb = VIEW if needs.model is not None else needs.verb
        return visible_to(self.base_queryset(), self.actor, verb)

    def base_queryset(self) -> QuerySet[Any]:
        """All rows with what the serializer reads; scoping is added by `get_queryset`."""
        return self.model._default_manager.order_by("-pk")

    def get_object(self) -> Any:
        """The visible row named by the address; NotFound for absent, foreign and malformed names alike."""
        name = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        row = None
        if is_public_name(name, self.lookup_field):
            row = self.get_queryset().filter(**{self.lookup_field: name}).first()
        if row is None:
            raise NotFound
        return row

    def get_serializer_class(self) -> type[Any]:
        """What the action reads; rows are shown by `shown`."""
        return self.inputs.get(self.action or "") or super().get_serializer_class()

    def read(self) -> dict[str, Any]:
        """The valid input of the action. Raises the 400 that lists every field that is wrong."""
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def shown(self, row: Any) -> dict[str, Any]:
        """A row as the API shows it."""
        serializer: serializers.BaseSerializer[Any] = super().get_serializer_class()(
            row, context=self.get_serializer_context()
        )
        return dict(serializer.data)

    def answer_unkept(self, effect: Callable[[], dict[str, Any]], status: int = 200) -> HttpResponse:
        """Carry out a write whose answer holds a secret: as that is kept nowhere, it cannot be given a second time."""
        if self.request.headers.get("Idempotency-Key"):
            raise InvalidInput(
                _("This answer holds a secret, which is not kept: ask without an Idempotency-Key."),
                code="not_repeatable",
            )
        return HttpResponse(encode(effect()), status=status, content_type="application/json")

    def answer(self, effect: Callable[[], Any], status: int = 200) -> HttpResponse:
        """Carry out a write and show its row (or the Answer it made), once per Idempotency-Key.

        The answer is kept in the transaction of the effect, so a repeat gets the same bytes. The key belongs
        to the whole request: the same key with another body or query is refused.
        """

        def answered() -> Answer:
            made = effect()
            return made if isinstance(made, Answer) else Answer(status, encode(self.shown(made)).decode())

        key = self.request.headers.get("Idempotency-Key", "")
        if key:
            query = self.request.META.get("QUERY_STRING", "").encode()
            answer = retried(answer_once)(
                credential=self.actor.credential,
                path=self.request.path[:200],
                key=key,
                body=query + b"\n" + self.body,
                effect=answered,
            )
        else:
            answer = answered()
        response = HttpResponse(answer.text, status=answer.status, content_type="application/json")
        if answer.replayed:
            response["Idempotency-Replayed"] = "true"
        return response


class ReadOnlyScopedViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """List and retrieve."""


def check_query_names(view: ScopedViewSet, request: Request) -> None:
    """InvalidInput for a parameter that the action does not know: a misspelt filter would show everything.

    It knows what its documentation names and, of a list, its filters and pages.
    """
    action = str(view.action)
    known: set[str] = set()
    documented = getattr(getattr(view, action, None), "kwargs", {}).get("schema")
    if documented is not None:
        schema = documented()
        schema.view, schema.method = view, request.method
        known.update(parameter.name for parameter in schema.get_override_parameters())
    if action == "list":
        known.update(getattr(view.filterset_class, "base_filters", ()))
        paginator: Any = view.paginator
        known.update(parameter["name"] for parameter in paginator.get_schema_operation_parameters(view))
    for name in request.query_params:
        if name not in known:
            raise InvalidInput(
                _("There is no parameter “%(name)s” here.") % {"name": shown(name)},
                code="unknown_parameter",
                field=shown(name),
            )


def encode(value: Any) -> bytes:
    """JSON of what serializers give out; lazy texts, uids and decimals become strings."""
    return msgspec.json.encode(value, enc_hook=str)


def body_of(request: Request) -> bytes:
    """The raw body. TooLarge beyond the limit, whatever length was announced; InvalidInput when it broke off."""
    try:
        body: bytes = request._request.body
    except RequestDataTooBig as error:
        raise too_large() from error
    except UnreadablePostError as error:
        raise InvalidInput(_("The body broke off."), code="broken_body") from error
    return body


def too_large() -> TooLarge:
    """The refusal of a body over the limit, which names the way for larger amounts."""
    limit = settings.LIVEPARK_BYTES_PER_BATCH // 2**20
    message = _("One request takes %(limit)d MiB. Upload larger files on the import page.")
    return TooLarge(message % {"limit": limit})


def query_value(request: Request, name: str, parse: Callable[[object], Any], default: Any = None) -> Any:
    """A query parameter through a strict parser; InvalidInput that names the parameter."""
    raw = request.query_params.get(name)
    if raw is None or raw == "":
        return default
    try:
        return parse(raw)
    except InvalidInput as error:
        error.field = name
        raise


def one_of(choices: tuple[str, ...]) -> Callable[[object], str]:
    """A parser of query parameters that takes one of these texts."""

    def parse(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise InvalidInput(
                _("“%(value)s” is none of: %(choices)s.")
                % {"value": shown(value), "choices": ", ".join(choices)},
                code="choice",
            )
        return value

    return parse
