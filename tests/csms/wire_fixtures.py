"""A house whose ledger does as it is told, and a charging station that sends any bytes."""

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
import json
import logging
import ssl
from typing import Any, Self

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from custom_components.chargestead.csms.bounds import DEFAULT_BOUNDS, Bounds
from custom_components.chargestead.csms.central import CentralSystem
from custom_components.chargestead.csms.memory import Memory
from custom_components.chargestead.csms.station import ChargingStation
from custom_components.chargestead.model.config import ServerConfig, SiteConfig, StationConfig
from custom_components.chargestead.model.events import (
    Event,
    SessionEnded,
    SessionStarted,
    SessionUpdated,
)
from custom_components.chargestead.model.ports import Kept
from custom_components.chargestead.model.session import Session
from tests.simulator import ManualClock

type Json = dict[str, Any]

PATIENCE_S = 30
"""Real seconds after which a test that waits for the wire gives up."""

START: Json = {"connectorId": 1, "idTag": "CARD", "meterStart": 100}


class House:
    """A central system; `held` and `error` tell what becomes of what the ledger is to keep."""

    def __init__(self, bounds: Bounds = DEFAULT_BOUNDS) -> None:
        """Keep everything at once, until told otherwise."""
        self.clock = ManualClock()
        self.bounds = bounds
        self.events: list[Event] = []
        self.sessions: dict[str, Session] = {}
        self.memory: dict[str, Mapping[str, object]] = {}
        self.site = SiteConfig()
        self.error: Exception | None = None
        self.holding = False
        self.held: list[Kept] = []
        self.server = ServerConfig(port=0, bind_address="127.0.0.1")
        self.central = CentralSystem(
            clock=self.clock,
            history=self,
            publish=self.publish,
            save_memory=self.memory.__setitem__,
            site=lambda: self.site,
            last_transaction_id=0,
            bounds=bounds,
        )

    def publish(self, event: Event) -> Kept | None:
        """Take an event, and keep it if it is one of money."""
        self.events.append(event)
        if not isinstance(event, SessionStarted | SessionUpdated | SessionEnded):
            return None
        self.sessions[event.session.transaction_id] = event.session
        kept: Kept = asyncio.get_running_loop().create_future()
        if self.holding:
            self.held.append(kept)
        elif self.error is not None:
            kept.set_exception(self.error)
            kept.exception()
        else:
            kept.set_result(None)
        return kept

    async def find_session(self, station_id: str, transaction_id: str) -> Session | None:
        """Return a session the ledger knows."""
        session = self.sessions.get(transaction_id)
        return session if session is not None and session.station_id == station_id else None

    def release(self) -> None:
        """Let the ledger go on."""
        self.holding = False
        for kept in self.held:
            if not kept.done():
                kept.set_result(None)

    def told(self, kind: type[Event]) -> int:
        """Return how often something happened."""
        return sum(isinstance(event, kind) for event in self.events)

    def add(self, station_id: str = "CP1", **config: Any) -> ChargingStation:  # noqa: ANN401
        """Make a station known; its configuration counts as read, so that nothing is asked of it."""
        config.setdefault("configure", False)
        station = self.central.add(
            StationConfig(station_id=station_id, **config),
            Memory(configured_firmware="||", connectors=1),
        )
        self.central.adopt(station)
        return station

    async def until(self, condition: Any) -> None:  # noqa: ANN401
        """Let the wire run until something is so."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await _turn()

    def url(self, path: str = "/CP1", scheme: str = "ws") -> str:
        """Return where to dial in."""
        return f"{scheme}://127.0.0.1:{self.central.port}{path}"

    @asynccontextmanager
    async def dial(self, path: str = "/CP1", **options: Any) -> AsyncIterator[Peer]:  # noqa: ANN401
        """Open a socket as a station does, and hang up at the end."""
        peer = await self.open(path, **options)
        try:
            yield peer
        finally:
            await peer.socket.close()

    async def open(
        self,
        path: str = "/CP1",
        *,
        versions: tuple[str, ...] = ("ocpp1.6",),
        login: tuple[str | bytes, str | bytes] | None = None,
        tls: ssl.SSLContext | None = None,
        **options: Any,  # noqa: ANN401
    ) -> Peer:
        """Open a socket as a station does."""
        headers = {} if login is None else {"Authorization": basic(*login)}
        socket = await connect(
            self.url(path, "ws" if tls is None else "wss"),
            subprotocols=list(versions) or None,  # type: ignore[arg-type]
            additional_headers=headers,
            compression=None,
            ping_interval=None,
            max_size=None,
            close_timeout=2,
            proxy=None,
            ssl=tls,
            **options,
        )
        return Peer(socket)

    async def refused(self, path: str = "/CP1", **options: Any) -> int:  # noqa: ANN401
        """Dial in and return the HTTP status of the refusal."""
        with pytest.raises(InvalidStatus) as refusal:
            await self.open(path, **options)
        return refusal.value.response.status_code

    async def raw(self, content: bytes) -> bytes:
        """Send bytes to the port, and return all that comes back until it hangs up."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.central.port)
        writer.write(content)
        heard = b""
        try:
            # What is sent to a socket that has hung up already makes it hang up once more, and harder.
            with suppress(ConnectionResetError):
                async with asyncio.timeout(PATIENCE_S):
                    while block := await reader.read(65536):
                        heard += block
        finally:
            writer.close()
        return heard

    def diagnostics(self) -> Any:  # noqa: ANN401
        """Return what a person can look at, as JSON would carry it."""
        return json.loads(json.dumps(self.central.diagnostics()))

    async def __aenter__(self) -> Self:
        """Listen."""
        await self.central.start(self.server)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close everything."""
        self.release()
        await self.central.stop()


@dataclass
class Peer:
    """The station's end of a socket."""

    socket: ClientConnection
    calls: list[list[Any]] = field(default_factory=list)
    _number: int = 0

    async def say(self, content: object) -> None:
        """Send anything; what is no text or bytes goes out as JSON."""
        await self.socket.send(content if isinstance(content, str | bytes) else json.dumps(content))

    async def hear(self) -> Any:  # noqa: ANN401
        """Return the next frame, whatever it is."""
        async with asyncio.timeout(PATIENCE_S):
            return json.loads(await self.socket.recv())

    async def answer(self) -> Any:  # noqa: ANN401
        """Return the next answer; calls that come in between are put aside in `calls`."""
        while (frame := await self.hear())[0] == 2:
            self.calls.append(frame)
        return frame

    async def call(self) -> Any:  # noqa: ANN401
        """Return the next call."""
        if self.calls:
            return self.calls.pop(0)
        while (frame := await self.hear())[0] != 2:
            pass
        return frame

    async def ask(self, action: str, payload: Json | None = None) -> Any:  # noqa: ANN401
        """Send a call and return what answers it."""
        self._number += 1
        await self.say([2, f"q{self._number}", action, payload or {}])
        frame = await self.answer()
        assert frame[1] == f"q{self._number}"
        return frame

    async def alive(self) -> bool:
        """Tell whether the socket still answers."""
        return bool((await self.ask("Heartbeat"))[2]["currentTime"])

    async def gone(self) -> int | None:
        """Wait until the socket is closed and return the code."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    await self.socket.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


async def _turn() -> None:
    """Let everybody else run, and the sockets too."""
    await asyncio.sleep(0.001)


def basic(user: str | bytes, password: str | bytes) -> str:
    """Return a Basic `Authorization` header."""
    parts = [part if isinstance(part, bytes) else part.encode() for part in (user, password)]
    return "Basic " + base64.b64encode(b":".join(parts)).decode()


def handshake(path: str = "/CP1", *extra: str) -> bytes:
    """Return an upgrade request."""
    lines = [
        f"GET {path} HTTP/1.1",
        "Host: localhost",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *extra,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def assert_no_errors(caplog: pytest.LogCaptureFixture) -> None:
    """Fail where anything was logged as an error."""
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors == []
