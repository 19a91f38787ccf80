"""Asking for readings where prices change."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from types import MappingProxyType

import pytest

from custom_components.chargestead.billing.tariffs import Tariff
from custom_components.chargestead.billing.tariffs.home import (
    Formula,
    Terms,
    Window,
    dynamic_tariff,
    fixed_tariff,
    time_of_use_tariff,
)
from custom_components.chargestead.model.station import (
    ConfigurationValue,
    ConnectorState,
    StationState,
)
from custom_components.chargestead.site.costs import EdgeReadings
from custom_components.chargestead.site.costs.edges import wants_edges
from tests.billing.stories import ManualClock

TERMS = Terms(id="home", currency="EUR")
FIXED = fixed_tariff(TERMS, Decimal("0.30"))
DYNAMIC = dynamic_tariff(TERMS, Formula(source="spot"))


@dataclass
class Station:
    """A station with two connectors; a session runs at the second."""

    interval: str | None = None
    connected: bool = True
    asked: list[int] = field(default_factory=list)

    @property
    def state(self) -> StationState:
        """Return it as it is."""
        configuration = {}
        if self.interval is not None:
            configuration["ClockAlignedDataInterval"] = ConfigurationValue(value=self.interval)
        return StationState(
            station_id="CP-1",
            connected=self.connected,
            connectors=MappingProxyType(
                {number: ConnectorState(connector_id=number) for number in (1, 2)}
            ),
            configuration=MappingProxyType(configuration),
        )

    def ask_for_readings(self, connector_id: int) -> None:
        """Note what is asked."""
        self.asked.append(connector_id)


@dataclass
class Edges:
    """A house with one station."""

    clock: ManualClock
    station: Station = field(default_factory=Station)
    tariff: Tariff = DYNAMIC

    def __post_init__(self) -> None:
        """Begin."""
        self.readings = EdgeReadings(self.clock, lambda: [self.station], self._tariff_at)

    def _tariff_at(self, station_id: str, connector_id: int) -> Tariff | None:
        return self.tariff if (station_id, connector_id) == ("CP-1", 2) else None


@pytest.fixture
def edges(clock: ManualClock) -> Iterator[Edges]:
    """Return a house ten seconds before a quarter of an hour."""
    clock.seconds = 890
    edges = Edges(clock)
    yield edges
    edges.readings.stop()
    assert clock.waiting == 0


def test_a_station_in_session_is_asked_at_every_quarter_of_the_clock(edges: Edges) -> None:
    edges.clock.advance(9)
    assert edges.station.asked == []
    edges.clock.advance(1)
    assert edges.station.asked == [2]
    for _ in range(4):
        edges.clock.advance(900)
    assert edges.readings.asked == 5


@pytest.mark.parametrize(("interval", "count"), [("900", 0), ("60", 0), (" 300 ", 0)])
def test_a_station_that_reads_by_the_clock_is_left_alone(
    edges: Edges, interval: str, count: int
) -> None:
    edges.station.interval = interval
    edges.clock.advance(900)
    assert len(edges.station.asked) == count


@pytest.mark.parametrize("interval", ["0", "3600", "7", "-900", "", "often"])
def test_one_that_reads_too_seldom_or_beside_the_quarters_is_asked(
    edges: Edges, interval: str
) -> None:
    edges.station.interval = interval
    edges.clock.advance(900)
    assert edges.station.asked == [2]


def test_a_station_that_is_away_is_not_asked(edges: Edges) -> None:
    edges.station.connected = False
    edges.clock.advance(900)
    assert edges.station.asked == []


def test_a_price_that_never_changes_asks_for_nothing(edges: Edges) -> None:
    edges.tariff = FIXED
    edges.clock.advance(900)
    assert edges.station.asked == []


@pytest.mark.parametrize(
    ("tariff", "wants"),
    [
        (FIXED, False),
        (DYNAMIC, True),
        (fixed_tariff(Terms(id="home", currency="EUR", solar=Decimal(0)), Decimal(1)), True),
        (
            time_of_use_tariff(
                TERMS,
                [Window(amount=Decimal("0.2"), start=time(22), end=time(6))],
                otherwise=Decimal("0.3"),
            ),
            True,
        ),
    ],
)
def test_edges_matter_where_the_price_depends_on_the_time(tariff: Tariff, wants: bool) -> None:  # noqa: FBT001
    assert wants_edges(tariff) is wants
