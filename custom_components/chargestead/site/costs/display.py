"""What a session costs, on the display of a station that has one."""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from ...model.clock import Clock
from ...model.commands import Command, CommandResult, ShowCost
from ...model.errors import CallFailedError, CommandRefusedError, StationTimeoutError
from ...model.events import CostChanged, Event
from ...model.session import Session
from ...model.station import ConnectorStatus, OcppVersion, StationState

_EVERY_S: Final = 60
_KEYS: Final = {
    OcppVersion.V16: "CustomDisplayCostAndPrice",
    OcppVersion.V201: "TariffCostCtrlr.Enabled.Cost",
    OcppVersion.V21: "TariffCostCtrlr.Enabled.Cost",
}
"""The setting by which a station tells that it can: OCPP 1.6 & California Pricing Requirements 3.0; OCPP 2.0.1 part 2,
section 2.13 (TariffCostCtrlr)."""


class DisplayStation(Protocol):
    """A station that may have a display."""

    @property
    def state(self) -> StationState:
        """Return the present snapshot."""

    async def command(self, command: Command) -> CommandResult:
        """Send a command."""

    def spawn(self, coroutine: Coroutine[object, object, None], name: str) -> None:
        """Run something in the background."""


class CostDisplay:
    """Shows costs where a station can: every minute while a session runs, and once it has ended."""

    def __init__(self, clock: Clock, station_of: Callable[[str], DisplayStation | None]) -> None:
        """Find stations by their id."""
        self.shown = 0
        self.refused = 0
        self._clock = clock
        self._station_of = station_of
        self._shown_at: dict[str, float] = {}
        self._telling: set[str] = set()

    def told_running(self, session: Session) -> None:
        """Take that an answer told the cost of a running session, so that it need not be sent too."""
        station = self._station_of(session.station_id)
        if station is not None and has_display(station.state):
            self._shown_at[session.id] = self._clock.monotonic()

    @contextmanager
    def telling_final(self, session_id: str) -> Iterator[None]:
        """Leave the final cost of a session, once it is exact, to the answer that waits for it."""
        self._telling.add(session_id)
        try:
            yield
        finally:
            self._telling.discard(session_id)

    def handle(self, event: Event) -> None:
        """Take an event; a cost is shown, unless one of the same session was just now."""
        if isinstance(event, CostChanged):
            self._cost_changed(event)

    def _cost_changed(self, event: CostChanged) -> None:
        station = self._station_of(event.station_id)
        if station is None or not station.state.connected or not has_display(station.state):
            return
        connector = station.state.connectors.get(event.connector_id)
        if connector is None:
            return
        for session in (connector.session, connector.last_session):
            if session is not None and session.id == event.session_id:
                idle = connector.status is not ConnectorStatus.CHARGING
                self._show(station, event, session, idle=idle)
                return

    def _show(
        self, station: DisplayStation, event: CostChanged, session: Session, *, idle: bool
    ) -> None:
        now = self._clock.monotonic()
        shown_at = self._shown_at.get(session.id)
        if session.is_open:
            if shown_at is not None and now - shown_at < _EVERY_S:
                return
            self._shown_at[session.id] = now
        elif self._shown_at.pop(session.id, None) is None:
            # It was never shown while it ran: nobody stands in front of the display.
            return
        elif session.id in self._telling and not event.cost.provisional:
            return
        command = ShowCost(
            transaction_id=session.transaction_id,
            cost=event.cost,
            energy_mwh=session.energy_mwh or 0,
            register_mwh=session.register_last_mwh,
            at=event.at,
            idle=idle,
            final=not session.is_open,
        )
        station.spawn(self._send(station, command), "show a cost")

    async def _send(self, station: DisplayStation, command: ShowCost) -> None:
        try:
            await station.command(command)
        except CallFailedError, CommandRefusedError, StationTimeoutError:
            self.refused += 1
        else:
            self.shown += 1


def has_display(state: StationState) -> bool:
    """Tell whether a station says that it can show costs."""
    if state.version is None:
        return False
    entry = state.configuration.get(_KEYS[state.version])
    return entry is not None and (entry.value or "").strip().lower() == "true"
