"""Chargestead: EV charging station management inside Home Assistant."""

import asyncio
from typing import Final

from homeassistant.const import EVENT_HOMEASSISTANT_STOP, Platform
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.typing import ConfigType

from .circuit_meters import CircuitMeters
from .clock import HomeAssistantClock
from .const import DOMAIN
from .coordinator import ChargesteadConfigEntry, ChargesteadRuntimeData
from .costs import HouseCosts
from .discovery import async_watch_unknown_stations
from .drivers import DriverMemory, HouseDrivers
from .exports import async_setup_downloads
from .fault_issues import async_vendor_codes, async_watch_faults
from .house_upkeep import HouseUpkeep
from .ledger_opening import async_open_ledger, ledger_not_ready
from .log_files import async_setup_logs
from .memory import StoredMemory
from .model.errors import LedgerError
from .price_memory import PriceMemory
from .repairs import (
    async_clear_all_issues,
    async_clear_setup_issues,
    async_report_setup_failure,
    async_watch_ledger,
)
from .services import async_setup_services
from .settings import database_url, server_config, site_config
from .site import Site
from .stations import async_add_stations, async_is_stale, async_update_stations
from .statistics import async_start_statistics
from .trust import async_watch_certificates, async_watch_trust, authority_of

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS: Final = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CALENDAR,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SENSOR,
    Platform.SWITCH,
    Platform.UPDATE,
    Platform.TODO,
]


async def async_setup(hass: HomeAssistant, _config: ConfigType) -> bool:
    """Set up the actions and downloads, which exist whether or not an entry is loaded."""
    async_setup_services(hass)
    async_setup_downloads(hass)
    async_setup_logs(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ChargesteadConfigEntry) -> bool:
    """Open the ledger, make the stations known, then let them dial in."""
    clock = HomeAssistantClock(hass)
    memory = StoredMemory(hass)
    await memory.async_load()
    url = database_url(hass, entry)
    ledger = await async_open_ledger(hass, url, clock)
    site = Site(
        clock=clock,
        ledger=ledger,
        memory=memory,
        config=site_config(hass, entry),
        flush_memory=memory.async_flush,
        authority=authority_of(hass, clock),
        vendor_codes=await async_vendor_codes(hass),
    )
    costs = HouseCosts(hass, entry, site, ledger)
    drivers = HouseDrivers(hass, site)
    data = entry.runtime_data = ChargesteadRuntimeData(
        site=site,
        ledger=ledger,
        memory=memory,
        costs=costs,
        drivers=drivers,
        circuit_meters=CircuitMeters(hass, site.health),
        upkeep=HouseUpkeep(hass, entry, site),
        server=server_config(entry),
        database_url=url,
    )
    async_watch_ledger(entry)
    site.configure(site_config(hass, entry, costs.tariffs.aligned_interval_s))
    async_start_statistics(hass, entry)
    try:
        await site.prepare()
        await drivers.async_start()
        await costs.async_start()
        await data.upkeep.async_start()
        await async_add_stations(hass, entry)
        async_watch_trust(hass, entry)
        async_watch_faults(hass, entry)
    except LedgerError as err:
        await _close(data)
        raise ledger_not_ready(err) from err
    data.circuit_meters.async_follow(entry)
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    try:
        await site.start(data.server)
    except OSError as err:
        await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
        await _close(data)
        raise async_report_setup_failure(hass, data.server, err) from err
    async_clear_setup_issues(hass)
    async_watch_unknown_stations(hass, entry)
    async_watch_certificates(hass, entry)

    async def stop(_event: Event) -> None:
        await costs.async_stop()
        await drivers.async_stop()
        await site.stop()
        await ledger.close()

    entry.async_on_unload(hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, stop))
    entry.async_on_unload(entry.add_update_listener(_async_entry_updated))
    return True


async def _close(data: ChargesteadRuntimeData) -> None:
    data.circuit_meters.async_stop()
    data.upkeep.async_stop()
    await data.costs.async_stop()
    await data.drivers.async_stop()
    await data.site.stop()
    await asyncio.gather(*(item.async_shutdown() for item in data.coordinators.values()))
    await data.memory.async_flush()
    await data.ledger.close()


async def async_unload_entry(hass: HomeAssistant, entry: ChargesteadConfigEntry) -> bool:
    """Close the port and the ledger."""
    unloaded = await hass.config_entries.async_unload_platforms(entry, PLATFORMS)
    if unloaded:
        await _close(entry.runtime_data)
    return unloaded


async def async_remove_entry(hass: HomeAssistant, _entry: ChargesteadConfigEntry) -> None:
    """Forget what was learned of stations, drivers and price sources; the ledger is the person's to keep."""
    await StoredMemory(hass).async_remove()
    await DriverMemory(hass).async_remove()
    await PriceMemory(hass).async_remove()
    async_clear_all_issues(hass)


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: ChargesteadConfigEntry, device: dr.AnyDeviceEntry
) -> bool:
    """Let connectors go that are not there any more; a station goes with its subentry."""
    return async_is_stale(hass, entry, device)


async def _async_entry_updated(hass: HomeAssistant, entry: ChargesteadConfigEntry) -> None:
    """Take changes; only another port, address, certificate or database closes the sockets."""
    data = entry.runtime_data
    if data.server != server_config(entry) or data.database_url != database_url(hass, entry):
        hass.config_entries.async_schedule_reload(entry.entry_id)
        return
    data.costs.async_update()
    data.upkeep.async_update()
    data.site.configure(site_config(hass, entry, data.costs.tariffs.aligned_interval_s))
    data.drivers.async_update()
    await async_update_stations(hass, entry)
