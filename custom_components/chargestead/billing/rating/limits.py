"""The least and the most that a session costs (OCPI 2.3.0, mod_tariffs, Tariff object, min_price and max_price)."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from ..tariffs import PriceLimit, Tariff
from .bill import Bill, Print, with_correction
from .result import ChargeKind, TaxLine, with_vat

type _Pick = Callable[[Fraction, Fraction], Fraction]
type _Pair = tuple[Fraction, Fraction]


def limited(made: Bill, tariff: Tariff, printing: Print) -> Bill:
    """Return a bill within the limits of a tariff, before and after taxes independently."""
    vat = _only_rate(made.taxes, tariff)
    made = _limited(made, tariff.max_price, ChargeKind.MAX_PRICE, min, vat, printing)
    return _limited(made, tariff.min_price, ChargeKind.MIN_PRICE, max, vat, printing)


def _limited(
    made: Bill,
    limit: PriceLimit | None,
    kind: ChargeKind,
    pick: _Pick,
    vat: Decimal | None,
    printing: Print,
) -> Bill:
    if limit is None:
        return made
    totals = made.totals
    exact = _within((totals.net, totals.gross), limit, pick, vat)
    shown = (Fraction(totals.printed_net), Fraction(totals.printed_gross))
    net, gross = _within(shown, limit, pick, vat)
    printed = printing.rounded(net), printing.rounded(gross)
    if exact == (totals.net, totals.gross) and printed == (
        totals.printed_net,
        totals.printed_gross,
    ):
        return made
    return with_correction(made, kind, exact, printed, printing)


def _within(amounts: _Pair, limit: PriceLimit, pick: _Pick, vat: Decimal | None) -> _Pair:
    """Return both amounts within the limit; one that has none of its own follows the other."""
    net, gross = amounts
    if limit.before_taxes is None:
        if limit.after_taxes is None:
            return amounts
        bounded = pick(gross, Fraction(limit.after_taxes))
        return (net if bounded == gross else _untaxed(bounded, amounts, vat)), bounded
    bounded = pick(net, Fraction(limit.before_taxes))
    if limit.after_taxes is not None:
        return bounded, pick(gross, Fraction(limit.after_taxes))
    return bounded, (gross if bounded == net else _taxed(bounded, amounts, vat))


def _taxed(bounded: Fraction, amounts: _Pair, vat: Decimal | None) -> Fraction:
    net, gross = amounts
    return bounded * gross / net if net else with_vat(bounded, vat)


def _untaxed(bounded: Fraction, amounts: _Pair, vat: Decimal | None) -> Fraction:
    net, gross = amounts
    return bounded * net / gross if gross else bounded / with_vat(Fraction(1), vat)


def _only_rate(taxes: tuple[TaxLine, ...], tariff: Tariff) -> Decimal | None:
    """Return the one VAT there is: that of the bill, or of the tariff where nothing was billed."""
    rates = {tax.vat for tax in taxes} or {
        component.vat for element in tariff.elements for component in element.components
    }
    return rates.pop() if len(rates) == 1 else None
