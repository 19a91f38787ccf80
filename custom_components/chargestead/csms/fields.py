"""Reading fields of a payload the way real stations write them.

Everything here is tolerant: what can be understood is understood and, where it deviates, counted by the caller;
what is essential and cannot be read raises the CALLERROR that OCPP specifies.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from .rpc import CallRefusal

_MAX_TEXT: Final = 1000
_BEYOND: Final = 2**63


def text(payload: Mapping[str, object], key: str) -> str | None:
    """Return a field as text without surrounding blanks, None when absent, empty or no scalar."""
    value = payload.get(key)
    if isinstance(value, str):
        return value[:_MAX_TEXT].replace("\0", "").strip(" \t\r\n") or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def integer(payload: Mapping[str, object], key: str) -> int | None:
    """Return a field as a whole number, also from text or a float; None when absent or unreadable."""
    value = payload.get(key)
    if type(value) is int:
        return value if -_BEYOND < value < _BEYOND else None
    if isinstance(value, str):
        return _integer_of(value.strip())
    return _whole(value) if isinstance(value, float) else None


def _integer_of(value: str) -> int | None:
    try:
        return _whole(int(value))
    except ValueError:
        pass
    try:
        return _whole(float(value.replace(",", ".")))
    except ValueError:
        return None


def _whole(value: float) -> int | None:
    return int(value) if abs(value) < _BEYOND else None


def required_integer(payload: Mapping[str, object], key: str) -> int:
    """Return a whole number without which the message means nothing."""
    number = integer(payload, key)
    if number is None:
        raise _missing(payload, key)
    return number


def instant(payload: Mapping[str, object], key: str) -> datetime | None:
    """Return a timestamp in UTC; one without a zone is taken as UTC. None when absent or unreadable."""
    value = payload.get(key)
    if isinstance(value, str):
        return parse_instant(value)
    return None


def parse_instant(value: str) -> datetime | None:
    """Read an ISO 8601 timestamp as stations write it (RFC 3339 section 5.6, and looser)."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        try:
            moment = datetime.fromisoformat(value.strip(" \t\r\n\0").upper().replace(" ", "T", 1))
        except ValueError:
            return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return None


def objects(payload: Mapping[str, object], key: str) -> list[dict[str, object]]:
    """Return a list of objects; a lone object counts as a list of one, anything else is left out."""
    value = payload.get(key)
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    return [value] if isinstance(value, dict) else []


def timestamp(moment: datetime) -> str:
    """Write an instant as OCPP wants it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def on_wire(**fields: object) -> dict[str, object]:
    """Return the fields that have a value, at any depth; None is not put on the wire."""
    return {key: _worded(value) for key, value in fields.items() if value is not None}


def _worded(value: object) -> object:
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, Mapping):
        return on_wire(**value)
    if isinstance(value, list | tuple):
        return [_worded(item) for item in value if item is not None]
    return value


def _missing(payload: Mapping[str, object], key: str) -> CallRefusal:
    if payload.get(key) is None:
        return CallRefusal("OccurenceConstraintViolation", f"{key} is missing")
    return CallRefusal("TypeConstraintViolation", f"{key} cannot be read")
