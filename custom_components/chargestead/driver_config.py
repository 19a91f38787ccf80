"""Drivers as they are set up."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.util import dt as dt_util

from .const import CONF_TOKENS, SUBENTRY_DRIVER
from .model.driver import Driver, DriverToken, TokenType

CONF_ID_TOKEN: Final = "id_token"  # noqa: S105 - a name, not a secret
CONF_TOKEN_TYPE: Final = "type"  # noqa: S105 - a name, not a secret
CONF_BLOCKED: Final = "blocked"
CONF_EXPIRES: Final = "expires"
CONF_GROUP: Final = "group"

_DAY: Final = timedelta(days=1)


def expiry(day: str) -> datetime:
    """Return when a token ends that is good up to and including a local day; raises ValueError for no day."""
    parsed = dt_util.parse_date(day)
    if parsed is None:
        raise ValueError(day)
    return dt_util.as_utc(dt_util.start_of_local_day(parsed + _DAY))


def house_drivers(entry: ConfigEntry) -> tuple[Driver, ...]:
    """Return the drivers as they are set up now."""
    return tuple(
        Driver(
            driver_id=subentry.subentry_id,
            name=subentry.title,
            tokens=tuple(_token(item) for item in subentry.data.get(CONF_TOKENS, ())),
        )
        for subentry in entry.subentries.values()
        if subentry.subentry_type == SUBENTRY_DRIVER
    )


def _token(data: Mapping[str, Any]) -> DriverToken:
    """Return a token; one whose expiry cannot be read is blocked."""
    blocked = bool(data.get(CONF_BLOCKED, False))
    expires_at = None
    if data.get(CONF_EXPIRES):
        try:
            expires_at = expiry(str(data[CONF_EXPIRES]))
        except ValueError:
            blocked = True
    return DriverToken(
        id_token=str(data[CONF_ID_TOKEN]),
        type=TokenType(data.get(CONF_TOKEN_TYPE, TokenType.ISO14443)),
        blocked=blocked,
        expires_at=expires_at,
        group=data.get(CONF_GROUP) or None,
    )
