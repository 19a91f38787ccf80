"""A tariff: ordered elements of price components (OCPI 2.2.1 and 2.3.0, mod_tariffs).

Beyond OCPI a price may come from a table of slots, solar energy may have a price of its own, and idle time may begin
only after a grace period.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from .price import Price, check_number
from .restrictions import UNRESTRICTED, Restrictions


class Dimension(StrEnum):
    """What is priced: energy per kWh, charging time and idle time per hour, a fee once."""

    ENERGY = "ENERGY"
    TIME = "TIME"
    PARKING_TIME = "PARKING_TIME"
    FLAT = "FLAT"


class TaxIncluded(StrEnum):
    """Whether the prices of a tariff contain tax (OCPI 2.3.0, TaxIncluded); 2.2.1 knows only NO."""

    YES = "YES"
    NO = "NO"
    NOT_APPLICABLE = "N/A"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceComponent:
    """The price of one dimension.

    `vat` is a percentage, None where no VAT applies. `step_size` is in Wh or seconds and counts once per session;
    0 bills what was measured.
    """

    dimension: Dimension
    price: Price
    vat: Decimal | None = None
    step_size: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be reckoned with."""
        if self.vat is not None and check_number(self.vat) <= -100:
            raise ValueError(f"no VAT: {self.vat}")
        if self.step_size < 0:
            raise ValueError(f"no step: {self.step_size}")


@dataclass(frozen=True, slots=True)
class TariffElement:
    """Price components that share their restrictions."""

    components: tuple[PriceComponent, ...]
    restrictions: Restrictions = UNRESTRICTED


@dataclass(frozen=True, slots=True, kw_only=True)
class SolarPrice:
    """What a kWh of own solar energy costs, in place of the energy price that holds at that moment.

    Taken as the tariff's other prices are: with or without tax. Where no energy price holds, solar energy is free too.
    """

    price: Price
    vat: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be reckoned with."""
        if self.vat is not None and check_number(self.vat) <= -100:
            raise ValueError(f"no VAT: {self.vat}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceLimit:
    """A bound on what a session costs; the two amounts bind independently (OCPI 2.3.0, PriceLimit).

    Without `after_taxes` the tax follows the bounded amount in proportion.
    """

    before_taxes: Decimal | None = None
    after_taxes: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be reckoned with."""
        for value in (self.before_taxes, self.after_taxes):
            if value is not None:
                check_number(value)


NO_GRACE: Final = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What charging costs: per dimension the first element whose restrictions hold and that prices it.

    `valid_from` (inclusive) and `valid_until` (exclusive) bound when a session may start under this tariff. Time that
    the vehicle idles costs PARKING_TIME once `idle_grace` has passed since it began to idle.
    """

    id: str
    currency: str
    elements: tuple[TariffElement, ...]
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    tax_included: TaxIncluded = TaxIncluded.NO
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    solar: SolarPrice | None = None
    idle_grace: timedelta = NO_GRACE

    @property
    def sources(self) -> frozenset[str]:
        """Return the price sources it needs."""
        prices = [component.price for element in self.elements for component in element.components]
        if self.solar is not None:
            prices.append(self.solar.price)
        return frozenset(price.source for price in prices if price.source is not None)
