"""A stretch of time under one set of rules: a session or a reservation."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import NamedTuple

from ..tariffs import Tariff
from .activity import Activities
from .instants import from_us
from .quotes import Quotes
from .register import Curve, PowerRanks
from .selection import Choices, Moment, Thresholds
from .solar import Sunshine
from .wallclock import wall_clock_cuts


class Cut(NamedTuple):
    """Where a period may end: an instant, the energy reached there, and whether reaching that energy is why."""

    at: int
    energy_mwh: int
    crossing: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """A tariff from an instant on, ready to be asked."""

    since: int
    tariff: Tariff
    choices: Choices
    in_currency: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """All that is known of a stretch of time and of the rules it is priced by; at least one version."""

    curve: Curve
    activities: Activities
    sunshine: Sunshine
    powers: PowerRanks
    versions: tuple[Version, ...]
    thresholds: Thresholds
    quotes: dict[str, Quotes]
    zone: tzinfo

    def cuts(self) -> list[Cut]:
        """Return everything that may matter, from start to end and in order."""
        curve = self.curve
        cuts = {
            Cut(at, curve.at(at)) for at in set(self._instants()) if curve.start < at < curve.end
        }
        for energy_mwh in self.thresholds.energies_mwh:
            if (at := curve.reached(energy_mwh)) is not None:
                cuts.discard(Cut(at, energy_mwh))
                cuts.add(Cut(at, energy_mwh, crossing=True))
        return [Cut(curve.start, 0), *sorted(cuts), Cut(curve.end, curve.total_mwh)]

    def _instants(self) -> Iterator[int]:
        start, end = self.curve.start, self.curve.end
        if self.thresholds.times_of_day:
            yield from wall_clock_cuts(start, end, self.zone, self.thresholds.times_of_day)
        yield from (start + duration for duration in self.thresholds.durations)
        yield from (version.since for version in self.versions)
        yield from self.activities.since
        yield from self.sunshine.since
        yield from self.powers.edges
        for quotes in self.quotes.values():
            yield from quotes.since

    def version_at(self, at: int) -> Version:
        """Return the tariff that holds at an instant."""
        number = bisect_right([version.since for version in self.versions], at)
        return self.versions[max(number - 1, 0)]

    def moment(self, cut: Cut) -> Moment:
        """Return what restrictions ask about from a cut on."""
        return Moment(
            local=from_us(cut.at).astimezone(self.zone),
            elapsed=cut.at - self.curve.start,
            energy_mwh=cut.energy_mwh,
            power_rank=self.powers.at(self.curve, cut.at),
        )
