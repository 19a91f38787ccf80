"""Asking for a message now."""

import pytest

from tests.conformance.scene import Scene
from tests.conformance.wire import ABSENT, Step, is_asked, says
from tests.system.house import GARAGE

REQUESTS = [
    pytest.param("MeterValues", 1, says("MeterValues", connectorId=1), id="meter values"),
    pytest.param(
        "Heartbeat",
        None,
        says("Heartbeat", answer={"currentTime": lambda text: text}),
        id="heartbeat",
    ),
    pytest.param(
        "StatusNotification",
        1,
        says("StatusNotification", connectorId=1, status="Available"),
        id="status",
    ),
    pytest.param(
        "DiagnosticsStatusNotification",
        None,
        says("DiagnosticsStatusNotification", status="Idle"),
        id="diagnostics",
    ),
    pytest.param(
        "FirmwareStatusNotification",
        None,
        says("FirmwareStatusNotification", status="Idle"),
        id="firmware",
    ),
]


@pytest.mark.parametrize(("message", "connector_id", "follows"), REQUESTS)
async def test_tc_054_a_message_that_is_asked_for_comes_and_is_answered(
    scene: Scene, message: str, connector_id: int | None, follows: Step
) -> None:
    scene.from_here()
    fields = {} if connector_id is None else {"connector_id": connector_id}
    answer = await scene.ask("trigger_message", message=message, **fields)
    assert answer["status"] == "Accepted"
    scene.went(
        is_asked(
            "TriggerMessage",
            requestedMessage=message,
            connectorId=ABSENT if connector_id is None else connector_id,
            answer={"status": "Accepted"},
        ),
        follows,
    )


async def test_tc_054_what_was_asked_for_is_shown(scene: Scene) -> None:
    await scene.ask("trigger_message", message="MeterValues", connector_id=1)
    (value,) = scene.calls("MeterValues")[-1].request["meterValue"]
    assert {item["context"] for item in value["sampledValue"]} == {"Trigger"}
    assert float(scene.shows("energy")) * 1000 == scene.station.register_wh()


async def test_tc_055_a_refused_request_is_told(scene: Scene) -> None:
    scene.from_here()
    told = await scene.is_refused("trigger_message", message="MeterValues", connector_id=9)
    assert told == {
        "error": "command_refused",
        "station": GARAGE,
        "action": "TriggerMessage",
        "status": "Rejected",
    }
    scene.went(
        is_asked(
            "TriggerMessage",
            requestedMessage="MeterValues",
            connectorId=9,
            answer={"status": "Rejected"},
        )
    )
    scene.never("MeterValues")


async def test_tc_055_a_message_the_station_cannot_send_is_told(scene: Scene) -> None:
    scene.station.overrides["TriggerMessage"] = {"status": "NotImplemented"}
    scene.from_here()
    told = await scene.is_refused("trigger_message", message="FirmwareStatusNotification")
    assert (told["error"], told["status"]) == ("command_refused", "NotImplemented")
    scene.went(is_asked("TriggerMessage", answer={"status": "NotImplemented"}))
    scene.never("FirmwareStatusNotification")
