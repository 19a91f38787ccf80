"""Functional block F: starting, stopping, unlocking and asking for messages from afar."""

import asyncio

from homeassistant.exceptions import HomeAssistantError
import pytest

from tests.conformance.conftest import Stage
from tests.conformance.scene import CARD, Scene
from tests.conformance.wire import ABSENT, is_asked, says
from tests.simulator import Car, Json
from tests.system.house import GARAGE

from .tale import Tale

CENTRAL: Json = {"idToken": CARD, "type": "Central"}


def remote_start_id(scene: Scene) -> int:
    """Return the number of the last start from afar."""
    number = scene.calls("RequestStartTransaction")[-1].request["remoteStartId"]
    assert isinstance(number, int)
    return number


async def test_tc_f_01_a_plugged_in_vehicle_is_started_by_an_action(scene: Scene) -> None:
    scene.from_here()
    scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
    await scene.moment()
    answer = await scene.ask("start_session", id_token=CARD)
    assert answer["status"] == "Accepted"
    scene.went(
        says("StatusNotification", evseId=1, connectorStatus="Occupied"),
        is_asked(
            "RequestStartTransaction",
            evseId=1,
            idToken=CENTRAL,
            chargingProfile=ABSENT,
            groupIdToken=ABSENT,
            answer={"status": "Accepted"},
        ),
        says(
            "TransactionEvent",
            eventType="Started",
            triggerReason="RemoteStart",
            transactionInfo={"remoteStartId": remote_start_id(scene)},
            answer={"idTokenInfo": {"status": "Accepted"}},
        ),
    )
    assert scene.shows("status") == "charging"
    (session,) = await scene.house.sessions()
    assert (session.remote_start_id, session.id_token) == (remote_start_id(scene), CARD)


async def test_tc_f_02_a_start_from_afar_waits_for_the_plug_and_the_card_is_asked_for(
    stage: Stage,
) -> None:
    async with stage(configuration={"AuthorizeRemoteTxRequests": "true"}) as scene:
        scene.from_here()
        await scene.ask("start_session", id_token=CARD)
        scene.never("TransactionEvent")
        scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
        await scene.moment()
        scene.went(
            is_asked("RequestStartTransaction", answer={"status": "Accepted"}),
            says("Authorize", answer={"idTokenInfo": {"status": "Accepted"}}),
            says(
                "TransactionEvent",
                eventType="Started",
                transactionInfo={"remoteStartId": remote_start_id(scene)},
            ),
        )
        assert scene.shows("status") == "charging"


async def test_tc_f_03_a_start_from_afar_waits_for_the_plug_and_nobody_is_asked(
    stage: Stage,
) -> None:
    async with stage(configuration={"AuthorizeRemoteTxRequests": "false"}) as scene:
        scene.from_here()
        await scene.turn("charging", on=True)
        scene.station.plug_in(1, Car(capacity_kwh=60, soc=30))
        await scene.moment()
        scene.never("Authorize")
        scene.went(
            is_asked(
                "RequestStartTransaction",
                idToken={"idToken": "CHARGESTEAD", "type": "Central"},
                answer={"status": "Accepted"},
            ),
            says(
                "TransactionEvent",
                eventType="Started",
                transactionInfo={"remoteStartId": remote_start_id(scene)},
            ),
        )
        assert scene.shows("charging", platform="switch") == "on"


async def test_tc_f_04_a_start_from_afar_times_out_without_a_plug(scene: Scene) -> None:
    scene.from_here()
    await scene.ask("start_session", id_token=CARD)
    tale = Tale(scene=scene)
    info = {"remoteStartId": remote_start_id(scene)}
    await tale.tells("Started", "RemoteStart", "Idle", card=CARD, info=info)
    await tale.ends("EVConnectTimeout", "Timeout")
    (session,) = await scene.house.sessions()
    assert (session.is_open, session.stop_reason) == (False, "Timeout")
    assert scene.shows("charging", platform="switch") == "off"
    await scene.moment(scene.station.configuration.number("ConnectionTimeOut"))
    assert scene.shows("status") == "available"


async def test_a_refused_start_or_stop_is_told_and_changes_nothing(scene: Scene) -> None:
    await scene.charge()
    scene.from_here()
    told = await scene.is_refused("start_session", id_token="04DDEEFF")
    assert told == {
        "error": "command_refused",
        "station": GARAGE,
        "action": "RequestStartTransaction",
        "status": "Rejected",
    }
    told = await scene.is_refused("stop_session", transaction_id="another", at_once=True)
    assert (told["action"], told["status"]) == ("RequestStopTransaction", "Rejected")
    scene.never("TransactionEvent")
    assert scene.shows("status") == "charging"
    assert len(await scene.house.sessions()) == 1


