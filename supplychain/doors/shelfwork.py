"""Work at the shelves, several rows at a time: counts, corrections, and goods brought to another zone or warehouse.

The same page for the keeper of a park (admin) and the storekeeper of a firm (portal). Each row is a call of a service
of its own: what is refused stays on the page with its reason, the others are stored.
"""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.actors import Actor
from core.clock import today
from core.days import open_on
from core.doors.formfields import CodeField, LineField, WholeNumberField
from core.errors import Conflict, DomainError, InvalidInput, Unprocessable
from core.idempotency import Answer, answer_once
from core.locking import retried
from core.models import new_uid
from core.scoping import visible_to
from supplychain import services
from supplychain.models import Sku, StockMove, Warehouse

MOST_ROWS = 200
ZONE = StockMove._meta.get_field("zone").max_length
PLAIN = {"autocapitalize": "off", "autocomplete": "off", "enterkeyhint": "next"}


class Task(models.TextChoices):
    """What is done at the shelves."""

    COUNT = "count", gettext_lazy("Count the goods")
    SHIFT = "shift", gettext_lazy("To another zone")
    TRANSFER = "transfer", gettext_lazy("To another warehouse")
    ADJUST = "adjust", gettext_lazy("Correct")


ASKED = {
    Task.COUNT: ("zone", "note"),
    Task.SHIFT: ("from_zone", "to_zone", "note"),
    Task.TRANSFER: ("target", "from_zone", "to_zone", "note"),
    Task.ADJUST: ("zone", "note"),
}
EXPLAINED = {
    Task.COUNT: gettext_lazy(
        "How many pieces lie there. Of a zone what waves have fetched lies there no more; without a zone all that is"
        " in the warehouse."
    ),
    Task.SHIFT: gettext_lazy("A zone that is not named is the main place of the goods."),
    Task.TRANSFER: gettext_lazy("Without a zone from the main place first, and to the main place there."),
    Task.ADJUST: gettext_lazy("Less than zero takes away. The note says why."),
}


def task_named(request: HttpRequest) -> Task:
    """The task that an address names; a count without one."""
    asked = request.GET.get("task", "")
    return Task(asked) if asked in Task.values else Task.COUNT


def _zone(label: Any) -> LineField:
    return LineField(label=label, max_length=ZONE, required=False, widget=forms.TextInput(PLAIN))


