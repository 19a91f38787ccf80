"""What Home Assistant does about passwords and certificates of stations."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from homeassistant.const import CONF_PASSWORD
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.storage import STORAGE_DIR

from .certificate_watch import async_judge_certificates
from .const import DOMAIN, LOGGER
from .coordinator import ChargesteadConfigEntry, StationCoordinator
from .csms.security.authority import Authority
from .model.clock import Clock
from .model.events import CertificateIssued, Event, PasswordChanged
from .settings import station_config

_LOOK_EVERY: Final = timedelta(hours=6)


def authority_of(hass: HomeAssistant, clock: Clock) -> Authority:
    """Return the certificate authority of the house, whose keys lie in Home Assistant's own storage."""
    return Authority(Path(hass.config.path(STORAGE_DIR, f"{DOMAIN}.authority")), clock)


@callback
def async_watch_trust(hass: HomeAssistant, entry: ChargesteadConfigEntry) -> None:
    """Set up the passwords that stations have proved, those proved before a restart included."""
    data = entry.runtime_data

    @callback
    def watch(event: Event) -> None:
        coordinator = data.coordinators.get(event.station_id)
        if isinstance(event, PasswordChanged) and coordinator is not None:
            _async_set_up(hass, coordinator)

    entry.async_on_unload(data.site.subscribe(watch))
    for coordinator in data.coordinators.values():
        _async_set_up(hass, coordinator)


@callback
def _async_set_up(hass: HomeAssistant, coordinator: StationCoordinator) -> None:
    """Keep a password that a station has shown as the one that holds."""
    password = coordinator.station.passwords.proved
    entry = coordinator.config_entry
    subentry = entry.subentries.get(coordinator.subentry_id)
    if password is None or subentry is None:
        return
    LOGGER.info("%s signs in with its new password", coordinator.station.station_id)
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, CONF_PASSWORD: password}
    )
    # Nobody may listen for changes of the entry yet.
    entry.runtime_data.site.update_station(station_config(entry.subentries[subentry.subentry_id]))


@callback
def async_watch_certificates(hass: HomeAssistant, entry: ChargesteadConfigEntry) -> None:
    """Tell of certificates that run out and were not renewed."""

    @callback
    def look(_now: datetime | None = None) -> None:
        async_judge_certificates(entry)

    @callback
    def watch(event: Event) -> None:
        if isinstance(event, CertificateIssued):
            look()

    entry.async_on_unload(entry.runtime_data.site.subscribe(watch))
    entry.async_on_unload(async_track_time_interval(hass, look, _LOOK_EVERY))
    look()
