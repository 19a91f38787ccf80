"""What each EVSE does, out of the status of its connectors and the charging state of its transaction.

OCPP 2.x tells the two apart (ConnectorStatusEnumType, ChargingStateEnumType); the house has one status for both.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from ...model.station import ConnectorFault, ConnectorStatus
from ..status import fault_of

if TYPE_CHECKING:
    from ..station import ChargingStation

_IDLE: Final = "Idle"
_OCCUPIED: Final = "Occupied"
_WORDS: Final[Mapping[str, ConnectorStatus]] = {
    _OCCUPIED: ConnectorStatus.PREPARING,
    "Reserved": ConnectorStatus.RESERVED,
    "Available": ConnectorStatus.AVAILABLE,
    "Faulted": ConnectorStatus.FAULTED,
    "Unavailable": ConnectorStatus.UNAVAILABLE,
}
"""The words of a connector; where an EVSE has several connectors, the first of these holds for all of it."""

CHARGING_STATES: Final[Mapping[str, ConnectorStatus]] = {
    "Charging": ConnectorStatus.CHARGING,
    "SuspendedEV": ConnectorStatus.SUSPENDED_EV,
    "SuspendedEVSE": ConnectorStatus.SUSPENDED_EVSE,
    "EVConnected": ConnectorStatus.PREPARING,
    _IDLE: ConnectorStatus.PREPARING,
}
_MOST_CONNECTORS: Final = 8


@dataclass(slots=True)
class _Evse:
    words: dict[int, str] = field(default_factory=dict)
    word_at: datetime | None = None
    charging_state: str | None = None
    charging_state_at: datetime | None = None
    finishing: bool = False
    alert: ConnectorFault | None = None

    @property
    def word(self) -> str | None:
        """Return the word that holds for the EVSE as a whole."""
        return next((word for word in _WORDS if word in self.words.values()), None)


class Evses:
    """The EVSEs of one station; number 0 is the station itself."""

    def __init__(self, station: ChargingStation) -> None:
        """Know nothing yet."""
        self._station = station
        self._evses: dict[int, _Evse] = {}

    def reported(
        self, evse_id: int, connector_id: int, word: str | None, at: datetime, *, corrected: bool
    ) -> None:
        """Take the status of a connector."""
        if word is None or word not in _WORDS:
            self._station.counters.add("status_unknown")
            return
        evse = self._evse(evse_id)
        if evse is None:
            return
        if evse.word_at is not None and at < evse.word_at and not corrected:
            self._station.counters.add("status_old")
            return
        if connector_id in evse.words or len(evse.words) < _MOST_CONNECTORS:
            evse.words[connector_id] = word
        evse.word_at = at
        if evse.word == "Available":
            evse.finishing = False
        self._show(evse_id, evse, at, corrected=corrected)

    def alerted(self, evse_id: int, alert: ConnectorFault | None, at: datetime) -> None:
        """Take a complaint about an EVSE, None when all is well again."""
        evse = self._evse(evse_id)
        if evse is not None:
            evse.alert = alert
            self._show(evse_id, evse, at)

    def alert(self, evse_id: int) -> ConnectorFault | None:
        """Return the complaint about an EVSE that holds."""
        evse = self._evses.get(evse_id)
        return None if evse is None else evse.alert

    def charging(self, evse_id: int, state: str | None, at: datetime, *, newest: bool) -> None:
        """Take the charging state of the transaction that runs; of two of one moment the `newest` holds."""
        if state is not None and state not in CHARGING_STATES:
            self._station.counters.add("charging_state_unknown")
            return
        evse = self._evse(evse_id)
        if evse is None:
            return
        before = evse.charging_state_at
        if before is not None and (at < before or (at == before and not newest)):
            return
        evse.charging_state = state or evse.charging_state
        evse.charging_state_at = at
        evse.finishing = False
        self._show(evse_id, evse, at)

    def ended(self, evse_id: int, state: str | None, at: datetime) -> None:
        """Take the end of a transaction: the vehicle may still be there."""
        evse = self._evse(evse_id)
        if evse is None or (evse.charging_state_at is not None and at < evse.charging_state_at):
            return
        evse.charging_state = None
        evse.charging_state_at = at
        evse.finishing = state != _IDLE
        self._show(evse_id, evse, at)

    def _evse(self, evse_id: int) -> _Evse | None:
        if not 0 <= evse_id <= self._station.around.bounds.connectors:
            self._station.counters.add("connector_out_of_bounds")
            return None
        return self._evses.setdefault(evse_id, _Evse())

    def _show(self, evse_id: int, evse: _Evse, at: datetime, *, corrected: bool = False) -> None:
        status = self._status(evse_id, evse)
        fault = evse.alert or fault_of(
            None, status=status, info=None, vendor_id=None, vendor_error_code=None, since=at
        )
        shown = self._station.book.connector(evse_id).status_at
        if shown is not None and not corrected:
            at = max(at, shown)
        self._station.statuses.reported(evse_id, status, fault, at, corrected=corrected)

    def _status(self, evse_id: int, evse: _Evse) -> ConnectorStatus | None:
        """Return the status that word and charging state amount to; None where it stays as it was."""
        word = evse.word
        running = evse.charging_state is not None and bool(
            self._station.transactions.current(evse_id)
        )
        if word is not None and word not in {_OCCUPIED, "Available"}:
            return _WORDS[word]
        if word == "Available":
            newer = _is_newer(evse.charging_state_at, evse.word_at)
            if not running or (evse.charging_state != _IDLE and not newer):
                return ConnectorStatus.AVAILABLE
        if running and evse.charging_state is not None:
            return CHARGING_STATES[evse.charging_state]
        if evse.finishing:
            return ConnectorStatus.FINISHING
        return None if word is None else ConnectorStatus.PREPARING


def _is_newer(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and (other is None or one > other)
