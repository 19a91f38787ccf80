"""What the handlers share."""

from typing import TYPE_CHECKING

from ..link import CallError, Reply
from ..schedule import Json

if TYPE_CHECKING:
    from ..connector import Connector
    from ..station import SimulatedStation


def status(value: str) -> Reply:
    """Answer with a status alone."""
    return Reply({"status": value})


def required[T](payload: Json, key: str, kind: type[T]) -> T:
    """Return a field; refuse the call when it is missing or of another type."""
    value = optional(payload, key, kind)
    if value is None:
        raise CallError("ProtocolError", f"{key} is missing")
    return value


def optional[T](payload: Json, key: str, kind: type[T]) -> T | None:
    """Return a field, None when it is missing; refuse the call for another type."""
    if key not in payload:
        return None
    value = payload[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise CallError("TypeConstraintViolation", f"{key} is {value!r}")
    return value


def connector_of(station: SimulatedStation, number: int) -> Connector | None:
    """Return a connector, None for a number the station does not have."""
    return next((c for c in station.connectors if c.id == number), None)
