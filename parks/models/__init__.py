"""Parks' models, one file per aggregate."""

from __future__ import annotations

from parks.models.event import Event, EventVenue
from parks.models.park import Accreditation, Park, ParkSettings, ServiceOffer
from parks.models.places import City, IndustrialCluster, Province, Town
from parks.models.unit import Building, Unit, UnitUse

__all__ = [
    "Accreditation",
    "Building",
    "City",
    "Event",
    "EventVenue",
    "IndustrialCluster",
    "Park",
    "ParkSettings",
    "Province",
    "ServiceOffer",
    "Town",
    "Unit",
    "UnitUse",
]
