"""From pieces to periods: what matters not is joined, and each boundary tells how sure it is."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from .charging import Piece
from .instants import HOUR, SECOND, from_us
from .register import Curve
from .result import Boundary, BoundaryKind, Charge, ChargeKind, Period

_GAP_US: Final = 960 * SECOND
_FLAT: Final = frozenset({ChargeKind.FLAT, ChargeKind.RESERVATION_FLAT})
_MWH: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Cutting:
    """The periods of a stretch, and whether a boundary worth `matters` or more lies in a gap between readings."""

    periods: tuple[Period, ...]
    uncertainty: Fraction
    gap: bool


def cut_into_periods(curve: Curve, pieces: Iterable[Piece], matters: Fraction) -> Cutting:
    """Join pieces that cost alike; `matters` is the minor unit of the currency."""
    periods: list[Period] = []
    uncertainty = Fraction(0)
    gap = False
    before: Piece | None = None
    for piece in pieces:
        boundary = _boundary(curve, before, piece)
        if before is not None:
            uncertainty += boundary.worst_cost
            gap = gap or (boundary.worst_cost >= matters and _in_gap(curve, piece.start.at))
        if periods and not boundary.worst_cost and _alike(periods[-1], piece):
            periods[-1] = _joined(periods[-1], piece)
        else:
            periods.append(_period(piece, boundary))
        before = piece
    return Cutting(tuple(periods), uncertainty, gap)


def _in_gap(curve: Curve, at: int) -> bool:
    since, _, until, _ = curve.bracket(at)
    return until - since > _GAP_US


def _boundary(curve: Curve, before: Piece | None, piece: Piece) -> Boundary:
    """Tell how the register at the start of a piece is known, and what that can be worth at most."""
    at, energy_mwh, crossing = piece.start
    kind = curve.kind(at)
    if before is None or kind is not BoundaryKind.INTERPOLATED:
        return Boundary(from_us(at), kind)
    since, least, until, most = curve.bracket(at)
    if crossing:
        time_error = max(at - since, until - at)
        worst = _difference(before.hourly, piece.hourly) * time_error / HOUR
        return Boundary(from_us(at), kind, 0, worst)
    error_mwh = max(energy_mwh - least, most - energy_mwh)
    worst = _difference(before.marginal, piece.marginal) * error_mwh / _MWH
    return Boundary(from_us(at), kind, error_mwh, worst)


def _difference(one: Fraction | None, other: Fraction | None) -> Fraction:
    """Return how far two prices are apart, 0 where one is unknown and so says enough by itself."""
    return Fraction(0) if one is None or other is None else abs(one - other)


def _alike(period: Period, piece: Piece) -> bool:
    if period.activity is not piece.activity:
        return False
    own = [charge for charge in period.charges if charge.kind not in _FLAT]
    return len(own) == len(piece.charges) and all(
        _priced_alike(one, other) for one, other in zip(own, piece.charges, strict=True)
    )


def _priced_alike(one: Charge, other: Charge) -> bool:
    return (
        one.kind is other.kind
        and one.price == other.price
        and one.vat == other.vat
        and one.tariff_id == other.tariff_id
        and one.source == other.source
        and one.step_size == other.step_size
    )


def _joined(period: Period, piece: Piece) -> Period:
    volumes = {charge.kind: charge.volume for charge in piece.charges}
    return replace(
        period,
        end=from_us(piece.end.at),
        energy_mwh=period.energy_mwh + piece.end.energy_mwh - piece.start.energy_mwh,
        solar_mwh=period.solar_mwh + piece.solar_mwh,
        charges=tuple(
            replace(charge, volume=charge.volume + volumes.get(charge.kind, 0))
            for charge in period.charges
        ),
    )


def _period(piece: Piece, starts: Boundary) -> Period:
    return Period(
        start=from_us(piece.start.at),
        end=from_us(piece.end.at),
        activity=piece.activity,
        energy_mwh=piece.end.energy_mwh - piece.start.energy_mwh,
        solar_mwh=piece.solar_mwh,
        charges=piece.charges,
        starts=starts,
    )
