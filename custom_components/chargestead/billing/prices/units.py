"""What a price is told in: currency, its hundredth, and the energy it is for."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class PriceUnit:
    """What a told price is multiplied by to be one per kWh in the currency's main unit.

    `currency` is an ISO 4217 code, None where it is not known.
    """

    factor: Decimal = Decimal(1)
    currency: str | None = None


PER_KWH: Final = PriceUnit()
PER_MWH: Final = PriceUnit(Decimal("0.001"))
CENT_PER_KWH: Final = PriceUnit(Decimal("0.01"))
TEN_MILLIONTH_PER_KWH: Final = PriceUnit(Decimal("1e-7"))

_ENERGIES: Final[Mapping[str, Decimal]] = {
    "wh": Decimal(1000),
    "kwh": Decimal(1),
    "mwh": Decimal("0.001"),
    "gwh": Decimal("0.000001"),
}

_HUNDREDTH: Final = Decimal("0.01")

_MONIES: Final[Mapping[str, tuple[Decimal, str | None]]] = {
    "€": (Decimal(1), "EUR"), "euro": (Decimal(1), "EUR"), "euros": (Decimal(1), "EUR"),
    "£": (Decimal(1), "GBP"), "p": (_HUNDREDTH, "GBP"), "pence": (_HUNDREDTH, "GBP"),
    "$": (Decimal(1), None), "kr": (Decimal(1), None), "kr.": (Decimal(1), None),
    "a$": (Decimal(1), "AUD"), "us$": (Decimal(1), "USD"), "nz$": (Decimal(1), "NZD"),
    "zł": (Decimal(1), "PLN"), "gr": (_HUNDREDTH, "PLN"), "kč": (Decimal(1), "CZK"),
    "ft": (Decimal(1), "HUF"), "lei": (Decimal(1), "RON"), "leu": (Decimal(1), "RON"),
    "bani": (_HUNDREDTH, "RON"), "лв": (Decimal(1), "BGN"), "лв.": (Decimal(1), "BGN"),
    "fr.": (Decimal(1), "CHF"), "rp": (_HUNDREDTH, "CHF"), "rp.": (_HUNDREDTH, "CHF"),
    "rappen": (_HUNDREDTH, "CHF"), "¥": (Decimal(1), "JPY"), "₹": (Decimal(1), "INR"),
    "₴": (Decimal(1), "UAH"), "₺": (Decimal(1), "TRY"),
    "öre": (_HUNDREDTH, None), "øre": (_HUNDREDTH, None), "ore": (_HUNDREDTH, None),
    "ct": (_HUNDREDTH, None), "cent": (_HUNDREDTH, None), "cents": (_HUNDREDTH, None),
    "c": (_HUNDREDTH, None), "¢": (_HUNDREDTH, None),
    "c€": (_HUNDREDTH, "EUR"), "ct€": (_HUNDREDTH, "EUR"), "€ct": (_HUNDREDTH, "EUR"),
    "€c": (_HUNDREDTH, "EUR"), "€cent": (_HUNDREDTH, "EUR"), "eurocent": (_HUNDREDTH, "EUR"),
    "ct.": (_HUNDREDTH, None), "c/€": (_HUNDREDTH, "EUR"),
}  # fmt: skip

_ABSURD_PER_KWH: Final = Decimal(25)
"""Above the highest price any power exchange allows: 20 $/kWh in Australia, 5 €/kWh in Europe."""

_SMALL_MONEY: Final[Mapping[str, int]] = {
    "SEK": 10, "NOK": 10, "DKK": 10, "CZK": 20, "PLN": 5, "TRY": 40, "UAH": 40, "INR": 80, "RON": 5,
    "ISK": 150, "JPY": 150, "HUF": 400, "KRW": 1500, "RSD": 120,
}  # fmt: skip


def parse_unit(text: object) -> PriceUnit | None:
    """Read a unit such as `EUR/MWh`, `öre/kWh` or `€ per kWh`; None where it is no price of energy. Never raises."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    money, slash, energy = text.casefold().replace(" per ", "/").replace(" ", "").rpartition("/")
    per = _ENERGIES.get(energy)
    if not slash or per is None:
        return None
    if money in _MONIES:
        part, currency = _MONIES[money]
        return PriceUnit(part * per, currency)
    if code := currency_code(money):
        return PriceUnit(per, code)
    return None


def currency_code(text: object) -> str | None:
    """Return an ISO 4217 code where a text is one, or is a sign that stands for one currency only."""
    if not isinstance(text, str):
        return None
    text = text.strip()
    if len(text) == 3 and text.isascii() and text.isalpha():
        return text.upper()
    part, currency = _MONIES.get(text.casefold(), (Decimal(0), None))
    return currency if part == 1 else None


def is_absurd(price: Decimal, currency: str | None) -> bool:
    """Tell whether no kWh has ever cost, or paid, so much."""
    return abs(price) > _ABSURD_PER_KWH * _SMALL_MONEY.get(currency or "", 1)


def plausible_per_kwh(currency: str | None) -> Decimal:
    """Return the price up to which one told without a unit is taken to be per kWh in the main unit.

    What is dearer could be cents per kWh as well as main units per MWh.
    """
    return Decimal(5) * max(1, _SMALL_MONEY.get(currency or "", 1) // 10)
