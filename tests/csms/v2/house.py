"""A site with a real ledger and real sockets, and one end of a wire that takes everything literally."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
import json
from pathlib import Path
from typing import Any, Final, Self

from ocpp.messages import get_validator
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from custom_components.chargestead.billing.ledger import Ledger
from custom_components.chargestead.csms.station import ChargingStation
from custom_components.chargestead.model.config import ServerConfig, SiteConfig, StationConfig
from custom_components.chargestead.model.events import Event
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.site import Site
from tests.simulator import Json, ManualClock

STATION: Final = "GARAGE"
PATIENCE: Final = 30.0


class MemoryOnPaper:
    """Station memory that goes through JSON, as Home Assistant's storage does."""

    def __init__(self) -> None:
        """Start empty."""
        self.pages: dict[str, str] = {}

    def load(self, station_id: str) -> Mapping[str, object]:
        """Return what was saved."""
        content: Mapping[str, object] = json.loads(self.pages.get(station_id, "{}"))
        return content

    def save(self, station_id: str, content: Mapping[str, object]) -> None:
        """Keep content."""
        self.pages[station_id] = json.dumps(content)


class House:
    """The central system with its ledger; it can be restarted."""

    def __init__(self, clock: ManualClock, folder: Path, config: SiteConfig | None = None) -> None:
        """Prepare; `open` listens."""
        self.clock = clock
        self.config = config or SiteConfig()
        self.memory = MemoryOnPaper()
        self.events: list[Event] = []
        self.configs: dict[str, StationConfig] = {}
        self._url = f"sqlite:///{folder / 'ledger.db'}"
        self._ledger: Ledger | None = None
        self._site: Site | None = None
        self._port = 0
        clock.add_probe("the ledger", lambda: self._ledger is not None and self._ledger.busy)

    @property
    def ledger(self) -> Ledger:
        """Return the ledger in use."""
        assert self._ledger is not None
        return self._ledger

    @property
    def site(self) -> Site:
        """Return the site in use."""
        assert self._site is not None
        return self._site

    @property
    def url(self) -> str:
        """Return where stations dial in."""
        return f"ws://127.0.0.1:{self._port}"

    async def open(self) -> Self:
        """Listen, on the same port as before if there was one."""
        self._ledger = await Ledger.open(self._url, clock=self.clock)
        self._site = Site(
            clock=self.clock, ledger=self._ledger, memory=self.memory, config=self.config
        )
        self._site.subscribe(self.events.append)
        for config in self.configs.values():
            await self._site.add_station(config)
        await self._site.start(ServerConfig(port=self._port, bind_address="127.0.0.1"))
        self._port = self._site.port
        return self

    async def close(self) -> None:
        """Stop listening and close the ledger."""
        await self.site.stop()
        ledger, self._ledger = self.ledger, None
        await ledger.close()

    async def restart(self) -> None:
        """Stop, and start again with the same ledger and memory."""
        await self.close()
        await self.open()

    async def know(self, station_id: str = STATION, **settings: Any) -> ChargingStation:  # noqa: ANN401
        """Make a station known."""
        config = StationConfig(station_id=station_id, **settings)
        self.configs[station_id] = config
        return await self.site.add_station(config)

    def station(self, station_id: str = STATION) -> ChargingStation:
        """Return a known station."""
        return self.site.stations[station_id]

    async def sessions(self, station_id: str = STATION) -> list[Session]:
        """Return what the ledger holds once all is written, oldest first."""
        await self.ledger.checkpoint()
        return (await self.ledger.recent_sessions(station_id))[::-1]

    def happened[E: Event](self, kind: type[E]) -> list[E]:
        """Return the events of a kind, oldest first."""
        return [event for event in self.events if isinstance(event, kind)]


