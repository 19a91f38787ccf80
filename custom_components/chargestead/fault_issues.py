"""Faults as repair issues: what is wrong, what it means and what to do."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.util import dt as dt_util

from .const import DOMAIN, LOGGER
from .coordinator import ChargesteadConfigEntry, StationCoordinator
from .devices import connector_identifier
from .maintenance.faults import NO_VENDOR_CODES, VendorCodes, rule_of
from .model.events import Event, FaultClosed, FaultNoticed
from .model.fault import Fault, FaultSeverity

ATTR_FAULT: Final = "fault"
ATTR_STATION: Final = "station_id"

_PREFIX: Final = "fault/"
_SEVERITIES: Final = {
    FaultSeverity.INFO: ir.IssueSeverity.WARNING,
    FaultSeverity.WARNING: ir.IssueSeverity.WARNING,
    FaultSeverity.ERROR: ir.IssueSeverity.ERROR,
    FaultSeverity.CRITICAL: ir.IssueSeverity.CRITICAL,
}


def issue_id(fault: Fault) -> str:
    """Return the id of a fault's issue; what is wrong with the house goes by its own name."""
    if fault.station_id is None:
        return fault.kind.value
    return f"{_PREFIX}{fault.station_id}/{fault.key}"


async def async_vendor_codes(hass: HomeAssistant) -> VendorCodes:
    """Return what codes of vendors mean; without the file, OCPP's own codes still mean something."""
    try:
        return await hass.async_add_executor_job(VendorCodes.load)
    except OSError, ValueError, KeyError:
        LOGGER.exception("The codes of vendors cannot be read")
        return NO_VENDOR_CODES


@callback
def async_watch_faults(hass: HomeAssistant, entry: ChargesteadConfigEntry) -> None:
    """Show the faults people are to know of, those of stations that come later too."""
    issues = FaultIssues(hass, entry)
    site = entry.runtime_data.site
    issues.changed(None)
    entry.async_on_unload(entry.runtime_data.subscribe_stations(issues.station_came))
    entry.async_on_unload(site.subscribe(issues.handle))
    entry.async_on_unload(site.faults.subscribe(issues.changed))
    entry.async_on_unload(issues.forget_all)


class FaultIssues:
    """The repair issues that tell of faults."""

    def __init__(self, hass: HomeAssistant, entry: ChargesteadConfigEntry) -> None:
        """Show nothing yet."""
        self._hass = hass
        self._entry = entry
        self._faults = entry.runtime_data.site.faults
        self._shown: dict[str, Fault] = {}

    @callback
    def handle(self, event: Event) -> None:
        """Follow what is noticed and closed."""
        if isinstance(event, FaultNoticed):
            self._show(event.fault)
        elif isinstance(event, FaultClosed):
            self._forget(issue_id(event.fault))

    @callback
    def station_came(self, coordinator: StationCoordinator) -> None:
        """Show what is known of a station, now that its name is."""
        for fault in self._faults.of(coordinator.station.station_id):
            self._show(fault)

    @callback
    def changed(self, station_id: str | None) -> None:
        """Show what is known of the house, and no more of a station that went."""
        present = {issue_id(fault): fault for fault in self._faults.of(station_id)}
        for key, fault in tuple(self._shown.items()):
            if fault.station_id == station_id and key not in present:
                self._forget(key)
        for key in present.keys() - self._shown.keys():
            self._show(present[key])

    @callback
    def forget_all(self) -> None:
        """Show nothing more."""
        for key in tuple(self._shown):
            self._forget(key)

    def _forget(self, key: str) -> None:
        self._shown.pop(key, None)
        ir.async_delete_issue(self._hass, DOMAIN, key)

    def _show(self, fault: Fault) -> None:
        self._shown[issue_id(fault)] = fault
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id(fault),
            data={ATTR_FAULT: fault.key, ATTR_STATION: fault.station_id},
            is_fixable=bool(rule_of(fault.kind).fixes),
            severity=_SEVERITIES[fault.severity],
            translation_key=fault.kind.value,
            translation_placeholders=fault_placeholders(self._hass, self._entry, fault),
        )


@callback
def async_fault_of(
    hass: HomeAssistant, data: Mapping[str, str | int | float | None]
) -> tuple[ChargesteadConfigEntry, Fault] | None:
    """Return the fault an issue tells of, and the entry it belongs to; None where it is over."""
    entry: ChargesteadConfigEntry
    station_id = data.get(ATTR_STATION)
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        found = entry.runtime_data.site.faults.find(
            None if station_id is None else str(station_id), str(data[ATTR_FAULT])
        )
        if found is not None:
            return entry, found
    return None


@callback
def fault_placeholders(
    hass: HomeAssistant, entry: ChargesteadConfigEntry, fault: Fault
) -> dict[str, str]:
    """Return what the words about a fault may name."""
    return {
        "station": fault_place(hass, entry, fault),
        "code": " / ".join(code for code in (fault.code, fault.vendor_code) if code),
        "info": fault.info or "-",
        "reason": fault.info or "-",
        "since": dt_util.as_local(fault.last_at).strftime("%Y-%m-%d %H:%M"),
    }


def fault_place(hass: HomeAssistant, entry: ChargesteadConfigEntry, fault: Fault) -> str:
    """Return what the place of a fault is called: the station, and its connector where it has several."""
    coordinator = entry.runtime_data.coordinators.get(fault.station_id or "")
    if coordinator is None:
        return fault.station_id or ""
    name = entry.subentries[coordinator.subentry_id].title
    device = dr.async_get(hass).async_get_child_device_by_identifier(
        connector_identifier(coordinator.data.station_id, fault.connector_id), entry.entry_id
    )
    if device is None:
        return name
    return f"{name}, {device.name_by_user or device.name}"
