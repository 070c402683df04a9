"""Chainable reads: `SalesEvent.objects.current().with_session()`, `GoodsOffer.objects.standing()`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.sql.where import WhereNode

from core import clock
from core.days import open_on
from livestreams.choices import BOOKING_BLOCKING
from supplychain.choices import CERTIFYING, SAMPLE_LENT, CertificateState, ParcelState, SampleState

BEFORE_ALL_HOURS = -(2**40)


class SalesEventQuerySet(models.QuerySet[Any]):
    """Facts, and what is known of them now."""

    def current(self) -> SalesEventQuerySet:
        """Only the highest version of each external id: the others are superseded and do not count."""
        higher = self._rows("SalesEventKey").filter(
            seller_id=OuterRef("seller_id"),
            source=OuterRef("source"),
            external_id=OuterRef("external_id"),
            version__gt=OuterRef("version"),
        )
        # The second condition says nothing new and lets the small index of corrections answer.
        return self.filter(~Exists(higher.filter(version__gt=1)))

    def sources(self) -> list[str]:
        """Where the facts came from, in the order of their names: one step in an index for each, not one per fact."""
        found: list[str] = []
        rows = self.order_by("source").values_list("source", flat=True)
        while (source := rows.filter(source__gt=found[-1] if found else "").first()) is not None:
            found.append(source)
        return found

    def of_orders(self, seller_id: int, numbers: Collection[str]) -> SalesEventQuerySet:
        """The facts of some orders of a seller, and the refunds that name these orders.

        Asked for one after the other, each half has its index; with an OR SQLite reads all that the seller ever sold.
        """
        return self.filter(pk__in=_about(self.model._base_manager.filter(seller=seller_id), numbers))

    def of_order(self, number: str) -> SalesEventQuerySet:
        """Those of these facts that are of an order, or that name it, by the same two indexes among all sellers."""
        sellers = self.model._meta.apps.get_model("tenants", "Tenant")._base_manager.values("pk")
        return self.among(_about(self.model._base_manager.filter(seller__in=sellers), [number]))

    def of_session(self, sessions: Collection[int] | QuerySet[Any]) -> SalesEventQuerySet:
        """Those of these facts that belong to some sessions now, whether they named them or were placed there later."""
        named = self.model._base_manager.filter(session__in=sessions).order_by().values("pk")
        placed = self._rows("Attribution").filter(session__in=sessions).order_by().values("event_id")
        return self.with_session().filter(session_now__in=sessions).among(named.union(placed))

    def among(self, ids: QuerySet[Any]) -> SalesEventQuerySet:
        """Those of these facts that have one of some ids, which are few: they are found first, and then looked up here
        one by one. SQLite would begin with whatever else these facts are filtered and sorted by, and read all that
        their seller ever sold.
        """
        found = self.all()
        found.query.where = WhereNode()
        return found.filter(Exists(self.order_by().filter(pk=OuterRef("pk"))), pk__in=ids)

    def of_any_hour(self) -> SalesEventQuerySet:
        """All of them, said so that PostgreSQL may read them by the index of hours (core.indexes.OnlyByAll)."""
        return self.filter(slot__gt=BEFORE_ALL_HOURS)

    def with_session(self) -> SalesEventQuerySet:
        """Add `session_now`: the session of the latest attribution (None: none), else the one on the fact."""
        return self.annotate(session_now=self._latest("Attribution", "session_id"))

    def with_sku(self) -> SalesEventQuerySet:
        """Add `sku_now`: the SKU of the latest resolution (None: none), else the one on the fact."""
        return self.annotate(sku_now=self._latest("SkuResolution", "sku_id"))

    def _latest(self, model: str, column: str) -> Case:
        decided = self._rows(model).filter(event_id=OuterRef("pk")).order_by("-version")
        return Case(
            When(Exists(decided), then=Subquery(decided.values(column)[:1])),
            default=F(column),
            output_field=models.BigIntegerField(),
        )

    def _rows(self, model: str) -> QuerySet[Any]:
        return self.model._meta.apps.get_model("supplychain", model)._default_manager.all()


def _about(facts: QuerySet[Any], numbers: Collection[str]) -> QuerySet[Any]:
    """The ids of the facts of some orders, and of the refunds that name these orders."""
    told = facts.order_by().values("pk")
    refunds = told.filter(~Q(ref_order_no=""), ref_order_no__in=numbers)
    return told.filter(order_no__in=numbers).union(refunds, all=True)


class GoodsOfferQuerySet(models.QuerySet[Any]):
    """Offers of goods."""

    def standing(self) -> GoodsOfferQuerySet:
        """Those not withdrawn, of goods still sold, by firms that are still in the park they offered to."""
        return self.filter(
            open_on(clock.today(), "product"),
            open_on(clock.today(), "tenant"),
            withdrawn_at__isnull=True,
            tenant__node__parent_id=F("park_id"),
        )

    def in_full(self) -> GoodsOfferQuerySet:
        """With what is shown of an offer."""
        return self.select_related("tenant__node", "park", "product")


class OfferAnswerQuerySet(models.QuerySet[Any]):
    """Answers to offers."""

    def current(self) -> OfferAnswerQuerySet:
        """The latest of each firm, and of each of its hosts, to an offer."""
        later = self.model._base_manager.filter(
            offer=OuterRef("offer"), tenant=OuterRef("tenant"), pk__gt=OuterRef("pk")
        )
        of_firm = Exists(later.filter(host__isnull=True))
        return self.filter(~Exists(later.filter(host=OuterRef("host"))), Q(host__isnull=False) | ~of_firm)

    def in_full(self) -> OfferAnswerQuerySet:
        """With what is shown of an answer."""
        return self.select_related("offer__product", "offer__tenant", "tenant", "host")


class WaveQuerySet(models.QuerySet[Any]):
    def counted(self) -> Self:
        """Add `held`, how many parcels the wave still means, and `left`, how many of them are sent."""
        cancelled, sent = (
            Q(parcels__state=state) for state in (ParcelState.CANCELLED, ParcelState.DISPATCHED)
        )
        return self.annotate(held=Count("parcels", filter=~cancelled), left=Count("parcels", filter=sent))


class RunLineQuerySet(models.QuerySet[Any]):
    """Lines of runs of show."""

    def on(self) -> RunLineQuerySet:
        """Those that were not taken off, in the order of the run."""
        return self.filter(dropped_at__isnull=True).order_by("booking", "position", "pk")

    def to_come(self) -> RunLineQuerySet:
        """Those on runs of bookings that are not over."""
        return self.on().filter(booking__state__in=BOOKING_BLOCKING, booking__ends_at__gt=clock.now())

    def in_full(self) -> RunLineQuerySet:
        """With what is shown of a line."""
        return self.select_related("booking__room", "booking__tenant", "product__tenant", "offer__tenant")


class SampleRequestQuerySet(models.QuerySet[Any]):
    """Requests for samples."""

    def overdue(self) -> SampleRequestQuerySet:
        """Those whose pieces are out past the day they were due back."""
        return self.filter(state=SampleState.OUT, until__lt=clock.today())

    def lent(self) -> int:
        """How many pieces are promised, out, or never came back whole."""
        found = self.filter(state__in=SAMPLE_LENT).aggregate(n=Sum(F("pieces") - F("whole")))
        return int(found["n"] or 0)

    def in_full(self) -> SampleRequestQuerySet:
        """With what is shown of a request."""
        return self.select_related(
            "offer__tenant",
            "offer__product",
            "offer__park",
            "tenant",
            "host",
            "sku",
            "warehouse",
            "agreement",
        )


class QualityCertificateQuerySet(models.QuerySet[Any]):
    """Certificates of goods."""

    SOON = 30 * clock.DAY

    def certifying(self, first: date, last: date) -> QualityCertificateQuerySet:
        """Accepted ones that say what goods are, valid from the first day to the last."""
        return self.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gte=last),
            state=CertificateState.ACCEPTED,
            kind__in=CERTIFYING,
            valid_from__lte=first,
        )

    def expiring(self) -> QualityCertificateQuerySet:
        """Accepted ones that are over within the next weeks."""
        today = clock.today()
        return self.filter(
            state=CertificateState.ACCEPTED, valid_until__gte=today, valid_until__lte=today + self.SOON
        )

    def in_full(self) -> QualityCertificateQuerySet:
        """With what is shown of a certificate."""
        return self.select_related("tenant", "product", "sku", "decided_by")
