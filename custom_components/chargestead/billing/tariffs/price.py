"""The price of one unit: fixed, from a table of slots, or by a formula on such a table."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

MOST: Final = Decimal(1_000_000_000)
LEAST_DIGIT: Final = -40


def check_number(value: Decimal) -> Decimal:
    """Return a number that can be reckoned with; raises ValueError for NaN, infinity and beyond all measure."""
    if not is_reckonable(value):
        raise ValueError(f"not a number to reckon with: {value}")
    return value


def is_reckonable(value: Decimal) -> bool:
    """Tell whether a number is finite and neither so large nor so fine that reckoning with it would take long."""
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= LEAST_DIGIT and value.copy_abs() <= MOST


@dataclass(frozen=True, slots=True)
class FixedPrice:
    """A price that stays: per kWh, per hour or, for a flat fee, once."""

    amount: Decimal

    def __post_init__(self) -> None:
        """Refuse what cannot be reckoned with."""
        check_number(self.amount)

    @property
    def source(self) -> None:
        """Return that no table is asked."""
        return

    def of(self, quoted: Fraction | None) -> Fraction:  # noqa: ARG002
        """Return the price, whatever is quoted."""
        return Fraction(self.amount)


@dataclass(frozen=True, slots=True)
class TablePrice:
    """The price that a source quotes for the slot."""

    source: str

    def of(self, quoted: Fraction | None) -> Fraction | None:
        """Return the price, None where the source quotes none."""
        return quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class FormulaPrice:
    """`factor` times the quoted price plus `surcharge`, kept between `floor` and `cap`; all per unit.

    `source_vat` is the percentage of VAT that the quoted prices contain; it is taken out of them first.
    """

    source: str
    factor: Decimal = Decimal(1)
    surcharge: Decimal = Decimal(0)
    floor: Decimal | None = None
    cap: Decimal | None = None
    source_vat: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        """Refuse what cannot be reckoned with."""
        for value in (self.factor, self.surcharge, self.floor, self.cap, self.source_vat):
            if value is not None:
                check_number(value)
        if self.source_vat <= -100:
            raise ValueError(f"no VAT: {self.source_vat}")
        if self.floor is not None and self.cap is not None and self.floor > self.cap:
            raise ValueError(f"the floor {self.floor} is above the cap {self.cap}")

    def of(self, quoted: Fraction | None) -> Fraction | None:
        """Return the price, None where the source quotes none."""
        if quoted is None:
            return None
        bare = quoted * 100 / (100 + Fraction(self.source_vat))
        price = Fraction(self.factor) * bare + Fraction(self.surcharge)
        if self.floor is not None:
            price = max(price, Fraction(self.floor))
        if self.cap is not None:
            price = min(price, Fraction(self.cap))
        return price


type Price = FixedPrice | TablePrice | FormulaPrice
