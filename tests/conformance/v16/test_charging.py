"""Booting, and charging as people do it: plug, card, unplug."""

from custom_components.chargestead.const import DOMAIN
from tests.conformance.conftest import Stage
from tests.conformance.scene import CARD, Scene
from tests.conformance.wire import is_asked, says
from tests.simulator import Car
from tests.system.house import GARAGE, SAMPLE_S


async def test_tc_001_a_cold_boot_is_accepted_and_heartbeats_are_answered(stage: Stage) -> None:
    async with stage(switched_on=False) as scene:
        assert scene.shows("connected", 0, platform="binary_sensor") == "off"
        await scene.station.start()
        await scene.moment()
        now = scene.station.time()
        scene.went(
            says(
                "BootNotification",
                answer={
                    "status": "Accepted",
                    "interval": lambda seconds: seconds > 0,
                    "currentTime": lambda text: text.endswith("Z"),
                },
            ),
            says("StatusNotification", connectorId=0, status="Available"),
            says("StatusNotification", connectorId=1, status="Available"),
        )
        (boot,) = scene.calls("BootNotification")
        assert boot.answer is not None
        scene.from_here()
        await scene.moment(boot.answer["interval"] + 1)
        scene.went(says("Heartbeat", answer={"currentTime": lambda text: text > now.isoformat()}))
        assert scene.shows("connected", 0, platform="binary_sensor") == "on"
        assert scene.shows("status") == "available"


async def test_tc_002_a_station_nobody_confirmed_waits_until_it_is_confirmed(stage: Stage) -> None:
    async with stage(switched_on=False, station_id="GARAGE-2") as scene:
        await scene.station.start(wait=False)
        await scene.moment()
        scene.went(
            says(
                "BootNotification",
                answer={"status": "Pending", "interval": 60, "currentTime": lambda text: text},
            )
        )
        (card,) = scene.hass.config_entries.flow.async_progress_by_handler(DOMAIN)
        assert card["context"]["unique_id"] == "GARAGE-2"
        scene.from_here()
        scene.station.plug_in(1)
        await scene.moment()
        scene.never("StatusNotification")
        await scene.hass.config_entries.flow.async_configure(
            card["flow_id"],
            {
                "name": "Carport",
                "max_current": 32,
                "phases": "3",
                "configure": True,
                "response_timeout": 30,
            },
        )
        await scene.hass.async_block_till_done()
        await scene.moment()
        scene.went(
            is_asked(
                "TriggerMessage",
                requestedMessage="BootNotification",
                answer={"status": "Accepted"},
            ),
            says("BootNotification", answer={"status": "Accepted"}),
            says("StatusNotification", connectorId=1, status="Preparing"),
        )
        assert scene.house.state("status", station_id="GARAGE-2") == "preparing"


async def test_tc_003_plug_first_then_card(scene: Scene) -> None:
    scene.from_here()
    scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
    await scene.moment()
    assert scene.shows("status") == "preparing"
    scene.station.present_card(1, CARD)
    await scene.moment()
    scene.went(
        says("StatusNotification", connectorId=1, status="Preparing"),
        says("Authorize", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}}),
        says(
            "StartTransaction",
            connectorId=1,
            idTag=CARD,
            answer={
                "transactionId": lambda number: number > 0,
                "idTagInfo": {"status": "Accepted"},
            },
        ),
    )
    scene.went(says("StatusNotification", connectorId=1, status="Charging"))
    assert scene.shows("status") == "charging"
    assert scene.shows("charging", platform="switch") == "on"
    (started,) = scene.events("session", "started")
    (start,) = scene.calls("StartTransaction")
    assert start.answer is not None
    assert started["transaction_id"] == str(start.answer["transactionId"])
    assert started["id_token"] == CARD


