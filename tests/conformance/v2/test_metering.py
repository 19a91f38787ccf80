"""Functional block J: meter values, in transactions and outside of them."""

from custom_components.chargestead.model.session import SessionFlag
from tests.conformance.conftest import Stage
from tests.conformance.scene import CARD, Scene
from tests.conformance.wire import ABSENT, says
from tests.simulator import Json
from tests.system.house import SAMPLE_S

from .tale import REGISTER, SIGNED, Tale, register

CLOCK = {"ClockAlignedDataInterval": "900", "MeterValuesAlignedData": REGISTER}


def contexts(value: Json) -> set[str]:
    """Return what the samples of a meter value are for."""
    return {item["context"] for item in value["sampledValue"]}


async def test_tc_j_01_values_by_the_clock_move_the_register_without_a_session(
    stage: Stage,
) -> None:
    async with stage(configuration=CLOCK, register_wh=123_000) as scene:
        scene.from_here()
        await scene.moment(900)
        (sample,) = scene.calls("MeterValues")
        assert (sample.request["evseId"], sample.answer) == (1, {})
        (value,) = sample.request["meterValue"]
        assert contexts(value) == {"Sample.Clock"}
        assert float(scene.shows("energy")) == 123
        assert await scene.house.sessions() == []


async def test_tc_j_02_values_by_the_clock_belong_to_the_running_transaction(
    stage: Stage,
) -> None:
    async with stage(configuration=CLOCK) as scene:
        transaction_id = await scene.charge()
        scene.from_here()
        await scene.moment(900)
        scene.never("MeterValues")
        scene.went(
            says(
                "TransactionEvent",
                eventType="Updated",
                triggerReason="MeterValueClock",
                transactionInfo={"transactionId": transaction_id},
                meterValue=lambda values: contexts(values[0]) == {"Sample.Clock"},
                answer={},
            )
        )
        (session,) = await scene.house.sessions()
        assert session.register_last_mwh > session.register_start_mwh > 0


async def test_tc_j_03_04_10_11_the_end_brings_all_its_values_also_signed_ones(
    scene: Scene,
) -> None:
    for number, signed in enumerate(({}, {"signedMeterValue": SIGNED})):
        tale = Tale(scene=scene, name=f"with-{len(signed)}")
        start = 10_000 + 1000 * number
        await tale.begins(wh=start)
        half = scene.house.clock.now()
        await scene.moment(60)
        now = scene.house.clock.now()
        answer = await tale.ends(
            meterValue=[
                register(half, start + 300, "Sample.Clock", **signed),
                register(now, start + 600, "Transaction.End", **signed),
            ]
        )
        assert answer == {}
        session = (await scene.house.sessions())[-1]
        assert session.register_start_mwh == start * 1000
        assert session.register_stop_mwh == (start + 600) * 1000
        assert (SessionFlag.SIGNED in session.flags) is bool(signed)
    assert float(scene.shows("energy")) == 11.6
    assert float(scene.shows("session_energy")) == 0.6


async def test_tc_j_07_09_sampled_values_become_energy_power_and_current(scene: Scene) -> None:
    scene.from_here()
    begin_wh = scene.station.register_wh()
    await scene.charge()
    scene.went(
        says(
            "TransactionEvent",
            eventType="Started",
            meterValue=lambda values: contexts(values[0]) == {"Transaction.Begin"},
        )
    )
    await scene.moment(10 * SAMPLE_S)
    samples = [
        item
        for item in scene.calls("TransactionEvent")
        if item.request["triggerReason"] == "MeterValuePeriodic"
    ]
    assert len(samples) == 10
    assert all(item.answer == {} for item in samples)
    (value,) = samples[-1].request["meterValue"]
    by_name = {item["measurand"]: item["value"] for item in value["sampledValue"]}
    assert contexts(value) == {"Sample.Periodic"}
    assert float(scene.shows("energy")) * 1000 == by_name[REGISTER]
    assert float(scene.shows("session_energy")) * 1000 == by_name[REGISTER] - begin_wh > 1000
    assert float(scene.shows("power")) == by_name["Power.Active.Import"] > 10_000
    (session,) = await scene.house.sessions()
    assert session.register_start_mwh == begin_wh * 1000


async def test_tc_j_08_the_evse_and_its_first_value_may_be_known_later(stage: Stage) -> None:
    async with stage(connectors=2) as scene:
        tale = Tale(scene=scene, evse=2)
        scene.from_here()
        await tale.tells("Started", "Authorized", "Idle", card=CARD, evse=None)
        scene.went(says("TransactionEvent", eventType="Started", evse=ABSENT))
        await tale.tells(
            "Updated", "CablePluggedIn", "EVConnected", wh=20_000, context="Transaction.Begin"
        )
        await tale.tells("Updated", "ChargingStateChanged", "Charging")
        (session,) = await scene.house.sessions()
        assert (session.connector_id, session.register_start_mwh) == (2, 20_000_000)
        assert scene.shows("status", 2) == "charging"
        assert scene.shows("charging", 1, platform="switch") == "off"


async def test_a_value_of_a_kilowatt_hour_is_a_thousand_watt_hours(scene: Scene) -> None:
    value = register(scene.house.clock.now(), 12.5)
    value["sampledValue"][0]["unitOfMeasure"] = {"unit": "Wh", "multiplier": 3}
    payload = {"evseId": 1, "meterValue": [value]}
    assert await scene.station.send("MeterValues", payload) == {}
    await scene.moment()
    assert float(scene.shows("energy")) == 12.5
