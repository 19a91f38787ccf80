"""What the forms ask for."""

from collections.abc import Mapping
from typing import Any

from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_PORT, Platform
from homeassistant.data_entry_flow import section
from homeassistant.helpers import selector
import probatio

from .const import (
    CONF_ADMIT_UNKNOWN,
    CONF_BATTERY_INVERTED,
    CONF_BATTERY_POWER,
    CONF_BIND_ADDRESS,
    CONF_CERTIFICATE_NAMES,
    CONF_CIRCUIT_METER,
    CONF_CLIENT_AUTHORITY,
    CONF_CONFIGURE,
    CONF_DATABASE_URL,
    CONF_DEFAULT_ID_TOKEN,
    CONF_DEFAULT_TARIFF,
    CONF_FTP_PORTS,
    CONF_GENERATE_PASSWORD,
    CONF_GRID_INVERTED,
    CONF_GRID_POWER,
    CONF_LEAST_PROFILE,
    CONF_LOCAL_LISTS,
    CONF_MAX_CURRENT,
    CONF_METER_INTERVAL,
    CONF_NEW_PASSWORD,
    CONF_OWN_CERTIFICATE,
    CONF_PHASES,
    CONF_RESPONSE_TIMEOUT,
    CONF_SEVERAL_SESSIONS,
    CONF_SOLAR_POWER,
    CONF_STATION_ID,
    CONF_TARIFF,
    CONF_TLS_CERTIFICATE,
    CONF_TLS_KEY,
    CONF_UNKNOWN_TOKENS,
    DEFAULT_BIND_ADDRESS,
    DEFAULT_PORT,
)
from .model.config import SiteConfig, UnknownTokens
from .upkeep_schemas import SECTION_MAINTENANCE, maintenance_section

SECTION_HOME_ENERGY = "home_energy"

_ID_TOKEN_LENGTH = 20


def _number(low: float, high: float, unit: str | None = None) -> selector.NumberSelector:
    config = selector.NumberSelectorConfig(
        min=low, max=high, step=1, mode=selector.NumberSelectorMode.BOX
    )
    if unit is not None:
        config["unit_of_measurement"] = unit
    return selector.NumberSelector(config)


def _choice(key: str, options: list[str]) -> selector.SelectSelector:
    return selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=options, translation_key=key, mode=selector.SelectSelectorMode.DROPDOWN
        )
    )


_TEXT = selector.TextSelector()
_SECRET = selector.TextSelector(
    selector.TextSelectorConfig(type=selector.TextSelectorType.PASSWORD)
)
_ID_TOKEN = probatio.All(_TEXT, probatio.Length(max=_ID_TOKEN_LENGTH))

LISTEN_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_PORT, default=DEFAULT_PORT): probatio.All(
            _number(1, 65535), probatio.Coerce(int)
        ),
        probatio.Optional(CONF_BIND_ADDRESS, default=DEFAULT_BIND_ADDRESS): _TEXT,
        probatio.Required(CONF_OWN_CERTIFICATE, default=False): selector.BooleanSelector(),
        probatio.Optional(CONF_CERTIFICATE_NAMES): selector.TextSelector(
            selector.TextSelectorConfig(multiple=True)
        ),
        probatio.Optional(CONF_TLS_CERTIFICATE): _TEXT,
        probatio.Optional(CONF_TLS_KEY): _TEXT,
        probatio.Optional(CONF_CLIENT_AUTHORITY): _TEXT,
    }
)

_ENERGIES = selector.EntitySelectorConfig(
    filter=selector.EntityWithDeviceFilterSelectorConfig(
        domain=Platform.SENSOR, device_class="energy"
    )
)

STATION_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_NAME): _TEXT,
        probatio.Required(CONF_MAX_CURRENT, default=16): _number(6, 80, "A"),
        probatio.Required(CONF_PHASES, default="3"): _choice(CONF_PHASES, ["1", "3"]),
        probatio.Optional(CONF_PASSWORD): _SECRET,
        probatio.Required(CONF_LEAST_PROFILE, default="0"): _choice(
            CONF_LEAST_PROFILE, ["0", "1", "2", "3"]
        ),
        probatio.Optional(CONF_DEFAULT_ID_TOKEN): _ID_TOKEN,
        probatio.Optional(CONF_CIRCUIT_METER): selector.EntitySelector(_ENERGIES),
        probatio.Required(CONF_CONFIGURE, default=True): selector.BooleanSelector(),
        probatio.Required(CONF_RESPONSE_TIMEOUT, default=30): _number(5, 300, "s"),
    }
)

_GENERATE = probatio.Required(CONF_GENERATE_PASSWORD, default=False)
_UNKNOWN_TOKENS = _choice(CONF_UNKNOWN_TOKENS, [item.value for item in UnknownTokens])

TOKENS_SCHEMA = probatio.Schema(
    {probatio.Required(CONF_UNKNOWN_TOKENS, default=UnknownTokens.RECORD.value): _UNKNOWN_TOKENS}
)

