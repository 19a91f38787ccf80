"""From periods to lines, taxes and totals: exact, and rounded for print.

Each printed line is rounded half-up. VAT is computed per rate, on the sum of the printed lines (EN 16931, BR-CO-17),
and totals are sums of what is printed. Where a tariff's prices contain tax, so do the printed lines, and VAT is taken
out of their sum.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from ...model.money import round_half_up
from .result import Charge, ChargeKind, Line, Period, TaxLine, Totals, with_vat


@dataclass(frozen=True, slots=True)
class Print:
    """How amounts are printed: with so many decimals, and lines after taxes or before."""

    digits: int
    with_tax: bool

    def rounded(self, amount: Fraction) -> Decimal:
        """Return an amount as it is printed."""
        return round_half_up(amount, self.digits)


@dataclass(frozen=True, slots=True)
class Bill:
    """What periods come to."""

    lines: tuple[Line, ...]
    taxes: tuple[TaxLine, ...]
    totals: Totals


def bill(periods: Iterable[Period], printing: Print) -> Bill:
    """Add up periods."""
    lines = tuple(_lines(periods, printing))
    taxes = tuple(_taxes(lines, printing))
    return Bill(
        lines,
        taxes,
        Totals(
            net=sum((line.net for line in lines), Fraction(0)),
            gross=sum((line.gross for line in lines), Fraction(0)),
            printed_net=_sum(line.net for line in taxes),
            printed_tax=_sum(line.tax for line in taxes),
            printed_gross=_sum(line.gross for line in taxes),
        ),
    )


def with_correction(
    made: Bill,
    kind: ChargeKind,
    exact: tuple[Fraction, Fraction],
    printed: tuple[Decimal, Decimal],
    printing: Print,
) -> Bill:
    """Return a bill brought to other totals (net and gross) by a line of its own.

    What it changes in the taxes belongs to the only VAT rate there is, or else to none.
    """
    totals = made.totals
    net, gross = printed[0] - totals.printed_net, printed[1] - totals.printed_gross
    vat = made.taxes[0].vat if len(made.taxes) == 1 else None
    line = Line(
        kind=kind,
        vat=vat,
        volume=1,
        rounding=0,
        net=exact[0] - totals.net,
        gross=exact[1] - totals.gross,
        printed=gross if printing.with_tax else net,
    )
    tax = TaxLine(vat=vat, net=net, tax=gross - net, gross=gross)
    taxes = (_added(made.taxes[0], tax),) if len(made.taxes) == 1 else (*made.taxes, tax)
    return Bill(
        (*made.lines, line),
        taxes,
        Totals(
            net=exact[0],
            gross=exact[1],
            printed_net=printed[0],
            printed_tax=printed[1] - printed[0],
            printed_gross=printed[1],
        ),
    )


def _added(one: TaxLine, other: TaxLine) -> TaxLine:
    return replace(
        one, net=one.net + other.net, tax=one.tax + other.tax, gross=one.gross + other.gross
    )


def _lines(periods: Iterable[Period], printing: Print) -> Iterable[Line]:
    """Tell one line per dimension and VAT rate, in the order in which they first occur."""
    grouped: dict[tuple[ChargeKind, Decimal | None], list[Charge]] = {}
    for period in periods:
        for charge in period.charges:
            grouped.setdefault((charge.kind, charge.vat), []).append(charge)
    for (kind, vat), charges in grouped.items():
        net = _cost(charges)
        gross = with_vat(net, vat)
        yield Line(
            kind=kind,
            vat=vat,
            volume=sum(charge.volume for charge in charges),
            rounding=sum(charge.rounding for charge in charges),
            net=net,
            gross=gross,
            printed=printing.rounded(gross if printing.with_tax else net),
        )


def _cost(charges: Sequence[Charge]) -> Fraction:
    """Return what charges of one kind cost before taxes; equal prices are added up first, which is cheap."""
    volumes: dict[Fraction, int] = {}
    for charge in charges:
        if charge.price is not None:
            volumes[charge.price] = volumes.get(charge.price, 0) + charge.volume
    cost = sum((price * volume for price, volume in volumes.items()), Fraction(0))
    return cost / charges[0].kind.units


def _taxes(lines: Iterable[Line], printing: Print) -> Iterable[TaxLine]:
    printed: dict[Decimal | None, Decimal] = {}
    for line in lines:
        printed[line.vat] = printed.get(line.vat, Decimal(0)) + line.printed
    for vat, amount in printed.items():
        if printing.with_tax:
            net = printing.rounded(Fraction(amount) / with_vat(Fraction(1), vat))
            yield TaxLine(vat=vat, net=net, tax=amount - net, gross=amount)
        else:
            tax = printing.rounded(with_vat(Fraction(amount), vat) - Fraction(amount))
            yield TaxLine(vat=vat, net=amount, tax=tax, gross=amount + tax)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
