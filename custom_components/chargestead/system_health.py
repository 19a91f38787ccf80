"""How Chargestead is doing, at a glance."""

from pathlib import Path
from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback
from sqlalchemy import make_url

from .billing.ledger.engine import SQLITE
from .const import DOMAIN
from .coordinator import ChargesteadConfigEntry


@callback
def async_register(_hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register what is shown."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    entries: list[ChargesteadConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        return {"stations_known": 0}
    data = entries[0].runtime_data
    states = [station.state for station in data.site.stations.values()]
    info: dict[str, Any] = {
        "port": data.site.port,
        "stations_known": len(states),
        "stations_connected": sum(state.connected for state in states),
        "stations_pending": len(data.site.pending),
        "ocpp_versions": ", ".join(sorted({state.version for state in states if state.version})),
        "ledger_healthy": data.ledger.healthy,
        "ledger_queued": data.ledger.queued,
    }
    size = await hass.async_add_executor_job(_file_size, data.database_url)
    if size is not None:
        info["ledger_size"] = f"{size / 2**20:.1f} MiB"
    return info


def _file_size(url: str) -> int | None:
    """Return the size of an SQLite file in bytes, None for what has none; blocks."""
    parsed = make_url(url)
    if parsed.get_backend_name() != SQLITE or parsed.database is None:
        return None
    try:
        return Path(parsed.database).stat().st_size
    except OSError:
        return None
