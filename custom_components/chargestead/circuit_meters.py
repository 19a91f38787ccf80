"""The meters of charging stations' own circuits, which theirs are compared with."""

from collections.abc import Mapping
from math import isfinite
from typing import Final

from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT, UnitOfEnergy
from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util.unit_conversion import EnergyConverter

from .const import CONF_CIRCUIT_METER, CONF_STATION_ID, SUBENTRY_CHARGING_STATION
from .coordinator import ChargesteadConfigEntry
from .maintenance.wear import Health

_MWH_PER_WH: Final = 1000


class CircuitMeters:
    """Passes what the chosen entities count on to the watch over the stations' condition."""

    def __init__(self, hass: HomeAssistant, health: Health) -> None:
        """Follow nothing before `async_follow`."""
        self._hass = hass
        self._health = health
        self._stations: dict[str, list[str]] = {}
        self._unsubscribe: CALLBACK_TYPE | None = None

    @callback
    def async_follow(self, entry: ChargesteadConfigEntry) -> None:
        """Follow the meters of the stations as they are set up now."""
        stations: dict[str, list[str]] = {}
        for subentry in entry.subentries.values():
            if subentry.subentry_type == SUBENTRY_CHARGING_STATION:
                meter = subentry.data.get(CONF_CIRCUIT_METER)
                if meter is not None:
                    stations.setdefault(meter, []).append(subentry.data[CONF_STATION_ID])
        if stations == self._stations:
            return
        self.async_stop()
        self._stations = stations
        if stations:
            self._unsubscribe = async_track_state_change_event(
                self._hass, list(stations), self._changed
            )
            for entity_id in stations:
                self._take(entity_id)

    @callback
    def async_stop(self) -> None:
        """Follow nothing any more."""
        self._stations = {}
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        self._take(event.data["entity_id"])

    def _take(self, entity_id: str) -> None:
        state = self._hass.states.get(entity_id)
        if state is None:
            return
        register = _milliwatt_hours(state.state, state.attributes)
        if register is not None:
            for station_id in self._stations[entity_id]:
                self._health.circuit_metered(station_id, register)


def _milliwatt_hours(value: str, attributes: Mapping[str, object]) -> int | None:
    """Return the register that a state tells; None where it tells none."""
    unit = attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    try:
        amount = float(value)
    except ValueError:
        return None
    if not isinstance(unit, str) or unit not in EnergyConverter.VALID_UNITS or not isfinite(amount):
        return None
    return round(EnergyConverter.convert(amount, unit, UnitOfEnergy.WATT_HOUR) * _MWH_PER_WH)
