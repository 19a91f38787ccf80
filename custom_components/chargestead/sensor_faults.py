"""The sensor of the last fault of a charging station."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription
from homeassistant.const import EntityCategory

from .entity import ChargesteadEntityDescription, StationEntity
from .maintenance.faults import Faults
from .model.fault import Fault, FaultKind
from .wording import fault_attributes

# What is wrong with the house is no fault of a station.
_OF_THE_HOUSE = frozenset(
    {
        FaultKind.CERTIFICATE_EXPIRED,
        FaultKind.CERTIFICATE_EXPIRING,
        FaultKind.LEDGER_FULL,
        FaultKind.LEDGER_UNWRITABLE,
    }
)


@dataclass(frozen=True, kw_only=True)
class FaultSensorDescription(ChargesteadEntityDescription, SensorEntityDescription):
    """Describe a sensor of faults, which are ours to tell while the station is away."""

    kept: bool = True


LAST_FAULT = FaultSensorDescription(
    key="last_fault",
    translation_key="last_fault",
    device_class=SensorDeviceClass.ENUM,
    entity_category=EntityCategory.DIAGNOSTIC,
    options=[kind.value for kind in FaultKind if kind not in _OF_THE_HOUSE],
)


class LastFaultSensor(StationEntity, SensorEntity):
    """What people were last told to be wrong with a station, open or closed; unknown while there never was anything."""

    entity_description: FaultSensorDescription

    @property
    def _fault(self) -> Fault | None:
        faults: Faults = self.coordinator.config_entry.runtime_data.site.faults
        return faults.newest(self.coordinator.data.station_id)

    @property
    @override
    def native_value(self) -> str | None:
        """Return what was wrong."""
        fault = self._fault
        return None if fault is None else fault.kind.value

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        """Return whether it still is, and all that is known of it."""
        fault = self._fault
        if fault is None:
            return None
        told = fault_attributes(fault)
        del told["kind"]
        return {"open": fault.is_open, **told}
