"""Unknown charging stations, offered as discovered devices."""

from collections.abc import Callable

from homeassistant.config_entries import (
    SOURCE_INTEGRATION_DISCOVERY,
    ConfigEntry,
    ConfigFlowResult,
    signal_discovered_config_entry_removed,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import discovery_flow
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from .const import CONF_STATION_ID, DOMAIN
from .coordinator import ChargesteadConfigEntry
from .model.events import Event, StationPending
from .model.station import PendingStation


def offer_title(station: PendingStation) -> str:
    """Return what to call a station by what it says of itself."""
    identity = station.identity
    made_by = " ".join(part for part in (identity.vendor, identity.model) if part)
    return made_by or station.station_id


@callback
def async_watch_unknown_stations(hass: HomeAssistant, entry: ChargesteadConfigEntry) -> None:
    """Offer each station that waits to be confirmed, for as long as it waits."""
    site = entry.runtime_data.site

    @callback
    def watch(event: Event) -> None:
        if isinstance(event, StationPending):
            _async_withdraw(hass, lambda station_id: station_id not in site.pending)
            _async_offer(hass, event.station)

    @callback
    def offer_again(_ignored: ConfigEntry) -> None:
        for station in site.pending.values():
            _async_offer(hass, station)

    entry.async_on_unload(site.subscribe(watch))
    entry.async_on_unload(
        async_dispatcher_connect(hass, signal_discovered_config_entry_removed(DOMAIN), offer_again)
    )
    entry.async_on_unload(lambda: _async_withdraw(hass, lambda _: True))


@callback
def async_forget_offer(hass: HomeAssistant, station_id: str) -> None:
    """Take the card of a station away that has been confirmed some other way."""
    folded = station_id.casefold()
    _async_withdraw(hass, lambda offered: offered.casefold() == folded)


@callback
def _async_offer(hass: HomeAssistant, station: PendingStation) -> None:
    """Show a card; one that is there already stays, unless the station now has another name."""
    title = offer_title(station)
    for flow in _offers(hass):
        if flow["context"].get("unique_id") != station.station_id:
            continue
        if flow["context"].get("title_placeholders") == {"name": title}:
            return
        hass.config_entries.flow.async_abort(flow["flow_id"])
    discovery_flow.async_create_flow(
        hass,
        DOMAIN,
        context={"source": SOURCE_INTEGRATION_DISCOVERY},
        data={CONF_STATION_ID: station.station_id},
        discovery_key=discovery_flow.DiscoveryKey(domain=DOMAIN, key=station.station_id, version=1),
    )


@callback
def _async_withdraw(hass: HomeAssistant, is_over: Callable[[str], bool]) -> None:
    for flow in _offers(hass):
        if is_over(flow["context"].get("unique_id") or ""):
            hass.config_entries.flow.async_abort(flow["flow_id"])


def _offers(hass: HomeAssistant) -> list[ConfigFlowResult]:
    return hass.config_entries.flow.async_progress_by_handler(
        DOMAIN, match_context={"source": SOURCE_INTEGRATION_DISCOVERY}
    )
