"""A desk for faults on a clock turned by hand, with a journal that goes through JSON."""

from dataclasses import replace
from datetime import datetime
import json
from typing import Final

from custom_components.chargestead.maintenance.faults import NO_VENDOR_CODES, Faults, VendorCodes
from custom_components.chargestead.model.events import (
    ComponentEvent,
    Event,
    FaultCleared,
    FaultClosed,
    FaultNoticed,
    FaultRaised,
    FaultRepeated,
    SecurityEvent,
    SessionEnded,
    SessionStarted,
)
from custom_components.chargestead.model.fault import Fault
from custom_components.chargestead.model.journal import JournalEntry, JournalPruned
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.model.station import (
    ConnectorFault,
    ConnectorState,
    StationIdentity,
    StationState,
)
from tests.csms.transaction_fixtures import HandClock

STATION: Final = "CP-1"
CONNECTED: Final = StationState(
    station_id=STATION,
    connected=True,
    identity=StationIdentity(vendor="Elektro", model="Wall 11"),
    connectors={1: ConnectorState(connector_id=1), 2: ConnectorState(connector_id=2)},
)


class JournalOnPaper:
    """Keeps entries the way a database does; counts what is written."""

    def __init__(self) -> None:
        """Start empty."""
        self.entries: dict[tuple[str, str], JournalEntry] = {}
        self.writes = 0

    def keep(self, event: JournalEntry | JournalPruned) -> None:
        """Keep an entry."""
        assert isinstance(event, JournalEntry)
        self.writes += 1
        content = json.loads(json.dumps(dict(event.content)))
        self.entries[event.kind, event.uid] = replace(event, content=content)

    async def journal(
        self,
        kind: str,
        *,
        station_id: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> list[JournalEntry]:
        """Return the entries of a kind, newest first."""
        found = [
            entry
            for entry in self.entries.values()
            if entry.kind == kind
            and station_id in (None, entry.station_id)
            and (since is None or entry.at >= since)
        ]
        return sorted(found, key=lambda entry: entry.at, reverse=True)[:limit]


class FaultDesk:
    """Faults of one house; `restart` throws all away but the journal."""

    def __init__(self, codes: VendorCodes = NO_VENDOR_CODES) -> None:
        """Begin at noon."""
        self.clock = HandClock()
        self.journal = JournalOnPaper()
        self.codes = codes
        self.told: list[FaultNoticed | FaultClosed] = []
        self.counts: dict[str, int] = {}
        self.state = CONNECTED
        self.faults = self._new()

    def _new(self) -> Faults:
        return Faults(self.clock, self.journal, self._publish, self.codes)

    def _publish(self, event: Event) -> None:
        assert isinstance(event, FaultNoticed | FaultClosed)
        self.told.append(event)

    async def open(self) -> FaultDesk:
        """Add the station."""
        await self.faults.start()
        await self.faults.add(self.state, lambda name: self.counts.get(name, 0))
        return self

    async def restart(self, away_s: float = 30) -> None:
        """Stop, be away for a while, and begin again."""
        self.faults.stop()
        assert not [timer for timer in self.clock.timers if not timer.cancelled]
        self.clock.advance(away_s)
        self.faults = self._new()
        await self.open()

    def say(self, event: Event) -> None:
        """Let something happen."""
        self.faults.handle(event)

    def see(self, state: StationState) -> None:
        """Let the station be as it is now."""
        self.state = state
        self.faults.observe(state)

    def raised(self, code: str, connector_id: int = 1, **more: str | None) -> None:
        """Let a connector complain."""
        fault = ConnectorFault(code=code, **more)  # type: ignore[arg-type]
        self.say(FaultRaised(**self.now(), connector_id=connector_id, fault=fault))

    def repeated(self, code: str, connector_id: int = 1) -> None:
        """Let a connector complain once more."""
        fault = ConnectorFault(code=code)
        self.say(FaultRepeated(**self.now(), connector_id=connector_id, fault=fault))

    def cleared(self, code: str, connector_id: int = 1) -> None:
        """Let a connector say that all is well."""
        fault = ConnectorFault(code=code)
        self.say(FaultCleared(**self.now(), connector_id=connector_id, fault=fault))

    def component(self, component: str, variable: str, value: str | None, **more: object) -> None:
        """Let a component tell a value."""
        told = {"evse_id": 1, "trigger": "Delta", **more}
        self.say(
            ComponentEvent(
                **self.now(),
                component=component,
                variable=variable,
                value=value,
                **told,  # type: ignore[arg-type]
            )
        )

    def security(self, kind: str) -> None:
        """Let the station tell of a security event."""
        self.say(SecurityEvent(**self.now(), kind=kind))

    def session(self, seconds: float, wh: int, reason: str | None, connector_id: int = 1) -> None:
        """Let a session begin and end."""
        begun = Session(
            id=f"{self.clock.seconds}",
            station_id=STATION,
            connector_id=connector_id,
            transaction_id="1",
            started_at=self.clock.now(),
            register_start_mwh=0,
        )
        self.say(SessionStarted(**self.now(), session=begun))
        self.clock.advance(seconds)
        ended = replace(
            begun,
            ended_at=self.clock.now(),
            register_stop_mwh=wh * 1000,
            stop_reason=reason,
        )
        self.say(SessionEnded(**self.now(), session=ended))

    def now(self) -> dict[str, object]:
        """Return where and when."""
        return {"station_id": STATION, "at": self.clock.now()}  # type: ignore[return-value]

    @property
    def open_faults(self) -> dict[str, Fault]:
        """Return what people are told of, by kind."""
        return {fault.kind.value: fault for fault in self.faults.of(STATION)}

    @property
    def words(self) -> list[tuple[str, str]]:
        """Return what people were told: that a fault is there, or over."""
        return [
            ("noticed" if isinstance(event, FaultNoticed) else "closed", event.fault.kind.value)
            for event in self.told
        ]
