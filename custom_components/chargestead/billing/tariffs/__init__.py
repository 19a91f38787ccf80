"""Tariffs: what charging costs, as data."""

from .errors import TariffError
from .home import Formula, Terms, Window, dynamic_tariff, fixed_tariff, time_of_use_tariff
from .ocpi import DisplayText, OcpiTariff, OcpiVersion, TariffType, parse_tariff
from .ocpi_writing import tariff_to_ocpi, to_json
from .price import FixedPrice, FormulaPrice, Price, TablePrice
from .restrictions import UNRESTRICTED, ReservationRestriction, Restrictions, Season, Weekday
from .storage import dump_tariff, dumps_tariff, load_tariff
from .tariff import (
    Dimension,
    PriceComponent,
    PriceLimit,
    SolarPrice,
    Tariff,
    TariffElement,
    TaxIncluded,
)

__all__ = [
    "UNRESTRICTED",
    "Dimension",
    "DisplayText",
    "FixedPrice",
    "Formula",
    "FormulaPrice",
    "OcpiTariff",
    "OcpiVersion",
    "Price",
    "PriceComponent",
    "PriceLimit",
    "ReservationRestriction",
    "Restrictions",
    "Season",
    "SolarPrice",
    "TablePrice",
    "Tariff",
    "TariffElement",
    "TariffError",
    "TariffType",
    "TaxIncluded",
    "Terms",
    "Weekday",
    "Window",
    "dump_tariff",
    "dumps_tariff",
    "dynamic_tariff",
    "fixed_tariff",
    "load_tariff",
    "parse_tariff",
    "tariff_to_ocpi",
    "time_of_use_tariff",
    "to_json",
]
