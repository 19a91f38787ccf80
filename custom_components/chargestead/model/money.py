"""Amounts of money: exact as fractions, rounded once, where they are printed."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

_MINOR_DIGITS: Final = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}


def minor_digits(currency: str) -> int:
    """Return the decimals that amounts of a currency have (ISO 4217)."""
    return _MINOR_DIGITS.get(currency, 2)


def round_half_up(amount: Fraction, digits: int) -> Decimal:
    """Return an amount with so many decimals; halves go away from zero, so that a credit mirrors its bill."""
    scaled = abs(amount) * 10**digits
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return from_minor(-whole if amount < 0 else whole, digits)


def from_minor(units: int, digits: int) -> Decimal:
    """Return so many minor units of a currency as an amount."""
    return Decimal(f"{units}E-{digits}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What something costs, rounded as it is printed; `provisional` while it may still change."""

    currency: str
    before_taxes: Decimal
    taxes: Decimal
    after_taxes: Decimal
    provisional: bool = False
