"""What the person typed, as the floors below want it."""

from collections.abc import Mapping
from pathlib import Path
import re
from typing import Any

from homeassistant.config_entries import ConfigEntry, ConfigEntryState, ConfigSubentry
from homeassistant.const import CONF_PASSWORD, CONF_PORT
from homeassistant.core import HomeAssistant

from .const import (
    CONF_ADMIT_UNKNOWN,
    CONF_BIND_ADDRESS,
    CONF_CERTIFICATE_NAMES,
    CONF_CLIENT_AUTHORITY,
    CONF_CONFIGURE,
    CONF_DATABASE_URL,
    CONF_DEFAULT_ID_TOKEN,
    CONF_DEFAULT_TARIFF,
    CONF_FTP_PORTS,
    CONF_LEAST_PROFILE,
    CONF_LOCAL_LISTS,
    CONF_MAX_CURRENT,
    CONF_METER_INTERVAL,
    CONF_OWN_CERTIFICATE,
    CONF_PHASES,
    CONF_RESPONSE_TIMEOUT,
    CONF_SEVERAL_SESSIONS,
    CONF_STATION_ID,
    CONF_TLS_CERTIFICATE,
    CONF_TLS_KEY,
    CONF_UNKNOWN_TOKENS,
    DEFAULT_BIND_ADDRESS,
    DOMAIN,
    SUBENTRY_TARIFF,
)
from .driver_config import house_drivers
from .model.config import ServerConfig, SiteConfig, StationConfig, UnknownTokens

_SITE = SiteConfig()
_RANGE = re.compile(r"(\d{1,5})\s*[-–]\s*(\d{1,5})")  # noqa: RUF001 - people type either


def server_config(entry: ConfigEntry) -> ServerConfig:
    """Return where to listen."""
    return ServerConfig(
        port=int(entry.data[CONF_PORT]),
        bind_address=entry.data.get(CONF_BIND_ADDRESS) or DEFAULT_BIND_ADDRESS,
        tls_certificate=entry.data.get(CONF_TLS_CERTIFICATE) or None,
        tls_key=entry.data.get(CONF_TLS_KEY) or None,
        own_names=own_names(entry.data),
        client_authority=entry.data.get(CONF_CLIENT_AUTHORITY) or None,
    )


def own_names(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the certificate to be made for the port stands for, nothing where none is wanted."""
    return tuple(data.get(CONF_CERTIFICATE_NAMES) or ()) if data.get(CONF_OWN_CERTIFICATE) else ()


def listening_at(entry: ConfigEntry) -> int | None:
    """Return the port that is in use by ourselves."""
    return server_config(entry).port if entry.state is ConfigEntryState.LOADED else None


def site_config(hass: HomeAssistant, entry: ConfigEntry, aligned_interval_s: int = 0) -> SiteConfig:
    """Return what holds for all stations; how often meters are read by the clock depends on the tariffs."""
    options = entry.options
    return SiteConfig(
        unknown_tokens=UnknownTokens(options.get(CONF_UNKNOWN_TOKENS, _SITE.unknown_tokens)),
        default_id_token=options.get(CONF_DEFAULT_ID_TOKEN) or _SITE.default_id_token,
        meter_interval_s=int(options.get(CONF_METER_INTERVAL, _SITE.meter_interval_s)),
        aligned_interval_s=aligned_interval_s,
        admit_unknown=bool(options.get(CONF_ADMIT_UNKNOWN, _SITE.admit_unknown)),
        drivers=house_drivers(entry),
        several_sessions=bool(options.get(CONF_SEVERAL_SESSIONS, _SITE.several_sessions)),
        local_lists=bool(options.get(CONF_LOCAL_LISTS, _SITE.local_lists)),
        folder=Path(hass.config.path(DOMAIN)),
        ftp_ports=ports_of(options.get(CONF_FTP_PORTS) or "") or (),
    )


def ports_of(text: str) -> tuple[int, ...] | None:
    """Return the ports of a range such as `2121-2130`, at least two of them; None for anything else."""
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        return None
    first, last = int(match[1]), int(match[2])
    return tuple(range(first, last + 1)) if 0 < first < last <= min(first + 1000, 65535) else None


def tariff_names(entry: ConfigEntry) -> dict[str, str]:
    """Return the names of the tariffs by the ids of their subentries, the first one first."""
    return {
        item.subentry_id: item.title
        for item in entry.subentries.values()
        if item.subentry_type == SUBENTRY_TARIFF
    }


def default_tariff(entry: ConfigEntry) -> str | None:
    """Return the tariff that holds where none was chosen: that of the options, else the first."""
    tariffs = tariff_names(entry)
    chosen = entry.options.get(CONF_DEFAULT_TARIFF)
    return chosen if chosen in tariffs else next(iter(tariffs), None)


def station_config(subentry: ConfigSubentry) -> StationConfig:
    """Return what was set up for a station."""
    data = subentry.data
    plain = StationConfig(station_id=data[CONF_STATION_ID])
    return StationConfig(
        station_id=plain.station_id,
        password=data.get(CONF_PASSWORD) or None,
        default_id_token=data.get(CONF_DEFAULT_ID_TOKEN) or None,
        max_current_a=float(data.get(CONF_MAX_CURRENT, plain.max_current_a)),
        phases=int(data.get(CONF_PHASES, plain.phases)),
        configure=bool(data.get(CONF_CONFIGURE, plain.configure)),
        response_timeout_s=float(data.get(CONF_RESPONSE_TIMEOUT, plain.response_timeout_s)),
        least_profile=int(data.get(CONF_LEAST_PROFILE, plain.least_profile)),
    )


def database_url(hass: HomeAssistant, entry: ConfigEntry) -> str:
    """Return where the ledger lies: a file beside Home Assistant's own, unless told otherwise."""
    url = entry.options.get(CONF_DATABASE_URL)
    return str(url) if url else f"sqlite:///{Path(hass.config.path(f'{DOMAIN}.db'))}"