async def test_tc_004_1_card_first_then_plug(scene: Scene) -> None:
    scene.from_here()
    scene.station.present_card(1, CARD)
    await scene.moment()
    assert scene.shows("status") == "preparing"
    (card,) = scene.events("card")
    assert (card["event_type"], card["id_token"]) == ("accepted", CARD)
    scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
    await scene.moment()
    scene.went(
        says("Authorize", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}}),
        says("StatusNotification", connectorId=1, status="Preparing"),
        says("StartTransaction", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}}),
    )
    scene.went(says("StatusNotification", connectorId=1, status="Charging"))
    assert scene.shows("status") == "charging"


async def test_tc_004_2_a_card_without_a_plug_times_out(scene: Scene) -> None:
    scene.from_here()
    scene.station.present_card(1, CARD)
    await scene.moment()
    await scene.moment(scene.station.configuration.number("ConnectionTimeOut"))
    scene.went(
        says("Authorize", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}}),
        says("StatusNotification", connectorId=1, status="Preparing"),
        says("StatusNotification", connectorId=1, status="Available"),
    )
    scene.never("StartTransaction")
    assert scene.shows("status") == "available"
    assert await scene.house.sessions() == []


async def test_tc_005_1_pulling_the_plug_ends_the_session(scene: Scene) -> None:
    transaction_id = await scene.charge()
    await scene.moment(5 * SAMPLE_S)
    scene.from_here()
    register_wh = scene.station.register_wh()
    scene.station.unplug(1)
    await scene.moment()
    scene.went(
        says(
            "StopTransaction",
            transactionId=transaction_id,
            meterStop=register_wh,
            reason="EVDisconnected",
        )
    )
    scene.went(says("StatusNotification", connectorId=1, status="Available"))
    assert scene.shows("status") == "available"
    assert float(scene.shows("power")) == 0
    (session,) = await scene.house.sessions()
    assert session.stop_reason == "EVDisconnected"
    assert session.register_stop_mwh == register_wh * 1000
    (stopped,) = scene.events("session", "stopped")
    assert stopped["stop_reason"] == "EVDisconnected"


async def test_tc_005_3_a_session_that_outlives_its_plug_goes_on(stage: Stage) -> None:
    async with stage(configuration={"StopTransactionOnEVSideDisconnect": "false"}) as scene:
        transaction_id = await scene.charge()
        scene.from_here()
        scene.station.unplug(1)
        await scene.moment()
        scene.went(
            says(
                "StatusNotification",
                connectorId=1,
                status="SuspendedEV",
                info="EV side disconnected",
            )
        )
        scene.never("StopTransaction")
        assert scene.shows("status") == "suspended_ev"
        scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
        await scene.moment()
        assert scene.shows("status") == "charging"
        scene.station.stop_locally(1)
        await scene.moment()
        scene.went(says("StopTransaction", transactionId=transaction_id, reason="Local"))
        assert len(await scene.house.sessions()) == 1


async def test_tc_007_a_remembered_card_starts_without_asking(stage: Stage) -> None:
    async with stage(configuration={"LocalPreAuthorize": "true"}) as scene:
        await scene.charge()
        scene.station.unplug(1)
        await scene.moment()
        scene.from_here()
        await scene.charge()
        scene.never("Authorize")
        scene.went(
            says("StartTransaction", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}})
        )
        assert scene.shows("status") == "charging"
        assert len(await scene.house.sessions()) == 2


async def test_tc_061_clearing_the_cache_makes_the_station_ask_again(stage: Stage) -> None:
    async with stage(configuration={"LocalPreAuthorize": "true"}) as scene:
        await scene.charge()
        scene.station.unplug(1)
        await scene.moment()
        scene.from_here()
        assert (await scene.ask("clear_cache"))["status"] == "Accepted"
        await scene.charge()
        scene.went(
            is_asked("ClearCache", answer={"status": "Accepted"}),
            says("Authorize", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}}),
            says("StartTransaction", idTag=CARD),
        )


async def test_tc_061_a_station_without_a_cache_says_so(stage: Stage) -> None:
    async with stage(configuration={"AuthorizationCacheEnabled": "false"}) as scene:
        told = await scene.is_refused("clear_cache")
        assert told == {
            "error": "command_refused",
            "station": GARAGE,
            "action": "ClearCache",
            "status": "Rejected",
        }


