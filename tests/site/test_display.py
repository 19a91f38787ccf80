"""What a session costs, on the display of a simulated station."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
import json
from typing import Any

import pytest

from benchmarks.support import MemoryInMind
from custom_components.chargestead.billing.ledger import Ledger
from custom_components.chargestead.billing.tariffs import Formula, Tariff, Terms
from custom_components.chargestead.billing.tariffs.home import dynamic_tariff, fixed_tariff
from custom_components.chargestead.model.config import ServerConfig, SiteConfig, StationConfig
from custom_components.chargestead.model.events import CostChanged
from custom_components.chargestead.model.money import Cost
from custom_components.chargestead.model.station import ConfigurationValue
from custom_components.chargestead.site import Site
from custom_components.chargestead.site.costs import CostConfig
from tests.simulator import Car, ManualClock, Personality, SimulatedStation

VENDOR = "org.openchargealliance.costmsg"
SETTINGS = {
    "MeterValueSampleInterval": "10",
    "MeterValuesSampledData": "Energy.Active.Import.Register,Power.Active.Import",
}


@pytest.fixture
def clock() -> ManualClock:  # type: ignore[override]
    """Return the clock of house and station."""
    return ManualClock()


@dataclass
class Display:
    """A station with a display, in a house with one price."""

    site: Site
    station: SimulatedStation
    clock: ManualClock
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def receive(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Take what is to be shown."""
        self.messages.append((payload["messageId"], json.loads(payload["data"])))
        return {"status": "Accepted"}

    async def pass_time(self, seconds: float, *, step: float = 10) -> None:
        """Let time pass, with costs worked out in between."""
        for _ in range(int(seconds / step)):
            await self.clock.advance(step)
            await self.site.costing.settled()
        await self.clock.advance(0.1)
        await self.station.wait_for(lambda: self.station.at_rest)

    def shown(self, name: str) -> list[dict[str, Any]]:
        """Return the messages of one kind."""
        return [content for kind, content in self.messages if kind == name]


@asynccontextmanager
async def display(
    clock: ManualClock,
    ledger: Ledger,
    configuration: dict[str, str],
    *,
    version: str = "1.6",
    tariff: Tariff | None = None,
    configure: bool = True,
) -> AsyncIterator[Display]:
    """Let a station dial in to a house in which a kWh costs 30 ct."""
    site = Site(clock=clock, ledger=ledger, memory=MemoryInMind(), config=SiteConfig())
    tariff = tariff or fixed_tariff(Terms(id="home", currency="EUR"), Decimal("0.30"))
    await site.add_station(StationConfig(station_id="GARAGE", configure=configure))
    await site.price(CostConfig(tariffs={"home": tariff}, default="home"), solar=False)
    await site.start(ServerConfig(port=0, bind_address="127.0.0.1"))
    station = SimulatedStation(
        url=f"ws://127.0.0.1:{site.port}", station_id="GARAGE", clock=clock,
        personality=Personality(), configuration=SETTINGS | configuration, version=version,
    )  # fmt: skip
    shown = Display(site, station, clock)
    station.data_transfers[VENDOR] = shown.receive
    async with station:
        yield shown
    await site.stop()


CAPABLE = {"CustomDisplayCostAndPrice": "true"}


async def test_the_cost_is_shown_every_minute_and_at_the_end(
    clock: ManualClock, ledger: Ledger
) -> None:
    async with display(clock, ledger, CAPABLE) as house:
        house.station.plug_in(1, Car(capacity_kwh=60, soc=20, target_soc=90, phases=3))
        house.station.present_card(1, "04AABBCC")
        await house.pass_time(600)
        house.station.unplug(1)
        await house.pass_time(20)

    running = house.shown("RunningCost")
    assert 9 <= len(running) <= 12
    assert running[0]["cost"] <= 0.05
    costs = [content["cost"] for content in running]
    assert costs == sorted(costs)
    assert running[-1]["state"] == "Charging"
    assert running[-1]["timestamp"].endswith("Z")
    assert isinstance(running[-1]["meterValue"], int)
    [final] = house.shown("FinalCost")
    [kept] = await ledger.kept_sessions()
    assert kept.cost is not None
    assert Decimal(str(final["cost"])) == kept.cost.cost.after_taxes > 0
    assert final["transactionId"] == int(kept.session.transaction_id)
    assert final["priceText"].startswith(f"{kept.cost.cost.after_taxes} EUR / ")


@pytest.mark.parametrize("configuration", [{}, {"CustomDisplayCostAndPrice": "false"}])
async def test_a_station_that_does_not_say_it_can_is_left_alone(
    clock: ManualClock, ledger: Ledger, configuration: dict[str, str]
) -> None:
    async with display(clock, ledger, configuration) as house:
        house.station.plug_in(1)
        house.station.present_card(1, "04AABBCC")
        await house.pass_time(120)
        assert house.site.costing.session_cost("GARAGE", 1) is not None
        assert house.messages == []


async def test_a_refusal_is_counted_and_harms_nothing(clock: ManualClock, ledger: Ledger) -> None:
    async with display(clock, ledger, CAPABLE) as house:
        house.station.overrides["DataTransfer"] = {"status": "UnknownVendorId"}
        house.station.plug_in(1)
        house.station.present_card(1, "04AABBCC")
        await house.pass_time(120)
        shown: Any = house.site.diagnostics()["display"]
        assert shown["shown"] == 0
        assert shown["refused"] >= 2
        assert house.site.costing.diagnostics()["failures"] == 0


