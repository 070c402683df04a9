"""The day work of a studio: equipment and its loans, cleaning, what was checked before a booking, visitors."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.clock import local, now
from core.dbrules import AppendOnly
from core.models import ClosableMixin, NamedMixin, PublicIdMixin, Scope, StampedMixin, User
from core.overlap import no_overlap
from livestreams.choices import Condition, EquipmentKind, RoomCheckItem
from livestreams.models.booking import Booking
from livestreams.models.room import LiveRoom
from livestreams.querysets import LoanQuerySet, VisitQuerySet
from parks.models import Park
from tenants.models import Tenant

MOST_PEOPLE = 200


class Equipment(NamedMixin, PublicIdMixin, ClosableMixin):
    """One item of a park under its inventory code: it belongs to a room, or lies in the store."""

    park = models.ForeignKey(Park, models.PROTECT, related_name="equipment", verbose_name=_("park"))
    code = models.SlugField(_("inventory code"), max_length=64, unique=True)
    kind = models.CharField(_("kind"), max_length=16, choices=EquipmentKind)
    serial = models.CharField(_("serial number"), max_length=100, blank=True)
    room = models.ForeignKey(
        LiveRoom,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="items",
        verbose_name=_("belongs to the room"),
        help_text=_("Empty: it lies in the store."),
    )

    scope = Scope(nodes=("park_id",))

    class Meta:
        verbose_name = _("item of equipment")
        verbose_name_plural = _("equipment")
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.name} {self.code}"

    def clean(self) -> None:
        if self.room is not None and self.room.park_id != self.park_id:
            raise ValidationError({"room": _("The room is not in the item's park.")}, code="other_park")


class EquipmentLoan(PublicIdMixin, StampedMixin):
    """An item in a tenant's hands for [out_at, back_at); without `back_at` it still is."""

    item = models.ForeignKey(Equipment, models.PROTECT, related_name="loans", verbose_name=_("item"))
    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="loans", verbose_name=_("tenant"))
    booking = models.ForeignKey(
        Booking, models.PROTECT, null=True, blank=True, related_name="loans", verbose_name=_("booking")
    )
    out_at = models.DateTimeField(_("handed out"))
    due_at = models.DateTimeField(_("due back"))
    back_at = models.DateTimeField(_("came back"), null=True, blank=True)
    condition = models.CharField(_("condition on return"), max_length=16, choices=Condition, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    objects = LoanQuerySet.as_manager()

    scope = Scope(nodes=("tenant_id",), park="item__park_id")
    database_rules = (
        no_overlap(
            "livestreams_equipmentloan",
            "item_id",
            "out_at",
            "back_at",
            kind="timestamptz",
            name="livestreams_loan_item",
        ),
    )

    class Meta:
        verbose_name = _("equipment loan")
        verbose_name_plural = _("equipment loans")
        ordering = ["-out_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(due_at__gt=F("out_at"))
                & (Q(back_at__isnull=True, condition="") | Q(back_at__gte=F("out_at")) & ~Q(condition="")),
                name="livestreams_loan_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.item} · {self.tenant}"

    @property
    def is_overdue(self) -> bool:
        return self.back_at is None and self.due_at <= now()


class Cleaning(models.Model):
    """That a room was cleaned after a booking, by whom and when. Append-only, once for each booking."""

    booking = models.OneToOneField(
        Booking, models.PROTECT, related_name="cleaning", verbose_name=_("after the booking")
    )
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("person"))

    scope = Scope(nodes=("booking__room__park_id",))
    database_rules = (AppendOnly(),)

    class Meta:
        verbose_name = _("cleaning")
        verbose_name_plural = _("cleanings")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.booking} · {local(self.at):%m-%d %H:%M}"


class CleaningDuty(models.Model):
    """Who is to clean a room after a booking; nobody any more without a person. Append-only: the last word counts."""

    booking = models.ForeignKey(
        Booking, models.PROTECT, related_name="cleaning_duties", verbose_name=_("after the booking")
    )
    person = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("who cleans it")
    )
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("given by"))

    scope = Scope(nodes=("booking__room__park_id",))
    database_rules = (AppendOnly(),)

    class Meta:
        verbose_name = _("duty to clean")
        verbose_name_plural = _("duties to clean")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.booking} · {self.person or '–'}"


class RoomCheck(models.Model):
    """A point of the checklist, ticked for a booking in a room, or taken back. Append-only: the last word counts."""

    booking = models.ForeignKey(Booking, models.PROTECT, related_name="checks", verbose_name=_("booking"))
    room = models.ForeignKey(LiveRoom, models.PROTECT, related_name="+", verbose_name=_("live room"))
    point = models.CharField(_("point"), max_length=16, choices=RoomCheckItem)
    done = models.BooleanField(_("in order"), default=True)
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("person"))

    scope = Scope(nodes=("booking__tenant_id",), park="room__park_id", user="booking__host__user_id")
    database_rules = (AppendOnly(),)

    class Meta:
        verbose_name = _("room check")
        verbose_name_plural = _("room checks")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.booking} · {self.get_point_display()}"


class Visit(PublicIdMixin, StampedMixin):
    """Visitors whom a tenant expects on a day. Name and plate are dropped a month later; no text of a row has them."""

    park = models.ForeignKey(Park, models.PROTECT, related_name="visits", verbose_name=_("park"))
    tenant = models.ForeignKey(Tenant, models.PROTECT, related_name="visits", verbose_name=_("tenant"))
    booking = models.ForeignKey(
        Booking, models.PROTECT, null=True, blank=True, related_name="visits", verbose_name=_("booking")
    )
    day = models.DateField(_("day"))
    name = models.CharField(_("visitor"), max_length=100, blank=True)
    people = models.PositiveSmallIntegerField(
        _("people"), default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_PEOPLE)]
    )
    company = models.CharField(_("company"), max_length=100, blank=True)
    plate = models.CharField(_("number plate"), max_length=20, blank=True)
    arrived_at = models.DateTimeField(_("arrived"), null=True, blank=True)
    left_at = models.DateTimeField(_("left"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = VisitQuerySet.as_manager()

    scope = Scope(nodes=("tenant_id",), park="park_id")

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ["-day", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(people__gte=1)
                & (Q(left_at__isnull=True) | Q(arrived_at__isnull=False, left_at__gte=F("arrived_at")))
                & (Q(withdrawn_at__isnull=True) | Q(arrived_at__isnull=True)),
                name="livestreams_visit_order",
            )
        ]

    def __str__(self) -> str:
        return f"{self.tenant} · {self.day:%Y-%m-%d} · {self.people}"
