"""What the price sources quote during a session."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from ..tariffs.price import is_reckonable
from .inputs import Pricing
from .instants import from_us, to_us
from .result import Reason

_ABSURD_BY_CURRENCY: Final = {
    **dict.fromkeys(["EUR", "USD", "GBP", "CHF", "CAD", "AUD", "NZD", "SGD"], Decimal(10)),
    **dict.fromkeys(
        ["SEK", "NOK", "DKK", "CZK", "PLN", "RON", "BGN", "ILS", "BRL", "TRY", "ZAR", "MXN", "UAH"],
        Decimal(100),
    ),
}
_ABSURD: Final = Decimal(1_000_000)


def is_absurd(price: Decimal, currency: str) -> bool:
    """Tell whether a price per kWh cannot be true, as one per MWh taken for one per kWh would be."""
    most = _ABSURD_BY_CURRENCY.get(currency, _ABSURD)
    return price.copy_abs() > most or not is_reckonable(price)


@dataclass(frozen=True, slots=True)
class Quotes:
    """The prices of one source from instants on, and why one is missing."""

    since: tuple[int, ...]
    prices: tuple[Fraction | None, ...]
    reasons: tuple[Reason | None, ...]

    def number_at(self, at: int) -> int:
        """Return the number of the quote that holds at an instant."""
        return max(bisect_right(self.since, at) - 1, 0)


def quotes(
    pricing: Pricing, sources: Iterable[str], currency: str, start: int, end: int
) -> dict[str, Quotes]:
    """Return what each source quotes between two instants in a currency."""
    return {source: _quotes(pricing, source, currency, start, end) for source in sources}


def _quotes(pricing: Pricing, source: str, currency: str, start: int, end: int) -> Quotes:
    quoted = pricing.prices.get(source)
    if quoted is None:
        return _nothing(start, Reason.UNKNOWN_PRICE)
    if quoted.currency != currency:
        return _nothing(start, Reason.CURRENCY_CHANGED)
    spans = list(quoted.series.spans(from_us(start), from_us(max(end, start + 1))))
    return Quotes(
        tuple(to_us(span.start) for span in spans),
        tuple(price for price, _ in _judged((span.price for span in spans), currency)),
        tuple(reason for _, reason in _judged((span.price for span in spans), currency)),
    )


def _nothing(start: int, reason: Reason) -> Quotes:
    return Quotes((start,), (None,), (reason,))


def _judged(
    prices: Iterable[Decimal | None], currency: str
) -> Iterator[tuple[Fraction | None, Reason | None]]:
    for price in prices:
        if price is None:
            yield None, Reason.UNKNOWN_PRICE
        elif is_absurd(price, currency):
            yield None, Reason.ABSURD_PRICE
        else:
            yield Fraction(price), None
