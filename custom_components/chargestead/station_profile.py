"""The security profile that is asked of a station."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_PASSWORD

from .const import CONF_LEAST_PROFILE
from .settings import server_config

_ENCRYPTED: Final = 2
_CERTIFIED: Final = 3


def profile_problem(data: Mapping[str, Any], entry: ConfigEntry) -> str | None:
    """Tell what is missing for the security that is asked of a station, None where nothing is."""
    least = int(data.get(CONF_LEAST_PROFILE, 0))
    if least >= _ENCRYPTED and not server_config(entry).encrypted:
        return "encryption_needed"
    if 0 < least < _CERTIFIED and not data.get(CONF_PASSWORD):
        return "password_needed"
    return None
