"""Functional block I: what a session costs, on the station."""

from decimal import Decimal
from types import MappingProxyType

from homeassistant.config_entries import ConfigSubentry

from custom_components.chargestead.const import SUBENTRY_TARIFF
from custom_components.chargestead.model.station import ConfigurationValue
from tests.conformance.scene import Scene
from tests.conformance.wire import is_asked
from tests.simulator.later.parts import parts_of
from tests.system.house import SAMPLE_S

PRICE = "0.30"


async def _with_a_tariff(scene: Scene) -> None:
    """Give the house a price, and the station a display."""
    scene.hass.config_entries.async_add_subentry(
        scene.house.entry,
        ConfigSubentry(
            data=MappingProxyType({"kind": "fixed", "price": PRICE}),
            subentry_type=SUBENTRY_TARIFF,
            title="Home",
            unique_id=None,
        ),
    )
    station = scene.house.station()
    display = {"TariffCostCtrlr.Enabled.Cost": ConfigurationValue(value="true")}
    station.set_configuration({**station.state.configuration, **display})
    await scene.hass.async_block_till_done()
    await scene.moment()


async def test_tc_i_01_02_the_running_cost_and_the_final_one_are_told_to_the_station(
    scene: Scene,
) -> None:
    await _with_a_tariff(scene)
    scene.from_here()
    transaction_id = await scene.charge()
    for _ in range(10):
        await scene.moment(SAMPLE_S)
        await scene.house.site.costing.settled()
    scene.went(is_asked("CostUpdated", transactionId=transaction_id, answer={}))
    told = [item.request["totalCost"] for item in scene.calls("CostUpdated")]
    assert parts_of(scene.station).screen.costs == {transaction_id: told[-1]}
    running = [
        item.answer["totalCost"]
        for item in scene.calls("TransactionEvent")
        if item.answer and "totalCost" in item.answer
    ]
    assert len(running) > 5
    assert running == sorted(set(running)), "it grows from reading to reading"
    scene.station.unplug(1)
    await scene.moment()
    last = scene.calls("TransactionEvent")[-1]
    assert (last.request["eventType"], last.answer is not None) == ("Ended", True)
    (session,) = await scene.house.sessions()
    assert session.energy_mwh is not None
    assert last.answer is not None
    cost = Decimal(PRICE) * session.energy_mwh / 1_000_000
    assert Decimal(str(last.answer["totalCost"])) == cost.quantize(Decimal("0.01"))
    assert cost > Decimal("0.3")