class HeadForm(forms.Form):
    """What all rows have in common. With `key` each row is stored once, however often the page is sent."""

    key = forms.CharField(widget=forms.HiddenInput, initial=new_uid, max_length=40)
    target = forms.ModelChoiceField(
        Warehouse.objects.none(), label=gettext_lazy("To the warehouse"), to_field_name="code"
    )
    zone = _zone(gettext_lazy("Zone and shelf"))
    from_zone = _zone(gettext_lazy("From the zone"))
    to_zone = _zone(gettext_lazy("To the zone"))
    note = LineField(label=gettext_lazy("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, task: Task, targets: QuerySet[Warehouse], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - {"key", *ASKED[task]}:
            del self.fields[name]
        if task == Task.TRANSFER:
            self.fields["target"].queryset = targets  # type: ignore[attr-defined]
        if task == Task.ADJUST:
            self.fields["note"].required = True


class RowForm(forms.Form):
    """Goods by the code on the piece, and how many; whose they are only where the code does not say it."""

    code = CodeField(label=gettext_lazy("SKU"))
    owner = CodeField(label=gettext_lazy("Owner"), required=False)
    quantity = WholeNumberField(
        label=gettext_lazy("Pieces"), widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"})
    )
    is_done = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs |= {"aria-label": field.label, "placeholder": field.label}

    @property
    def asks_owner(self) -> bool:
        return self.is_bound and ("owner" in self.errors or bool(self["owner"].value()))

    @property
    def reasons(self) -> list[str]:
        return [str(reason) for reasons in self.errors.values() for reason in reasons]


Rows: type[forms.BaseFormSet[RowForm]] = forms.formset_factory(
    RowForm, extra=1, max_num=MOST_ROWS, validate_max=True, absolute_max=MOST_ROWS + 10
)


class ShelfWork:
    """The page's form: the head, the rows, and what becomes of them."""

    def __init__(
        self, *, actor: Actor, warehouse: Warehouse, task: Task, goods: QuerySet[Sku], data: Any = None
    ) -> None:
        self.actor, self.warehouse, self.task, self.goods = actor, warehouse, task, goods
        targets = visible_to(Warehouse.objects.filter(open_on(today())), actor)
        targets = targets.exclude(pk=warehouse.pk).order_by("code")
        self.head = HeadForm(data, task=task, targets=targets)
        self.rows = Rows(data, prefix="rows")

    @property
    def explained(self) -> Any:
        return EXPLAINED[self.task]

    @property
    def open_rows(self) -> list[RowForm]:
        """The rows that are still to be stored."""
        return [row for row in self.rows if not row.is_done]

    def is_valid(self) -> bool:
        """Whether the head is right and something is asked; rows are judged one by one."""
        is_right = self.head.is_valid()
        self.rows.is_valid()
        if not self.rows.non_form_errors() and not any(row.has_changed() for row in self.rows):
            self.head.add_error(None, ValidationError(_("Scan or write a code first."), code="required"))
            return False
        return is_right and not self.rows.non_form_errors()

    def carry_out(self) -> list[str]:
        """Store every row that may be stored and tell of each; what is refused has its reason."""
        said = []
        counted: set[int] = set()
        for number, row in enumerate(self.rows):
            if not row.has_changed() or not row.is_valid():
                continue
            try:
                sku = self._sku(row)
                if self.task == Task.COUNT and sku.pk in counted:
                    message = _("Counted twice on this page: write the sum in one row.")
                    raise InvalidInput(message, code="twice", field="code")
                counted.add(sku.pk)
                said.append(self._once(number, sku, row.cleaned_data["quantity"]))
            except DomainError as refusal:
                field = "owner" if refusal.field == "owner" else None
                row.add_error(field, ValidationError(str(refusal.detail), code=refusal.code))
            else:
                row.is_done = True
        return said

    @property
    def is_done(self) -> bool:
        """Whether something was asked and nothing of it is left."""
        asked = [row for row in self.rows if row.has_changed()]
        return bool(asked) and self.head.is_valid() and all(row.is_done for row in asked)

    def _once(self, number: int, sku: Sku, quantity: int) -> str:
        """Store a row, or say what was said of it when its page was sent before: what left since stays away."""
        head = {name: value for name, value in self.head.cleaned_data.items() if name != "key"}
        entry = (
            sku.pk if self.task == Task.COUNT else number
        )  # goods are counted once a page, in whichever row
        key = f"{self.head.cleaned_data['key']}:{entry}"
        asked = [sku.pk, quantity, *(str(value) for value in head.values())]
        try:
            answer = retried(answer_once)(
                credential=self.actor.credential,
                path=f"shelves:{self.task}:{self.warehouse.code}",
                key=key,
                body=json.dumps(asked).encode(),
                effect=lambda: Answer(200, self._store(key, sku, quantity, head)),
            )
        except Unprocessable as error:
            message = _("This was entered on this page before with other figures: open the page anew.")
            raise Conflict(message, code="entered_before") from error
        return answer.text

    def _store(self, source_key: str, sku: Sku, quantity: int, head: dict[str, Any]) -> str:
        if self.task == Task.COUNT:
            move = services.stock_count(
                actor=self.actor, warehouse=self.warehouse, sku=sku, counted=quantity, **head
            )
            found = f"{move.quantity:+d}" if move else _("as on record")
            return f"{sku.code}: {quantity} ({found})"
        if self.task == Task.ADJUST:
            move = services.stock_adjust(
                actor=self.actor,
                warehouse=self.warehouse,
                sku=sku,
                quantity=quantity,
                source_key=source_key,
                **head,
            )
            return f"{sku.code}: {quantity:+d}"
        head.setdefault("target", self.warehouse)
        services.stock_transfer(
            actor=self.actor,
            origin=self.warehouse,
            sku=sku,
            quantity=quantity,
            source_key=source_key,
            **head,
        )
        return f"{sku.code}: {quantity}"

    def _sku(self, row: RowForm) -> Sku:
        """The goods of a code; of several owners those of the one who is named."""
        code, owner = row.cleaned_data["code"], row.cleaned_data["owner"]
        found = self.goods.filter(code=code).select_related("tenant").order_by("tenant__code")
        found = found.filter(tenant__code=owner) if owner else found
        rows = list(found[:5])
        if not rows:
            raise InvalidInput(_("There are no such goods here."), code="absent", field="code")
        if len(rows) > 1:
            names = "、".join(sku.tenant.code for sku in rows)
            message = _("Several owners have goods of this code: write whose (%(owners)s).")
            raise InvalidInput(message % {"owners": names}, code="several", field="owner")
        return rows[0]
