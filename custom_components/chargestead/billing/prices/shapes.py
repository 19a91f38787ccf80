"""How price sources name things: the data the reader goes by.

Read in the sources of Home Assistant 2026.10 (nordpool, tibber, energyzero, easyenergy, omie, green_planet_energy,
amberelectric, pvpc_hourly_pricing) and of the custom integrations nordpool, energidataservice, entsoe, epex_spot,
octopus_energy, frank_energie, zonneplan_one, openadr3_ven, ge_spot, tibber and omie.
"""

from collections.abc import Mapping
from decimal import Decimal
import re
from typing import Final

from .units import CENT_PER_KWH, PER_KWH, PER_MWH, PriceUnit

START_KEYS: Final = (
    "start", "start_time", "starts_at", "startsAt", "start_date", "start_timestamp", "from", "valid_from",
    "timestamp", "datetime", "date_time", "time", "hour",
)  # fmt: skip

END_KEYS: Final = (
    "end", "end_time", "ends_at", "endsAt", "end_date", "end_timestamp", "till", "to", "until", "valid_to",
)  # fmt: skip

DATE_KEYS: Final = ("date", "day")

VALUE_KEYS: Final = (
    "per_kwh", "value_inc_vat", "price_per_kwh", "price_eur_per_kwh", "price_ct_per_kwh", "electricity_price",
    "price_tax_included", "total", "price", "value", "rate", "price_per_mwh", "price_eur_per_mwh", "marketprice",
    "amount", "cost",
)  # fmt: skip

INNER_VALUE_KEYS: Final = ("amount", "value", "price", "total")

KEY_UNITS: Final[Mapping[str, PriceUnit]] = {
    "per_kwh": PER_KWH,
    "price_per_kwh": PER_KWH,
    "price_eur_per_kwh": PriceUnit(Decimal(1), "EUR"),
    "price_ct_per_kwh": CENT_PER_KWH,
    "price_per_mwh": PER_MWH,
    "price_eur_per_mwh": PriceUnit(Decimal("0.001"), "EUR"),
    "value_inc_vat": PriceUnit(Decimal(1), "GBP"),
}

TEN_MILLIONTH_KEYS: Final = frozenset({"electricity_price", "price_tax_included"})
"""Keys that hold whole ten-millionths of a euro, where they hold whole numbers."""

UNIT_KEYS: Final = ("unit_of_measurement", "price_unit", "unit")
CURRENCY_KEYS: Final = ("currency", "currency_code")

PRICE_BOXES: Final = (
    "price", "rate", "forecast", "data", "today", "tomorrow", "tariff", "raw", "hours", "slots", "interval",
)  # fmt: skip
"""Parts of names of lists that belong together; lists with other names are one each for an area, home or country."""

FOREIGN_BOXES: Final = re.compile(
    r"(^|_)(gas|export|feed_?in|return|sell|selling|production|injection|compensation|off_peak|cheapest|dispatches?)(_|$)"
)
"""Names of lists that are about something else than the price of a bought kWh."""

HOUR_ATTRIBUTE: Final = re.compile(
    r"price_(?P<next>next_day_)?(?P<hour>[01]\d|2[0-3])h(?P<again>_d)?"
)
"""One attribute per local hour; `_d` is the hour that comes twice (pvpc_hourly_pricing)."""

CLOCK_TIME: Final = re.compile(r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(:00)?")