async def test_tc_068_the_card_that_started_stops(scene: Scene) -> None:
    transaction_id = await scene.charge()
    scene.from_here()
    scene.station.present_card(1, CARD)
    await scene.moment()
    scene.went(
        says(
            "StopTransaction",
            transactionId=transaction_id,
            idTag=CARD,
            reason="Local",
            answer={"idTagInfo": {"status": "Accepted"}},
        )
    )
    scene.went(says("StatusNotification", connectorId=1, status="Finishing"))
    assert scene.shows("status") == "finishing"
    scene.station.unplug(1)
    await scene.moment()
    assert scene.shows("status") == "available"


async def test_tc_024_a_cable_that_cannot_be_locked_is_shown_as_a_fault(scene: Scene) -> None:
    scene.from_here()
    scene.station.present_card(1, CARD)
    await scene.moment()
    scene.station.fault(1, "ConnectorLockFailure")
    await scene.moment(30)
    scene.went(
        says("Authorize", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}}),
        says("StatusNotification", connectorId=1, status="Preparing"),
        says(
            "StatusNotification", connectorId=1, status="Faulted", errorCode="ConnectorLockFailure"
        ),
    )
    scene.never("StartTransaction")
    assert scene.shows("status") == "faulted"
    assert scene.shows("problem", platform="binary_sensor") == "on"
    (fault,) = scene.events("station", "fault")
    assert (fault["connector_id"], fault["code"]) == (1, "ConnectorLockFailure")


async def test_tc_041_a_fault_ends_the_session_and_is_told_and_taken_back(scene: Scene) -> None:
    transaction_id = await scene.charge()
    scene.from_here()
    scene.station.fault(1, "GroundFailure", vendor_error_code="F-17")
    await scene.moment(10)
    scene.went(says("StopTransaction", transactionId=transaction_id, reason="Other"))
    scene.went(
        says("StatusNotification", connectorId=1, status="Faulted", errorCode="GroundFailure")
    )
    assert scene.shows("status") == "faulted"
    scene.station.clear_fault(1)
    await scene.moment()
    assert scene.shows("problem", platform="binary_sensor") == "off"
    assert [event["event_type"] for event in scene.events("station")] == ["fault", "fault_cleared"]


async def test_tc_070_sampled_values_become_energy_power_and_current(scene: Scene) -> None:
    scene.from_here()
    begin_wh = scene.station.register_wh()
    transaction_id = await scene.charge()
    await scene.moment(10 * SAMPLE_S)
    samples = scene.calls("MeterValues")
    assert len(samples) == 10
    assert {item.request["transactionId"] for item in samples} == {transaction_id}
    assert all(item.answer == {} for item in samples)
    (value,) = samples[-1].request["meterValue"]
    by_name = {item["measurand"]: item["value"] for item in value["sampledValue"]}
    assert {item["context"] for item in value["sampledValue"]} == {"Sample.Periodic"}
    register_wh = float(by_name["Energy.Active.Import.Register"])
    assert float(scene.shows("energy")) * 1000 == register_wh
    assert float(scene.shows("session_energy")) * 1000 == register_wh - begin_wh > 1000
    assert float(scene.shows("power")) == float(by_name["Power.Active.Import"]) > 10_000


async def test_tc_071_values_by_the_clock_move_the_register_without_a_session(stage: Stage) -> None:
    keys = {"ClockAlignedDataInterval": "900"}
    async with stage(configuration=keys, register_wh=123_000) as scene:
        scene.from_here()
        await scene.moment(900)
        (sample,) = scene.calls("MeterValues")
        assert "transactionId" not in sample.request
        (value,) = sample.request["meterValue"]
        assert value["sampledValue"][0]["context"] == "Sample.Clock"
        assert sample.answer == {}
        assert float(scene.shows("energy")) == 123
        assert await scene.house.sessions() == []
