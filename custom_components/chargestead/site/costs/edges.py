"""Readings at the moments where prices change, from stations that take none by themselves."""

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from ...billing.tariffs import Tariff
from ...model.clock import Clock, Timer
from ...model.station import StationState

EDGE_S: Final = 900
_ALIGNED_INTERVAL: Final = "ClockAlignedDataInterval"


class AskableStation(Protocol):
    """A station that can be asked for a reading."""

    @property
    def state(self) -> StationState:
        """Return the present snapshot."""

    def ask_for_readings(self, connector_id: int) -> None:
        """Ask for meter values soon, without waiting for them."""


def wants_edges(tariff: Tariff) -> bool:
    """Tell whether a tariff has prices that change with the time of day, or asks for the solar share of slots."""
    return bool(tariff.sources) or tariff.solar is not None or any(
        (element.restrictions.start_time, element.restrictions.end_time) != (None, None)
        or element.restrictions.days
        or element.restrictions.start_date
        or element.restrictions.end_date
        for element in tariff.elements
    )  # fmt: skip


def takes_them_itself(state: StationState) -> bool:
    """Tell whether a station reads its meters at every quarter of an hour by the clock (OCPP 1.6 section 9.1.3)."""
    entry = state.configuration.get(_ALIGNED_INTERVAL)
    try:
        seconds = int((entry.value or "").strip()) if entry is not None else 0
    except ValueError:
        return False
    return seconds > 0 and EDGE_S % seconds == 0


class EdgeReadings:
    """Asks for a reading at every quarter of an hour where a session would be priced by interpolation otherwise."""

    def __init__(
        self,
        clock: Clock,
        stations: Callable[[], Iterable[AskableStation]],
        tariff_at: Callable[[str, int], Tariff | None],
    ) -> None:
        """Ask `tariff_at` for the tariff of the session that runs at a station's connector."""
        self.asked = 0
        self._clock = clock
        self._stations = stations
        self._tariff_at = tariff_at
        self._timer: Timer | None = None
        self._plan()

    def stop(self) -> None:
        """Ask no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _plan(self) -> None:
        seconds = EDGE_S - self._clock.now().timestamp() % EDGE_S
        self._timer = self._clock.call_later(seconds, self._turn)

    def _turn(self) -> None:
        self._plan()
        for station in self._stations():
            state = station.state
            if not state.connected or takes_them_itself(state):
                continue
            for connector_id in state.connectors:
                tariff = self._tariff_at(state.station_id, connector_id)
                if tariff is not None and wants_edges(tariff):
                    self.asked += 1
                    station.ask_for_readings(connector_id)