class Wire:
    """A station's end of a socket: sends what it is told, and checks both directions against the schemas."""

    def __init__(self, socket: ClientConnection, version: str) -> None:
        """Speak over an open socket."""
        self.socket = socket
        self.version = version
        self.answers: dict[str, Json] = {}
        self.asked: list[tuple[str, Json]] = []
        self.violations: list[str] = []
        self._waiting: dict[str, asyncio.Future[list[Any]]] = {}
        self._numbers = 0
        self._news = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def dial(cls, house: House, version: str, station_id: str = STATION) -> Self:
        """Dial in, offering one version."""
        socket = await connect(
            f"{house.url}/{station_id}",
            subprotocols=[Subprotocol(f"ocpp{version}")],
            compression=None,
            ping_interval=None,
        )
        return cls(socket, version)

    async def close(self) -> None:
        """Hang up; everything said must have been well-formed."""
        await self.socket.close()
        await self._reader
        assert not self.violations, self.violations[:5]

    async def call(self, action: str, payload: Json, *, valid: bool = True) -> Json:
        """Say something and return the answer; AssertionError when it is refused."""
        answer = await self.exchange(action, payload, valid=valid)
        assert answer[0] == 3, answer
        result: Json = answer[2]
        self._check(3, action, result)
        return result

    async def refused(self, action: str, payload: Json) -> str:
        """Say something and return the error code of the refusal."""
        answer = await self.exchange(action, payload, valid=False)
        assert answer[0] == 4, answer
        return str(answer[2])

    async def exchange(self, action: str, payload: Json, *, valid: bool = True) -> list[Any]:
        """Say something and return the whole frame that answers it."""
        self._numbers += 1
        message_id = f"m{self._numbers}"
        if valid:
            self._check(2, action, payload)
        self._waiting[message_id] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps([2, message_id, action, payload]))
        async with asyncio.timeout(PATIENCE):
            return await self._waiting[message_id]

    async def raw(self, text: str, message_id: str) -> list[Any]:
        """Say any text and return the frame with an id that comes back."""
        self._waiting[message_id] = asyncio.get_running_loop().create_future()
        await self.socket.send(text)
        async with asyncio.timeout(PATIENCE):
            return await self._waiting[message_id]

    async def request(self, action: str) -> Json:
        """Wait until the central system has asked for something; return what it said first."""
        async with asyncio.timeout(PATIENCE):
            while not any(name == action for name, _ in self.asked):
                self._news.clear()
                await self._news.wait()
        found = next(item for item in self.asked if item[0] == action)
        self.asked.remove(found)
        return found[1]

    async def boot(self, firmware: str = "1.0") -> Json:
        """Boot."""
        station = {"vendorName": "Maker", "model": "Box", "firmwareVersion": firmware}
        return await self.call(
            "BootNotification", {"reason": "PowerUp", "chargingStation": station}
        )

    async def status(self, word: str, at: str, evse: int = 1, connector: int = 1) -> None:
        """Tell the status of a connector."""
        await self.call(
            "StatusNotification",
            {
                "timestamp": at,
                "connectorStatus": word,
                "evseId": evse,
                "connectorId": connector,
            },
        )

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                frame = json.loads(text)
                if frame[0] == 2:
                    await self._asked(frame)
                elif frame[1] in self._waiting:
                    self._waiting.pop(frame[1]).set_result(frame)
        except ConnectionClosed:
            return

    async def _asked(self, frame: list[Any]) -> None:
        _, message_id, action, payload = frame
        self._check(2, action, payload)
        self.asked.append((action, payload))
        self._news.set()
        answer = self.answers.get(action)
        reply: list[Any] = [4, message_id, "NotSupported", "", {}]
        if answer is not None:
            self._check(3, action, answer)
            reply = [3, message_id, answer]
        await self.socket.send(json.dumps(reply))

    def _check(self, kind: int, action: str, payload: Json) -> None:
        exact = json.loads(json.dumps(payload), parse_float=Decimal)
        validator = get_validator(kind, action, self.version, parse_float=Decimal)
        self.violations.extend(
            f"{action}: {error.message}" for error in validator.iter_errors(exact)
        )
