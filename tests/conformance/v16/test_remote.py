"""Starting and stopping from afar."""

import asyncio

from homeassistant.exceptions import HomeAssistantError
import pytest

from tests.conformance.conftest import Stage
from tests.conformance.scene import CARD, Scene
from tests.conformance.wire import ABSENT, is_asked, says
from tests.simulator import Car
from tests.system.house import GARAGE, SAMPLE_S


async def test_tc_010_a_plugged_in_vehicle_is_started_by_an_action(stage: Stage) -> None:
    async with stage(configuration={"AuthorizeRemoteTxRequests": "true"}) as scene:
        scene.from_here()
        scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
        await scene.moment()
        answer = await scene.ask("start_session", id_token=CARD)
        assert answer["status"] == "Accepted"
        scene.went(
            says("StatusNotification", connectorId=1, status="Preparing"),
            is_asked(
                "RemoteStartTransaction",
                idTag=CARD,
                connectorId=1,
                chargingProfile=ABSENT,
                answer={"status": "Accepted"},
            ),
            says("Authorize", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}}),
            says("StartTransaction", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}}),
        )
        scene.went(says("StatusNotification", connectorId=1, status="Charging"))
        assert scene.shows("status") == "charging"
        (started,) = scene.events("session", "started")
        assert started["id_token"] == CARD


async def test_tc_010_the_switch_starts_with_the_card_of_the_house(scene: Scene) -> None:
    scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
    await scene.moment()
    scene.from_here()
    await scene.turn("charging", on=True)
    scene.went(
        is_asked("RemoteStartTransaction", idTag="CHARGESTEAD", connectorId=1),
        says("StartTransaction", idTag="CHARGESTEAD"),
    )
    assert scene.shows("charging", platform="switch") == "on"


async def test_tc_011_1_a_start_from_afar_waits_for_the_plug(scene: Scene) -> None:
    scene.from_here()
    await scene.ask("start_session", id_token=CARD)
    assert scene.shows("status") == "preparing"
    scene.never("StartTransaction")
    scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
    await scene.moment()
    scene.went(
        is_asked("RemoteStartTransaction", idTag=CARD, answer={"status": "Accepted"}),
        says("StatusNotification", connectorId=1, status="Preparing"),
        says("StartTransaction", idTag=CARD, answer={"idTagInfo": {"status": "Accepted"}}),
    )
    assert scene.shows("status") == "charging"


async def test_tc_011_2_a_start_from_afar_times_out_without_a_plug(scene: Scene) -> None:
    scene.from_here()
    await scene.ask("start_session", id_token=CARD)
    await scene.moment(scene.station.configuration.number("ConnectionTimeOut"))
    scene.went(
        is_asked("RemoteStartTransaction", idTag=CARD, answer={"status": "Accepted"}),
        says("StatusNotification", connectorId=1, status="Preparing"),
        says("StatusNotification", connectorId=1, status="Available"),
    )
    scene.never("StartTransaction")
    assert scene.shows("status") == "available"
    assert scene.shows("charging", platform="switch") == "off"


async def test_tc_012_a_session_is_stopped_by_an_action(scene: Scene) -> None:
    transaction_id = await scene.charge()
    await scene.moment(SAMPLE_S)
    scene.from_here()
    assert (await scene.ask("stop_session"))["status"] == "Accepted"
    scene.went(
        is_asked(
            "RemoteStopTransaction", transactionId=transaction_id, answer={"status": "Accepted"}
        ),
        says("StopTransaction", transactionId=transaction_id, reason="Remote"),
    )
    scene.went(says("StatusNotification", connectorId=1, status="Finishing"))
    assert scene.shows("status") == "finishing"
    (stopped,) = scene.events("session", "stopped")
    assert stopped["stop_reason"] == "Remote"
    scene.station.unplug(1)
    await scene.moment()
    scene.went(says("StatusNotification", connectorId=1, status="Available"))
    assert scene.shows("status") == "available"


async def test_tc_012_the_switch_stops_too(scene: Scene) -> None:
    transaction_id = await scene.charge()
    scene.from_here()
    await scene.turn("charging", on=False)
    scene.went(
        is_asked("RemoteStopTransaction", transactionId=transaction_id),
        says("StopTransaction", transactionId=transaction_id, reason="Remote"),
    )
    assert scene.shows("charging", platform="switch") == "off"


async def test_tc_026_a_refused_start_is_told_and_starts_nothing(scene: Scene) -> None:
    await scene.charge()
    scene.from_here()
    told = await scene.is_refused("start_session", id_token="04DDEEFF")
    assert told == {
        "error": "command_refused",
        "station": GARAGE,
        "action": "RemoteStartTransaction",
        "status": "Rejected",
    }
    scene.went(is_asked("RemoteStartTransaction", idTag="04DDEEFF", answer={"status": "Rejected"}))
    scene.never("StartTransaction")
    assert scene.shows("status") == "charging"
    assert len(await scene.house.sessions()) == 1


async def test_tc_027_a_start_names_the_only_connector_or_none_but_never_the_whole_station(
    stage: Stage,
) -> None:
    async with stage(connectors=2) as scene:
        scene.from_here()
        await scene.ask("start_session", id_token=CARD)
        await scene.ask("start_session", connector=2, id_token=CARD)
        scene.went(
            is_asked("RemoteStartTransaction", idTag=CARD, connectorId=ABSENT),
            is_asked("RemoteStartTransaction", idTag=CARD, connectorId=2),
        )


async def test_tc_028_a_refused_stop_is_told_and_the_session_goes_on(scene: Scene) -> None:
    transaction_id = await scene.charge()
    scene.from_here()
    told = await scene.is_refused("stop_session", transaction_id=str(transaction_id + 1))
    assert (told["error"], told["action"], told["status"]) == (
        "command_refused",
        "RemoteStopTransaction",
        "Rejected",
    )
    scene.went(
        is_asked(
            "RemoteStopTransaction",
            transactionId=transaction_id + 1,
            answer={"status": "Rejected"},
        )
    )
    scene.never("StopTransaction")
    assert scene.shows("status") == "charging"
    assert scene.shows("charging", platform="switch") == "on"


async def test_an_unanswered_request_is_told_after_its_time_and_the_next_goes_out(
    scene: Scene,
) -> None:
    scene.station.overrides["UnlockConnector"] = None
    scene.from_here()
    asking = asyncio.ensure_future(scene.ask("unlock"))
    await scene.station.expect("UnlockConnector", sent=False)
    await scene.house.clock.advance(29)
    assert not asking.done()
    await scene.house.clock.advance(2)
    with pytest.raises(HomeAssistantError) as error:
        await asking
    assert error.value.translation_key == "station_timeout"
    assert error.value.translation_placeholders == {
        "station": GARAGE,
        "action": "UnlockConnector",
        "seconds": "30",
    }
    assert (await scene.ask("clear_cache"))["status"] == "Accepted"
    assert scene.shows("connected", 0, platform="binary_sensor") == "on"


async def test_requests_go_out_one_at_a_time(scene: Scene) -> None:
    scene.from_here()
    await asyncio.gather(
        *(
            scene.hass.services.async_call(
                "chargestead", "clear_cache", {"device_id": scene.device_id()}, blocking=True
            )
            for _ in range(3)
        )
    )
    ours = [item for item in scene.exchanges if not item.sent]
    assert [item.action for item in ours] == ["ClearCache"] * 3
    frames = scene.station.frames.find("ClearCache", since=ours[0].number)
    assert [frame.sent for frame in frames] == [False, True] * 3