async def test_a_session_nobody_saw_running_is_not_shown_at_its_end(
    clock: ManualClock, ledger: Ledger
) -> None:
    async with display(clock, ledger, CAPABLE) as house:
        house.station.plug_in(1)
        house.station.present_card(1, "04AABBCC")
        # Between two of the costs that are shown once a minute.
        await house.pass_time(30)
        shown = len(house.messages)
        session = house.site.stations["GARAGE"].state.connectors[1].session
        assert session is not None
        changed = CostChanged(
            station_id="GARAGE",
            at=clock.now(),
            connector_id=1,
            session_id=session.id,
            cost=Cost(
                currency="EUR",
                before_taxes=Decimal(1),
                taxes=Decimal(0),
                after_taxes=Decimal(1),
                provisional=False,
            ),
        )
        for stranger in (
            replace(changed, station_id="elsewhere"),
            replace(changed, connector_id=9),
            replace(changed, session_id="of long ago"),
        ):
            house.site.publish(stranger)
        await house.pass_time(1, step=0.5)
        assert len(house.messages) == shown
    house.site.publish(changed)
    assert len(house.messages) == shown


LATER = pytest.mark.parametrize("version", ["2.0.1", "2.1"])


def told(house: Display, kind: str) -> list[float | None]:
    """Return the costs in the answers to the messages of one kind, None where there was none."""
    return [
        answer.get("totalCost")
        for call, answer in zip(
            house.station.calls("TransactionEvent"),
            house.station.answers("TransactionEvent"),
            strict=True,
        )
        if call["eventType"] == kind
    ]


async def _charge(house: Display, seconds: float = 300) -> None:
    house.station.plug_in(1, Car(capacity_kwh=60, soc=20, target_soc=90, phases=3))
    house.station.present_card(1, "04AABBCC")
    await house.pass_time(seconds)
    house.station.unplug(1)
    await house.pass_time(20)


@LATER
async def test_the_answers_of_later_versions_tell_the_cost(
    clock: ManualClock, ledger: Ledger, version: str
) -> None:
    async with display(clock, ledger, {}, version=version) as house:
        await _charge(house)
        running = [cost for cost in told(house, "Updated") if cost is not None]
        assert len(running) > 25
        assert running == sorted(running)
        [kept] = await ledger.kept_sessions()
        assert kept.cost is not None
        assert not kept.cost.cost.provisional
        [final] = told(house, "Ended")
        assert Decimal(str(final)) == kept.cost.cost.after_taxes > 0
        assert running[-1] <= final
        assert house.station.requests("CostUpdated") == []


@LATER
async def test_a_display_is_not_told_twice(
    clock: ManualClock, ledger: Ledger, version: str
) -> None:
    """Once answers tell the cost, no message of its own does; the first is sent before there is an answer."""
    async with display(clock, ledger, {}, version=version) as house:
        await _enable(house)
        await _charge(house)
        assert told(house, "Ended") != [None]
        assert len(house.station.requests("CostUpdated")) == 1


@LATER
async def test_a_display_is_told_where_nothing_is_answered(
    clock: ManualClock, ledger: Ledger, version: str
) -> None:
    """Without meter values there are no answers to tell a cost in, but prices may move all the same."""
    quiet = {"MeterValueSampleInterval": "0"}
    async with display(clock, ledger, quiet, version=version, configure=False) as house:
        await _enable(house)
        house.station.overrides["CostUpdated"] = {}
        house.station.plug_in(1, Car(capacity_kwh=60, soc=20, target_soc=90, phases=3))
        house.station.present_card(1, "04AABBCC")
        await house.pass_time(3600, step=60)
        shown = house.station.requests("CostUpdated")
        assert len(shown) >= 3
        [session] = [
            item.session for item in house.site.stations["GARAGE"].book.connectors.values()
        ]
        assert session is not None
        assert {item["transactionId"] for item in shown} == {session.transaction_id}


@LATER
async def test_a_cost_that_is_not_exact_is_no_final_one(
    clock: ManualClock, ledger: Ledger, version: str
) -> None:
    """Its price is not known yet; the running cost is what there is."""
    tariff = dynamic_tariff(Terms(id="home", currency="EUR"), Formula(source="spot"))
    async with display(clock, ledger, {}, version=version, tariff=tariff) as house:
        await _charge(house)
        assert told(house, "Ended") == [None]


@LATER
async def test_a_cost_in_another_currency_is_not_told(
    clock: ManualClock, ledger: Ledger, version: str
) -> None:
    async with display(clock, ledger, {}, version=version) as house:
        await _configured(house, "TariffCostCtrlr.Currency", "SEK")
        await _charge(house)
        assert set(told(house, "Updated")) | set(told(house, "Ended")) == {None}
        assert house.site.stations["GARAGE"].counters["cost_currency_differs"] > 25


@LATER
async def test_an_end_that_is_told_late_is_not_held_back(
    clock: ManualClock, ledger: Ledger, version: str
) -> None:
    async with display(clock, ledger, {}, version=version) as house:
        house.station.plug_in(1, Car(capacity_kwh=60, soc=20, target_soc=90, phases=3))
        house.station.present_card(1, "04AABBCC")
        await house.pass_time(300)
        house.station.go_offline()
        await clock.advance(60)
        house.station.unplug(1)
        await clock.advance(600)
        house.station.go_online()
        await house.pass_time(60)
        assert told(house, "Ended") == [None]
        [kept] = await ledger.kept_sessions()
        assert kept.cost is not None
        assert kept.cost.cost.after_taxes > 0


async def _enable(house: Display) -> None:
    await _configured(house, "TariffCostCtrlr.Enabled.Cost", "true")


async def _configured(house: Display, name: str, text: str) -> None:
    """Let the station have told of a variable, once it has been got to know."""
    await house.pass_time(20)
    station = house.site.stations["GARAGE"]
    value = ConfigurationValue(value=text)
    station.set_configuration({**station.state.configuration, name: value})
