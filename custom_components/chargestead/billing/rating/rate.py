"""The rating function: total, pure and exact."""

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from typing import Final

from ...model.money import minor_digits
from ...model.session import Session
from ..tariffs import Tariff, TaxIncluded
from .activity import Activities, activities
from .bill import Print, bill
from .charging import Till
from .inputs import Metered, Pricing, Reservation, TariffVersion
from .instants import from_us, span_us, to_us
from .limits import limited
from .periods import cut_into_periods
from .register import Curve, register_curve, resting
from .result import Activity, ChargeKind, Period, RatedSession, Reason
from .rules import in_force, is_valid, make_stretch, since
from .solar import Sunshine, sunshine
from .steps import rounded_up
from .window import Window, plausible, session_window

NO_CURRENCY: Final = "XXX"
"""ISO 4217 for no currency: nothing says what charging costs."""

_NO_TARIFF: Final = Tariff(id="", currency=NO_CURRENCY, elements=())
_NO_VERSIONS: Final = (TariffVersion(_NO_TARIFF),)
_ENERGY: Final = frozenset({ChargeKind.ENERGY, ChargeKind.SOLAR})


def rate(metered: Metered, pricing: Pricing, now: datetime | None = None) -> RatedSession:
    """Return what a session costs, or would if it ended now.

    Never raises: what is missing, contradictory or absurd makes the result provisional, with a reason. The same
    function serves the running session and the final bill. `now` only matters to an open session, whose time runs
    on after its last reading; without it, it runs to what was last heard.

    Sources: OCPI 2.2.1 and 2.3.0, mod_tariffs and mod_cdrs.
    """
    return _Rating(metered, pricing, now).result()


class _Rating:
    """One session on its way to a result."""

    def __init__(self, metered: Metered, pricing: Pricing, now: datetime | None) -> None:
        session = metered.session
        window = None if session is None else session_window(session, metered, now)
        reserved = _reserved(metered.reservation, window)
        windows = [one for one in (reserved, window) if one is not None]
        self._metered = metered
        self._pricing = pricing
        self._reasons = {reason for one in windows for reason in one.reasons}
        self._start = windows[0].start if windows else 0
        self._end = windows[-1].end if windows else 0
        self._versions = in_force(pricing, self._start, self._end) or _NO_VERSIONS
        self._currency = self._versions[0].tariff.currency
        self._uncertainty = Fraction(0)
        self._priced = False
        self._periods: list[Period] = []
        if reserved is not None:
            self._rate_reservation(reserved)
        if session is not None and window is not None:
            self._rate_session(session, window)

    def _rate_reservation(self, window: Window) -> None:
        reservation = self._metered.reservation
        doing = Activities((window.start,), (Activity.RESERVED,))
        self._charge(
            resting(window.start, window.end),
            doing,
            Sunshine(),
            expired=reservation is not None and reservation.expired,
        )

    def _rate_session(self, session: Session, window: Window) -> None:
        versions = self._in_force(window.start, window.end)

        def grace_at(at: int) -> int:
            begun = [version for version in versions if since(version) <= at] or versions
            return span_us(begun[-1].tariff.idle_grace)

        curve = register_curve(session, self._metered.readings, window.start, window.end)
        self._reasons |= curve.reasons
        self._charge(
            curve,
            activities(self._metered.states, window.start, window.end, grace_at),
            sunshine(self._metered.solar, window.start, window.end),
        )

    def _in_force(self, start: int, end: int) -> tuple[TariffVersion, ...]:
        return in_force(self._pricing, start, end) or _NO_VERSIONS

    def _charge(
        self, curve: Curve, doing: Activities, sun: Sunshine, *, expired: bool = False
    ) -> None:
        """Price a stretch of time and take what comes of it."""
        versions = self._in_force(curve.start, curve.end)
        first = versions[0]
        if not is_valid(first.tariff, curve.start) or since(first) > curve.start:
            self._reasons.add(Reason.TARIFF_NOT_IN_FORCE)
        stretch = make_stretch(
            curve, doing, sun, versions, self._currency, self._pricing, expired=expired
        )
        till = Till(stretch)
        minor = Fraction(1, 10 ** minor_digits(self._currency))
        cutting = cut_into_periods(curve, till.pieces(), minor)
        self._periods += cutting.periods
        self._reasons |= till.reasons
        self._uncertainty += cutting.uncertainty
        self._priced = self._priced or till.priced
        if cutting.gap:
            self._reasons.add(Reason.GAP)

    def result(self) -> RatedSession:
        """Return what it comes to."""
        periods = rounded_up(tuple(self._periods))
        tariffs = [version.tariff for version in self._versions]
        with_tax = all(tariff.tax_included is TaxIncluded.YES for tariff in tariffs)
        printing = Print(minor_digits(self._currency), with_tax)
        made = limited(bill(periods, printing), self._limiting(), printing)
        return RatedSession(
            currency=self._currency,
            start=from_us(self._start),
            end=from_us(self._end),
            periods=periods,
            lines=made.lines,
            taxes=made.taxes,
            totals=made.totals,
            energy_mwh=sum(period.energy_mwh for period in periods),
            solar_mwh=sum(period.solar_mwh for period in periods),
            unpriced_mwh=_unpriced(periods),
            uncertainty=self._uncertainty,
            provisional=frozenset(self._reasons | self._missing()),
            tariff_ids=tuple(
                dict.fromkeys(tariff.id for tariff in tariffs if tariff is not _NO_TARIFF)
            ),
            solar_method=None if self._metered.solar is None else self._metered.solar.method,
            printed_with_tax=with_tax,
        )

    def _limiting(self) -> Tariff:
        """Return the tariff the session began with, whose limits were agreed to."""
        if self._metered.session is None:
            return self._versions[0].tariff
        return self._in_force(to_us(self._metered.session.started_at), self._end)[0].tariff

    def _missing(self) -> set[Reason]:
        if self._versions is _NO_VERSIONS:
            return {Reason.NO_TARIFF}
        something = self._end > self._start or any(period.energy_mwh for period in self._periods)
        return {Reason.NOTHING_PRICED} if something and not self._priced else set()


def _reserved(reservation: Reservation | None, session: Window | None) -> Window | None:
    """Return from when to when something was reserved: until the session began, at the latest."""
    if reservation is None:
        return None
    window = plausible(reservation.made_at, reservation.ended_at)
    if session is None or window.end <= session.start:
        return window
    return Window(min(window.start, session.start), session.start, window.reasons)


def _unpriced(periods: Iterable[Period]) -> int:
    return sum(
        charge.volume - charge.rounding
        for period in periods
        for charge in period.charges
        if charge.price is None and charge.kind in _ENERGY
    )
