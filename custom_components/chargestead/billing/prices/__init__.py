"""Prices of energy from any source: read, put in order, and asked for in time."""

from .findings import Finding, FindingKind
from .polling import PollRhythm, next_poll, tomorrow_is_known
from .reader import PriceHints, PriceReading, read_current_price, read_prices
from .units import PER_KWH, PER_MWH, PriceUnit, parse_unit

__all__ = [
    "PER_KWH",
    "PER_MWH",
    "Finding",
    "FindingKind",
    "PollRhythm",
    "PriceHints",
    "PriceReading",
    "PriceUnit",
    "next_poll",
    "parse_unit",
    "read_current_price",
    "read_prices",
    "tomorrow_is_known",
]