OPTIONS_SCHEMA = probatio.Schema(
    {
        probatio.Required(
            CONF_UNKNOWN_TOKENS, default=SiteConfig().unknown_tokens.value
        ): _UNKNOWN_TOKENS,
        probatio.Required(
            CONF_SEVERAL_SESSIONS, default=SiteConfig().several_sessions
        ): selector.BooleanSelector(),
        probatio.Required(
            CONF_LOCAL_LISTS, default=SiteConfig().local_lists
        ): selector.BooleanSelector(),
        probatio.Optional(CONF_DEFAULT_ID_TOKEN): _ID_TOKEN,
        probatio.Required(CONF_METER_INTERVAL, default=SiteConfig().meter_interval_s): probatio.All(
            _number(5, 900, "s"), probatio.Coerce(int)
        ),
        probatio.Required(CONF_ADMIT_UNKNOWN, default=True): selector.BooleanSelector(),
        probatio.Optional(CONF_DATABASE_URL): _TEXT,
        probatio.Optional(CONF_FTP_PORTS): _TEXT,
    }
)

_POWERS = selector.EntitySelectorConfig(
    filter=selector.EntityWithDeviceFilterSelectorConfig(
        domain=Platform.SENSOR, device_class="power"
    )
)
_HOME_ENERGY = section(
    probatio.Schema(
        {
            probatio.Optional(CONF_GRID_POWER): selector.EntitySelector(_POWERS),
            probatio.Required(CONF_GRID_INVERTED, default=False): selector.BooleanSelector(),
            probatio.Optional(CONF_SOLAR_POWER): selector.EntitySelector(
                {**_POWERS, "multiple": True}
            ),
            probatio.Optional(CONF_BATTERY_POWER): selector.EntitySelector(
                {**_POWERS, "multiple": True}
            ),
            probatio.Required(CONF_BATTERY_INVERTED, default=False): selector.BooleanSelector(),
        }
    ),
    {"collapsed": False},
)


def _pick(names: Mapping[str, str]) -> selector.SelectSelector:
    """Return a choice among what the person gave names to."""
    options = [selector.SelectOptionDict(value=key, label=label) for key, label in names.items()]
    return selector.SelectSelector(
        selector.SelectSelectorConfig(options=options, mode=selector.SelectSelectorMode.DROPDOWN)
    )


def station_schema(tariffs: Mapping[str, str]) -> probatio.Schema:
    """Return the form of a station; a tariff (id to name) is asked for where there are any."""
    if not tariffs:
        return STATION_SCHEMA
    return STATION_SCHEMA.extend({probatio.Optional(CONF_TARIFF): _pick(tariffs)})


def options_schema(
    tariffs: Mapping[str, str], own_tasks: Mapping[str, str] | None = None
) -> probatio.Schema:
    """Return the form of the options; a tariff (id to name) is asked for where there are any.

    `own_tasks` are the maintenance tasks of a person's own (id to name).
    """
    tariff = {probatio.Optional(CONF_DEFAULT_TARIFF): _pick(tariffs)} if tariffs else {}
    return OPTIONS_SCHEMA.extend(
        {
            **tariff,
            probatio.Optional(SECTION_HOME_ENERGY): _HOME_ENERGY,
            probatio.Optional(SECTION_MAINTENANCE): maintenance_section(own_tasks or {}),
        }
    )


def new_station_schema(waiting: Mapping[str, str], tariffs: Mapping[str, str]) -> probatio.Schema:
    """Return the form for a new station; those that wait (id to label) can be picked."""
    options = [selector.SelectOptionDict(value=key, label=label) for key, label in waiting.items()]
    station_id = selector.SelectSelector(
        selector.SelectSelectorConfig(
            options=options, custom_value=True, mode=selector.SelectSelectorMode.DROPDOWN
        )
    )
    return (
        probatio.Schema({probatio.Required(CONF_STATION_ID): station_id})
        .extend(station_schema(tariffs).schema)
        .extend({_GENERATE: selector.BooleanSelector()})
    )


def changed_station_schema(tariffs: Mapping[str, str]) -> probatio.Schema:
    """Return the form to change a station, which may be given another password."""
    return station_schema(tariffs).extend(
        {probatio.Optional(CONF_NEW_PASSWORD): _SECRET, _GENERATE: selector.BooleanSelector()}
    )


def without_blanks(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed without surrounding blanks and without empty fields."""
    trimmed = {
        key: value.strip() if isinstance(value, str) else value for key, value in data.items()
    }
    return {key: value for key, value in trimmed.items() if value != ""}


def listen_defaults(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed of where to listen, with an address in any case."""
    listen = {CONF_BIND_ADDRESS: DEFAULT_BIND_ADDRESS, **without_blanks(data)}
    names = [name.strip() for name in listen.pop(CONF_CERTIFICATE_NAMES, []) if name.strip()]
    if names:
        listen[CONF_CERTIFICATE_NAMES] = names
    if not listen.get(CONF_OWN_CERTIFICATE):
        listen.pop(CONF_OWN_CERTIFICATE, None)
    return listen
