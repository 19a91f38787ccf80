"""From what was set up to what a session costs, over a real socket."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from custom_components.chargestead.billing.rating import Reason

from .cost_fixtures import DYNAMIC, NOON, STATION, CostHouse, cost_house

pytestmark = pytest.mark.usefixtures("socket_enabled")

CENT = 0.01


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Let a socket that was dropped wait for its heartbeat."""
    return True


@pytest.fixture
async def house(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> AsyncIterator[CostHouse]:
    """Return a house with one station."""
    async with cost_house(hass, freezer) as house:
        yield house


def at(minutes: float) -> datetime:
    """Return a moment after noon."""
    return NOON + timedelta(minutes=minutes)


async def test_a_session_costs_what_its_times_cost(house: CostHouse) -> None:
    house.add_tariff(
        kind="time_of_use",
        windows=[{"label": "Lunch", "price": "0.20", "start": "12:00:00", "end": "12:15:00"}],
        otherwise="0.50",
    )
    async with house.dialled_in():
        await house.pass_time(4)
        await house.charge()
        live = [house.cost().cost.after_taxes]
        for _ in range(5):
            await house.pass_time(5)
            live.append(house.cost().cost.after_taxes)
            assert house.cost().provisional == {Reason.OPEN}
        assert live == sorted(set(live)), "a cost did not grow"
        await house.unplug()
        cost = house.cost()
        assert not cost.provisional
        cheap, dear = house.energy(NOON, at(15)), house.energy(at(15), at(26))
        assert cheap > 0.5
        assert float(cost.cost.after_taxes) == pytest.approx(0.2 * cheap + 0.5 * dear, abs=CENT)
        assert cost.cost.currency == "EUR"


async def test_an_unknown_price_makes_a_cost_provisional_until_it_is_told(house: CostHouse) -> None:
    house.add_tariff(**DYNAMIC)
    house.quote(0.10)
    async with house.dialled_in():
        await house.pass_time(4)
        await house.charge()
        await house.pass_time(20)
        assert Reason.UNKNOWN_PRICE in house.cost().provisional
        await house.unplug()
        assert house.cost().provisional == {Reason.UNKNOWN_PRICE}
        house.quote(0.10, 0.30)
        await house.settle()
        cost = house.cost()
        assert not cost.provisional
        cheap, dear = house.energy(NOON, at(15)), house.energy(at(15), at(21))
        assert float(cost.cost.after_taxes) == pytest.approx(0.2 * cheap + 0.4 * dear, abs=CENT)


async def test_prices_used_stay_those_that_were_told_then(house: CostHouse) -> None:
    house.add_tariff(**DYNAMIC)
    house.quote(0.10, 0.10)
    async with house.dialled_in():
        await house.pass_time(4)
        await house.charge()
        await house.pass_time(10)
        await house.unplug()
        cost = house.cost()
        house.hass.states.async_remove("sensor.spot")
        await house.reload()
        assert house.costs.diagnostics()["costing"]["failures"] == 0
        (kept,) = await house.entry.runtime_data.ledger.kept_sessions()
        assert kept.cost is not None
        assert (kept.cost.cost, kept.cost.content) == (cost.cost, cost.content)


async def test_a_restart_in_the_middle_changes_no_cent(house: CostHouse) -> None:
    house.add_tariff(**DYNAMIC)
    house.quote(0.10, 0.30, 0.50)
    async with house.dialled_in():
        await house.pass_time(4)
        await house.charge()
        await house.pass_time(16)
        before = await house.look()
        house.hass.states.async_remove("sensor.spot")
        await house.reload()
        assert (await house.look()).cost == before.cost
        await house.pass_time(4)
        house.quote(0.10, 0.30, 0.50)
        await house.pass_time(10)
        await house.unplug()
        cost = house.cost()
        expected = (
            0.2 * house.energy(NOON, at(15))
            + 0.4 * house.energy(at(15), at(30))
            + 0.6 * house.energy(at(30), at(31))
        )
        assert not cost.provisional
        assert float(cost.cost.after_taxes) == pytest.approx(expected, abs=CENT)


async def test_a_changed_price_holds_for_the_next_session(house: CostHouse) -> None:
    tariff = house.add_tariff(kind="fixed", price="0.25")
    async with house.dialled_in():
        await house.charge()
        await house.pass_time(5)
        house.change_tariff(tariff, kind="fixed", price="1.00")
        await house.pass_time(5)
        await house.unplug()
        first = house.cost()
        energy = first.energy_mwh / 1_000_000
        assert float(first.cost.after_taxes) == pytest.approx(0.25 * energy, abs=CENT)
        await house.charge()
        await house.pass_time(5)
        await house.unplug()
        second = house.cost()
        assert float(second.cost.after_taxes) == pytest.approx(
            second.energy_mwh / 1_000_000, abs=CENT
        )


async def test_a_session_keeps_its_price_source_when_the_tariff_takes_another(
    house: CostHouse,
) -> None:
    tariff = house.add_tariff(**DYNAMIC)
    house.quote(0.10)
    async with house.dialled_in():
        await house.pass_time(4)
        await house.charge()
        (before,) = house.costs.diagnostics()["sources"]
        house.change_tariff(tariff, kind="fixed", price="9")
        await house.pass_time(5)
        assert list(house.costs.diagnostics()["sources"]) == [before]
        await house.reload()
        assert list(house.costs.diagnostics()["sources"]) == [before]
        await house.pass_time(8)
        house.quote(0.10, 0.30)
        await house.pass_time(5)
        await house.unplug()
        cost = house.cost()
        assert not cost.provisional
        cheap, dear = house.energy(NOON, at(15)), house.energy(at(15), at(19))
        assert float(cost.cost.after_taxes) == pytest.approx(0.2 * cheap + 0.4 * dear, abs=CENT)
        assert house.costs.diagnostics()["sources"] == {}, "nobody needs the source any more"


async def test_coming_and_going_of_tariffs_drops_no_socket(house: CostHouse) -> None:
    async with house.dialled_in() as station:
        await house.charge()
        site, connection = house.site, house.site.stations[STATION].connection
        first = house.add_tariff(kind="fixed", price="0.30")
        await house.pass_time(1)
        assert house.cost().cost.after_taxes > 0, "a session that ran is priced from then on"
        second = house.add_tariff("Second", **DYNAMIC)
        house.change_station(tariff=second)
        await house.pass_time(1)
        house.change_tariff(second, **{**DYNAMIC, "surcharge": "0.2"})
        await house.pass_time(1)
        for tariff in (first, second):
            house.hass.config_entries.async_remove_subentry(house.entry, tariff)
            await house.pass_time(1)
        await house.unplug()
        assert house.cost().cost.after_taxes > 0, "it keeps what it began with"
        assert house.site is site
        assert site.stations[STATION].connection is connection
        assert station.link.dials == 1


async def test_what_was_solar_costs_what_solar_costs(house: CostHouse) -> None:
    house.add_tariff(kind="fixed", price="0.40", solar="amount", solar_price="0.10")
    house.hass.states.async_set("sensor.grid", "0", {"unit_of_measurement": "W"})
    house.hass.states.async_set("sensor.roof", "20", {"unit_of_measurement": "kW"})
    house.hass.config_entries.async_update_entry(
        house.entry, options={"grid_power": "sensor.grid", "solar_power": ["sensor.roof"]}
    )
    async with house.dialled_in():
        await house.pass_time(4)
        await house.charge()
        await house.pass_time(14.5)
        house.hass.states.async_set("sensor.grid", "50", {"unit_of_measurement": "kW"})
        await house.pass_time(10)
        await house.unplug()
        await house.pass_time(10)
        cost = house.cost()
        solar, bought = house.energy(NOON, at(15)), house.energy(at(15), at(25.5))
        assert cost.solar_mwh / 1_000_000 == pytest.approx(solar, abs=0.05)
        assert float(cost.cost.after_taxes) == pytest.approx(0.1 * solar + 0.4 * bought, abs=0.03)
        assert not cost.provisional
