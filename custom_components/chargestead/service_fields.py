"""How the fields of actions become values on the wire."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import StrEnum
import math
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
from homeassistant.util import dt as dt_util
import voluptuous as vol

ATTR_CONNECTOR_ID: Final = "connector_id"
ATTR_EVSE_CONNECTOR_ID: Final = "evse_connector_id"

number: Final = vol.Coerce(int)
moment: Final = vol.All(cv.datetime, dt_util.as_utc)
"""An instant; one without a zone is local."""

strings: Final = vol.All(cv.ensure_list, [cv.string])
numbers: Final = vol.All(cv.ensure_list, [number])


def nullable(validator: Callable[[Any], Any]) -> vol.Any:
    """Accept null as well, which means that the field is not put on the wire."""
    return vol.Any(None, validator)


def some(words: type[StrEnum]) -> vol.Any:
    """Accept null, one of some words, or several."""
    return nullable(vol.All(cv.ensure_list, [vol.Coerce(words)]))


def amount(value: object) -> float:
    """Accept a number that JSON can carry."""
    number_value: float = vol.Coerce(float)(value)
    if not math.isfinite(number_value):
        raise _cannot_be_sent(value)
    return number_value


def payload(value: object) -> dict[str, object]:
    """Accept an object as OCPP defines it, without its nulls and with instants in RFC 3339."""
    if not isinstance(value, Mapping):
        msg = "expected an object"
        raise vol.Invalid(msg)
    return {str(key): json_value(item) for key, item in value.items() if item is not None}


def configuration_value(value: object) -> str:
    """Accept a configuration value as OCPP writes it: `true`, numbers, comma-separated lists."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(configuration_value(item) for item in value)
    return cv.string(value)


def json_value(value: object) -> object:
    """Accept whatever JSON can carry, in the way of `payload`."""
    match value:
        case float():
            return amount(value)
        case None | bool() | int() | str():
            return value
        case Mapping():
            return payload(value)
        case list() | tuple():
            return [json_value(item) for item in value if item is not None]
        case datetime():
            return dt_util.as_utc(value).isoformat().replace("+00:00", "Z")
        case date():
            return json_value(dt_util.start_of_local_day(value))
        case _:
            raise _cannot_be_sent(value)


def _cannot_be_sent(value: object) -> vol.Invalid:
    return vol.Invalid(f"{value!r} cannot be sent")
