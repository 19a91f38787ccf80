"""Names that several modules of the integration share."""

import logging
from typing import Final

DOMAIN: Final = "chargestead"
LOGGER: Final = logging.getLogger(__package__)

SUBENTRY_CHARGING_STATION: Final = "charging_station"
SUBENTRY_DRIVER: Final = "driver"
SUBENTRY_FIRMWARE: Final = "firmware"
SUBENTRY_TARIFF: Final = "tariff"

CONF_BIND_ADDRESS: Final = "bind_address"
CONF_TLS_CERTIFICATE: Final = "tls_certificate"
CONF_TLS_KEY: Final = "tls_key"
CONF_OWN_CERTIFICATE: Final = "own_certificate"
CONF_CERTIFICATE_NAMES: Final = "certificate_names"
CONF_CLIENT_AUTHORITY: Final = "client_authority"

CONF_DATABASE_URL: Final = "database_url"
CONF_DEFAULT_ID_TOKEN: Final = "default_id_token"  # noqa: S105 - a name, not a secret
CONF_LOCAL_LISTS: Final = "local_lists"
CONF_FTP_PORTS: Final = "ftp_ports"
CONF_METER_INTERVAL: Final = "meter_interval"
CONF_SEVERAL_SESSIONS: Final = "several_sessions"
CONF_UNKNOWN_TOKENS: Final = "unknown_tokens"
CONF_ADMIT_UNKNOWN: Final = "admit_unknown"

CONF_DEFAULT_TARIFF: Final = "default_tariff"
CONF_GRID_POWER: Final = "grid_power"
CONF_GRID_INVERTED: Final = "grid_inverted"
CONF_SOLAR_POWER: Final = "solar_power"
CONF_BATTERY_POWER: Final = "battery_power"
CONF_BATTERY_INVERTED: Final = "battery_inverted"

CONF_TOKENS: Final = "tokens"
CONF_MAINTENANCE_AHEAD: Final = "maintenance_ahead"
CONF_MAINTENANCE_TASKS: Final = "maintenance_tasks"

CONF_STATION_ID: Final = "station_id"
CONF_MAX_CURRENT: Final = "max_current"
CONF_PHASES: Final = "phases"
CONF_CIRCUIT_METER: Final = "circuit_meter"
CONF_CONFIGURE: Final = "configure"
CONF_RESPONSE_TIMEOUT: Final = "response_timeout"
CONF_LEAST_PROFILE: Final = "least_profile"
CONF_NEW_PASSWORD: Final = "new_password"  # noqa: S105 - a name, not a secret
CONF_GENERATE_PASSWORD: Final = "generate_password"  # noqa: S105 - likewise
CONF_TARIFF: Final = "tariff"

DEFAULT_PORT: Final = 9000
DEFAULT_BIND_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - stations dial in from the house's network
