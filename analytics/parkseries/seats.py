"""Who sits where: the tenancies of all parks in memory, to ask for the park of a tenant on a day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from tenants.models import Tenancy


@dataclass(frozen=True, slots=True)
class Seat:
    """A tenant in a park on [from_day, to_day); open without an end."""

    tenant_id: int
    code: str
    company_id: int
    park_id: int
    from_day: date
    to_day: date | None

    def holds(self, day: date) -> bool:
        return self.from_day <= day and (self.to_day is None or day < self.to_day)


class Seats:
    """Every tenancy there is."""

    def __init__(self) -> None:
        rows = Tenancy.objects.order_by("tenant", "from_day").values_list(
            "tenant_id", "tenant__code", "tenant__company_id", "park_id", "from_day", "to_day"
        )
        self.every = [Seat(*row) for row in rows]
        self._of: dict[int, list[Seat]] = defaultdict(list)
        for seat in self.every:
            self._of[seat.tenant_id].append(seat)

    def of(self, tenant_id: int, day: date) -> Seat | None:
        """The seat of a tenant on a day."""
        return next((seat for seat in self._of.get(tenant_id, ()) if seat.holds(day)), None)

    def on(self, day: date) -> list[Seat]:
        """Who sat anywhere on a day."""
        return [seat for seat in self.every if seat.holds(day)]

    def of_park(self, park_id: int, first: date, end: date) -> list[Seat]:
        """The seats of a park that touch the days from `first` to before `end`."""
        return [
            seat
            for seat in self.every
            if seat.park_id == park_id
            and seat.from_day < end
            and (seat.to_day is None or seat.to_day > first)
        ]
