"""The tariffs that a stretch of time is priced by, made ready."""

from typing import Final

from ..tariffs import Tariff
from .activity import Activities
from .inputs import Pricing, TariffVersion
from .instants import to_us
from .quotes import quotes
from .register import Curve, power_ranks
from .selection import choices, thresholds
from .solar import Sunshine
from .stretch import Stretch, Version

_ALWAYS: Final = -(10**18)


def in_force(pricing: Pricing, start: int, end: int) -> tuple[TariffVersion, ...]:
    """Return the tariffs in force from start to end, in order; the first of all also holds before it begins."""
    ordered = sorted(pricing.tariffs, key=since)
    begun = [version for version in ordered if since(version) <= start]
    first = begun[-1:] or ordered[:1]
    return (*first, *(one for one in ordered if start < since(one) < end and one not in first))


def since(version: TariffVersion) -> int:
    """Return from when on a version holds."""
    return _ALWAYS if version.since is None else to_us(version.since)


def is_valid(tariff: Tariff, at: int) -> bool:
    """Tell whether a session may start under a tariff."""
    return (tariff.valid_from is None or to_us(tariff.valid_from) <= at) and (
        tariff.valid_until is None or at < to_us(tariff.valid_until)
    )


def make_stretch(
    curve: Curve,
    doing: Activities,
    sun: Sunshine,
    versions: tuple[TariffVersion, ...],
    currency: str,
    pricing: Pricing,
    *,
    expired: bool = False,
) -> Stretch:
    """Prepare a stretch of time to be priced in a currency; at least one version."""
    tariffs = tuple(version.tariff for version in versions)
    bounds = thresholds(tariffs, pricing.voltage_v)
    powers = power_ranks(curve, bounds.powers_kw)
    sources = frozenset[str]().union(*(tariff.sources for tariff in tariffs))
    return Stretch(
        curve=curve,
        activities=doing,
        sunshine=sun,
        powers=powers,
        versions=tuple(
            Version(
                since(version),
                version.tariff,
                choices(version.tariff, powers, pricing.voltage_v, expired=expired),
                version.tariff.currency == currency,
            )
            for version in versions
        ),
        thresholds=bounds,
        quotes=quotes(pricing, sources, currency, curve.start, curve.end),
        zone=pricing.zone,
    )
