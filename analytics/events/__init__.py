"""Figures of festivals: read from the roll-ups, shown by what each tenant lets others see."""

from __future__ import annotations

from analytics.events.board import Board, Place, VenuePlace, board_of
from analytics.events.campaign import campaign_of, campaigns_in
from analytics.events.decay import AfterDay, Decay, decay_of
from analytics.events.measures import EVENT_REGISTRY
from analytics.events.report import EventReport, Figure, figures_of, report_of
from analytics.events.said import Said, said_of

__all__ = [
    "EVENT_REGISTRY",
    "AfterDay",
    "Board",
    "Decay",
    "EventReport",
    "Figure",
    "Place",
    "Said",
    "VenuePlace",
    "board_of",
    "campaign_of",
    "campaigns_in",
    "decay_of",
    "figures_of",
    "report_of",
    "said_of",
]
