"""Lists too long for one message, cut to what a station says it takes (OCPP 2.0.1 part 2, appendix 3)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import orjson

from ..fields import integer, objects
from ..rpc import Payload

if TYPE_CHECKING:
    from ..station import ChargingStation

_FRAME: Final = 100
"""Bytes that a message has beside the items of its list."""


def portions(
    station: ChargingStation, controller: str, action: str, items: Sequence[object]
) -> list[list[object]]:
    """Return a list in portions, at least one; an item that is too large by itself goes alone.

    The bounds are the controller's `ItemsPerMessage` and `BytesPerMessage` for the action, as far as they are known.
    """
    most = _bound(station, f"{controller}.ItemsPerMessage", action)
    most_bytes = _bound(station, f"{controller}.BytesPerMessage", action)
    found: list[list[object]] = [[]]
    size = _FRAME
    for item in items:
        more = len(orjson.dumps(item)) + 1
        full = most is not None and len(found[-1]) >= most
        heavy = most_bytes is not None and size + more > most_bytes
        if found[-1] and (full or heavy):
            found.append([])
            size = _FRAME
        found[-1].append(item)
        size += more
    return found


def _bound(station: ChargingStation, name: str, action: str) -> int | None:
    configuration = station.state.configuration
    entry = configuration.get(f"{name}.{action}") or configuration.get(name)
    number = None if entry is None else integer({"value": entry.value}, "value")
    return number if number is not None and number > 0 else None


def joined(name: str, answer: Payload, more: Payload) -> Payload:
    """Return two answers as one, with all that both list under a name."""
    return {**answer, **more, name: [*objects(answer, name), *objects(more, name)]}
