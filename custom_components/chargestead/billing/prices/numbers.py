"""Prices as sources write them, to exact decimals."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from .shapes import INNER_VALUE_KEYS

_NOTHING: Final = frozenset({"", "unknown", "unavailable", "none", "null", "n/a", "-"})
_MAX_DIGITS: Final = 24
_MAX_MAGNITUDE: Final = 12


def is_missing(value: object) -> bool:
    """Tell whether a source says itself that it has no price."""
    return value is None or (isinstance(value, str) and value.strip().casefold() in _NOTHING)


def inner_value(value: object) -> object:
    """Return the amount out of a price told as an object, and any other price as it is."""
    if not isinstance(value, Mapping):
        return value
    return next((value[key] for key in INNER_VALUE_KEYS if key in value), value)


def parse_price(value: object) -> Decimal | None:
    """Return a told price exactly as written, None where it is no sensible number. Never raises.

    A float is taken as the shortest text that means it, which is what its source wrote. A decimal comma is understood.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        text = str(value).strip()
        if text.count(",") == 1 and "." not in text:
            text = text.replace(",", ".")
        price = Decimal(text)
    except InvalidOperation, ValueError:
        return None
    if not price.is_finite() or len(price.as_tuple().digits) > _MAX_DIGITS:
        return None
    if price and abs(price.adjusted()) > _MAX_MAGNITUDE:
        return None
    return price or Decimal(0)


def is_whole(value: object) -> bool:
    """Tell whether a price is told as a whole number."""
    return isinstance(value, int) or (isinstance(value, str) and value.strip("+- ").isdecimal())
