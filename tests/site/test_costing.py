"""From events to money: while a session runs, when it ends, and again when more is known."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from custom_components.chargestead.billing.ledger import Ledger, SessionCost, SolarLearned
from custom_components.chargestead.billing.tariffs.home import (
    Formula,
    Terms,
    dynamic_tariff,
    fixed_tariff,
)
from custom_components.chargestead.model.events import (
    CostChanged,
    Event,
    LimitChanged,
    SessionEnded,
    SessionStarted,
    SessionUpdated,
    StationConnected,
    StationDisconnected,
    StatusChanged,
)
from custom_components.chargestead.model.limit import Limit, LimitReason
from custom_components.chargestead.model.ports import Kept
from custom_components.chargestead.model.price import PriceSlot
from custom_components.chargestead.model.reading import MeterReading
from custom_components.chargestead.model.session import Session
from custom_components.chargestead.model.station import ConnectorState, ConnectorStatus
from custom_components.chargestead.site.costs import CostConfig, Costing, Total
from tests.billing.stories import NOON, STATION, ManualClock, after, make_session

ZONE = ZoneInfo("Europe/Amsterdam")
KWH = 1_000_000


def fixed(price: str = "0.30", **terms: object) -> CostConfig:
    """Return a house with one price."""
    tariff = fixed_tariff(Terms(id="home", currency="EUR", **terms), Decimal(price))  # type: ignore[arg-type]
    return CostConfig(tariffs={"home": tariff}, default="home", zone=ZONE)


def dynamic(**terms: object) -> CostConfig:
    """Return a house whose price is that of a source plus 10 ct."""
    tariff = dynamic_tariff(
        Terms(id="home", currency="EUR", **terms),  # type: ignore[arg-type]
        Formula(source="spot", surcharge=Decimal("0.10")),
    )
    return CostConfig(tariffs={"home": tariff}, default="home", zone=ZONE)


def hours(first: int, *prices: str) -> tuple[PriceSlot, ...]:
    """Return hourly prices from that many hours after noon on."""
    return tuple(
        PriceSlot(
            NOON + timedelta(hours=first + number), NOON + timedelta(hours=first + number + 1),
            Decimal(price),
        )
        for number, price in enumerate(prices)
    )  # fmt: skip


@dataclass
class House:
    """A costing on a real ledger that is told of events, and can be thrown away and begun anew."""

    clock: ManualClock
    ledger: Ledger
    config: CostConfig
    told: list[Event] = field(default_factory=list)
    connector: ConnectorState = field(default_factory=lambda: ConnectorState(connector_id=1))

    async def begin(self) -> House:
        """Start, as from a ledger that was closed properly."""
        await self.ledger.checkpoint()
        self.costing = Costing(
            clock=self.clock, ledger=self.ledger, publish=self._told, connectors=self._connectors
        )
        await self.costing.start(self.config)
        for session in await self.ledger.open_sessions(STATION):
            self.costing.resume(session)
        self.costing.follow(STATION, 1)
        await self.settle()
        return self

    async def restart(self) -> None:
        """Lose everything but the database."""
        await self.costing.stop()
        await self.begin()

    def _told(self, event: Event) -> Kept | None:
        self.told.append(event)
        return None

    def _connectors(self, station_id: str) -> Iterable[ConnectorState]:
        return [self.connector] if station_id == STATION else []

    async def tell(self, event: Event) -> None:
        """Let something happen, and wait for what follows."""
        self.costing.handle(event, self.ledger.keep(event))
        await self.settle()

    async def settle(self) -> None:
        await self.costing.settled()

    async def pass_time(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance(seconds)
        await self.settle()

    async def start(self, session: Session) -> None:
        await self.tell(SessionStarted(station_id=STATION, at=session.started_at, session=session))

    async def read(self, session: Session, seconds: float, register_mwh: int) -> Session:
        """Let the register be read; returns the session after it."""
        session = replace(session, register_last_mwh=register_mwh, register_last_at=after(seconds))
        reading = MeterReading(at=after(seconds), register_mwh=register_mwh)
        await self.tell(
            SessionUpdated(
                station_id=STATION, at=after(seconds), session=session, readings=(reading,)
            )
        )
        return session

    async def end(self, session: Session, seconds: float, register_mwh: int) -> Session:
        """Let a session end."""
        session = replace(
            session,
            ended_at=after(seconds),
            register_stop_mwh=register_mwh,
            register_last_mwh=register_mwh,
            register_last_at=after(seconds),
        )
        reading = MeterReading(at=after(seconds), register_mwh=register_mwh)
        await self.tell(
            SessionEnded(
                station_id=STATION, at=after(seconds), session=session, readings=(reading,)
            )
        )
        return session

    async def show(self, status: ConnectorStatus, seconds: float) -> None:
        """Let the connector change its status."""
        self.connector = replace(self.connector, status=status)
        await self.tell(
            StatusChanged(station_id=STATION, at=after(seconds), connector_id=1, status=status)
        )

    def cost(self) -> SessionCost:
        """Return what the session of the connector costs."""
        cost = self.costing.session_cost(STATION, 1)
        assert cost is not None
        return cost

    def amount(self) -> Decimal:
        """Return the same after taxes."""
        return self.cost().cost.after_taxes


@pytest.fixture
async def house(ledger: Ledger, clock: ManualClock) -> AsyncIterator[House]:
    """Return a house with a fixed price of 30 ct."""
    house = await House(clock=clock, ledger=ledger, config=fixed()).begin()
    yield house
    await house.costing.stop()


def session_at(number: int = 1, register_kwh: int = 100) -> Session:
    """Return a session that begins as many minutes after noon as its number says, at a register of whole kWh."""
    return make_session(
        number, started_at=after(60 * number), register_start_mwh=register_kwh * KWH
    )


async def test_the_cost_of_a_running_session_follows_its_register(house: House) -> None:
    session = session_at()
    await house.start(session)
    assert house.amount() == 0

    await house.pass_time(1200)
    session = await house.read(session, 1200, 110 * KWH)
    await house.pass_time(15)
    assert house.amount() == Decimal("3.00")
    assert house.cost().provisional == {"open"}
    assert house.costing.month_cost() == Total(Decimal("3.00"), provisional=True)
    assert house.costing.total_cost(STATION, 1) == Total(Decimal("3.00"), provisional=True)

    await house.pass_time(1200)
    await house.end(session, 2400, 120 * KWH)
    assert house.amount() == Decimal("6.00")
    assert house.cost().provisional == frozenset()
    assert house.costing.month_cost() == Total(Decimal("6.00"))
    assert house.costing.total_cost(STATION, 1) == Total(Decimal("6.00"))
    told = [event.cost.after_taxes for event in house.told if isinstance(event, CostChanged)]
    assert list(dict.fromkeys(told)) == [Decimal(0), Decimal("3.00"), Decimal("6.00")]


async def test_readings_every_second_are_rated_every_quarter_of_a_minute(house: House) -> None:
    session = session_at()
    await house.start(session)
    for second in range(60, 120):
        await house.pass_time(1)
        session = await house.read(session, second, 100 * KWH + second * 1000)
    assert len(house.told) <= 6
    await house.pass_time(15)
    assert house.cost().energy_mwh == 119_000


@pytest.mark.parametrize("restarts", [0, 1, 5])
async def test_a_restart_in_the_middle_changes_no_cent(house: House, restarts: int) -> None:
    house.config = dynamic(vat=Decimal(21))
    house.costing.configure(house.config)
    house.costing.learn_prices("spot", "EUR", hours(0, "0.2013", "-0.0471", "0.3337", "0.0999"))
    session = session_at()
    await house.start(session)
    for minute in range(2, 200):
        await house.pass_time(60)
        session = await house.read(session, 60 * minute, 100 * KWH + minute * minute * 777)
        if restarts and minute % (200 // (restarts + 1)) == 0:
            await house.pass_time(15)
            before = (house.cost(), house.costing.month_cost())
            await house.restart()
            assert (house.cost(), house.costing.month_cost()) == before
    await house.end(session, 60 * 200, 100 * KWH + 200 * 200 * 777)

    assert house.amount() == Decimal("8.53")
    assert house.cost().provisional == frozenset()
    assert house.costing.month_cost() == Total(Decimal("8.53"))


async def test_a_session_that_ended_while_we_were_dying_is_rated_at_the_next_start(
    house: House,
) -> None:
    session = session_at()
    await house.start(session)
    await house.costing.stop()
    await house.end(session, 600, 110 * KWH)
    assert house.amount() == 0

    await house.begin()

    assert house.amount() == Decimal("3.00")
    assert house.costing.total_cost(STATION, 1) == Total(Decimal("3.00"))
    await house.restart()
    assert house.amount() == Decimal("3.00")


async def test_a_session_keeps_the_tariff_it_began_with(house: House) -> None:
    session = session_at()
    await house.start(session)
    house.config = fixed("0.50")
    house.costing.configure(house.config)
    await house.pass_time(60)
    await house.restart()
    await house.end(session, 600, 110 * KWH)
    assert house.amount() == Decimal("3.00")

    second = session_at(20, 110)
    await house.start(second)
    await house.end(second, 1800, 120 * KWH)
    assert house.amount() == Decimal("5.00")


async def test_an_unknown_price_makes_a_cost_provisional_until_it_is_known(house: House) -> None:
    house.config = dynamic()
    house.costing.configure(house.config)
    house.costing.learn_prices("spot", "EUR", hours(0, "0.20"))
    session = replace(session_at(), started_at=NOON)
    await house.start(session)
    session = await house.read(session, 3600, 110 * KWH)
    await house.end(session, 7200, 120 * KWH)
    assert house.cost().provisional == {"unknown_price"}
    assert house.amount() == Decimal("3.00")
    assert house.cost().unpriced_mwh == 10 * KWH
    assert house.costing.month_cost() == Total(Decimal("3.00"), provisional=True)

    house.costing.learn_prices("spot", "EUR", hours(1, "0.40"))
    await house.settle()

    assert house.cost().provisional == frozenset()
    assert house.amount() == Decimal("8.00")
    assert house.costing.month_cost() == Total(Decimal("8.00"))


async def test_prices_in_another_currency_never_price_anything(house: House) -> None:
    house.config = dynamic()
    house.costing.configure(house.config)
    house.costing.learn_prices("spot", "SEK", hours(0, "2.00"))
    session = session_at()
    await house.start(session)
    await house.end(session, 600, 110 * KWH)
    assert house.cost().provisional == {"currency_changed"}
    assert house.amount() == 0

    house.costing.learn_prices("spot", "EUR", hours(0, "0.20"))
    await house.settle()
    assert house.amount() == Decimal("3.00")


async def test_a_pause_of_ours_costs_no_idle_time_and_one_of_the_car_does(house: House) -> None:
    house.config = fixed("0", idle=Decimal(6))
    house.costing.configure(house.config)
    session = replace(session_at(), started_at=NOON)
    await house.show(ConnectorStatus.CHARGING, 0)
    await house.start(session)

    house.connector = replace(
        house.connector, limit=Limit(current_a=0, reason=LimitReason.PAUSED, since=after(600))
    )
    await house.tell(LimitChanged(station_id=STATION, at=after(600), connector_id=1))
    await house.show(ConnectorStatus.SUSPENDED_EV, 601)
    await house.pass_time(1200)
    house.connector = replace(house.connector, limit=None)
    await house.tell(LimitChanged(station_id=STATION, at=after(1200), connector_id=1))
    await house.show(ConnectorStatus.CHARGING, 1200)
    await house.show(ConnectorStatus.SUSPENDED_EV, 1800)
    await house.end(session, 2400, 110 * KWH)

    assert house.amount() == Decimal("1.00")
    assert house.cost().provisional == frozenset()


async def test_what_a_car_did_while_its_station_was_out_of_reach_is_not_made_up(
    house: House,
) -> None:
    house.config = fixed("0", idle=Decimal(6))
    house.costing.configure(house.config)
    session = replace(session_at(), started_at=NOON)
    await house.show(ConnectorStatus.SUSPENDED_EV, 0)
    await house.start(session)
    await house.tell(StationDisconnected(station_id=STATION, at=after(600)))
    await house.tell(StationConnected(station_id=STATION, at=after(1200)))
    await house.end(session, 1800, 110 * KWH)

    assert house.amount() == Decimal("2.00")
    assert house.cost().provisional == {"unknown_state"}


async def test_solar_energy_has_its_own_price_once_its_share_is_known(house: House) -> None:
    house.config = fixed("0.30", solar=Decimal("0.08"))
    house.costing.solar_now = lambda: None
    house.costing.configure(house.config)
    session = replace(session_at(), started_at=NOON)
    await house.start(session)
    await house.end(session, 900, 110 * KWH)
    assert house.cost().provisional == {"unknown_solar"}
    assert house.amount() == Decimal("3.00")

    house.costing.learn_solar(
        SolarLearned(at=after(900), start=NOON, end=after(900), share=Fraction(1, 2), method="1")
    )
    await house.settle()

    assert house.amount() == Decimal("1.90")
    assert house.cost().solar_share == Fraction(1, 2)
    assert house.cost().provisional == frozenset()


async def test_the_slot_that_is_not_over_counts_with_what_is_known_of_it(house: House) -> None:
    house.config = fixed("0.30", solar=Decimal(0))
    house.costing.solar_now = lambda: SolarLearned(
        at=after(600), start=NOON, end=after(900), share=Fraction(1), method="1"
    )
    house.costing.configure(house.config)
    session = replace(session_at(), started_at=NOON)
    await house.start(session)
    await house.pass_time(600)
    await house.read(session, 600, 110 * KWH)
    assert house.amount() == 0
    assert house.cost().solar_share == 1


async def test_a_session_delivered_late_counts_in_the_month_it_ended_in(
    house: House,
) -> None:
    last_month = datetime(2026, 2, 28, 22, 30, tzinfo=UTC)
    assert last_month.astimezone(ZONE).month == 2
    for number, minutes in ((1, 20), (2, 45)):
        session = replace(make_session(number), started_at=last_month, register_start_mwh=100 * KWH)
        seconds = (last_month - NOON).total_seconds() + 60 * minutes
        await house.start(session)
        await house.end(session, seconds, 110 * KWH)

    assert house.costing.month_cost() == Total(Decimal("3.00"))
    assert house.costing.total_cost(STATION, 1) == Total(Decimal("6.00"))


async def test_the_price_now_is_looked_up_when_the_hour_turns(house: House) -> None:
    house.config = dynamic(vat=Decimal(21), tax_included=False)
    house.costing.configure(house.config)
    house.costing.learn_prices("spot", "EUR", hours(0, "0.20", "0.40"))
    await house.settle()
    assert house.costing.price_now == {"home": Decimal("0.3630")}

    await house.pass_time(3600 + 6)
    assert house.costing.price_now == {"home": Decimal("0.6050")}

    await house.pass_time(3600)
    assert house.costing.price_now == {"home": None}


async def test_without_a_tariff_nothing_is_priced_and_nothing_is_asked(house: House) -> None:
    house.config = CostConfig(zone=ZONE)
    house.costing.configure(house.config)
    session = session_at()
    await house.start(session)
    session = await house.read(session, 600, 110 * KWH)
    assert house.costing.session_cost(STATION, 1) is None
    assert house.costing.month_cost() is None

    house.config = fixed()
    house.costing.configure(house.config)
    await house.settle()
    await house.end(session, 900, 120 * KWH)
    assert house.amount() == Decimal("6.00")


async def test_a_station_can_have_a_tariff_of_its_own(house: House) -> None:
    own = fixed_tariff(Terms(id="guests", currency="EUR"), Decimal(1))
    house.config = replace(
        house.config,
        tariffs={**house.config.tariffs, "guests": own},
        by_station={STATION: "guests"},
    )
    house.costing.configure(house.config)
    session = session_at()
    await house.start(session)
    await house.end(session, 600, 110 * KWH)
    assert house.amount() == Decimal("10.00")


async def test_readings_that_arrive_after_the_end_correct_the_cost_and_keep_the_first(
    house: House,
) -> None:
    house.config = dynamic()
    house.costing.configure(house.config)
    house.costing.learn_prices("spot", "EUR", hours(0, "0.20", "0.40"))
    session = replace(session_at(), started_at=NOON)
    await house.start(session)
    session = await house.end(session, 7200, 120 * KWH)
    assert house.amount() == Decimal("8.00")

    reading = MeterReading(at=after(3600), register_mwh=119 * KWH)
    await house.tell(
        SessionUpdated(station_id=STATION, at=after(3600), session=session, readings=(reading,))
    )

    assert house.amount() == Decimal("6.20")
    [kept] = await house.ledger.kept_sessions()
    assert kept.cost is not None
    assert kept.cost.cost.after_taxes == Decimal("6.20")


async def test_a_ledger_that_cannot_keep_a_cost_is_counted_and_tried_again(
    house: House, clock: ManualClock
) -> None:
    session = session_at()
    await house.start(session)
    await house.ledger.close()
    await house.costing.settled()
    house.costing.handle(
        SessionEnded(
            station_id=STATION, at=after(600), session=replace(session, ended_at=after(600))
        ),
        None,
    )
    await house.settle()
    assert house.costing.diagnostics()["failures"] > 0
    assert house.costing.diagnostics()["failures"] == house.costing.diagnostics()["failures"]
    assert clock.waiting


async def test_solar_shares_hold_on_when_no_more_are_told(house: House) -> None:
    """Who takes the meters out of the options keeps what was solar until then, across a restart too."""
    house.config = fixed(solar=Decimal("0.10"))
    house.costing.configure(house.config)
    session = replace(session_at(), started_at=NOON)
    await house.start(session)
    session = await house.read(session, 899, 102 * KWH)
    share = SolarLearned(at=after(900), start=NOON, end=after(900), share=Fraction(1), method="1")
    house.costing.learn_solar(share)
    await house.settle()
    await house.pass_time(900)
    assert house.cost().solar_mwh == 2 * KWH
    await house.restart()
    assert house.cost().solar_mwh == 2 * KWH
    await house.end(session, 900, 102 * KWH)
    assert (house.cost().solar_mwh, house.amount()) == (2 * KWH, Decimal("0.20"))
    assert not house.cost().provisional
