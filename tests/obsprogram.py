"""OBS as far as its WebSocket server goes: protocol 5 of obs-websocket, spoken over a real socket.

Hello with challenge and salt, Identify with the answer, Identified; requests after that, nothing before. Who fails is
told by the protocol's close codes.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

HANDSHAKE = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE = 1, 8
NOT_IDENTIFIED, AUTHENTICATION_FAILED = 4007, 4009


def _hashed(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@dataclass
class Obs:
    """What the program counts, how many identified themselves to it, and how many are connected.

    Before `hello` its port takes a connection and says nothing; after `crashing` it ends at the next request.
    """

    port: int = 0
    calls: list[socket.socket] = field(default_factory=list)
    password: str = ""
    identified: int = 0
    connected: int = 0
    hello: bool = True
    crashing: bool = False
    stream: dict[str, Any] = field(
        default_factory=lambda: {
            "outputActive": True,
            "outputReconnecting": False,
            "outputDuration": 60_000,
            "outputCongestion": 0.25,
            "outputBytes": 30_000_000,
            "outputSkippedFrames": 0,
            "outputTotalFrames": 1800,
        }
    )
    stats: dict[str, Any] = field(
        default_factory=lambda: {
            "renderSkippedFrames": 2,
            "renderTotalFrames": 9000,
            "outputSkippedFrames": 1,
            "outputTotalFrames": 9000,
        }
    )


class _Connection(socketserver.StreamRequestHandler):
    """One client, from its HTTP upgrade to its close."""

    obs: Obs

    def handle(self) -> None:
        self.obs.calls.append(self.connection)
        self.obs.connected += 1
        try:
            self._speak()
        finally:
            self.obs.connected -= 1

    def _speak(self) -> None:
        key = self._upgrade()
        accept = base64.b64encode(
            hashlib.sha1((key + HANDSHAKE).encode(), usedforsecurity=False).digest()
        ).decode()
        self.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Protocol: obswebsocket.json\r\n"
            b"Sec-WebSocket-Accept: " + accept.encode() + b"\r\n\r\n"
        )
        salt, challenge = secrets.token_hex(8), secrets.token_hex(8)
        hello: dict[str, Any] = {"obsWebSocketVersion": "5.1.0", "rpcVersion": 1}
        if self.obs.password:
            hello["authentication"] = {"challenge": challenge, "salt": salt}
        if self.obs.hello:
            self._send(0, hello)
        expected = _hashed(_hashed(self.obs.password + salt) + challenge)
        known = False
        while (message := self._receive()) is not None:
            told = message["d"]
            if not known:
                if message["op"] != 1:
                    return self._close(NOT_IDENTIFIED)
                if self.obs.password and told.get("authentication") != expected:
                    return self._close(AUTHENTICATION_FAILED)
                known = True
                self.obs.identified += 1
                self._send(2, {"negotiatedRpcVersion": 1})
            elif self.obs.crashing:
                return None
            elif message["op"] == 6:
                self._answer(told)
        return None

    def _answer(self, asked: dict[str, Any]) -> None:
        name = asked["requestType"]
        found = {"GetStreamStatus": self.obs.stream, "GetStats": self.obs.stats}.get(name)
        status = {"result": True, "code": 100} if found is not None else {"result": False, "code": 204}
        answer = {"requestType": name, "requestId": asked["requestId"], "requestStatus": status}
        self._send(7, answer if found is None else answer | {"responseData": found})

    def _upgrade(self) -> str:
        key = ""
        while line := self.rfile.readline().strip():
            name, _, value = line.decode().partition(":")
            key = value.strip() if name.lower() == "sec-websocket-key" else key
        return key

    def _send(self, op: int, told: dict[str, Any]) -> None:
        self._frame(TEXT, json.dumps({"op": op, "d": told}).encode())

    def _close(self, code: int) -> None:
        self._frame(CLOSE, struct.pack("!H", code))

    def _frame(self, kind: int, body: bytes) -> None:
        head = (
            struct.pack("!BB", 0x80 | kind, len(body))
            if len(body) < 126
            else struct.pack("!BBH", 0x80 | kind, 126, len(body))
        )
        self.wfile.write(head + body)

    def _receive(self) -> dict[str, Any] | None:
        """The next message; None once the client has gone."""
        head = self.rfile.read(2)
        if len(head) < 2 or head[0] & 0x0F == CLOSE:
            return None
        length = head[1] & 0x7F
        if length == 126:
            length = struct.unpack("!H", self.rfile.read(2))[0]
        mask = self.rfile.read(4)
        body = bytes(byte ^ mask[number % 4] for number, byte in enumerate(self.rfile.read(length)))
        message: dict[str, Any] = json.loads(body)
        return message


@contextlib.contextmanager
def obs_program(password: str = "") -> Iterator[Obs]:
    """Run it on a free port of this machine."""
    obs = Obs(password=password)
    handler = type("Connection", (_Connection,), {"obs": obs})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        obs.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield obs
        server.shutdown()
    for call in obs.calls:
        with contextlib.suppress(OSError):
            call.shutdown(socket.SHUT_RDWR)