async def test_a_start_may_leave_the_choice_of_the_evse_to_the_station(stage: Stage) -> None:
    async with stage(connectors=2) as scene:
        scene.from_here()
        await scene.ask("start_session", id_token=CARD)
        await scene.ask("start_session", connector=2, id_token="04DDEEFF")
        first, second = scene.calls("RequestStartTransaction")
        assert "evseId" not in first.request
        assert second.request["evseId"] == 2
        assert first.request["remoteStartId"] != second.request["remoteStartId"]


async def test_tc_f_06_a_cable_is_released_by_the_button(scene: Scene) -> None:
    scene.from_here()
    await scene.press("unlock", 1)
    scene.went(is_asked("UnlockConnector", evseId=1, connectorId=1, answer={"status": "Unlocked"}))
    scene.station.connector(1).lock_jammed = True
    assert (await scene.is_refused("unlock"))["status"] == "UnlockFailed"
    assert (await scene.is_refused("unlock", connector_id=9))["status"] == "UnknownConnector"


async def test_a_cable_in_use_is_not_released_and_the_session_goes_on(scene: Scene) -> None:
    await scene.charge()
    scene.from_here()
    told = await scene.is_refused("unlock")
    assert told["status"] == "OngoingAuthorizedTransaction"
    assert scene.shows("status") == "charging"


async def test_tc_f_11_12_13_14_15_18_20_23_24_what_is_asked_for_comes(scene: Scene) -> None:
    await scene.charge()
    for message, connector, evse, comes in (
        ("MeterValues", 1, {"id": 1}, "MeterValues"),
        ("MeterValues", None, ABSENT, "MeterValues"),
        ("LogStatusNotification", None, ABSENT, "LogStatusNotification"),
        ("FirmwareStatusNotification", None, ABSENT, "FirmwareStatusNotification"),
        ("Heartbeat", None, ABSENT, "Heartbeat"),
        ("StatusNotification", 1, {"id": 1, "connectorId": 1}, "StatusNotification"),
    ):
        scene.from_here()
        fields = {} if connector is None else {"connector_id": connector}
        answer = await scene.ask("trigger_message", message=message, **fields)
        assert answer["status"] == "Accepted"
        scene.went(
            is_asked(
                "TriggerMessage",
                requestedMessage=message,
                evse=evse,
                answer={"status": "Accepted"},
            ),
            says(comes),
        )
    scene.went(says("StatusNotification", evseId=1, connectorStatus="Occupied", answer={}))
    scene.station.unplug(1)
    await scene.moment()
    scene.from_here()
    await scene.ask("trigger_message", message="StatusNotification", connector_id=1)
    scene.went(
        is_asked("TriggerMessage", requestedMessage="StatusNotification"),
        says("StatusNotification", evseId=1, connectorStatus="Available", answer={}),
    )
    scene.station.overrides["TriggerMessage"] = {"status": "Accepted"}
    tale = Tale(scene=scene)
    await tale.begins()
    scene.from_here()
    for fields, evse in (({"connector_id": 1}, {"id": 1}), ({}, ABSENT)):
        await scene.ask("trigger_message", message="TransactionEvent", **fields)
        await tale.tells("Updated", "Trigger", "Charging", wh=10_700)
        scene.went(
            is_asked("TriggerMessage", requestedMessage="TransactionEvent", evse=evse),
            says("TransactionEvent", triggerReason="Trigger", answer={}),
        )
    assert float(scene.shows("energy")) == 10.7


async def test_tc_f_27_a_message_the_station_cannot_send_is_told(scene: Scene) -> None:
    scene.from_here()
    told = await scene.is_refused("trigger_message", message="SignCombinedCertificate")
    assert (told["error"], told["status"]) == ("command_refused", "NotImplemented")
    scene.went(
        is_asked(
            "TriggerMessage",
            requestedMessage="SignCombinedCertificate",
            answer={"status": "NotImplemented"},
        )
    )


async def test_an_unanswered_request_is_told_after_its_time(scene: Scene) -> None:
    scene.station.overrides["UnlockConnector"] = None
    asking = asyncio.ensure_future(scene.ask("unlock"))
    await scene.station.expect("UnlockConnector", sent=False)
    await scene.house.clock.advance(31)
    with pytest.raises(HomeAssistantError) as error:
        await asking
    assert error.value.translation_key == "station_timeout"
    assert (await scene.ask("clear_cache"))["status"] == "Accepted"
