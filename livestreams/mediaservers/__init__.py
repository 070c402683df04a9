"""The programs that take encoders in: how each asks, what goes into its encoders, how it is watched and told to cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

from livestreams.choices import MediaServer
from livestreams.mediaservers import mediamtx, nginx_rtmp, srs
from livestreams.mediaservers.control import Away
from livestreams.models import MediaNode, Publish

__all__ = ["Away", "Program", "mediamtx", "nginx_rtmp", "program_of", "srs"]


class Program(Protocol):
    """What the module of each program offers, besides reading its questions."""

    # Whether it asks again and again while a stream runs; where it does not, we look by ourselves.
    ASKS_AGAIN: bool

    def stream_name(self, key: str, room: str) -> str:
        """What an encoder types as its stream key."""

    def readings(self, node: MediaNode) -> Mapping[str, Any]:
        """The connections that publish there now, each with its bitrate in kbit/s as the node gives it. Raises Away."""

    def drop(self, publish: Publish) -> None:
        """End one stream. Raises Away when the program did not do it."""


PROGRAMS = {MediaServer.NGINX_RTMP: nginx_rtmp, MediaServer.SRS: srs, MediaServer.MEDIAMTX: mediamtx}


def program_of(node: MediaNode) -> Program:
    return cast("Program", PROGRAMS[MediaServer(node.kind)])
